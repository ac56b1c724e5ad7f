"""The steps by which features as they came become the numbers a network sees.

Here those whose numbers depend on one feature of one sample, and on what was learned of that
feature; `sample_steps.py` has the others. A file of more than 150 lines, since all that is known of
a step stands in one place: how it is learned, done, undone, differentiated, saved, said in ONNX.
X is (n_x, m) throughout, one column a sample; in ONNX samples are rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import InputError

Array = np.ndarray
Op = Callable[..., str]
Rows = Any  # which features of all X holds: a slice or numbers
# Deviations between these have squares that floats hold, to full precision.
TINY, HUGE = 1e-140, 1e140
QUARTILES = (25, 75)


@dataclass(frozen=True, eq=False)
class Step:
    """One step, as it is if it learns nothing.

    learns : its arrays that are learned, features first: (n_x, k). whole : whether a number depends
        on more than itself and what was learned: on the sample's other features, or on samples
        given with it. Such a step needs all features at once.
    """

    learns: ClassVar[tuple[str, ...]] = ()
    whole: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """As it is asked for, and kept in files."""
        return type(self).__name__.lower()

    @property
    def reach(self) -> int:
        """How many features on either side a number depends on, of a step that is `whole`; 0 where
        that is on all."""
        return 0

    def fitted(self, X: Array) -> "Step":
        """The step as learned from X (k, m), float64, some or all features of every sample."""
        return self

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        """X (k, m), floats, which may be overwritten, of the features at `rows`."""
        raise NotImplementedError

    def of_samples(self, blocks: Iterable[Array]) -> Array:
        """Of a step that is `whole`, what it has to know of each sample to take some features at a
        time, as its field `samples` (k, m): from all features, some (k, m) after the others."""
        raise NotImplementedError

    def carefully(self, X: Array, rows: Rows = slice(None)) -> Array:
        """The same where differences on the way are beyond floats."""
        return self(X, rows)

    def undone(self, X: Array) -> Array:
        """Features, roughly, of which X (n_x, m) would be made: to draw some that are likely."""
        return X

    def sparse(self, rows: Any) -> Any:
        """SciPy's sparse rows, one a sample, done in place; InputError if zeros did not stay."""
        fix = "Pass the features as an array, or prepare them otherwise."
        raise InputError("SparseMatrix", "a preparation that keeps zeros", self.name, fix)

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        """The same in ONNX, of samples as rows (N, n_x): `op(kind, *inputs, **attributes)` makes a
        node of names and constants."""
        raise NotImplementedError

    def arrays(self) -> dict[str, Array]:
        """What a file has to hold beside the name."""
        return {name: np.asarray(getattr(self, name), np.float64) for name in self.learns}

    def restored(self, arrays: Mapping[str, Array]) -> "Step":
        """The step with the `arrays` of a file."""
        return replace(self, **{name: arrays[name] for name in self.learns})

    def joined(self, parts: list[Any]) -> "Step":
        """One step of what was learned of some features after the other."""
        if len(parts) == 1 or not self.learns:
            return parts[0]
        found = {n: np.concatenate([getattr(part, n) for part in parts]) for n in self.learns}
        return replace(self, **found)

    def check(self, n_x: int) -> None:
        """InputError unless it fits n_x features."""
        for name in self.learns:
            shape = np.shape(getattr(self, name))
            if shape and (len(shape) != 2 or shape[0] != n_x):
                raise InputError("Scaling", f"{name} of shape ({n_x}, 1)", f"shape {shape}")


@dataclass(frozen=True, eq=False)
class Affine(Step):
    """(x - shift) / divisor.

    kind : "pixels" (divisor 255), "standard" (mean and the population's deviation, divided by m, as
        in scikit-learn's StandardScaler), "center" (mean, divisor 1) or "robust" (median, and the
        distance of the quartiles, as in its RobustScaler). A constant feature has divisor 1: it
        becomes 0, not a division by zero.
    shift, divisor : floats of shape () or (n_x, 1). A division, not a multiplication by the
        reciprocal, so that pixels become exactly the course's `x / 255`.
    """

    kind: str
    shift: Any = 0.0
    divisor: Any = 1.0

    @property
    def name(self) -> str:
        return self.kind

    @property
    def learns(self) -> tuple[str, ...]:  # type: ignore[override]
        return () if self.kind not in LEARNED else ("shift", "divisor")

    def fitted(self, X: Array) -> Step:
        if self.kind not in LEARNED:
            return self
        shift, divisor = LEARNED[self.kind](X)
        return replace(self, shift=shift, divisor=divisor)

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        shift, divisor = self._of(rows)
        if np.any(shift):
            X -= shift
        if np.any(np.asarray(divisor) != 1.0):
            X /= divisor
        return X

    def carefully(self, X: Array, rows: Rows = slice(None)) -> Array:
        shift, divisor = self._of(rows)
        return (X / 2 - shift / 2) / divisor * 2

    def _of(self, rows: Rows) -> tuple[Any, Any]:
        both = self.shift, self.divisor
        shift, divisor = (value[rows] if np.ndim(value) else value for value in both)
        return shift, divisor

    def undone(self, X: Array) -> Array:
        return self.shift + self.divisor * X

    def sparse(self, rows: Any) -> Any:
        if np.any(self.shift):
            return super().sparse(rows)
        divisor = np.ravel(self.divisor)
        rows.data /= divisor[rows.indices] if len(divisor) > 1 else divisor
        return rows

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        for kind, value, nothing in (("Sub", self.shift, 0.0), ("Div", self.divisor, 1.0)):
            if np.any(np.asarray(value) != nothing):
                x = op(kind, x, np.reshape(value, (1, -1)) if np.ndim(value) else value)
        return x

    def arrays(self) -> dict[str, Array]:
        both = {"shift": self.shift, "divisor": self.divisor}
        return {name: np.asarray(value, np.float64) for name, value in both.items()}

    def restored(self, arrays: Mapping[str, Array]) -> Step:
        shift, divisor = arrays["shift"], arrays["divisor"]
        if not (divisor > 0).all():
            raise ValueError("a scaling that divides by zero")
        both = (array if array.ndim else float(array) for array in (shift, divisor))
        return type(self)(self.kind, *both)


