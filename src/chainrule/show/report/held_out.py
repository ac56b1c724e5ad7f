"""Reports of what networks say of examples that they were trained without."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.experiments import CrossValidation, LabelReview, LeaveOneOut
from chainrule.experiments.measures import SCORES
from chainrule.model.evaluation import evaluate_probabilities
from chainrule.show.experiment_plots import fold_curves, left_out_plot
from chainrule.show.report.images import drawn, photograph
from chainrule.show.report.page import Card, Page, Section, Table
from chainrule.show.report.sections import (
    Accuracy,
    data_section,
    mistakes_section,
    quality_section,
    warned,
)
from chainrule.training import History
from chainrule.wording import isolated, number, percent

Array = np.ndarray
Facts = Mapping[str, Any]
SUSPECTS = 48  # shown
EXAMPLES = 12
NOTHING = "No training ended with a result: each diverged, or was interrupted."


def cross_validation_report(
    found: CrossValidation,
    data: Dataset,
    *,
    title: str,
    settings: Facts,
    skipped: Sequence[str] = (),
) -> str:
    """HTML of a cross-validation of `data`."""
    P, index = _known("cross_validation_report", found.probabilities, data)
    sections: list[Section] = [_folds(found)]
    headline, answer = "No answer", NOTHING
    if index.size:
        examples = data.select(index)
        evaluation = evaluate_probabilities(examples, P)
        times = sum(fold.held_out.size for fold in found.folds) // max(1, len(data))
        by = "a network" if times <= 1 else f"the mean of {times} networks"
        accuracy = Accuracy(f"examples, each by {by} trained without it", evaluation)
        headline, answer = accuracy.headline, accuracy.words
        sections += [
            mistakes_section(evaluation, examples, "examples when held out"),
            quality_section(evaluation, P, examples.labels),
        ]
    sections.append(data_section({"examples": data}, skipped))
    return Page(
        title,
        headline,
        answer,
        warned(found.complete, [fold.history for fold in found.folds]),
        sections,
        settings,
    ).html()


def _folds(found: CrossValidation) -> Section:
    rows: list[Sequence[str]] = []
    for row in found.rows():
        held = "diverged" if row["diverged"] != "" else percent(row["accuracy"], 1)
        others = (number(row[name]) for name in ("cost", "auc", "training_cost"))
        rows.append((str(row["fold"]), str(row["examples"]), held, *others))
    for part in ("mean", "deviation"):
        accuracy, cost, auc = (getattr(getattr(found, name), part) for name in SCORES)
        rows.append((part, "", percent(accuracy, 1), number(cost), number(auc), ""))
    heads = ("fold", "examples", "accuracy", "cost (nats)", "AUC", "training cost")
    histories = [fold.history for fold in found.folds]
    words = "Learning curves of all folds, on what they train on and on what they hold out."
    pictures = [drawn(fold_curves(histories), words)] if histories else []
    return Section("Folds", table=Table(heads, rows, numbers=5), pictures=pictures, wide=True)


def leave_one_out_report(
    found: LeaveOneOut,
    data: Dataset,
    *,
    title: str,
    settings: Facts,
    skipped: Sequence[str] = (),
) -> str:
    """HTML of leaving each example of `data` out."""
    P, index = _known("leave_one_out_report", found.probabilities, data)
    sections = [data_section({"examples": data}, skipped)]
    headline, answer = "No answer", NOTHING
    if index.size:
        examples = data.select(index)
        evaluation = evaluate_probabilities(examples, P)
        accuracy = Accuracy("examples, each by a network trained without it", evaluation)
        trained_on = found.accuracy_when_trained_on
        headline = accuracy.headline
        answer = (
            f"{accuracy.words} Of the examples trained on it has {percent(trained_on, 1)} right."
        )
        left_out = P[examples.labels, np.arange(index.size)]
        full = found.full[index]
        sections = [
            _by_heart(examples, full, left_out),
            _influential(found),
            mistakes_section(evaluation, examples, "examples when left out"),
            quality_section(evaluation, P, examples.labels),
            *sections,
        ]
    return Page(
        title,
        headline,
        answer,
        warned(found.complete, [found.history] if found.history else []),
        sections,
        settings,
    ).html()


def _by_heart(data: Dataset, full: Array, left_out: Array) -> Section:
    """The examples whose own probability falls most without them."""
    fall = full - left_out
    heading = "Learned by heart"
    if not np.isfinite(fall).any():
        return Section(heading, ["Not known: the training on all examples has no result."])
    order = np.argsort(-fall, kind="stable")[:EXAMPLES]
    words = [
        "Far below the diagonal: what the network knows of these examples only because it was "
        "trained on them. They are unusual, or their labels are wrong. The first ones, with the "
        "probability of their own class when trained on and when left out:"
    ]
    texts = [(data.example_names[i], f"{full[i]:.3f} → {left_out[i]:.3f}") for i in order]
    plot = drawn(left_out_plot(full, left_out), "Each example trained on, and left out.")
    cards = _cards(data, order, texts)
    rows = [
        (name, data.classes[data.labels[i]], t) for i, (name, t) in zip(order, texts, strict=True)
    ]
    table = None if cards else Table(("example", "class", "probability"), rows, numbers=1)
    return Section(heading, words, table, cards, [plot], wide=True)


def _influential(found: LeaveOneOut) -> Section:
    rows = [row for row in found.rows() if np.isfinite(row["mean_change_of_others"])]
    rows.sort(key=lambda row: row["mean_change_of_others"], reverse=True)
    lines = [
        (row["name"], row["class"], number(row["mean_change_of_others"])) for row in rows[:EXAMPLES]
    ]
    words = "How much the probabilities of the others' classes change on average without it."
    table = Table(("example", "class", "mean change of others"), lines, numbers=1)
    return Section("The most influential examples", [words], table)


def label_review_report(
    found: LabelReview,
    data: Dataset,
    *,
    title: str,
    settings: Facts,
    decide: str = "",
    histories: Sequence[History] = (),
    skipped: Sequence[str] = (),
) -> str:
    """HTML of a review of the labels of `data`.

    decide : where and how to decide, a sentence. histories : of the trainings that it rests on.
    """
    checks.kind("label_review_report", "data", data, Dataset)
    n, judged_of = found.doubted, len(found.ranking)
    if judged_of + len(found.unjudged) != len(data):
        expected = f"the {judged_of + len(found.unjudged)} examples that were reviewed"
        raise InputError("label_review_report", expected, f"{len(data)}")
    shown = found.suspects[:SUSPECTS]
    headline = f"{n} label{'' if n == 1 else 's'} to look at"
    agree = percent(1 - n / max(1, judged_of), 1)
    answer = (
        f"Of {judged_of} examples {n} were given another class than their label by networks that "
        f"were trained without them ({agree} agree). A label is not wrong for that: look at each. "
        f"{decide}"
    )
    if len(found.unjudged):
        answer += f" {len(found.unjudged)} were not judged, as training without them diverged."
    which = "all" if len(shown) == n else f"the {len(shown)} most suspicious"
    words = [f"The most suspicious first, {which}:"] if shown else ["None."]
    texts = [
        (
            s.name,
            f"labeled {isolated(s.given)} ({s.probability_of_given:.3f})",
            f"looks like {isolated(s.suggested)} ({s.probability_of_suggested:.3f})",
        )
        for s in shown
    ]
    cards = _cards(data, [s.index for s in shown], texts)
    rows = [
        (
            s.name,
            s.given,
            s.suggested,
            number(s.probability_of_given),
            number(s.probability_of_suggested),
        )
        for s in shown
    ]
    heads = ("example", "labeled", "looks like", "probability", "of the other")
    table = None if cards or not rows else Table(heads, rows, numbers=2)
    sections = [
        Section("Labels to look at", words, table, cards),
        data_section({"examples": data}, skipped),
    ]
    return Page(title, headline, answer, warned(True, histories), sections, settings).html()


def _known(where: str, P: Array, data: Dataset) -> tuple[Array, Array]:
    """The columns of P that are numbers, and their indices."""
    checks.kind(where, "data", data, Dataset)
    if P.shape[1] != len(data):
        raise InputError(where, f"the {P.shape[1]} examples that were held out", f"{len(data)}")
    index = np.flatnonzero(np.isfinite(P).all(axis=0))
    return P[:, index], index


def _cards(
    data: Dataset, index: Sequence[int] | Array, texts: Sequence[Sequence[str]]
) -> list[Card]:
    """Small pictures with their texts; none where the data are no pictures."""
    cards = []
    for i, lines in zip(index, texts, strict=True):
        picture = photograph(data, int(i), ", ".join(map(isolated, lines)))
        if picture is not None:
            cards.append(Card(picture, lines))
    return cards
