"""What reports say of a classifier's answers: how many are right and what that says, the mistakes,
the confusion, ROC and calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.model.calibration import calibration
from chainrule.model.evaluation import Evaluation
from chainrule.model.intervals import Intervals
from chainrule.model.regression import Regression
from chainrule.model.verdict import CONFIDENCE, accuracy_bounds
from chainrule.show.quality_plots import (
    TOGETHER,
    precision_recall_plot,
    reliability_plot,
    roc_plot,
)
from chainrule.show.report import page
from chainrule.show.report.examples import confusion_section, threshold_section
from chainrule.show.report.regression import Errors
from chainrule.show.report.said import Said
from chainrule.wording import chance, isolated, percent

MISTAKES = 12


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
            return (
                f"{counted}. Always saying the commonest class: {percent(self.found.baseline, 1)}."
            )
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


def answers_of(
    name: str,
    found: Evaluation | Regression,
    *,
    seen: bool = False,
    intervals: Intervals | None = None,
    trained: float | None = None,
    p: float | None = None,
) -> Accuracy | Errors:
    """What is said of answers; trained is of R² where they are numbers."""
    kind: Any = Errors if isinstance(found, Regression) else Accuracy
    made: Accuracy | Errors = kind(name, found, seen, intervals, trained, p)
    return made


def _curves(found: Evaluation, P: np.ndarray, labels: np.ndarray, of: str) -> list[page.Image]:
    """ROC, precision and recall of probabilities P (n_classes, m); none of one class."""
    if len(np.unique(labels)) < 2:
        return []
    roc = roc_plot(P, labels, found.classes, title=f"ROC curve{of}")
    both = precision_recall_plot(P, labels, found.classes, title=f"Precision and recall{of}")
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
    reliability = reliability_plot(P, labels, found.classes, title=title)
    pictures = [*curves, page.drawn(reliability, words)]
    paired = len(P) <= TOGETHER
    return page.Section(f"Quality{of}", [verdict], pictures=pictures, paired=paired)


def _mistakes(found: Evaluation, data: Dataset, name: str, of: str) -> page.Section:
    """The most confident mistakes on `data`, the examples called `name`."""
    shown, all_of_them = found.mistakes[:MISTAKES], f"of the {found.m} {name}"
    if not shown:
        return page.Section(f"Mistakes{of}", [f"None {all_of_them}."])
    which = "" if len(shown) == len(found.mistakes) else f", the {len(shown)} most confident"
    texts = [
        (
            one.name,
            f"{isolated(one.actual)}, read as {isolated(one.predicted)}, {chance(one.probability)}",
        )
        for one in shown
    ]
    table = found.listed().first(MISTAKES).without("index")
    words = [f"{len(found.mistakes)} {all_of_them}{which}:"]
    index = [one.index for one in shown]
    return page.gallery(f"Mistakes{of}", words, data, index, texts, table)
