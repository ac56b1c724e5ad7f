"""Experiments on numbers to predict: stacked runs are separate trainings, folds learn from the
rest alone, the baseline is the mean."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from chainrule import Dataset, train
from chainrule.data import Scaling
from chainrule.errors import InputError
from chainrule.experiments import Setting, cross_validate, sweep, train_ensemble

QUICK = Setting(hidden=(3,), activation="tanh", learning_rate=0.05, iterations=30)
LBFGS = Setting(hidden=(), optimizer="lbfgs", l2=0.05, iterations=300)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    X = rng.normal(5, 2, (12, 30))
    y = 80 + X[0] - 0.5 * X[1] + 0.2 * rng.standard_normal(30)
    return Dataset(X, y, (), scaling=Scaling.standard(X))


@pytest.mark.parametrize(
    "setting", [QUICK, LBFGS, replace(QUICK, batch_size=8), replace(QUICK, dropout=0.2)]
)
def test_folds_are_trainings_on_the_rest(data, setting):
    found = cross_validate(data, setting, folds=3)
    assert found.task == "regression"
    for fold in found.folds:
        rest = np.setdiff1d(np.arange(30), fold.held_out)
        if setting.dropout:  # masks are drawn for all examples, so alone others are drawn
            continue
        kept = data.select(rest).rescaled()
        start = setting.network(12, 1, "regression")
        alone = train(start, kept, **setting.arguments()).network
        own = replace(data.select(fold.held_out), scaling=kept.scaling)
        expected = alone.predict(own.matrix())
        assert_allclose(found.outputs[:, fold.held_out], expected, rtol=1e-7)
        assert fold.measures.mae == pytest.approx(np.abs(expected - own.Y).mean())


def test_ridge_regression_is_the_linear_network_with_a_penalty(data):
    found = cross_validate(data, replace(LBFGS, iterations=2000), folds=3)
    for fold in found.folds:
        kept = data.select(np.setdiff1d(np.arange(30), fold.held_out)).rescaled()
        X = kept.matrix().columns(slice(None))
        ridge = Ridge(alpha=0.05 * len(kept) * 1.0).fit(X.T, kept.labels)
        own = replace(data.select(fold.held_out), scaling=kept.scaling).matrix()
        expected = ridge.predict(own.columns(slice(None)).T)
        assert_allclose(found.outputs[0, fold.held_out], expected, rtol=1e-4)


def test_a_sweep_chooses_by_the_error(data):
    found = sweep(
        data, {"l2": [0.001, 100.0], "loss": ["squared_error", "huber"]}, base=LBFGS, folds=3
    )
    assert found.score == "rmse"
    assert found.trials[0].setting.l2 == 0.001
    errors = [trial.rmse.mean for trial in found.trials]
    assert errors == sorted(errors)
    assert {"rmse", "rmse_deviation", "mae", "r2"} <= set(found.table().names)
    with pytest.raises(InputError, match="score"):
        sweep(data, {"l2": [0.1]}, base=LBFGS, score="accuracy")


def test_members_of_an_ensemble_answer_in_the_targets_unit(data):
    network = train_ensemble(data, replace(QUICK, iterations=300), runs=3).network
    assert network.n_runs == 3
    assert abs(network.predict(data.matrix()).mean() - data.labels.mean()) < 1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (Setting(loss="binary_cross_entropy"), "a loss for a regression; got binary_cross_entropy"),
        (Setting(output="sigmoid", loss="softmax_cross_entropy"), "a loss for a regression"),
        (Setting(class_weight="balanced"), "labels of one class each for class_weight"),
    ],
)
def test_what_needs_classes_is_refused(data, setting, message):
    with pytest.raises(InputError, match=message):
        cross_validate(data, setting)


def test_a_loss_of_numbers_is_not_for_classes():
    classes = Dataset(np.eye(4), np.array([0, 1, 0, 1]), ("a", "b"))
    with pytest.raises(
        InputError, match=r"a loss for a classification; got huber.*--task regression"
    ):
        cross_validate(classes, Setting(loss="huber"), folds=2)
