"""Labels Y (n_y, m): whether a loss can take them, and which of them the outputs get right."""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network.losses import LOSSES

Array = np.ndarray


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
        raise InputError(
            "Network",
            f"labels between 0 and 1 for {loss}",
            f"labels from {Y.min():g} to {Y.max():g}",
            "Use 0 and 1 for two classes, one row per class for more.",
        )
    if loss == "poisson_deviance" and Y.size and Y.min() < 0:
        raise InputError("Network", f"Y >= 0 for {loss}", f"values from {Y.min():g}")
    if loss == "softmax_cross_entropy" and not np.allclose(Y.sum(axis=0), 1):
        raise InputError(
            "Network", "every column of Y to sum to 1", "columns that do not", "One-hot labels do."
        )
    return Y


def correct(A: Array, Y: Array, activation: str) -> Array:
    """Which columns of the outputs A (..., n_y, m) name the class of Y: booleans (..., m).

    Softmax: the most probable class is the labeled one. Otherwise every output lies on the same
    side of 1/2 as its label.
    """
    if activation == "softmax":
        right: Array = A.argmax(axis=-2) == Y.argmax(axis=-2)
        return right
    return np.all((A > 0.5) == (Y > 0.5), axis=-2)
