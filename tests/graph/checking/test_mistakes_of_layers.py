"""Every known mistake in a layer's backward is found and named, alone and with another."""

from functools import partial

import numpy as np
import pytest

from chainrule.course import deep
from chainrule.graph import check_backward


def same(*shape):
    return {"n": shape[0], "n_prev": shape[1], "m": shape[2]}


SUMS = "np.sum(..., axis=1, keepdims=True)"
LAYER_MISTAKES = {
    "no 1/m": (
        {"dW": lambda dZ, A, W: dZ @ A.T},
        {},
        "5.0 times too large, m = 5: the 1/m is missing.",
    ),
    "no 1/m in db": (
        {"db": lambda dZ, A, W: dZ.sum(axis=1, keepdims=True)},
        {},
        "the 1/m is missing",
    ),
    "1/m twice": (
        {"dW": lambda dZ, A, W: dZ @ A.T / 25},
        {},
        "5.0 times too small, m = 5: divided by m",
    ),
    "1/m in dA": ({"dA_prev": lambda dZ, A, W: W.T @ dZ / 5}, {}, "divided by m once too often"),
    "sign": ({"dW": lambda dZ, A, W: -dZ @ A.T / 5}, {}, "the sign is wrong."),
    "sign and 1/m": (
        {"dW": lambda dZ, A, W: -dZ @ A.T},
        {},
        "the sign is wrong. 5.0 times too large",
    ),
    "twice": ({"dW": lambda dZ, A, W: 2 * dZ @ A.T / 5}, {}, "2.0 times too large."),
    "half": ({"dA_prev": lambda dZ, A, W: W.T @ dZ / 2}, {}, "2.0 times too small."),
    "a factor": ({"dW": lambda dZ, A, W: 0.3 * dZ @ A.T / 5}, {}, "0.3 times the right gradient"),
    "transposed": (
        {"dW": lambda dZ, A, W: A @ dZ.T / 5},
        {},
        "the transpose of the right gradient",
    ),
    "transposed, square": (
        {"dW": lambda dZ, A, W: A @ dZ.T / 5},
        same(3, 3, 5),
        "the transpose of the right gradient",
    ),
    "transposed, no 1/m": ({"dW": lambda dZ, A, W: A @ dZ.T}, {}, "1/m is missing"),
    "W for W.T": (
        {"dA_prev": lambda dZ, A, W: W @ dZ},
        same(3, 3, 5),
        "W @ dZ, where W.T @ dZ belongs",
    ),
    "A for A.T": (
        {"dW": lambda dZ, A, W: dZ @ A / 4},
        same(4, 4, 4),
        "dZ @ A_prev, where dZ @ A_prev.T belongs",
    ),
    "wrong order": (
        {"dA_prev": lambda dZ, A, W: dZ @ W.T},
        same(4, 4, 4),
        "dZ @ W.T, where W.T @ dZ belongs",
    ),
    "sum over units": (
        {"db": lambda dZ, A, W: dZ.sum(axis=0, keepdims=True) / 5},
        {},
        "summed over axis 0; the sum over axis 1",
    ),
    "sum over units, flat": ({"db": lambda dZ, A, W: dZ.sum(axis=0) / 5}, {}, "summed over axis 0"),
    "sum over units, square": (
        {"db": lambda dZ, A, W: dZ.sum(axis=0) / 4},
        same(4, 3, 4),
        "summed over axis 0",
    ),
    "sum over all": ({"db": lambda dZ, A, W: dZ.sum() / 5}, {}, "summed over everything"),
    "no sum": ({"db": lambda dZ, A, W: dZ / 5}, {}, f"not summed over the 5 examples: {SUMS}"),
    "no sum, no 1/m": ({"db": lambda dZ, A, W: dZ}, {}, "the 1/m is missing"),
    "no keepdims": ({"db": lambda dZ, A, W: dZ.sum(axis=1) / 5}, {}, "keepdims=True is missing"),
    "a row": ({"db": lambda dZ, A, W: dZ.sum(axis=1)[None] / 5}, {}, "db.T"),
}


