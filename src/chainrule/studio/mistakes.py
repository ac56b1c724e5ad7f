"""What a network answers wrongly at a moment of its training, and what that says of labels."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.data import Dataset, Splits
from chainrule.errors import InputError
from chainrule.experiments.label_review import too_weak
from chainrule.model.evaluation import evaluate, evaluate_probabilities
from chainrule.model.model_file import Model, decided
from chainrule.model.regression import Regression
from chainrule.model.verdict import UNKNOWN, Verdict, verdict_of
from chainrule.show.data import drawable

Array = np.ndarray
MOST = 120  # examples that are listed at a time
TRAINED_ON = "It was trained on these examples: how often it is wrong here says nothing of others."
WEAK = (
    "It is not known to name the class more often than guessing does: what it takes an example for "
    "says nothing about the label."
)
OWN_LABEL = (
    "It has learned these labels themselves, wrong ones, too. Networks that were trained without "
    "the example judge better: the command below asks some."
)
HELD_OUT = (
    "Decide on training examples. Labels by which a network is tested are not changed here: once "
    "they are made to agree with it, they test nothing."
)
# By what the list can be sorted: a key of each example, the smallest first.
SORTS: dict[str, Callable[[dict[str, Array]], Array]] = {
    "loss": lambda of: -of["loss"],
    "probability": lambda of: -of["probability"],
    "name": lambda of: of["name"],
}
KINDS = ("wrong", "right", "all")


def mistakes(model: Model, splits: Splits, asked: Mapping[str, str]) -> dict[str, Any]:
    """The examples of a set that are answered wrongly, and how many of which class are.

    asked : set (by default that which a model is judged by); sort, of SORTS, by default the largest
    loss first; kind, of KINDS, actual and predicted (classes), from (how many are left out before).
    Of a regression all examples are there, and their loss is the distance |a - y|. Losses are in
    nats. InputError for another.
    """
    judged, tested = splits.tested
    name = asked.get("set") or judged
    _one_of("set", name, splits.sets)
    data = model.prepare(splits.sets[name])
    sort, kind = asked.get("sort") or "loss", asked.get("kind") or "wrong"
    _one_of("sort", sort, SORTS)
    _one_of("kind", kind, KINDS)
    numbers = not data.classes
    columns, facts = (_numbers if numbers else _classes)(model, data)
    shown = np.ones(len(data), bool)
    if not numbers:
        wrong = columns["predicted"] != columns["actual"]
        shown = {"wrong": wrong, "right": ~wrong, "all": shown}[kind]
        for which in ("actual", "predicted"):
            if asked.get(which):
                k = data.class_called(asked[which], which, "mistakes")
                shown = shown & (columns[which] == k)
    index = np.flatnonzero(shown)
    order = index[np.argsort(SORTS[sort](columns)[index], kind="stable")]
    start = asked.get("from") or "0"
    if not start.isdecimal():
        raise InputError("from", "a whole number", repr(start)[:40])
    some = order[int(start) : int(start) + MOST]
    return {
        "set": name,
        "sets": {which: len(one) for which, one in splits.sets.items()},
        "classes": list(data.classes),
        "task": data.task,
        "drawable": drawable(data),
        "held_out": name != "training",
        **facts,
        "found": len(order),
        "rows": _rows(data, columns, some),
        **_judging(model, splits, name, judged, tested),
    }


def _one_of(where: str, given: str, known: Any) -> None:
    if given not in known:
        raise InputError(where, f"one of {', '.join(known)}", repr(given)[:40])


def _classes(model: Model, data: Dataset) -> tuple[dict[str, Array], dict[str, Any]]:
    """Columns (m,) of each example, and what there is to say of all."""
    P = model.probabilities(model.outputs(data)[1])
    predicted = decided(P, model.threshold)
    found, i = evaluate_probabilities(data, P, predicted), np.arange(len(data))
    of_actual = P[data.labels, i]
    with np.errstate(divide="ignore"):
        loss = -np.log(of_actual)
    columns = {"actual": data.labels, "predicted": predicted, "probability": P[predicted, i]}
    columns |= {"probability_of_actual": of_actual, "loss": loss, "name": _names(data)}
    return columns, {
        "examples": found.m,
        "wrong": found.m - found.right,
        "accuracy": found.accuracy,
        "interval": list(found.interval()),
        "baseline": found.baseline,
        "confusion": found.confusion.tolist(),
    }


def _numbers(model: Model, data: Dataset) -> tuple[dict[str, Array], dict[str, Any]]:
    found = evaluate(model, data)
    assert isinstance(found, Regression)
    error = found.predictions - found.targets
    columns = {"actual": found.targets, "predicted": found.predictions, "loss": np.abs(error)}
    columns |= {"probability": np.abs(error), "name": _names(data)}
    return columns, {"examples": found.m, **found.scores}


def _names(data: Dataset) -> Array:
    """Ranks by name."""
    return np.argsort(np.argsort(np.array(data.example_names), kind="stable"), kind="stable")


def _rows(data: Dataset, columns: Mapping[str, Array], index: Array) -> list[dict[str, Any]]:
    def said(value: Any) -> Any:
        return data.classes[value] if data.classes else float(value)

    names = data.example_names
    shown = [name for name in columns if name not in ("actual", "predicted", "name")]
    return [
        {
            "example": int(i),
            "name": names[i],
            "actual": said(columns["actual"][i]),
            "predicted": said(columns["predicted"][i]),
            **{name: float(columns[name][i]) for name in shown if data.classes or name == "loss"},
        }
        for i in index
    ]


def _judging(
    model: Model, splits: Splits, name: str, judged: str, tested: Dataset
) -> dict[str, Any]:
    """Whether this network may judge labels, and why not."""
    verdict = verdict_at(model, judged, tested)
    words = [TRAINED_ON] if name == "training" else []
    facts: dict[str, Any] = {"verdict": None if verdict is UNKNOWN else verdict.facts()}
    facts |= {"decides": False, "judges": bool(model.classes) and not too_weak(verdict)}
    if model.classes:
        words.append(HELD_OUT if name != "training" else OWN_LABEL if facts["judges"] else WEAK)
        facts["decides"] = name == "training"
    return facts | {"words": words}


def verdict_at(model: Model, judged: str, tested: Dataset) -> Verdict:
    """Of the network on what no network was trained on; UNKNOWN where there is no such set."""
    return UNKNOWN if judged == "training" else verdict_of(evaluate(model, tested))


def doubt(model: Model, splits: Splits, i: int) -> dict[str, Any]:
    """Of a training example what its label could be instead: the most probable other class; nothing
    of a network that is too weak to judge."""
    if not model.classes or too_weak(verdict_at(model, *splits.tested)):
        return {}
    data = splits.train
    P = model.probabilities(model.outputs(data.select([i]))[1])[:, 0]
    given = data.labels[i]
    other = int(np.where(np.arange(len(P)) == given, -1, P).argmax())
    facts = {"suggested": data.classes[other], "probability_of_given": float(P[given])}
    return facts | {"probability_of_suggested": float(P[other])}
