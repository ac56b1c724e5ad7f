"""Thresholds between two classes, chosen on held-out answers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.experiments.cross_validation import AnyValidation, CrossValidation
from chainrule.experiments.examples import Examples
from chainrule.model.threshold import RULES, choose_threshold


def check_threshold(where: str, examples: Examples, rule: str, cost_ratio: float) -> None:
    """InputError for a rule that is none, and for one where there are not two classes."""
    checks.one_of(where, "threshold", rule, RULES)
    checks.number(where, "cost_ratio", cost_ratio, least=0, open_below=True)
    if rule != "0.5" and (not examples.has_classes or len(examples.Y) > 1):
        got = f"{len(examples.Y)} classes" if examples.has_classes else "other labels"
        raise InputError(where, f"two classes, for the threshold {rule}", got, "Leave it out.")


def threshold_of(found: CrossValidation, rule: str, cost_ratio: float) -> float:
    """The threshold by which the held-out answers of a cross-validation are best."""
    index = np.flatnonzero(np.isfinite(found.outputs[0]))
    assert found.labels is not None
    return choose_threshold(found.outputs[0, index], found.labels[index], rule, cost_ratio)


def by_thresholds(
    found: AnyValidation, examples: Examples, thresholds: Sequence[float]
) -> AnyValidation:
    """The same, each fold's accuracy by the threshold that was chosen in it."""
    folds = []
    for fold, threshold in zip(found.folds, thresholds, strict=True):
        right = (fold.outputs[0] > threshold) == (examples.Y[0, fold.held_out] > 0.5)
        measures = replace(fold.measures, accuracy=float(right.mean()))
        folds.append(fold if fold.diverged >= 0 else replace(fold, measures=measures))
    return replace(found, folds=tuple(folds), thresholds=tuple(thresholds))
