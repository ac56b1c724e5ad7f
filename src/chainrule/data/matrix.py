"""The feature matrix: what training asks of X, four things.

    columns(index)     some examples, as floats          (n_x, k)
    times(W)           W X                               (..., n_1, m)
    outer(D)           D X^T                             (..., n_1, n_x)
    gram(other=None)   X^T X, or X^T X_other             (m, m) or (m, m_other)

And astype(dtype), which only changes the dtype of the floats that these give.

Nothing above this file knows whether X lies in memory as floats, as 8-bit pixels, or elsewhere.
"""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from chainrule import checks
from chainrule.data.scaling import Scaling
from chainrule.errors import InputError

# Floats made from pixels at any one time: small beside the pixels, but with 1 MB the Gram matrix of
# 1000 pictures of 12288 numbers takes about a third longer. From 4 MB up it hardly changes.
BLOCK_BYTES = 16 * 2**20

# Rows of a Gram matrix made at any one time, so that no product is a second (m, m).
GRAM_ROWS = 512

# Pixels that make no more floats than this may be held as floats as well, see `resident`.
RESIDENT_BYTES = 64 * 2**20


@runtime_checkable
class FeatureMatrix(Protocol):
    """Examples as columns. `shape` is (n_x, m); `dtype` that of the floats it yields."""

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> np.dtype: ...
    def columns(self, index: Any) -> np.ndarray: ...
    def times(self, W: np.ndarray) -> np.ndarray: ...
    def outer(self, D: np.ndarray) -> np.ndarray: ...
    def gram(self, other: "FeatureMatrix | None" = None) -> np.ndarray: ...
    def astype(self, dtype: Any) -> "FeatureMatrix": ...


def _flat(W: np.ndarray) -> np.ndarray:
    """Runs and rows merged, (..., n_1, k) -> (R n_1, k): one large product instead of R small."""
    return W.reshape(-1, W.shape[-1])


