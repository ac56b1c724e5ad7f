"""Logistic regression with a neural network mindset: the course's second assignment.

    A = sigmoid(w^T X + b),   J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ]

`optimize` is the textbook loop; `model` and `LogisticRegression` run the same iterations on the
library's engine, which gives the same numbers sooner.
"""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.course import _checked, _engine
from chainrule.course.basics import sigmoid
from chainrule.course.pictures import load_dataset
from chainrule.course.regression import LogisticRegression
from chainrule.network.losses import binary_cross_entropy

__all__ = [
    "LogisticRegression",
    "initialize_with_zeros",
    "load_dataset",
    "model",
    "optimize",
    "predict",
    "propagate",
    "sigmoid",
]

Array = np.ndarray


def initialize_with_zeros(dim: int) -> tuple[Array, float]:
    """w of shape (dim, 1), all zeros, float64, and b = 0.0."""
    dim = checks.whole_number("initialize_with_zeros", "dim", dim, least=1)
    return np.zeros((dim, 1)), 0.0


def propagate(w: Any, b: Any, X: Any, Y: Any) -> tuple[dict[str, Any], Array]:
    """The cost and its derivatives, forward and back once.

        dw = 1/m X (A - Y)^T,   db = 1/m sum_i (a_i - y_i)

    w (n_x, 1), b a number, X (n_x, m), Y (1, m) labels 0 and 1. Returns the derivatives
    {"dw": (n_x, 1), "db": a number} and the cost J in nats per example, an array of shape ().
    The cost is computed from Z, log(1 + exp(z)) - y z: finite where A is rounded to 0 or 1.
    """
    return _propagate(*_fitting("propagate", w, b, X, Y))


def _propagate(w: Array, b: Array, X: Array, Y: Array) -> tuple[dict[str, Any], Array]:
    m = X.shape[1]
    Z = w.T @ X + b
    A = sigmoid(Z)
    cost = np.array(np.mean(binary_cross_entropy(Z, A, Y)))
    dw = X @ (A - Y).T / m
    db = np.sum(A - Y) / m
    return {"dw": dw, "db": db}, cost


def optimize(
    w: Any,
    b: Any,
    X: Any,
    Y: Any,
    num_iterations: int = 100,
    learning_rate: float = 0.009,
    print_cost: bool = False,
) -> tuple[dict[str, Any], dict[str, Any], list[Array]]:
    """Gradient descent from w and b, one `propagate` and one step at a time.

    w (n_x, 1), b a number, X (n_x, m), Y (1, m) labels 0 and 1; num_iterations at least 1.
    Returns params {"w", "b"}, the grads {"dw", "db"} of the last iteration (taken before its
    step), and the costs of iterations 0, 100, 200, ... With print_cost these costs are printed.
    """
    w, b, X, Y = _fitting("optimize", w, b, X, Y)
    num_iterations = checks.whole_number("optimize", "num_iterations", num_iterations, least=1)
    learning_rate = checks.number("optimize", "learning_rate", learning_rate)
    costs = []
    for i in range(num_iterations):
        grads, cost = _propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
            if print_cost:
                print(f"Cost after iteration {i}: {cost:f}")
    return {"w": w, "b": b}, grads, costs


def predict(w: Any, b: Any, X: Any) -> Array:
    """1 where the probability sigmoid(w^T X + b) exceeds 0.5, else 0: (1, m), float64.

    w (n_x, 1), b a number, X (n_x, m).
    """
    X = _checked.features("predict", "X", X)
    w = _checked.row_or_column("predict", "w", w, (X.shape[0], 1), "one row for each row of X")
    b = _checked.bias("predict", b)
    return (sigmoid(w.T @ X + b) > 0.5).astype(np.float64)


def model(
    X_train: Any,
    Y_train: Any,
    X_test: Any,
    Y_test: Any,
    num_iterations: int = 2000,
    learning_rate: float = 0.5,
    print_cost: bool = False,
) -> dict[str, Any]:
    """Logistic regression trained from zeros and tried on both sets.

    X_train (n_x, m), Y_train (1, m), X_test (n_x, m_test), Y_test (1, m_test). Returns what the
    course's does: costs (of iterations 0, 100, ...), Y_prediction_test, Y_prediction_train,
    w (n_x, 1), b, learning_rate and num_iterations. With print_cost the costs and both accuracies
    are printed; the course's first edition prints the accuracies always. Costs are those of
    `optimize`, but computed from w^T X + b: they stay finite where log(0) would not.
    """
    X_train = _checked.features("model", "X_train", X_train)
    X_test = _checked.features("model", "X_test", X_test, X_train.shape[0])
    Y_test = _checked.labels("model", "Y_test", Y_test, (1, X_test.shape[1]))
    Y_train = _checked.labels("model", "Y_train", Y_train, (1, X_train.shape[1]))
    w, b, costs = _engine.regress(
        "model", X_train, Y_train, num_iterations, learning_rate, 100, print_cost
    )
    p_test, p_train = predict(w, b, X_test), predict(w, b, X_train)
    if print_cost:
        print(f"train accuracy: {_percent_right(p_train, Y_train)} %")
        print(f"test accuracy: {_percent_right(p_test, Y_test)} %")
    return {
        "costs": costs,
        "Y_prediction_test": p_test,
        "Y_prediction_train": p_train,
        "w": w,
        "b": b,
        "learning_rate": learning_rate,
        "num_iterations": num_iterations,
    }


def _percent_right(p: Array, Y: Array) -> np.floating:
    return 100 - np.mean(np.abs(p - Y)) * 100


def _fitting(where: str, w: Any, b: Any, X: Any, Y: Any) -> tuple[Array, Array, Array, Array]:
    """The arguments as floats of shapes that fit each other."""
    X, Y = _checked.examples(where, X, Y)
    w = _checked.row_or_column(where, "w", w, (X.shape[0], 1), "one row for each row of X")
    return w, _checked.bias(where, b), X, Y
