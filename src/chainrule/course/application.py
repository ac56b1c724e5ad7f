"""Deep neural network for image classification, the application: the course's fifth assignment.

The steps are those of `step_by_step`; this file trains with them, predicts, and gives all names of
the assignment and of its helpers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.course import _checked, _engine, backward, forward, starting_weights
from chainrule.course.backward import *  # noqa: F403
from chainrule.course.forward import *  # noqa: F403
from chainrule.course.forward import L_model_forward
from chainrule.course.pictures import load_data
from chainrule.course.shown import plot_costs, print_mislabeled_images
from chainrule.course.step_by_step import initialize_parameters

__all__ = [
    *forward.__all__, *backward.__all__, "L_layer_model", "initialize_parameters",
    "initialize_parameters_deep", "load_data", "plot_costs", "predict", "print_mislabeled_images",
    "two_layer_model",
]  # fmt: skip

Array = np.ndarray
Trained = tuple[dict[str, Array], list[Array]]


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:
    """W1, b1, ..., WL, bL for layers n_x, n_1, ..., n_L: randn / sqrt(n_{l-1}) after seed 1; 0."""
    np.random.seed(1)
    return starting_weights.initialize_parameters_deep(layer_dims)


def two_layer_model(
    X: Any,
    Y: Any,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
) -> Trained:
    """Train n_x -> relu -> sigmoid by gradient descent from `initialize_parameters`.

    X (n_x, m), Y (1, m) labels 0 and 1, layers_dims (n_x, n_h, 1). Returns the parameters W1, b1,
    W2, b2 and the costs of iterations 0, 100, 200, ... (the course's first edition returns the
    parameters alone and draws the costs itself: see `plot_costs`). With print_cost these costs
    and the last iteration's are printed. Costs are those of `compute_cost`, but computed from
    Z[L]: they stay finite where log(0) would not. Like the course's, it starts with
    np.random.seed(1).
    Raises DivergenceError when the cost is no longer finite.
    """
    where = "two_layer_model"
    sizes = _checked.sizes(where, "layers_dims", layers_dims, count=3)
    X, Y = _checked.examples(where, X, Y, sizes[0], sizes[-1])
    settings = num_iterations, learning_rate, 100, _engine.printed(print_cost)
    return _engine.descend(where, initialize_parameters(*sizes), X, Y, *settings)


def L_layer_model(
    X: Any,
    Y: Any,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
) -> Trained:
    """Train L - 1 layers of relu and one of sigmoid, from `initialize_parameters_deep`.

    layers_dims (n_x, n_1, ..., 1). Everything else as in `two_layer_model`.
    """
    where = "L_layer_model"
    sizes = _checked.sizes(where, "layers_dims", layers_dims)
    X, Y = _checked.examples(where, X, Y, sizes[0], sizes[-1])
    settings = num_iterations, learning_rate, 100, _engine.printed(print_cost)
    return _engine.descend(where, initialize_parameters_deep(sizes), X, Y, *settings)


def predict(X: Any, y: Any, parameters: dict[str, Array]) -> Array:
    """1 where the network's probability exceeds 0.5, else 0; prints the accuracy on y.

    X (n_x, m), y (1, m) labels 0 and 1, or one label for all; parameters W1, b1, ..., WL, bL.
    Returns (1, m), float64.
    """
    AL, _ = L_model_forward(X, parameters)
    p = (AL > 0.5).astype(np.float64)
    y = _checked.labels("predict", "y", _checked.one_for_all("predict", "y", y, p.shape), p.shape)
    # Divided before it is summed, as in the course, whose last digits depend on it.
    print(f"Accuracy: {np.sum((p == y) / p.shape[1])}")
    return p
