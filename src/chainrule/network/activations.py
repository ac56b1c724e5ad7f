"""Activation functions, each beside its derivative.

Every derivative here can be written with the value A = g(Z) alone, so a forward pass keeps A and
may overwrite Z. `value(Z, out)` gives A; `backward(dA, A, out)` gives dZ = dA g'(Z). Both act
element by element on arrays of any shape (softmax: along the axis before the last, the units),
return `out` if it is given (which may be the input itself) and a new array otherwise.

`xp` is the namespace of the arrays, NumPy's or another one's: the functions that are called are
those of the array API standard, where they are given `out` with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.device import NUMPY

LEAK = 0.01  # slope of leaky_relu below zero, the customary value (Maas et al. 2013)

Array = np.ndarray
Out = np.ndarray | None


# On short arrays a ufunc takes twice as long with a Python number as with a 0-d array.
_ONE = {one.dtype: one for one in (np.ones((), np.float64), np.ones((), np.float32))}
# Of leaky_relu, in the arrays' own dtype.
_SLOPES = {dtype: (one[()], dtype.type(LEAK)) for dtype, one in _ONE.items()}


def sigmoid(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """1 / (1 + exp(-z)), in [0, 1].

    exp(-z) overflows to infinity for very negative z, and 1 / infinity = 0 is then the right
    answer to full precision; a form in tanh would lose the digits of small probabilities.
    """
    A = xp.exp(xp.negative(Z, out=out), out=out)
    return xp.reciprocal(xp.add(A, _ONE.get(A.dtype, 1), out=out), out=out)


def sigmoid_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """g' = a (1 - a)."""
    return xp.multiply(dA, A * (1 - A), out=out)


def tanh(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z)), in (-1, 1)."""
    return xp.tanh(Z, out=out)


def tanh_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """g' = 1 - a^2."""
    return xp.multiply(dA, 1 - A * A, out=out)


def relu(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """max(0, z)."""
    return xp.maximum(Z, 0, out=out)


def relu_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """g' = 1 where z > 0, else 0; at the kink z = 0 it is 0, as in the course."""
    return xp.multiply(dA, A > 0, out=out)


def leaky_relu(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """z where z > 0, else 0.01 z."""
    return xp.maximum(Z, LEAK * Z, out=out)


def leaky_relu_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """g' = 1 where z > 0, else 0.01 (a has the sign of z)."""
    one, leak = _SLOPES.get(A.dtype) or (xp.ones_like(A), LEAK)
    return xp.multiply(dA, xp.where(A > 0, one, leak), out=out)


def identity(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """z."""
    if out is None:
        return xp.positive(Z)
    if out is not Z:
        out[...] = Z
    return out


def identity_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """g' = 1."""
    return identity(dA, out, xp)


def exp(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """exp(z), in (0, inf): the output of a rate, such as a count's mean in Poisson regression."""
    return xp.exp(Z, out=out)


def exp_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """g' = a."""
    return xp.multiply(dA, A, out=out)


def softmax(Z: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """exp(z_k) / sum_j exp(z_j) over the units (..., n, m): columns sum to 1.

    The largest logit of a column is subtracted first, which changes nothing but the overflow.
    """
    A = xp.exp(xp.subtract(Z, xp.max(Z, axis=-2, keepdims=True), out=out), out=out)
    return xp.divide(A, xp.sum(A, axis=-2, keepdims=True), out=out)


def softmax_backward(dA: Array, A: Array, out: Out = None, xp: Any = NUMPY) -> Array:
    """The Jacobian is diag(a) - a a^T for each column: dz = a (da - sum_j da_j a_j)."""
    inner = xp.sum(dA * A, axis=-2, keepdims=True)
    return xp.multiply(A, dA - inner, out=out)


@dataclass(frozen=True)
class Activation:
    """A function and its derivative, by name.

    Called, it gives the value and keeps quiet where exp overflows on the way to a right answer.
    `value` is the bare function, for loops that have one errstate around all their steps.
    """

    name: str
    value: Callable[..., Array]
    backward: Callable[..., Array]

    def __call__(self, Z: Array, out: Out = None) -> Array:
        with np.errstate(over="ignore"):
            return self.value(Z, out)

    def on(self, xp: Any) -> "Activation":
        """The same for arrays of another namespace."""
        if xp is NUMPY:
            return self
        return replace(
            self, value=partial(self.value, xp=xp), backward=partial(self.backward, xp=xp)
        )


ACTIVATIONS = {
    a.name: a
    for a in (
        Activation("sigmoid", sigmoid, sigmoid_backward),
        Activation("tanh", tanh, tanh_backward),
        Activation("relu", relu, relu_backward),
        Activation("leaky_relu", leaky_relu, leaky_relu_backward),
        Activation("identity", identity, identity_backward),
        Activation("exp", exp, exp_backward),
        Activation("softmax", softmax, softmax_backward),
    )
}
