"""Raw features to floats: the course's x / 255, and scikit-learn's standardization."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from chainrule.data import Scaling
from chainrule.errors import InputError

F64, F32 = np.dtype(np.float64), np.dtype(np.float32)


def test_pixels_are_exactly_the_courses_quotients():
    pixels = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    assert_array_equal(Scaling.pixels()(pixels, F64), np.arange(256.0).reshape(-1, 1) / 255.0)


def test_standard_is_scikit_learns():
    raw = np.random.default_rng(0).normal(5, 3, (6, 40))
    raw[2] = 0.1  # a constant feature, whose deviation rounds to something tiny
    expected = StandardScaler().fit_transform(raw.T).T
    assert_allclose(Scaling.standard(raw)(raw, F64), expected, atol=1e-12)


def test_standard_comes_from_the_training_set_alone():
    train, test = np.array([[0.0, 2.0]]), np.array([[4.0]])
    assert_allclose(Scaling.standard(train)(test, F64), [[3.0]])


def test_a_constant_feature_becomes_zero():
    raw = np.full((1, 3), 0.1)
    assert_allclose(Scaling.standard(raw)(raw, F64), 0, atol=1e-15)


@pytest.mark.parametrize("value", [0.1, 1e20, 1.7e308, 5e-324])
def test_a_constant_feature_is_exactly_zero(value):
    """The mean of many may round; far from 0 that would be a huge number over a divisor of 1."""
    raw = np.full((1, 999), value)
    assert_array_equal(Scaling.standard(raw)(raw, F64), 0)


@pytest.mark.parametrize("power", [-1060, -500, 500, 1015])
def test_extreme_features_are_standardized_as_if_they_were_around_1(power):
    """Powers of two are exact; of subnormal numbers some digits are lost."""
    raw = np.random.default_rng(4).integers(-9, 9, (3, 40)) * 1.0
    plain = Scaling.standard(raw)
    extreme = Scaling.standard(np.ldexp(raw, power))
    tolerance = 1e-12 if power > -1000 else 0.02
    assert_allclose(
        np.ldexp(extreme.steps[0].shift, -power),
        plain.steps[0].shift,
        rtol=tolerance,
        atol=tolerance,
    )
    assert_allclose(
        np.ldexp(extreme.steps[0].divisor, -power), plain.steps[0].divisor, rtol=tolerance
    )
    X = extreme(np.ldexp(raw, power), F64)
    assert_allclose(X, plain(raw, F64), rtol=tolerance, atol=tolerance)


def test_differences_beyond_floats_and_the_smallest_of_all():
    raw = np.array([[1.5e308, -1.5e308, 1.5e308, -1.7e308], [5e-324, 0, 0, 0]])
    X = Scaling.standard(raw)(raw, F64)
    assert_allclose(X[0], Scaling.standard(raw[:1] / 1e300)(raw[:1] / 1e300, F64)[0], rtol=1e-12)
    assert np.isfinite(X).all()
    assert X[1, 0] > X[1, 1]


def test_what_floats_do_not_hold_when_it_is_scaled():
    near, far = np.array([[0.0, 1e-300]]), np.array([[1e300]])
    with pytest.raises(InputError, match=r"float64 holds .* scaled \(standard\); got 1 too large"):
        Scaling.standard(near)(far, F64)
    with pytest.raises(InputError, match=r"float32 holds .* scaled \(none\); got 1 too large"):
        Scaling()(far, F32)


@pytest.mark.parametrize("raw", [np.zeros((3, 0)), np.array([[np.nan, 1.0]]), np.array([[np.inf]])])
def test_nothing_to_learn_from(raw):
    with pytest.raises(InputError, match=r"^Scaling: expected"):
        Scaling.standard(raw)


def test_standard_over_several_blocks_of_rows():
    raw = np.random.default_rng(1).random((4, 1_100_000))
    scaling = Scaling.standard(raw)
    assert_allclose(scaling.steps[0].shift[:, 0], raw.mean(1))
    assert_allclose(scaling.steps[0].divisor[:, 0], raw.std(1))


def test_float32_keeps_the_digits_of_features_far_from_zero():
    raw = 1e8 + np.random.default_rng(2).standard_normal((1, 50))
    scaling = Scaling.standard(raw)
    assert_allclose(scaling(raw, F32), scaling(raw, F64), atol=1e-6)


@pytest.mark.parametrize("raw_dtype", [np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("kind", ["none", "pixels", "standard"])
def test_the_result_is_new_and_of_the_dtype_asked_for(kind, dtype, raw_dtype):
    raw = np.array([[1, 2], [3, 5]]).astype(raw_dtype)
    X = Scaling.of(kind, raw)(raw, dtype)
    assert X.dtype == dtype
    assert not np.shares_memory(X, raw)


def test_some_rows_alone():
    raw = np.random.default_rng(3).random((5, 9))
    scaling = Scaling.standard(raw)
    rows = slice(1, 4)
    assert_allclose(scaling(raw[rows], F64, rows), scaling(raw, F64)[rows])


def test_an_unknown_kind_suggests_the_nearest():
    with pytest.raises(InputError, match=r"none, pixels, standard.*Did you mean standard\?"):
        Scaling.of("standart", np.ones((1, 2)))