def _cross_gram(X: FeatureMatrix, other: FeatureMatrix) -> np.ndarray:
    """X^T X_other (m, m_other), some columns of `other` at a time."""
    m_other = other.shape[1]
    K = np.empty((X.shape[1], m_other), X.dtype)
    step = max(1, BLOCK_BYTES // (X.dtype.itemsize * max(1, X.shape[0])))
    for start in range(0, m_other, step):
        part = slice(start, min(start + step, m_other))
        K[:, part] = X.times(other.columns(part).T).T
    return K


class FloatMatrix:
    """X as floats in memory.

    X : (n_x, m), float64 or float32. Held example by example (Fortran order), so that a
    mini-batch is read contiguously: the transpose of a C-ordered table (rows are examples) is
    viewed, a C-ordered X is copied once.
    """

    def __init__(self, X: Any, dtype: Any = None) -> None:
        X = checks.matrix("FloatMatrix", "X", X)
        if dtype is None:
            dtype = X.dtype if X.dtype in checks.FLOATS else np.float64
        X = checks.in_range("FloatMatrix", "X", X, checks.float_dtype("FloatMatrix", dtype))
        self._X = np.asarray(X, order="F")
        self._gram: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"FloatMatrix{self.shape}, {self.dtype}"

    @property
    def shape(self) -> tuple[int, int]:
        n_x, m = self._X.shape
        return n_x, m

    @property
    def dtype(self) -> np.dtype:
        return self._X.dtype

    def astype(self, dtype: Any) -> "FloatMatrix":
        """The same features in another float dtype (itself if it has it already)."""
        return self if np.dtype(dtype) == self.dtype else FloatMatrix(self._X, dtype)

    def select(self, index: Any) -> "FloatMatrix":
        """The examples at `index` as a matrix of their own (a copy)."""
        return FloatMatrix(self._X[:, index], self.dtype)

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` (a slice or k integers): (n_x, k); a view for a slice."""
        if isinstance(index, slice):
            return self._X[:, index]
        return self._X.T[index].T

    def times(self, W: np.ndarray) -> np.ndarray:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        return (_flat(W) @ self._X).reshape(*W.shape[:-1], self.shape[1])

    def outer(self, D: np.ndarray) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        return (_flat(D) @ self._X.T).reshape(*D.shape[:-1], self.shape[0])

    def gram(self, other: FeatureMatrix | None = None) -> np.ndarray:
        """X^T X (m, m), computed once and kept; or X^T X_other (m, m_other)."""
        if other is not None:
            return _cross_gram(self, other)
        if self._gram is None:
            with np.errstate(over="ignore", invalid="ignore"):
                K = self._X.T @ self._X
            if not checks.all_finite(K.diagonal()):
                raise InputError(
                    "Gram matrix",
                    f"features whose squares {self.dtype} holds",
                    "larger ones",
                    'Scale them, or train with first_layer="primal".',
                )
            self._gram = K
        return self._gram


class PixelMatrix:
    """8-bit features, scaled where they are used, some rows at a time.

    pixels : (n_x, m) uint8, held as given (a view). scaling : how a pixel becomes a float,
    pixel / 255 unless told otherwise. dtype : of the floats. Memory stays at the pixels plus
    one block of floats (BLOCK_BYTES) plus what is asked for; `gram()` also takes one product
    (GRAM_ROWS, m). `gram(other)` makes floats of all pixels anew for each block of other's columns.
    """

    def __init__(self, pixels: Any, scaling: Scaling | None = None, dtype: Any = np.float64):
        pixels = checks.matrix("PixelMatrix", "pixels", pixels)
        if pixels.dtype != np.uint8:
            raise InputError("PixelMatrix", "pixels of dtype uint8", str(pixels.dtype))
        self.pixels = pixels
        self.scaling = (scaling or Scaling.pixels()).check(pixels.shape[0])
        self._dtype = checks.float_dtype("PixelMatrix", dtype)
        self._gram: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"PixelMatrix{self.shape}, {self.scaling}, {self.dtype}"

    @property
    def shape(self) -> tuple[int, int]:
        n_x, m = self.pixels.shape
        return n_x, m

    @property
    def dtype(self) -> np.dtype:
        return self._dtype

    def astype(self, dtype: Any) -> "PixelMatrix":
        """The same pixels yielding another float dtype (itself if it does already)."""
        if np.dtype(dtype) == self._dtype:
            return self
        return PixelMatrix(self.pixels, self.scaling, dtype)

    def select(self, index: Any) -> "PixelMatrix":
        """The examples at `index` as a matrix of their own."""
        return PixelMatrix(self.pixels.T[index].T, self.scaling, self._dtype)

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` (a slice or k integers) as floats: (n_x, k), a copy."""
        return self.scaling(self.pixels.T[index].T, self._dtype)

    def times(self, W: np.ndarray) -> np.ndarray:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        flat = _flat(W)
        Z = np.zeros((len(flat), self.shape[1]), self._dtype)
        for rows, X in self._blocks():
            Z += flat[:, rows] @ X
        return Z.reshape(*W.shape[:-1], self.shape[1])

    def outer(self, D: np.ndarray) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        flat = _flat(D)
        G = np.empty((len(flat), self.shape[0]), self._dtype)
        for rows, X in self._blocks():
            np.matmul(flat, X.T, out=G[:, rows])
        return G.reshape(*D.shape[:-1], self.shape[0])

    def gram(self, other: FeatureMatrix | None = None) -> np.ndarray:
        """X^T X (m, m), computed once and kept; or X^T X_other (m, m_other)."""
        if other is not None:
            return _cross_gram(self, other)
        if self._gram is None:
            self._gram = self._own_gram()
        return self._gram

    def _own_gram(self) -> np.ndarray:
        """X^T X, its lower triangle some rows at a time: half the work, and no second (m, m)."""
        m = self.shape[1]
        parts = [slice(start, min(start + GRAM_ROWS, m)) for start in range(0, m, GRAM_ROWS)]
        K = np.zeros((m, m), self._dtype)
        for _, X in self._blocks():
            for part in parts:
                K[part, : part.stop] += X[:, part].T @ X[:, : part.stop]
        for part in parts:
            K[: part.start, part] = K[part, : part.start].T
        return K

    def _blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some features of every example at a time: (rows, floats (k, m))."""
        n_x, m = self.shape
        step = max(1, BLOCK_BYTES // (self._dtype.itemsize * max(1, m)))
        for start in range(0, n_x, step):
            rows = slice(start, min(start + step, n_x))
            yield rows, self.scaling(self.pixels[rows], self._dtype, rows)


def feature_matrix(X: Any, dtype: Any = None, scaling: Scaling | None = None) -> FeatureMatrix:
    """X as a feature matrix: one already is itself, 8-bit arrays stay so, others become floats.

    scaling : None for the numbers that the array holds. That its bytes are pixels, and how these
        are scaled, only a Dataset or a PixelMatrix says.
    """
    if isinstance(X, FeatureMatrix):
        return X
    if scaling is not None:
        checks.kind("feature_matrix", "scaling", scaling, Scaling)
    array = checks.matrix("feature_matrix", "X", X)
    if array.dtype == np.uint8:
        return PixelMatrix(array, scaling or Scaling(), dtype or np.float64)
    return FloatMatrix(array if scaling is None else scaling(array, np.dtype(dtype)), dtype)


def resident(X: FeatureMatrix) -> FeatureMatrix:
    """X as floats in memory if it is small, else itself: for whoever reads it at every step.

    Turning pixels into floats takes about as long as a product with a few rows of weights.
    """
    checks.kind("resident", "X", X, FeatureMatrix)
    small = X.shape[0] * X.shape[1] * X.dtype.itemsize <= RESIDENT_BYTES
    if isinstance(X, FloatMatrix) or not small:
        return X
    return FloatMatrix(X.columns(slice(None)))
