"""Sections that several reports have: the answer, the data, quality, mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.data import Dataset
from chainrule.model.evaluation import Evaluation, Mistake
from chainrule.show.alarms import alarms_of_runs
from chainrule.show.quality_plots import confusion_plot, reliability_plot
from chainrule.show.report.images import Image, drawn, photograph
from chainrule.show.report.page import Card, Section, Table
from chainrule.show.threshold_plots import roc_plot
from chainrule.training import History
from chainrule.wording import isolated, percent

Array = np.ndarray
CONFIDENCE = 0.95
MISTAKES = 12
SKIPPED = 20
INTERRUPTED = "It was interrupted: this is what was finished until then."


@dataclass(frozen=True)
class Accuracy:
    """Right answers, with what so few examples leave open, in words.

    name : of the examples. seen : whether they were trained on; of these no interval holds.
    """

    name: str
    found: Evaluation
    seen: bool = False

    @property
    def headline(self) -> str:
        return f"{percent(self.found.accuracy, 1)} right"

    @property
    def words(self) -> str:
        found, baseline = self.found, percent(self.found.baseline, 1)
        counted = f"{found.right} of {found.m} {self.name}"
        if self.seen:
            return f"{counted}. Always saying the commonest class: {baseline}."
        return (
            f"{counted}; with so many, the true rate lies between "
            f"{self.interval.replace(' to ', ' and ')} ({CONFIDENCE:.0%} confidence). That is "
            f"{self.verdict} ({baseline})."
        )

    @property
    def interval(self) -> str:
        """Such as 80.1 % to 84.3 %; - of examples that were trained on."""
        if self.seen:
            return "-"
        return " to ".join(percent(bound, 1) for bound in self.found.interval(CONFIDENCE))

    @property
    def verdict(self) -> str:
        """In words, compared with always saying the commonest class."""
        low, high = self.found.interval(CONFIDENCE)
        if low > self.found.baseline:
            return "better than always saying the commonest class"
        if high < self.found.baseline:
            return "worse than always saying the commonest class"
        return "not clearly better than always saying the commonest class"


def data_section(sets: Mapping[str, Dataset], skipped: Sequence[str] = ()) -> Section:
    """How many examples of each class, by set; what was understood, what could not be read."""
    counts = {
        name: np.bincount(data.labels, minlength=len(data.classes)) for name, data in sets.items()
    }
    first = next(iter(sets.values()))
    rows = [
        (label, *(str(count[k]) for count in counts.values()))
        for k, label in enumerate(first.classes)
    ]
    notes = dict.fromkeys(note for data in sets.values() for note in data.notes)
    words = [f"{isolated(note[:1].upper() + note[1:])}." for note in notes]
    if skipped:
        more = f", and {len(skipped) - SKIPPED} more" if len(skipped) > SKIPPED else ""
        listed = "; ".join(map(isolated, skipped[:SKIPPED]))
        words.append(f"Skipped, as they could not be read: {listed}{more}.")
    table = Table(("class", *counts), rows, numbers=len(counts))
    return Section("Data", words, table, facts={"from": first.source} if first.source else {})


def quality_section(found: Evaluation, P: Array, labels: Array) -> Section:
    """Confusion, ROC and calibration of probabilities P (n_classes, m)."""
    counts = "; ".join(
        f"{isolated(label)}: {int(row[k])} of {int(row.sum())} right"
        for k, (label, row) in enumerate(zip(found.classes, found.confusion, strict=True))
    )
    pictures = [drawn(confusion_plot(found, title="Confusion"), f"Confusion matrix. {counts}.")]
    if len(np.unique(labels)) > 1:
        roc = roc_plot(P, labels, found.classes, title="Found, and taken for it (ROC)")
        pictures.append(drawn(roc, "ROC curve: true against false positive rate."))
    words = "Reliability: how often answers of each probability were right."
    reliability = reliability_plot(P, labels, found.classes, title="Are the probabilities true?")
    pictures.append(drawn(reliability, words))
    return Section("Quality", pictures=pictures)


def mistakes_section(found: Evaluation, data: Dataset, name: str) -> Section:
    """The most confident mistakes on `data`, the examples called `name`."""
    shown, all_of_them = found.mistakes[:MISTAKES], f"of the {found.m} {name}"
    if not shown:
        return Section("Mistakes", [f"None {all_of_them}."])
    which = "" if len(shown) == len(found.mistakes) else f", the {len(shown)} most confident"
    words = [f"{len(found.mistakes)} {all_of_them}{which}:"]
    pictures = [_photograph(one, data) for one in shown]
    if pictures[0] is None:
        rows = [
            (
                one.name,
                one.actual,
                one.predicted,
                f"{one.probability:.3f}",
                f"{one.probability_of_actual:.3f}",
            )
            for one in shown
        ]
        heads = ("example", "is", "taken for", "probability", "of what it is")
        return Section("Mistakes", words, Table(heads, rows, numbers=2))
    cards = [
        Card(
            picture,
            (
                one.name,
                f"is {isolated(one.actual)} ({one.probability_of_actual:.3f})",
                f"taken for {isolated(one.predicted)} ({one.probability:.3f})",
            ),
        )
        for one, picture in zip(shown, pictures, strict=True)
        if picture
    ]
    return Section("Mistakes", words, cards=cards)


def _photograph(one: Mistake, data: Dataset) -> Image | None:
    return photograph(data, one.index, f"{isolated(one.name)}, taken for {isolated(one.predicted)}")


def warned(complete: bool, histories: Sequence[History] = ()) -> str:
    """The warning of a page on an experiment that may have been interrupted, or whose trainings
    look wrong."""
    texts = [] if complete else [INTERRUPTED]
    return " ".join([*texts, *map(str, alarms_of_runs(histories))])
