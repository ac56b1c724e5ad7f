"""The report of one training."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Splits
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model
from chainrule.show import networks
from chainrule.show.html import data_uri
from chainrule.show.picture_plots import weight_pictures
from chainrule.show.plots import learning_curve
from chainrule.show.report.page import Image, Report, Section, drawn
from chainrule.show.report.sections import (
    CONFIDENCE,
    Accuracy,
    data_section,
    mistakes_section,
    quality_section,
)
from chainrule.training import History
from chainrule.training.warnings import TrainingWarning
from chainrule.wording import percent

NO_TEST_SET = {
    "training": "There was no test set: these are the examples that it was trained on, of which it "
    "may have learned many by heart. On others it will do worse.",
    "validation": "There was no test set: these are the validation examples. If they chose when "
    "training stopped, or its settings, it looks better on them than it is.",
}


def training_report(
    model: Model,
    splits: Splits,
    history: History,
    *,
    why: Section | None = None,
    warnings: Sequence[TrainingWarning] = (),
) -> Report:
    """What a training reached, and what it looks like inside.

    splits : the data; the answer is measured on the test set, if there is one, else on the
        validation set, else on the training set, and says so.
    why : the worst mistakes explained (`why_section`). warnings : what looks wrong in it.
    """
    checks.kind("training_report", "splits", splits, Splits)
    if history.records and np.ndim(history.records[0].cost):
        fix = "Pass history.run(r)."
        raise InputError("training_report", "the history of one run", "of several", fix)
    sets = splits.sets
    found = {name: evaluate(model, data) for name, data in sets.items()}
    chosen, tested = splits.tested
    tested = model.prepare(tested)
    accuracies = {name: Accuracy(name, one, name == "training") for name, one in found.items()}
    answer = replace(accuracies[chosen], name=f"{chosen} examples")
    sections = [
        _results(accuracies.values(), _members(model, tested)),
        data_section(splits),
        _network(model),
        _training(history),
        mistakes_section(found[chosen], tested, f"{chosen} examples"),
        quality_section(found[chosen], model.predict_proba(tested.features), tested.labels),
        _weights(model, splits.train),
        why,
    ]
    warning = " ".join([*map(str, warnings), NO_TEST_SET.get(chosen, "")]).strip()
    return Report(answer.headline, answer.words, sections, warning)


def _members(model: Model, data: Dataset) -> list[str]:
    """What the members of an ensemble reach alone."""
    if model.n_members == 1:
        return []
    each = [evaluate(model.member(r), data).accuracy for r in range(model.n_members)]
    low, mean, high = (percent(f(each), 1) for f in (min, statistics.fmean, max))
    return [
        f"Its {model.n_members} members alone have {low} to {high} right there, {mean} on average."
    ]


def _results(accuracies: Iterable[Accuracy], words: Sequence[str]) -> Section:
    interval = f"{CONFIDENCE:.0%} interval"
    columns = (
        Column("set"),
        Column("examples", "whole"),
        Column("accuracy", "percent"),
        Column(interval, "percent"),
        Column("commonest class", "percent"),
        Column("cost", "number", unit="nats"),
    )
    rows = [
        (
            one.name,
            one.found.m,
            one.found.accuracy,
            one.interval,
            one.found.baseline,
            one.found.cost,
        )
        for one in accuracies
    ]
    return Section("Results", words, Table(columns, rows))


def _network(model: Model) -> Section:
    network = model.network
    words = []
    if model.n_members > 1:
        of_each = "whose probabilities are averaged. Each member:"
        words.append(f"An ensemble of {model.n_members}, {of_each}")
    uri = data_uri(networks.diagram(network).encode(), "svg+xml")
    picture = Image(uri, f"{networks.words(network)}.")
    table = networks.table(network)
    return Section("Network", words, table, pictures=[picture], wide=True)


def _training(history: History) -> Section | None:
    if not history.records:
        return None
    first, last = history.records[0], history.records[-1]
    text = f"Cost {first.cost:.4g} at the start, {last.cost:.4g} at iteration {last.iteration}"
    if last.validation_cost is not None:
        text += f"; validation {last.validation_cost:.4g}"
    curve = drawn(learning_curve(history), f"Learning curve. {text}.")
    return Section("Learning curve", pictures=[curve], wide=True)


def _weights(model: Model, data: Dataset) -> Section:
    heading = "What the first layer looks for"
    if model.image_shape is None or model.n_members > 1:
        return Section(heading)
    words = "Weights of the first layer's units as pictures."
    picture = drawn(weight_pictures(model, data), words, photographs=True)
    return Section(heading, pictures=[picture], wide=True)
