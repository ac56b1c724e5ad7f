"""Starting weights: small and random, biases zero, drawn from NumPy's global generator.

`np.random.seed(1)` before them gives the course's numbers. The functions of the same names in
`course.step_by_step` and `course.application` seed themselves, as the course's do.
"""

from collections.abc import Callable, Sequence

import numpy as np

from chainrule.course import _checked

Array = np.ndarray


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, Array]:
    """Starting weights of a network with one hidden layer, randn * 0.01.

    n_x, n_h, n_y : numbers of features, hidden units and outputs. Returns W1 (n_h, n_x),
    b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1), float64, W1 drawn first.
    """
    sizes = _checked.sizes("initialize_parameters", "n_x, n_h, n_y", (n_x, n_h, n_y))
    return drawn(sizes, small)


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:
    """Starting weights of a network of any depth, scaled by the number of inputs of each unit.

        W[l] = randn(n_l, n_{l-1}) / sqrt(n_{l-1}),   b[l] = 0

    layer_dims : (n_x, n_1, ..., n_L). Returns W1, b1, ..., WL, bL, float64, drawn from layer 1 on.
    This is the rule of the course's application (a cat or not); its step-by-step exercise
    multiplies by 0.01 instead: see `course.step_by_step`.
    """
    sizes = _checked.sizes("initialize_parameters_deep", "layer_dims", layer_dims)
    return drawn(sizes, by_inputs)


def small(W: Array) -> Array:
    """The rule of the course's first networks."""
    return W * 0.01


def by_inputs(W: Array) -> Array:
    """The variance of Z is then that of A_prev, about (LeCun et al. 1998, section 4.6)."""
    return W / np.sqrt(W.shape[1])


def drawn(sizes: Sequence[int], scaled: Callable[[Array], Array]) -> dict[str, Array]:
    """W1, b1, ..., WL, bL for layers of `sizes` n_x, n_1, ..., n_L."""
    parameters = {}
    for l in range(1, len(sizes)):  # noqa: E741 - the course's letter
        parameters[f"W{l}"] = scaled(np.random.randn(sizes[l], sizes[l - 1]))
        parameters[f"b{l}"] = np.zeros((sizes[l], 1))
    return parameters
