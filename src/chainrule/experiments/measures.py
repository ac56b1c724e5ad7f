"""How good a run is on the examples it was not trained on."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import Column
from chainrule.experiments.outcomes import Outcome
from chainrule.model.intervals import area_under_curve
from chainrule.model.regression import errors

Array = np.ndarray
# Of each task, columns that the tables of several experiments have; the first is what is chosen by.
MEASURES = {
    "classification": (
        Column("accuracy", "percent"),
        Column("cost", "number", unit="nats"),
        Column("auc", "number", "AUC"),
    ),
    "regression": (
        Column("rmse", "number", "RMSE"),
        Column("mae", "number", "MAE"),
        Column("r2", "number", "R²"),
        Column("cost", "number"),
    ),
}
SCORES = {task: tuple(one.name for one in columns) for task, columns in MEASURES.items()}
LESS_IS_BETTER = ("cost", "rmse", "mae")
TRAINING_COST = Column("training_cost", "number")
DIVERGED = Column("diverged", "whole", "diverged at")


def score_of(where: str, task: str, score: str | None) -> str:
    """The score that is asked for, by default the first of the task; InputError for another's."""
    return SCORES[task][0] if score is None else checks.one_of(where, "score", score, SCORES[task])


def iteration(diverged: Any) -> Any:
    """The cell of DIVERGED: nothing for -1."""
    return int(diverged) if diverged >= 0 else ""


@dataclass(frozen=True)
class Measures:
    """accuracy : fraction classified rightly. cost : mean loss of an example, without penalty.
    auc : area under the ROC curve; of several classes the mean of each against the rest.
    rmse, mae, r2 : of a regression, see `chainrule.model.regression.errors`.

    Not a number where there is none: no classes, one class only, or a run that diverged.
    """

    accuracy: float = math.nan
    cost: float = math.nan
    auc: float = math.nan
    rmse: float = math.nan
    mae: float = math.nan
    r2: float = math.nan


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
        """Of numbers, one for each fold; nan where one of them is not finite."""
        listed = checks.listing("Spread.of", "numbers", values)
        found = checks.reals("Spread.of", "numbers", listed)
        if not found.size or not np.isfinite(found).all():
            return cls(math.nan, math.nan)
        with np.errstate(over="ignore", invalid="ignore"):  # costs of 1e200, say
            deviation = found.std(ddof=1) if len(found) > 1 else math.nan
            return cls(float(found.mean()), float(deviation))

    def __str__(self) -> str:
        return f"{self.mean:.4f} +- {self.deviation:.4f}"


def measured(outcome: Outcome, A: Array, Y: Array, task: str) -> Measures:
    """On the examples that a run held out: the last record's numbers, and those that outputs A
    (n_y, k) and labels Y (n_y, k) give."""
    if outcome.diverged >= 0:
        return Measures()
    last = outcome.last
    cost = float(last.validation_cost)
    if task == "regression":
        return Measures(cost=cost, **errors(A, Y))
    return Measures(float(last.validation_accuracy), cost, area_under_curve(A, Y))
