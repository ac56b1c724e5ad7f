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


def smallness(setting: Setting) -> tuple[float, ...]:
    """By which the simplest setting comes first where each has its own best number of updates:
    fewer hidden units, fewer layers, a larger penalty."""
    return (sum(setting.hidden), len(setting.hidden), -setting.l2)


def simplicity(setting: Setting) -> tuple[float, ...]:
    """By which the simplest setting comes first: fewer hidden units, fewer layers, a larger
    penalty, fewer updates, a smaller learning rate. All of it bounds how far the weights can go."""
    return (*smallness(setting), setting.updates(1), setting.learning_rate)


def near_best(
    trials: Sequence["CrossValidation"], score: str, *others: str
) -> tuple["CrossValidation", ...]:
    """Those whose mean is no more than one standard error below the best one's, the best first;
    none where no trial has a score. others : scores by which they must be so near to it, too."""
    found = _by_score(trials, score)
    if not found or not np.isfinite(found[0].value(score)):
        return ()
    for name in (score, *others):
        # Of a single fold there is no deviation, and so no room.
        least = found[0].value(name) - np.nan_to_num(found[0].standard_error(name))
        found = [t for t in found if t.value(name) >= least]
    return tuple(found)


def in_order(
    trials: Sequence["CrossValidation"], score: str, rule: str = "best"
) -> tuple["CrossValidation", ...]:
    """The trials, the chosen one first, the others by their mean score."""
    checks.one_of("sweep", "rule", rule, RULES)
    if rule == "one-se" and (near := near_best(trials, score)):
        return led_by(min(near, key=lambda t: simplicity(t.setting)), trials, score)
    return tuple(_by_score(trials, score))


def led_by(
    chosen: "CrossValidation", trials: Sequence["CrossValidation"], score: str
) -> tuple["CrossValidation", ...]:
    """The trials, one first, the others by their mean score."""
    return (chosen, *(t for t in _by_score(trials, score) if t is not chosen))


def _by_score(trials: Sequence["CrossValidation"], score: str) -> list["CrossValidation"]:
    return sorted(trials, key=lambda t: (t.value(score), t.value("cost")), reverse=True)
