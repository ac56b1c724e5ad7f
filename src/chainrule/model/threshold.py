"""Above which probability the second of two classes is answered.

    youden : largest  sensitivity + specificity - 1          (Youden 1950, Cancer 3:32)
    cost   : least    c (second class missed) + (first class taken for it), c the cost ratio

Chosen on answers to examples that the network was not trained on: those it was trained on it is too
sure of. Of a network whose probabilities are true, cost's is 1 / (1 + c) (Elkan 2001, IJCAI).
"""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError

RULES = ("0.5", "cost", "youden")


def choose_threshold(
    probabilities: Any, labels: Any, rule: str = "youden", cost_ratio: float = 1.0
) -> float:
    """The threshold between two answers next to each other that the rule says; of several that are
    equally good the one nearest to 1/2.

    probabilities : (m,) of the second class. labels : (m,) of 0 and 1.
    InputError where one of the classes is missing.
    """
    where = "choose_threshold"
    checks.one_of(where, "rule", rule, RULES)
    c = checks.number(where, "cost_ratio", cost_ratio, least=0, open_below=True)
    if rule == "0.5":
        return 0.5
    p, positive = np.asarray(probabilities, np.float64), np.asarray(labels) == 1
    if p.shape != positive.shape or p.ndim != 1 or not np.isfinite(p).all():
        raise InputError(where, "a probability and a label of each example", "others")
    n_1, n_0 = int(positive.sum()), int((~positive).sum())
    if not n_1 or not n_0:
        raise InputError(where, "examples of both classes", "of one only")
    values = np.unique(p)
    cuts = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2, [1.0], [0.5]])
    missed = np.searchsorted(np.sort(p[positive]), cuts, side="right")
    taken = n_0 - np.searchsorted(np.sort(p[~positive]), cuts, side="right")
    loss = c * missed + taken if rule == "cost" else missed / n_1 + taken / n_0
    best = cuts[np.isclose(loss, loss.min(), rtol=1e-12, atol=0)]
    return float(best[np.argmin(np.abs(best - 0.5))])
