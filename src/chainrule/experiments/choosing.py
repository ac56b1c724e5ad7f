"""Which of several settings is chosen by their held-out scores.

best : the one of the highest mean score; of equals the one of lower cost.
one-se : the simplest of those whose mean is no more than one standard error below the best one's
    (Breiman et al. 1984, section 3.4.3; Hastie, Tibshirani & Friedman 2009, section 7.10). The
    standard error is the deviation over the folds by the root of their number: a rule of thumb, as
    folds share most of their training examples.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from chainrule import checks
from chainrule.experiments.setting import Setting

if TYPE_CHECKING:
    from chainrule.experiments.cross_validation import CrossValidation

RULES = ("best", "one-se")


def simplicity(setting: Setting) -> tuple[float, ...]:
    """By which the simplest setting comes first: fewer hidden units, fewer layers, a larger
    penalty, fewer updates, a smaller learning rate. All of it bounds how far the weights can go."""
    units = (sum(setting.hidden), len(setting.hidden))
    return (*units, -setting.l2, setting.updates(1), setting.learning_rate)


def near_best(trials: Sequence["CrossValidation"], score: str) -> tuple["CrossValidation", ...]:
    """Those whose mean is no more than one standard error below the best one's, the best first;
    none where no trial has a score."""
    found = _by_score(trials, score)
    if not found or not np.isfinite(found[0].value(score)):
        return ()
    # Of a single fold there is no deviation, and so no room.
    room = np.nan_to_num(found[0].standard_error(score))
    return tuple(t for t in found if t.value(score) >= found[0].value(score) - room)


def in_order(
    trials: Sequence["CrossValidation"], score: str, rule: str = "best"
) -> tuple["CrossValidation", ...]:
    """The trials, the chosen one first, the others by their mean score."""
    checks.one_of("sweep", "rule", rule, RULES)
    found = _by_score(trials, score)
    if rule == "one-se" and (near := near_best(found, score)):
        chosen = min(near, key=lambda t: simplicity(t.setting))
        found = [chosen, *(t for t in found if t is not chosen)]
    return tuple(found)


def _by_score(trials: Sequence["CrossValidation"], score: str) -> list["CrossValidation"]:
    return sorted(trials, key=lambda t: (t.value(score), t.value("cost")), reverse=True)
