"""Between which values a measure lies, as far as so many examples, or groups of them, can tell.

The bootstrap: examples are drawn again with replacement, whole groups where there are any, and the
measure is taken of each draw. The intervals are SciPy's BCa ones, corrected for bias and skewness
(Efron 1987, J. Am. Stat. Assoc. 82:171; Efron & Tibshirani 1993, section 14.3); percentile ones
of many examples, and where a class is missing from some draws. Of the accuracy, and of the AUC of
two classes, on single examples they are known without draws (`of_single`). The networks stay as
they are: what other training sets would change is not in it.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import Column, Result, Table
from chainrule.errors import InputError
from chainrule.model.model_file import decided

Array = np.ndarray
RESAMPLES = 2000
LEAST = 5  # groups or examples: the draws of fewer are few, and hardly more than their own values
JACKKNIFE = 2000  # BCa takes each of so many examples out once; of more the percentiles say it
AT_ONCE = 2**22  # weights of resamples
Measure = Callable[[Array], Array]  # of weights (B, m), for each of B draws
COLUMNS = (
    Column("measure"),
    Column("value", "number"),
    Column("low", "number", "from"),
    Column("high", "number", "to"),
    Column("method"),
)


@dataclass(frozen=True, eq=False)
class Intervals(Result):
    """rows : a measure, its value, the interval's ends, and how it was found; ends that are not a
    number where every draw is alike, as where all answers are right.

    resampled : what was drawn, in words. confidence : of each interval.
    """

    found: tuple[tuple[str, float, float, float, str], ...]
    resampled: str
    confidence: float

    def __repr__(self) -> str:
        return f"Intervals({len(self.found)} measures, {self.confidence:.0%}, {self.resampled})"

    def table(self) -> Table:
        return Table(COLUMNS, self.found)

    def facts(self) -> dict[str, Any]:
        rows = {
            name: {"value": value, "low": low, "high": high, "method": method}
            for name, value, low, high, method in self.found
        }
        return {"confidence": self.confidence, "resampled": self.resampled, **rows}

    def of(self, measure: str) -> tuple[float, float]:
        """The ends of one of them."""
        return next(row[2:4] for row in self.found if row[0] == measure)


def wilson_interval(right: int, m: int, confidence: float = 0.95) -> tuple[float, float]:
    """Between which shares the true one lies with this confidence, after `right` of `m`.

        (p + z^2/2m  -+  z sqrt(p (1 - p) / m + z^2 / 4m^2)) / (1 + z^2/m),     p = right / m

    with z the normal quantile of (1 + confidence) / 2 (Wilson 1927, J. Am. Stat. Assoc. 22:209). It
    keeps to [0, 1], and its coverage where m is small or p near 0 or 1. SciPy's has the same
    numbers; importing it takes longer than an evaluation.
    """
    z, p = NormalDist().inv_cdf((1 + confidence) / 2), right / m
    half = z * math.sqrt(p * (1 - p) / m + z**2 / (4 * m**2))
    low, high = ((p + z**2 / (2 * m) + side) / (1 + z**2 / m) for side in (-half, half))
    return max(0.0, low), min(1.0, high)


def auc_interval(auc: float, n_0: int, n_1: int, confidence: float = 0.95) -> tuple[float, float]:
    """Between which AUCs t the true one lies, after `auc` on n_0 and n_1 examples of two classes:

        (auc - t)^2 <= z^2 (t (1 - t) + (n_1 - 1) (t / (2 - t) - t^2)
                            + (n_0 - 1) (2 t^2 / (1 + t) - t^2)) / (n_0 n_1)

    with z as in `wilson_interval` and the variance of Hanley & McNeil (1982, Radiology 143:29),
    that of Mann & Whitney's test where t is 1/2. Not a number where a class is missing.
    """
    if not (n_0 and n_1 and math.isfinite(auc)):
        return math.nan, math.nan
    z, ends = NormalDist().inv_cdf((1 + confidence) / 2), []
    for out in (0.0, 1.0):
        within = auc
        for _ in range(50):  # halves the distance between one inside and one outside
            t = (within + out) / 2
            spread = t * (1 - t) + (n_1 - 1) * (t / (2 - t) - t * t)
            spread += (n_0 - 1) * (2 * t * t / (1 + t) - t * t)
            inside = (auc - t) ** 2 <= z * z * spread / (n_0 * n_1)
            within, out = (t, out) if inside else (within, t)
        ends.append((within + out) / 2)
    return ends[0], ends[1]


def of_single(
    found: Intervals, right: int, counts: Sequence[int], groups: int | None = None
) -> Intervals:
    """The same of independent examples, `right` of which are answered rightly, counts of each
    class: of the accuracy, and of the AUC of two classes, they are known without draws.

    groups : how many there are, if some examples are not independent; then that of the accuracy is
    of as many, where no draws tell it.
    """
    m = sum(counts)
    n = groups or m
    if groups and np.isfinite(found.of("accuracy")).all():
        return found
    known = {"accuracy": (*wilson_interval(round(right * n / m), n, found.confidence), "Wilson")}
    values = {name: value for name, value, *_ in found.found}
    if len(counts) == 2 and not groups:
        ends = auc_interval(values["auc"], counts[0], counts[1], found.confidence)
        known["auc"] = (*ends, "Hanley-McNeil")
    rows = [(row[0], row[1], *known.get(row[0], row[2:])) for row in found.found]
    return replace(found, found=tuple(rows))


def bootstrap_intervals(
    answers: Any,
    labels: Any,
    groups: Any = None,
    *,
    predicted: Any = None,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Intervals:
    """Of accuracy, balanced accuracy, F1, AUC and the Brier score; of a regression RMSE, MAE, R².

    answers : (n_classes, m) probabilities, or (1, m) predicted numbers of a regression.
    labels : (m,) class indices, or numbers. groups : (m,) anything, to be drawn as wholes.
    predicted : (m,) class indices where other than the most probable class is answered.

    F1 is the second of two classes', of several the mean of each one's. AUC of several is the mean
    of each against the rest. The Brier score is mean (p - y)^2 of the second of two classes, of
    several summed over the classes. As scikit-learn has them.
    """
    where = "bootstrap_intervals"
    P = checks.matrix(where, "answers", answers)
    m = P.shape[1]
    labels = np.asarray(labels)
    if labels.shape != (m,):
        raise InputError(where, f"labels of shape ({m},)", f"{labels.shape}")
    bounds = {"least": 0, "most": 1, "open_below": True, "open_above": True}
    confidence = checks.number(where, "confidence", confidence, **bounds)
    resamples = checks.whole_number(where, "resamples", resamples, least=100)
    if len(P) == 1:
        measures = _of_numbers(P[0], labels)
    else:
        chosen = decided(P) if predicted is None else np.asarray(predicted)
        measures = _of_classes(P, labels, chosen)
    place, words = np.arange(m), f"{m} examples"
    if groups is not None:
        place = np.unique(np.asarray(groups), return_inverse=True)[1]
        words = f"{place.max() + 1} groups"
    rows = [
        (name, *_interval(measure, place, confidence, resamples, seed))
        for name, measure in measures.items()
    ]
    return Intervals(tuple(rows), words, confidence)


def _interval(
    measure: Measure, place: Array, confidence: float, resamples: int, seed: int
) -> tuple[float, float, float, str]:
    """place : (m,) the group of each example, as a number from 0."""
    from scipy.stats import bootstrap

    n, m = int(place.max()) + 1, len(place)

    def statistic(drawn: Array, axis: int) -> Array:
        flat = np.moveaxis(drawn, axis, -1).reshape(-1, drawn.shape[axis]).astype(np.intp)
        weight = np.zeros((len(flat), n))
        np.add.at(weight, (np.arange(len(flat))[:, None], flat), 1.0)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = measure(weight[:, place])
        return found.reshape(np.delete(drawn.shape, axis))

    with np.errstate(invalid="ignore", over="ignore"):
        value = float(measure(np.ones((1, m)))[0])
    if n < LEAST or not np.isfinite(value):
        return value, np.nan, np.nan, "-"
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        warnings.simplefilter("ignore")  # what is degenerate is seen below
        found = bootstrap(
            (np.arange(n),),
            statistic,
            n_resamples=resamples,
            batch=max(1, AT_ONCE // m),
            vectorized=True,
            method="BCa" if n <= JACKKNIFE else "percentile",
            confidence_level=confidence,
            rng=np.random.default_rng([3, seed]),
        )
    ends, method = found.confidence_interval, "BCa" if n <= JACKKNIFE else "percentile"
    drawn = found.bootstrap_distribution
    known = drawn[np.isfinite(drawn)]
    if not known.size or np.ptp(known) == 0:
        return value, np.nan, np.nan, "-"
    if not np.isfinite(ends).all():
        tail = (1 - confidence) / 2
        ends, method = np.quantile(known, [tail, 1 - tail]), "percentile"
    return value, float(ends[0]), float(ends[1]), method


def _of_classes(P: Array, labels: Array, predicted: Array) -> dict[str, Measure]:
    n = len(P)
    Y = np.eye(n)[labels].T
    answered = np.eye(n)[predicted].T
    right = (labels == predicted).astype(float)
    kept = slice(1, 2) if n == 2 else slice(None)  # of two classes the second says it

    def accuracy(w: Array) -> Array:
        return w @ right / w.sum(axis=1)

    def balanced_accuracy(w: Array) -> Array:
        return np.nanmean((w @ (Y * right).T) / (w @ Y.T), axis=1)

    def f1(w: Array) -> Array:
        both = w @ (Y * answered)[kept].T
        found = 2 * both / (w @ Y[kept].T + w @ answered[kept].T)
        return np.nan_to_num(found).mean(axis=1)

    def auc(w: Array) -> Array:
        return np.mean([_area(w, P[k], Y[k]) for k in range(n)[kept]], axis=0)

    def brier(w: Array) -> Array:
        return w @ np.square(P - Y)[kept].sum(axis=0) / w.sum(axis=1)

    return {of.__name__: of for of in (accuracy, balanced_accuracy, f1, auc, brier)}


def area_under_curve(A: Array, Y: Array) -> float:
    """Area under the ROC curve of outputs A (n_y, k) for labels Y (n_y, k) of 0 and 1, in the mean
    of the rows that have both."""
    if not np.isfinite(A).all() or not ((Y == 0) | (Y == 1)).all():
        return np.nan
    equal, rows = np.ones((1, A.shape[1])), [k for k, y in enumerate(Y) if 0 < y.sum() < y.size]
    return float(np.mean([_area(equal, A[k], Y[k]) for k in rows])) if rows else np.nan


def _area(w: Array, scores: Array, positive: Array) -> Array:
    """Area under the ROC curve of weighted examples (B,): the weight of the pairs in order, half of
    that of ties (Mann & Whitney 1947)."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    of_1 = np.add.reduceat((w * positive)[:, order], starts, axis=1)
    of_0 = np.add.reduceat((w * (1 - positive))[:, order], starts, axis=1)
    below = np.cumsum(of_0, axis=1) - of_0 / 2
    area: Array = (of_1 * below).sum(axis=1) / (of_1.sum(axis=1) * of_0.sum(axis=1))
    return area


def _of_numbers(predicted: Array, y: Array) -> dict[str, Measure]:
    with np.errstate(over="ignore"):  # squares that floats do not hold
        squared, absolute = np.square(predicted - y), np.abs(predicted - y)

    def mean(of: Array, w: Array) -> Array:
        found: Array = w @ of / w.sum(axis=1)
        return found

    def r2(w: Array) -> Array:
        off = y - mean(y, w)[:, None]
        return 1 - (w @ squared) / (w * off * off).sum(axis=1)

    return {
        "rmse": lambda w: np.sqrt(mean(squared, w)),
        "mae": partial(mean, absolute),
        "r2": r2,
    }
