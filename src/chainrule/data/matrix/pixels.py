"""Features in memory as 8-bit pixels."""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.blocks import blocks_of
from chainrule.data.matrix.verbs import FeatureMatrix, flat, into
from chainrule.data.transform import Scaling
from chainrule.errors import InputError
from chainrule.files.digest import digest

# Rows of a Gram matrix made at any one time, so that no product is a second (m, m).
GRAM_ROWS = 512


class PixelMatrix(FeatureMatrix):
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
        if whole := self.scaling.whole:
            expected = "steps that take one feature at a time, of 8-bit features"
            fix = "Pass the features as floats (astype(float)) where they are no pictures."
            raise InputError("PixelMatrix", expected, checks.listed(whole), fix)
        self.shape = pixels.shape[0], pixels.shape[1]
        self.dtype = checks.float_dtype("PixelMatrix", dtype)

    def __repr__(self) -> str:
        return f"PixelMatrix{self.shape}, {self.scaling}, {self.dtype}"

    def astype(self, dtype: Any) -> "PixelMatrix":
        """The same pixels yielding another float dtype (itself if it does already)."""
        if np.dtype(dtype) == self.dtype:
            return self
        return PixelMatrix(self.pixels, self.scaling, dtype)

    def select(self, index: Any) -> "PixelMatrix":
        """The examples at `index` as a matrix of their own."""
        return PixelMatrix(self.pixels.T[index].T, self.scaling, self.dtype)

    def features(self, index: Any) -> np.ndarray:
        """Features at `index` of all examples, as floats: (k, m)."""
        return self.scaling(self.pixels[index], self.dtype, index)

    def scaled(self, scaling: Scaling, dtype: Any) -> "PixelMatrix":
        """The same pixels scaled so, whatever they were scaled by; a view."""
        return PixelMatrix(self.pixels, scaling, dtype)

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` (a slice or k integers) as floats: (n_x, k), a copy."""
        return self.scaling(self.pixels.T[index].T, self.dtype)

    def times(self, W: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        W_rows = flat(W)
        Z = np.zeros((len(W_rows), self.shape[1]), self.dtype)
        for rows, X in self.blocks():
            Z += W_rows[:, rows] @ X
        return into(out, Z.reshape(*W.shape[:-1], self.shape[1]))

    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        D_rows = flat(D)
        G = np.empty((len(D_rows), self.shape[0]), self.dtype)
        for rows, X in self.blocks():
            np.matmul(D_rows, X.T, out=G[:, rows])
        return into(out, G.reshape(*D.shape[:-1], self.shape[0]))

    def _own_gram(self) -> np.ndarray:
        """X^T X, its lower triangle some rows at a time: half the work, and no second (m, m)."""
        m = self.shape[1]
        parts = list(blocks_of(m, 0, GRAM_ROWS))
        K = np.zeros((m, m), self.dtype)
        for _, X in self.blocks():
            for part in parts:
                K[part, : part.stop] += X[:, part].T @ X[:, : part.stop]
        for part in parts:
            K[: part.start, part] = K[part, : part.start].T
        return K

    def stored(self, index: Any = slice(None)) -> np.ndarray:
        """Examples at `index` as pixels: (n_x, k) uint8; a view for a slice."""
        return self.pixels.T[index].T

    def digest(self) -> str:
        """By which the same pixels, scaled alike, are known again."""
        kind = f"{self.scaling.kind} {self.dtype} {self.shape};"
        return digest(kind, self.pixels, *self.scaling.arrays().values())
