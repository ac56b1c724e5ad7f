"""What training asks of X, and nothing else.

    columns(index)     some examples, as floats          (n_x, k)
    times(W)           W X                               (..., n_1, m)
    outer(D)           D X^T                             (..., n_1, n_x)
    gram(other=None)   X^T X, or X^T X_other             (m, m) or (m, m_other)

The two products go into `out`, a contiguous array, where it is given; `once` makes several in one
pass over X.

And what prepares it:

    select(index)           some examples as a matrix of their own
    scaled(scaling, dtype)  another matrix, of the numbers that a network sees
    astype(dtype)           the same in another dtype of the floats, itself if it is that already
    features(index)         some features of all examples, as floats (k, m)
    blocks()                all of X some features at a time: (rows, floats (k, m))
    stored(index)           some examples as they lie (n_x, k): bytes, where pixels do
    digest()                by which the same features are known again

Nothing above this package knows whether X lies in memory as floats, as 8-bit pixels, or elsewhere.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule import blas, checks
from chainrule.checks import memory_bytes
from chainrule.data.blocks import blocks_of
from chainrule.data.transform import Scaling
from chainrule.device import HOST, Device
from chainrule.errors import InputError
from chainrule.files.digest import digest

# Rows of a Gram matrix made at any one time, so that no product is a second (m, m).
GRAM_ROWS = 512
# n_x m^2 from which on SciPy's BLAS is worth its import, 0.1 s: X^T X takes three quarters of the
# time with it (`python -m benchmarks --only blocks`).
LARGE = 4e10


class FeatureMatrix(ABC):
    """Examples as columns. `shape` is (n_x, m); `dtype` that of the floats it yields.

    device : where the arrays lie that the verbs give. on_device : the same examples on another, if
    they were placed there (see `device.placed`).
    """

    shape: tuple[int, int]
    dtype: np.dtype
    device: Device = HOST
    on_device: "FeatureMatrix | None" = None
    _gram: np.ndarray | None = None

    @abstractmethod
    def columns(self, index: Any) -> np.ndarray:
        """The examples at `index`, as floats (n_x, k)."""

    @abstractmethod
    def times(self, W: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """W X of W (..., n_1, n_x): (..., n_1, m)."""

    @abstractmethod
    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T of D (..., n_1, m): (..., n_1, n_x)."""

    @abstractmethod
    def select(self, index: Any) -> "FeatureMatrix":
        """The examples at `index` as a matrix of the same kind."""

    @abstractmethod
    def features(self, index: Any) -> np.ndarray:
        """The features at `index` of every example, as floats (k, m)."""

    @abstractmethod
    def scaled(self, scaling: Scaling, dtype: Any) -> "FeatureMatrix":
        """The same examples, scaled, as floats of `dtype`."""

    @abstractmethod
    def astype(self, dtype: Any) -> "FeatureMatrix":
        """The same examples, which yield floats of `dtype`."""

    def digest(self) -> str:
        """By which equal examples are known again: hexadecimal digits."""
        return digest(f"{self.dtype} {self.shape};", *self.known_by())

    @abstractmethod
    def _own_gram(self) -> np.ndarray: ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.shape}, {self.dtype}"

    def gram(self, other: "FeatureMatrix | None" = None) -> np.ndarray:
        """X^T X (m, m), computed once and kept; or X^T X_other (m, m_other)."""
        if other is not None:
            return self._cross_gram(other)
        if self._gram is None:
            self._gram = self._own_gram()
        return self._gram

    def once(self, *asked: "Product") -> list[np.ndarray]:
        """Several products in one pass over X, where X is read for each (see `RawMatrix`)."""
        return [one.of(self) for one in asked]

    def fitted(self, scaling: Scaling) -> Scaling:
        """The scaling, learned from these examples."""
        return scaling.fitted(self)

    def remember(self, W: np.ndarray, times: Callable[[], np.ndarray]) -> None:  # noqa: B027
        """That `times()` is W X: an X that is slow to read is then not read for it."""

    def keep_passes(self, passes: Any) -> None:  # noqa: B027
        """Where passes over a file are kept as they go, see `KeptPasses`; nothing in memory."""

    @property
    def memory(self) -> float:
        """Bytes that may be counted on, for all that is computed of X."""
        return memory_bytes()

    @property
    def disk(self) -> float:
        """Bytes of the disk that a Gram matrix may take which has no room in memory."""
        return 0.0

    def reads(self, examples: int | None = None) -> float:
        """Bytes that are read from a file for a product with all of X, or with some examples that
        lie apart; 0 in memory."""
        return 0.0

    def _cross_gram(self, other: "FeatureMatrix") -> np.ndarray:
        """X^T X_other (m, m_other), some columns of `other` at a time."""
        n_x, m = self.shape
        K = np.empty((m, other.shape[1]), self.dtype)
        for part in blocks_of(other.shape[1], self.dtype.itemsize * n_x):
            K[:, part] = self.times(other.columns(part).T).T
        return K

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some features of every example at a time: (rows, floats (k, m)), views where they can
        be."""
        n_x, m = self.shape
        for rows in blocks_of(n_x, self.dtype.itemsize * m):
            yield rows, self.features(rows)

    def stored(self, index: Any = slice(None)) -> np.ndarray:
        """Examples at `index` as they lie: (n_x, k)."""
        return self.columns(index)

    @property
    def stored_dtype(self) -> np.dtype:
        """Of the numbers as they lie."""
        return self.stored(slice(0)).dtype

    def known_by(self) -> list[np.ndarray | str]:
        """What the numbers as they lie are known again by, for `digest`: all of them, if they are
        at hand."""
        return [self.stored()]


class Product(ABC):
    """A product that is asked of X, and how it comes together from some features at a time.

    kept : whether X keeps it. large : whether X is. total : what came together so far.
    """

    kept = False
    large: bool
    total: np.ndarray

    def of(self, X: FeatureMatrix) -> np.ndarray:
        """All at once, by X's own verb where it has one."""
        self.start(X)
        for rows, some in X.blocks():
            self.add(rows, some)
        return self.end()

    @abstractmethod
    def shape(self, X: FeatureMatrix) -> tuple[int, ...]:
        """Of the total."""

    def start(self, X: FeatureMatrix) -> None:
        self.total = np.zeros(self.shape(X), X.dtype)
        self.large = X.shape[0] * X.shape[1] ** 2 >= LARGE

    @abstractmethod
    def add(self, rows: slice, some: np.ndarray) -> None:
        """What the features at `rows` (k, m) add."""

    def of_features(self, rows: slice) -> "Product":
        """The same of some features alone, for where the others are not known."""
        return type(self)()

    def accumulate(self, total: np.ndarray, A: np.ndarray, B: np.ndarray) -> None:
        """A B is added to the total, or to an array of it that lies row by row."""
        if self.large:
            blas.add_product(total, A, B)
        else:
            total += A @ B

    @property
    def parts(self) -> list[np.ndarray]:
        """Views of the total, all that features add to."""
        return [self.total]

    def end(self) -> np.ndarray:
        return self.total

    @abstractmethod
    def known_by(self) -> list[np.ndarray | str]:
        """By which the same product of the same X is known again."""


