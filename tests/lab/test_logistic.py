"""Logistic regression in all forms: against the network's own equations, and each other."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Network
from chainrule.lab import logistic, many

RATES = np.array([0.01, 0.3, 1.0])


@pytest.fixture
def problem():
    """X (7, 5), Y (1, 5), both labels."""
    X = np.random.default_rng(0).standard_normal((7, 5))
    return X, np.array([[1.0, 0.0, 0.0, 1.0, 1.0]])


@pytest.mark.parametrize("step", [logistic.step_loops, logistic.step_numpy])
def test_a_step_goes_down_the_gradient(step, problem):
    X, Y = problem
    rng = np.random.default_rng(1)
    W, b = rng.standard_normal((1, 7)), rng.standard_normal((1, 1))
    network = Network((W,), (b,), ("sigmoid",), "binary_cross_entropy")
    gradients = network.backward(network.forward(X), Y)
    W_next, b_next = step(W, b, X, Y, 0.3)
    assert_allclose(W_next, W - 0.3 * gradients.dW[0], rtol=1e-12)
    assert_allclose(b_next, b - 0.3 * gradients.db[0], rtol=1e-12)


@pytest.mark.parametrize("train", [logistic.train_numpy, logistic.train_dual])
def test_a_training_gives_the_numbers_of_the_loops(train, problem):
    W, b = train(*problem, 0.3, 6)
    W_loops, b_loops = logistic.train_loops(*problem, 0.3, 6)
    assert W.shape == (1, 7)
    assert b.shape == (1, 1)
    assert_allclose(W, W_loops, rtol=1e-12)
    assert_allclose(b, b_loops, rtol=1e-12)


@pytest.mark.parametrize(
    "train",
    [
        partial(many.in_turn, logistic.train_loops),
        partial(many.in_turn, logistic.train_numpy),
        partial(many.stacked, logistic.train_numpy),
        partial(many.in_turn, logistic.train_dual),
        partial(many.stacked, logistic.train_dual),
        many.library,
    ],
)
def test_several_trainings_give_the_numbers_of_each_alone(train, problem):
    W, b = train(*problem, RATES, 6)
    assert W.shape == (3, 1, 7)
    assert b.shape == (3, 1, 1)
    for r, rate in enumerate(RATES):
        alone = logistic.train_loops(*problem, rate, 6)
        assert_allclose(W[r], alone[0], rtol=1e-11)
        assert_allclose(b[r], alone[1], rtol=1e-11)
