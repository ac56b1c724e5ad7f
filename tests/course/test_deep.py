"""The training functions against a plain loop of the textbook's steps, and predictions."""

import signal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import deep
from chainrule.errors import InputError


def plain_loop(parameters, X, Y, learning_rate, num_iterations):
    """The parameters and every iteration's cost, by the steps that the course teaches."""
    costs = []
    for _ in range(num_iterations):
        AL, caches = deep.L_model_forward(X, parameters)
        costs.append(deep.compute_cost(AL, Y))
        grads = deep.L_model_backward(AL, Y, caches)
        parameters = deep.update_parameters(parameters, grads, learning_rate)
    return parameters, costs


@pytest.fixture
def problem():
    """X (30, 14), Y: more features than examples, as with pictures."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 14))
    return X, (X[:1] > 0).astype(int)


def shallow(X, Y, *arguments, **options):
    return deep.two_layer_model(X, Y, (30, 4, 1), *arguments, **options)


def layered(X, Y, *arguments, **options):
    return deep.L_layer_model(X, Y, [30, 5, 4, 3, 1], *arguments, **options)


MODELS = [
    pytest.param(shallow, lambda: deep.initialize_parameters(30, 4, 1), id="two_layer_model"),
    pytest.param(
        layered, lambda: deep.initialize_parameters_deep([30, 5, 4, 3, 1]), id="L_layer_model"
    ),
]


@pytest.mark.parametrize("iterations", [1, 2, 101, 230])
@pytest.mark.parametrize(("model", "initialize"), MODELS)
def test_training_gives_the_numbers_of_the_plain_loop(model, initialize, problem, iterations):
    np.random.seed(1)
    parameters, costs = plain_loop(initialize(), *problem, 0.1, iterations)
    trained, found = model(*problem, 0.1, iterations)
    assert_allclose(found, costs[::100], rtol=1e-10)
    assert list(trained) == list(parameters)
    for name, value in parameters.items():
        assert_allclose(trained[name], value, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("model", "initialize"), MODELS)
def test_costs_are_printed_as_the_course_does(model, initialize, problem, capsys):
    np.random.seed(1)
    _, costs = plain_loop(initialize(), *problem, 0.1, 151)
    model(*problem, 0.1, 151, print_cost=True)
    lines = [line.split(": ") for line in capsys.readouterr().out.splitlines()]
    assert [start for start, _ in lines] == [f"Cost after iteration {i}" for i in (0, 100, 150)]
    assert_allclose([float(cost) for _, cost in lines], [costs[i] for i in (0, 100, 150)])
    assert all(repr(float(cost)) == cost for _, cost in lines)


@pytest.mark.parametrize(("model", "initialize"), MODELS)
def test_without_iterations_the_starting_weights_come_back(model, initialize, problem):
    np.random.seed(1)
    expected = initialize()
    parameters, costs = model(*problem, 0.1, 0)
    assert costs == []
    assert_array_equal(parameters["W1"], expected["W1"])


def test_training_leaves_its_arguments_alone_and_prints_nothing(problem, capsys):
    X, Y = problem
    before = X.copy(), Y.copy()
    layered(X, Y, 0.1, 5)
    assert_array_equal(X, before[0])
    assert_array_equal(Y, before[1])
    assert capsys.readouterr().out == ""


def test_ctrl_c_ends_training_as_it_ends_the_course_s_loop(problem, monkeypatch):
    lines = []

    def press_ctrl_c_once(line):
        lines.append(line)
        if len(lines) == 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("builtins.print", press_ctrl_c_once)
    with pytest.raises(KeyboardInterrupt):
        layered(*problem, 0.1, 1000, print_cost=True)
    assert len(lines) < 5


def test_predict(problem, capsys):
    X, Y = problem
    parameters, _ = layered(X, Y, 0.1, 200)
    Y = Y.copy()
    Y[0, 0] = 1 - Y[0, 0]
    p = deep.predict(X, Y, parameters)
    assert p.shape == (1, 14)
    assert p.dtype == np.float64
    assert_array_equal(p, deep.L_model_forward(X, parameters)[0] > 0.5)
    assert capsys.readouterr().out == f"Accuracy: {np.sum((p == Y) / 14)}\n"


def test_layer_sizes_must_fit_the_data(problem):
    X, Y = problem
    with pytest.raises(InputError, match=r"L_layer_model: expected X with 14 rows.*pass X\.T"):
        deep.L_layer_model(X, Y, [14, 3, 1])
    with pytest.raises(InputError, match="two_layer_model: expected layers_dims to be 3 layer"):
        deep.two_layer_model(X, Y, (30, 1))
    with pytest.raises(InputError, match=r"two_layer_model: expected Y of shape \(1, 14\)"):
        deep.two_layer_model(X, Y[:, :3], (30, 2, 1))


def test_every_name_can_be_imported_at_once():
    names = {}
    exec("from chainrule.course.deep import *", names)
    assert set(deep.__all__) <= set(names)
