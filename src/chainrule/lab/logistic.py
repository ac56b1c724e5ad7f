"""Logistic regression by gradient descent: as loops, as matrix equations, in the dual form.

    Z = W X + b,  A = sigmoid(Z),  dZ = A - Y,  dW = 1/m dZ X^T,  db = 1/m sum_i dz_i

X (n_x, m), Y (1, m) in {0, 1}, W (1, n_x), b (1, 1); a step is W - rate dW, b - rate db. Training
starts at zero. Every function returns new W and b.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Array = np.ndarray


def step_loops(W: Array, b: Array, X: Array, Y: Array, rate: float) -> tuple[Array, Array]:
    """One step, with a loop over the examples and in it two over the features."""
    n_x, m = X.shape
    dW, db = np.zeros((1, n_x)), 0.0
    for i in range(m):
        z = b[0, 0]
        for j in range(n_x):
            z += W[0, j] * X[j, i]
        dz = 1 / (1 + math.exp(-z)) - Y[0, i]
        for j in range(n_x):
            dW[0, j] += X[j, i] * dz / m
        db += dz / m
    W = W.copy()
    for j in range(n_x):
        W[0, j] -= rate * dW[0, j]
    return W, b - rate * db


def step_numpy(W: Array, b: Array, X: Array, Y: Array, rate: Any) -> tuple[Array, Array]:
    """The same step without a loop.

    A rate of shape (R, 1, 1) makes it R steps, one for each rate: W (R, 1, n_x), b (R, 1, 1). The
    equations act on the last two axes; an axis before them is carried along.
    """
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(W @ X + b)))
    dZ = A - Y
    dW = dZ @ X.T / m
    db = dZ.sum(axis=-1, keepdims=True) / m
    return W - rate * dW, b - rate * db


def trained(
    step: Callable[..., tuple[Array, Array]], X: Array, Y: Array, rate: Any, iterations: int
) -> tuple[Array, Array]:
    """So many steps, from W = 0 and b = 0: the only loop that the matrix equations leave is the one
    over iterations, each of which needs the last."""
    W, b = np.zeros((1, X.shape[0])), np.zeros((1, 1))
    for _ in range(iterations):
        W, b = step(W, b, X, Y, rate)
    return W, b


train_loops = partial(trained, step_loops)
train_numpy = partial(trained, step_numpy)


def train_dual(X: Array, Y: Array, rate: Any, iterations: int) -> tuple[Array, Array]:
    """The same steps on one number for each example, C (1, m), where W = C X^T.

    Each step adds a multiple of dZ X^T to W, so W never leaves this form, and W X = C K with
    K = X^T X (m, m), computed once. A step costs m^2 products instead of 2 n_x m.
    """
    m = X.shape[1]
    K = X.T @ X
    C, b = np.zeros((1, m)), np.zeros((1, 1))
    for _ in range(iterations):
        A = 1 / (1 + np.exp(-(C @ K + b)))
        dZ = A - Y
        C = C - rate * dZ / m
        b = b - rate * dZ.sum(axis=-1, keepdims=True) / m
    return C @ X.T, b
