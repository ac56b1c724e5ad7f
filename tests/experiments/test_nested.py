"""Nested cross-validation: the same as choosing by hand within each fold."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import StratifiedKFold

from chainrule import InputError
from chainrule.data import Dataset, Scaling
from chainrule.experiments import Execution, Setting, cross_validate, nested_cross_validate, sweep
from chainrule.experiments.choosing import in_order, simplicity
from chainrule.model.threshold import choose_threshold

SPACE = {"learning_rate": [0.01, 0.3], "l2": [0.0, 0.3]}


@pytest.fixture
def wide():
    """24 examples of 60 features far from 0 in two classes that overlap, standardized."""
    rng = np.random.default_rng(21)
    labels = np.arange(24) % 2
    raw = 20 + 3 * (rng.standard_normal((60, 24)) + 0.5 * labels)
    names = tuple(f"s{i // 2:02}_{i % 2}" for i in range(24))
    facts = {"site": np.array([f"site {i // 2 % 4}" for i in range(24)])}
    scaling = Scaling.standard(raw)
    return Dataset(raw, labels, ("a", "b"), names, scaling=scaling, facts=facts)


@pytest.mark.parametrize("batch_size", [None, 6], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("rule", ["best", "one-se"])
def test_the_same_as_fold_by_fold(wide, quick, rule, batch_size, alone):
    base = replace(quick, batch_size=batch_size)
    found = nested_cross_validate(wide, SPACE, base=base, folds=3, inner_folds=2, rule=rule)
    assert found.complete
    assert found.tried == 4
    assert len(found.folds) == 3
    for fold, setting, inner in zip(found.folds, found.chosen, found.inner, strict=True):
        own = wide.select(np.setdiff1d(np.arange(24), fold.held_out)).rescaled()
        swept = sweep(own, SPACE, base=base, folds=2, rule=rule, refit=False)
        assert swept.trials[0].setting == setting
        assert_allclose(swept.trials[0].accuracy.mean, inner)
        _, A = alone(wide, setting, fold.held_out)
        assert_allclose(found.outputs[:, fold.held_out], A, rtol=1e-9)
    on_all = sweep(wide, SPACE, base=base, folds=2, rule=rule, refit=False)
    assert found.setting == on_all.trials[0].setting


def test_one_matrix_serves_all_folds_where_no_scaling_is_learned(binary, quick):
    found = nested_cross_validate(binary, SPACE, base=quick, folds=3, inner_folds=2)
    X, Y = binary
    for fold, setting in zip(found.folds, found.chosen, strict=True):
        kept = np.setdiff1d(np.arange(14), fold.held_out)
        how = {"base": quick, "folds": 2, "rule": "best", "refit": False}
        swept = sweep((X[:, kept], Y[:, kept]), SPACE, **how)
        assert swept.trials[0].setting == setting


def test_nothing_of_a_held_out_label_enters_the_choice(wide, quick):
    found = nested_cross_validate(wide, SPACE, base=quick, folds=3, inner_folds=2)
    held = [(np.setdiff1d(np.arange(24), f.held_out), f.held_out) for f in found.folds]
    inner = StratifiedKFold(2, shuffle=True, random_state=0)
    before = nested_cross_validate(wide, SPACE, base=quick, folds=held, inner_folds=inner)
    labels = wide.labels.copy()
    labels[held[0][1]] = 1 - labels[held[0][1]]
    after = nested_cross_validate(
        replace(wide, labels=labels), SPACE, base=quick, folds=held, inner_folds=inner
    )
    assert before.chosen[0] == after.chosen[0]
    assert before.inner[0] == after.inner[0]
    first = held[0][1]
    assert_array_equal(before.outputs[:, first], after.outputs[:, first])


def test_each_group_is_left_out_inside_and_outside(wide, quick):
    found = nested_cross_validate(
        wide, {"l2": [0.0, 0.1]}, base=quick, folds="leave-group-out", groups="site"
    )
    sites = [set(wide.facts["site"][fold.held_out]) for fold in found.folds]
    assert sorted(map(len, sites)) == [1, 1, 1, 1]
    assert found.groups is not None
    assert len(set(found.groups)) == 4


def test_it_says_what_it_chose(wide, quick):
    found = nested_cross_validate(wide, SPACE, base=quick, folds=3, inner_folds=2)
    row = found.rows()[0]
    assert row["learning_rate"] == found.chosen[0].learning_rate
    assert row["l2"] in (0.0, 0.3)
    assert found.facts()["settings"] == 4
    assert repr(found).endswith("each of 4 settings chosen inside)")


def test_ctrl_c_keeps_what_was_finished(wide, quick, interrupt_at, tmp_path):
    space = {"l2": [0.0, 0.1]}
    whole = nested_cross_validate(wide, space, base=quick, folds=3, inner_folds=2, permutations=8)
    for share in (0.2, 0.42, 0.6):
        folder = tmp_path / str(share)
        how = Execution(progress=interrupt_at(share), folder=folder, threads=1)
        keywords = {"base": quick, "folds": 3, "inner_folds": 2, "permutations": 8}
        assert not nested_cross_validate(wide, space, execution=how, **keywords).complete
        again = nested_cross_validate(wide, space, execution=Execution(folder=folder), **keywords)
        assert_array_equal(again.outputs, whole.outputs)
        assert_array_equal(again.permutation.permuted, whole.permutation.permuted)


def test_the_simplest_comes_first():
    simple = Setting(hidden=(), l2=0.1, iterations=10)
    for other in ({"hidden": (2,)}, {"l2": 0.01}, {"iterations": 20}, {"learning_rate": 1.0}):
        assert simplicity(simple) < simplicity(simple.with_values(other))


def test_the_rule_of_one_standard_error(wide, quick):
    trials = sweep(wide, SPACE, base=quick, folds=4, refit=False).trials
    best, chosen = in_order(trials, "accuracy")[0], in_order(trials, "accuracy", "one-se")[0]
    room = best.accuracy.deviation / 2
    near = [t for t in trials if t.accuracy.mean >= best.accuracy.mean - room]
    assert chosen in near
    assert all(simplicity(chosen.setting) <= simplicity(t.setting) for t in near)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"rule": "luck"}, "best, one-se"),
        ({"score": "luck"}, "accuracy, cost, auc"),
        ({"folds": 20}, "at most 12 folds"),
        ({"inner_folds": 9}, "got 9. Take fewer inner_folds (--inner-folds)"),
        ({"folds": "leave-group-out"}, "groups, to leave each of them out"),
        ({"groups": "sight"}, "Did you mean site?"),
        ({"permutations": -1}, "permutations"),
        ({"threshold": "luck"}, "0.5, cost, youden"),
        ({"cost_ratio": 0}, "cost_ratio"),
    ],
)
def test_what_cannot_be(wide, quick, keywords, message):
    with pytest.raises(InputError) as caught:
        nested_cross_validate(wide, SPACE, base=quick, **{"folds": 3} | keywords)
    assert message in str(caught.value)


@pytest.mark.parametrize("rule", ["youden", "cost"])
def test_a_threshold_is_chosen_inside_the_fold(wide, quick, rule):
    data = wide.select(np.r_[0:24:2, 1:12:2]).rescaled()  # 12 of one class, 6 of the other
    how = {"folds": 3, "inner_folds": 2, "threshold": rule, "cost_ratio": 3.0}
    found = nested_cross_validate(data, None, base=quick, **how)
    plain = cross_validate(data, quick, folds=3)
    assert_array_equal(found.outputs, plain.outputs)
    assert found.chosen == (quick,) * 3
    for fold, threshold in zip(found.folds, found.thresholds, strict=True):
        kept = np.setdiff1d(np.arange(18), fold.held_out)
        inner = cross_validate(data.select(kept).rescaled(), quick, folds=2)
        expected = choose_threshold(inner.outputs[0], data.labels[kept], rule, 3.0)
        assert_allclose(threshold, expected)
        answers = fold.outputs[0] > threshold
        assert_allclose(fold.measures.accuracy, np.mean(answers == data.labels[fold.held_out]))
        assert_array_equal(found.predicted[fold.held_out], answers)
    assert "threshold" in found.rows()[0]
    right = np.mean(found.predicted == data.labels)
    assert_allclose(found.intervals.found[0][1], right)


def test_one_setting_is_a_plain_cross_validation(wide, quick):
    nested = nested_cross_validate(wide, {"l2": [0.0]}, base=quick, folds=3, inner_folds=2)
    plain = cross_validate(wide, quick, folds=3)
    assert_array_equal(nested.outputs, plain.outputs)
