"""Influence: parts that add up to the first layer."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

import chainrule as cr
from chainrule import FloatMatrix, InputError, Network, train
from chainrule.experiments import Setting, leave_one_out
from chainrule.influence.influence import contributions, log_odds


def problem(n_y, seed=0, n_x=30, m=12, q=5):
    """X (n_x, m), Y (n_y, m), and q other examples with a class of each."""
    rng = np.random.default_rng(seed)
    X, others = rng.standard_normal((n_x, m)), rng.standard_normal((n_x, q))
    labels = rng.integers(0, max(2, n_y), m)
    Y = labels[None].astype(float) if n_y == 1 else np.eye(n_y)[:, labels]
    return X, Y, others, rng.integers(0, max(2, n_y), q)


def network(n_y, hidden=(), activation="tanh", n_x=30):
    return Network.create((n_x, *hidden, n_y), activation=activation, initializer="xavier", rng=1)


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov"])
@pytest.mark.parametrize("hidden", [(), (4, 3)], ids=["logistic", "deep"])
def test_contributions_add_up_to_the_first_layer(hidden, optimizer, l2):
    X, Y, others, _ = problem(1)
    start = network(1, hidden)
    options = {"optimizer": optimizer, "l2": l2, "learning_rate": 0.1, "iterations": 50}
    training = train(start, (X, Y), first_layer="dual", **options)
    found = contributions(training, FloatMatrix(X), FloatMatrix(others))
    assert_allclose(found.Z, training.network.forward(others).Z[0], atol=1e-10)
    a = training.dual.a.item()
    assert_allclose(found.start, a * start.weights[0] @ others, atol=1e-10)
    one = training.dual.C[0, 3] * (X[:, 3] @ others[:, 2])
    assert_allclose(found.of_examples[0, 3, 2], one, rtol=1e-10)


def test_logistic_regression_from_zero_is_its_examples_and_the_bias():
    data = cr.open_data("fashion", positive="Sandal")
    start = Network.create((784, 1), initializer="zeros")
    few = data.train.select(np.arange(60))
    training = train(start, few, learning_rate=0.05, iterations=300, first_layer="dual")
    found = contributions(training, few.matrix(), data.test.matrix())
    logits = training.network.forward(data.test.matrix()).Z[-1]
    assert_allclose(found.of_examples.sum(axis=1) + found.bias, logits, atol=1e-10)
    assert_allclose(found.start, 0, atol=1e-10)


def test_the_primal_form_has_no_coefficients():
    X, Y, others, _ = problem(1)
    training = train(network(1), (X, Y), first_layer="primal", iterations=2)
    with pytest.raises(InputError, match=r"dual form.*got primal"):
        contributions(training, FloatMatrix(X), FloatMatrix(others))


def test_parts_say_little_of_what_leaving_out_does():
    """The other examples make up for one that is left out: what docs/seeing.md says of them."""
    data = cr.open_data("fashion", positive="Sandal").train.select(np.arange(60))
    setting = Setting(hidden=(), initializer="zeros", learning_rate=0.02, iterations=100)
    alone = leave_one_out(data, setting)
    training = train(setting.network(784, 1), data, setting)
    sign = np.where(data.labels == 1, 1, -1)
    parts = sign * contributions(training, data.matrix(), data.matrix()).of_examples[0]
    change = np.log(alone.full / (1 - alone.full)) - np.log(alone.without / (1 - alone.without))
    others = ~np.eye(60, dtype=bool)
    assert spearmanr(parts[others], change[others]).statistic < 0.7


@pytest.mark.parametrize("n_y", [1, 3, 12])
def test_log_odds_and_their_derivative(n_y):
    rng = np.random.default_rng(0)
    Z, classes = rng.standard_normal((n_y, 6)), rng.integers(0, max(2, n_y), 6)
    f, derivative = log_odds(Z, classes)
    if n_y == 1:
        p = np.where(classes == 1, 1 / (1 + np.exp(-Z[0])), 1 / (1 + np.exp(Z[0])))
    else:
        p = (np.exp(Z) / np.exp(Z).sum(axis=0))[classes, np.arange(6)]
    assert_allclose(f, np.log(p / (1 - p)), rtol=1e-10)
    for k in range(n_y):
        step = np.zeros_like(Z)
        step[k] = 1e-6
        slope = (log_odds(Z + step, classes)[0] - log_odds(Z - step, classes)[0]) / 2e-6
        assert_allclose(derivative[k], slope, atol=1e-8)


def test_log_odds_of_extreme_logits_are_finite():
    f, derivative = log_odds(np.array([[1000.0], [-1000.0], [0.0]]), np.array([0]))
    assert_allclose(f, 1000.0)
    assert_allclose(derivative[:, 0], [1, 0, -1])
