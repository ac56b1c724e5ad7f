"""How good a model of numbers is on a data set: its errors, in the numbers' own unit."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.display import Column, Result, Table

Array = np.ndarray
COLUMNS = (
    Column("index", "whole"),
    Column("name", head="example"),
    Column("target", "value"),
    Column("predicted", "value"),
    Column("error", "value"),
)


def errors(A: Array, Y: Array) -> dict[str, float]:
    """Of predictions A for numbers Y, of one shape, over all of them:

        rmse = sqrt(mean (a - y)^2),  mae = mean |a - y|,
        r2 = 1 - mean (a - y)^2 / mean (y - ybar)^2

    The first two in y's unit. ybar is the mean of Y itself: r2 is 0 for always saying that. Not a
    number where Y are alike.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        squared, spread = np.mean((A - Y) ** 2), np.mean((Y - Y.mean()) ** 2)
        r2 = float(1 - squared / spread) if np.ptp(Y) else math.nan
        return {"rmse": float(np.sqrt(squared)), "mae": float(np.abs(A - Y).mean()), "r2": r2}


@dataclass(frozen=True, eq=False, repr=False)
class Regression(Result):
    """A model's predictions against the targets, both (m,).

    names : of the examples. spread : (m,) deviation of an ensemble's members, or None.
    """

    targets: Array
    predictions: Array
    names: tuple[str, ...]
    spread: Array | None = None

    def __repr__(self) -> str:
        return (
            f"Regression({self.m} examples, RMSE {self.rmse:.4g} "
            f"(always the mean {self.baseline:.4g}), R² {self.r2:.4f})"
        )

    @property
    def m(self) -> int:
        return len(self.targets)

    @property
    def rmse(self) -> float:
        return errors(self.predictions, self.targets)["rmse"]

    @property
    def mae(self) -> float:
        return errors(self.predictions, self.targets)["mae"]

    @property
    def r2(self) -> float:
        return errors(self.predictions, self.targets)["r2"]

    @property
    def baseline(self) -> float:
        """The RMSE of always saying these targets' mean: their standard deviation."""
        return errors(self.targets.mean(), self.targets)["rmse"]

    @property
    def learned(self) -> bool:
        """Whether the errors are smaller than of always saying the mean."""
        return self.rmse < self.baseline

    @property
    def scores(self) -> dict[str, float]:
        """The measures by name."""
        return {**errors(self.predictions, self.targets), "rmse_of_mean": self.baseline}

    def table(self) -> Table:
        """A row for each example."""
        error = self.predictions - self.targets
        each = (self.targets, self.predictions, error)
        columns = [column.tolist() for column in each]
        return Table(COLUMNS, list(zip(range(self.m), self.names, *columns, strict=True)))

    def listed(self) -> Table:
        """The rows of the largest errors first."""
        largest = np.argsort(-np.abs(self.predictions - self.targets), kind="stable")
        return self.table().pick(largest.tolist())

    def facts(self, mistakes: int = 10) -> dict[str, Any]:
        """Everything as plain numbers and text, for JSON; nan becomes None."""
        found = {k: None if math.isnan(v) else v for k, v in self.scores.items()}
        largest = self.listed().first(mistakes).records()
        return {"examples": self.m, **found, "largest_errors": largest}
