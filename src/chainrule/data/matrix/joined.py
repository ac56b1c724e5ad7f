"""Examples after other examples, as one matrix: of a file, too, in which they stay."""

from pathlib import Path

import numpy as np

from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.floats import FloatMatrix
from chainrule.data.matrix.pixels import PixelMatrix
from chainrule.data.matrix.raw import RawMatrix
from chainrule.data.matrix.source import Source
from chainrule.data.matrix.verbs import FeatureMatrix
from chainrule.data.transform import Scaling
from chainrule.files.digest import digest


def joined(first: FeatureMatrix, other: FeatureMatrix) -> FeatureMatrix:
    """The examples of two matrices of the same features, as they lie."""
    if any(isinstance(X, BlockMatrix) for X in (first, other)):
        return BlockMatrix(_Joined((first, other)))
    both = np.concatenate([first.stored(), other.stored()], axis=1)
    of_bytes = both.dtype == np.uint8
    return PixelMatrix(both, Scaling()) if of_bytes else FloatMatrix(both, missing=True)


class _Joined(Source):
    """The numbers of several matrices, one of which at least is in a file."""

    def __init__(self, parts: tuple[FeatureMatrix, ...]) -> None:
        self._parts = parts
        sources = [X.source for X in parts if isinstance(X, BlockMatrix)]
        self.path, self.progress = Path(", ".join(map(str, sources))), sources[0].progress
        self.passes, self.state = sources[0].passes, [one.state for one in sources]
        self.memory = min(one.memory for one in sources)
        self.together = max(one.together for one in sources)
        self.shape = parts[0].shape[0], sum(X.shape[1] for X in parts)
        self.dtype = np.result_type(*(X.stored_dtype for X in parts))

    def features(self, start: int, stop: int) -> np.ndarray:
        rows = slice(start, stop)
        each = (X.raw(rows) if isinstance(X, RawMatrix) else X.features(rows) for X in self._parts)
        return np.concatenate(list(each), axis=1).astype(self.dtype, copy=False)

    def examples(self, index: np.ndarray) -> np.ndarray:
        found, start = np.empty((self.shape[0], len(index)), self.dtype), 0
        for X in self._parts:
            own = (index >= start) & (index < start + X.shape[1])
            found[:, own] = X.stored(index[own] - start)
            start += X.shape[1]
        return found

    def digest(self) -> str:
        return digest(" ".join(X.digest() for X in self._parts))
