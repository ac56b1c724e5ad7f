import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import logistic
from chainrule.course.logistic import LogisticRegression
from chainrule.errors import InputError


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 12))
    return X, (X[:1] + rng.standard_normal((1, 12)) > 0).astype(int)


def test_fit_gives_the_numbers_of_the_plain_loop(problem):
    X, Y = problem
    fitted = LogisticRegression().fit(X, Y, 201, 0.05, False, 100)
    params, _, costs = logistic.optimize(np.zeros((20, 1)), 0.0, X, Y, 201, 0.05)
    assert_allclose(fitted.costs, costs, rtol=1e-10)
    assert_allclose(fitted.w, params["w"], rtol=1e-8, atol=1e-12)
    assert fitted.b == pytest.approx(params["b"], rel=1e-8)


def test_costs_are_printed_every_print_num_iterations(problem, capsys):
    fitted = LogisticRegression().fit(*problem, 101, 0.05, print_cost=True, print_num=50)
    assert capsys.readouterr().out.splitlines() == [
        f"Cost after iteration {i}: {cost:.6f}"
        for i, cost in zip((0, 50, 100), fitted.costs, strict=True)
    ]


def test_predictions_accuracy_and_cost(problem):
    X, Y = problem
    fitted = LogisticRegression().fit(X, Y, 20, 0.1)
    probability = 1 / (1 + np.exp(-(fitted.w.T @ X + fitted.b)))
    assert_allclose(fitted.predict_prob(X), probability)
    assert_array_equal(fitted.predict(X, threshold=0.7), (probability > 0.7) * 1)
    assert fitted.predict(X).dtype == np.int64
    assert fitted.accuracy_score(X, Y) == pytest.approx(np.mean((probability > 0.5) == Y))
    expected = -np.mean(Y * np.log(probability) + (1 - Y) * np.log(1 - probability))
    assert fitted.cost_function(X, Y) == pytest.approx(expected)


def test_cost_of_certain_answers_is_finite(problem):
    fitted = LogisticRegression().fit(*problem, 2, 0.1)
    fitted.w, fitted.b = np.full((20, 1), 100.0), 0.0
    X = np.ones((20, 2))
    assert fitted.cost_function(X, [1, 0]) == pytest.approx(1000)


def test_it_must_be_fitted_first(problem):
    with pytest.raises(InputError, match="Call fit first"):
        LogisticRegression().predict(problem[0])


def test_other_features_are_refused(problem):
    X, Y = problem
    fitted = LogisticRegression().fit(X, Y, 2, 0.1)
    with pytest.raises(InputError, match=r"X with 20 rows.*pass X\.T"):
        fitted.predict(X.T)
    with pytest.raises(InputError, match="threshold <= 1"):
        fitted.predict(X, threshold=50)
