"""The report of one training, and why its worst mistakes were made."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks, wording
from chainrule.data import Dataset, Splits
from chainrule.display import Table
from chainrule.errors import InputError
from chainrule.experiments import WithoutEach
from chainrule.experiments.answers import Unseen
from chainrule.influence.explanation import explain
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model, decided
from chainrule.model.regression import Regression
from chainrule.model.verdict import UNKNOWN
from chainrule.show import networks
from chainrule.show.boundary_plots import boundary_plot
from chainrule.show.experiment_plots import learning_curve
from chainrule.show.report import page
from chainrule.show.report.answers import ERRORS, RESULTS, Accuracy, Errors, answers_of
from chainrule.show.report.asking import asking_section
from chainrule.show.report.examples import examples, left_out_live
from chainrule.show.report.inside import explained, weights_section
from chainrule.show.report.watching import Followed, cost_curves, watched_plane, watching_sections
from chainrule.show.tables import data_uri
from chainrule.training import History
from chainrule.training.warnings import TrainingWarning
from chainrule.wording import chance, isolated, percent, setting_value

VALIDATED = (
    "There was no test set: these are the validation examples. If they chose when training "
    "stopped, or its settings, it looks better on them than it is."
)
BY_THE_WAY = (
    "No examples were held out: networks like this one were cross-validated by the way, each "
    "trained without the examples that it answers."
)
ANEW = (
    " In each fold a setting was chosen anew, on the examples that it trains on: this measures how "
    "the setting was chosen, too."
)
# Of the largest: outputs that differ by less are alike but for rounding.
ALIKE = 1e-9
EXPLAINED = 2  # mistakes
# Training pictures beyond which comparing them with each other, for what is near, takes longer than
# the rest of the report.
COMPARED = 2000
HOW = (
    "How much a training picture raises the probability of the answer by being there is exact: the "
    "network was trained again without each of them."
)
OWN = (
    "This network's mistakes on the examples that it was trained on. Those of a cross-validation "
    "are of other networks, trained without the examples that they answer: the lists differ."
)
Exact = Callable[[np.ndarray], tuple[Sequence[WithoutEach], str]]


def training_report(
    model: Model,
    splits: Splits,
    history: History,
    *,
    unseen: Unseen | None = None,
    why: page.Section | None = None,
    features: page.Section | None = None,
    learned: np.ndarray | None = None,
    watched: Followed | None = None,
    warnings: Sequence[TrainingWarning] = (),
) -> page.Report:
    """What a training reached, and what it looks like inside.

    splits : the data; the answer is measured on the test set, if there is one, else on the
        validation set, else it is that of the cross-validation `unseen`, or not known.
    why : the worst mistakes explained (`why_section`). features : those of a table that it depends
        on (`importance_section`). learned : what of a picture's W[1] was not drawn, see
        `weights_section`. watched : the training again (`watching_sections`). warnings : what
        looks wrong in it.
    """
    checks.kind("training_report", "splits", splits, Splits)
    if history.records and np.ndim(history.records[0].cost):
        fix = "Pass history.run(r)."
        raise InputError("training_report", "the history of one run", "of several", fix)
    judged = _judged(model, splits, unseen)
    answer, tested, outputs = judged.answer, judged.tested, judged.outputs
    chosen, _ = splits.tested
    shared = examples(tested, outputs, judged.predicted, f"{chosen} examples")
    held = splits.watched[0]
    curves = cost_curves(history, held) if watched else {}
    inside = [weights_section(model, splits.train, learned), features, why]
    if watched:
        inside = [*watching_sections(model, splits.train, tested, watched, curves), *inside]
    if alike := _alike(model, splits.train):
        inside = [page.Section("Not shown", [alike])]
    sections = [
        _results(judged.reached, model, tested),
        page.data_section(splits),
        _network(model),
        _training(history, unseen, held) if history.records else None,
        *answer.sections(tested, outputs, shared, model.threshold),
        _boundary(model, splits, watched, curves),
        asking_section(model, tested, shared),
        *inside,
    ]
    said: list[TrainingWarning | str] = [*warnings, VALIDATED if chosen == "validation" else ""]
    if answer.seen:
        return page.Report(UNKNOWN.name, _unknown(unseen), sections, said, UNKNOWN)
    besides = splits.uncounted
    if judged.crossed and unseen:
        anew = ANEW if getattr(unseen.found, "varied", ()) else ""
        besides = f"{BY_THE_WAY}{anew} {unseen.together}"
    words = f"{answer.words} {besides}".strip()
    return page.Report(answer.headline, words, sections, said, answer.verdict)


@dataclass(frozen=True, eq=False)
class _Judged:
    """reached : of each set, and of the cross-validation if it is `crossed`. answer : the one that
    the report opens with, on `tested`, with its outputs and predicted classes."""

    reached: list[Accuracy | Errors]
    answer: Accuracy | Errors
    tested: Dataset
    outputs: np.ndarray
    predicted: np.ndarray
    crossed: bool = False


def _judged(model: Model, splits: Splits, unseen: Unseen | None) -> _Judged:
    reached = [
        answers_of(name, evaluate(model, data), seen=name == "training")
        for name, data in splits.sets.items()
    ]
    chosen, tested = splits.tested
    first, answer = reached[0], next(one for one in reached if one.name == chosen)
    trained = first.found.r2 if isinstance(first, Errors) else first.found.accuracy
    if tested is not splits.sets[chosen]:
        answer = answers_of(chosen, evaluate(model, tested))
    tested = model.prepare(tested)
    answer = replace(answer, name=f"{chosen} examples", trained=trained)
    if answer.seen and unseen and unseen.found and (held := unseen.answers):
        name = f"examples, each by a network trained without it ({len(unseen.found.folds)} folds)"
        answer = answers_of(name, held.found, intervals=held.intervals, trained=trained)
        reached.append(replace(answer, name=wording.CROSSED))
        return _Judged(reached, answer, held.data, held.outputs, held.predicted, crossed=True)
    outputs = _outputs(model, tested)
    return _Judged(reached, answer, tested, outputs, decided(outputs, model.threshold))


def _boundary(
    model: Model, splits: Splits, watched: Followed | None, curves: Mapping[str, Any]
) -> page.Section | None:
    """Where a model of two features changes its mind, and its mistakes; and on the way there."""
    name, data = splits.tested
    if data.features.shape[0] != 2 or not model.classes:
        return None
    figure = boundary_plot(model, data, title=f"{name} examples")
    words = f"The decision boundary, with the {name} examples and mistakes among them ringed."
    live = watched_plane(model, data, watched, curves) if watched else None
    heading = "Where it changes its mind"
    return page.Section(heading, pictures=[page.drawn(figure, words)], live=live)


def _unknown(unseen: Unseen | None) -> str:
    """Why it is not known how good a model is on other examples, and what would tell."""
    words = (
        "How good it is on examples that it was not trained on: none were held out, and what it "
        "makes of those it was trained on does not tell."
    )
    if unseen is None:
        return words
    how = f" This tells: {unseen.command}" if unseen.command else ""
    return f"{words} It was not cross-validated: {unseen.why}{how}"


def _outputs(model: Model, data: Dataset) -> np.ndarray:
    """Probabilities (n_classes, m), or predicted numbers (1, m)."""
    return model.probabilities(model.outputs(data)[1])


def _alike(model: Model, data: Dataset) -> str:
    """Why the inside of a network that gives every example the same answer is not shown, or ""."""
    outputs = _outputs(model, data)
    if len(data) < 2 or np.ptp(outputs, axis=1).max() > ALIKE * np.abs(outputs).max():
        return ""
    return (
        "The network gives the same answer to all examples, whatever they are: its weights, where "
        "it looks and why it answers so would show nothing. Try a smaller learning rate, another "
        "seed, or leaky_relu."
    )


def _results(reached: Sequence[Accuracy | Errors], model: Model, tested: Dataset) -> page.Section:
    """A row for each set."""
    words, n, regression = [], model.n_members, model.task == "regression"
    if n > 1:
        measure = "rmse" if regression else "accuracy"
        each = [getattr(evaluate(model.member(r), tested), measure) for r in range(n)]
        found = (f(each) for f in (min, statistics.fmean, max))
        low, mean, high = (setting_value(x) if regression else percent(x, 1) for x in found)
        of = f"an RMSE of {low} to {high}" if regression else f"{low} to {high} right"
        words = [f"Its {n} members alone have {of} there, {mean} on average."]
    if model.threshold != 0.5:
        second = isolated(model.classes[1])
        words.append(f"{second} is answered where its probability is above {model.threshold:.4g}.")
    table = Table(ERRORS if regression else RESULTS, [one.row for one in reached])
    if not all(np.isfinite(one.row[-1]) for one in reached):
        table = table.without("cost")  # see the command line's
    return page.Section("Results", words, table)


def _network(model: Model) -> page.Section:
    network, n = model.network, model.n_members
    answers = "probabilities" if model.classes else "predictions"
    of_each = f"An ensemble of {n}, whose {answers} are averaged. Each member:"
    uri = data_uri(networks.diagram(network).encode(), "svg+xml")
    picture, table = page.Image(uri, f"{networks.words(network)}."), networks.table(network)
    return page.Section("Network", [of_each] if n > 1 else [], table, pictures=[picture])


def _training(history: History, unseen: Unseen | None, held: str) -> page.Section:
    """held : what else the curve shows, see `learning_curve`."""
    loss, last = history.loss, history.records[-1]
    text = f"Cost {loss[0]:.4g} at the start, {loss[-1]:.4g} at iteration {last.iteration}"
    text += f", and {last.cost:.4g} with the penalty" if history.penalized else ""
    if last.validation_cost is not None:
        text += f"; {held} {last.validation_cost:.4g}"
    pictures = [page.drawn(learning_curve(history, held=held), f"Learning curve. {text}.")]
    words = ""
    if unseen and unseen.found:
        (folds, *_) = page.pictures_of(unseen.found)
        words, chosen = folds.words, getattr(unseen.found, "varied", ())
        if chosen:  # a setting that need not be this network's
            words = f"First this network's, then {words[0].lower()}{words[1:]}"
        pictures = [*(pictures if chosen else []), folds]
    return page.Section("Learning curve", [words] if words else [], pictures=pictures)


def why_section(model: Model, splits: Splits, exact: Exact | None = None) -> page.Section | None:
    """The worst mistakes, each with what the answer owes to each part of the picture, the nearest
    training pictures, and what each of these changes by being there; None where nothing can be
    shown.

    exact : of the raw pictures (n_x, q) that are asked about: the trainings without each example,
        or none and why.
    """
    chosen, tested = splits.tested
    evaluated = evaluate(model, tested)
    if model.image_shape is None or model.n_members > 1 or isinstance(evaluated, Regression):
        return None
    if not (mistakes := evaluated.mistakes[:EXPLAINED]):
        return None
    heading = f"Why: the worst mistakes on {chosen} examples"
    if len(splits.train) > COMPARED:
        far = f"Not shown for more than {COMPARED} training pictures: see chainrule explain."
        return page.Section(heading, [far])
    asked = model.prepare(tested).select([one.index for one in mistakes])
    try:
        without, note = exact(asked.raw) if exact else ([], "")
        found = explain(model, asked, splits.train, without)
    except InputError as error:
        return page.Section(heading, [f"Not shown: expected {error.expected}; got {error.got}."])
    words, galleries = [OWN] if chosen == "training" else [], list[page.Gallery]()
    if note := note or found[0].note:
        words.append(f"What each training picture changes in these answers is not shown: {note}.")
    elif without:
        words.append(HOW)
    for k, (one, why) in enumerate(zip(mistakes, found, strict=True)):
        names = map(isolated, (one.name, one.actual, one.predicted))
        title = "{}: {}, taken for {}, {}".format(*names, chance(one.probability))
        galleries += explained(why, asked.select([k]), splits.train, title, why.trust)
    live = left_out_live(mistakes, found, splits.train)
    return page.Section(heading, words, galleries=galleries, live=live)
