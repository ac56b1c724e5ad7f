"""What reports say of a regression: errors beside those of always saying the mean, and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.display import Column
from chainrule.model.regression import Regression
from chainrule.model.verdict import CONFIDENCE
from chainrule.show.regression_plots import predictions_plot, residuals_plot
from chainrule.show.report import page
from chainrule.show.report.said import Said
from chainrule.wording import percent, setting_value

LARGEST = 12  # errors that are listed
COLUMNS = (
    Column("set"),
    Column("examples", "whole"),
    Column("rmse", "value", "RMSE"),
    Column("mae", "value", "MAE"),
    Column("r2", "number", "R²"),
    Column("rmse_of_mean", "value", "RMSE of always the mean"),
)


@dataclass(frozen=True)
class Errors(Said):
    """Predictions of numbers, in words."""

    found: Regression

    @property
    def headline(self) -> str:
        return f"RMSE {setting_value(self.found.rmse)}"

    @property
    def words(self) -> str:
        found = self.found
        of = f"the {found.m} {self.name}: mean absolute error {setting_value(found.mae)}"
        baseline = f"Always saying their mean: RMSE {setting_value(found.baseline)}."
        said = f"Over {of}, R² {found.r2:.3f}. {baseline}"
        if self.seen:
            return said
        ends = f"{self.verdict.low:.3f} and {self.verdict.high:.3f}"
        sure = f"R² lies between {ends} ({percent(CONFIDENCE, 0)} confidence)."
        return f"{said} {sure} {self.verdict.words}"

    @property
    def row(self) -> tuple[Any, ...]:
        """Of a table with COLUMNS."""
        found = self.found
        return (self.name, found.m, found.rmse, found.mae, found.r2, found.baseline)

    def sections(
        self, data: Dataset, P: np.ndarray, shared: Mapping[str, Any], threshold: float | None
    ) -> list[page.Section]:
        """Predictions against the truth, residuals, and the largest errors; the arguments, as those
        of classes, hold no more."""
        found, of = self.found, self.of
        words = f"RMSE {found.rmse:.4g}, R² {found.r2:.3f}."
        against = predictions_plot(found, title=f"Predictions against targets{of}")
        left = residuals_plot(found, title=f"Residuals{of}")
        pictures = [
            page.drawn(against, f"Predictions against targets. {words}"),
            page.drawn(left, "Residuals against predictions."),
        ]
        largest = found.listed().first(LARGEST).without("index")
        return [
            page.Section(f"Quality{of}", pictures=pictures, paired=True),
            page.Section(f"Largest errors{of}", [f"Of the {found.m} {self.name}:"], largest),
        ]
