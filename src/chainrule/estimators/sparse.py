"""Sparse features: the feature matrix's verbs over SciPy's rows, and the first layer on them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.training.parameters import Part

Array = np.ndarray


class SparseMatrix:
    """A feature matrix X (n_x, m) held as sparse rows, one an example.

    rows : (m, n_x) in SciPy's CSR form, float64 or float32, viewed.
    """

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self._gram: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        m, n_x = self.rows.shape
        return n_x, m

    @property
    def dtype(self) -> np.dtype:
        return self.rows.dtype

    def astype(self, dtype: Any) -> "SparseMatrix":
        return self if np.dtype(dtype) == self.dtype else SparseMatrix(self.rows.astype(dtype))

    def columns(self, index: Any) -> Array:
        """Examples at `index` as floats, not sparse: (n_x, k)."""
        return self.rows[index].toarray().T

    def times(self, W: Array) -> Array:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        flat = W.reshape(-1, W.shape[-1])
        return (self.rows @ flat.T).T.reshape(*W.shape[:-1], -1)

    def outer(self, D: Array) -> Array:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        flat = D.reshape(-1, D.shape[-1])
        return (self.rows.T @ flat.T).T.reshape(*D.shape[:-1], -1)

    def gram(self, other: Any = None) -> Array:
        """X^T X (m, m), computed once and kept; or X^T X_other (m, m_other)."""
        if other is not None:
            return (self.rows @ other.rows.T).toarray()
        if self._gram is None:
            self._gram = (self.rows @ self.rows.T).toarray()
        return self._gram


class SparsePrimal:
    """W itself is the parameter, kept as W^T (n_x, n_1): the form that sparse products read.

    Offers what `first_layer.DensePrimal` does.
    """

    D = None

    def __init__(self, X: SparseMatrix, W0: Array) -> None:
        self._rows, self._shape = X.rows, W0.T.shape
        self.parts = [Part(W0.T.ravel(), 1.0, self._bind)]

    def _bind(self, p: Array, g: Array) -> None:
        self._p, self._WT, self._dWT = p, p.reshape(self._shape), g.reshape(self._shape)

    def forward(self, Z1: Array, batch: Array | None) -> None:
        self._batch = self._rows if batch is None else self._rows[batch]
        Z1[...] = (self._batch @ self._WT).T

    def backward(self, D: Array, batch: Array | None) -> None:
        self._dWT[...] = self._batch.T @ D.T

    def other(self, X: SparseMatrix) -> Callable[[], Array]:
        """W X for examples that are not trained on: a function to call at any later step."""
        return lambda: (X.rows @ self._WT).T

    def squared_norm(self) -> float:
        return float(np.vdot(self._p, self._p))

    def as_weights(self, vectors: list[Array]) -> list[Array]:
        """Parameters, or anything that lies as they do, as (n_1, n_x) each."""
        return [v.reshape(self._shape).T for v in vectors]

    def as_parameters(self, W: Array) -> Array:
        """What (n_1, n_x) becomes where the parameters lie."""
        return W.T.ravel()