@pytest.mark.parametrize("mistake", LAYER_MISTAKES)
@pytest.mark.parametrize("forward", [None, deep.linear_forward], ids=["", "the course's"])
def test_mistakes_of_a_linear_layer(mistake, forward, layer_arguments, linear_forward, linear_with):
    changed, sizes, said = LAYER_MISTAKES[mistake]
    check = check_backward(
        forward or linear_forward, linear_with(**changed), *layer_arguments(**sizes)
    )
    (name,) = changed
    place = ["dA_prev", "dW", "db"].index(name)
    report = check.gradients[place]
    others = [r for r in check.gradients if r is not report]
    assert not check
    assert said.replace("A_prev", check.gradients[0].name[1:]) in (report.mistake or "")
    assert all(r.right and r.mistake is None for r in others)


def test_changed_places(layer_arguments, linear_forward, linear_with):
    def backward(dZ, cache):
        dA_prev, dW, db = linear_with()(dZ, cache)
        return dW, dA_prev, db

    check = check_backward(linear_forward, backward, *layer_arguments())
    assert "these are the numbers of dW" in check["dA_prev"].mistake
    assert "these are the numbers of dA_prev" in check["dW"].mistake
    assert check["db"].right


def tanh_slope_at_A(Z):
    return 1 - np.tanh(np.tanh(Z)) ** 2


def s(Z):
    return 1 / (1 + np.exp(-Z))


ACTIVATION_MISTAKES = {
    "tanh, none": (np.tanh, lambda Z: 1, "the derivative of tanh is left out"),
    "sigmoid, none": (s, lambda Z: 1, "the derivative of sigmoid is left out"),
    "relu, none": (lambda Z: np.maximum(0, Z), lambda Z: 1, "the derivative of relu is left out"),
    "relu by product": (lambda Z: Z * (Z > 0), lambda Z: 1, "the derivative of relu is left out"),
    "tanh at A": (np.tanh, tanh_slope_at_A, "the derivative of tanh is taken at A instead of Z"),
    "sigmoid at A": (s, lambda Z: s(s(Z)) * (1 - s(s(Z))), "sigmoid is taken at A instead of Z"),
    "sigmoid of Z": (s, lambda Z: Z * (1 - Z), "sigmoid has Z in the place of A"),
    "sigmoid, half": (s, lambda Z: 1 - s(Z), "sigmoid lacks its factor A"),
    "tanh, square": (np.tanh, lambda Z: 1 - np.tanh(Z), "tanh lacks the square"),
    "sigmoid as tanh": (s, lambda Z: 1 - s(Z) ** 2, "sigmoid is that of tanh"),
    "tanh as sigmoid": (
        np.tanh,
        lambda Z: np.tanh(Z) * (1 - np.tanh(Z)),
        "tanh is that of sigmoid",
    ),
    "relu's other side": (
        lambda Z: np.maximum(0, Z),
        lambda Z: Z < 0,
        "relu is taken on the wrong side",
    ),
    "arctan, none": (np.arctan, lambda Z: 1, "the derivative of arctan is left out"),
}


@pytest.mark.parametrize("mistake", ACTIVATION_MISTAKES)
def test_mistakes_of_an_activation(mistake, layer_arguments, linear_with):
    g, slope, said = ACTIVATION_MISTAKES[mistake]
    A_prev, W, b = layer_arguments()
    check = check_backward(g, lambda dA, Z: dA * slope(Z), A_prev)
    assert said in check.gradients[0].mistake

    def forward(A_prev, W, b):
        Z = W @ A_prev + b
        return g(Z), (Z, (A_prev, W, b))

    def backward(dA, cache):
        Z, linear_cache = cache
        return linear_with()(dA * slope(Z), linear_cache)

    check = check_backward(forward, backward, A_prev, W, b)
    assert not any(report.right for report in check.gradients)
    assert all(said in report.mistake for report in check.gradients)
    assert str(check).count(said) == 1
    assert f"dA_prev, dW, db: {check['dW'].mistake}" in str(check)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_courses_forward_with_the_derivative_left_out(activation, layer_arguments, linear_with):
    check = check_backward(
        partial(deep.linear_activation_forward, activation=activation),
        lambda dA, cache: linear_with()(dA, cache[0]),
        *layer_arguments(),
    )
    said = f"the derivative of {activation} is left out"
    assert all(said in report.mistake for report in check.gradients)
    in_place = check_backward(relu_in_place, lambda dA, Z: dA, layer_arguments()[0])
    assert "the derivative of relu is left out" in in_place.gradients[0].mistake


def relu_in_place(Z):
    """Cannot be traced."""
    A = np.array(Z)
    A[A < 0] = 0
    return A, Z
