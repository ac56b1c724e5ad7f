"""Starting weights. All randomness comes from the `rng` that is handed in.

An initializer is a standard deviation as a function of a layer's inputs and outputs; the weights
are drawn from a normal distribution with mean 0, layer by layer, biases start at zero.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError

SCALES: dict[str, Callable[[int, int], float]] = {
    "zeros": lambda n_in, n_out: 0.0,
    "normal": lambda n_in, n_out: 0.01,  # the course's
    "fan_in": lambda n_in, n_out: n_in**-0.5,  # the course's last assignment
    "xavier": lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5,  # Glorot & Bengio 2010, eq. 12
    "he": lambda n_in, n_out: (2 / n_in) ** 0.5,  # He et al. 2015, eq. 10
}
NAMES = (*SCALES, "normal:SCALE")


def standard_deviation(initializer: str | float, n_in: int, n_out: int) -> float:
    """Of the weights of a layer with n_in inputs and n_out outputs.

    initializer : "zeros", "fan_in" (1/sqrt(n_in)), "xavier" (sqrt(2/(n_in + n_out))), "he"
        (sqrt(2/n_in)), "normal" (0.01, the course's), "normal:0.1", or simply the
        standard deviation as a number.
    """
    if not isinstance(initializer, (str, Real)):
        got = checks.describe(initializer)
        raise InputError("Network", "initializer to be a name or a number", got)
    if initializer in SCALES:
        return SCALES[str(initializer)](n_in, n_out)
    value = initializer
    if isinstance(initializer, str):
        value = initializer.removeprefix("normal:")
        if value == initializer or not value:
            checks.one_of("Network", "initializer", initializer, NAMES)
    try:
        scale = float(value)
    except (TypeError, ValueError):
        scale = np.nan
    if not 0 <= scale < np.inf:
        expected = "initializer's scale to be a number >= 0"
        fix = "It is the standard deviation of the weights, such as 0.01."
        raise InputError("Network", expected, repr(initializer), fix)
    return scale


def draw(initializer: str | float, n_in: int, n_out: int, rng: Any) -> np.ndarray:
    """Weights (n_out, n_in), float64.

    rng : numpy.random.Generator, or RandomState for the course's own numbers. "zeros" draws
        nothing and leaves rng as it is.
    """
    scale = standard_deviation(initializer, n_in, n_out)
    if scale == 0:
        return np.zeros((n_out, n_in))
    if initializer == "fan_in":
        # The course divides by sqrt(n_in); a product with the reciprocal differs in the last digit.
        return rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)
    return rng.standard_normal((n_out, n_in)) * scale


def draw_layers(sizes: Sequence[int], initializer: str | float, rng: Any) -> list[np.ndarray]:
    """W[1] ... W[L] for layer sizes (n_x, n_1, ..., n_y), drawn in this order.

    rng : a seed, or a generator, which is left where the drawing ended.
    """
    if isinstance(rng, (int, np.integer)):
        rng = np.random.default_rng(checks.whole_number("Network", "seed", rng))
    if not hasattr(rng, "standard_normal"):
        raise InputError("Network", "rng to be a seed, Generator or RandomState", repr(rng))
    return [draw(initializer, n_in, n, rng) for n_in, n in pairwise(sizes)]
