"""Features that stay in their file, and are read some at a time, while others are computed with."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from chainrule.data.blocks import blocks_of
from chainrule.data.matrix.raw import RawMatrix
from chainrule.data.matrix.source import Source
from chainrule.data.transform import Scaling
from chainrule.errors import InputError
from chainrule.files.digest import digest

READ_BYTES = 64 * 2**20  # read at a time; two such stretches are in memory


class BlockMatrix(RawMatrix):
    """X in a file, larger than the memory perhaps: what is asked of it is read for once, some
    features of all examples at a time.

    source : where the numbers lie. scaling, dtype : how they become floats. index : (m,) which of
    the source's examples these are, all of them by default.

    Memory, beside what is asked for: two stretches of the file (READ_BYTES), and a block of floats.
    InputError, which names file and features, for missing values or what `dtype` does not hold.
    """

    def __init__(
        self,
        source: Source,
        scaling: Scaling | None = None,
        dtype: Any = np.float64,
        index: Any = None,
    ) -> None:
        self.source, self.index = source, index
        n_x, m = source.shape
        self.shape = n_x, m if index is None else len(index)
        self._scaled_by(scaling or Scaling(), dtype)

    def astype(self, dtype: Any) -> "BlockMatrix":
        """The same features yielding another float dtype (itself if it does already)."""
        if np.dtype(dtype) == self.dtype:
            return self
        return BlockMatrix(self.source, self.scaling, dtype, self.index)

    def scaled(self, scaling: Scaling, dtype: Any) -> "BlockMatrix":
        """The same numbers scaled so, whatever they were scaled by; nothing is read."""
        return BlockMatrix(self.source, scaling, dtype, self.index)

    def select(self, index: Any) -> "BlockMatrix":
        """The examples at `index` as a matrix of their own; nothing is read."""
        own = self._of_source(index)
        found = BlockMatrix(self.source, self.scaling, self.dtype, own)
        if self._gram is not None:
            within = np.arange(self.shape[1])[index]
            found._gram = self._gram[np.ix_(within, within)]
        return found

    def _of_source(self, index: Any) -> np.ndarray:
        known = np.arange(self.source.shape[1]) if self.index is None else self.index
        return known[index]

    def raw(self, rows: Any) -> np.ndarray:
        """Some features of all examples, as they lie: (k, m)."""
        if not isinstance(rows, slice):  # those between are read, too
            rows = np.arange(self.shape[0])[rows]
            start = int(rows.min(initial=self.shape[0]))
            return self.raw(slice(start, int(rows.max(initial=0)) + 1))[rows - start]
        found = self.source.features(*rows.indices(self.shape[0])[:2])
        return found if self.index is None else found[:, self.index]

    def stored(self, index: Any = slice(None)) -> np.ndarray:
        """Examples at `index` as they lie: (n_x, k)."""
        return self.source.examples(self._of_source(index))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some features of every example at a time: (rows, floats (k, m)); the next stretch is read
        meanwhile."""
        n_x, m = self.shape
        a_feature = self.source.dtype.itemsize * self.source.shape[1]
        stretches = list(blocks_of(n_x, a_feature, size=READ_BYTES))
        with ThreadPoolExecutor(1) as reader:
            ahead = [reader.submit(self.raw, first) for first in stretches[:1]]
            for k, stretch in enumerate(stretches):
                raw = ahead.pop().result()
                ahead += [reader.submit(self.raw, after) for after in stretches[k + 1 : k + 2]]
                for part in blocks_of(len(raw), self.dtype.itemsize * m):
                    rows = slice(stretch.start + part.start, stretch.start + part.stop)
                    yield rows, self._floats(raw[part], rows)

    def _floats(self, raw: np.ndarray, rows: slice) -> np.ndarray:
        try:
            return self.scaling(raw, self.dtype, rows)
        except InputError as error:
            raise error.at(f"{self.source}, features {rows.start} to {rows.stop - 1}") from None

    def digest(self) -> str:
        """By which the same features, scaled alike, are known again: see `Source.digest`."""
        index = "" if self.index is None else self.index
        kind = f"{self.scaling.kind} {self.dtype} {self.shape} {self.source.digest()};"
        return digest(kind, index, *self.scaling.arrays().values())
