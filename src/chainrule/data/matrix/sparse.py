"""Features as SciPy's sparse rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.blocks import blocks_of
from chainrule.data.matrix.verbs import FeatureMatrix, flat, into
from chainrule.data.transform import Scaling
from chainrule.errors import InputError
from chainrule.files.digest import digest


class SparseMatrix(FeatureMatrix):
    """A feature matrix X (n_x, m) held as sparse rows, one an example.

    rows : (m, n_x) in SciPy's CSR form, float64 or float32, viewed.
    """

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.shape, self.dtype = (rows.shape[1], rows.shape[0]), rows.dtype

    @classmethod
    def of_columns(cls, X: Any, dtype: Any = None) -> "SparseMatrix":
        """X (n_x, m), one column an example, in any of SciPy's sparse forms."""
        values: Any = checks.real("SparseMatrix", "X", X.tocsc()).T
        if dtype is None:
            dtype = values.dtype if values.dtype in checks.FLOATS else np.float64
        if not checks.all_finite(values.data):
            raise InputError("SparseMatrix", "X to hold finite numbers only", "others")
        return cls(values.astype(checks.float_dtype("SparseMatrix", dtype)))

    @property
    def filled(self) -> float:
        """Features of an example that are stored, in the mean."""
        return self.rows.nnz / max(1, self.shape[1])

    def astype(self, dtype: Any) -> "SparseMatrix":
        """The same features in another float dtype (itself if it has it already)."""
        return self if np.dtype(dtype) == self.dtype else SparseMatrix(self.rows.astype(dtype))

    def select(self, index: Any) -> "SparseMatrix":
        """The examples at `index` as a matrix of their own."""
        return SparseMatrix(self.rows[index])

    def features(self, index: Any) -> np.ndarray:
        """Features at `index` of all examples, as floats: (k, m)."""
        return self.rows[:, index].toarray().T

    def scaled(self, scaling: Scaling, dtype: Any) -> "SparseMatrix":
        """Another matrix, prepared so; InputError for steps that would move its zeros."""
        rows = self.rows.astype(np.result_type(self.dtype, dtype), copy=True)
        for step in scaling.steps:
            rows = step.sparse(rows)
        return SparseMatrix(rows.astype(dtype, copy=False))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some features of every example at a time: (rows, floats (k, m)), not sparse."""
        n_x, m = self.shape
        by_feature = self.rows.T.tocsr()
        for rows in blocks_of(n_x, self.dtype.itemsize * m):
            yield rows, by_feature[rows].toarray()

    def digest(self) -> str:
        """By which the same features are known again: of what is stored, and where."""
        held = self.rows.data, self.rows.indices, self.rows.indptr
        return digest(f"{self.dtype} {self.shape};", *held)

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` as floats, not sparse: (n_x, k)."""
        return self.rows[index].toarray().T

    def times(self, W: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        return into(out, (self.rows @ flat(W).T).T.reshape(*W.shape[:-1], -1))

    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        return into(out, (self.rows.T @ flat(D).T).T.reshape(*D.shape[:-1], -1))

    def _own_gram(self) -> np.ndarray:
        return (self.rows @ self.rows.T).toarray()

    def _cross_gram(self, other: FeatureMatrix) -> np.ndarray:
        if isinstance(other, SparseMatrix):
            return (self.rows @ other.rows.T).toarray()
        return super()._cross_gram(other)
