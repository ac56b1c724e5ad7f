"""Features that lie as they came, and become floats where they are used, some at a time.

What is asked of X together (`once`) is made of the same floats: X is read once for all of it.
Memory stays at what is asked for, one block of floats (BLOCK_BYTES) and one product (GRAM_ROWS, m).
"""

from abc import abstractmethod
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.matrix.verbs import FeatureMatrix, Gram, Product, Times, flat, into
from chainrule.data.transform import Scaling
from chainrule.errors import InputError
from chainrule.files.digest import digest


class RawMatrix(FeatureMatrix):
    """Raw features, scaled as they are read; `scaling` takes one feature at a time."""

    scaling: Scaling
    _whole_fix = "Pass the features as floats (astype(float)) where they are no pictures."

    def _scaled_by(self, scaling: Scaling, dtype: Any) -> None:
        self.scaling = scaling.check(self.shape[0])
        self._refuse_whole(scaling)
        self.dtype = checks.float_dtype(type(self).__name__, dtype)

    def _refuse_whole(self, scaling: Scaling) -> None:
        """InputError for steps that need all features of an example at once."""
        if whole := scaling.whole:
            expected = "steps that take one feature at a time, of features scaled as they are read"
            raise InputError(type(self).__name__, expected, checks.listed(whole), self._whole_fix)

    @abstractmethod
    def raw(self, rows: slice) -> np.ndarray:
        """Some features of all examples as they lie: (k, m)."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.shape}, {self.scaling}, {self.dtype}"

    def astype(self, dtype: Any) -> Any:
        """The same features yielding another float dtype (itself if it does already)."""
        return self if np.dtype(dtype) == self.dtype else self.scaled(self.scaling, dtype)

    def digest(self) -> str:
        """By which the same features, scaled alike, are known again."""
        kind = f"{self.scaling.kind} {self.dtype} {self.shape};"
        return digest(kind, *self.known_by(), *self.scaling.arrays().values())

    def features(self, index: Any) -> np.ndarray:
        """Features at `index` of all examples, as floats: (k, m)."""
        return self.scaling(self.raw(index), self.dtype, index)

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` (a slice or k integers) as floats: (n_x, k), a copy."""
        return self.scaling(self.stored(index), self.dtype)

    def once(self, *asked: Product) -> list[np.ndarray]:
        """Several products in one pass over X; the Gram matrix is kept, as `gram()` keeps it."""
        todo = [one for one in asked if not (one.kept and self._gram is not None)]
        found = dict(zip(todo, self._pass(*todo), strict=True)) if todo else {}
        self._gram = next((K for one, K in found.items() if one.kept), self._gram)
        return [found[one] if one in found else self.gram() for one in asked]

    def _pass(self, *asked: Product) -> list[np.ndarray]:
        for one in asked:
            one.start(self)
        for rows, some in self.blocks():
            for one in asked:
                one.add(rows, some)
        return [one.end() for one in asked]

    def times(self, W: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        return into(out, self._pass(Times(W))[0])

    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        D_rows = flat(D)
        G = np.empty((len(D_rows), self.shape[0]), self.dtype)
        for rows, X in self.blocks():
            np.matmul(D_rows, X.T, out=G[:, rows])
        return into(out, G.reshape(*D.shape[:-1], self.shape[0]))

    def _own_gram(self) -> np.ndarray:
        return self._pass(Gram())[0]

    def _cross_gram(self, other: FeatureMatrix) -> np.ndarray:
        return self._pass(Gram(other))[0]
