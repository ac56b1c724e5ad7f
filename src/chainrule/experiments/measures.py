"""How good a run is on the examples it was not trained on."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import Column
from chainrule.experiments.outcomes import Outcome

Array = np.ndarray
SCORES = ("accuracy", "cost", "auc")
# Columns that the tables of several experiments have.
MEASURES = (
    Column("accuracy", "percent"),
    Column("cost", "number", unit="nats"),
    Column("auc", "number", "AUC"),
)
TRAINING_COST = Column("training_cost", "number")
DIVERGED = Column("diverged", "whole", "diverged at")


def iteration(diverged: Any) -> Any:
    """The cell of DIVERGED: nothing for -1."""
    return int(diverged) if diverged >= 0 else ""


@dataclass(frozen=True)
class Measures:
    """accuracy : fraction classified rightly. cost : mean loss of an example, without penalty.
    auc : area under the ROC curve; of several classes the mean of each against the rest.

    Not a number where there is none: no classes, one class only, or a run that diverged.
    """

    accuracy: float
    cost: float
    auc: float


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (of a sample, n - 1) over the folds.

    Folds share most of their training examples, so the deviation is no standard error of the mean
    (Bengio & Grandvalet 2004).
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        listed = checks.listing("Spread.of", "numbers", values)
        found = checks.reals("Spread.of", "numbers", listed)
        if not found.size or not np.isfinite(found).all():
            return cls(math.nan, math.nan)
        with np.errstate(over="ignore", invalid="ignore"):  # costs of 1e200, say
            deviation = found.std(ddof=1) if len(found) > 1 else math.nan
            return cls(float(found.mean()), float(deviation))

    def __str__(self) -> str:
        return f"{self.mean:.4f} +- {self.deviation:.4f}"


def measured(outcome: Outcome, A: Array, Y: Array) -> Measures:
    """On the examples that a run held out: the last record's numbers, and the AUC from outputs A
    (n_y, k) and labels Y (n_y, k)."""
    if outcome.diverged >= 0:
        return Measures(math.nan, math.nan, math.nan)
    last = outcome.last
    auc = area_under_curve(A, Y)
    return Measures(float(last.validation_accuracy), float(last.validation_cost), auc)


def area_under_curve(A: Array, Y: Array) -> float:
    """Area under the ROC curve of outputs A (n_y, k) for labels Y (n_y, k) of 0 and 1."""
    from sklearn.metrics import roc_auc_score

    if not np.isfinite(A).all() or not np.isin(Y, (0, 1)).all():
        return math.nan
    present = [k for k in range(len(Y)) if 0 < Y[k].sum() < Y.shape[1]]
    if not present:
        return math.nan
    return float(np.mean([roc_auc_score(Y[k], A[k]) for k in present]))
