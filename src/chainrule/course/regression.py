"""Logistic regression as a class, in the form of well-known study notes on the course."""

from typing import Any, Self

import numpy as np

from chainrule import checks
from chainrule.course import _checked, _engine
from chainrule.course.basics import sigmoid
from chainrule.errors import InputError
from chainrule.network.losses import binary_cross_entropy


class LogisticRegression:
    """Logistic regression in the course's shapes: examples are columns.

        A = sigmoid(w^T X + b),   J = -1/m sum_i [ y_i log(a_i) + (1 - y_i) log(1 - a_i) ]

    After `fit`: w (n_x, 1) float64, b a number, and costs, the list of the costs (nats per
    example) of iterations 0, print_num, 2 print_num, ...
    """

    w: np.ndarray
    b: float
    costs: list[np.ndarray]

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
        self.w, self.b, self.costs = _engine.regress(
            where, X, Y, num_iterations, learning_rate, print_num, print_cost
        )
        return self

    def predict_prob(self, X: Any) -> np.ndarray:
        """The probability of label 1 for each column of X (n_x, m): (1, m)."""
        return sigmoid(self._logits(X))

    def predict(self, X: Any, threshold: float = 0.5) -> np.ndarray:
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

    def _logits(self, X: Any) -> np.ndarray:
        """w^T X + b, (1, m)."""
        if not hasattr(self, "w"):
            raise InputError("LogisticRegression", "a fitted model", "none", "Call fit first.")
        X = _checked.features("LogisticRegression", "X", X, self.w.shape[0])
        return self.w.T @ X + self.b
