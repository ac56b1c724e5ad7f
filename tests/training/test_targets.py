"""Targets of a regression are standardized inside training, and nobody outside sees it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression

from chainrule import Dataset, Network, train
from chainrule.errors import InputError
from chainrule.training import LBFGS

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 40))
Y = 1000 + 50 * (X[:1] - 2 * X[1:2]) + RNG.standard_normal((1, 40))


def regressor(*hidden, **kinds):
    return Network.create((5, *hidden, 1), output="identity", rng=1, **kinds)


@pytest.mark.parametrize("hidden", [(), (4,)])
@pytest.mark.parametrize("optimizer", ["momentum", "lbfgs"])
def test_it_is_a_training_on_standardized_targets(hidden, optimizer):
    options = {"optimizer": optimizer, "learning_rate": 0.1, "l2": 0.01, "iterations": 60}
    found = train(regressor(*hidden), (X, Y), standardize_targets=True, **options)
    plain = train(regressor(*hidden), (X, (Y - Y.mean()) / Y.std()), **options)
    assert_allclose(found.history.cost, plain.history.cost, rtol=1e-9)
    expected = Y.mean() + Y.std() * plain.network.predict(X)
    assert_allclose(found.network.predict(X), expected, rtol=1e-9)


def test_least_squares_in_the_targets_own_unit():
    rule = LBFGS(tolerance=1e-10)
    options = {"optimizer": rule, "iterations": 500, "standardize_targets": True}
    found = train(regressor(), (X, Y), **options).network
    expected = LinearRegression().fit(X.T, Y[0])
    assert_allclose(found.weights[0][0], expected.coef_, atol=1e-3)
    assert_allclose(found.biases[0], [[expected.intercept_]], rtol=1e-7)


def test_each_run_learns_mean_and_deviation_of_what_it_trains_on():
    weight = np.ones((2, 40))
    weight[0, :10] = weight[1, 30:] = 0
    options = {"learning_rate": 0.1, "iterations": 20, "standardize_targets": True}
    both = train(regressor(3), (X, Y), sample_weight=weight, **options)
    for r, kept in enumerate((slice(10, None), slice(0, 30))):
        alone = train(regressor(3), (X[:, kept], Y[:, kept]), **options)
        assert_allclose(both.network.run(r).predict(X), alone.network.predict(X), rtol=1e-9)


def test_the_dual_coefficients_are_those_of_the_network():
    options = {"learning_rate": 0.1, "iterations": 20, "standardize_targets": True}
    for start in (regressor(), regressor(3)):
        found = train(start, (X, Y), first_layer="dual", **options)
        whole = found.dual.a * start.weights[0] + found.dual.C @ X.T
        assert_allclose(whole, found.network.weights[0], rtol=1e-9)


def test_a_dataset_of_numbers_is_standardized_by_itself():
    data = Dataset(X, Y[0], ())
    options = {"learning_rate": 0.1, "iterations": 20, "validation": data}
    found = train(regressor(), data, **options)
    asked = train(regressor(), (X, Y), standardize_targets=True, learning_rate=0.1, iterations=20)
    assert_allclose(found.network.weights[0], asked.network.weights[0])
    # Its validation, of the same examples, is measured in the same units.
    assert_allclose(found.history.validation_cost, found.history.cost)
    plain = train(regressor(), data, standardize_targets=False, **options)
    assert not np.allclose(plain.network.weights[0], found.network.weights[0])


def test_counts_and_targets_that_are_alike():
    data = Dataset(X, np.arange(40), ())
    counts = Network.create((5, 1), output="exp", rng=0)
    found = train(counts, data, learning_rate=1e-3, iterations=5)
    assert found.history.cost[0] > 10  # of the counts themselves
    same = Dataset(X, np.full(40, 0.1), ())
    found = train(regressor(), same, learning_rate=0.1, iterations=200)
    assert_allclose(found.network.predict(X), np.full((1, 40), 0.1), atol=1e-3)
    huge = Dataset(X, Y[0] * 1e300, ())
    found = train(regressor(), huge, learning_rate=0.1, iterations=5)
    assert np.isfinite(found.network.weights[0]).all()
    with pytest.raises(InputError, match=r"identity outputs for standardize_targets=True.*exp"):
        train(counts, data, standardize_targets=True)
