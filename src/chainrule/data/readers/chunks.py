"""Tables in files that keep them in chunks, or in one piece: HDF5 and Zarr."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data.matrix.source import Source
from chainrule.errors import DataError


class ChunkedSource(Source):
    """A table (m, n_x) at a path inside a file, or a folder, as rectangles of one size (chunks)
    that are read whole; or row by row, where it has none."""

    def __init__(self, path: str | Path, inside: str) -> None:
        self.inside = inside
        super().__init__(path)
        with self._opened() as array:
            (m, n_x), self.dtype = array.shape, array.dtype
            rows, columns = array.chunks or (1, n_x)
            self.together = min(columns, n_x) if array.chunks else 1
        self.shape = n_x, m
        self.by_feature = m * columns <= n_x * rows

    def __repr__(self) -> str:
        return f"{self.path}:{self.inside}"

    @abstractmethod
    def _opened(self) -> AbstractContextManager[Any]:
        """The array, to take slices of; closed again."""

    def features(self, start: int, stop: int) -> np.ndarray:
        return self._read(slice(None), slice(start, stop)).T

    def example(self, i: int) -> np.ndarray:
        return self._read(slice(i, i + 1), slice(None))[0]

    def _read(self, rows: slice, columns: slice) -> np.ndarray:
        some, what = (rows, "examples") if columns.start is None else (columns, "features")
        with self.unchanged(), self._opened() as array:
            return taken(array, f"{self}, {what} {some.start} to {some.stop - 1}", rows, columns)


def taken(array: Any, place: str, *of: slice) -> np.ndarray:
    """Some of an array in chunks, all by default; DataError, of that place, for damaged ones."""
    try:
        return np.asarray(array[of or ...])
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged chunk meets on its way
        raise DataError(place, "undamaged numbers", str(error)) from None
