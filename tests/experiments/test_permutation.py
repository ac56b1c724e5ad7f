"""Permutations: each the plain cross-validation of permuted labels; p-values by hand."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Dataset, InputError
from chainrule.experiments import PermutationTest, Setting, cross_validate, nested_cross_validate
from chainrule.experiments.examples import Examples
from chainrule.experiments.permutation import exchangeable, permutations
from chainrule.model.intervals import area_under_curve


def blocks_of(found, m):
    fold = np.empty(m, int)
    for k, one in enumerate(found.folds):
        fold[one.held_out] = k
    return fold


@pytest.mark.parametrize("batch_size", [None, 4], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("problem", ["binary", "softmax", "pixels", "standard"])
def test_each_is_a_plain_cross_validation_of_other_labels(problem, batch_size, problems, quick):
    data, setting = problems[problem], replace(quick, batch_size=batch_size)
    found = cross_validate(data, setting, folds=3, permutations=4, seed=5)
    examples = Examples("test", data)
    order = permutations(
        4, examples.m, np.random.default_rng([2, 5]), blocks_of(found, examples.m), None
    )
    held = [(np.setdiff1d(np.arange(examples.m), f.held_out), f.held_out) for f in found.folds]
    for own, score in zip(order, found.permutation.permuted, strict=True):
        if isinstance(data, tuple):
            other = data[0], data[1][:, own]
        else:
            other = replace(data, labels=data.labels[own])
        plain = cross_validate(other, setting, folds=held)
        assert_allclose(score, area_under_curve(plain.outputs, examples.Y[:, own]))
    assert found.permutation.measure == "auc"
    assert_allclose(found.permutation.observed, area_under_curve(found.outputs, examples.Y))


def test_a_regression_is_tested_by_r2(line):
    data, setting = line
    found = cross_validate(data, setting, folds=3, stratified=False, permutations=5).permutation
    assert found.measure == "r2"
    assert found.exchanged == "the labels"
    order = permutations(5, 12, np.random.default_rng([2, 0]), None, None)
    whole = cross_validate(data, setting, folds=3, stratified=False)
    held = [(np.setdiff1d(np.arange(12), f.held_out), f.held_out) for f in whole.folds]
    X, Y = data
    for own, score in zip(order, found.permuted, strict=True):
        A = cross_validate((X, Y[:, own]), setting, folds=held, stratified=False).outputs
        expected = 1 - np.square(A - Y[:, own]).sum() / np.square(Y - Y.mean()).sum()
        assert_allclose(score, expected)


@pytest.mark.parametrize("rule", ["0.5", "cost"])
def test_a_rare_class_is_told_from_chance_although_no_more_are_right(rule):
    rng = np.random.default_rng(1)
    labels = (np.arange(60) % 10 == 0).astype(int)
    raw = rng.standard_normal((40, 60)) + np.arange(40)[:, None] % 2 * labels
    data = Dataset(raw, labels, ("none", "event"))
    how = {"folds": 3, "inner_folds": 2, "permutations": 39, "threshold": rule}
    base = Setting(hidden=(), learning_rate=0.001, iterations=20)
    found = nested_cross_validate(data, None, base=base, cost_ratio=20.0, **how)
    assert found.accuracy.mean <= 0.9
    assert found.permutation.p_value == 1 / 40
    auc = next(row[1] for row in found.intervals.found if row[0] == "auc")
    assert_allclose(found.permutation.observed, auc)


def test_the_observed_labels_count_as_one():
    of = PermutationTest("auc", 0.8, np.array([0.5, 0.9, 0.8, 0.3]), "")
    assert of.p_value == (1 + 2) / (1 + 4)
    assert PermutationTest("auc", 0.8, np.full(999, 0.5), "").p_value == 1 / 1000
    # A training that diverged says nothing against chance.
    assert PermutationTest("auc", 0.8, np.array([0.5, np.nan]), "").p_value == 2 / 3


def test_what_is_exchanged():
    Y = np.array([[0, 0, 1, 1, 0, 0, 1, 1.0]])
    examples = Examples("test", (np.zeros((2, 8)), Y))
    rng = np.random.default_rng(0)
    free = permutations(50, 8, rng, *exchangeable(examples, None, None)[1:])
    assert_array_equal(np.sort(free, axis=1), np.tile(np.arange(8), (50, 1)))
    folds = np.arange(8) % 2
    words, *parts = exchangeable(examples, None, folds)
    within = permutations(50, 8, rng, *parts)
    assert words == "the labels within each fold"
    assert (folds[within] == folds).all()
    assert len(np.unique(within, axis=0)) > 10
    pairs = np.arange(8) // 2  # of one label each: they exchange it as wholes
    words, *parts = exchangeable(examples, pairs, folds)
    whole = Y[0][permutations(50, 8, rng, *parts)]
    assert words == "the labels of whole groups"
    assert_array_equal(whole[:, ::2], whole[:, 1::2])
    assert set(whole.sum(axis=1)) == {4.0}
    assert len(np.unique(whole, axis=0)) == 6
    halves = np.arange(8) // 4  # of several labels
    words, *parts = exchangeable(examples, halves, folds)
    assert words == "the labels within each group"
    assert (halves[permutations(50, 8, rng, *parts)] == halves).all()


def test_p_is_uniform_where_there_is_nothing_to_learn():
    # Of 60 data sets of noise about as many as expected have p <= 0.3.
    setting, found = Setting(hidden=(), learning_rate=0.3, iterations=15), []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        X, Y = rng.standard_normal((6, 16)), rng.permutation(np.arange(16) % 2)[None].astype(float)
        result = cross_validate((X, Y), setting, folds=4, permutations=19, seed=seed)
        found.append(result.permutation.p_value)
    assert 8 <= np.sum(np.array(found) <= 0.3) <= 28  # 18 are expected, 3.5 the deviation
    assert min(found) >= 1 / 20


def test_labels_that_cannot_be_exchanged(binary, quick):
    X, Y = binary
    with pytest.raises(InputError, match="whole groups that differ"):
        cross_validate(
            (X, np.zeros_like(Y)),
            quick,
            folds=2,
            groups=np.arange(14),
            permutations=3,
            stratified=False,
        )
