"""Examples that early stopping measures and training does not see. Columns are examples here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.estimators.objective import Objective

Array = np.ndarray


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
        image = objective.first.other(self.X)
        return lambda: float(score(objective.outputs(image()), self.Y, self.weight))
