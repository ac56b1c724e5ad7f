"""What a trained estimator says of rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.estimators.architecture import OURS
from chainrule.network import ACTIVATIONS

Array = np.ndarray


def logits(
    X: Any, coefs: Sequence[Array], intercepts: Sequence[Array], hidden: Sequence[str]
) -> Array:
    """What goes into the output's activation (m, n_y), for rows X (m, n_x), sparse or not."""
    A = X
    for W, b, name in zip(coefs, intercepts, [*hidden, "identity"], strict=True):
        Z = A @ W
        Z += b
        activation = ACTIVATIONS[OURS.get(name, name)]
        A = activation(Z, out=Z)
    return np.asarray(A)


def outputs(Z: Array, out_activation: str) -> Array:
    """The output's activation of logits (m, n_y), in their place."""
    return ACTIVATIONS[OURS.get(out_activation, out_activation)](Z.T, out=Z.T).T
