"""Right layers pass; reports say what was expected and got; what is no pair is a clear error."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.course import deep
from chainrule.errors import InputError
from chainrule.graph import check_backward

# ---- right pairs -------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_courses_layers_are_right(activation, layer_arguments):
    A_prev, W, b = layer_arguments()
    assert check_backward(deep.linear_forward, deep.linear_backward, A_prev, W, b)
    forward, backward = getattr(deep, activation), getattr(deep, f"{activation}_backward")
    assert check_backward(forward, backward, A_prev)
    assert check_backward(
        partial(deep.linear_activation_forward, activation=activation),
        partial(deep.linear_activation_backward, activation=activation),
        A_prev,
        W,
        b,
    )


@given(seed=st.integers(0, 99), n=st.integers(1, 5), n_prev=st.integers(1, 5), m=st.integers(1, 6))
def test_layers_of_any_size(seed, n, n_prev, m, layer_arguments, linear_forward, linear_with):
    args = layer_arguments(n, n_prev, m, seed)
    assert check_backward(linear_forward, linear_with(), *args)
    assert check_backward(deep.linear_forward, deep.linear_backward, *args)


def test_calling_forms():
    Z = np.array([[-1.0, 0.5], [2.0, -0.3]])
    assert check_backward(np.tanh, lambda dA, Z: dA * (1 - np.tanh(Z) ** 2), Z)
    assert check_backward(lambda Z: 3 * Z, lambda dA: 3 * dA, Z)
    assert check_backward(lambda Z: 3 * Z, lambda dA: {"dZ": 3 * dA}, Z)
    assert check_backward(lambda z: z**2, lambda dA, z: dA * 2 * z, 1.5, form="layer")
    assert check_backward(lambda z: z**2, lambda z: 2 * z, 1.5)
    assert check_backward(lambda Z: (np.sum(Z**2), Z), lambda cache: 2 * cache, Z)
    assert check_backward(
        lambda w, x: np.sum(w * x), lambda w, x: (x,), np.ones(3), np.arange(3.0), wrt="w"
    )
    assert check_backward(lambda p: np.sum(p[0] * p[1]), lambda p: [p[1], p[0]], [Z, Z + 1])


def test_averaged_is_said_and_can_be_changed(layer_arguments, linear_forward, linear_with):
    args = layer_arguments()
    plain = linear_with(
        dW=lambda dZ, A_prev, W: dZ @ A_prev.T,
        db=lambda dZ, A_prev, W: np.sum(dZ, axis=1, keepdims=True),
    )
    assert check_backward(linear_forward, plain, *args, averaged=())
    check = check_backward(linear_forward, plain, *args)
    assert not check
    assert "dW, db: that divided by m = 5, as in the course" in str(check)
    assert not check_backward(linear_forward, plain, *args, averaged="W")["dW"].right
    assert check_backward(linear_forward, plain, *args, averaged="W")["db"].right


def test_a_kink_is_no_error():
    check = check_backward(deep.relu, deep.relu_backward, np.array([[0.0, 1.0, -1.0]]))
    assert check
    assert check["dZ"].kinks == 1
    assert "right (1 at a kink)" in str(check)


def test_float32_is_checked_in_float64(layer_arguments, linear_forward, linear_with):
    args = [x.astype(np.float32) for x in layer_arguments()]
    assert check_backward(linear_forward, linear_with(), *args)
    X = args[0]
    seen = set()

    def forward(w, X):
        seen.add(X.dtype)
        return np.sum(np.tanh(X * w))

    assert check_backward(forward, lambda w, X: np.sum(X / np.cosh(X * w) ** 2), 0.3, X, wrt="w")
    assert seen == {np.dtype(np.float64)}


# ---- reports -----------------------------------------------------------------------------------


def test_what_is_said_of_one_wrong_entry(layer_arguments, linear_forward, linear_with):
    def backward(dZ, cache):
        dA_prev, dW, db = linear_with()(dZ, cache)
        dW[2, 1] += 0.5
        return dA_prev, dW, db

    report = check_backward(linear_forward, backward, *layer_arguments())["dW"]
    assert not report.right
    assert report.mistake is None
    assert report.index == (2, 1)
    assert report.difference == pytest.approx(0.5)
    assert report.got - report.expected == pytest.approx(0.5)
    assert report.expected_shape == report.got_shape == (4, 3)
    assert 0 < report.relative_error < 1


def test_a_sample_of_entries_names_mistakes_too(layer_arguments, linear_forward, linear_with):
    args = layer_arguments(20, 30, 5)
    wrong = linear_with(dW=lambda dZ, A_prev, W: A_prev @ dZ.T)
    report = check_backward(linear_forward, wrong, *args, entries=50)["dW"]
    assert "transpose" in report.mistake
    assert "1/m is missing" in report.mistake


def test_backward_that_changes_what_it_is_given_is_noted():
    def backward(dA, Z):
        dA[Z <= 0] = 0
        return dA

    check = check_backward(lambda Z: np.maximum(Z, 0), backward, np.array([[1.0, -2.0]]))
    assert check
    assert "backward changes dZ in place" in check.notes[0]


def raising(*args):
    raise ValueError("shapes do not match")


def in_place(Z):
    Z *= 2
    return Z


rng_of_a_test = np.random.default_rng(0)
Z0 = np.ones((2, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: check_backward(raising, raising, Z0),
            "a forward that runs through; got ValueError in raising",
        ),
        (
            lambda: check_backward(np.tanh, raising, Z0),
            "a backward that runs through; got ValueError",
        ),
        (lambda: check_backward(in_place, lambda dZ: dZ, Z0), "changes Z in place"),
        (lambda: check_backward(lambda Z: Z + rng_of_a_test.random(), raising, Z0), "second call"),
        (
            lambda: check_backward(lambda Z: None, raising, Z0),
            "gives an array or a number; got None",
        ),
        (lambda: check_backward(lambda Z: (Z, 1, 2), raising, Z0), "got 3 things"),
        (lambda: check_backward(lambda Z: Z / 0, raising, Z0), "finite numbers"),
        (lambda: check_backward(np.tanh, lambda dA, Z: None, Z0), "end with return"),
        (
            lambda: check_backward(np.tanh, lambda dA, Z: dA, np.ones((0, 3))),
            "hold numbers; got none",
        ),
        (lambda: check_backward(np.tanh, lambda: 1, Z0), "to be called as backward"),
        (
            lambda: check_backward(lambda x: np.tanh(x), lambda dA, Z: (dA, dA), Z0),
            "1 gradients, dx in this order; got 2",
        ),
        (
            lambda: check_backward(lambda x: np.tanh(x), lambda dA, Z: {"dA": dA}, Z0),
            "keys such as 'dx'; got 'dA'",
        ),
        (
            lambda: check_backward(np.tanh, lambda dA, Z: dA, Z0, wrt="W"),
            "wrt to name arguments, of",
        ),
        (
            lambda: check_backward(np.tanh, lambda dA, Z: dA, Z0, averaged="W"),
            "averaged to name arguments",
        ),
        (
            lambda: check_backward(np.sum, lambda Z: Z, Z0, averaged="a"),
            "to average over m examples",
        ),
        (lambda: check_backward(np.tanh, lambda Z: Z, Z0, form="cost"), "the cost, one number"),
        (
            lambda: check_backward(np.tanh, lambda Z: Z, Z0, form="both"),
            "form to be one of layer, cost",
        ),
    ],
)
def test_errors_say_what_is_expected(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_an_unknown_name(layer_arguments, linear_forward, linear_with):
    check = check_backward(linear_forward, linear_with(), *layer_arguments())
    with pytest.raises(InputError, match="one of dA_prev, dW, db"):
        check["dw"]


def test_a_wrong_entry_that_was_not_looked_at(layer_arguments, linear_forward, linear_with):
    def backward(dZ, cache):
        dA_prev, dW, db = linear_with()(dZ, cache)
        dW.flat[np.argmax(np.abs(dW))] += 1
        return dA_prev, dW, db

    check = check_backward(linear_forward, backward, *layer_arguments(20, 30, 5), entries=2)
    assert "the entries looked at are right, others not" in check["dW"].problem
    assert check["dA_prev"].right


def test_what_the_arguments_cannot_show_is_said(layer_arguments, linear_forward, linear_with):
    A_prev, W, b = layer_arguments(m=1)
    check = check_backward(linear_forward, linear_with(), A_prev, 0 * W, b)
    assert "With m = 1 a missing 1/m does not show: take several examples." in check.notes
    assert "Zero everywhere, so that little shows: dA_prev" in str(check)


def test_a_gradient_that_was_never_computed(layer_arguments, linear_forward, linear_with):
    wrong = linear_with(dW=lambda dZ, A_prev, W: np.zeros(W.shape))
    check = check_backward(linear_forward, wrong, *layer_arguments())
    assert "every entry is 0" in check["dW"].mistake


def test_examples_as_rows_are_not_averaged():
    X, W, b = (np.random.default_rng(3).standard_normal(shape) for shape in [(6, 3), (3, 4), (4,)])

    def backward(dZ, X, W, b):
        return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)

    assert check_backward(lambda X, W, b: X @ W + b, backward, X, W, b)
