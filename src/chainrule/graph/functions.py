"""What neural networks add to NumPy's functions, for arrays and nodes alike.

Each is one operation, exact at logits of +-1000, where the same formula spelled out in exp and log
would overflow. The graph has them for itself, and `network` has its own with room for results: a
test holds the two to the same bits.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.graph.operations import define, traceable

Array = Any
LEAK = 0.01  # slope of leaky_relu below zero, the customary value (Maas et al. 2013)


@traceable
def sigmoid(Z: Array) -> Array:
    """1 / (1 + exp(-z)) of every element."""
    with np.errstate(over="ignore"):  # exp(1000) is inf, and 1 / inf the right answer
        return 1 / (1 + np.exp(-np.asarray(Z)))


@traceable
def relu(Z: Array) -> Array:
    """max(0, z) of every element; its derivative at 0 is 0."""
    return np.maximum(Z, 0)


@traceable
def leaky_relu(Z: Array) -> Array:
    """z where z > 0, else 0.01 z; its derivative at 0 is 0.01."""
    return np.maximum(Z, LEAK * np.asarray(Z))


@traceable
def softmax(Z: Array) -> Array:
    """exp(z_k) / sum_j exp(z_j) over the axis before the last, the units: columns sum to 1."""
    A = np.exp(Z - np.max(Z, axis=-2, keepdims=True))
    return A / A.sum(axis=-2, keepdims=True)


@traceable
def binary_cross_entropy(Z: Array, Y: Array) -> Array:
    """log(1 + exp(z)) - y z of logits Z (..., n, m), summed over the units: (..., m), in nats.

    Y : labels in [0, 1], plain numbers.
    """
    return np.sum(np.logaddexp(0, Z) - np.multiply(Y, Z), axis=-2)


@traceable
def softmax_cross_entropy(Z: Array, Y: Array) -> Array:
    """log sum_k exp(z_k) - sum_k y_k z_k of logits Z (..., n, m): (..., m), in nats.

    Y : columns that sum to 1, plain numbers.
    """
    top = np.max(Z, axis=-2, keepdims=True)
    log_sum = np.log(np.exp(Z - top).sum(axis=-2))
    return top[..., 0, :] + log_sum - np.sum(np.multiply(Y, Z), axis=-2)


@traceable
def poisson_deviance(Z: Array, Y: Array) -> Array:
    """sum_k y_k log(y_k / a_k) - y_k + a_k with a = exp(z), for counts y >= 0: (..., m)."""
    Y = np.asarray(Y)
    return np.sum(Y * np.log(np.where(Y > 0, Y, 1)) - Y * Z - Y + np.exp(Z), axis=-2)


def squared_error(A: Array, Y: Array) -> Array:
    """1/2 sum_k (a_k - y_k)^2 over the axis before the last: (..., m)."""
    return 0.5 * np.sum(np.square(A - Y), axis=-2)


def absolute_error(A: Array, Y: Array) -> Array:
    """sum_k |a_k - y_k| over the axis before the last: (..., m)."""
    return np.sum(np.abs(A - Y), axis=-2)


def huber(A: Array, Y: Array) -> Array:
    """sum_k e_k^2 / 2 where |e_k| <= 1, else |e_k| - 1/2, with e = a - y, over the axis before the
    last: (..., m)."""
    E = A - np.asarray(Y)
    clipped = np.clip(E, -1, 1)
    return np.sum(clipped * (E - 0.5 * clipped), axis=-2)


def _softmax_gradient(g: Array, z: Array, x: Array) -> Array:
    return z * (g - np.sum(g * z, axis=-2, keepdims=True))


def _of_loss(output: Callable, g: Array, z: Array, x: Array, y: Array) -> Array:
    """dJ/dL (..., m) for every unit: (..., 1, m), times the error of the output."""
    return np.expand_dims(g, -2) * (output(x) - y)


define(sigmoid, "sigmoid(x)", "g * z * (1 - z)", elementwise=True)
define(relu, "relu(x)", "g * (x > 0)", elementwise=True, routes=True)
define(leaky_relu, "leaky_relu(x)", f"g * where(x > 0, 1, {LEAK})", elementwise=True)
define(softmax, "softmax(x)", ("z * (g - sum(g * z))", _softmax_gradient))
for _loss, _output in (
    (binary_cross_entropy, sigmoid),
    (softmax_cross_entropy, softmax),
    (poisson_deviance, np.exp),
):
    _words = f"g * ({_output.__name__}(x) - y)"
    define(_loss, f"{_loss.__name__}(x, y)", (_words, partial(_of_loss, _output)), None)
