"""How good a model is on a data set: counts, rates, and the mistakes themselves."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.display import Column, Result, Table
from chainrule.errors import DataError, InputError
from chainrule.model.intervals import area_under_curve, auc_interval, wilson_interval
from chainrule.model.model_file import Model, decided
from chainrule.model.regression import Regression

Array = np.ndarray
MISTAKES = (
    Column("index", "whole"),
    Column("name", head="example"),
    Column("actual", head="is"),
    Column("predicted", head="taken for"),
    Column("probability", "number"),
    Column("probability_of_actual", "number", "of the true class"),
)


@dataclass(frozen=True)
class Mistake:
    """One wrongly classified example: its index, name, classes, and the probabilities given to the
    class it was taken for and to its actual one."""

    index: int
    name: str
    actual: str
    predicted: str
    probability: float
    probability_of_actual: float


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Result):
    """A model's answers against the labels.

    accuracy : fraction right. baseline : that of always saying the commonest class.
    cost : mean loss in nats per example, without penalty; for an ensemble that of its mean
        probability, not the mean of its members' costs.
    auc, brier : of the probabilities, as `bootstrap_intervals` has them; an AUC that is not a
        number where there is one class only.
    confusion : (n_classes, n_classes) counts, actual classes as rows, predicted as columns.
    mistakes : all of them, the most confident first. doubted : see `Dataset`.
    """

    classes: tuple[str, ...]
    confusion: Array
    cost: float
    mistakes: tuple[Mistake, ...]
    auc: float = math.nan
    brier: float = math.nan
    doubted: str = ""

    def __repr__(self) -> str:
        return (
            f"Evaluation({self.m} examples, accuracy {self.accuracy:.4f} "
            f"(commonest class {self.baseline:.4f}), cost {self.cost:.4f})"
        )

    def table(self) -> Table:
        """The counts: a row for each actual class, a column for each predicted one."""
        columns = [Column(name, "whole", name) for name in self.classes]
        rows = [(name, *row) for name, row in zip(self.classes, self.confusion, strict=True)]
        return Table([Column("actual \\ predicted"), *columns], rows)

    def rates(self) -> Table:
        """Precision and recall of each class."""
        columns = [Column("class"), Column("examples", "whole")]
        columns += [Column("precision", "percent"), Column("recall", "percent")]
        counts = self.confusion.sum(axis=1).tolist()
        rows = zip(self.classes, counts, self.precision, self.recall, strict=True)
        return Table(columns, list(rows))

    def listed(self) -> Table:
        """The mistakes, the most confident first."""
        return Table(MISTAKES, [tuple(vars(mistake).values()) for mistake in self.mistakes])

    @property
    def m(self) -> int:
        """The number of examples."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many of the m were answered rightly."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """The share answered rightly, in [0, 1]."""
        return self.right / self.m

    @property
    def scores(self) -> dict[str, float]:
        """The measures by name."""
        return {
            "accuracy": self.accuracy,
            "accuracy_of_commonest_class": self.baseline,
            "balanced_accuracy": self.balanced_accuracy,
            "auc": self.auc,
            "brier": self.brier,
            "cost": self.cost,
        }

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the recalls of the classes that there are."""
        return float(np.nanmean(self.recall))

    @property
    def baseline(self) -> float:
        """The share of the commonest class: the accuracy of always saying that."""
        return float(self.confusion.sum(axis=1).max() / self.m)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Between which accuracies the true one lies, as far as `m` examples can tell.

        `wilson_interval`. It holds for examples that took no part in training or in the choice of
        the model.
        """
        bounds = {"least": 0, "most": 1, "open_below": True, "open_above": True}
        confidence = checks.number("Evaluation.interval", "confidence", confidence, **bounds)
        return wilson_interval(self.right, self.m, confidence)

    def auc_bounds(self, confidence: float = 0.95) -> tuple[float, float]:
        """The same of the AUC of two classes (`auc_interval`); of others not known."""
        counts = self.confusion.sum(axis=1).tolist()
        if len(counts) != 2:
            return math.nan, math.nan
        return auc_interval(self.auc, counts[0], counts[1], confidence)

    @property
    def learned(self) -> bool:
        """Whether more are right than by always saying the commonest class, or the probabilities
        tell two classes apart."""
        return self.accuracy > self.baseline or self.auc_bounds()[0] > 0.5

    @property
    def precision(self) -> Array:
        """Of those taken for a class, the fraction that are; nan where none were (n_classes,)."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def recall(self) -> Array:
        """Of those of a class, the fraction that were found; nan where there are none."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=1))

    def facts(self, mistakes: int = 10) -> dict[str, Any]:
        """Everything as plain numbers and text, for JSON; nan becomes None."""

        def number(value: float) -> float | None:
            return None if np.isnan(value) else float(value)

        counts = self.confusion.sum(axis=1)
        per_class = zip(self.classes, self.precision, self.recall, counts, strict=True)
        return {
            "examples": self.m,
            "accuracy_95_percent_interval": list(self.interval()),
            **{name: number(value) for name, value in self.scores.items()},
            "confusion": self.confusion.tolist(),
            "classes": [
                {"name": name, "precision": number(p), "recall": number(r), "examples": int(n)}
                for name, p, r, n in per_class
            ],
            "mistakes": len(self.mistakes),
            "most_confident_mistakes": [vars(mistake) for mistake in self.mistakes[:mistakes]],
        }


