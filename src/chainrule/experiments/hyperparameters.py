"""The hyperparameters of a training, declared once: for Python, the command line, files, pages.

Declared apart from what is made of them, so that they can be looked at without NumPy.
"""

from dataclasses import dataclass
from typing import Literal


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
    optimizer
        Rule by which the weights follow the gradient.
    learning_rate
        Step size.
    momentum
        Of the optimizers momentum and nesterov.
    schedule
        How the learning rate falls.
    iterations
        Updates; 1000 if neither they nor epochs are given.
    epochs
        Passes over the data, instead of --iterations.
    batch_size
        Examples an update, shuffled every epoch; all of them by default.
    l2
        Penalty: l2 / 2 times the sum of the squared weights is added to the cost.
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
    optimizer: Literal["gd", "momentum", "nesterov", "adam", "rmsprop"] = "gd"
    learning_rate: float = 0.0075
    momentum: float = 0.9
    schedule: Literal["constant", "inverse", "step", "cosine"] = "constant"
    iterations: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    l2: float = 0.0
    class_weight: Literal["balanced"] | None = None
    seed: int = 0
    dtype: Literal["float64", "float32"] = "float64"
    first_layer: Literal["auto", "primal", "dual"] = "auto"
