"""R trainings of logistic regression, one for each learning rate: in turn, or at once.

Every function returns W (R, 1, n_x) and b (R, 1, 1).
"""

from collections.abc import Callable

import numpy as np

from chainrule.lab.logistic import train_dual, train_loops, train_numpy
from chainrule.network import Network
from chainrule.training import train

Array = np.ndarray


def in_turn_loops(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    return _in_turn(train_loops, X, Y, rates, iterations)


def in_turn_numpy(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    return _in_turn(train_numpy, X, Y, rates, iterations)


def stacked(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    """The same function as for one rate: the rates are one more axis."""
    return train_numpy(X, Y, rates[:, None, None], iterations)


def in_turn_dual(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    return _in_turn(train_dual, X, Y, rates, iterations)


def stacked_dual(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    """Both at once."""
    return train_dual(X, Y, rates[:, None, None], iterations)


def library(X: Array, Y: Array, rates: Array, iterations: int) -> tuple[Array, Array]:
    """chainrule's own training: stacked, dual, and with all its checks and records."""
    start = Network(
        (np.zeros((1, X.shape[0])),), (np.zeros((1, 1)),), ("sigmoid",), "binary_cross_entropy"
    )
    result = train(start, (X, Y), learning_rate=rates, iterations=iterations, first_layer="dual")
    return result.network.weights[0], result.network.biases[0]


def _in_turn(
    train_one: Callable[..., tuple[Array, Array]], X: Array, Y: Array, rates: Array, iterations: int
) -> tuple[Array, Array]:
    found = [train_one(X, Y, float(rate), iterations) for rate in rates]
    return np.stack([W for W, _ in found]), np.stack([b for _, b in found])
