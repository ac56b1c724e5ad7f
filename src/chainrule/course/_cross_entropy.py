"""The course's cost, from probabilities, beside its derivative."""

import numpy as np


def cross_entropy(A: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Mean cost of probabilities A against labels Y, in nats per example, of shape ().

        J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ],   0 log 0 = 0

    A : (n_y, m) in [0, 1]. Y : (n_y, m). Finite where A is exactly 0 or 1 and the label agrees;
    truly infinite, without a warning, where it does not.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        of_ones = np.where(Y == 0, 0, Y * np.log(A))
        of_zeros = np.where(Y == 1, 0, (1 - Y) * np.log(1 - A))
    return np.array(0.0 - np.sum(of_ones + of_zeros) / A.shape[1])  # 0.0 - 0.0: without a sign


def cross_entropy_derivative(A: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """m dJ/dA, the course's dA: examples are averaged later, in dW and db.

        dA = -( y / a - (1 - y) / (1 - a) ),   0 / 0 = 0

    Shapes as in `cross_entropy`. Infinite, without a warning, where the true label was given
    probability 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(Y == 1, 0, (1 - Y) / (1 - A)) - np.where(Y == 0, 0, Y / A)
