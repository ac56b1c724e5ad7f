"""Generated sets in the plane: drawn from a seed, balanced, and of the shape they are named for."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data
from chainrule.errors import InputError

KINDS = ("flower", "moons", "circles", "xor")


def by_class(data):
    return data.raw[:, data.labels == 0], data.raw[:, data.labels == 1]


@pytest.mark.parametrize("kind", KINDS)
def test_400_and_200_points_as_many_of_each_color(kind):
    splits = open_data(f"planar:{kind}")
    for data, m in ((splits.train, 400), (splits.test, 200)):
        assert data.raw.shape == (2, m)
        assert data.raw.dtype == np.float64
        assert data.classes == ("red", "blue")
        assert np.bincount(data.labels).tolist() == [m // 2, m // 2]
        assert data.scaling.kind == "none"
    assert splits.validation is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_alone_decides(kind):
    first, again, other = (open_data(f"planar:{kind}", seed=seed) for seed in (3, 3, 4))
    assert_array_equal(first.train.raw, again.train.raw)
    assert_array_equal(first.test.raw, again.test.raw)
    assert not np.any(first.train.raw == other.train.raw)
    assert not np.any(first.train.raw[:, :200] == first.test.raw)


def test_planar_is_the_flower():
    assert_array_equal(open_data("planar").train.raw, open_data("planar:flower").train.raw)


def test_the_flower_follows_its_formula():
    """Its points lie near r = 4 sin(4 theta), within noise of 0.2 in r and in theta."""
    X = open_data("planar:flower").train.raw
    r, theta = np.hypot(*X), np.arctan2(X[0], X[1])
    turns = theta[:, None] + np.linspace(-0.6, 0.6, 121)  # three deviations of theta's noise
    off = np.abs(r[:, None] - np.abs(4 * np.sin(4 * turns))).min(axis=1)
    assert r.max() < 5
    assert np.quantile(off, 0.99) < 0.7


def test_circles_differ_in_radius():
    red, blue = by_class(open_data("planar:circles").train)
    assert abs(np.median(np.hypot(*red)) - 1) < 0.05
    assert abs(np.median(np.hypot(*blue)) - 0.5) < 0.05


def test_xor_is_blue_where_signs_differ():
    red, blue = by_class(open_data("planar:xor").train)
    assert np.mean(red[0] * red[1] > 0) > 0.8
    assert np.mean(blue[0] * blue[1] < 0) > 0.8


def test_moons_are_half_circles_about_two_centers():
    red, blue = by_class(open_data("planar:moons").train)
    assert abs(np.median(np.hypot(*red)) - 1) < 0.1
    assert abs(np.median(np.hypot(blue[0] - 1, blue[1] - 0.5)) - 1) < 0.1
    assert red[1].mean() > blue[1].mean()


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None])
def test_a_seed_that_is_none(seed):
    with pytest.raises(InputError, match="seed to be a whole number of at least 0"):
        open_data("planar", seed=seed)