def evaluate(model: Model, data: Dataset) -> Evaluation | Regression:
    """The model's answers on `data`, whose classes and features are matched to the model's."""
    checks.kind("evaluate", "model", model, Model)
    _check_filled(data)
    data = model.prepare(data)
    if model.task == "regression":
        found = model.predict(data).astype(np.float64)
        spread = model.spread(data)[0] if model.n_members > 1 else None
        return Regression(data.labels, found, data.example_names, spread)
    network, n = model.network, len(model.classes)
    Z, A = model.outputs(data)
    Y = data.Y if network.layer_sizes[-1] == 1 else np.eye(n)[:, data.labels]
    with np.errstate(over="ignore"):  # logits may differ by more than a float holds
        losses = network.loss_function.per_example(Z, A, Y)
    if network.n_runs is not None:
        losses = _loss_of_the_mean(losses)
    P = model.probabilities(A)
    return _evaluation(data, P, losses, decided(P, model.threshold))


def evaluate_probabilities(data: Dataset, P: Array, predicted: Any = None) -> Evaluation:
    """Answers that are there already, such as by networks trained without each example.

    P : (n_classes, m) probabilities, of `data`'s classes in their order. The cost is infinite
    where an actual class was given the probability 0. predicted : (m,) class indices where other
    than the most probable class is answered. InputError for another shape, DataError
    without examples.
    """
    _check_filled(data)
    P, shape = np.asarray(P), (len(data.classes), len(data))
    if P.shape != shape:
        raise InputError("evaluate_probabilities", f"P of shape {shape}", f"{P.shape}")
    if not np.isfinite(P).all():
        raise InputError("evaluate_probabilities", "probabilities", "numbers that are not finite")
    with np.errstate(divide="ignore"):
        losses = -np.log(P[data.labels, np.arange(len(data))])
    return _evaluation(data, P, losses, decided(P) if predicted is None else np.asarray(predicted))


def _check_filled(data: Dataset) -> None:
    checks.kind("evaluate", "data", data, Dataset)
    if len(data) == 0:
        raise DataError(data.source or "evaluate", "at least one example", "none")


def _evaluation(data: Dataset, P: Array, losses: Array, predicted: Array) -> Evaluation:
    """From the probabilities P (n_classes, m), the losses (m,) and the answers (m,)."""
    n = len(data.classes)
    confusion = np.bincount(data.labels * n + predicted, minlength=n * n).reshape(n, n)
    mistakes, Y, kept = _mistakes(data, P, predicted), np.eye(n)[:, data.labels], slice(n == 2, n)
    auc, brier = area_under_curve(P[kept], Y[kept]), np.square(P - Y)[kept].sum(axis=0).mean()
    with np.errstate(over="ignore"):
        cost = float(losses.mean())
        if np.isinf(cost):  # the sum may be, of losses that are not
            cost = float((losses / len(losses)).sum())
    own = cost, mistakes, auc, float(brier), data.doubted
    return Evaluation(data.classes, confusion, *own)


def _loss_of_the_mean(losses: Array) -> Array:
    """L = -log(1/R sum_r exp(-L_r)) (m,) of the members' mean probability, from L_r (R, m).

    A member's L_r = -log p_r comes from its logits. The least loss is taken out of the sum, so
    that the sum is never 0 and nothing is clipped; the rest is at least 0.
    """
    least = losses.min(axis=0)
    return least - np.log1p(np.expm1(least - losses).mean(axis=0))


def _mistakes(data: Dataset, P: Array, predicted: Array) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(predicted != data.labels)
    confidence = P[predicted[wrong], wrong]
    # A stable sort, so that equal confidences stay in the data's order.
    order = wrong[np.argsort(-confidence, kind="stable")]
    names = data.example_names
    classes, actual, taken = data.classes, data.labels[order], predicted[order]
    sure, of_actual = P[taken, order].tolist(), P[actual, order].tolist()
    return tuple(
        Mistake(i, names[i], classes[k], classes[j], p, q)
        for i, k, j, p, q in zip(order.tolist(), actual, taken, sure, of_actual, strict=True)
    )


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
