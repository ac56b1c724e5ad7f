"""Known values are those the course prints, and published.json's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.course import basics
from chainrule.errors import InputError

ROWS = arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6))


def test_sigmoid_of_numbers_and_arrays():
    assert_allclose(basics.sigmoid(np.array([0, 2])), [0.5, 0.88079708], atol=1e-8)
    assert basics.sigmoid(3) == pytest.approx(0.9525741268224334, rel=1e-15)
    assert basics.sigmoid(np.zeros((2, 3))).shape == (2, 3)


def test_sigmoid_at_extremes_is_exact_and_silent():
    assert_array_equal(basics.sigmoid([-1000.0, 1000.0, -np.inf, np.inf]), [0, 1, 0, 1])
    assert basics.sigmoid(-700.0) == pytest.approx(np.exp(-700.0), rel=1e-15)


def test_sigmoid_of_unsigned_bytes_does_not_wrap_around():
    assert_allclose(basics.sigmoid(np.array([1], np.uint8)), 1 / (1 + np.exp(-1)))


def test_float32_stays_float32():
    x = np.ones(2, np.float32)
    for function in (basics.sigmoid, basics.sigmoid_derivative, basics.relu):
        assert function(x).dtype == np.float32


def test_sigmoid_derivative():
    assert_allclose(
        basics.sigmoid_derivative([1, 2, 3]), [0.19661193, 0.10499359, 0.04517666], atol=1e-8
    )


@given(st.floats(-30, 30))
def test_sigmoid_derivative_is_the_slope(x):
    slope = (basics.sigmoid(x + 1e-5) - basics.sigmoid(x - 1e-5)) / 2e-5
    assert basics.sigmoid_derivative(x) == pytest.approx(slope, abs=1e-9)


def test_relu():
    assert_array_equal(basics.relu([[-2, 0], [3, -0.5]]), [[0, 0], [3, 0]])


@given(arrays(np.uint8, array_shapes(min_dims=3, max_dims=3)))
def test_image2vector_runs_through_colors_then_columns_then_rows(image):
    height, width, depth = image.shape
    column = basics.image2vector(image)
    assert column.shape == (height * width * depth, 1)
    row, col, color = height - 1, width // 2, depth - 1
    assert column[(row * width + col) * depth + color, 0] == image[row, col, color]


def test_image2vector_refuses_many_pictures_and_says_how():
    with pytest.raises(InputError, match=r"reshape\(m, -1\)\.T"):
        basics.image2vector(np.zeros((5, 2, 2, 3)))


@pytest.mark.parametrize("normalize", [basics.normalize_rows, basics.normalizeRows])
def test_normalize_rows(normalize):
    x = np.array([[0, 3, 4], [1, 6, 4]])
    expected = [[0.0, 0.6, 0.8], [0.13736056, 0.82416338, 0.54944226]]
    assert_allclose(normalize(x), expected, atol=1e-8)


def test_rows_of_huge_and_tiny_numbers_are_normalized_too():
    x = [[3e200, 4e200], [3e-200, 4e-200]]
    assert_allclose(basics.normalize_rows(x), [[0.6, 0.8], [0.6, 0.8]])


@given(ROWS)
def test_normalized_rows_have_length_one_or_stay_zero(x):
    x = np.where(np.abs(x) < 1e-3, 0, x)
    lengths = np.linalg.norm(basics.normalize_rows(x), axis=1)
    assert_allclose(lengths, (x != 0).any(axis=1), atol=1e-12)


def test_softmax():
    expected = [
        [9.80897665e-01, 8.94462891e-04, 1.79657674e-02, 1.21052389e-04, 1.21052389e-04],
        [8.78679856e-01, 1.18916387e-01, 8.01252314e-04, 8.01252314e-04, 8.01252314e-04],
    ]
    assert_allclose(basics.softmax([[9, 2, 5, 0, 0], [7, 5, 0, 0, 0]]), expected, rtol=1e-8)


@given(ROWS, st.floats(-1e6, 1e6))
def test_softmax_gives_probabilities_that_a_shift_does_not_change(x, shift):
    s = basics.softmax(x)
    assert_allclose(s.sum(axis=1), 1)
    assert_allclose(basics.softmax(x + shift), s, rtol=1e-6, atol=1e-9)


def test_absolute_and_squared_error():
    yhat, y = np.array([0.9, 0.2, 0.1, 0.4, 0.9]), np.array([1, 0, 0, 1, 1])
    assert basics.L1(yhat, y) == pytest.approx(1.1)
    assert basics.L2(yhat, y) == pytest.approx(0.43)


def test_absolute_error_of_unsigned_bytes_does_not_wrap_around():
    assert basics.L1(np.array([2], np.uint8), np.array([1], np.uint8)) == 1


@pytest.mark.parametrize("loss", [basics.L1, basics.L2])
def test_losses_refuse_to_broadcast(loss):
    with pytest.raises(InputError, match=r"yhat of shape \(3, 1\).*got shape \(3,\)"):
        loss(np.zeros(3), np.zeros((3, 1)))


@pytest.mark.parametrize("function", [basics.softmax, basics.normalize_rows])
def test_rank_1_is_refused(function):
    with pytest.raises(InputError, match=r"one vector per row.*x\.reshape\(1, 3\)"):
        function(np.array([1.0, 2.0, 3.0]))


def test_text_is_refused():
    with pytest.raises(InputError, match="sigmoid: expected x to hold numbers"):
        basics.sigmoid(["a"])
