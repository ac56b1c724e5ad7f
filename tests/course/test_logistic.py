"""Known values are the expected outputs of the course's assignment."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import logistic
from chainrule.errors import InputError


@pytest.fixture
def exercise():
    """w, b, X, Y of the assignment."""
    w, b = np.array([[1.0], [2.0]]), 2.0
    return w, b, np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]]), np.array([[1, 0, 1]])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def problem(rng):
    """X, Y with more features than examples."""
    X = rng.standard_normal((20, 12))
    return X, (X[:1] + rng.standard_normal((1, 12)) > 0).astype(int)


def test_initialize_with_zeros():
    w, b = logistic.initialize_with_zeros(2)
    assert_array_equal(w, np.zeros((2, 1)))
    assert isinstance(b, float)
    assert b == 0


def test_propagate(exercise):
    grads, cost = logistic.propagate(*exercise)
    assert_allclose(grads["dw"], [[0.99845601], [2.39507239]], atol=1e-8)
    assert grads["db"] == pytest.approx(0.00145557813678, abs=1e-14)
    assert cost == pytest.approx(5.801545319394553, rel=1e-14)
    assert cost.shape == ()


def test_propagate_agrees_with_central_differences(problem, rng):
    X, Y = problem
    w, b, step = 0.1 * rng.standard_normal((20, 1)), 0.3, 1e-6
    grads, _ = logistic.propagate(w, b, X, Y)

    def slope(dw, db):
        ahead = logistic.propagate(w + step * dw, b + step * db, X, Y)[1]
        return (ahead - logistic.propagate(w - step * dw, b - step * db, X, Y)[1]) / (2 * step)

    along = [slope(direction[:, None], 0) for direction in np.eye(20)]
    assert_allclose(grads["dw"][:, 0], along, atol=1e-9)
    assert grads["db"] == pytest.approx(slope(0, 1), abs=1e-9)


@pytest.mark.parametrize(("label", "cost"), [(1, 0.0), (0, 1000.0)])
def test_cost_of_a_certain_answer_is_finite(label, cost):
    grads, found = logistic.propagate([[1000.0]], 0.0, [[1.0]], [[label]])
    assert found == cost
    assert grads["dw"] == 1 - label


def test_cost_of_raw_pixels_is_the_mean_of_log_1_plus_exp(rng):
    """Probabilities are rounded to 0 and 1 there, and their logarithms are lost."""
    X = rng.integers(0, 256, (192, 30))
    Y = (np.arange(30) % 3 == 0).astype(int).reshape(1, 30)
    w = rng.choice([-0.1, 0.1], (192, 1))
    z = w.T @ X
    expected = np.mean(np.maximum(z, 0) - z * Y + np.log1p(np.exp(-np.abs(z))))
    grads, cost = logistic.propagate(w, 0.0, X, Y)
    assert expected > 30
    assert cost == pytest.approx(expected, rel=1e-12)
    _, _, costs = logistic.optimize(w, 0.0, X, Y, 1, 0.1)
    assert costs[0] == cost
    assert_allclose(grads["dw"], X @ ((z > 0) - Y).T / 30, atol=1e-6)


def test_optimize(exercise):
    params, grads, costs = logistic.optimize(*exercise, num_iterations=100, learning_rate=0.009)
    assert_allclose(params["w"], [[0.19033591], [0.12259159]], atol=1e-8)
    assert params["b"] == pytest.approx(1.92535983008, abs=1e-11)
    assert_allclose(grads["dw"], [[0.67752042], [1.41625495]], atol=1e-8)
    assert grads["db"] == pytest.approx(0.219194504541, abs=1e-12)
    assert costs == [pytest.approx(5.801545319394553)]


def test_optimize_prints_as_the_course_does(exercise, capsys):
    _, _, costs = logistic.optimize(*exercise, 101, 0.009, print_cost=True)
    assert len(costs) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Cost after iteration 0: 5.801545", f"Cost after iteration 100: {costs[1]:f}"]


def test_predict():
    w, b = np.array([[0.1124579], [0.23106775]]), -0.3
    p = logistic.predict(w, b, np.array([[1.0, -1.1, -3.2], [1.2, 2.0, 0.1]]))
    assert_array_equal(p, [[1, 1, 0]])
    assert p.dtype == np.float64


def test_a_probability_of_one_half_is_not_enough():
    assert logistic.predict([[0.0]], 0.0, [[1.0]]) == 0


@pytest.mark.parametrize("iterations", [1, 100, 101, 250])
def test_model_gives_the_numbers_of_the_plain_loop(problem, iterations):
    X, Y = problem
    d = logistic.model(X, Y, X[:, :5], Y[:, :5], iterations, 0.05)
    w, b = logistic.initialize_with_zeros(20)
    params, _, costs = logistic.optimize(w, b, X, Y, iterations, 0.05)
    assert_allclose(d["costs"], costs, rtol=1e-10)
    assert_allclose(d["w"], params["w"], rtol=1e-8, atol=1e-12)
    assert_allclose(d["b"], params["b"], rtol=1e-8, atol=1e-12)
    assert_array_equal(d["Y_prediction_train"], logistic.predict(**params, X=X))
    assert_array_equal(d["Y_prediction_test"], logistic.predict(**params, X=X[:, :5]))
    assert (d["num_iterations"], d["learning_rate"]) == (iterations, 0.05)


def test_model_prints_as_the_course_does(problem, capsys):
    X, Y = problem
    X_test, Y_test = X[:, :4], 1 - Y[:, :4]
    d = logistic.model(X, Y, X_test, Y_test, 150, 0.05, print_cost=True)
    assert capsys.readouterr().out.splitlines() == [
        "Cost after iteration 0: 0.693147",
        f"Cost after iteration 100: {d['costs'][1]:.6f}",
        f"train accuracy: {100 * np.mean(d['Y_prediction_train'] == Y)} %",
        f"test accuracy: {100 * np.mean(d['Y_prediction_test'] == Y_test)} %",
    ]


def test_model_is_silent_unless_asked(problem, capsys):
    X, Y = problem
    logistic.model(X, Y, X, Y, 10, 0.05)
    assert capsys.readouterr().out == ""


def test_bytes_are_taken_as_numbers_not_as_scaled_pixels():
    X, Y = np.array([[0, 3, 1, 2]], np.uint8), np.array([[0, 1, 0, 1]], np.uint8)
    d = logistic.model(X, Y, X, Y, 50, 0.1)
    params, _, _ = logistic.optimize(*logistic.initialize_with_zeros(1), X, Y, 50, 0.1)
    assert_allclose(d["w"], params["w"], rtol=1e-8)


def test_nothing_given_is_changed(problem):
    X, Y = problem
    w = np.ones((20, 1))
    before = [array.copy() for array in (w, X, Y)]
    logistic.propagate(w, 0.5, X, Y)
    logistic.optimize(w, 0.5, X, Y, 3, 0.1)
    logistic.predict(w, 0.5, X)
    logistic.model(X, Y, X, Y, 3, 0.1)
    for array, copy in zip((w, X, Y), before, strict=True):
        assert_array_equal(array, copy)


WRONG = {
    "w of another length": ({"w": np.zeros(3)}, r"w of shape \(2, 1\)"),
    "rank-1 X": ({"X": np.zeros(3)}, "rank-1 array"),
    "labels as a matrix": ({"Y": np.zeros((3, 3))}, r"Y of shape \(1, 3\)"),
    "a missing label": ({"Y": [0, 1, np.nan]}, "Y to hold finite numbers"),
    "too few features": ({"X": np.zeros((1, 3))}, r"w of shape \(1, 1\)"),
    "too few labels": ({"Y": np.zeros((1, 2))}, r"Y of shape \(1, 3\), one column per example"),
    "b an array": ({"b": [1.0, 2.0]}, r"b, a finite number; got shape \(2,\)"),
    "a missing number": ({"X": [[1, 2, np.nan], [1, 2, 3]]}, "finite numbers only"),
    "no examples": ({"X": np.zeros((2, 0)), "Y": np.zeros((1, 0))}, "at least one column"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(exercise, change, message):
    arguments = dict(zip("wbXY", exercise, strict=True)) | change
    with pytest.raises(InputError, match=f"propagate: expected.*{message}"):
        logistic.propagate(**arguments)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"num_iterations": 0}, "whole number of at least 1"),
        ({"learning_rate": [1, 2]}, "learning_rate, a finite number"),
    ],
)
def test_hyperparameters_are_checked(exercise, option, message):
    with pytest.raises(InputError, match=message):
        logistic.optimize(*exercise, **option)


def test_rows_as_examples_are_recognized(problem):
    X, Y = problem
    with pytest.raises(InputError, match=r"pass X_test\.T"):
        logistic.model(X, Y, X.T, Y)
