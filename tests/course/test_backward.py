"""Known values are the expected outputs of the course's step-by-step assignment."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import deep
from chainrule.errors import InputError

randn = np.random.randn


def test_linear_backward():
    np.random.seed(1)
    dZ, A, W, b = randn(1, 2), randn(3, 2), randn(1, 3), randn(1, 1)
    dA_prev, dW, db = deep.linear_backward(dZ, (A, W, b))
    expected = [[0.51822968, -0.19517421], [-0.40506361, 0.15255393], [2.37496825, -0.89445391]]
    assert_allclose(dA_prev, expected, atol=1e-8)
    assert_allclose(dW, [[-0.10076895, 1.40685096, 1.64992505]], atol=1e-8)
    assert_allclose(db, [[0.50629448]], atol=1e-8)


def test_relu_backward_lets_through_where_z_is_positive():
    dZ = deep.relu_backward([[1.0, 2.0, 3.0]], np.array([[-1.0, 0.0, 1.0]]))
    assert_array_equal(dZ, [[0, 0, 3]])


def test_sigmoid_backward_at_zero_is_a_quarter():
    assert_allclose(deep.sigmoid_backward([[1.0, -2.0]], np.zeros((1, 2))), [[0.25, -0.5]])


@pytest.mark.parametrize(
    ("activation", "dA_expected", "dW_expected", "db_expected"),
    [
        (
            "sigmoid",
            [[0.11017994, 0.01105339], [0.09466817, 0.00949723], [-0.05743092, -0.00576154]],
            [[0.10266786, 0.09778551, -0.01968084]],
            [[-0.05729622]],
        ),
        (
            "relu",
            [[0.44090989, 0], [0.37883606, 0], [-0.2298228, 0]],
            [[0.44513824, 0.37371418, -0.10478989]],
            [[-0.20837892]],
        ),
    ],
)
def test_linear_activation_backward(activation, dA_expected, dW_expected, db_expected):
    np.random.seed(2)
    dA, A, W, b, Z = randn(1, 2), randn(3, 2), randn(1, 3), randn(1, 1), randn(1, 2)
    dA_prev, dW, db = deep.linear_activation_backward(dA, ((A, W, b), Z), activation)
    assert_allclose(dA_prev, dA_expected, atol=1e-8)
    assert_allclose(dW, dW_expected, atol=1e-8)
    assert_allclose(db, db_expected, atol=1e-8)


def test_model_backward():
    """With the assignment's outputs and caches, which are drawn and do not belong together."""
    np.random.seed(3)
    AL, Y = randn(1, 2), np.array([[1, 0]])
    A1, W1, b1, Z1 = randn(4, 2), randn(3, 4), randn(3, 1), randn(3, 2)
    A2, W2, b2, Z2 = randn(3, 2), randn(1, 3), randn(1, 1), randn(1, 2)
    grads = deep.L_model_backward(AL, Y, [((A1, W1, b1), Z1), ((A2, W2, b2), Z2)])
    assert set(grads) == {"dA0", "dW1", "db1", "dA1", "dW2", "db2"}
    dA1 = [[0.12913162, -0.44014127], [-0.14175655, 0.48317296], [0.01663708, -0.05670698]]
    dW1 = [
        [0.41010002, 0.07807203, 0.13798444, 0.10502167],
        [0, 0, 0, 0],
        [0.05283652, 0.01005865, 0.01777766, 0.0135308],
    ]
    assert_allclose(grads["dA1"], dA1, atol=1e-8)
    assert_allclose(grads["dW1"], dW1, atol=1e-8)
    assert_allclose(grads["db1"], [[-0.22007063], [0], [-0.02835349]], atol=1e-8)


@pytest.fixture
def network():
    """X, Y and parameters of four layers, away from the kinks of relu."""
    np.random.seed(4)
    X, Y = randn(6, 5), (randn(1, 5) > 0) * 1
    parameters = deep.initialize_parameters_deep([6, 5, 4, 3, 1])
    return X, Y, {name: value + 0.1 * (name[0] == "b") for name, value in parameters.items()}


def test_all_derivatives_agree_with_central_differences(network):
    X, Y, parameters = network
    AL, caches = deep.L_model_forward(X, parameters)
    grads = deep.L_model_backward(AL, Y, caches)
    assert min(np.abs(Z).min() for _, Z in caches) > 1e-4
    for name, value in parameters.items():
        slopes = np.empty(value.shape)
        for index in np.ndindex(value.shape):
            slopes[index] = slope(X, Y, parameters, name, index)
        assert_allclose(grads[f"d{name}"], slopes, atol=1e-8)


