"""Reports of what networks say of examples that they were trained without.

found : the result. data : the Dataset it is of, or Splits, whose training set is meant.
"""

from collections.abc import Sequence

import numpy as np

from chainrule.data import Dataset, Splits
from chainrule.display import Table
from chainrule.errors import InputError
from chainrule.experiments import CrossValidation, LabelReview, LeaveOneOut
from chainrule.model.evaluation import evaluate_probabilities
from chainrule.show.report.page import Report, Section
from chainrule.show.report.sections import (
    Accuracy,
    data_section,
    gallery,
    mistakes_section,
    pictures_of,
    quality_section,
    training_set,
    warned,
)
from chainrule.training import History
from chainrule.wording import isolated, percent

SUSPECTS = 48  # shown
EXAMPLES = 12
NOTHING = "No training ended with a result: each diverged, or was interrupted."


def cross_validation_report(found: CrossValidation, data: Dataset | Splits) -> Report:
    """What all folds say together, and each of them."""
    folds = Section("Folds", table=found.table(), pictures=pictures_of(found), wide=True)
    times = sum(fold.held_out.size for fold in found.folds) // max(1, found.outputs.shape[1])
    by = "a network" if times <= 1 else f"the mean of {times} networks"
    return _held_out("cross_validation_report", found, data, by, "held out", [folds])


def leave_one_out_report(found: LeaveOneOut, data: Dataset | Splits) -> Report:
    """What is said of each example by the network that was trained without it."""
    own = [
        _by_heart(found, training_set("leave_one_out_report", data).train),
        _influential(found.table()),
    ]
    trained_on = percent(found.accuracy_when_trained_on, 1)
    more = f" Of the examples trained on it has {trained_on} right."
    return _held_out("leave_one_out_report", found, data, "a network", "left out", own, more)


def _held_out(
    where: str,
    found: CrossValidation | LeaveOneOut,
    data: Dataset | Splits,
    by: str,
    when: str,
    own: Sequence[Section | None],
    more: str = "",
) -> Report:
    """by : what answers, without the example. when : it was what. own : the result's sections."""
    splits, P = training_set(where, data), found.probabilities
    if P.shape[1] != len(splits.train):
        expected = f"the {P.shape[1]} examples that were held out"
        raise InputError(where, expected, f"{len(splits.train)}")
    index = np.flatnonzero(np.isfinite(P).all(axis=0))
    warning, end = warned(found.complete, found.histories), data_section(splits)
    if not index.size:
        return Report("No answer", NOTHING, [*own, end], warning)
    examples, P = splits.train.select(index), P[:, index]
    evaluation = evaluate_probabilities(examples, P)
    accuracy = Accuracy(f"examples, each by {by} trained without it", evaluation)
    sections = [
        *own,
        mistakes_section(evaluation, examples, f"examples when {when}"),
        quality_section(evaluation, P, examples.labels),
        end,
    ]
    return Report(accuracy.headline, f"{accuracy.words}{more}", sections, warning)


def _by_heart(found: LeaveOneOut, data: Dataset) -> Section:
    """The examples whose own probability falls most without them."""
    heading, fall = "Learned by heart", found.full - found.left_out
    order = np.argsort(-fall, kind="stable")[: min(EXAMPLES, np.isfinite(fall).sum())]
    if not order.size:
        return Section(heading, ["Not known: the training on all examples has no result."])
    words = [
        "Far below the diagonal: what the network knows of these examples only because it was "
        "trained on them. They are unusual, or their labels are wrong. The first ones, with the "
        "probability of their own class when trained on and when left out:"
    ]
    own = zip(found.full[order], found.left_out[order], strict=True)
    texts = [
        (data.example_names[i], f"{full:.3f} → {left_out:.3f}")
        for i, (full, left_out) in zip(order, own, strict=True)
    ]
    columns = ("name", "class", "probability_when_trained_on", "probability_of_class")
    table = found.table().pick(order).only(*columns)
    pictures = pictures_of(found)
    return gallery(heading, words, data, order, texts, table, pictures=pictures, wide=True)


def _influential(table: Table) -> Section | None:
    name = "mean_change_of_others"
    most = table.only("name", "class", name).sorted_by(name).first(EXAMPLES)
    if not np.isfinite([row[-1] for row in most.rows]).any():
        return None
    words = "How much the probabilities of the others' classes change on average without it."
    return Section("The most influential examples", [words], most)


def label_review_report(
    found: LabelReview,
    data: Dataset | Splits,
    *,
    decide: str = "",
    histories: Sequence[History] = (),
) -> Report:
    """The labels to look at.

    decide : where and how to decide, a sentence. histories : of the trainings that it rests on.
    """
    splits = training_set("label_review_report", data)
    n, known, unknown = found.doubted, len(found.ranking), len(found.unjudged)
    if known + unknown != len(splits.train):
        expected = f"the {known + unknown} examples that were reviewed"
        raise InputError("label_review_report", expected, f"{len(splits.train)}")
    agree = percent(1 - n / max(1, known), 1)
    answer = (
        f"Of {known} examples {n} were given another class than their label by networks that were "
        f"trained without them ({agree} agree). A label is not wrong for that: look at each. "
        f"{decide}"
    )
    if unknown:
        answer += f" {unknown} were not evaluate_probabilities, as training without them diverged."
    shown = found.suspects[:SUSPECTS]
    which = "all" if len(shown) == n else f"the {len(shown)} most suspicious"
    texts = [
        (
            one.name,
            f"labeled {isolated(one.given)} ({one.probability_of_given:.3f})",
            f"looks like {isolated(one.suggested)} ({one.probability_of_suggested:.3f})",
        )
        for one in shown
    ]
    labels = gallery(
        "Labels to look at",
        [f"The most suspicious first, {which}:" if shown else "None."],
        splits.train,
        [one.index for one in shown],
        texts,
        found.table().first(SUSPECTS).without("index", "reason"),
    )
    headline = f"{n} label{'' if n == 1 else 's'} to look at"
    return Report(headline, answer, [labels, data_section(splits)], warned(True, histories))
