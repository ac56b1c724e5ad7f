"""Several feature matrices, each for its share of the runs: X with an axis of runs."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.data.matrix.verbs import FeatureMatrix
from chainrule.data.transform import Scaling
from chainrule.files.digest import digest


class StackedMatrix(FeatureMatrix):
    """F matrices of one shape and dtype, as folds have them that each learn a scaling.

    matrices : F of them. runs : R, a multiple of F; the first R / F runs see the first matrix, and
    so on. `shape` and `dtype` are those of each. What takes an axis of runs takes R, or 1 for
    weights that all runs share, and gives R; `gram()` is (F, m, m); `columns` and `features` are
    (F, ..., ...).
    """

    def __init__(self, matrices: Sequence[FeatureMatrix], runs: int) -> None:
        self.matrices, self.runs = tuple(matrices), runs
        self.shape, self.dtype = matrices[0].shape, matrices[0].dtype

    def each(self, of: Callable[[FeatureMatrix], FeatureMatrix]) -> "StackedMatrix":
        """The matrices that `of` makes of these, for the same runs."""
        return StackedMatrix([of(X) for X in self.matrices], self.runs)

    def astype(self, dtype: Any) -> "StackedMatrix":
        """The same features in another float dtype."""
        return self.each(lambda X: X.astype(dtype))

    def select(self, index: Any) -> "StackedMatrix":
        """The examples at `index` of each."""
        return self.each(lambda X: X.select(index))

    def scaled(self, scaling: Scaling, dtype: Any) -> "StackedMatrix":
        """Each scaled so."""
        return self.each(lambda X: X.scaled(scaling, dtype))

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` of each: (F, n_x, k)."""
        return np.stack([X.columns(index) for X in self.matrices])

    def features(self, index: Any) -> np.ndarray:
        """Features at `index` of each: (F, k, m)."""
        return np.stack([X.features(index) for X in self.matrices])

    @property
    def memory(self) -> float:
        """The least of each."""
        return min(X.memory for X in self.matrices)

    def reads(self, examples: int | None = None) -> float:
        """Of all together."""
        return sum(X.reads(examples) for X in self.matrices)

    def digest(self) -> str:
        """By which the same features are known again."""
        return digest(" ".join(X.digest() for X in self.matrices))

    def times(self, W: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """W X for W (R or 1, n_1, n_x): (R, n_1, m)."""
        return self._by_share(W, lambda X: X.times, self.shape[1], out)

    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T for D (R or 1, n_1, m): (R, n_1, n_x)."""
        return self._by_share(D, lambda X: X.outer, self.shape[0], out)

    def _by_share(
        self,
        A: np.ndarray,
        verb: Callable[[FeatureMatrix], Callable[..., np.ndarray]],
        width: int,
        out: np.ndarray | None,
    ) -> np.ndarray:
        found = np.empty((self.runs, A.shape[-2], width), self.dtype) if out is None else out
        shares = np.split(found, len(self.matrices))  # views
        if len(A) == 1:
            for X, share in zip(self.matrices, shares, strict=True):
                share[...] = verb(X)(A)
        else:
            each = np.split(A, len(self.matrices))
            for X, own, share in zip(self.matrices, each, shares, strict=True):
                verb(X)(own, out=share)
        return found

    def _own_gram(self) -> np.ndarray:
        return np.stack([X.gram() for X in self.matrices])

    def _cross_gram(self, other: FeatureMatrix) -> np.ndarray:
        if not isinstance(other, StackedMatrix):
            return np.stack([X.gram(other) for X in self.matrices])
        pairs = zip(self.matrices, other.matrices, strict=True)
        return np.stack([X.gram(own) for X, own in pairs])
