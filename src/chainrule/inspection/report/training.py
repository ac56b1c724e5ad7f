"""The report of one training."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.data import Dataset, Splits
from chainrule.inspection.alarms import Alarm
from chainrule.inspection.evaluation import evaluate
from chainrule.inspection.picture_plots import weight_pictures
from chainrule.inspection.plots import learning_curve
from chainrule.inspection.report.images import Image, drawn
from chainrule.inspection.report.page import Page, Section, Table, percent
from chainrule.inspection.report.sections import (
    Accuracy,
    data_section,
    mistakes_section,
    quality_section,
)
from chainrule.model_file import Model
from chainrule.network import display
from chainrule.training import History

TRAINED_ON = (
    "There was no test set: these are the examples that it was trained on, of which it may have "
    "learned many by heart. On others it will do worse."
)


def training_report(
    model: Model,
    splits: Splits,
    history: History,
    *,
    title: str,
    settings: Mapping[str, Any],
    why: Section | None = None,
    alarms: Sequence[Alarm] = (),
) -> str:
    """HTML of a training.

    splits : the data; the answer is measured on the test set, if there is one, else on the
        validation set, else on the training set, and says so.
    settings : what is needed to repeat it, as plain facts.
    why : the worst mistakes explained (`why_section`). alarms : what looks wrong in it.
    """
    sets = splits.sets
    found = {name: evaluate(model, data) for name, data in sets.items()}
    chosen = next(name for name in ("test", "validation", "training") if name in sets)
    answer = Accuracy.of(f"{chosen} examples", found[chosen])
    tested = model.prepare(sets[chosen])
    sections = [
        _results([Accuracy.of(name, one) for name, one in found.items()]),
        data_section(sets, splits.skipped),
        _network(model),
        _training(history, alarms),
        mistakes_section(found[chosen], tested, f"{chosen} examples"),
        quality_section(found[chosen], model.predict_proba(tested.raw), tested.labels),
        _weights(model, splits.train),
        why,
    ]
    shown = [s for s in sections if s and (s.words or s.table or s.cards or s.pictures)]
    warning = TRAINED_ON if chosen == "training" else ""
    return Page(title, answer.headline, answer.words, warning, shown, settings).html()


def _results(accuracies: Sequence[Accuracy]) -> Section:
    heads = ("set", "examples", "accuracy", "95 % interval", "commonest class", "cost (nats)")
    rows = [
        (
            one.name,
            str(one.m),
            percent(one.value),
            f"{percent(one.low)} to {percent(one.high)}",
            percent(one.baseline),
            f"{one.cost:.4f}",
        )
        for one in accuracies
    ]
    return Section("Results", table=Table(heads, rows, numbers=5))


def _network(model: Model) -> Section:
    network = model.network
    head, *rows = display.table(network)
    words = []
    if model.n_members > 1:
        of_each = "whose probabilities are averaged. Each member:"
        words.append(f"An ensemble of {model.n_members}, {of_each}")
    uri = base64.b64encode(display.diagram(network).encode()).decode()
    picture = Image(f"data:image/svg+xml;base64,{uri}", f"{display.words(network)}.")
    table = Table(head, rows, numbers=5)
    return Section("Network", words, table, pictures=[picture], wide=True)


def _training(history: History, alarms: Sequence[Alarm]) -> Section:
    words = [str(alarm) for alarm in alarms]
    if not history.records:
        return Section("Learning curve", words)
    first, last = history.records[0], history.records[-1]
    text = f"Cost {first.cost:.4g} at the start, {last.cost:.4g} at iteration {last.iteration}"
    if last.validation_cost is not None:
        text += f"; validation {last.validation_cost:.4g}"
    curve = drawn(learning_curve(history), f"Learning curve. {text}.")
    return Section("Learning curve", words, pictures=[curve], wide=True)


def _weights(model: Model, data: Dataset) -> Section:
    heading = "What the first layer looks for"
    if model.image_shape is None or model.n_members > 1:
        return Section(heading)
    words = "Weights of the first layer's units as pictures."
    picture = drawn(weight_pictures(model, data), words, photographs=True)
    return Section(heading, pictures=[picture], wide=True)
