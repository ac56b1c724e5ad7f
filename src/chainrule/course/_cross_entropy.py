"""The course's cost, from probabilities, beside its derivative."""

import numpy as np


def cross_entropy(A: np.ndarray, Y: np.ndarray) -> np.float64:
    """Mean cost of probabilities A against labels Y, in nats per example.

        J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ]

    A : (n_y, m) in [0, 1]. Y : (n_y, m) in {0, 1}. For each label one of the two terms is zero,
    so only the logarithm of the probability given to the true label is taken: finite when that
    is 1, and truly infinite, without a warning, when it is 0.
    """
    p = np.where(Y == 1, A, 1 - A)
    with np.errstate(divide="ignore"):
        return np.float64(0.0 - np.sum(np.log(p)) / A.shape[1])  # 0.0 - 0.0: a zero without sign


def cross_entropy_derivative(A: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """m dJ/dA, the course's dA: examples are averaged later, in dW and db.

        dA = -( y / a - (1 - y) / (1 - a) )

    Shapes as in `cross_entropy`. Infinite, without a warning, where the true label was given
    probability 0.
    """
    with np.errstate(divide="ignore"):
        return np.where(Y == 1, -1 / A, 1 / (1 - A))
