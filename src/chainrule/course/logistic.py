"""Logistic regression with a neural network mindset: the course's second assignment.

    A = sigmoid(w^T X + b),   J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ]

`optimize` is the textbook loop; `model` and `LogisticRegression` run the same iterations on the
library's engine, which gives the same numbers sooner.
"""

from typing import Any, Self

import numpy as np

from chainrule import checks
from chainrule.course import _checked, _engine
from chainrule.course.basics import sigmoid
from chainrule.course.pictures import load_dataset
from chainrule.errors import InputError
from chainrule.network.losses import binary_cross_entropy

__all__ = [
    "LogisticRegression", "initialize_with_zeros", "load_dataset", "model", "optimize", "predict",
    "propagate", "sigmoid",
]  # fmt: skip

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
    w, b, costs = _regress(
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


class LogisticRegression:
    """Logistic regression as a class, in the form of well-known study notes on the course.

        A = sigmoid(w^T X + b),   J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ]

    After `fit`: w (n_x, 1) float64, b a number, and costs, the list of the costs (nats per
    example) of iterations 0, print_num, 2 print_num, ...
    """

    w: Array
    b: float
    costs: list[Array]

    def fit(
        self,
        X: Any,
        Y: Any,
        num_iterations: int,
        learning_rate: float,
        print_cost: bool = False,
        print_num: int = 100,
    ) -> Self:
        """Gradient descent from zeros, on the library's engine. Returns this object.

        X (n_x, m), Y (1, m) labels 0 and 1. The cost of every print_num-th iteration is kept
        and, with print_cost, printed: iteration i's is the cost after i steps, so that
        2001 iterations end with the cost after 2000.
        """
        where = "LogisticRegression.fit"
        X, Y = _checked.examples(where, X, Y)
        self.w, self.b, self.costs = _regress(
            where, X, Y, num_iterations, learning_rate, print_num, print_cost
        )
        return self

    def predict_prob(self, X: Any) -> Array:
        """The probability of label 1 for each column of X (n_x, m): (1, m)."""
        return sigmoid(self._logits(X))

    def predict(self, X: Any, threshold: float = 0.5) -> Array:
        """1 where the probability exceeds `threshold`, else 0: (1, m), int64."""
        threshold = checks.number("LogisticRegression", "threshold", threshold, least=0, most=1)
        return (self.predict_prob(X) > threshold).astype(np.int64)

    def accuracy_score(self, X: Any, Y: Any) -> float:
        """The share of X's columns whose label in Y (1, m) is predicted, 0 to 1."""
        p = self.predict(X)
        return float(np.mean(p == _checked.labels("LogisticRegression", "Y", Y, p.shape)))

    def cost_function(self, X: Any, Y: Any) -> np.float64:
        """J of X (n_x, m) and Y (1, m), in nats per example, from w^T X + b as `propagate`."""
        Z = self._logits(X)
        Y = _checked.labels("LogisticRegression", "Y", Y, Z.shape)
        return np.float64(np.mean(binary_cross_entropy(Z, sigmoid(Z), Y)))

    def _logits(self, X: Any) -> Array:
        """w^T X + b, (1, m)."""
        if not hasattr(self, "w"):
            raise InputError("LogisticRegression", "a fitted model", "none", "Call fit first.")
        X = _checked.features("LogisticRegression", "X", X, self.w.shape[0])
        return self.w.T @ X + self.b


def _regress(
    where: str,
    X: Array,
    Y: Array,
    num_iterations: int,
    learning_rate: float,
    every: int,
    print_cost: bool,
) -> tuple[Array, np.float64, list[Array]]:
    """Logistic regression from zeros: w (n_x, 1), b, and the costs, printed if asked for."""
    every = checks.whole_number(where, "print_num", every, least=1)
    show = _engine.printed(print_cost, every, "f")
    zeros = {"W1": np.zeros((1, X.shape[0])), "b1": np.zeros((1, 1))}
    parameters, costs = _engine.descend(
        where, zeros, X, Y, num_iterations, learning_rate, every, show
    )
    return parameters["W1"].T.copy(), parameters["b1"][0, 0], costs


def _percent_right(p: Array, Y: Array) -> np.floating:
    return 100 - np.mean(np.abs(p - Y)) * 100


def _fitting(where: str, w: Any, b: Any, X: Any, Y: Any) -> tuple[Array, Array, Array, Array]:
    """The arguments as floats of shapes that fit each other."""
    X, Y = _checked.examples(where, X, Y)
    w = _checked.row_or_column(where, "w", w, (X.shape[0], 1), "one row for each row of X")
    return w, _checked.bias(where, b), X, Y
