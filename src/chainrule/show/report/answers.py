"""What reports say of answers: of classes how many are right and what that says, the mistakes, the
confusion, ROC and calibration; of numbers the errors beside those of always saying the mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.display import Column
from chainrule.model.calibration import calibration
from chainrule.model.evaluation import Evaluation
from chainrule.model.intervals import Intervals
from chainrule.model.regression import Regression
from chainrule.model.verdict import CONFIDENCE, Verdict, accuracy_bounds, verdict_of
from chainrule.show import quality_plots
from chainrule.show.regression_plots import predictions_plot, residuals_plot
from chainrule.show.report import page
from chainrule.show.report.examples import confusion_section, threshold_section
from chainrule.wording import chance, isolated, percent, setting_value

MISTAKES = 12
LARGEST = 12  # errors that are listed
RESULTS = (
    Column("set"),
    Column("examples", "whole"),
    Column("accuracy", "percent"),
    Column(f"{percent(CONFIDENCE, 0)} interval", "percent"),
    Column("commonest class", "percent"),
    Column("cost", "number", unit="nats"),
)
ERRORS = (
    Column("set"),
    Column("examples", "whole"),
    Column("rmse", "value", "RMSE"),
    Column("mae", "value", "MAE"),
    Column("r2", "number", "R²"),
    Column("rmse_of_mean", "value", "RMSE of always the mean"),
)


@dataclass(frozen=True)
class Said:
    """found : answers to the examples called `name`, an Evaluation or a Regression.

    seen : whether they were trained on; of these no interval holds. intervals : where they are
    known better than of so many single examples. trained : the share of right answers, or R², on
    the training examples. p : of a permutation test.
    """

    name: str
    found: Any
    seen: bool = False
    intervals: Intervals | None = None
    trained: float | None = None
    p: float | None = None

    @cached_property
    def verdict(self) -> Verdict:
        return verdict_of(self.found, self.trained, self.intervals, self.p)

    @property
    def of(self) -> str:
        """Behind a heading: whose answers they are, where they were trained on."""
        return " on training examples" if self.seen else ""


@dataclass(frozen=True)
class Accuracy(Said):
    """Right answers, with what so few examples leave open, in words."""

    found: Evaluation

    @property
    def headline(self) -> str:
        return f"{percent(self.found.accuracy, 1)} right"

    @property
    def row(self) -> tuple[Any, ...]:
        """Of a table of results."""
        e = self.found
        return (self.name, e.m, e.accuracy, self.interval, e.baseline, e.cost)

    @property
    def words(self) -> str:
        counted = f"{self.found.right} of {self.found.m} {self.name}"
        if self.seen:
            guess = percent(self.found.baseline, 1)
            return f"{counted}. Always saying the commonest class: {guess}."
        said = f"{self.verdict.said} " if self.verdict.measure == "auc" else ""
        interval = self.interval.replace(" to ", " and ")
        return (
            f"{counted}; with so many, the true rate lies between {interval} "
            f"({percent(CONFIDENCE, 0)} confidence). {said}{self.verdict.words}"
        )

    @property
    def interval(self) -> str:
        """Such as 80.1 % to 84.3 %; - of examples that were trained on."""
        if self.seen:
            return "-"
        return " to ".join(percent(end, 1) for end in accuracy_bounds(self.found, self.intervals))

    def sections(
        self, data: Dataset, P: np.ndarray, shared: Mapping[str, Any], threshold: float | None
    ) -> list[page.Section]:
        """The mistakes on `data`, and how good its probabilities P (n_classes, m) are. shared : the
        `examples` of these. threshold : of two classes, None where there are several."""
        found, of, labels = self.found, self.of, data.labels
        sections = [_mistakes(found, data, self.name, of), confusion_section(found, shared, of)]
        curves = _curves(found, P, labels, of)
        if len(P) == 2 and threshold is not None and curves:
            sections.append(threshold_section(data, P, threshold, shared, curves))
            curves = []
        return [*sections, _quality(found, P, labels, of, curves)]


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
        """Of a table with ERRORS."""
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


def answers_of(name: str, found: Evaluation | Regression, **known: Any) -> Accuracy | Errors:
    """What is said of answers. known : the fields of `Said`."""
    if isinstance(found, Regression):
        return Errors(name, found, **known)
    return Accuracy(name, found, **known)


def _curves(found: Evaluation, P: np.ndarray, labels: np.ndarray, of: str) -> list[page.Image]:
    """ROC, precision and recall of probabilities P (n_classes, m); none of one class."""
    if len(np.unique(labels)) < 2:
        return []
    data, title = (P, labels, found.classes), f"Precision and recall{of}"
    roc = quality_plots.roc_plot(*data, title=f"ROC curve{of}")
    both = quality_plots.precision_recall_plot(*data, title=title)
    return [
        page.drawn(roc, f"ROC curve{of}: true against false positive rate."),
        page.drawn(both, f"Precision against recall{of}."),
    ]


def _quality(
    found: Evaluation, P: np.ndarray, labels: np.ndarray, of: str, curves: Sequence[page.Image]
) -> page.Section:
    """Beside the curves how true probabilities P (n_classes, m) are."""
    verdict = calibration(P, labels).verdict
    words = f"Reliability{of}: how often answers of each probability were right. {verdict}"
    title = f"Are the probabilities true{of}?"
    reliability = quality_plots.reliability_plot(P, labels, found.classes, title=title)
    pictures = [*curves, page.drawn(reliability, words)]
    paired = len(P) <= quality_plots.TOGETHER
    return page.Section(f"Quality{of}", [verdict], pictures=pictures, paired=paired)


def _mistakes(found: Evaluation, data: Dataset, name: str, of: str) -> page.Section:
    """The most confident mistakes on `data`, the examples called `name`."""
    shown, all_of_them = found.mistakes[:MISTAKES], f"of the {found.m} {name}"
    if not shown:
        return page.Section(f"Mistakes{of}", [f"None {all_of_them}."])
    which = "" if len(shown) == len(found.mistakes) else f", the {len(shown)} most confident"
    texts = []
    for one in shown:
        actual, predicted = isolated(one.actual), isolated(one.predicted)
        texts.append((one.name, f"{actual}, read as {predicted}, {chance(one.probability)}"))
    table = found.listed().first(MISTAKES).without("index")
    words = [f"{len(found.mistakes)} {all_of_them}{which}:"]
    index = [one.index for one in shown]
    return page.gallery(f"Mistakes{of}", words, data, index, texts, table)
