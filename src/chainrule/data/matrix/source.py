"""Numbers in a file, one row an example, of which ranges are read."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from chainrule.checks import memory_bytes
from chainrule.data.blocks import blocks_of
from chainrule.errors import DataError
from chainrule.files.atomic import refused
from chainrule.files.digest import digest

T = TypeVar("T")
Progress = Callable[[float, float, str], None]  # done, of how much, the unit
KNOWN = 1 / 2  # of the memory, for what is known of a file
STRETCH = 1 / 16  # of the memory, that is read at a time at most; two such stretches are there
READ_BYTES = 64 * 2**20  # that are read at a time, where no more need be
ARRAY = "an .npy file of numbers or texts"
SAMPLES = 16  # features or examples whose numbers stand for all, to know a file again


class Known:
    """What passes over a file gave, by keys; the latest, within so many bytes."""

    def __init__(self, room: float) -> None:
        self._held: dict[str, Any] = {}
        self._room = room

    def get(self, key: str) -> Any:
        return self._held.get(key)

    def add(self, key: str, value: Any) -> None:
        self._held[key] = value
        while len(self._held) > 1 and sum(map(_size, list(self._held.values()))) > self._room:
            self._held.pop(next(iter(self._held)), None)

    def found(self, key: str, of: Callable[[], T]) -> T:
        """What is known, or what `of` gives."""
        if (value := self.get(key)) is None:
            self.add(key, value := of())
        return value


def _size(value: Any) -> int:
    """Bytes of an array in memory, or of those that a scaling has learned."""
    if isinstance(value, np.memmap):
        return 0
    arrays = [value] if isinstance(value, np.ndarray) else value.arrays().values()
    return sum(array.nbytes for array in arrays)


class Source(ABC):
    """An array (m, n_x) in a file, which is opened anew for each range: by any thread or process.

    path : the file. shape : (n_x, m). dtype : of the numbers that `features` gives. together : how
    many features lie together, of which some are not read faster than all. by_feature : whether
    one feature is read faster than one example. memory : bytes that may be taken for it, as it was
    when it was opened. state : the file's size and time, as they were then. progress : told of
    passes over it, in GB. passes : where these are kept as they go, see `KeptPasses`.

    DataError for a file that is shorter than it says, or is another one than it was at first.
    """

    shape: tuple[int, int]
    dtype: np.dtype
    together = 1
    by_feature = True
    state: Any
    progress: Progress | None = None
    passes: Any = None

    def __init__(self, path: str | Path) -> None:
        self.path, self.memory = Path(path), memory_bytes()
        self.state = self._state_now()

    @cached_property
    def known(self) -> Known:
        """What need not be read for again."""
        return Known(KNOWN * self.memory)

    @property
    def source_of_all(self) -> "Source":
        """The file itself, of what is made of it."""
        return self

    def __repr__(self) -> str:
        return str(self.path)

    def __getstate__(self) -> dict[str, Any]:
        """For another process: by the path as it is seen from anywhere, without what is known."""
        here = {"path": self.path.absolute(), "progress": None, "passes": None}
        return {name: v for name, v in self.__dict__.items() if name != "known"} | here

    def place(self, rows: slice) -> str:
        """Some features of it, in words."""
        return f"{self}, features {rows.start} to {rows.stop - 1}"

    @property
    def n_bytes(self) -> int:
        """Of all its numbers."""
        n_x, m = self.shape
        return n_x * m * self.dtype.itemsize

    @abstractmethod
    def features(self, start: int, stop: int) -> np.ndarray:
        """Those features of all examples: (stop - start, m)."""

    def example(self, i: int) -> np.ndarray:
        """All features of one example (n_x,), of a source that is not `by_feature`."""
        raise NotImplementedError

    def examples(self, index: np.ndarray) -> np.ndarray:
        """All features of some examples: (n_x, k)."""
        if not self.by_feature:
            return np.array([self.example(int(i)) for i in index]).reshape(len(index), -1).T
        found = np.empty((self.shape[0], len(index)), self.dtype)
        for part in self.stretches():
            found[part] = self.features(part.start, part.stop)[:, index]
        return found

    def stretches(self) -> Iterator[slice]:
        """All features, as many at a time as are read together; of those that lie together all,
        where the memory has room."""
        a_feature = max(1, self.dtype.itemsize * self.shape[1])
        most = max(1, int(min(STRETCH * self.memory, 2**62)) // a_feature)
        step = max(self.together, min(READ_BYTES // a_feature, most))
        return blocks_of(self.shape[0], 0, min(step // self.together * self.together, most))

    @property
    def reads(self) -> int:
        """How many times a pass reads the file: more than once where so many features lie together
        that the memory has no room for them."""
        part = next(self.stretches(), slice(0, 1))
        return -(-min(self.together, self.shape[0]) // max(1, part.stop))

    def digest(self) -> str:
        """Of the shape and some features or examples: a file's name and date say nothing of its
        numbers."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        n = self.shape[0 if self.by_feature else 1]
        some = np.unique(np.linspace(0, max(0, n - 1), min(n, SAMPLES)).astype(np.int64)).tolist()
        one = (lambda k: self.features(k, k + 1)) if self.by_feature else self.example
        return digest(f"{self.dtype} {self.shape};", *map(one, some))

    def _state_now(self) -> tuple[int, int]:
        with refused(self.path, "the file that was opened", DataError):
            found = os.stat(self.path)
        return found.st_size, found.st_mtime_ns

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """DataError if the file is not, before or after, what it was when it was opened."""
        self._refuse_change()
        yield
        self._refuse_change()

    def _refuse_change(self) -> None:
        if self._state_now() != self.state:
            fix = "Start again, and leave the file alone meanwhile."
            raise DataError(str(self.path), "the file as it was when it was opened", "another", fix)


