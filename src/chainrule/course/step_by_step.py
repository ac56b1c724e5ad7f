"""Building your deep neural network, step by step: the course's fourth assignment.

Its steps, which the application shares, are in `forward` and `backward`; its own are the starting
weights, which seed NumPy's global generator, so that its numbers come out.
"""

from collections.abc import Sequence

import numpy as np

from chainrule.course import _checked, backward, forward, starting_weights
from chainrule.course.backward import *  # noqa: F403
from chainrule.course.forward import *  # noqa: F403

__all__ = [
    *forward.__all__,
    *backward.__all__,
    "initialize_parameters",
    "initialize_parameters_deep",
]

Array = np.ndarray


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, Array]:
    """W1 (n_h, n_x), b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1): randn * 0.01 after seed 1, and 0."""
    np.random.seed(1)
    return starting_weights.initialize_parameters(n_x, n_h, n_y)


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:
    """W1, b1, ..., WL, bL for layers n_x, n_1, ..., n_L: randn * 0.01 after seed 3, and 0."""
    np.random.seed(3)
    sizes = _checked.sizes("initialize_parameters_deep", "layer_dims", layer_dims)
    return starting_weights.drawn(sizes, starting_weights.small)
