"""Influence: parts that add up, and agree with training again without an example."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

import chainrule as cr
from chainrule import FloatMatrix, InputError, Network, train
from chainrule.experiments import Setting, leave_one_out
from chainrule.influence.influence import contributions, log_odds, path_influence, saliency
from chainrule.training import StepDecay


def problem(n_y, seed=0, n_x=30, m=12, q=5):
    """X (n_x, m), Y (n_y, m), and q other examples with a class of each."""
    rng = np.random.default_rng(seed)
    X, others = rng.standard_normal((n_x, m)), rng.standard_normal((n_x, q))
    labels = rng.integers(0, max(2, n_y), m)
    Y = labels[None].astype(float) if n_y == 1 else np.eye(n_y)[:, labels]
    return X, Y, others, rng.integers(0, max(2, n_y), q)


def network(n_y, hidden=(), activation="tanh", n_x=30):
    return Network.create((n_x, *hidden, n_y), activation=activation, initializer="xavier", rng=1)


def of_class(network, X, classes):
    return log_odds(network.forward(X).Z[-1], classes)[0]


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


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("l2", [0.0, 0.2])
@pytest.mark.parametrize("n_y", [1, 3])
@pytest.mark.parametrize("hidden", [(), (6, 4)], ids=["one layer", "deep"])
def test_the_path_adds_up(hidden, n_y, l2, form):
    X, Y, others, classes = problem(n_y)
    start = network(n_y, hidden)
    options = {"learning_rate": 0.3, "iterations": 40, "l2": l2, "first_layer": form}
    training, found = path_influence(start, (X, Y), others, classes, **options)
    plain = train(start, (X, Y), **options)
    for ours, expected in zip(training.network.weights, plain.network.weights, strict=True):
        assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)
    assert_allclose(found.before, of_class(start, others, classes), atol=1e-10)
    assert_allclose(found.after, of_class(plain.network, others, classes), atol=1e-10)
    assert np.abs(found.after - found.before).max() > 0.1
    # Exact where f is linear in the parameters; smooth elsewhere, but integrated at few points.
    assert np.abs(found.missing).max() < (1e-6 if hidden or n_y > 1 else 1e-12)
    assert bool(l2) == bool(np.abs(found.penalty).max() > 1e-3)
    if form == "dual":
        assert_allclose(training.dual.C, plain.dual.C, atol=1e-12)


def test_kinks_are_integrated_too():
    X, Y, others, classes = problem(1)
    start = network(1, (8, 6), activation="relu")
    _, found = path_influence(start, (X, Y), others, classes, learning_rate=0.5, iterations=60)
    assert np.abs(found.missing).max() < 0.01 * np.abs(found.after - found.before).max()


def test_each_part_is_what_its_example_does_to_the_step():
    """One step with one example's gradient alone moves f by that example's part, up to the change
    of the gradient along the step: for logistic regression not at all."""
    X, Y, others, classes = problem(1)
    start = network(1)
    rate, m = 0.3, X.shape[1]
    _, found = path_influence(start, (X, Y), others, classes, learning_rate=rate, iterations=1)
    for i in range(m):
        alone = train(start, (X[:, [i]], Y[:, [i]]), learning_rate=rate / m, iterations=1)
        moved = of_class(alone.network, others, classes) - of_class(start, others, classes)
        assert_allclose(found.of_examples[i], moved, atol=1e-12)


def test_classes_that_weigh_differently_are_followed():
    X, Y, others, classes = problem(1)
    options = {"learning_rate": 0.3, "iterations": 30, "class_weight": {0: 3.0, 1: 0.5}}
    training, found = path_influence(network(1), (X, Y), others, classes, **options)
    plain = train(network(1), (X, Y), **options)
    assert_allclose(training.network.weights[0], plain.network.weights[0], rtol=1e-10)
    assert np.abs(found.missing).max() < 1e-12


def test_rates_that_fall_are_followed():
    X, Y, others, classes = problem(1)
    options = {"learning_rate": 0.3, "iterations": 30, "schedule": StepDecay(0.5, every=10)}
    _, found = path_influence(network(1), (X, Y), others, classes, **options)
    assert np.abs(found.missing).max() < 1e-12


def test_influence_agrees_with_leaving_out():
    """In rank, and the more the shorter the training: left out, an example is made up for by
    others, which its part of the path does not say."""
    data = cr.open_data("fashion", positive="Sandal").train.select(np.arange(60))
    setting = Setting(hidden=(), initializer="zeros", learning_rate=0.02, iterations=100)
    alone = leave_one_out(data, setting)
    X, options = data.matrix().columns(slice(None)), {"learning_rate": 0.02, "iterations": 100}
    _, found = path_influence(setting.network(784, 1), data, X, data.labels, **options)
    change = np.log(alone.full / (1 - alone.full)) - np.log(alone.without / (1 - alone.without))
    others = ~np.eye(60, dtype=bool)
    assert spearmanr(found.of_examples[others], change[others]).statistic > 0.55
    assert spearmanr(np.diag(found.of_examples), np.diag(change)).statistic > 0.85


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


@pytest.mark.parametrize("n_y", [1, 3])
def test_saliency_is_the_slope(n_y):
    _, _, others, classes = problem(n_y)
    net = network(n_y, (5,))
    found = saliency(net, others, classes)
    for k in (0, 7, 29):
        step = np.zeros_like(others)
        step[k] = 1e-6
        moved = of_class(net, others + step, classes) - of_class(net, others - step, classes)
        assert_allclose(found[k], moved / 2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "momentum"}, "gradient descent on all examples"),
        ({"optimizer": "adam"}, "gradient descent on all examples"),
        ({"batch_size": 3}, "gradient descent on all examples"),
        ({"classes": [0, 1, 2, 0, 0]}, "5 classes, indices below 2"),
        ({"classes": [0, 1]}, "5 classes"),
        ({"others": np.ones((29, 5))}, "30"),
        ({"sample_weight": np.ones(12)}, "other options of train; got sample_weight"),
    ],
)
def test_what_does_not_fit(options, message):
    X, Y, others, classes = problem(1)
    given = {"others": others, "classes": classes, "iterations": 3} | options
    with pytest.raises(InputError, match=message):
        path_influence(network(1), (X, Y), given.pop("others"), given.pop("classes"), **given)
