"""The photos that encoded examples were made of: how they are shown, and had again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data.readers.images import read_image, squashed

Array = np.ndarray
SAMPLE = 24  # pictures that are looked at, whether they are in color
COLORED = 8  # of 255, by which red, green and blue differ at least


@dataclass(frozen=True, eq=False)
class Photos:
    """m photos.

    small : (m, height, width[, 3]) uint8, for showing.
    keys : (m,) by which the same photo is known again, whatever computed its features.
    paths : (m,) the files, or None of photos that came as arrays: these are the small ones.
    bits : see `read_image`.
    """

    small: Array
    keys: tuple[str, ...]
    paths: tuple[Path, ...] | None = None
    bits: int = 16

    def select(self, index: Sequence[int]) -> "Photos":
        """Those at `index`."""
        keys = tuple(self.keys[i] for i in index)
        paths = None if self.paths is None else tuple(self.paths[i] for i in index)
        return Photos(self.small[index], keys, paths, self.bits)

    def at(self, i: int, side: int) -> Array:
        """Photo i once more, (side, side, 3) uint8, as an encoder sees it. DataError if its file
        cannot be read any more."""
        if self.paths is None:
            return squashed(self.small[i], side, side)
        return read_image(self.paths[i], (side, side, 3), self.bits).reshape(side, side, 3)


def in_color(pictures: Any) -> bool:
    """Whether at least half of some pictures (k, height, width[, 3]) are colored, more than scans
    of gray ones are: by how far red, green and blue of their pixels lie apart, in the mean."""
    if pictures.ndim < 4 or not len(pictures):
        return False
    return bool(np.median(np.ptp(pictures, axis=3).mean(axis=(1, 2))) > COLORED)
