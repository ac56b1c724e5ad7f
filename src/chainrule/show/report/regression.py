"""What reports say of a regression: errors beside those of always saying the mean, and pictures."""

from dataclasses import dataclass

from chainrule.data import Dataset
from chainrule.display import Column
from chainrule.model.regression import Regression
from chainrule.show.regression_plots import predictions_plot, residuals_plot
from chainrule.show.report import page
from chainrule.wording import setting_value

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
class Errors:
    """Predictions of numbers, in words. name : of the examples. seen : whether they were trained
    on."""

    name: str
    found: Regression
    seen: bool = False

    @property
    def headline(self) -> str:
        return f"RMSE {setting_value(self.found.rmse)}"

    @property
    def words(self) -> str:
        found = self.found
        of = f"the {found.m} {self.name}: mean absolute error {setting_value(found.mae)}"
        no_better = "" if found.rmse < found.baseline else ", which is no worse"
        baseline = f"Always saying their mean: RMSE {setting_value(found.baseline)}{no_better}."
        return f"Over {of}, R² {found.r2:.3f}. {baseline}"

    @property
    def row(self) -> tuple:
        """Of a table with COLUMNS."""
        found = self.found
        return (self.name, found.m, found.rmse, found.mae, found.r2, found.baseline)

    def sections(self, data: Dataset) -> list[page.Section]:
        """Predictions against the truth, residuals, and the largest errors."""
        found = self.found
        words = f"RMSE {found.rmse:.4g}, R² {found.r2:.3f}."
        against = predictions_plot(found, title="Predicted, and as it is")
        left = residuals_plot(found, title="What is left (residuals)")
        pictures = [
            page.drawn(against, f"Predictions against targets. {words}"),
            page.drawn(left, "Residuals against predictions."),
        ]
        largest = found.listed().first(LARGEST).without("index")
        return [
            page.Section("Quality", pictures=pictures, paired=True),
            page.Section("Largest errors", [f"Of the {found.m} {self.name}:"], largest),
        ]
