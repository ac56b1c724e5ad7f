"""Known values are the expected outputs of the course's step-by-step assignment."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import deep
from chainrule.errors import InputError


def test_initialize_parameters_after_seed_1():
    np.random.seed(1)
    parameters = deep.initialize_parameters(3, 2, 1)
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    expected = [[0.01624345, -0.00611756, -0.00528172], [-0.01072969, 0.00865408, -0.02301539]]
    assert_allclose(parameters["W1"], expected, atol=1e-8)
    assert_allclose(parameters["W2"], [[0.01744812, -0.00761207]], atol=1e-8)
    assert_array_equal(parameters["b1"], np.zeros((2, 1)))
    assert_array_equal(parameters["b2"], np.zeros((1, 1)))


def test_initialize_parameters_deep_divides_by_the_root_of_the_inputs():
    np.random.seed(1)
    parameters = deep.initialize_parameters_deep([4, 3, 1])
    assert parameters["W1"][0, 0] == pytest.approx(1.6243453636632417 / 2)
    assert [parameters[name].shape for name in ("W1", "b1", "W2", "b2")] == [
        (3, 4),
        (3, 1),
        (1, 3),
        (1, 1),
    ]


@pytest.mark.parametrize("dims", [[5], 5, [5, 0], [5, 1.5], "51"])
def test_layer_sizes_are_checked(dims):
    with pytest.raises(InputError, match="initialize_parameters_deep: expected"):
        deep.initialize_parameters_deep(dims)


def test_activations_return_z_as_their_cache():
    Z = np.array([[-1.0, 0.0, 2.0]])
    for activation, expected in ((deep.relu, [[0, 0, 2]]), (deep.sigmoid, 1 / (1 + np.exp(-Z)))):
        A, cache = activation(Z)
        assert_allclose(A, expected)
        assert cache is Z


def test_linear_forward():
    np.random.seed(1)
    A, W, b = np.random.randn(3, 2), np.random.randn(1, 3), np.random.randn(1, 1)
    Z, cache = deep.linear_forward(A, W, b)
    assert_allclose(Z, [[3.26295337, -1.23429987]], atol=1e-8)
    assert cache[0] is A
    assert cache[1] is W
    assert cache[2] is b


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("sigmoid", [[0.96890023, 0.11013289]]), ("relu", [[3.43896131, 0.0]])],
)
def test_linear_activation_forward(activation, expected):
    np.random.seed(2)
    A_prev, W, b = np.random.randn(3, 2), np.random.randn(1, 3), np.random.randn(1, 1)
    A, (linear_cache, Z) = deep.linear_activation_forward(A_prev, W, b, activation)
    assert_allclose(A, expected, atol=1e-8)
    assert_allclose(Z, W @ A_prev + b)
    assert len(linear_cache) == 3


def test_model_forward_by_hand():
    parameters = {
        "W1": np.array([[1.0, -1.0], [2.0, 0.0]]),
        "b1": np.array([[0.0], [-1.0]]),
        "W2": np.array([[1.0, -1.0]]),
        "b2": np.array([[0.5]]),
    }
    AL, caches = deep.L_model_forward(np.array([[1.0, 3.0], [2.0, 1.0]]), parameters)
    # Z1 = [[-1, 2], [1, 5]], A1 = [[0, 2], [1, 5]], Z2 = [[-0.5, -2.5]]
    assert_allclose(AL, 1 / (1 + np.exp([[0.5, 2.5]])))
    assert_array_equal(caches[0][1], [[-1, 2], [1, 5]])
    assert_array_equal(caches[1][0][0], [[0, 2], [1, 5]])
    assert len(caches) == 2


def test_compute_cost():
    AL = np.array([[0.8, 0.9, 0.4]])
    assert deep.compute_cost(AL, np.array([[1, 1, 1]])) == pytest.approx(0.41493159961539694)
    cost = deep.compute_cost(AL, np.array([[1, 1, 0]]))
    assert cost == pytest.approx(0.2797765635793422)
    assert isinstance(cost, np.ndarray)  # the course's np.squeeze gives an array of shape ()
    assert cost.shape == ()


def test_cost_of_certain_answers():
    assert deep.compute_cost([[1.0, 0.0]], [[1, 0]]) == 0
    assert str(deep.compute_cost([[1.0, 0.0]], [[1, 0]])) == "0.0"
    assert deep.compute_cost([[1.0, 0.5]], [[0, 1]]) == np.inf


def test_probabilities_are_checked():
    with pytest.raises(InputError, match=r"AL to hold probabilities.*from -1 to 2"):
        deep.compute_cost([[-1.0, 2.0]], [[0, 1]])
    with pytest.raises(InputError, match=r"Y of shape \(1, 2\).*got shape \(3,\)"):
        deep.compute_cost([[0.5, 0.2]], [0, 1, 1])


def test_a_shape_that_does_not_fit_names_the_layer():
    np.random.seed(0)
    parameters = deep.initialize_parameters_deep([4, 3, 1])
    parameters["W2"] = np.zeros((1, 2))
    with pytest.raises(InputError, match=r"layer 2: linear_forward: expected W with 3 columns"):
        deep.L_model_forward(np.zeros((4, 5)), parameters)
    with pytest.raises(InputError, match=r"layer 1: linear_forward: .*pass A\.T"):
        deep.L_model_forward(np.zeros((5, 4)), parameters)


@pytest.mark.parametrize("parameters", [{}, {"W1": 1, "b2": 1}, [1, 2]])
def test_parameters_must_be_named(parameters):
    with pytest.raises(InputError, match="a dictionary of W1, b1"):
        deep.L_model_forward(np.zeros((4, 5)), parameters)


def test_a_rank_1_bias_is_refused():
    with pytest.raises(InputError, match=r"b of shape \(2, 1\).*b\.reshape\(2, 1\)"):
        deep.linear_forward(np.zeros((3, 4)), np.zeros((2, 3)), np.zeros(2))


def test_an_unknown_activation_suggests_the_nearest():
    with pytest.raises(InputError, match="Did you mean sigmoid"):
        deep.linear_activation_forward(np.eye(1), np.eye(1), np.eye(1), "sigmoied")
