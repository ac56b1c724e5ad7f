"""Examples as rows; what the engine is given of them, as columns; and those held out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split

from chainrule.data import FloatMatrix, SparseMatrix
from chainrule.training.objective import Objective

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

    def scorer(self, objective: Objective, score: Callable[..., float]) -> Callable[[], float]:
        """A function that gives the score of these examples with the parameters reached by then.

        score : of outputs A and labels Y, both (n_y, m), and weights.
        """
        dtype = objective.blocks[0].p.dtype
        forward, Y = objective.on(self.features(dtype)), np.ascontiguousarray(self.Y.T, dtype)
        return lambda: float(score(forward().A[-1], Y, self.score_weight))


def split(Y: Array, fraction: float, rng: Any, *, stratified: bool) -> tuple[Array, Array]:
    """Indices to train on and to hold out, drawn as scikit-learn draws them, for labels (m, n_y)
    as rows."""
    trained, rest = train_test_split(
        np.arange(len(Y)), random_state=rng, test_size=fraction, stratify=Y if stratified else None
    )
    if len(rest) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of "
            "your dataset."
        )
    return trained, rest
