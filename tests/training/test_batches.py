"""Batches: every example once an epoch, in an order of the epoch's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.training.batches import Batches


def make(m, batch_size, seeds=(0,), weight=None):
    Y = np.arange(m)[None].astype(float)
    weight = np.full((1, m), 1 / m) if weight is None else weight
    return Batches(Y, weight, batch_size, [np.random.default_rng(seed) for seed in seeds])


@given(st.integers(1, 20), st.integers(1, 25))
def test_every_example_once_an_epoch(m, size):
    batches = make(m, min(size, m))
    for _ in range(3):
        epoch = [batches.next() for _ in range(batches.per_epoch)]
        assert sorted(np.concatenate([batch.index for batch in epoch])) == list(range(m))
        for batch in epoch:
            assert_array_equal(batch.Y[0], batch.index)
            assert batch.size == len(batch.index)
            assert_allclose(batch.weight.sum(), 1)


def test_an_order_of_its_own_for_each_epoch_and_run():
    batches = make(50, 50, seeds=(1, 2))
    first, second = batches.next(), batches.next()
    assert first.index.shape == (2, 50)
    assert first.Y.shape == (2, 1, 50)
    assert_array_equal(first.Y[:, 0], first.index)
    assert not np.array_equal(first.index[0], first.index[1])
    assert not np.array_equal(first.index[0], second.index[0])


def test_the_orders_are_the_generators_permutations():
    rng = np.random.default_rng(1)
    batches = make(9, 9, seeds=(1,))
    for _ in range(3):
        assert_array_equal(batches.next().index, rng.permutation(9))


def test_weights_are_normalized_within_a_batch():
    weight = np.array([[0.0, 0.1, 0.2, 0.7]])
    batches = make(4, 2, weight=weight)
    for _ in range(6):
        batch = batches.next()
        own = weight[:, batch.index]
        assert_allclose(batch.weight, own / own.sum())


def test_a_batch_of_no_weight_weighs_nothing():
    batches = make(2, 1, weight=np.array([[0.0, 1.0]]))
    found = {int(batch.index[0]): batch.weight for batch in (batches.next(), batches.next())}
    assert_array_equal(found[0], [[0]])
    assert_array_equal(found[1], [[1]])


def test_the_whole_in_its_order():
    batches = make(5, None)
    batch = batches.next()
    assert batch.index is None
    assert batch is batches.next()
    assert_array_equal(batch.Y, [[0, 1, 2, 3, 4]])


@pytest.mark.parametrize("seeds", [(1,), (1, 2)], ids=["one order", "two orders"])
@pytest.mark.parametrize("taken", range(9))
def test_restored_batches_go_on(taken, seeds):
    batches = make(10, 4, seeds)
    for _ in range(taken):
        batches.next()
    state = batches.state()
    expected = [batches.next().index for _ in range(8)]
    again = make(10, 4, tuple(seed + 5 for seed in seeds))
    again.restore(state)
    assert_array_equal(again.epoch, taken // 3)
    for index in expected:
        assert_array_equal(again.next().index, index)
