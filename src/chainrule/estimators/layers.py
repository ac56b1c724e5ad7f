"""Layers by scikit-learn's names: sizes, activations, starting weights; what they say of rows."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import issparse

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network import ACTIVATIONS as ENGINES

Array = np.ndarray

ACTIVATIONS = {"identity", "logistic", "tanh", "relu", "leaky_relu"}
OURS = {"logistic": "sigmoid"}  # the others have the same name in the engine
# Rows and features at a time: no more than 4 MB of float64, which stay in the processor's cache.
ROWS, FEATURES = 512, 1024


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


def logits(
    where: str,
    X: Any,
    coefs: Sequence[Array],
    intercepts: Sequence[Array],
    activations: Sequence[str],
) -> Array:
    """What goes into the output's activation (m, n_y), for rows X (m, n_x), sparse or not.

    Computed in float64 and rounded at the end to the dtype of X and the weights together: in
    float32 the order of the sums alone moves a probability by 1e-5. Before softmax each row's
    largest is taken off, so that rounding to float32 moves no probability by 1e-6 either.

    where : the estimator, for the InputError of numbers that overflow on the way.
    activations : of every layer, the output's last.
    """
    rounded = np.result_type(X.dtype, coefs[0])
    exact = np.result_type(rounded, np.float64)
    if issparse(X):
        X, coefs = X.tocsr(), [coefs[0].astype(exact, copy=False), *coefs[1:]]
    found = np.empty((X.shape[0], coefs[-1].shape[1]), rounded)
    for start in range(0, len(found), ROWS):
        rows = slice(start, start + ROWS)
        A = X[rows]
        layers = zip(coefs, intercepts, [*activations[:-1], "identity"], strict=True)
        with np.errstate(over="ignore", invalid="ignore"):
            for layer, (W, b, name) in enumerate(layers, start=1):
                Z = _times(A, W, exact)
                Z += b
                checks.no_overflow(where, layer, Z)
                A = ENGINES[OURS.get(name, name)](Z, out=Z)
            if activations[-1] == "softmax":
                A -= A.max(axis=1, keepdims=True)
            found[rows] = A  # beyond float32 a logit's limit
    return found


def _times(A: Any, W: Array, dtype: np.dtype) -> Array:
    """A W in `dtype`; of what is not in it some features at a time are copied."""
    if issparse(A) or A.dtype == W.dtype == dtype:
        return np.asarray(A @ W)
    Z = np.zeros((len(A), W.shape[1]), dtype)
    for start in range(0, len(W), FEATURES):
        part = slice(start, start + FEATURES)
        Z += A[:, part].astype(dtype, copy=False) @ W[part].astype(dtype, copy=False)
    return Z


def outputs(Z: Array, out_activation: str) -> Array:
    """The output's activation of logits (m, n_y), computed in float64, in the logits' dtype."""
    A = Z.astype(np.result_type(Z, np.float64))
    ENGINES[OURS.get(out_activation, out_activation)](A.T, out=A.T)
    with np.errstate(over="ignore"):  # exp of a float32 may be beyond it
        return A.astype(Z.dtype, copy=False)