class NpySource(Source):
    """An .npy file (m, n_x): features lie together in Fortran order, examples in C order."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        array = mapped(self.path)
        if array.ndim != 2:
            expected = "an .npy file of a table (examples, features)"
            raise DataError(str(path), expected, f"shape {array.shape}")
        (m, n_x), self.dtype = array.shape, array.dtype
        self.shape, self._start = (n_x, m), array.offset
        self.by_feature = array.flags.f_contiguous

    def features(self, start: int, stop: int) -> np.ndarray:
        n_x, m = self.shape
        if self.by_feature:
            return self._read([start * m], (stop - start) * m).reshape(stop - start, m)
        return self._read(range(start, m * n_x, n_x), stop - start).T

    def example(self, i: int) -> np.ndarray:
        return self._read([i * self.shape[0]], self.shape[0])[0]

    def _read(self, starts: Any, count: int) -> np.ndarray:
        """`count` numbers from each of some places: (len(starts), count)."""
        found = np.empty((len(starts), count), self.dtype)
        with self.unchanged(), self.path.open("rb", buffering=0) as file:
            for row, start in zip(found, starts, strict=True):
                file.seek(self._start + start * self.dtype.itemsize)
                filled, view = 0, memoryview(row).cast("B")
                while filled < row.nbytes:  # the system gives 2 GB at a time at most
                    if not (more := file.readinto(view[filled:])):
                        got = f"fewer from byte {file.tell():,} on"
                        raise DataError(str(self.path), f"{row.nbytes:,} bytes", got)
                    filled += more
        return found


def mapped(path: Path) -> np.memmap:
    """What an .npy file holds, as a map that is for its shape, dtype and order, not for its
    numbers: a file that becomes shorter would end the process. DataError for another file."""
    try:
        found: np.memmap = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DataError(str(path), ARRAY, *_not_mapped(path, error)) from None
    if not isinstance(found, np.memmap):
        raise DataError(str(path), ARRAY, "an archive of several")
    return found


def _not_mapped(path: Path, error: Exception) -> tuple[str, str]:
    """Why an .npy file cannot be read, and what to do."""
    with path.open("rb") as file:
        if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
            return "something else", ""
    if "objects" in str(error):
        fix = "Save plain numbers or texts: numpy.save(file, y.astype(str))."
        return "Python objects, which are never unpickled", fix
    return "one that is cut off or damaged", "Write it anew."
