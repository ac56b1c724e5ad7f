"""The network's functions as operations of the graph, for arrays and nodes alike.

Each is one operation, exact at logits of +-1000, where the same formula spelled out in exp and log
would overflow. Values are those of `network.activations` and `network.losses`.
"""

from typing import Any

import numpy as np

from chainrule.graph.operations import define, traceable
from chainrule.network import ACTIVATIONS, LOSSES
from chainrule.network.activations import LEAK

Array = Any


@traceable
def sigmoid(Z: Array) -> Array:
    """1 / (1 + exp(-z)) of every element."""
    return ACTIVATIONS["sigmoid"](np.asarray(Z))


@traceable
def relu(Z: Array) -> Array:
    """max(0, z) of every element; its derivative at 0 is 0."""
    return ACTIVATIONS["relu"](np.asarray(Z))


@traceable
def leaky_relu(Z: Array) -> Array:
    """z where z > 0, else 0.01 z; its derivative at 0 is 0.01."""
    return ACTIVATIONS["leaky_relu"](np.asarray(Z))


@traceable
def softmax(Z: Array) -> Array:
    """exp(z_k) / sum_j exp(z_j) over the axis before the last, the units: columns sum to 1."""
    return ACTIVATIONS["softmax"](np.asarray(Z))


@traceable
def binary_cross_entropy(Z: Array, Y: Array) -> Array:
    """log(1 + exp(z)) - y z of logits Z (..., n, m), summed over the units: (..., m), in nats.

    Y : labels in [0, 1], plain numbers.
    """
    return LOSSES["binary_cross_entropy"].per_example(np.asarray(Z), Z, np.asarray(Y))


@traceable
def softmax_cross_entropy(Z: Array, Y: Array) -> Array:
    """log sum_k exp(z_k) - sum_k y_k z_k of logits Z (..., n, m): (..., m), in nats.

    Y : columns that sum to 1, plain numbers.
    """
    return LOSSES["softmax_cross_entropy"].per_example(np.asarray(Z), Z, np.asarray(Y))


@traceable
def poisson_deviance(Z: Array, Y: Array) -> Array:
    """sum_k y_k log(y_k / a_k) - y_k + a_k with a = exp(z), for counts y >= 0: (..., m)."""
    Z = np.asarray(Z)
    return LOSSES["poisson_deviance"].per_example(Z, np.exp(Z), np.asarray(Y))


def squared_error(A: Array, Y: Array) -> Array:
    """1/2 sum_k (a_k - y_k)^2 over the axis before the last: (..., m)."""
    return 0.5 * np.sum(np.square(A - Y), axis=-2)


def absolute_error(A: Array, Y: Array) -> Array:
    """sum_k |a_k - y_k| over the axis before the last: (..., m)."""
    return np.sum(np.abs(A - Y), axis=-2)


def _softmax_gradient(g: Array, z: Array, x: Array) -> Array:
    return z * (g - np.sum(g * z, axis=-2, keepdims=True))


def _each(g: Array) -> Array:
    """dJ/dL (..., m) for every unit: (..., 1, m)."""
    return np.expand_dims(g, -2)


define(
    sigmoid, "sigmoid(x)", ("g * z * (1 - z)", lambda g, z, x: g * z * (1 - z)), elementwise=True
)
define(
    relu,
    "relu(x)",
    ("g * (z > 0)", lambda g, z, x: g * (z > 0)),
    elementwise=True,
    routes=True,
)
define(
    leaky_relu,
    "leaky_relu(x)",
    ("g * where(z > 0, 1, 0.01)", lambda g, z, x: g * np.where(z > 0, 1.0, LEAK)),
    elementwise=True,
)
define(softmax, "softmax(x)", ("z * (g - sum(g * z))", _softmax_gradient))
define(
    binary_cross_entropy,
    "binary_cross_entropy(x, y)",
    ("g * (sigmoid(x) - y)", lambda g, z, x, y: _each(g) * (sigmoid(x) - y)),
    None,
)
define(
    softmax_cross_entropy,
    "softmax_cross_entropy(x, y)",
    ("g * (softmax(x) - y)", lambda g, z, x, y: _each(g) * (softmax(x) - y)),
    None,
)
define(
    poisson_deviance,
    "poisson_deviance(x, y)",
    ("g * (exp(x) - y)", lambda g, z, x, y: _each(g) * (np.exp(x) - y)),
    None,
)
