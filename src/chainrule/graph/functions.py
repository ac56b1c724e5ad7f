"""What neural networks add to NumPy's functions, for arrays and nodes alike.

Each is one operation, exact at logits of +-1000, where the same formula spelled out in exp and log
would overflow. The graph has them for itself, and `network` has its own with room for results: a
test holds the two to the same bits.
"""

from functools import partial
from typing import Any

import numpy as np

from chainrule.graph.operations.definition import Function, define, plain, traceable

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


@traceable
def binary_log_loss(A: Array, Y: Array) -> Array:
    """-sum_k y log a + (1 - y) log(1 - a) of probabilities A (..., n, m): (..., m), in nats.

    The same as `binary_cross_entropy` of their logits, as textbooks write it: infinite where a
    mistake is so confident that a is rounded to 0 or 1. 0 log 0 = 0. Y : labels in [0, 1], plain.
    """
    Y = np.asarray(Y)
    return -np.sum(_times_log(Y, A) + _times_log(1 - Y, 1 - A), axis=-2)


@traceable
def log_loss(A: Array, Y: Array) -> Array:
    """-sum_k y log a of probabilities A (..., n, m): (..., m), in nats; 0 log 0 = 0.

    The same as `softmax_cross_entropy` of their logits, unless a is rounded to 0.
    Y : columns that sum to 1, plain numbers.
    """
    return -np.sum(_times_log(np.asarray(Y), A), axis=-2)


@traceable
def rate_deviance(A: Array, Y: Array) -> Array:
    """sum_k y log(y / a) - y + a of rates A > 0 and counts y >= 0, plain numbers: (..., m).

    The same as `poisson_deviance` of log A.
    """
    Y = np.asarray(Y)
    return np.sum(_times_log(Y, Y) - _times_log(Y, A) - Y + A, axis=-2)


def _times_log(y: Array, a: Array) -> Array:
    with np.errstate(divide="ignore"):  # log 0 = -inf is what it is
        return y * np.log(np.where(y > 0, a, 1))


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


def _of_loss(output: Function, g: Array, z: Array, x: Array, y: Array) -> Array:
    """dJ/dL (..., m) for every unit: (..., 1, m), times the error of the output."""
    return np.expand_dims(g, -2) * (output(x) - y)


def _part(y: Array, x: Array) -> Array:
    """y / x, 0 where y is 0."""
    return y / np.where(plain(y) > 0, x, 1.0)


def _of_binary_log_loss(g: Array, z: Array, x: Array, y: Array) -> Array:
    return np.expand_dims(g, -2) * (_part(1 - y, 1 - x) - _part(y, x))


def _of_log_loss(g: Array, z: Array, x: Array, y: Array) -> Array:
    return -np.expand_dims(g, -2) * _part(y, x)


def _of_rate_deviance(g: Array, z: Array, x: Array, y: Array) -> Array:
    return np.expand_dims(g, -2) * (1 - _part(y, x))


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
define(
    binary_log_loss,
    "binary_log_loss(x, y)",
    ("g * ((1 - y) / (1 - x) - y / x)", _of_binary_log_loss),
    None,
)
define(log_loss, "log_loss(x, y)", ("-g * y / x", _of_log_loss), None)
define(rate_deviance, "rate_deviance(x, y)", ("g * (1 - y / x)", _of_rate_deviance), None)
