"""Features in memory as floats."""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.matrix.verbs import FeatureMatrix, flat, refuse_squares
from chainrule.data.transform import Scaling


class FloatMatrix(FeatureMatrix):
    """X as floats in memory.

    X : (n_x, m), float64 or float32. Held example by example (Fortran order), so that a
    mini-batch is read contiguously: the transpose of a C-ordered table (rows are examples) is
    viewed, a C-ordered X is copied once. missing : whether X may hold NaN, for what is missing.
    """

    def __init__(self, X: Any, dtype: Any = None, *, missing: bool = False) -> None:
        X = checks.matrix("FloatMatrix", "X", X, missing=missing)
        if dtype is None:
            dtype = X.dtype if X.dtype in checks.FLOATS else np.float64
        X = checks.in_range("FloatMatrix", "X", X, checks.float_dtype("FloatMatrix", dtype))
        self._hold(X)

    def _hold(self, X: np.ndarray) -> "FloatMatrix":
        self._X = np.asarray(X, order="F")
        self.shape, self.dtype = (X.shape[0], X.shape[1]), X.dtype
        return self

    def astype(self, dtype: Any) -> "FloatMatrix":
        """The same features in another float dtype (itself if it has it already)."""
        return self if np.dtype(dtype) == self.dtype else FloatMatrix(self._X, dtype)

    def select(self, index: Any) -> "FloatMatrix":
        """The examples at `index` as a matrix of their own (a copy)."""
        return _holding(self.columns(index))

    def features(self, index: Any) -> np.ndarray:
        """Features at `index` of all examples, as floats: (k, m)."""
        return self._X[index]

    def scaled(self, scaling: Scaling, dtype: Any) -> "FloatMatrix":
        """Another matrix of scaled floats; InputError for features beyond these."""
        return _holding(scaling(self._X, np.dtype(dtype)))

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` (a slice or k integers): (n_x, k); a view for a slice."""
        if isinstance(index, slice):
            return self._X[:, index]
        return self._X.T[index].T

    def times(self, W: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        return _product(W, self._X, out)

    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        return _product(D, self._X.T, out)

    def _own_gram(self) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            K = self._X.T @ self._X
        refuse_squares(K.diagonal())
        return K


def _product(A: np.ndarray, X: np.ndarray, out: np.ndarray | None) -> np.ndarray:
    """A X for A (..., n, k) and X (k, j): one product of all runs' rows together."""
    if A.ndim == 2:
        return np.matmul(A, X, out=out)
    found = np.matmul(flat(A), X, out=None if out is None else flat(out))
    return found.reshape(*A.shape[:-1], X.shape[1])


def _holding(X: np.ndarray) -> FloatMatrix:
    """A matrix of floats that are known to be finite."""
    return FloatMatrix.__new__(FloatMatrix)._hold(X)
