"""Numbers in a file, one row an example, of which ranges are read."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from chainrule.checks import memory_bytes
from chainrule.errors import DataError
from chainrule.files.atomic import reason
from chainrule.files.digest import digest

T = TypeVar("T")
SHARE = 0.5  # of the memory, for what is known of a file
SAMPLES = 16  # features whose numbers stand for all, to know a file again


class Known:
    """What passes over a file gave, by keys; the latest, within a share of the memory."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self._held.get(key)

    def add(self, key: str, value: Any) -> None:
        self._held[key] = value
        room = SHARE * memory_bytes()
        while len(self._held) > 1 and sum(map(_size, list(self._held.values()))) > room:
            self._held.pop(next(iter(self._held)), None)

    def found(self, key: str, of: Callable[[], T]) -> T:
        """What is known, or what `of` gives."""
        if (value := self.get(key)) is None:
            self.add(key, value := of())
        return value


def _size(value: Any) -> int:
    """Bytes of an array, or of those that a scaling has learned."""
    arrays = [value] if isinstance(value, np.ndarray) else value.arrays().values()
    return sum(array.nbytes for array in arrays)


class Source(ABC):
    """An array (m, n_x) in a file, which is opened anew for each range: by any thread or process.

    path : the file. shape : (n_x, m). dtype : of the numbers as they lie.

    DataError for a file that is shorter than it says, or is another one than it was at first.
    """

    path: Path
    shape: tuple[int, int]
    dtype: np.dtype
    _state: tuple[int, int]

    @cached_property
    def known(self) -> "Known":
        """What need not be read for again."""
        return Known()

    def __repr__(self) -> str:
        return str(self.path)

    @abstractmethod
    def features(self, start: int, stop: int) -> np.ndarray:
        """Those features of all examples: (stop - start, m)."""

    @abstractmethod
    def examples(self, index: np.ndarray) -> np.ndarray:
        """All features of some examples: (n_x, k)."""

    @cached_property
    def _digest(self) -> str:
        n_x = self.shape[0]
        some = np.unique(np.linspace(0, n_x - 1, min(n_x, SAMPLES)).astype(np.int64))
        return digest(f"{self.dtype} {self.shape};", *(self.features(k, k + 1) for k in some))

    def digest(self) -> str:
        """Of the shape and of some features: a file's name and date say nothing of its numbers."""
        return self._digest

    def _state_now(self) -> tuple[int, int]:
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise DataError(str(self.path), "the file that was opened", reason(error)) from None
        return found.st_size, found.st_mtime_ns

    def _refuse_change(self) -> None:
        if self._state_now() != self._state:
            fix = "Start again, and leave the file alone meanwhile."
            raise DataError(str(self.path), "the file as it was when it was opened", "another", fix)


class NpySource(Source):
    """An .npy file (m, n_x): features lie together in Fortran order, examples in C order."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._state = self._state_now()
        with self.path.open("rb") as file:
            form = np.lib.format
            try:
                version = form.read_magic(file)
                read = (
                    form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
                )
                (m, n_x), self._by_feature, self.dtype = read(file)
            except ValueError as error:
                expected = "an .npy file of a table (examples, features)"
                got = "an array of another shape" if "unpack" in str(error) else str(error)
                raise DataError(str(path), expected, got) from None
            self._start = file.tell()
        self.shape = n_x, m
        size = self._start + m * n_x * self.dtype.itemsize
        if self._state[0] < size:
            got = f"{self._state[0]:,}: it is cut off"
            raise DataError(str(path), f"a file of {size:,} bytes, as it says", got)

    def features(self, start: int, stop: int) -> np.ndarray:
        n_x, m = self.shape
        if self._by_feature:
            return self._read([start * m], (stop - start) * m).reshape(stop - start, m)
        return self._read(range(start, m * n_x, n_x), stop - start).T

    def examples(self, index: np.ndarray) -> np.ndarray:
        n_x, m = self.shape
        if self._by_feature:
            found = np.empty((n_x, len(index)), self.dtype)
            step = max(1, 2**26 // max(1, m * self.dtype.itemsize))
            for start in range(0, n_x, step):
                stop = min(start + step, n_x)
                found[start:stop] = self.features(start, stop)[:, index]
            return found
        return self._read([int(i) * n_x for i in index], n_x).T

    def _read(self, starts: Any, count: int) -> np.ndarray:
        """`count` numbers from each of some places: (len(starts), count)."""
        found = np.empty((len(starts), count), self.dtype)
        self._refuse_change()
        with self.path.open("rb", buffering=0) as file:
            for row, start in zip(found, starts, strict=True):
                file.seek(self._start + start * self.dtype.itemsize)
                if file.readinto(row) < row.nbytes:
                    got = f"fewer from byte {file.tell():,} on"
                    raise DataError(str(self.path), f"{row.nbytes:,} bytes", got)
        self._refuse_change()
        return found
