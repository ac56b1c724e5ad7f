"""What a sweep varies, and the settings drawn from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from chainrule import InputError
from chainrule.experiments import Between, Setting
from chainrule.experiments.space import draw, grid


def test_a_grid_is_every_combination_once():
    found = grid({"learning_rate": [0.1, 0.2, 0.1], "hidden": [(3, 2), 4, [5]]}, Setting(l2=0.5))
    assert len(found) == len(set(found)) == 6
    assert {one.hidden for one in found} == {(3, 2), (4,), (5,)}
    assert {one.l2 for one in found} == {0.5}


@pytest.mark.parametrize(
    "values",
    [[0.1, 0.2], (0.1, 0.2), np.array([0.1, 0.2]), (x for x in (0.1, 0.2)), {0.1: 0, 0.2: 0}],
    ids=["list", "tuple", "array", "generator", "keys"],
)
def test_values_of_any_kind(values):
    assert [one.learning_rate for one in grid({"learning_rate": values}, Setting())] == [0.1, 0.2]


@pytest.mark.parametrize("value", [0.25, np.float64(0.25), np.array(0.25)])
def test_a_single_value(value):
    assert grid({"learning_rate": value}, Setting())[0].learning_rate == 0.25


@given(
    low=st.floats(1e-300, 1e300),
    factor=st.floats(1 + 1e-9, 1e6),
    log=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_between_stays_between(low, factor, log, seed):
    high = low * factor
    if high <= low:
        return
    drawn = Between(low, high, log=log).rvs(seed)
    assert low <= drawn <= high
    assert type(drawn) is float


@given(low=st.integers(1, 50), more=st.integers(1, 4), log=st.booleans())
@settings(max_examples=25)
def test_whole_numbers_reach_both_ends(low, more, log):
    of = Between(np.int64(low), low + more, log=log)
    drawn = {of.rvs(np.random.RandomState(seed)) for seed in range(100)}
    assert drawn == set(range(low, low + more + 1))
    assert all(isinstance(n, (int, np.integer)) for n in drawn)


@pytest.mark.parametrize("end", [0, 1])
def test_rounding_does_not_lead_out_of_the_range(end):
    class AtTheEnd(np.random.RandomState):
        def uniform(self, *ends):
            return ends[end]

    for low in range(2, 60):
        for of in (Between(float(low), low * 7.0, log=True), Between(low, 7 * low, log=True)):
            assert of.low <= of.rvs(AtTheEnd()) <= of.high


def test_evenly_in_the_logarithm():
    rng = np.random.RandomState(0)
    drawn = np.log10([Between(1e-4, 1.0, log=True).rvs(rng) for _ in range(2000)])
    assert stats.kstest(drawn, stats.uniform(-4, 4).cdf).pvalue > 0.01


def test_drawing_at_random():
    space = {
        "learning_rate": Between(1e-3, 1.0, log=True),
        "hidden": Between(1, 4),
        "l2": stats.uniform(0, 1),
        "seed": stats.randint(0, 9),
        "activation": ["relu", "tanh"],
    }
    found = draw(space, Setting(), 30, seed=1)
    assert len(set(found)) == 30
    assert found == draw(space, Setting(), 30, seed=1)
    assert found != draw(space, Setting(), 30, seed=2**40)
    assert {one.hidden for one in found} == {(1,), (2,), (3,), (4,)}
    assert all(type(one.l2) is float and type(one.seed) is int for one in found)


def test_from_lists_nothing_is_drawn_twice():
    found = draw({"l2": [0.0, 0.1, 0.2], "seed": [0, 1]}, Setting(), 50, seed=0)
    assert len(found) == len(set(found)) == 6
    assert len(draw({"l2": [0.0, 0.1, 0.2], "seed": [0, 1]}, Setting(), 4, seed=0)) == 4


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (None, "a dictionary of names and values"),
        ({}, "a dictionary"),
        ([("l2", [0.1])], "a dictionary"),
        ({"learning_rat": [0.1]}, "Did you mean learning_rate"),
        ({"learning_rate": []}, "at least one value for learning_rate"),
        ({"learning_rate": [0.1, 0]}, "0 < learning_rate"),
        ({"learning_rate": ["a"]}, "learning_rate"),
        ({"learning_rate": None}, "learning_rate"),
        ({"learning_rate": np.ones((2, 2))}, "single values"),
        ({"hidden": [(3, 0)]}, "hidden"),
        ({"hidden": [None]}, "hidden"),
        ({"class_weight": [{0: 1}]}, "class_weight"),
        ({"activation": [["relu", {}]]}, "activation"),
    ],
)
def test_bad_spaces(space, message):
    for search in (lambda: grid(space, Setting()), lambda: draw(space, Setting(), 3, 0)):
        with pytest.raises(InputError, match=message):
            search()


def test_no_grid_of_a_distribution():
    with pytest.raises(InputError, match=r"a list of values for l2 in a grid.*trials=\.\.\."):
        grid({"l2": Between(0, 1)}, Setting())


def test_a_distribution_that_leaves_the_allowed_range():
    with pytest.raises(InputError, match="0 < learning_rate"):
        draw({"learning_rate": stats.norm(-5, 1)}, Setting(), 3, 0)


@pytest.mark.parametrize(
    ("ends", "log"),
    [((2, 1), False), ((1, 1), False), ((0, 1), True), (("a", 1), False), ((None, 1), False),
     ((1, float("inf")), False), (([1], 2), False), ((1, 10**400), False)],
)  # fmt: skip
def test_bad_ends(ends, log):
    with pytest.raises(InputError, match=r"^Between: expected"):
        Between(*ends, log=log)


def test_momentum_is_varied_of_optimizers_that_have_it():
    space = {"momentum": [0.5, 0.9]}
    with pytest.raises(InputError, match=r"the optimizer momentum or nesterov.*got gd"):
        grid(space, Setting())
    assert len(grid(space, Setting(optimizer="nesterov"))) == 2
    assert len(grid(space | {"optimizer": ["momentum"]}, Setting())) == 2


def test_epochs_take_the_place_of_iterations_and_the_other_way_round():
    of_epochs = grid({"epochs": [1, 2]}, Setting(iterations=5))
    assert [(one.epochs, one.iterations) for one in of_epochs] == [(1, None), (2, None)]
    of_iterations = grid({"iterations": [1, 2]}, Setting(epochs=5))
    assert [(one.epochs, one.iterations) for one in of_iterations] == [(None, 1), (None, 2)]