def slope(X, Y, parameters, name, index, step=1e-6):
    """(J(+step) - J(-step)) / 2 step, along one element of one parameter."""

    def cost(sign):
        moved = parameters[name].copy()
        moved[index] += sign * step
        return deep.compute_cost(deep.L_model_forward(X, parameters | {name: moved})[0], Y)

    return (cost(1) - cost(-1)) / (2 * step)


def test_the_derivative_of_x_is_the_last_one_down(network):
    X, Y, parameters = network
    AL, caches = deep.L_model_forward(X, parameters)
    dA0 = deep.L_model_backward(AL, Y, caches)["dA0"]
    step = np.zeros_like(X)
    step[2, 3] = 1e-6
    ahead, behind = (
        deep.compute_cost(deep.L_model_forward(X + sign * step, parameters)[0], Y)
        for sign in (1, -1)
    )
    assert dA0[2, 3] / X.shape[1] == pytest.approx((ahead - behind) / 2e-6, abs=1e-8)


@pytest.mark.parametrize("z", [-1000.0, -800.0, -40.0, 40.0, 1000.0])
@pytest.mark.parametrize("label", [0, 1])
def test_a_certain_output_keeps_its_exact_derivative(z, label):
    X, Y = np.array([[1.0]]), np.array([[label]])
    AL, caches = deep.L_model_forward(X, {"W1": np.array([[z]]), "b1": np.zeros((1, 1))})
    grads = deep.L_model_backward(AL, Y, caches)
    assert grads["db1"] == pytest.approx((z > 0) - label, abs=1e-15)


def test_an_infinite_derivative_is_refused_with_a_way_out():
    with pytest.raises(InputError, match=r"dA to hold finite numbers only.*L_model_backward"):
        deep.sigmoid_backward([[np.inf]], np.array([[40.0]]))


def test_update_parameters():
    np.random.seed(2)
    shapes = {"W1": (3, 4), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1)}
    parameters = {name: randn(*shape) for name, shape in shapes.items()}
    np.random.seed(3)
    grads = {f"d{name}": randn(*shape) for name, shape in shapes.items()}
    before = {name: value.copy() for name, value in parameters.items()}
    updated = deep.update_parameters(parameters, grads, 0.1)
    assert_allclose(
        updated["W1"][0], [-0.59562069, -0.09991781, -2.14584584, 1.82662008], atol=1e-8
    )
    assert_allclose(updated["b1"], [[-0.04659241], [-1.28888275], [0.53405496]], atol=1e-8)
    assert_allclose(updated["W2"], [[-0.55569196, 0.0354055, 1.32964895]], atol=1e-8)
    assert_allclose(updated["b2"], [[-0.84610769]], atol=1e-8)
    for name, value in before.items():
        assert_array_equal(parameters[name], value)


def test_what_does_not_fit_is_refused(network):
    X, Y, parameters = network
    AL, caches = deep.L_model_forward(X, parameters)
    grads = deep.L_model_backward(AL, Y, caches)
    with pytest.raises(InputError, match=r"Y of shape \(1, 5\)"):
        deep.L_model_backward(AL, Y[:, :4], caches)
    with pytest.raises(InputError, match="grads with dW2"):
        deep.update_parameters(parameters, {"dW1": grads["dW1"], "db1": grads["db1"]}, 0.1)
    with pytest.raises(InputError, match=r"db1 of shape \(5, 1\), that of b1"):
        deep.update_parameters(parameters, grads | {"db1": np.zeros(5)}, 0.1)
    with pytest.raises(InputError, match="caches of one layer or more; got"):
        deep.L_model_backward(AL, Y, [])
    with pytest.raises(InputError, match=r"cache to be \(A_prev, W, b\); got None"):
        deep.linear_backward(np.zeros((5, 5)), None)
    with pytest.raises(InputError, match=r"cache to be \(linear_cache, Z\)"):
        deep.linear_activation_backward(np.zeros((5, 5)), (caches[0][0],), "relu")
    with pytest.raises(InputError, match=r"dZ of shape \(5, 5\)"):
        deep.linear_backward(np.zeros((4, 5)), caches[0][0])


def test_nothing_given_is_changed(network):
    X, Y, parameters = network
    given = [X, Y, *parameters.values()]
    before = [array.copy() for array in given]
    AL, caches = deep.L_model_forward(X, parameters)
    kept = [AL.copy(), *(Z.copy() for _, Z in caches)]
    deep.update_parameters(parameters, deep.L_model_backward(AL, Y, caches), 0.1)
    for array, copy in zip([*given, AL, *(Z for _, Z in caches)], [*before, *kept], strict=True):
        assert_array_equal(array, copy)
