"""Steps whose numbers depend on more than one feature of one sample: on all of its features, or on
samples given with it."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from chainrule.data.steps import Array, Op, Rows, Step
from chainrule.errors import InputError

# Of the sum of a sample's counts: Seurat's LogNormalize, and the tutorials of Scanpy.
TOTAL = 1e4
WINDOW, DEGREE = 11, 2  # of the derivative
FEATURES = np.array([1])  # the axis in ONNX


@dataclass(frozen=True, eq=False)
class SNV(Step):
    """Standard normal variate: each sample minus the mean of its own features, divided by their
    deviation, with n_x - 1 (Barnes, Dhanoa & Lister 1989, Appl. Spectrosc. 43, 772). Of a sample
    whose features are all alike only the mean is taken off."""

    whole: ClassVar = True
    samples: Any = None  # (2, m) means and divisors, where X has some features only

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        known = self.samples
        mean, divisor = (X.mean(axis=0), self._divisor(X)) if known is None else known
        X -= mean
        X /= divisor
        return X

    def of_samples(self, blocks: Iterable[Array]) -> Array:
        """Means and sums of squares put together as Chan, Golub & LeVeque (1983) do."""
        n, mean, squares, least, most = 0, 0.0, 0.0, np.inf, -np.inf
        for X in blocks:
            k, own = len(X), X.mean(axis=0)
            apart = own - mean
            squares += np.square(X - own).sum(axis=0) + apart**2 * (n * k / (n + k))
            mean, n = mean + apart * (k / (n + k)), n + k
            least, most = np.minimum(least, X.min(axis=0)), np.maximum(most, X.max(axis=0))
        divisor = np.sqrt(squares / max(1, n - 1))
        return np.stack([mean, np.where(np.equal(least, most), 1.0, divisor)])

    def _divisor(self, X: Array) -> Array:
        constant = np.ptp(X, axis=0) == 0
        return np.where(constant, 1.0, X.std(axis=0) * np.sqrt(len(X) / max(1, len(X) - 1)))

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        off = op("Sub", x, op("ReduceMean", x, FEATURES))
        square = op("ReduceSum", op("Mul", off, off), FEATURES)
        deviation = op("Sqrt", op("Div", square, max(1.0, n_x - 1.0)))
        ends = (op(kind, x, FEATURES) for kind in ("ReduceMax", "ReduceMin"))
        return op("Div", off, op("Where", op("Equal", *ends), 1.0, deviation))


@dataclass(frozen=True, eq=False)
class Total(Step):
    """Each sample as parts of the sum of its own features, times 10,000: counts (of reads, of
    molecules) that do not depend on how much of the sample was counted. One of zeros only stays."""

    whole: ClassVar = True
    samples: Any = None  # (1, m) factors, where X has some features only

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        X *= self._factor(X.sum(axis=0), X) if self.samples is None else self.samples
        return X

    def of_samples(self, blocks: Iterable[Array]) -> Array:
        sums, least = np.zeros(()), 0.0
        for X in blocks:
            sums, least = sums + X.sum(axis=0), min(least, X.min(initial=0))
        return self._factor(sums, np.array(least))[None]

    def _factor(self, sums: Array, X: Array) -> Array:
        if X.min(initial=0) < 0:
            fix = "Of spectra and other measurements take snv."
            raise InputError("total", "counts, 0 or more", "features below 0", fix)
        return np.divide(TOTAL, sums, out=np.ones_like(sums), where=sums > 0)

    def undone(self, X: Array) -> Array:
        return np.abs(X)

    def sparse(self, rows: Any) -> Any:
        sums = np.ravel(rows.sum(axis=1))
        rows.data *= np.repeat(self._factor(sums, rows.data), np.diff(rows.indptr))
        return rows

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        sums = op("ReduceSum", x, FEATURES)
        none = op("Equal", sums, 0.0)
        return op("Mul", x, op("Where", none, 1.0, op("Div", TOTAL, op("Where", none, 1.0, sums))))


@dataclass(frozen=True, eq=False)
class Derivative(Step):
    """The slope, per feature, of the parabola through a feature and those around it in a window by
    least squares (Savitzky & Golay 1964); at the ends of that through the last window, as SciPy's
    savgol_filter does. Of features that lie in order, evenly: spectra."""

    whole: ClassVar = True
    window: int = WINDOW

    @property
    def name(self) -> str:
        return f"derivative:{self.window}"

    @property
    def reach(self) -> int:
        return self.window

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        from scipy.signal import savgol_filter

        slopes: Array = savgol_filter(X, self.window, DEGREE, deriv=1, axis=0)
        return slopes

    def undone(self, X: Array) -> Array:
        return np.cumsum(X, axis=0)

    def check(self, n_x: int) -> None:
        if n_x < self.window:
            fix = "Choose a smaller window: derivative:5."
            raise InputError("derivative", f"{self.window} features or more", f"{n_x}", fix)

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        W = self(np.eye(self.window))  # the slopes at the features of a window, from these
        half, inner = self.window // 2, n_x - self.window + 1

        def part(start: int, stop: int) -> str:
            return op("Slice", x, np.array([start]), np.array([stop]), FEATURES)

        middle = op("Mul", part(0, inner), W[half, 0])
        for k, weight in enumerate(W[half, 1:].tolist(), start=1):
            middle = op("Add", middle, op("Mul", part(k, k + inner), weight))
        first = op("MatMul", part(0, self.window), W[:half].T)
        last = op("MatMul", part(n_x - self.window, n_x), W[-half:].T)
        return op("Concat", first, middle, last, axis=1)


@dataclass(frozen=True, eq=False)
class Batch(Step):
    """Each sample minus the mean of its batch, learned of the training samples.

    A batch that was not trained on is centered by the mean of its own samples that are given
    together, which needs no labels; where that is a single one, by the mean of all training
    samples, with a warning: it would become 0. A training batch of one sample does become 0.

    column : of the samples' facts. known : names of the batches, as learned. centers : (n_x, B)
    their means. center : (n_x, 1) that of all. batches : (m,) of the samples in question, bound by
    `Scaling.given`.
    """

    learns: ClassVar = ("centers", "center")
    whole: ClassVar = True
    column: str = ""
    known: tuple[str, ...] = ()
    centers: Any = 0.0
    center: Any = 0.0
    batches: Array | None = None

    @property
    def name(self) -> str:
        return f"batch:{self.column}"

    def given(self, facts: Mapping[str, Array]) -> "Batch":
        """The step for the samples whose facts these are."""
        found = facts.get(self.column)
        return replace(self, batches=None if found is None else np.asarray(found, str))

    def fitted(self, X: Array) -> Step:
        batches = self._bound(X)
        known, sizes = np.unique(batches, return_counts=True)
        if sizes.max() < 2:
            fix = "Centered by itself each sample would be 0: leave the batches out."
            raise InputError("batch", "batches of two samples or more", "one each", fix)
        centers = np.stack([X[:, batches == name].mean(axis=1) for name in known], axis=1)
        center = X.mean(axis=1, keepdims=True)
        return replace(self, known=tuple(known.tolist()), centers=centers, center=center)

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        batches, alone = self._bound(X), False
        for name in np.unique(batches).tolist():
            own = batches == name
            if name in self.known:
                X[:, own] -= self.centers[:, [self.known.index(name)]]
            elif own.sum() > 1:
                X[:, own] -= X[:, own].mean(axis=1, keepdims=True)
            else:
                X[:, own] -= self.center
                alone = True
        if alone:
            said = f"a single sample of a batch ({self.column}) that was not trained on"
            how = "is centered by the mean of all training samples"
            warnings.warn(f"{said} {how}", stacklevel=2)
        return X

    def _bound(self, X: Array) -> Array:
        if self.batches is None or len(self.batches) != X.shape[1]:
            expected = f"the batch of each sample, '{self.column}'"
            got = "none" if self.batches is None else f"{len(self.batches)} for {X.shape[1]}"
            fix = f"Give the samples' facts: a column '{self.column}', --samples, Dataset.facts."
            raise InputError("batch", expected, got, fix)
        return self.batches
