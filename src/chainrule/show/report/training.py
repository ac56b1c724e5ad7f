"""The report of one training, and why its worst mistakes were made."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Splits
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.influence.explanation import Explanation, explain
from chainrule.influence.influence import PathInfluence
from chainrule.model.evaluation import Mistake, evaluate
from chainrule.model.model_file import Model
from chainrule.show import networks
from chainrule.show.experiment_plots import learning_curve
from chainrule.show.picture_plots import explanation_plot, weight_pictures
from chainrule.show.report import page
from chainrule.show.tables import data_uri
from chainrule.training import History
from chainrule.training.warnings import TrainingWarning
from chainrule.wording import isolated, percent, shortened

RESULTS = (
    Column("set"),
    Column("examples", "whole"),
    Column("accuracy", "percent"),
    Column(f"{page.CONFIDENCE:.0%} interval", "percent"),
    Column("commonest class", "percent"),
    Column("cost", "number", unit="nats"),
)
NO_TEST_SET = {
    "training": "There was no test set: these are the examples that it was trained on, of which it "
    "may have learned many by heart. On others it will do worse.",
    "validation": "There was no test set: these are the validation examples. If they chose when "
    "training stopped, or its settings, it looks better on them than it is.",
}
EXPLAINED = 2  # mistakes
# Training pictures beyond which comparing them with each other, for what is near, takes longer than
# the rest of the report.
COMPARED = 2000
HOW = (
    "A training picture's contribution is its part in every step of gradient descent, followed "
    "from the first log-odds of the answer to the last (Bell et al. 2023). The path and the sums "
    "are exact, but for logistic regression the integral over each step is not: what it lacks is "
    "told."
)


def training_report(
    model: Model,
    splits: Splits,
    history: History,
    *,
    why: page.Section | None = None,
    features: page.Section | None = None,
    warnings: Sequence[TrainingWarning] = (),
) -> page.Report:
    """What a training reached, and what it looks like inside.

    splits : the data; the answer is measured on the test set, if there is one, else on the
        validation set, else on the training set, and says so.
    why : the worst mistakes explained (`why_section`). features : those of a table that it depends
        on (`importance_section`). warnings : what looks wrong in it.
    """
    checks.kind("training_report", "splits", splits, Splits)
    if history.records and np.ndim(history.records[0].cost):
        fix = "Pass history.run(r)."
        raise InputError("training_report", "the history of one run", "of several", fix)
    accuracies = [
        page.Accuracy(name, evaluate(model, data), name == "training")
        for name, data in splits.sets.items()
    ]
    chosen, tested = splits.tested
    tested, answer = model.prepare(tested), next(one for one in accuracies if one.name == chosen)
    answer = replace(answer, name=f"{chosen} examples")
    sections = [
        _results(accuracies, model, tested),
        page.data_section(splits),
        _network(model),
        _training(history) if history.records else None,
        page.mistakes_section(answer.found, tested, answer.name),
        page.quality_section(answer.found, model.predict_proba(tested), tested.labels),
        _weights(model, splits.train) if model.image_shape and model.n_members == 1 else None,
        features,
        why,
    ]
    warning = " ".join([*map(str, warnings), NO_TEST_SET.get(chosen, "")]).strip()
    return page.Report(answer.headline, answer.words, sections, warning)


def _results(accuracies: Sequence[page.Accuracy], model: Model, tested: Dataset) -> page.Section:
    """A row for each set; what the members of an ensemble reach alone."""
    words, n = [], model.n_members
    if n > 1:
        each = [evaluate(model.member(r), tested).accuracy for r in range(n)]
        low, mean, high = (percent(f(each), 1) for f in (min, statistics.fmean, max))
        words = [f"Its {n} members alone have {low} to {high} right there, {mean} on average."]
    rows = []
    for one in accuracies:
        e = one.found
        rows.append((one.name, e.m, e.accuracy, one.interval, e.baseline, e.cost))
    return page.Section("Results", words, Table(RESULTS, rows))


def _network(model: Model) -> page.Section:
    network, n = model.network, model.n_members
    of_each = f"An ensemble of {n}, whose probabilities are averaged. Each member:"
    uri = data_uri(networks.diagram(network).encode(), "svg+xml")
    picture, table = page.Image(uri, f"{networks.words(network)}."), networks.table(network)
    return page.Section("Network", [of_each] if n > 1 else [], table, pictures=[picture])


def _training(history: History) -> page.Section:
    first, last = history.records[0], history.records[-1]
    text = f"Cost {first.cost:.4g} at the start, {last.cost:.4g} at iteration {last.iteration}"
    if last.validation_cost is not None:
        text += f"; validation {last.validation_cost:.4g}"
    curve = page.drawn(learning_curve(history), f"Learning curve. {text}.")
    return page.Section("Learning curve", pictures=[curve])


def _weights(model: Model, data: Dataset) -> page.Section:
    words = "Weights of the first layer's units as pictures."
    picture = page.drawn(weight_pictures(model, data), words, photographs=True)
    return page.Section("What the first layer looks for", pictures=[picture])


def why_section(
    model: Model, splits: Splits, retraced: Mapping[str, Any] | None = None, note: str = ""
) -> page.Section | None:
    """The worst mistakes, each with where the network looked, the nearest training pictures, and
    what these contributed to the answer; None where nothing can be shown.

    retraced : arguments of `explain` by which the training is done again. note : why it is not,
    if there are none.
    """
    _, tested = splits.tested
    mistakes = evaluate(model, tested).mistakes[:EXPLAINED]
    if model.image_shape is None or model.n_members > 1 or not mistakes:
        return None
    heading = "Why: the worst mistakes"
    if len(splits.train) > COMPARED:
        far = f"Not shown for more than {COMPARED} training pictures: see chainrule explain."
        return page.Section(heading, [far])
    raw = model.prepare(tested).select([one.index for one in mistakes]).features.stored()
    try:
        found = explain(model, raw, splits.train, **(retraced or {}))
    except InputError as error:
        return page.Section(heading, [f"Not shown: expected {error.expected}; got {error.got}."])
    note, words, pictures = note or found[0].note, [], []
    if note:
        words.append(f"What training pictures contributed to these answers is not shown: {note}.")
    if any(why.contributions is not None for why in found):
        words.append(HOW)
    for one, why, pixels in zip(mistakes, found, raw.T, strict=True):
        if why.contributions is not None:
            words.append(_sum(one, why.contributions))
        names = (shortened(name, 28) for name in (one.name, one.actual, one.predicted))
        title = "{}: {}, taken for {} ({:.3f})".format(*names, one.probability)
        figure = explanation_plot(why, pixels, splits.train, title)
        pictures.append(page.drawn(figure, _words(one, why, splits), photographs=True))
    return page.Section(heading, words, pictures=pictures)


def _sum(one: Mistake, parts: PathInfluence) -> str:
    """What the contributions add up to."""
    s = parts.of_examples
    return (
        f"{isolated(one.name)}: log-odds {parts.after:.3f} = {parts.before:.3f} at the start "
        f"{s[s > 0].sum():+.3f} by pictures that contributed to it {s[s < 0].sum():+.3f} by those "
        f"against it {parts.penalty:+.3f} by the penalty {parts.missing:+.3f} not accounted for."
    )


def _words(one: Mistake, why: Explanation, splits: Splits) -> str:
    """What the picture shows."""
    names, near = splits.train.example_names, why.neighborhood
    assert near is not None
    unlike = f" Unlike any training picture: {near.reason}." if near.reason else ""
    text = f"{one.name}: {one.actual}, taken for {one.predicted} ({one.probability:.3f})."
    if why.contributions is not None:
        text += f" Most is contributed by {names[int(np.argmax(why.contributions.of_examples))]}."
    return f"{text} Nearest training picture: {names[near.nearest[0]]}.{unlike}"
