"""A setting that learns, found on folds: what is chosen, what is taken as given, what is said."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import InputError
from chainrule.experiments import Execution, Setting, choose_setting, nested, nested_cross_validate
from chainrule.experiments.auto import BATCH, NARROW, WHOLE

FEW = Execution(threads=1)
rng = np.random.default_rng(0)


def two_classes(m, scale=1.0, share=0.5):
    """(X, Y) of 5 features, of which the first tells the classes apart."""
    Y = (np.arange(m) < share * m).astype(float)[None]
    X = np.random.default_rng(1).normal(size=(5, m))
    X[0] += 4 * Y[0]
    return scale * X, Y


def right(data, setting):
    X, Y = data
    network = setting.network(len(X), len(Y))
    return cr.train(network, data, setting).history.accuracy[-1]


@pytest.mark.parametrize("scale", [0.1, 1e3, 1e6])
def test_features_of_any_scale_are_learned(scale):
    data = two_classes(60, scale)
    assert right(data, choose_setting(data, {"hidden": ()}, execution=FEW).setting) > 0.75


def test_what_is_given_is_taken_as_it_is():
    data = two_classes(40)
    given = {"hidden": (3,), "l2": 0.5, "seed": 7, "activation": "tanh", "optimizer": "gd"}
    found = choose_setting(data, given | {"iterations": 50}, execution=FEW)
    assert all(getattr(found.setting, name) == value for name, value in given.items())
    assert found.setting.iterations == 50
    assert found.varied == ("learning_rate",)


def test_a_curve_that_needs_a_hidden_layer_gets_one():
    data = cr.open_data("planar:circles").train
    setting = Setting.auto(data, execution=FEW)
    assert setting.hidden
    assert setting.optimizer == "nesterov"
    assert right((data.matrix(float).columns(slice(None)), data.Y), setting) > 0.9
    assert "held-out accuracy" in setting.found.words
    assert setting.found.tried == len(setting.found.table().rows)


def test_the_same_data_give_the_same_choice():
    data = two_classes(40)
    first, second = (choose_setting(data, execution=FEW).setting for _ in range(2))
    assert first == second


def test_what_is_chosen_again_by_files_of_trainings_is_the_same(tmp_path):
    rng = np.random.default_rng(58)  # of folds of 6 and 7, with equal accuracies on the way
    X, Y = rng.normal(size=(30, 32)), (np.arange(32) % 2)[None].astype(float)
    X[0] += Y[0]
    how = Execution(threads=1, folder=tmp_path)
    first, second = (choose_setting((X, Y), {"hidden": ()}, execution=how) for _ in range(2))
    assert first.setting == second.setting


def test_where_nothing_holds_for_others_it_still_learns():
    X, Y = rng.normal(size=(30, 60)), (np.arange(60) < 15).astype(float)[None]
    found = choose_setting((X, Y), execution=FEW)
    assert found.blind
    assert "none is right more often than the commonest class" in found.words
    assert right((X, Y), found.setting) > 0.95  # more than the 75 % of the commonest class


ALONE = {
    "one of a class": ([[0, 0, 0, 1]], "too few"),
    "two examples": ([[1, 0]], "too few"),
    "xor": ([[0, 1, 1, 0]], "no better than by guessing"),
}


@pytest.mark.parametrize(("Y", "why"), ALONE.values(), ids=ALONE)
def test_where_folds_tell_nothing_the_simplest_is_taken(Y, why):
    X = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]])[:, : len(Y[0])]
    found = choose_setting((X, np.array(Y, float)), execution=FEW)
    assert "the simplest, as nothing could be chosen: " in found.words
    assert why in found.words
    assert found.setting.hidden == ()
    assert right((X, np.array(Y, float)), found.setting) >= (0.5 if len(Y[0]) > 3 else 1)


def test_without_a_hidden_layer_no_seed_draws_the_start():
    data = two_classes(60)
    found = choose_setting(data, {"hidden": ()}, execution=FEW)
    assert {one.setting.initializer for one in found.trials} == {found.setting.initializer}
    assert found.setting.initializer == "zeros"
    assert "initializer zeros" in found.words
    assert choose_setting(data, {"hidden": (3,)}, execution=FEW).setting.initializer == "he"
    given = {"hidden": (), "initializer": "xavier"}
    assert choose_setting(data, given, execution=FEW).setting.initializer == "xavier"
    assert Setting(hidden=()).initializer == "he"  # where nothing is chosen


def test_of_lbfgs_the_size_is_chosen():
    found = choose_setting(two_classes(40), {"optimizer": "lbfgs"}, execution=FEW)
    assert found.varied == ("hidden", "l2")
    assert right(two_classes(40), found.setting) > 0.9


def test_numbers_are_predicted():
    X = rng.normal(size=(4, 50))
    Y = (X[:1] - 2 * X[1:2]) * 10
    found = choose_setting((X, Y), {"loss": "squared_error"}, execution=FEW)
    assert found.score == "cost"
    network = found.setting.network(4, 1, "regression")
    assert cr.train(network, (X, Y), found.setting).history.cost[-1] < 5  # of a variance of 500


def test_whole_groups_are_held_out():
    X, Y = two_classes(40)
    found = choose_setting((X, Y), groups=np.repeat(np.arange(10), 4), execution=FEW)
    for fold in found.trials[0].folds:
        assert set(fold.held_out) == {4 * (i // 4) + k for i in fold.held_out for k in range(4)}


def test_of_many_examples_some_are_compared():
    data = two_classes(NARROW + 200)
    found = choose_setting(data, {"hidden": ()}, execution=FEW)
    assert found.examples == (NARROW, NARROW + 200)
    assert "of 1,000 of 1,200 examples" in found.words


def test_very_many_examples_are_trained_on_in_batches():
    data = two_classes(WHOLE + 1000)
    found = choose_setting(data, {"hidden": (), "iterations": 20}, execution=FEW)
    assert (found.examples, found.setting.batch_size) == ((WHOLE, WHOLE + 1000), BATCH)


def test_features_whose_squares_are_none_are_refused():
    X, Y = two_classes(20)
    with pytest.raises(InputError, match="squares"):
        choose_setting((X * 1e300, Y), execution=FEW)


def test_the_choice_is_measured_where_it_was_not_made():
    X, Y = two_classes(45)
    found = nested_cross_validate(
        (X, Y), "auto", base={"hidden": ()}, folds=3, threshold="youden", execution=FEW
    )
    kept = np.setdiff1d(np.arange(45), found.folds[0].held_out)
    alone = choose_setting((X[:, kept], Y[:, kept]), {"hidden": ()}, execution=FEW).setting
    assert found.chosen[0] == alone
    start = alone.network(5, 1)
    network = cr.train(start, (X[:, kept], Y[:, kept]), alone).network
    held_out = network.predict_proba(X[:, found.folds[0].held_out])
    np.testing.assert_allclose(found.folds[0].outputs, held_out, rtol=1e-9)
    assert len(found.thresholds) == 3
    assert found.setting == choose_setting((X, Y), {"hidden": ()}, execution=FEW).setting


def test_of_what_was_interrupted_each_fold_keeps_its_own_threshold(monkeypatch):
    X, Y = two_classes(45)
    how = {"base": {"hidden": ()}, "folds": 3, "threshold": "youden", "execution": FEW}
    whole = nested_cross_validate((X, Y), "auto", **how)
    execute = nested.execute
    monkeypatch.setattr(nested, "execute", lambda *a, **k: {1: execute(*a, **k)[1]})
    found = nested_cross_validate((X, Y), "auto", **how)
    assert not found.complete
    assert found.thresholds == whole.thresholds[1:2]
    assert found.chosen == whole.chosen[1:2]


def test_a_file_is_not_read_at_each_step_of_each_setting(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "X.npy", rng.standard_normal((20, 5000)))
    np.save(tmp_path / "y.npy", np.arange(20) % 2)
    data = cr.open_data(tmp_path, memory=1e-3).train
    assert data.in_file
    with pytest.raises(InputError, match="got adam, which reads the file at each step"):
        choose_setting(data, {"optimizer": "adam"})
