"""Python basics with NumPy: the course's first assignment."""

from typing import Any

import numpy as np

from chainrule import checks, graph
from chainrule.course import _checked
from chainrule.errors import InputError

__all__ = [
    "L1", "L2", "basic_sigmoid", "image2vector", "normalizeRows", "normalize_rows", "relu",
    "sigmoid", "sigmoid_derivative", "softmax",
]  # fmt: skip


def sigmoid(x: Any) -> Any:
    """The sigmoid of every element.

        s = 1 / (1 + exp(-x))

    x : a number or an array of any shape. Returns s, the same shape, in [0, 1]; float32 stays
    float32. Within a few units in the last place wherever s is a normal number; exactly 0 and 1
    at -1000 and 1000.
    """
    # exp(1000) is inf, and 1 / inf is the right answer, 0. The usual second form for x < 0,
    # exp(x) / (1 + exp(x)), would gain nothing above 1e-308 and differ from the course's bits.
    return graph.sigmoid(_checked.floats("sigmoid", "x", x))


def basic_sigmoid(x: float) -> float:
    """The sigmoid of one number, s = 1 / (1 + exp(-x)), as a float."""
    return float(sigmoid(checks.number("basic_sigmoid", "x", x)))


def sigmoid_derivative(x: Any) -> Any:
    """The slope of the sigmoid at every element.

        ds = s (1 - s),  s = sigmoid(x)

    x : a number or an array of any shape. Returns ds, the same shape, in [0, 1/4].
    """
    s = sigmoid(x)
    return s * (1 - s)


def relu(x: Any) -> Any:
    """max(0, x) of every element. x : a number or an array of any shape. Returns a new array."""
    return np.maximum(0, _checked.floats("relu", "x", x))


def image2vector(image: Any) -> np.ndarray:
    """A picture as one column, in C order: row by row, the colors of a pixel together.

    image : (height, width, depth) or (height, width). Returns (height * width * depth, 1), of the
    same dtype; a view of `image` wherever NumPy can make one.
    """
    array = np.asarray(image)
    if array.ndim not in (2, 3):
        raise InputError(
            "image2vector",
            "one picture of shape (height, width, depth)",
            f"shape {array.shape}",
            "Several pictures (m, height, width, depth) become columns with "
            "images.reshape(m, -1).T." * (array.ndim == 4),
        )
    return array.reshape(-1, 1)


def normalize_rows(x: Any) -> np.ndarray:
    """Each row divided by its Euclidean length.

        x_ij / sqrt(sum_k x_ik^2)

    x : (n, k). Returns (n, k), every row of length 1; a row of zeros has no direction and stays
    zero.
    """
    x = _checked.rows("normalize_rows", "x", x)
    # hypot and not norm: it takes no squares, which overflow at 1e200 and vanish at 1e-200.
    length = np.hypot.reduce(x, axis=1, keepdims=True)
    return x / np.where(length == 0, 1, length)


normalizeRows = normalize_rows  # noqa: N816 - the name in the course's older editions


def softmax(x: Any) -> np.ndarray:
    """Each row as probabilities.

        exp(x_ij) / sum_k exp(x_ik)

    x : (n, k) scores. Returns (n, k), rows that sum to 1. The largest score of a row is taken off
    first, which changes nothing in the ratio and keeps exp from overflowing.
    """
    x = _checked.rows("softmax", "x", x)
    x_exp = np.exp(x - x.max(axis=1, keepdims=True))
    return x_exp / x_exp.sum(axis=1, keepdims=True)


def L1(yhat: Any, y: Any) -> np.floating:
    """The absolute error, sum_i |y_i - yhat_i|, over arrays of one shape."""
    y, yhat = _checked.alike("L1", ("y", "yhat"), y, yhat)
    return np.sum(np.abs(y - yhat))


def L2(yhat: Any, y: Any) -> np.floating:
    """The squared error, sum_i (y_i - yhat_i)^2, over arrays of one shape."""
    y, yhat = _checked.alike("L2", ("y", "yhat"), y, yhat)
    return np.sum((y - yhat) ** 2)
