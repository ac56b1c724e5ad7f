"""The hyperparameters of a training, declared once: for Python, the command line, files, pages.

Declared apart from what is made of them, so that they can be looked at without NumPy.
"""

from dataclasses import dataclass
from typing import Literal

Optimizer = Literal["gd", "momentum", "nesterov", "adam", "rmsprop", "lbfgs"]


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Architecture and hyperparameters; the defaults are the course's 4-layer network and its rate.

    Parameters
    ----------
    hidden
        Units of the hidden layers, "none" for logistic or softmax regression.
    activation
        Of the hidden layers, one name for all or one for each: relu, leaky_relu, tanh, sigmoid,
        identity.
    initializer
        Scale of the starting weights: he, xavier, fan_in, normal (0.01), normal:SCALE, zeros.
    loss
        What is minimized; by default the cross-entropy of classes, the squared error of numbers.
        poisson_deviance is for counts, absolute_error and huber mind outliers less.
    optimizer
        Rule by which the weights follow the gradient; lbfgs takes all examples of one network, and
        no learning rate, and ends where it has converged.
    learning_rate
        Step size.
    momentum
        Of the optimizers momentum and nesterov.
    schedule
        How the learning rate falls.
    changes
        Of the learning rate and l2 on the way, by updates done: 400:learning_rate=0.002,600:l2=0.1.
    iterations
        Updates; 1000 if neither they nor epochs are given.
    epochs
        Passes over the data, instead of --iterations.
    batch_size
        Examples an update, shuffled every epoch; all of them by default.
    l2
        Penalty: l2 / 2 times the sum of the squared weights is added to the cost.
    dropout
        Rate at which hidden units are left out at each step.
    class_weight
        "balanced" gives every class the same total weight.
    seed
        Of the starting weights, the shuffling and generated data.
    dtype
        Precision.
    first_layer
        Form of the first layer; the numbers are the same.
    """

    hidden: tuple[int, ...] = (20, 7, 5)
    activation: str | tuple[str, ...] = "relu"
    initializer: str | float = "he"
    loss: (
        Literal[
            "binary_cross_entropy",
            "softmax_cross_entropy",
            "poisson_deviance",
            "squared_error",
            "absolute_error",
            "huber",
        ]
        | None
    ) = None
    optimizer: Optimizer = "gd"
    learning_rate: float = 0.0075
    momentum: float = 0.9
    schedule: Literal["constant", "inverse", "step", "cosine"] = "constant"
    changes: str | None = None
    iterations: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    l2: float = 0.0
    dropout: float = 0.0
    class_weight: Literal["balanced"] | None = None
    seed: int = 0
    dtype: Literal["float64", "float32"] = "float64"
    first_layer: Literal["auto", "primal", "dual"] = "auto"
