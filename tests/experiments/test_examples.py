"""Examples: what a run sees of them, and what it does not."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError
from chainrule.data import Dataset, Scaling
from chainrule.errors import DataError
from chainrule.experiments import Setting, cross_validate, leave_one_out
from chainrule.experiments.examples import Examples, joined

HELD = np.array([0, 3])


def garbage(standard):
    """The same data but for what the examples held out are."""
    raw = standard.raw.copy()
    raw[:, HELD] = raw[:, HELD] * -1e4 + 7
    return replace(standard, features=raw, scaling=Scaling.standard(raw))


@pytest.mark.parametrize("batch_size", [None, 4], ids=["full batch", "mini-batches"])
def test_a_learned_scaling_does_not_leak(batch_size, standard):
    setting = Setting(hidden=(4,), activation="tanh", batch_size=batch_size, iterations=15)
    folds = [(np.setdiff1d(np.arange(15), HELD), HELD)]
    first, second = (
        cross_validate(data, setting, folds=folds).folds[0].history
        for data in (standard, garbage(standard))
    )
    assert_array_equal(first.cost, second.cost)
    assert first.validation_cost[0] != second.validation_cost[0]


def test_what_is_left_out_does_not_move_the_other_predictions(standard, quick):
    first, second = (leave_one_out(data, quick) for data in (standard, garbage(standard)))
    # The network trained without example 0 sees the change of example 3, and the other way round.
    others = np.setdiff1d(np.arange(15), HELD)
    assert np.abs(first.without[0, others] - second.without[0, others]).max() > 1e-3
    raw = standard.raw.copy()
    raw[:, 0] *= -1e4
    alone = leave_one_out(replace(standard, features=raw), quick)
    assert_array_equal(alone.without[0, 1:], first.without[0, 1:])


def test_the_scaling_is_that_of_the_rest(standard):
    subset = Examples("test", standard).subset(HELD, np.float64, batches=False)
    rest = np.setdiff1d(np.arange(15), HELD)
    X = subset.X.columns(slice(None))
    assert_allclose(X[:, rest].mean(axis=1), 0, atol=1e-9)
    assert_allclose(X[:, rest].std(axis=1), 1)


def test_all_runs_share_one_matrix(pixels, binary):
    for data in (pixels, binary):
        of = Examples("test", data)
        assert of.subset(HELD, np.float64, batches=False).X is of.matrix(np.float64)
        assert of.matrix(np.float32) is of.matrix(np.float32) is not of.matrix(np.float64)


@pytest.mark.parametrize("problem", ["binary", "pixels"])
def test_in_batches_the_rest_is_a_matrix_of_its_own(problem, problems):
    of = Examples("test", problems[problem])
    subset = of.subset(HELD, np.float64, batches=True)
    X = of.matrix(np.float64).columns(slice(None))
    assert_array_equal(subset.X.columns(slice(None)), X[:, subset.index])
    assert_array_equal(subset.validation[0].columns(slice(None)), X[:, HELD])
    assert_array_equal(subset.Y, of.Y[:, subset.index])


def test_a_constant_feature_standardized(standard, quick):
    raw = standard.raw.copy()
    raw[2], raw[3] = 7.0, np.arange(15) == 0  # the latter is constant once example 0 is left out
    data = replace(standard, features=raw, scaling=Scaling.standard(raw))
    assert np.isfinite(leave_one_out(data, quick).losses).all()


def test_joined(binary, pixels):
    X, Y = binary
    (both, labels), index = joined("test", (X[:, :9], Y[:, :9]), (X[:, 9:], Y[:, 9:]))
    assert_array_equal(both, X)
    assert_array_equal(labels, Y)
    assert index.tolist() == [9, 10, 11, 12, 13]
    swapped = replace(pixels.select(slice(9, None)), classes=("cat", "dog"))
    found, _ = joined("test", pixels.select(slice(0, 9)), swapped)
    assert_array_equal(found.raw, pixels.raw)
    assert_array_equal(found.labels[9:], 1 - pixels.labels[9:])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ((np.zeros((5, 3)), np.zeros((1, 3))), "30 features and 1 outputs .* got 5 and 1"),
        ((np.zeros((30, 3)), np.eye(3)), "30 features and 1 outputs .* got 30 and 3"),
        ((np.zeros((30, 0)), np.zeros((1, 0))), "at least one example"),
        (7, "a Dataset or a tuple"),
    ],
)
def test_another_validation_set(other, message, binary):
    with pytest.raises(InputError, match=f"^test: validation: expected .*{message}"):
        joined("test", binary, other)


def test_a_validation_set_of_other_classes(pixels):
    with pytest.raises(DataError, match="fish"):
        joined("test", pixels, replace(pixels, classes=("fish", "cat")))


ZEROS = np.zeros((3, 5))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "a Dataset or a tuple .* got a NoneType"),
        ("cats.h5", "got a str"),
        ([ZEROS, np.ones((1, 5))], "got a list"),
        ({"X": ZEROS}, "got a dict"),
        ((ZEROS, np.ones(5)), r"Y of shape \(n_y, 5\); got \(5,\)"),
        ((ZEROS, np.ones((1, 4))), r"Y of shape \(n_y, 5\); got \(1, 4\)"),
        ((ZEROS, np.ones((1, 1, 5))), "Y of shape"),
        ((ZEROS, np.ones((0, 5))), "at least one row"),
        ((ZEROS, [["a"] * 5]), "Y"),
        ((ZEROS[:, :0], np.ones((1, 0))), "at least one example"),
        ((ZEROS * np.nan, np.ones((1, 5))), "X to hold finite numbers"),
        ((ZEROS[0], np.ones((1, 5))), "rank-1"),
        (([[1, 2], [1]], np.ones((1, 2))), "lists of different lengths"),
        (Dataset(ZEROS, np.zeros(5, int), ("cat",)), "at least two classes; got cat"),
    ],
)
def test_bad_data(data, message):
    with pytest.raises(InputError, match=message):
        Examples("test", data)


def test_labels(softmax):
    assert Examples("test", softmax).labels.tolist() == [0, 1, 2] * 5
    several = Examples("test", (ZEROS, np.ones((2, 5))))
    assert not several.has_classes
    with pytest.raises(InputError, match=r"^test: expected labels Y of 0 and 1"):
        several.labels  # noqa: B018 - the property raises
