"""From the cost back to every weight, and one step: the other half of the fourth assignment.

    dZ[l] = dA[l] g'(Z[l]),   dW[l] = 1/m dZ[l] A[l-1]^T,   db[l] = 1/m sum_i dZ[l]_i,
    dA[l-1] = W[l]^T dZ[l]

dA and dZ are m times the cost's derivatives, as in the course: the mean is taken in dW and db.
"""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.course import _checked, basics
from chainrule.course.forward import Array, Cache
from chainrule.errors import InputError

__all__ = [
    "L_model_backward", "linear_activation_backward", "linear_backward", "relu_backward",
    "sigmoid_backward", "update_parameters",
]  # fmt: skip


def linear_backward(dZ: Any, cache: tuple[Any, Any, Any]) -> tuple[Array, Array, Array]:
    """One layer's derivatives from that of its Z = W A_prev + b.

        dW = 1/m dZ A_prev^T,   db = 1/m sum_i dZ_i,   dA_prev = W^T dZ

    dZ (n, m); cache (A_prev, W, b) of `linear_forward`. Returns dA_prev (n_prev, m),
    dW (n, n_prev), db (n, 1).
    """
    where = "linear_backward"
    A_prev, W, _ = _checked.parts(where, "cache", cache, ["A_prev", "W", "b"])
    A_prev = _checked.features(where, "A_prev", A_prev)
    W = _checked.floats(where, "W", checks.matrix(where, "W", W, columns="(n, n_prev)"))
    m = A_prev.shape[1]
    dZ = _checked.derivatives(where, "dZ", dZ, (W.shape[0], m))
    dW = dZ @ A_prev.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return W.T @ dZ, dW, db


def relu_backward(dA: Any, cache: Array) -> Array:
    """dZ = dA where Z > 0, else 0. dA and cache (the Z) of one shape. Returns a new array."""
    Z = _checked.floats("relu_backward", "cache", cache)
    dA = _checked.derivatives("relu_backward", "dA", dA, Z.shape)
    return np.where(Z > 0, dA, 0)


def sigmoid_backward(dA: Any, cache: Array) -> Array:
    """dZ = dA s (1 - s), s = sigmoid(Z). dA and cache (the Z) of one shape."""
    Z = _checked.floats("sigmoid_backward", "cache", cache)
    dA = _checked.derivatives("sigmoid_backward", "dA", dA, Z.shape)
    return dA * basics.sigmoid_derivative(Z)


ACTIVATIONS_BACKWARD = {"sigmoid": sigmoid_backward, "relu": relu_backward}


def linear_activation_backward(
    dA: Any, cache: Cache, activation: str
) -> tuple[Array, Array, Array]:
    """One layer's derivatives from that of its A = g(Z), Z = W A_prev + b.

        dZ = dA * g'(Z),   then as `linear_backward`

    dA (n, m); cache of `linear_activation_forward`; activation "sigmoid" or "relu". Returns
    dA_prev (n_prev, m), dW (n, n_prev), db (n, 1).
    """
    where = "linear_activation_backward"
    checks.one_of(where, "activation", activation, ACTIVATIONS_BACKWARD)
    linear_cache, activation_cache = _checked.parts(where, "cache", cache, ["linear_cache", "Z"])
    dZ = ACTIVATIONS_BACKWARD[activation](dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL: Any, Y: Any, caches: list[Cache]) -> dict[str, Array]:
    """The derivatives of all layers, last to first.

        dAL = -Y / AL + (1 - Y) / (1 - AL),   dZ[l] = dA[l] * g'(Z[l]),   dA[l-1] = W[l]^T dZ[l]

    AL (1, m) and caches (L of them) as `L_model_forward` returns them; Y (1, m) labels 0 and 1.
    Returns dW1, db1, ..., dWL, dbL in the shapes of the parameters, and dA0, ..., dA{L-1}. (The
    course's first edition numbers dA one higher.)
    """
    where = "L_model_backward"
    AL = _checked.features(where, "AL", AL)
    Y = _checked.labels(where, "Y", Y, AL.shape)
    L = len(caches) if isinstance(caches, (list, tuple)) else 0
    if L == 0:
        raise InputError(where, "caches of one layer or more", checks.describe(caches))
    grads = {}
    linear_cache, Z = _checked.parts(where, "each of caches", caches[-1], ["linear_cache", "Z"])
    dA, dW, db = linear_backward(_output_dZ(AL, Y, Z), linear_cache)
    grads[f"dA{L - 1}"], grads[f"dW{L}"], grads[f"db{L}"] = dA, dW, db
    for l in reversed(range(1, L)):  # noqa: E741 - the course's letter
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], "relu")
        grads[f"dA{l - 1}"], grads[f"dW{l}"], grads[f"db{l}"] = dA, dW, db
    return grads


def _output_dZ(AL: Array, Y: Array, Z: Array) -> Array:
    """dZ[L] = dAL g'(Z[L]), the textbook's two factors.

        dAL = -( y / a - (1 - y) / (1 - a) ),   0 / 0 = 0

    dAL is m dJ/dAL: the mean over the examples is taken later. Where AL has been rounded to exactly
    0 or 1 the factors are infinity and zero, or nearly; there their product is written as what it
    is for every AL = sigmoid(Z): AL - Y.
    """
    rounded = (AL == 0) | (AL == 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        dAL = np.where(Y == 1, 0, (1 - Y) / (1 - AL)) - np.where(Y == 0, 0, Y / AL)
    return np.where(rounded, AL - Y, sigmoid_backward(np.where(rounded, 0, dAL), Z))


def update_parameters(
    parameters: dict[str, Array], grads: dict[str, Array], learning_rate: float
) -> dict[str, Array]:
    """One step of gradient descent: W[l] - learning_rate dW[l] and the same for b[l].

    parameters W1, b1, ..., WL, bL; grads holds dW1, db1, ..., dWL, dbL of the same shapes.
    Returns new parameters.
    """
    where = "update_parameters"
    L = _checked.depth(where, parameters)
    learning_rate = checks.number(where, "learning_rate", learning_rate)
    updated = {}
    for name in [f"{kind}{l}" for l in range(1, L + 1) for kind in "Wb"]:  # noqa: E741
        (grad,) = _checked.entries(where, "grads", grads, [f"d{name}"])
        value, grad = _checked.alike(where, (name, f"d{name}"), parameters[name], grad)
        updated[name] = value - learning_rate * grad
    return updated
