"""Planar data classification with one hidden layer: the course's third assignment.

    Z1 = W1 X + b1,   A1 = tanh(Z1),   Z2 = W2 A1 + b2,   A2 = sigmoid(Z2)

`nn_model` runs its iterations on the library's engine, which gives the same numbers.
"""

from typing import Any

import numpy as np

from chainrule.course import _checked, _engine, backward, forward
from chainrule.course.basics import sigmoid
from chainrule.course.shown import plot_decision_boundary
from chainrule.course.starting_weights import initialize_parameters
from chainrule.errors import InputError

__all__ = [
    "backward_propagation", "compute_cost", "forward_propagation", "initialize_parameters",
    "layer_sizes", "load_extra_datasets", "load_planar_dataset", "nn_model",
    "plot_decision_boundary", "predict", "sigmoid", "update_parameters",
]  # fmt: skip

Array = np.ndarray
Parameters = dict[str, Array]
Examples = tuple[Array, Array]
LEARNING_RATE = 1.2  # the course's, for every network of this assignment


def load_planar_dataset() -> Examples:
    """The course's flower: 400 points X (2, 400) and their labels Y (1, 400), 0 red and 1 blue.

        r = 4 sin(4 theta) + 0.2 noise,   x = (r sin theta, r cos theta)

    theta runs over [0, 3.12] for the first 200 and [3.12, 6.24] for the others, with noise of 0.2
    as well. Drawn after np.random.seed(1): always the same points. Y is uint8.
    """
    np.random.seed(1)
    noise = 0.2 * np.random.randn(2, 2, 200)  # of each class, of theta and of r, of each point
    theta = np.linspace([0, 3.12], [3.12, 6.24], 200, axis=1) + noise[:, 0]
    r = 4 * np.sin(4 * theta) + noise[:, 1]
    X = (r * np.array([np.sin(theta), np.cos(theta)])).reshape(2, 400)
    return X, np.repeat(np.array([[0, 1]], np.uint8), 200, axis=1)


def load_extra_datasets() -> tuple[Examples, Examples, Examples, Examples, Examples]:
    """Noisy circles, noisy moons, six blobs, Gaussian quantiles, and points without structure.

    Each X (200, 2), examples as rows, and labels (200,), from scikit-learn's generators of these
    names and NumPy's global generator as it stands; the last is a second set of points instead of
    labels.
    """
    from sklearn import datasets

    return (
        datasets.make_circles(200, factor=0.5, noise=0.3),
        datasets.make_moons(200, noise=0.2),
        datasets.make_blobs(200, n_features=2, centers=6, random_state=5),
        datasets.make_gaussian_quantiles(cov=0.5, n_samples=200, n_features=2, n_classes=2),
        (np.random.rand(200, 2), np.random.rand(200, 2)),
    )


def layer_sizes(X: Any, Y: Any) -> tuple[int, int, int]:
    """(n_x, n_h, n_y) for X (n_x, m) and Y (n_y, m), or Y (m,) for one output; n_h is 4."""
    X = _checked.features("layer_sizes", "X", X)
    Y = np.atleast_2d(_checked.floats("layer_sizes", "Y", Y))
    if Y.shape[1:] != X.shape[1:]:
        expected = f"Y with {X.shape[1]} columns, one per example"
        raise InputError("layer_sizes", expected, f"shape {Y.shape}")
    return len(X), 4, len(Y)


def forward_propagation(X: Any, parameters: Parameters) -> tuple[Array, dict[str, Array]]:
    """A2 (n_y, m), the probabilities, and the cache: Z1, A1 (n_h, m), Z2, A2 (n_y, m).

    X (n_x, m); parameters W1 (n_h, n_x), b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1).
    """
    where = "forward_propagation"
    W1, b1, W2, b2 = _checked.entries(where, "parameters", parameters, ["W1", "b1", "W2", "b2"])
    X, W1, b1 = _checked.layer(f"{where}, layer 1", "X", X, W1, b1)
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    A1, W2, b2 = _checked.layer(f"{where}, layer 2", "A1", A1, W2, b2)
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2: Any, Y: Any, parameters: Parameters | None = None) -> float:
    """The cross-entropy cost in nats per example, a float: see `forward.compute_cost`.

    parameters : passed by the course's first edition, whose cost does not depend on them either.
    """
    return float(forward.compute_cost(A2, Y))


def backward_propagation(
    parameters: Parameters, cache: dict[str, Array], X: Any, Y: Any
) -> dict[str, Array]:
    """The derivatives dW1, db1, dW2, db2, in the shapes of the parameters.

        dZ2 = A2 - Y,   dZ1 = W2^T dZ2 (1 - A1^2),   dW = 1/m dZ A_prev^T,   db = 1/m sum_i dZ_i

    cache of `forward_propagation`, X (n_x, m), Y (n_y, m).
    """
    where = "backward_propagation"
    X = _checked.features(where, "X", X)
    W1, W2 = _checked.entries(where, "parameters", parameters, ["W1", "W2"])
    A1, A2 = _checked.entries(where, "cache", cache, ["A1", "A2"])
    A2 = _checked.features(where, "A2", A2)
    dZ2 = A2 - _checked.labels(where, "Y", Y, A2.shape)
    dA1, dW2, db2 = backward.linear_backward(dZ2, (A1, W2, None))
    dZ1 = dA1 * (1 - _checked.of_shape(where, "A1", A1, dA1.shape, "one row for each unit") ** 2)
    _, dW1, db1 = backward.linear_backward(dZ1, (X, W1, None))
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(
    parameters: Parameters, grads: dict[str, Array], learning_rate: float = LEARNING_RATE
) -> Parameters:
    """One step of gradient descent: W - learning_rate dW, and the same for b. A new dictionary."""
    return backward.update_parameters(parameters, grads, learning_rate)


def nn_model(
    X: Any, Y: Any, n_h: int, num_iterations: int = 10000, print_cost: bool = False
) -> Parameters:
    """Train n_x -> n_h tanh -> n_y sigmoid by gradient descent of rate 1.2.

    X (n_x, m), Y (n_y, m) labels 0 and 1. Returns W1, b1, W2, b2. With print_cost the cost of every
    thousandth iteration is printed. Like the course's, it starts with np.random.seed(3).
    Raises DivergenceError when the cost is no longer finite.
    """
    n_x, _, n_y = layer_sizes(X, Y)
    X, Y = _checked.examples("nn_model", X, Y, n_y=n_y)
    sizes = _checked.sizes("nn_model", "n_x, n_h, n_y", (n_x, n_h, n_y))
    np.random.seed(3)
    parameters = initialize_parameters(*sizes)
    settings = num_iterations, LEARNING_RATE, 1000, _engine.printed(print_cost, 1000, "f")
    return _engine.descend("nn_model", parameters, X, Y, *settings, "tanh", _pass)[0]


def _pass(parameters: Parameters, X: Array, Y: Array) -> tuple[dict[str, Array], float]:
    """Forward and back once: the derivatives and the cost."""
    A2, cache = forward_propagation(X, parameters)
    return backward_propagation(parameters, cache, X, Y), compute_cost(A2, Y)


def predict(parameters: Parameters, X: Any) -> Array:
    """Whether the probability exceeds 0.5, for each column of X (n_x, m): (n_y, m), bool."""
    A2, _ = forward_propagation(X, parameters)
    return A2 > 0.5
