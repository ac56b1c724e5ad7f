"""Layers by scikit-learn's names: their sizes, activations and starting weights."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.errors import InputError

Array = np.ndarray

ACTIVATIONS = {"identity", "logistic", "tanh", "relu", "leaky_relu"}
OURS = {"logistic": "sigmoid"}  # the others have the same name in the engine
LOSS_OF_OUTPUT = {
    "logistic": "binary_cross_entropy",
    "softmax": "softmax_cross_entropy",
    "identity": "squared_error",
    "exp": "poisson_deviance",
}


def hidden_units(hidden_layer_sizes: Any) -> list[int]:
    """One number a hidden layer; a number alone is one layer."""
    sizes = hidden_layer_sizes if hasattr(hidden_layer_sizes, "__iter__") else [hidden_layer_sizes]
    sizes = list(sizes)
    if any(n <= 0 for n in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return sizes


def hidden_activations(activation: Any, n_hidden: int) -> list[str]:
    """One of scikit-learn's names a hidden layer; a name alone is that of all."""
    if isinstance(activation, str):
        return [activation] * n_hidden
    names = list(activation)
    if len(names) != n_hidden:
        raise InputError(
            "activation", f"a name, or one for each of {n_hidden} hidden layers", f"{names}"
        )
    unknown = [name for name in names if name not in ACTIVATIONS]
    if unknown:
        expected = f"each to be one of {', '.join(sorted(ACTIVATIONS))}"
        raise InputError("activation", expected, repr(unknown[0]))
    return names


def starting_weights(
    units: Sequence[int], activations: Sequence[str], dtype: Any, rng: Any
) -> tuple[list[Array], list[Array]]:
    """coefs_ (n_in, n_out) and intercepts_ (n_out,), uniform in +-sqrt(f / (n_in + n_out)).

    f is 6 (Glorot & Bengio 2010, eq. 16), for logistic units 2, as in scikit-learn, whose draws
    these are. activations : of every layer; the output counts as the layer before it.
    """
    coefs, intercepts = [], []
    for (n_in, n_out), activation in zip(pairwise(units), activations, strict=True):
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (n_in + n_out))
        coefs.append(rng.uniform(-bound, bound, (n_in, n_out)).astype(dtype, copy=False))
        intercepts.append(rng.uniform(-bound, bound, n_out).astype(dtype, copy=False))
    return coefs, intercepts
