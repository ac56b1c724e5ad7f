"""Examples as rows, and what the engine is given of them, as columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from chainrule.data import FloatMatrix, SparseMatrix

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """Examples as rows: X (m, n_x), Y (m, n_y), weights of the loss and of the score (m,) or None.

    The two differ by class_weight, which no score contains.
    """

    X: Any
    Y: Array
    weight: Array | None
    score_weight: Array | None

    def take(self, index: Array) -> "Rows":
        weights = (w if w is None else w[index] for w in (self.weight, self.score_weight))
        return Rows(self.X[index], self.Y[index], *weights)

    def features(self, dtype: Any) -> FloatMatrix | SparseMatrix:
        """X as the engine's feature matrix, one column an example: a view where dtypes agree."""
        if issparse(self.X):
            return SparseMatrix(self.X).astype(dtype)
        return FloatMatrix(self.X.T, dtype)

    def labels(self, dtype: Any) -> Array:
        """Y (n_y, m) in columns."""
        return np.ascontiguousarray(self.Y.T, dtype)

    def weights(self, dtype: Any) -> Array | None:
        return None if self.weight is None else self.weight.astype(dtype)
