"""Which scaling each experiment has on a selection of standardized examples.

A training that leaves examples out, and the one on all that it is compared with, learn it from what
they train on; every other training on all of the data has the scaling that the data carry.
"""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import train
from chainrule.data import Dataset, Scaling
from chainrule.experiments import (
    Setting,
    compare_learning_rates,
    cross_validate,
    find_learning_rate,
    leave_one_out,
    review_labels,
    sweep,
    train_ensemble,
    without_each,
)


@pytest.fixture
def small(standard):
    """9 of 15 examples, which carry the scaling of the 15."""
    return standard.select(np.arange(9))


@pytest.fixture
def own(small):
    """The same 9 with the scaling learned from them."""
    return replace(small, scaling=Scaling.standard(small.raw))


def trained(data, setting):
    found = train(setting.network(20, 3), data, **setting.arguments())
    return found.network.predict_proba(data.matrix())


def test_a_selection_keeps_the_scaling_and_is_rescaled_on_demand(standard, small, own):
    assert small.scaling is standard.scaling
    assert_array_equal(small.rescaled().scaling.steps[0].shift, own.scaling.steps[0].shift)
    assert_array_equal(small.rescaled().scaling.steps[0].divisor, own.scaling.steps[0].divisor)
    bytes_ = Dataset(np.zeros((3, 2), np.uint8), np.arange(2), ("a", "b"), scaling=Scaling.pixels())
    assert bytes_.rescaled().scaling.kind == "pixels"
    assert small.rescaled().names == small.names


@pytest.mark.parametrize("batch_size", [None, 4], ids=["full batch", "mini-batches"])
def test_leave_one_out_compares_trainings_under_one_rule(small, own, quick, batch_size):
    setting = replace(quick, batch_size=batch_size)
    found = leave_one_out(small, setting)
    m = np.arange(9)
    assert_allclose(found.full, trained(own, setting)[small.labels, m], rtol=1e-9)
    for i in m:
        rest = small.select(m != i).rescaled()
        network = train(setting.network(20, 3), rest, **setting.arguments()).network
        P = network.predict_proba(replace(small, scaling=rest.scaling).matrix())
        assert_allclose(found.without[i], P[small.labels, m], rtol=1e-9)
    assert_array_equal(found.change, leave_one_out(own, setting).change)
    assert np.abs(found.full - trained(small, setting)[small.labels, m]).max() > 1e-3


def test_without_each_compares_trainings_under_one_rule(standard, small, own, quick):
    raw = standard.raw[:, 9:]
    found, other = without_each(small, raw, quick), without_each(own, raw, quick)
    assert_array_equal(found.full, other.full)
    assert_array_equal(found.without, other.without)
    asked = replace(own, features=raw, labels=standard.labels[9:])
    expected = train(quick.network(20, 3), own, **quick.arguments()).network
    assert_allclose(found.full, expected.predict_proba(asked.matrix()), rtol=1e-9)
    assert_array_equal(found.network.weights[0], expected.weights[0])


def test_folds_learn_it_from_what_they_train_on(small, own, quick):
    first, second = (cross_validate(data, quick, folds=3) for data in (small, own))
    assert_array_equal(first.outputs, second.outputs)
    rankings = (
        review_labels(d, r.probabilities).ranking for d, r in ((small, first), (own, second))
    )
    assert_array_equal(*rankings)


def test_what_is_trained_on_all_to_be_used_has_the_scaling_that_the_data_carry(small, own, quick):
    plain = trained(small, quick)
    swept, other = (
        sweep(data, {"seed": [quick.seed]}, base=quick, folds=3) for data in (small, own)
    )
    assert swept.rows() == other.rows()
    assert_allclose(swept.best.network.predict_proba(small.matrix()), plain, rtol=1e-9)
    member = train_ensemble(small, quick, 2).network.run(0)
    assert_allclose(member.predict_proba(small.matrix()), plain, rtol=1e-9)
    history = train(quick.network(20, 3), small, **quick.arguments()).history
    compared = compare_learning_rates(small, [quick.learning_rate], quick)
    assert_allclose(compared.cost, history.cost[-1], rtol=1e-9)
    tested = find_learning_rate(small, quick, count=5, iterations=12)
    rate = Setting(**vars(quick) | {"learning_rate": float(tested.rates[2])})
    cost = train(rate.network(20, 3), small, **rate.arguments()).history.cost[-1]
    assert_allclose(tested.cost[2], cost, rtol=1e-9)
