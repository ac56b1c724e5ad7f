"""R trainings of logistic regression, one for each learning rate: in turn, or at once.

Every function returns W (R, 1, n_x) and b (R, 1, 1).
"""

from collections.abc import Callable

import numpy as np

from chainrule.network import Network
from chainrule.training import train

Array = np.ndarray
One = Callable[..., tuple[Array, Array]]


def in_turn(train_one: One, X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, ...]:
    """One training after the other, by a function that trains at one rate."""
    found = [train_one(X, Y, float(rate), iterations) for rate in rates]
    return np.stack([W for W, _ in found]), np.stack([b for _, b in found])


def stacked(train_one: One, X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, ...]:
    """All at once, by the same function as for one rate: the rates are one more axis."""
    return train_one(X, Y, rates[:, None, None], iterations)


def library(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    """chainrule's own training: stacked, dual, and with all its checks and records."""
    start = Network(
        (np.zeros((1, X.shape[0])),), (np.zeros((1, 1)),), ("sigmoid",), "binary_cross_entropy"
    )
    result = train(start, (X, Y), learning_rate=rates, iterations=iterations, first_layer="dual")
    return result.network.weights[0], result.network.biases[0]
