"""The fast engine against the plain network: every activation, loss, depth and form."""

from itertools import pairwise, product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Network, train
from chainrule.network import ACTIVATIONS
from chainrule.training.parameters import UpperLayers, placed
from chainrule.training.propagation import Propagation

TAME = [name for name in ACTIVATIONS if name != "exp"]  # a power tower of layers overflows
PAIRS = [
    ("sigmoid", "binary_cross_entropy"),
    ("softmax", "softmax_cross_entropy"),
    ("exp", "poisson_deviance"),
    *product(TAME, ("squared_error", "absolute_error", "huber")),
]
# Each output and loss with each activation of hidden layers, of each of these with each depth.
CASES = [
    *((*pair, "none", 0) for pair in PAIRS),
    *(
        (*pair, activation, 1 + (k + j) % 3)
        for k, pair in enumerate(PAIRS)
        for j, activation in enumerate(TAME)
    ),
]
RATE, STEPS = 0.05, 3


def problem(activation, output, loss, depth, runs=None):
    """A network 7-..-3 with random biases, X, Y and unequal example weights."""
    rng = np.random.default_rng(40 + depth)
    sizes, lead = (7, *(5, 4, 3)[:depth], 3), () if runs is None else (runs,)
    weights = [rng.standard_normal((*lead, n, k)) / k**0.5 for k, n in pairwise(sizes)]
    biases = [rng.standard_normal((*lead, n, 1)) for n in sizes[1:]]
    if output == "exp":
        weights[-1] = 0.1 * weights[-1]  # logits small enough for steps of this size
    network = Network(weights, biases, (*(activation,) * depth, output), loss)
    X, Y = rng.standard_normal((7, 5)), np.eye(3)[:, rng.integers(0, 3, 5)]
    return network, X, Y, rng.random((*lead, 5))


def descend(network, X, Y, weight, l2):
    """Gradient descent in the plain equations: the network after STEPS, and its costs."""
    weight = (weight / weight.sum(axis=-1, keepdims=True))[..., None, :]
    costs = [network.cost(X, Y, weight, l2)]
    for _ in range(STEPS):
        g = network.backward(network.forward(X), Y, weight, l2)
        network = Network(
            [W - RATE * dW for W, dW in zip(network.weights, g.dW, strict=True)],
            [b - RATE * db for b, db in zip(network.biases, g.db, strict=True)],
            network.activations,
            network.loss,
        )
        costs.append(network.cost(X, Y, weight, l2))
    return network, costs


@pytest.mark.parametrize("runs", [None, 2], ids=["one run", "two runs"])
@pytest.mark.parametrize(("output", "loss", "activation", "depth"), CASES, ids=str)
def test_training_is_the_plain_descent(output, loss, activation, depth, runs):
    network, X, Y, weight = problem(activation, output, loss, depth, runs)
    l2, weights = (0.0, None) if (depth + (runs is None)) % 2 else (0.1, weight)
    expected, costs = descend(network, X, Y, np.ones(5) if weights is None else weights, l2)
    for form in ("primal", "dual"):
        found = train(
            network,
            (X, Y),
            learning_rate=RATE,
            iterations=STEPS,
            l2=l2,
            sample_weight=weights,
            first_layer=form,
            record_every=1,
        )
        assert_allclose(found.history.cost, costs, rtol=1e-12, err_msg=form)
        for got, plain in zip(
            (*found.network.weights, *found.network.biases),
            (*expected.weights, *expected.biases),
            strict=True,
        ):
            assert_allclose(got, plain, rtol=1e-11, atol=1e-13, err_msg=form)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_accuracy_is_the_predictions(output):
    rng = np.random.default_rng(45)
    X, labels = rng.standard_normal((4, 30)), rng.integers(0, 3, 30)
    Y = np.eye(3)[:, labels]
    network = Network.create((4, 3), output=output, rng=46)
    weight = rng.random(30)
    found = train(network, (X, Y), iterations=0, sample_weight=weight).history.accuracy
    if output == "softmax":
        right = network.predict(X) == labels
    else:
        right = (network.predict(X) == Y).all(axis=0)
    assert 0 < right.sum() < 30
    assert_allclose(found, [(right * weight).sum() / weight.sum()], rtol=1e-12)


def test_regression_has_no_accuracy(wide_problem):
    _, (X, Y) = wide_problem
    network = Network.create((40, 1), output="identity")
    assert np.isnan(train(network, (X, Y), iterations=0).history.accuracy).all()


@pytest.mark.parametrize("activation", [name for name in TAME if name != "softmax"])
def test_dropout_masks_go_both_ways(activation):
    """Gradients through fixed masks are those of central differences."""
    network, X, Y, _ = problem(activation, "softmax", "softmax_cross_entropy", 2)
    rng = np.random.default_rng(9)
    masks = [(rng.random((n, 5)) < 0.6) / 0.6 for n in (5, 4)]
    masks[1] = None if activation == "tanh" else masks[1]  # a layer may have none
    upper = UpperLayers(network.weights, network.biases)
    (block,) = placed([upper.part])
    work = Propagation(network.activations, network.loss, upper, 5)
    weight = np.full((1, 5), 0.2)

    def cost(p):
        block.p[...] = p
        work.Z1[...] = network.weights[0] @ X
        work.forward(masks)
        return (work.losses(Y) * weight[0]).sum()

    start, h = block.p.copy(), 1e-6
    cost(start)
    work.backward(Y, weight)
    found = block.g.copy()
    steps = h * np.eye(len(start))
    numeric = [(cost(start + step) - cost(start - step)) / (2 * h) for step in steps]
    assert_allclose(found, numeric, rtol=1e-6, atol=1e-8)
