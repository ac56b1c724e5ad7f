"""Checks return what they checked, or say where, expected, got and fix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from chainrule import InputError, checks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.ones((2, 3)), "an array of shape (2, 3), float64"),
        ("cat", "'cat'"),
        (3, "3"),
        ("x" * 100, "'" + "x" * 56 + "..."),
    ],
)
def test_describe(value, text):
    assert checks.describe(value) == text


def test_one_of():
    assert checks.one_of("f", "color", "red", ("red", "green")) == "red"
    with pytest.raises(InputError) as caught:
        checks.one_of("f", "color", "gren", ("red", "green"))
    assert str(caught.value) == (
        "f: expected color to be one of red, green; got 'gren'. Did you mean green?"
    )


@pytest.mark.parametrize("value", [3, None, ["red"], b"red", "zzz"], ids=repr)
def test_one_of_without_a_suggestion(value):
    with pytest.raises(InputError) as caught:
        checks.one_of("f", "color", value, ("red", "green"))
    assert caught.value.fix in ("", "Did you mean red?")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, ""), (1, "c0"), (3, "c0, c1, c2"), (4, "c0, c1, c2, and 1 more")],
)
def test_listed(count, text):
    assert checks.listed([f"c{k}" for k in range(count)], 3) == text


def test_listed_with_another_separator():
    assert checks.listed(("a: b", "c: d", "e: f"), 2, "; ") == "a: b; c: d; and 1 more"


@pytest.mark.parametrize(
    ("shape", "fix"),
    [((5, 3), "The examples look like rows: pass X_new.T."), ((5, 4), "")],
    ids=str,
)
def test_features_of_another_number(shape, fix):
    checks.features("f", (3, 5), 3)
    with pytest.raises(InputError) as caught:
        checks.features("f", shape, 3, "X_new")
    expected = "f: expected X_new with 3 rows (features), one column per example; got "
    assert str(caught.value) == f"{expected}{shape}. {fix}".rstrip()


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_whole_number(value, least):
    if value >= least:
        assert checks.whole_number("f", "n", np.int64(value), least=least) == value
    else:
        with pytest.raises(InputError, match=f"at least {least}; got {value}"):
            checks.whole_number("f", "n", value, least=least)


@pytest.mark.parametrize("value", [True, 2.0, "2", None, np.float64(2), [2], np.array(2)], ids=repr)
def test_what_is_no_whole_number(value):
    with pytest.raises(InputError, match="whole number"):
        checks.whole_number("f", "n", value)


@pytest.mark.parametrize("value", [0.5, 1, True, [0.5, 1], (0.5, 1), np.float32(0.5)], ids=repr)
def test_numbers_are_float64(value):
    found = checks.numbers("f", "rate", value)
    assert found.dtype == np.float64
    assert found.ndim == np.ndim(value)


@pytest.mark.parametrize(
    ("options", "inside", "outside", "bounds"),
    [
        ({"least": 0}, 0, -1e-300, "0 <= rate"),
        ({"least": 0, "open_below": True}, 1e-300, 0, "0 < rate"),
        ({"most": 1}, 1, 1.5, "rate <= 1"),
        ({"most": 1, "open_above": True}, 0.99, 1, "rate < 1"),
        ({"least": 0, "most": 1, "open_above": True}, 0, 1, "0 <= rate < 1"),
    ],
    ids=str,
)
def test_bounds(options, inside, outside, bounds):
    assert checks.numbers("f", "rate", inside, **options) == inside
    for bad in (outside, [inside, outside], np.nan):
        with pytest.raises(InputError) as caught:
            checks.numbers("f", "rate", bad, **options)
        assert caught.value.expected == f"{bounds}, a finite number or one per run"


@pytest.mark.parametrize(
    "value",
    [
        None,
        np.nan,
        np.inf,
        -np.inf,
        "fast",
        "0.5",
        1j,
        [1j],
        np.complex128(1),
        {},
        [],
        [[1.0]],
        [1, [2]],
    ],
    ids=repr,
)
def test_what_are_no_numbers(value):
    with pytest.raises(InputError, match=r"^f: expected rate"):
        checks.numbers("f", "rate", value)


def test_one_number_is_no_list():
    assert checks.number("f", "rate", np.float32(0.5), least=0) == 0.5
    with pytest.raises(InputError) as caught:
        checks.number("f", "rate", [0.5], least=0)
    assert str(caught.value) == "f: expected 0 <= rate, a finite number; got shape (1,)."


@pytest.mark.parametrize("dtype", [np.float64, "float64", "f8", float, np.dtype("f4"), "float32"])
def test_float_dtypes(dtype):
    assert checks.float_dtype("f", dtype) == np.dtype(dtype)


@pytest.mark.parametrize(
    "dtype", ["float16", int, "complex128", "float46", ">f8", object, 7, "longdouble"], ids=repr
)
def test_dtypes_that_are_refused(dtype):
    with pytest.raises(InputError, match="float64 or float32"):
        checks.float_dtype("f", dtype)


@pytest.mark.parametrize(
    "value", [[[1, 2]], ((True,),), np.zeros((0, 3)), np.ones((2, 2), np.uint8)], ids=repr
)
def test_matrices(value):
    assert_array_equal(checks.matrix("f", "X", value), value)


def test_a_matrix_is_not_copied():
    X = np.ones((2, 3))
    assert checks.matrix("f", "X", X) is X


def test_the_first_missing_number_is_named():
    X = np.ones((3, 4))
    X[1, 2] = X[2, 0] = np.nan
    X[2, 3] = -np.inf
    with pytest.raises(InputError) as caught:
        checks.matrix("f", "X", X)
    assert caught.value.got == "3 missing or infinite, the first at row 1, column 2"
    assert caught.value.fix == "Fill or drop them before training."


def test_lists_of_different_lengths_are_no_matrix():
    with pytest.raises(InputError, match=r"X with two axes.*different lengths"):
        checks.matrix("f", "X", [[1, 2], [3]])


def test_a_rank_1_array_is_not_guessed():
    with pytest.raises(InputError) as caught:
        checks.matrix("f", "X", np.ones(3))
    assert "X.reshape(1, 3) for one row of 3 examples" in caught.value.fix
    assert "X.reshape(3, 1) for one example" in caught.value.fix