def _standard(X: Array) -> tuple[Array, Array]:
    """Mean and deviation (k, 1) of each row of X (k, m)."""
    with np.errstate(over="ignore", invalid="ignore"):
        shift, divisor = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
        constant = np.ptp(X, axis=1) == 0
    # Rounding leaves a tiny deviation on a constant feature; noise, not a scale.
    shift[constant], divisor[constant] = X[constant, :1], 1.0
    usual = (divisor[:, 0] > TINY) & (divisor[:, 0] < HUGE)
    if not usual.all():
        shift[~usual], divisor[~usual] = _moments(X[~usual])
    return shift, divisor


def _center(X: Array) -> tuple[Array, Array]:
    shift, _ = _standard(X)
    return shift, np.ones_like(shift)


def _robust(X: Array) -> tuple[Array, Array]:
    """Median and distance of the quartiles (k, 1) of each row of X (k, m)."""
    low, high = np.percentile(X, QUARTILES, axis=1, keepdims=True)
    divisor = high - low
    # As RobustScaler does: what is less than rounding is no scale.
    divisor[divisor < 10 * np.finfo(np.float64).eps] = 1.0
    return np.median(X, axis=1, keepdims=True), divisor


LEARNED = {"standard": _standard, "center": _center, "robust": _robust}


def _moments(X: Array) -> tuple[Array, Array]:
    """Mean and deviation (k, 1) of each row of X (k, m) whose squares or sums floats do not hold:
    both are computed of numbers around 1, by exact powers of two."""

    def around_1(values: Array) -> tuple[Array, Array]:
        _, power = np.frexp(np.abs(values).max(axis=1, keepdims=True))
        return np.ldexp(values, -power), power

    X, power = around_1(X)
    mean = X.mean(axis=1, keepdims=True)
    centered, more = around_1(X - mean)
    deviation = np.ldexp(centered.std(axis=1, keepdims=True), more + power)
    return np.ldexp(mean, power), np.maximum(deviation, np.nextafter(0, 1))


@dataclass(frozen=True, eq=False)
class Missing(Step):
    """What is missing (NaN) is filled: by the mean or the median of what the training set has of
    the feature, as scikit-learn's SimpleImputer does, or by 0, as where it has nothing.

    fill : (n_x, 1).
    """

    learns: ClassVar = ("fill",)
    by: str = "mean"
    fill: Any = 0.0

    @property
    def name(self) -> str:
        return f"missing:{self.by}"

    def fitted(self, X: Array) -> Step:
        nothing = np.isnan(X).all(axis=1, keepdims=True)
        if self.by == "zero":
            return replace(self, fill=np.zeros(nothing.shape))
        center = np.nanmean if self.by == "mean" else np.nanmedian
        return replace(self, fill=center(np.where(nothing, 0.0, X), axis=1, keepdims=True))

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        gone = np.isnan(X)
        return np.where(gone, self.fill[rows], X) if gone.any() else X

    def undone(self, X: Array) -> Array:
        """Some are made missing: of the first sample every second feature."""
        X = X.copy()
        X[::2, :1] = np.nan
        return X

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        return op("Where", op("IsNaN", x), self.fill.T, x)


@dataclass(frozen=True, eq=False)
class OneHot(Step):
    """Features that were 0 in all of the training set stay 0: levels that it does not have, as in
    scikit-learn's OneHotEncoder(handle_unknown="ignore"). Nothing is known of them, and their
    weights are as they were drawn.

    seen : (n_x, 1) of 1 and 0.
    """

    learns: ClassVar = ("seen",)
    seen: Any = 1.0

    def fitted(self, X: Array) -> Step:
        return replace(self, seen=X.any(axis=1, keepdims=True).astype(np.float64))

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        X *= self.seen[rows]
        return X

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        return op("Mul", x, self.seen.T)


@dataclass(frozen=True, eq=False)
class Log1p(Step):
    """log(1 + x), of features above -1."""

    def __call__(self, X: Array, rows: Rows = slice(None)) -> Array:
        if bad := np.count_nonzero(X <= -1):
            fix = "Take another preparation, such as robust."
            raise InputError("log1p", "features above -1", f"{bad} below", fix)
        return np.log1p(X, out=X)

    def undone(self, X: Array) -> Array:
        return np.expm1(np.clip(X, 0, 50))

    def sparse(self, rows: Any) -> Any:
        self(rows.data)
        return rows

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        return op("Log", op("Add", x, 1.0))
