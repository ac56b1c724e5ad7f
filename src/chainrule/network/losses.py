"""Losses, each beside its derivative, and the labels that they take.

    J = sum_i w_i L_i      w (..., 1, m) example weights that sum to 1 (1/m each: the mean)

`per_example(Z, A, Y)` gives L (..., m), summed over the output units, from the logits Z (..., n, m)
and the outputs A = g(Z). `derivative(A, Y, weight)` gives dJ/dZ for the two cross-entropies
and the Poisson deviance, where the output activation's derivative cancels, and dJ/dA for the
others; into `out` if given.

The cross-entropies are computed from logits, so nothing is clipped: a confident mistake keeps
its exact cost and its exact gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.device import NUMPY
from chainrule.errors import InputError
from chainrule.network.activations import ACTIVATIONS

Array = np.ndarray


def binary_cross_entropy(Z: Array, A: Array, Y: Array, xp: Any = NUMPY) -> Array:
    """L = sum_k log(1 + exp(z_k)) - y_k z_k, in nats, for labels y in [0, 1] and a = sigmoid(z).

    The same as -y log a - (1 - y) log(1 - a).
    """
    return xp.sum(xp.logaddexp(0, Z) - Y * Z, axis=-2)


def softmax_cross_entropy(Z: Array, A: Array, Y: Array, xp: Any = NUMPY) -> Array:
    """L = log sum_k exp(z_k) - sum_k y_k z_k, in nats, for columns y that sum to 1."""
    top = xp.max(Z, axis=-2)
    total = xp.sum(xp.exp(Z - top[..., None, :]), axis=-2)
    return top + xp.log(total) - xp.sum(Y * Z, axis=-2)


def weighted_error(
    A: Array, Y: Array, weight: Array, out: Array | None = None, xp: Any = NUMPY
) -> Array:
    """dJ/dZ = w (A - Y), for both cross-entropies and the Poisson deviance; dJ/dA of the squared
    error."""
    return xp.multiply(xp.subtract(A, Y, out=out), weight, out=out)


def squared_error(Z: Array, A: Array, Y: Array, xp: Any = NUMPY) -> Array:
    """L = 1/2 sum_k (a_k - y_k)^2, in squared units of y."""
    return 0.5 * xp.sum(xp.square(A - Y), axis=-2)


def poisson_deviance(Z: Array, A: Array, Y: Array, xp: Any = NUMPY) -> Array:
    """L = sum_k y_k log(y_k / a_k) - y_k + a_k for counts y >= 0 and a = exp(z), 0 log 0 = 0.

    Half the Poisson deviance (McCullagh & Nelder 1989, section 2.3); log a is z, from logits.
    """
    y_log_y = Y * xp.log(xp.where(Y > 0, Y, 1))
    return xp.sum(y_log_y - Y * Z - Y + A, axis=-2)


def absolute_error(Z: Array, A: Array, Y: Array, xp: Any = NUMPY) -> Array:
    """L = sum_k |a_k - y_k|, in units of y."""
    return xp.sum(xp.abs(A - Y), axis=-2)


def sign_of_error(
    A: Array, Y: Array, weight: Array, out: Array | None = None, xp: Any = NUMPY
) -> Array:
    """dJ/dA = w sign(A - Y); 0 where a = y."""
    return xp.multiply(xp.sign(xp.subtract(A, Y, out=out), out=out), weight, out=out)


def huber(Z: Array, A: Array, Y: Array, xp: Any = NUMPY) -> Array:
    """L = sum_k e_k^2 / 2 where |e_k| <= 1, else |e_k| - 1/2, with e = a - y.

    Huber 1964, Ann. Math. Stat. 35:73, with the threshold 1: where targets are standardized one
    standard deviation of them. Written as c (e - c/2) with e clipped to [-1, 1] as c.
    """
    E = A - Y
    clipped = xp.clip(E, -1, 1)
    return xp.sum(clipped * (E - 0.5 * clipped), axis=-2)


def clipped_error(
    A: Array, Y: Array, weight: Array, out: Array | None = None, xp: Any = NUMPY
) -> Array:
    """dJ/dA = w e, with e = A - Y clipped to [-1, 1]."""
    E = xp.subtract(A, Y, out=out)
    return xp.multiply(xp.clip(E, -1, 1, out=out), weight, out=out)


@dataclass(frozen=True)
class Loss:
    """A loss and its derivative, by name.

    output : the output activation that the loss requires, because its derivative is with respect
        to the logits; None where any will do and the derivative is with respect to the outputs.
    classifies : whether the labels are classes, so that accuracy has a meaning.
    """

    name: str
    per_example: Callable[..., Array]
    derivative: Callable[..., Array]
    output: str | None
    classifies: bool

    def on(self, xp: Any) -> "Loss":
        """The same for arrays of another namespace (see `activations`)."""
        if xp is NUMPY:
            return self
        of_each, derivative = partial(self.per_example, xp=xp), partial(self.derivative, xp=xp)
        return replace(self, per_example=of_each, derivative=derivative)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("binary_cross_entropy", binary_cross_entropy, weighted_error, "sigmoid", True),
        Loss("softmax_cross_entropy", softmax_cross_entropy, weighted_error, "softmax", True),
        Loss("poisson_deviance", poisson_deviance, weighted_error, "exp", False),
        Loss("squared_error", squared_error, weighted_error, None, False),
        Loss("absolute_error", absolute_error, sign_of_error, None, False),
        Loss("huber", huber, clipped_error, None, False),
    )
}


def output_and_loss(n_y: int, output: str | None, loss: str | None) -> tuple[str, str]:
    """The output activation and loss, where one or both are left to the other or to n_y."""
    if output is not None:
        checks.one_of("Network", "output", output, ACTIVATIONS)
    if loss is None:
        output = output or ("sigmoid" if n_y == 1 else "softmax")
        pairs = {loss.output: loss.name for loss in LOSSES.values()}
        return output, pairs.get(output, "squared_error")
    checks.one_of("Network", "loss", loss, LOSSES)
    return output or LOSSES[loss].output or "identity", loss


def check_labels(Y: Any, n_y: int, m: int, loss: str) -> Array:
    """Y as (n_y, m) numbers that the loss can take, or InputError."""
    Y = checks.matrix("Network", "Y", Y)
    if Y.shape != (n_y, m):
        fix = f"Pass Y.T, of shape ({n_y}, {m})." if Y.shape == (m, n_y) else ""
        if loss == "softmax_cross_entropy" and Y.shape == (1, m):
            fix = "One-hot labels are needed: numpy.eye(n_classes)[:, labels]."
        raise InputError(
            "Network", f"Y of shape ({n_y}, {m}), one column per example", f"{Y.shape}", fix
        )
    if LOSSES[loss].classifies and Y.size and (Y.min() < 0 or Y.max() > 1):
        got = f"labels from {Y.min():g} to {Y.max():g}"
        fix = "Use 0 and 1 for two classes, one row per class for more."
        raise InputError("Network", f"labels between 0 and 1 for {loss}", got, fix)
    if loss == "poisson_deviance" and Y.size and Y.min() < 0:
        raise InputError("Network", f"Y >= 0 for {loss}", f"values from {Y.min():g}")
    if loss == "softmax_cross_entropy" and not np.allclose(Y.sum(axis=0), 1):
        raise InputError(
            "Network", "every column of Y to sum to 1", "columns that do not", "One-hot labels do."
        )
    return Y


def correct(A: Array, Y: Array, activation: str, xp: Any = NUMPY) -> Array:
    """Which columns of the outputs A (..., n_y, m) name the class of Y: booleans (..., m).

    Softmax: the most probable class is the labeled one. Otherwise every output lies on the same
    side of 1/2 as its label.
    """
    if activation == "softmax":
        return xp.equal(xp.argmax(A, axis=-2), xp.argmax(Y, axis=-2))
    return xp.all((A > 0.5) == (Y > 0.5), axis=-2)
