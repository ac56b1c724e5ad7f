"""The first layer on sparse features."""

from collections.abc import Callable

import numpy as np

from chainrule.data import SparseMatrix
from chainrule.training.parameters import Part

Array = np.ndarray


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
