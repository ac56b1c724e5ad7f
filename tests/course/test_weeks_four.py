"""The two assignments on deep networks, each with its own numbers.

Known values are those of the assignments' public tests (deeplearning.ai, 2021).
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import application, deep, step_by_step


@pytest.mark.parametrize("module", [step_by_step, application, deep])
def test_every_name_can_be_imported_at_once(module):
    names = {}
    exec(f"from {module.__name__} import *", names)
    assert set(module.__all__) <= set(names)
    steps = {"linear_forward", "L_model_backward", "update_parameters", "initialize_parameters"}
    assert steps <= set(module.__all__)


@pytest.mark.parametrize("module", [step_by_step, application])
def test_initialize_parameters_seeds_itself(module):
    parameters = module.initialize_parameters(3, 2, 1)
    expected = [[0.01624345, -0.00611756, -0.00528172], [-0.01072969, 0.00865408, -0.02301539]]
    assert_allclose(parameters["W1"], expected, atol=1e-8)
    assert_allclose(parameters["W2"], [[0.01744812, -0.00761207]], atol=1e-8)


def test_step_by_step_draws_hundredths():
    parameters = step_by_step.initialize_parameters_deep([5, 4, 3])
    first = [0.01788628, 0.0043651, 0.00096497, -0.01863493, -0.00277388]
    assert_allclose(parameters["W1"][0], first, atol=1e-8)
    last = [-0.00768836, -0.00230031, 0.00745056, 0.01976111]
    assert_allclose(parameters["W2"][2], last, atol=1e-8)
    assert_array_equal(parameters["b2"], np.zeros((3, 1)))


def test_the_application_divides_by_the_root_of_the_inputs():
    """L_layer_model's first cost and first weights, after two iterations."""
    np.random.seed(1)
    X = np.random.randn(10, 10)
    Y = np.array([[1, 1, 1, 1, 0, 0, 0, 1, 1, 0]])
    parameters, costs = application.L_layer_model(X, Y, (10, 5, 6, 1), 0.0075, 2)
    assert_allclose(costs, [0.70723944], atol=1e-8)
    assert_allclose(parameters["W1"][0, :3], [0.51384638, -0.19333098, -0.16705238], atol=1e-8)
    assert_allclose(parameters["b3"], [[0.0013201]], atol=1e-8)
    assert_allclose(
        application.initialize_parameters_deep([4, 2])["W1"][0, 0], 1.6243453636632417 / 2
    )


def test_two_layer_model_on_labels_of_any_value():
    """The public test draws its labels from a normal distribution."""
    np.random.seed(1)
    X, Y = np.random.randn(10, 10), np.random.randn(1, 10)
    with pytest.warns(UserWarning, match="two_layer_model: Y holds labels from -1.09"):
        parameters, costs = application.two_layer_model(X, Y, (10, 4, 1), 0.1, 3)
    assert_allclose(costs, [0.69315968], atol=1e-8)
    assert_allclose(
        parameters["W2"], [[-0.00358725, -0.00911995, -0.00831979, 0.01615845]], atol=1e-8
    )
    assert_allclose(parameters["b2"], [[-0.13451354]], atol=1e-8)
    expected = [[0.00027478], [0.00034477], [0.00076016], [-0.00084497]]
    assert_allclose(parameters["b1"], expected, atol=1e-8)


def test_printed_costs_are_the_same_for_labels_of_any_value(capsys):
    X = np.random.default_rng(0).standard_normal((3, 5))
    lines = []
    for Y in (np.ones((1, 5)), np.array([[1, 1, 1, 1, 1 + 1e-9]])):
        if Y.max() > 1:
            with pytest.warns(UserWarning, match="labels from 1 to 1"):
                application.two_layer_model(X, Y, (3, 2, 1), 0.1, 151, print_cost=True)
        else:
            application.two_layer_model(X, Y, (3, 2, 1), 0.1, 151, print_cost=True)
        lines.append(capsys.readouterr().out.splitlines())
    starts = [line.split(": ")[0] for line in lines[0]]
    assert starts == [f"Cost after iteration {i}" for i in (0, 100, 150)]
    numbers = [[float(line.split(": ")[1]) for line in part] for part in lines]
    assert_allclose(*numbers, rtol=1e-7)
