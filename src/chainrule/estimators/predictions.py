"""What a trained estimator says of rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from chainrule import checks
from chainrule.estimators.architecture import OURS
from chainrule.network import ACTIVATIONS

Array = np.ndarray
# Rows and features at a time: no more than 4 MB of float64, which stay in the processor's cache.
ROWS, FEATURES = 512, 1024


def logits(
    where: str,
    X: Any,
    coefs: Sequence[Array],
    intercepts: Sequence[Array],
    hidden: Sequence[str],
    out_activation: str,
) -> Array:
    """What goes into the output's activation (m, n_y), for rows X (m, n_x), sparse or not.

    Computed in float64 and rounded at the end to the dtype of X and the weights together: in
    float32 the order of the sums alone moves a probability by 1e-5. Before softmax each row's
    largest is taken off, so that rounding to float32 moves no probability by 1e-6 either.

    where : the estimator, for the InputError of numbers that overflow on the way.
    """
    rounded = np.result_type(X.dtype, coefs[0])
    exact = np.result_type(rounded, np.float64)
    if issparse(X):
        X, coefs = X.tocsr(), [coefs[0].astype(exact, copy=False), *coefs[1:]]
    found = np.empty((X.shape[0], coefs[-1].shape[1]), rounded)
    for start in range(0, len(found), ROWS):
        rows = slice(start, start + ROWS)
        A = X[rows]
        layers = zip(coefs, intercepts, [*hidden, "identity"], strict=True)
        with np.errstate(over="ignore", invalid="ignore"):
            for layer, (W, b, name) in enumerate(layers, start=1):
                Z = _times(A, W, exact)
                Z += b
                checks.no_overflow(where, layer, Z)
                A = ACTIVATIONS[OURS.get(name, name)](Z, out=Z)
            if out_activation == "softmax":
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
    ACTIVATIONS[OURS.get(out_activation, out_activation)](A.T, out=A.T)
    with np.errstate(over="ignore"):  # exp of a float32 may be beyond it
        return A.astype(Z.dtype, copy=False)
