"""Forward through a network of any depth, to the cost: half of the fourth assignment.

    A[0] = X,   Z[l] = W[l] A[l-1] + b[l],   A[l] = g[l](Z[l]),   AL = A[L]

g is relu in every layer but the last, whose g is the sigmoid.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.course import _checked, basics
from chainrule.errors import InputError

__all__ = [
    "L_model_forward", "compute_cost", "linear_activation_forward", "linear_forward", "relu",
    "sigmoid",
]  # fmt: skip

Array = np.ndarray
LinearCache = tuple[Array, Array, Array]
Cache = tuple[LinearCache, Array]


def sigmoid(Z: Any) -> tuple[Array, Array]:
    """A = 1 / (1 + exp(-Z)) and, for the backward pass, Z. Any shape; Z is not copied."""
    return basics.sigmoid(Z), Z


def relu(Z: Any) -> tuple[Array, Array]:
    """A = max(0, Z) and, for the backward pass, Z. Any shape; Z is not copied."""
    return basics.relu(Z), Z


ACTIVATIONS: dict[str, Callable[[Any], tuple[Array, Array]]] = {"sigmoid": sigmoid, "relu": relu}


def linear_forward(A: Any, W: Any, b: Any) -> tuple[Array, LinearCache]:
    """Z = W A + b.

    A (n_prev, m), W (n, n_prev), b (n, 1). Returns Z (n, m) and the cache (A, W, b), not copied.
    """
    A, W, b = _checked.layer("linear_forward", "A", A, W, b)
    return W @ A + b, (A, W, b)


def linear_activation_forward(A_prev: Any, W: Any, b: Any, activation: str) -> tuple[Array, Cache]:
    """A = g(W A_prev + b), g the sigmoid or relu.

    A_prev (n_prev, m), W (n, n_prev), b (n, 1); activation "sigmoid" or "relu". Returns A (n, m)
    and the cache ((A_prev, W, b), Z), not copied.
    """
    checks.one_of("linear_activation_forward", "activation", activation, ACTIVATIONS)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = ACTIVATIONS[activation](Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X: Any, parameters: dict[str, Array]) -> tuple[Array, list[Cache]]:
    """AL, the network's probabilities: L - 1 layers of relu, then one of sigmoid.

    X (n_x, m); parameters W1, b1, ..., WL, bL. Returns AL (n_L, m) and the L caches of
    `linear_activation_forward`, layer 1 first.
    """
    L = _checked.depth("L_model_forward", parameters)
    A = X
    caches = []
    for l in range(1, L + 1):  # noqa: E741
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        try:
            A, cache = linear_activation_forward(A, W, b, "relu" if l < L else "sigmoid")
        except InputError as error:
            raise error.at(f"L_model_forward, layer {l}") from None
        caches.append(cache)
    return A, caches


def compute_cost(AL: Any, Y: Any) -> Array:
    """The cross-entropy cost, in nats per example, an array of shape ().

        J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ]

    AL (1, m) probabilities, Y (1, m) labels 0 and 1. Finite where AL is exactly 0 or 1 and the
    label agrees (0 log 0 = 0); inf, without a warning, where it disagrees.
    """
    AL = _checked.probabilities("compute_cost", "AL", AL)
    Y = _checked.labels("compute_cost", "Y", Y, AL.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_ones = np.where(Y == 0, 0, Y * np.log(AL))
        of_zeros = np.where(Y == 1, 0, (1 - Y) * np.log(1 - AL))
    return np.array(0.0 - np.sum(of_ones + of_zeros) / AL.shape[1])  # 0.0 - 0.0: without a sign
