"""What the course's own functions take is taken: flat labels, one number, labels of any value."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import application, basics, logistic, planar, step_by_step
from chainrule.errors import InputError


@pytest.fixture
def problem():
    """X (6, 8) and Y (1, 8)."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 8))
    return X, (X[:1] > 0).astype(int)


def arrays(result):
    """All numbers of a result, one after the other."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (tuple, list)):
        return np.concatenate([arrays(part) for part in result]) if result else np.zeros(0)
    return np.ravel(np.asarray(result, float))


W, B = np.full((6, 1), 0.1), 0.2
PARAMETERS = {"W1": np.eye(4, 6), "b1": np.zeros((4, 1)), "W2": np.ones((1, 4)), "b2": [[0.1]]}
AL = np.full((1, 8), 0.3)
WITH_LABELS = {
    "propagate": lambda X, Y: logistic.propagate(W, B, X, Y),
    "optimize": lambda X, Y: logistic.optimize(W, B, X, Y, 3),
    "model": lambda X, Y: logistic.model(X, Y, X, Y, 5, 0.1),
    "fit": lambda X, Y: logistic.LogisticRegression().fit(X, Y, 5, 0.1).costs,
    "compute_cost": lambda X, Y: application.compute_cost(AL, Y),
    "L_model_backward": lambda X, Y: application.L_model_backward(
        *[(forward := application.L_model_forward(X, PARAMETERS))[0], Y, forward[1]]
    ),
    "two_layer_model": lambda X, Y: application.two_layer_model(X, Y, (6, 3, 1), 0.1, 5),
    "L_layer_model": lambda X, Y: application.L_layer_model(X, Y, [6, 3, 2, 1], 0.1, 5),
    "predict": lambda X, Y: application.predict(X, Y, PARAMETERS),
    "layer_sizes": planar.layer_sizes,
    "planar.compute_cost": lambda X, Y: planar.compute_cost(AL, Y),
    "backward_propagation": lambda X, Y: planar.backward_propagation(
        PARAMETERS, planar.forward_propagation(X, PARAMETERS)[1], X, Y
    ),
    "nn_model": lambda X, Y: planar.nn_model(X, Y, 3, 5),
}


@pytest.mark.parametrize("function", WITH_LABELS.values(), ids=WITH_LABELS)
@pytest.mark.parametrize("form", [lambda Y: Y[0], lambda Y: Y[0].tolist(), lambda Y: Y == 1])
def test_labels_in_other_forms(function, form, problem):
    X, Y = problem
    assert_array_equal(arrays(function(X, form(Y))), arrays(function(X, Y)))


LOOKED_AT = {name: f for name, f in WITH_LABELS.items() if name != "layer_sizes"}


@pytest.mark.parametrize("function", LOOKED_AT.values(), ids=LOOKED_AT)
def test_labels_beyond_0_and_1_are_taken_with_one_warning(function, problem):
    X, Y = problem
    with pytest.warns(UserWarning, match="labels from 1 to 2; 0 and 1 are meant") as given:
        found = arrays(function(X, Y + 1))
    assert np.isfinite(found).all()
    # model looks at the training and at the test labels
    assert len(given) == (2 if function is WITH_LABELS["model"] else 1)
    assert all(warning.filename == __file__ for warning in given)


def test_training_on_labels_of_any_value_follows_the_textbook():
    """dZ = A - Y whatever Y is, by hand: one unit, one example, from the course's weights."""
    np.random.seed(3)
    w, v = 0.01 * np.random.randn(2)
    a = np.tanh(2 * w)
    error = 1 / (1 + np.exp(-v * a)) - 3
    with pytest.warns(UserWarning, match="labels from 3 to 3"):
        parameters = planar.nn_model([[2.0]], [[3.0]], 1, 1)
    assert_allclose(parameters["W2"], v - 1.2 * error * a)
    assert_allclose(parameters["W1"], w - 1.2 * error * v * (1 - a**2) * 2)


@pytest.mark.parametrize("rate", [0, -0.01])
def test_a_rate_that_is_not_above_0_stays_or_climbs(rate, problem):
    X, Y = problem
    _, costs = application.two_layer_model(X, Y, (6, 3, 1), rate, 201)
    W1 = step_by_step.initialize_parameters(6, 3, 1)["W1"]
    stepped = step_by_step.update_parameters({"W1": W1, "b1": 0}, {"dW1": W1, "db1": 0}, rate)
    if rate == 0:
        assert costs[0] == costs[1] == costs[2]
        assert_array_equal(stepped["W1"], W1)
    else:
        assert costs[0] < costs[1] < costs[2]
        assert_allclose(stepped["W1"], 1.01 * W1)
    params, _, _ = logistic.optimize(W, 0.0, X, Y, 1, rate)
    assert_allclose(params["w"], W - rate * logistic.propagate(W, 0.0, X, Y)[0]["dw"])


