"""Sections that several reports have: the answer, the data, quality, mistakes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Splits
from chainrule.display import Column, Result, Table
from chainrule.model.evaluation import Evaluation
from chainrule.show.data import png
from chainrule.show.html import data_uri
from chainrule.show.quality_plots import confusion_plot, reliability_plot
from chainrule.show.report.page import Card, Image, Section, drawn
from chainrule.show.results import figures
from chainrule.show.threshold_plots import roc_plot
from chainrule.training import History
from chainrule.training.warnings import warnings_of_runs
from chainrule.wording import isolated, listed, percent

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
        than = "always saying the commonest class"
        if low > self.found.baseline:
            return f"better than {than}"
        if high < self.found.baseline:
            return f"worse than {than}"
        return f"not clearly better than {than}"


def training_set(where: str, data: Dataset | Splits) -> Splits:
    """What an experiment is carried out on, with what could not be read."""
    if isinstance(data, Splits):
        return Splits(data.train, skipped=data.skipped)
    checks.kind(where, "data", data, Dataset)
    return Splits(data)


def data_section(splits: Splits) -> Section:
    """How many examples of each class, by set; what was understood, what could not be read."""
    sets = splits.sets
    first = next(iter(sets.values()))
    counts = [np.bincount(one.labels, minlength=len(one.classes)) for one in sets.values()]
    rows = [(label, *(count[k] for count in counts)) for k, label in enumerate(first.classes)]
    notes = dict.fromkeys(note for one in sets.values() for note in one.notes)
    words = [f"{isolated(note[:1].upper() + note[1:])}." for note in notes]
    if splits.skipped:
        files = listed(list(map(isolated, splits.skipped)), SKIPPED, "; ")
        words.append(f"Skipped, as they could not be read: {files}.")
    table = Table((Column("class"), *(Column(name, "whole") for name in sets)), rows)
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
    texts = [
        (
            one.name,
            f"is {isolated(one.actual)} ({one.probability_of_actual:.3f})",
            f"taken for {isolated(one.predicted)} ({one.probability:.3f})",
        )
        for one in shown
    ]
    table = found.listed().first(MISTAKES).without("index")
    words = [f"{len(found.mistakes)} {all_of_them}{which}:"]
    return gallery("Mistakes", words, data, [one.index for one in shown], texts, table)


def gallery(
    heading: str,
    words: Sequence[str],
    data: Dataset,
    index: Iterable[int],
    texts: Iterable[Sequence[str]],
    table: Table,
    **more: Any,
) -> Section:
    """Some examples as small pictures with their texts, or in a table where they are none."""
    cards = [
        Card(Image(data_uri(content, "png"), ", ".join(map(isolated, lines))), lines)
        for i, lines in zip(index, texts, strict=True)
        if (content := png(data, int(i))) is not None
    ]
    shown = None if cards or not table.rows else table
    return Section(heading, words, shown, cards, **more)


def warned(complete: bool, histories: Sequence[History] = ()) -> str:
    """The warning of a report on an experiment that may have been interrupted, or whose trainings
    look wrong."""
    texts = [] if complete else [INTERRUPTED]
    return " ".join([*texts, *map(str, warnings_of_runs(histories))])


def pictures_of(found: Result) -> list[Image]:
    """The figures of a result (`chainrule.show.results`)."""
    return [drawn(one.figure, one.words) for one in figures(found)]
