"""Folds: every example once, whole groups, each class in its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, StratifiedKFold

from chainrule import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.folds import draw_folds, never_trained_on


def examples(labels):
    labels = np.asarray(labels)
    Y = np.eye(labels.max() + 1)[:, labels] if labels.max() > 1 else labels.reshape(1, -1)
    return Examples("test", (np.zeros((2, labels.size)), Y.astype(float)))


def assert_partition(folds, m):
    assert_array_equal(np.sort(np.concatenate(folds)), np.arange(m))


@given(
    k=st.integers(2, 5),
    extra=st.lists(st.integers(0, 2), max_size=30),
    repeats=st.integers(1, 3),
    seed=st.integers(0, 2**40),
    stratified=st.booleans(),
)
def test_every_repeat_holds_each_example_out_once(k, extra, repeats, seed, stratified):
    labels = np.array([0, 1, 2] * k + extra)
    found = draw_folds(examples(labels), k, repeats=repeats, seed=seed, stratified=stratified)
    assert len(found) == k * repeats
    for r in range(repeats):
        own = found[r * k : (r + 1) * k]
        assert_partition(own, labels.size)
        shares = np.array([np.bincount(labels[index], minlength=3) for index in own])
        if stratified:
            assert (np.ptp(shares, axis=0) <= 1).all()


@given(
    groups=st.lists(st.integers(0, 9), min_size=20, max_size=40).filter(lambda g: len(set(g)) > 3),
    stratified=st.booleans(),
    text=st.booleans(),
)
def test_groups_stay_together(groups, stratified, text):
    groups = [f"patient {g}" for g in groups] if text else groups
    labels = np.arange(len(groups)) % 2
    found = draw_folds(examples(labels), 3, groups=groups, stratified=stratified)
    assert_partition(found, len(groups))
    at = [{groups[i] for i in index} for index in found]
    assert sum(map(len, at)) == len(set(groups))


def test_the_seed_and_the_repeats_draw_other_folds():
    of = examples(np.arange(20) % 2)
    first, second = (draw_folds(of, 4, repeats=2, seed=seed) for seed in (0, 5))
    assert_array_equal(np.concatenate(first), np.concatenate(draw_folds(of, 4, repeats=2)))
    assert (np.concatenate(first[:4]) != np.concatenate(first[4:])).any()
    assert (np.concatenate(first) != np.concatenate(second)).any()


@pytest.mark.parametrize(
    "splitter", [KFold(3), StratifiedKFold(3, shuffle=True, random_state=1), LeaveOneOut()], ids=str
)
def test_folds_of_scikit_learn(splitter):
    labels = np.arange(12) % 2
    expected = [test for _, test in splitter.split(np.zeros((12, 1)), labels)]
    for given_folds in (splitter, list(splitter.split(np.zeros((12, 1)), labels))):
        found = draw_folds(examples(labels), given_folds)
        assert all(map(np.array_equal, found, expected))
        assert len(found) == len(expected)


def test_a_splitter_gets_the_groups():
    found = draw_folds(examples(np.arange(6) % 2), GroupKFold(3), groups=[7, 7, 8, 8, 9, 9])
    assert sorted(index.tolist() for index in found) == [[0, 1], [2, 3], [4, 5]]


def test_numbers_instead_of_labels():
    of = Examples("test", (np.zeros((2, 6)), np.linspace(-1, 1, 6).reshape(1, -1)))
    assert_partition(draw_folds(of, 3, stratified=False), 6)
    assert_partition(draw_folds(of, KFold(2)), 6)
    with pytest.raises(InputError, match="stratified=False"):
        draw_folds(of, 3)


@pytest.mark.parametrize(
    ("folds", "more", "message"),
    [
        (1, {}, "folds to be a whole number of at least 2; got 1"),
        (True, {}, "at least 2; got True"),
        (np.array(3), {}, "a number of folds"),
        (7, {}, r"at most 6 folds, since there are 6 of the rarest class; got 7\. .*stratified"),
        (13, {"stratified": False}, "at most 12 folds, since there are 12 examples"),
        (3, {"groups": [1] * 6 + [2] * 6}, "at most 2 folds, since there are 2 groups"),
        (3, {"groups": [1] * 12}, "at least two groups; got 1"),
        (10**30, {}, "at most 6"),
        ("5", {}, "a number of folds, a scikit-learn splitter, .* got '5'"),
        (5.0, {}, "got 5.0"),
        (None, {}, "got None"),
        (KFold, {}, "a number of folds"),
        ([], {}, "at least one fold; got none"),
        ({}, {}, "at least one fold"),
        ([3], {}, "pairs of train and test indices below 12"),
        ([([0, 1], [99])], {}, "below 12"),
        ([(["a"], [0])], {}, "below 12"),
        ([(range(12), [])], {}, "both sides"),
        ([(range(6), range(5, 12))], {}, "all examples that it does not train on"),
        ([(range(6), range(7, 12))], {}, "6 and 5 of 12"),
        (KFold(20), {}, "a splitter that can divide these 12 examples; got .*n_splits=20"),
        (GroupKFold(2), {}, "groups"),
        (3, {"repeats": 0}, "repeats"),
        (3, {"repeats": "2"}, "repeats"),
        (KFold(2), {"repeats": 2}, "repeats with a number of folds"),
        (3, {"seed": -1}, "seed"),
        (3, {"seed": "a"}, "seed"),
        (3, {"groups": [1] * 11}, r"groups of shape \(12,\).* got shape \(11,\)"),
        (3, {"groups": [1.0, np.nan] * 6}, "some that are missing"),
        (3, {"groups": "x"}, "groups"),
        (3, {"groups": [1, None] * 6}, "cannot be compared"),
        (3, {"groups": [[1], [1, 2]] * 6}, "groups"),
    ],
)
def test_bad_folds(folds, more, message):
    with pytest.raises(InputError, match=f"^folds: expected .*{message}"):
        draw_folds(examples(np.arange(12) % 2), folds, **more)


@pytest.mark.parametrize(
    ("folds", "more"),
    [
        ("leave-group-out", {"groups": [1] * 6 + [2] * 6}),
        (2, {"groups": [1] * 6 + [2] * 6}),
        ([(range(6), range(6, 12))], {}),
        (KFold(2), {}),
    ],
)
def test_a_fold_that_trains_on_one_class_is_refused(folds, more):
    with pytest.raises(InputError, match="two classes or more to train on in every fold; got one"):
        draw_folds(examples(np.arange(12) // 6), folds, **more)
    assert draw_folds(examples(np.zeros(12, int)), folds, **more)  # there is no other to train on


def test_classes_that_folds_hold_out_whole_are_known():
    of, sites = examples([0, 0, 1, 1, 2, 2, 0, 1]), [1, 1, 1, 1, 2, 2, 3, 3]
    held = draw_folds(of, "leave-group-out", groups=sites)
    assert never_trained_on(of, held) == {2: [2]}
    assert never_trained_on(of, draw_folds(of, 2)) == {}


@pytest.mark.parametrize("m", [7, 20, 33])
@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 3, 2**32 - 1])
def test_they_are_those_of_scikit_learn(m, k, seed):
    labels = np.random.default_rng(m).permutation(np.arange(m) % 3 if m > 15 else np.ones(m, int))
    of, groups = examples(labels), np.random.default_rng(seed).integers(0, 9, m)
    groups = np.append(groups, np.arange(9))[-m:]
    for splitter, how in {
        KFold: {"stratified": False},
        StratifiedKFold: {},
        GroupKFold: {"stratified": False, "groups": groups},
    }.items():
        own = splitter(k, shuffle=True, random_state=seed).split(labels, labels, how.get("groups"))
        found = draw_folds(of, k, seed=seed, **how)
        for ours, (_, theirs) in zip(found, own, strict=True):
            assert_array_equal(ours, theirs)
