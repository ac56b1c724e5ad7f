"""The course's pictures: the learning curve, what the network got wrong, its decision boundary."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.course import _checked
from chainrule.errors import InputError

# What stays legible on one page: 5 by 5 pictures, each 2.2 inches wide under two lines of title.
COLUMNS, MOST = 5, 25
STEPS = 500  # points along each side of a plane


def plot_costs(costs: Any, learning_rate: float = 0.0075) -> None:
    """The learning curve, drawn and shown with matplotlib.

    costs : the costs of every hundredth iteration, as the training functions return them.
    learning_rate : for the title.
    """
    import matplotlib.pyplot as plt

    costs = np.atleast_1d(np.squeeze(_checked.floats("plot_costs", "costs", costs)))
    if costs.ndim != 1:
        raise InputError("plot_costs", "costs of one training", f"shape {costs.shape}")
    _, axes = plt.subplots()
    axes.plot(costs, marker="." if costs.size == 1 else "")  # a single cost makes no line
    axes.set(ylabel="cost", xlabel="iterations (per hundreds)")
    axes.set_title(f"Learning rate ={learning_rate}")
    plt.show()


def print_mislabeled_images(classes: Any, X: Any, y: Any, p: Any) -> None:
    """The pictures whose prediction and label differ, each with both names.

    classes : the names of class 0 and class 1, bytes or str. X : (n_x, m) columns of square
    pictures, n_x = 3 s^2 (color) or s^2 (gray), pixels in [0, 1] or uint8. y, p : (1, m) labels
    and predictions. At most 25 are drawn, the first ones; the heading says of how many. Nothing
    is drawn when all are right.
    """
    where = "print_mislabeled_images"
    X = np.asarray(X)
    shape = _picture_shape(where, X)
    y = _checked.labels(where, "y", y, (1, X.shape[1]))
    p = _checked.labels(where, "p", p, (1, X.shape[1]))
    wrong = np.flatnonzero(p + y == 1)
    if not wrong.size:
        return
    import matplotlib.pyplot as plt

    names = [c.decode() if isinstance(c, bytes) else str(c) for c in np.asarray(classes).tolist()]
    drawn, columns = wrong[:MOST], min(COLUMNS, wrong.size)
    rows = -(-len(drawn) // columns)
    size = (2.2 * columns, 2.8 * rows)
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes in grid.flat:
        axes.axis("off")
    top = 255 if X.dtype == np.uint8 else 1
    for axes, i in zip(grid.flat, drawn, strict=False):
        picture = X[:, i].reshape(shape)
        axes.imshow(picture, interpolation="nearest", cmap="gray", vmin=0, vmax=top)
        said, label = (names[int(given[0, i])] for given in (p, y))
        axes.set_title(f"Prediction: {said}\nClass: {label}", fontsize=9)
    if wrong.size > MOST:
        figure.suptitle(f"the first {MOST} of {wrong.size} mislabeled pictures")
    plt.show()


def plot_decision_boundary(model: Callable[[np.ndarray], Any], X: Any, y: Any) -> None:
    """The classes that `model` gives over the plane, and the examples, into the current axes.

    model : a function of points as rows (n, 2) that gives their classes, (n,) or (1, n), such as
    `lambda x: predict(parameters, x.T)`. X : (2, m) examples. y : (1, m) their labels.
    """
    import matplotlib.pyplot as plt

    where = "plot_decision_boundary"
    X = _checked.features(where, "X", X, 2)
    y = _checked.floats(where, "y", y).ravel()
    low, high = X.min(axis=1) - 1, X.max(axis=1) + 1
    grid = np.stack(np.meshgrid(*np.linspace(low, high, STEPS, axis=1)))
    classes = np.asarray(model(grid.reshape(2, -1).T), dtype=float).reshape(STEPS, STEPS)
    axes = plt.gca()
    axes.contourf(*grid, classes, cmap="Spectral")
    axes.scatter(X[0], X[1], c=y, cmap="Spectral", edgecolors="black", linewidths=0.4)
    axes.set(xlabel="x1", ylabel="x2")


def _picture_shape(where: str, X: np.ndarray) -> tuple[int, ...]:
    """(s, s, 3) or (s, s), the one of which a column of X holds."""
    n_x = _checked.features(where, "X", X).shape[0]
    for shape in ((round((n_x / 3) ** 0.5),) * 2 + (3,), (round(n_x**0.5),) * 2):
        if n_x == np.prod(shape):
            return shape
    raise InputError(where, "X with the columns of square pictures", f"{n_x} numbers a column")
