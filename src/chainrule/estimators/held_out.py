"""Examples that early stopping measures and training does not see. Columns are examples here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from chainrule.training.objective import Objective

Array = np.ndarray


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


@dataclass(frozen=True, eq=False)
class HeldOut:
    """X : a feature matrix (n_x, m). Y (n_y, m). weight : of the examples (m,), or None."""

    X: Any
    Y: Array
    weight: Array | None

    def scorer(self, objective: Objective, score: Callable[..., float]) -> Callable[[], float]:
        """A function that gives the score with the parameters reached by then.

        score : of outputs A and labels Y (n_y, m) and weights.
        """
        forward = objective.on(self.X)
        return lambda: float(score(forward().A[-1], self.Y, self.weight))
