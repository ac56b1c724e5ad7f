"""Activations: known values, derivatives, extremes, buffers."""

from fractions import Fraction
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.network import ACTIVATIONS

each = pytest.mark.parametrize("name", ACTIVATIONS)


def test_each_activation_has_its_name():
    assert all(activation.name == name for name, activation in ACTIVATIONS.items())


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("sigmoid", [0, log(3), -log(3)], [1 / 2, 3 / 4, 1 / 4]),
        ("tanh", [0, log(2), -log(3)], [0, 3 / 5, -4 / 5]),
        ("relu", [-2, 0, 3], [0, 0, 3]),
        ("leaky_relu", [-2, 0, 3], [-0.02, 0, 3]),
        ("identity", [-2, 0, 3], [-2, 0, 3]),
        ("exp", [0, log(2), -log(4)], [1, 2, 1 / 4]),
        ("softmax", [0, log(2), log(5)], [1 / 8, 2 / 8, 5 / 8]),
    ],
)
def test_known_values(name, z, a):
    Z = np.array(z, float).reshape(3, 1)
    assert_allclose(ACTIVATIONS[name](Z)[:, 0], a, rtol=1e-15, atol=1e-16)


@each
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (1, 1)], ids=str)
def test_derivative_is_that_of_central_differences(name, shape):
    rng = np.random.default_rng(5)
    Z, dA = rng.standard_normal(shape), rng.standard_normal(shape)
    Z += 0.1 * np.sign(Z)  # away from the kink of relu
    g, h = ACTIVATIONS[name], 1e-6
    numeric = np.empty(shape)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = h
        numeric[place] = ((g(Z + step) - g(Z - step)) * dA).sum() / (2 * h)
    assert_allclose(g.backward(dA, g(Z)), numeric, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.01)])
def test_the_kink_belongs_to_the_left(name, slope):
    zero = np.zeros((1, 1))
    g = ACTIVATIONS[name]
    assert_array_equal(g.backward(np.ones((1, 1)), g(zero)), [[slope]])


# exp(1000) is no number of either dtype.
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exp"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logits_of_a_thousand(name, dtype):
    Z = np.array([[1000, -1000, 0], [-1000, 1000, 0]], dtype)
    expected = {
        "sigmoid": [[1, 0, 0.5], [0, 1, 0.5]],
        "tanh": [[1, -1, 0], [-1, 1, 0]],
        "relu": [[1000, 0, 0], [0, 1000, 0]],
        "leaky_relu": [[1000, -10, 0], [-10, 1000, 0]],
        "identity": [[1000, -1000, 0], [-1000, 1000, 0]],
        "softmax": [[1, 0, 0.5], [0, 1, 0.5]],
    }[name]
    A = ACTIVATIONS[name](Z)
    assert A.dtype == dtype
    assert_array_equal(A, np.array(expected, dtype))
    dZ = ACTIVATIONS[name].backward(np.ones_like(Z), A)
    assert dZ.dtype == dtype
    assert np.isfinite(dZ).all()


@pytest.mark.parametrize("z", [-700, -300, -40, -20])
def test_sigmoid_keeps_the_digits_of_small_probabilities(z):
    # Far left of zero 1 / (1 + exp(-z)) = exp(z) (1 - exp(z) + ...), by exact fractions.
    small = Fraction(exp(z))
    assert_allclose(
        ACTIVATIONS["sigmoid"](np.array([[float(z)]]))[0, 0],
        float(small / (1 + small)),
        rtol=1e-13,
    )


@each
def test_buffers(name):
    rng = np.random.default_rng(6)
    Z, dA = rng.standard_normal((2, 4, 5)), rng.standard_normal((2, 4, 5))
    Z_before, dA_before = Z.copy(), dA.copy()
    g = ACTIVATIONS[name]
    A = g(Z)
    dZ = g.backward(dA, A)
    assert_array_equal(Z, Z_before)
    assert_array_equal(dA, dA_before)
    assert not np.shares_memory(A, Z)
    assert not np.shares_memory(dZ, dA)

    elsewhere = np.empty_like(Z)
    assert g(Z, out=elsewhere) is elsewhere
    assert_array_equal(elsewhere, A)
    assert g(Z, out=Z) is Z
    assert_array_equal(Z, A)
    assert g.backward(dA, A, out=dA) is dA
    assert_array_equal(dA, dZ)


logits = st.lists(st.floats(-1000, 1000), min_size=1, max_size=6)


@given(logits, st.floats(-1000, 1000))
def test_softmax_gives_probabilities_and_ignores_a_common_shift(z, shift):
    Z = np.array(z).reshape(-1, 1)
    P = ACTIVATIONS["softmax"](Z)
    assert_allclose(P.sum(), 1, rtol=1e-14)
    assert (P >= 0).all()
    # Z + shift is rounded at 2000 * 2^-53 at most; a probability's relative change is twice that.
    assert_allclose(ACTIVATIONS["softmax"](Z + shift), P, rtol=1e-12)


@given(st.floats(-700, 700))
def test_sigmoid_is_symmetric_and_softmax_of_two(z):
    p, q = (ACTIVATIONS["sigmoid"](np.array([[x]]))[0, 0] for x in (z, -z))
    assert_allclose(p + q, 1, rtol=1e-15)
    pair = ACTIVATIONS["softmax"](np.array([[z], [0.0]]))
    assert_allclose(pair[:, 0], [p, q], rtol=1e-12)
