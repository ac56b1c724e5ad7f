"""Features in memory as 8-bit pixels."""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.matrix.raw import RawMatrix
from chainrule.data.transform import Scaling
from chainrule.errors import InputError


class PixelMatrix(RawMatrix):
    """8-bit features, scaled where they are used, some rows at a time.

    pixels : (n_x, m) uint8, held as given (a view). scaling : how a pixel becomes a float,
    pixel / 255 unless told otherwise. dtype : of the floats.
    """

    def __init__(self, pixels: Any, scaling: Scaling | None = None, dtype: Any = np.float64):
        pixels = checks.matrix("PixelMatrix", "pixels", pixels)
        if pixels.dtype != np.uint8:
            raise InputError("PixelMatrix", "pixels of dtype uint8", str(pixels.dtype))
        self.pixels = pixels
        self.shape = pixels.shape[0], pixels.shape[1]
        self._scaled_by(scaling or Scaling.pixels(), dtype)

    def select(self, index: Any) -> "PixelMatrix":
        """The examples at `index` as a matrix of their own."""
        return PixelMatrix(self.pixels.T[index].T, self.scaling, self.dtype)

    def raw(self, rows: Any) -> np.ndarray:
        """Some features of all examples: (k, m) uint8, a view for a slice."""
        return self.pixels[rows]

    def scaled(self, scaling: Scaling, dtype: Any) -> "PixelMatrix":
        """The same pixels scaled so, whatever they were scaled by; a view."""
        return PixelMatrix(self.pixels, scaling, dtype)

    def stored(self, index: Any = slice(None)) -> np.ndarray:
        """Examples at `index` as pixels: (n_x, k) uint8; a view for a slice."""
        return self.pixels.T[index].T
