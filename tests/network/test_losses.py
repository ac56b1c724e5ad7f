"""Losses: known values, derivatives, extremes."""

from math import log

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError
from chainrule.network import ACTIVATIONS, LOSSES, correct
from chainrule.network.losses import check_labels

OUTPUT = {name: loss.output or "identity" for name, loss in LOSSES.items()}
OUTPUT["squared_error"] = "tanh"
each = pytest.mark.parametrize("name", OUTPUT)


def column(*values):
    return np.array(values, float).reshape(-1, 1)


def per_example(name, Z, Y):
    """L, by the activation that the loss goes with."""
    return LOSSES[name].per_example(Z, ACTIVATIONS[OUTPUT[name]](Z), Y)


def test_which_are_of_classes():
    assert {name for name, loss in LOSSES.items() if loss.classifies} == {
        "binary_cross_entropy",
        "softmax_cross_entropy",
    }


@pytest.mark.parametrize(
    ("name", "z", "y", "loss"),
    [
        ("binary_cross_entropy", [0], [1], log(2)),
        ("binary_cross_entropy", [log(3)], [1], log(4 / 3)),
        ("binary_cross_entropy", [log(3)], [0], log(4)),
        ("binary_cross_entropy", [log(3), 0], [0, 1], log(4) + log(2)),
        ("binary_cross_entropy", [log(3)], [0.5], (log(4) + log(4 / 3)) / 2),
        ("softmax_cross_entropy", [0, log(2), log(5)], [0, 0, 1], log(8 / 5)),
        ("softmax_cross_entropy", [0, log(2), log(5)], [1, 0, 0], log(8)),
        ("poisson_deviance", [log(2)], [0], 2),
        ("poisson_deviance", [log(2), 0], [4, 1], 4 * log(2) - 2),
        ("poisson_deviance", [log(2)], [0.5], 1.5 - log(2)),
        ("squared_error", [0, log(2)], [1, 1], 0.5 * (1 + (2 / 5) ** 2)),
        ("absolute_error", [0, 3], [1, 1], 3),
        ("huber", [0.5, 3, -1], [1, 1, 0], 0.125 + 1.5 + 0.5),
    ],
)
def test_known_values(name, z, y, loss):
    assert_allclose(per_example(name, column(*z), column(*y)), [loss], rtol=1e-14)


@each
@pytest.mark.parametrize("lead", [(), (2,)], ids=["one run", "two runs"])
def test_derivative_is_that_of_central_differences(name, lead):
    rng = np.random.default_rng(7)
    shape = (*lead, 3, 4)
    Z, Y = rng.standard_normal(shape), rng.random((3, 4))
    if name == "softmax_cross_entropy":
        Y /= Y.sum(axis=0)
    weight = rng.random((*lead, 1, 4))
    output, h = ACTIVATIONS[OUTPUT[name]], 1e-6
    numeric = np.empty(shape)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = h
        change = per_example(name, Z + step, Y) - per_example(name, Z - step, Y)
        numeric[place] = (change * weight[..., 0, :]).sum() / (2 * h)
    A = output(Z)
    dZ = LOSSES[name].derivative(A, Y, weight)
    if LOSSES[name].output is None:
        dZ = output.backward(dZ, A)
    assert_allclose(dZ, numeric, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("name", "z", "y", "loss", "dz"),
    [
        ("binary_cross_entropy", [1000], [0], 1000, [1]),
        ("binary_cross_entropy", [1000], [1], 0, [0]),
        ("binary_cross_entropy", [-1000], [1], 1000, [-1]),
        ("binary_cross_entropy", [-1000], [0], 0, [0]),
        ("softmax_cross_entropy", [1000, -1000], [0, 1], 2000, [1, -1]),
        ("softmax_cross_entropy", [1000, -1000], [1, 0], 0, [0, 0]),
        ("softmax_cross_entropy", [1000, 1000], [0.5, 0.5], log(2), [0, 0]),
    ],
)
def test_logits_of_a_thousand_are_exact(name, z, y, loss, dz, dtype):
    Z, Y = column(*z).astype(dtype), column(*y).astype(dtype)
    found = per_example(name, Z, Y)
    assert found.dtype == dtype
    # log(2) beside a logit of 1000 keeps the digits that a number of 1000 has.
    assert_allclose(found, [loss], rtol=1e-15, atol=1000 * np.finfo(dtype).eps)
    A = ACTIVATIONS[OUTPUT[name]](Z)
    assert_array_equal(LOSSES[name].derivative(A, Y, np.ones((1, 1), dtype)), column(*dz))


