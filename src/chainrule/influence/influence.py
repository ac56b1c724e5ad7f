"""What each training example adds to the first layer's units; log-odds, which answers are in.

Where the dual form trained, a unit is a sum over the training examples,

    z[1](x) = a W0 x + b + sum_i C_i <x_i, x>

so C_i <x_i, x> is what example i contributes, exactly; for logistic regression z[1] is the logit
itself. It is no answer to "what if i were not there": the others would make up for it. That is
found by training again (`chainrule.experiments.without_each`), and agrees little with these
parts: docs/seeing.md has the figures.
"""

from dataclasses import dataclass

import numpy as np

from chainrule import checks
from chainrule.data import FeatureMatrix
from chainrule.errors import InputError
from chainrule.network import Network
from chainrule.network.network import backward_from
from chainrule.training import Training

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Contributions:
    """Parts of the first layer's Z (n_1, q), which add up to it.

    start : (n_1, q) of the starting weights, a W0 x. bias : (n_1, 1).
    of_examples : (n_1, m, q), C_i <x_i, x>.
    """

    start: Array
    bias: Array
    of_examples: Array

    @property
    def Z(self) -> Array:
        """(n_1, q): their sum."""
        return self.start + self.bias + self.of_examples.sum(axis=1)


def contributions(training: Training, X: FeatureMatrix, others: FeatureMatrix) -> Contributions:
    """What each training example contributes to the first layer's units, exactly.

    training : of a single network, in the dual form. X : what it was trained on, (n_x, m), scaled.
    others : the examples asked about, (n_x, q). InputError where the primal form trained.
    """
    if training.dual is None:
        fix = 'Train with first_layer="dual" (gd, momentum or nesterov).'
        expected = "a training in the dual form, which has a coefficient for each example"
        raise InputError("contributions", expected, training.first_layer.form, fix)
    checks.features("contributions", others.shape, X.shape[0], "others")
    return parts(training.network, training.dual.C, X, others)


def parts(network: Network, C: Array, X: FeatureMatrix, others: FeatureMatrix) -> Contributions:
    """The same of a network and its dual coefficients C (n_1, m)."""
    K = X.gram(others)
    # a W0 x is what remains of W x: the starting weights are not kept.
    start = others.times(network.weights[0]) - C @ K
    return Contributions(start, network.biases[0], C[:, :, None] * K)


def next_step(
    network: Network, X: FeatureMatrix, Y: Array, other: FeatureMatrix, delta: Array
) -> Array:
    """(m,) by how much f of one other example rises, for each unit of rate and weight, by a step of
    gradient descent on training example i alone: to first order, and of this step only,

        -grad f . grad L_i = -sum_l (delta[l] . dZ[l]_i) (1 + A[l-1]_i . a[l-1])

    X (n_x, m), Y (n_y, m) : the training examples. other : (n_x, 1), with activations a. delta :
    df/dZ[L] (n_y, 1). Summed over a training it is TracIn (Pruthi et al. 2020, section 3.2).
    """
    of_all, own = network.forward(X), network.forward(other)
    dZ = network.output_error(of_all.A[-1], Y, np.ones((1, Y.shape[1]), network.dtype))
    of_losses, of_f = (
        backward_from(D, network.weights[1:], cache.A, network.activations)
        for D, cache in ((dZ, of_all), (delta, own))
    )
    inputs = [X.gram(other)[:, 0], *(A.T @ a[:, 0] for A, a in zip(of_all.A, own.A, strict=True))]
    layers = zip(of_f, of_losses, inputs, strict=False)
    return -sum((d[:, 0] @ D) * (1 + same) for d, D, same in layers)


def log_odds(Z: Array, classes: Array) -> tuple[Array, Array]:
    """f = log p_c / (1 - p_c) (q,) of class c = classes (q,), from logits Z (n_y, q); and df/dZ."""
    if len(Z) == 1:
        sign = np.where(classes == 1, 1.0, -1.0)
        return sign * Z[0], sign[None].astype(Z.dtype)
    own = np.arange(len(classes))
    rest = Z.copy()
    rest[classes, own] = -np.inf
    top = rest.max(axis=0)
    shares = np.exp(rest - top)
    total = shares.sum(axis=0)
    delta = -shares / total
    delta[classes, own] = 1
    return Z[classes, own] - top - np.log(total), delta
