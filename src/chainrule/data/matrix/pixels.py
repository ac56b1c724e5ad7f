"""Features in memory as 8-bit pixels."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.matrix import verbs
from chainrule.data.matrix.verbs import FeatureMatrix, cross_gram
from chainrule.data.transform import Scaling
from chainrule.errors import InputError

# Rows of a Gram matrix made at any one time, so that no product is a second (m, m).
GRAM_ROWS = 512


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
        flat = verbs.flat(W)
        Z = np.zeros((len(flat), self.shape[1]), self._dtype)
        for rows, X in self._blocks():
            Z += flat[:, rows] @ X
        return Z.reshape(*W.shape[:-1], self.shape[1])

    def outer(self, D: np.ndarray) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        flat = verbs.flat(D)
        G = np.empty((len(flat), self.shape[0]), self._dtype)
        for rows, X in self._blocks():
            np.matmul(flat, X.T, out=G[:, rows])
        return G.reshape(*D.shape[:-1], self.shape[0])

    def gram(self, other: FeatureMatrix | None = None) -> np.ndarray:
        """X^T X (m, m), computed once and kept; or X^T X_other (m, m_other)."""
        if other is not None:
            return cross_gram(self, other)
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
        step = max(1, verbs.BLOCK_BYTES // (self._dtype.itemsize * max(1, m)))
        for start in range(0, n_x, step):
            rows = slice(start, min(start + step, n_x))
            yield rows, self.scaling(self.pixels[rows], self._dtype, rows)