class Times(Product):
    """W X for W (..., n_1, n_x): (..., n_1, m)."""

    def __init__(self, W: np.ndarray) -> None:
        self.W = W

    def of(self, X: FeatureMatrix) -> np.ndarray:
        return X.times(self.W)

    def shape(self, X: FeatureMatrix) -> tuple[int, ...]:
        return math.prod(self.W.shape[:-1]), X.shape[1]

    def start(self, X: FeatureMatrix) -> None:
        super().start(X)
        self._rows = flat(self.W)

    def add(self, rows: slice, some: np.ndarray) -> None:
        self.accumulate(self.total, self._rows[:, rows], some)

    def of_features(self, rows: slice) -> "Times":
        return Times(self.W[..., rows])

    def end(self) -> np.ndarray:
        return self.total.reshape(*self.W.shape[:-1], -1)

    def known_by(self) -> list[np.ndarray | str]:
        return ["times", self.W]


class Gram(Product):
    """X^T X (m, m), or X^T X_other (m, m_other).

    part : of X^T X only these rows, up to their last column; of a K that is made some at a time.
    """

    def __init__(self, other: FeatureMatrix | None = None, part: slice | None = None) -> None:
        self.other, self.part, self.kept = other, part, other is None and part is None

    def of(self, X: FeatureMatrix) -> np.ndarray:
        return X.gram() if self.other is None else self.other.gram(X).mT

    def shape(self, X: FeatureMatrix) -> tuple[int, ...]:
        part = self.part or slice(0, X.shape[1])
        width = part.stop if self.other is None else self.other.shape[1]
        return part.stop - part.start, width

    @property
    def _rows(self) -> list[slice]:
        return list(blocks_of(len(self.total), 0, GRAM_ROWS))

    @property
    def parts(self) -> list[np.ndarray]:
        """Of X^T X the lower triangle: half the work."""
        return [self.total[rows, : rows.stop if self.kept else None] for rows in self._rows]

    @np.errstate(over="ignore", invalid="ignore")
    def add(self, rows: slice, some: np.ndarray) -> None:
        others = some if self.other is None else self.other.features(rows)
        own = some[:, self.part] if self.part else some
        if self.large and self.kept:
            blas.add_square(self.total, some)
        elif self.large:
            blas.add_product(self.total, own.T, others[:, : self.total.shape[1]])
        else:
            for part, of in zip(self.parts, self._rows, strict=True):
                part += own[:, of].T @ others[:, : part.shape[1]]

    def end(self) -> np.ndarray:
        if self.other is None:
            refuse_squares(self.total.diagonal(self.part.start if self.part else 0))
        if self.kept:
            mirrored(self.total)
        return self.total

    def known_by(self) -> list[np.ndarray | str]:
        return ["gram", str(self.part), "" if self.other is None else self.other.digest()]


def refuse_squares(of: np.ndarray) -> None:
    """InputError unless these, the diagonal of X^T X, are finite."""
    if not checks.all_finite(of):
        expected = f"features whose squares {of.dtype} holds"
        fix = 'Scale them, or train with first_layer="primal".'
        raise InputError("Gram matrix", expected, "larger ones", fix)


def mirrored(K: np.ndarray) -> None:
    """K (m, m), of which what is not above the diagonal is known, made whole."""
    for part in blocks_of(len(K), 0, GRAM_ROWS):
        K[: part.start, part] = K[part, : part.start].T
        lower = np.tril(K[part, part])
        K[part, part] = lower + np.tril(lower, -1).T


def flat(W: np.ndarray) -> np.ndarray:
    """Runs and rows merged, (..., n_1, k) -> (R n_1, k): one large product instead of R small."""
    return W.reshape(-1, W.shape[-1])


def into(out: np.ndarray | None, product: np.ndarray) -> np.ndarray:
    """A product, in `out` if there is one."""
    if out is None:
        return product
    out[...] = product
    return out