def test_the_sign_of_no_error_is_zero():
    exact = np.ones((1, 1))
    assert_array_equal(LOSSES["absolute_error"].derivative(exact, exact, exact), [[0]])


@each
def test_derivative_writes_into_its_buffer(name):
    rng = np.random.default_rng(8)
    A, Y, weight = rng.random((2, 3)), np.eye(2)[:, [0, 1, 1]], np.full((1, 3), 1 / 3)
    before, out = A.copy(), np.empty((2, 3))
    expected = LOSSES[name].derivative(A, Y, weight)
    assert LOSSES[name].derivative(A, Y, weight, out) is out
    assert_array_equal(out, expected)
    assert_array_equal(A, before)


@pytest.mark.parametrize(
    ("activation", "A", "Y", "right"),
    [
        ("sigmoid", [[0.5, 0.51, 0.5, 0.51]], [[0, 0, 1, 1]], [True, False, False, True]),
        ("sigmoid", [[0.9, 0.9], [0.1, 0.9]], [[1, 1], [0, 0]], [True, False]),
        ("sigmoid", [[0.2]], [[0.5]], [True]),  # a label in the middle is no 1
        ("softmax", [[0.4, 0.4], [0.3, 0.3], [0.3, 0.3]], [[1, 0], [0, 0], [0, 1]], [True, False]),
    ],
)
def test_which_columns_are_right(activation, A, Y, right):
    A, Y = np.array(A), np.array(Y)
    assert_array_equal(correct(A, Y, activation), right)
    assert_array_equal(correct(np.stack([A, A]), Y, activation), [right, right])


@pytest.mark.parametrize(
    ("Y", "loss", "message"),
    [
        (np.ones((2, 5)), "squared_error", "got (2, 5)."),
        (np.ones((5, 3)), "squared_error", "got (5, 3). Pass Y.T, of shape (3, 5)."),
        (np.ones((1, 5)), "squared_error", "got (1, 5)."),
        (np.ones((2, 5)), "softmax_cross_entropy", "got (2, 5)."),
        (
            np.ones((1, 5)),
            "softmax_cross_entropy",
            "got (1, 5). One-hot labels are needed: numpy.eye(n_classes)[:, labels].",
        ),
        (np.full((3, 5), 0.5 - 1), "poisson_deviance", "got values from -0.5."),
        (
            np.full((3, 5), 0.4),
            "softmax_cross_entropy",
            "Network: expected every column of Y to sum to 1; got columns that do not. "
            "One-hot labels do.",
        ),
    ],
)
def test_labels_that_a_loss_cannot_take_and_what_to_do(Y, loss, message):
    with pytest.raises(InputError) as caught:
        check_labels(Y, 3, 5, loss)
    assert str(caught.value).endswith(message)


@each
def test_no_labels_and_the_bounds_of_labels_are_taken(name):
    assert check_labels(np.ones((3, 0)), 3, 0, name).shape == (3, 0)
    assert_array_equal(check_labels(np.eye(3), 3, 3, name), np.eye(3))


@pytest.mark.parametrize(
    "name", [name for name, loss in LOSSES.items() if not loss.classifies or loss.output is None]
)
def test_numbers_beyond_one_are_taken_where_no_classes_are_meant(name):
    assert_array_equal(check_labels([[0, 7]], 1, 2, name), [[0, 7]])