def test_soft_labels_need_no_warning(problem):
    X, Y = problem
    soft = 0.9 * Y + 0.05
    A = np.full((1, 8), 0.3)
    expected = -np.mean(soft * np.log(0.3) + (1 - soft) * np.log(0.7))
    assert application.compute_cost(A, soft) == pytest.approx(expected)
    _, costs = application.two_layer_model(X, soft, (6, 3, 1), 0.1, 1)
    assert costs[0] == pytest.approx(np.log(2), abs=1e-3)


def test_one_label_of_one_picture(capsys):
    """The last cell of the course's application: my_label_y = [1]."""
    image = np.full((6, 1), 0.5)
    assert_array_equal(application.predict(image, [1], PARAMETERS), [[1]])
    assert_array_equal(application.predict(np.hstack([image, -image]), 1, PARAMETERS), [[1, 1]])
    assert capsys.readouterr().out == "Accuracy: 1.0\nAccuracy: 1.0\n"


def test_a_label_for_all_is_a_mistake_in_training(problem):
    with pytest.raises(InputError, match=r"Y of shape \(1, 8\)"):
        application.two_layer_model(problem[0], [1], (6, 3, 1))


def test_the_first_edition_passes_parameters_to_the_cost_and_gets_no_costs(problem):
    X, Y = problem
    assert planar.compute_cost(AL, Y, PARAMETERS) == planar.compute_cost(AL, Y)
    both = application.two_layer_model(X, Y, (6, 2, 1), num_iterations=1)
    with pytest.raises(InputError, match="The models return two things: parameters, costs ="):
        application.predict(X, Y, both)


@pytest.mark.parametrize("b", [0.2, np.float64(0.2), [0.2], [[0.2]], np.array(0.2)])
def test_a_bias_that_is_one_number(b, problem):
    X, Y = problem
    _, Z1, Z2 = (step_by_step.linear_forward(X, np.ones((n, 6)), b)[0] for n in (1, 3, 3))
    assert_allclose(Z1, X.sum(axis=0) + 0.2 + np.zeros((3, 1)))
    assert_array_equal(Z1, Z2)
    assert_array_equal(
        arrays(logistic.propagate(W, b, X, Y)), arrays(logistic.propagate(W, 0.2, X, Y))
    )
    assert_array_equal(logistic.predict(W, b, X), logistic.predict(W, 0.2, X))
    params, _, _ = logistic.optimize(W, b, X, Y, 2)
    assert np.shape(params["b"]) == np.shape(b)


def test_a_scalar_bias_grows_with_its_first_update():
    updated = step_by_step.update_parameters(
        {"W1": np.eye(2), "b1": 0.0}, {"dW1": np.eye(2), "db1": np.ones((2, 1))}, 0.5
    )
    assert_array_equal(updated["b1"], [[-0.5], [-0.5]])


@pytest.mark.parametrize("form", [lambda w: w.ravel(), lambda w: w.T, lambda w: w.tolist()])
def test_weights_in_other_forms(form, problem):
    X, Y = problem
    assert_array_equal(logistic.predict(form(W), B, X), logistic.predict(W, B, X))
    assert_array_equal(
        arrays(logistic.propagate(form(W), B, X, Y)), arrays(logistic.propagate(W, B, X, Y))
    )


@pytest.mark.parametrize("backward", [step_by_step.sigmoid_backward, step_by_step.relu_backward])
def test_one_derivative_for_all(backward):
    Z = np.array([[1.0, -2.0, 3.0]])
    assert_array_equal(backward(1, Z), backward(np.ones((1, 3)), Z))
    assert_array_equal(backward(np.ones(3), Z), backward(np.ones((1, 3)), Z))


def test_a_loss_against_one_number_or_a_flat_row():
    y = [[1, 0, 1]]
    assert basics.L1([0.5, 0.5, 0.5], y) == basics.L1(0.5, y) == pytest.approx(1.5)
    assert basics.L2(0.5, 1) == pytest.approx(0.25)


@pytest.mark.parametrize("module", [logistic, application])
def test_costs_are_arrays_of_shape_0(module, problem):
    X, Y = problem
    if module is logistic:
        costs = [*logistic.model(X, Y, X, Y, 101)["costs"], *logistic.optimize(W, B, X, Y, 1)[2]]
    else:
        costs = application.two_layer_model(X, Y, (6, 2, 1), num_iterations=101)[1]
    assert all(isinstance(cost, np.ndarray) and cost.shape == () for cost in costs)
    assert np.squeeze(costs).shape == (len(costs),)
    assert f"{costs[0]}" == str(float(costs[0]))


def test_a_basic_sigmoid_is_of_one_number():
    assert type(basics.basic_sigmoid(1)) is float
    assert basics.basic_sigmoid(1) == pytest.approx(0.7310585786300049, rel=1e-15)
    assert basics.basic_sigmoid(-1000) == 0
    with pytest.raises(InputError, match="basic_sigmoid: expected x, a finite number"):
        basics.basic_sigmoid([1, 2, 3])
