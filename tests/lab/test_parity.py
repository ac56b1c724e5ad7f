"""Parity: what is written down is exact, as large as it is said to be, and can be trained."""

from itertools import product

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.lab import CONSTRUCTIONS, all_inputs, build, parity, train_from_random_starts
from chainrule.lab.parity import layer_sizes

BITS = range(2, 9)


@pytest.mark.parametrize("n", BITS)
def test_all_inputs_and_their_parity(n):
    X = all_inputs(n)
    patterns = list(product((0, 1), repeat=n))
    assert [tuple(column) for column in X.T] == patterns
    assert parity(X).tolist() == [[sum(p) % 2 for p in patterns]]


@pytest.mark.parametrize("name", CONSTRUCTIONS)
@pytest.mark.parametrize("n", BITS)
def test_every_construction_is_exact_for_all_inputs(name, n):
    network = CONSTRUCTIONS[name](n)
    X = all_inputs(n)
    assert network.predict_proba(X).tolist() == [[sum(column) % 2 for column in X.T.tolist()]]


@pytest.mark.parametrize(
    ("name", "n", "sizes"),
    [
        ("tree", 2, (2, 2, 1)),
        ("tree", 5, (5, 5, 3, 2, 1)),
        ("tree", 8, (8, 8, 4, 2, 1)),
        ("patterns", 8, (8, 128, 1)),
        ("counting", 8, (8, 8, 1)),
    ],
)
def test_sizes(name, n, sizes):
    assert CONSTRUCTIONS[name](n).layer_sizes == sizes


@pytest.mark.parametrize("n", [2, 4, 8, 16])
def test_the_tree_of_a_power_of_two(n):
    units = CONSTRUCTIONS["tree"](n).layer_sizes[1:]
    assert len(units) == np.log2(n) + 1
    assert sum(units) == 2 * (n - 1) + 1


def test_what_is_counted():
    tree, patterns, counting = build(4)
    assert (tree.layers, tree.units, tree.parameters) == (3, 7, 20 + 10 + 3)
    assert (patterns.layers, patterns.units, patterns.parameters) == (2, 9, 40 + 9)
    assert (counting.layers, counting.units, counting.parameters) == (2, 5, 20 + 5)
    assert tree.exact
    assert patterns.exact
    assert counting.exact


def test_a_wrong_construction_is_not_exact(monkeypatch):
    wrong = CONSTRUCTIONS["tree"](4)
    wrong.weights[1][0, 0] += 1
    monkeypatch.setitem(CONSTRUCTIONS, "tree", lambda n: wrong)
    assert [row.exact for row in build(4)] == [False, True, True]


@pytest.mark.parametrize("name", CONSTRUCTIONS)
@pytest.mark.parametrize("n", [1, 2.5])
def test_bits_that_are_no_number_of_bits(name, n):
    with pytest.raises(InputError, match="whole number of at least 2"):
        CONSTRUCTIONS[name](n)


def test_the_sizes_that_are_trained():
    assert layer_sizes(4) == {
        "tree": (4, 4, 2, 1),
        "wide tree": (4, 16, 8, 1),
        "patterns": (4, 8, 1),
        "counting": (4, 4, 1),
    }


def test_training_counts_the_starts_that_end_in_the_parity():
    rows = {row.network: row for row in train_from_random_starts(2, runs=6, iterations=600)}
    assert rows["wide tree"].found >= 4
    for row in rows.values():
        assert 0 <= row.found <= row.runs == 6
        # A start that has not found it misses one of four inputs at least.
        assert row.found / 6 <= row.accuracy <= 1 - (6 - row.found) / 6 / 4


def test_networks_of_equal_size_start_alike():
    rows = train_from_random_starts(2, runs=3, iterations=20, seed=5)
    equal = {(row.found, row.accuracy) for row in rows if row.layer_sizes == (2, 2, 1)}
    assert len(equal) == 1


def test_no_step_finds_nothing():
    assert all(row.found == 0 for row in train_from_random_starts(3, runs=4, iterations=1))
