"""The estimators among scikit-learn's own tools, and between processes."""

import doctest
import importlib
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import chainrule
from chainrule import MLPClassifier, MLPRegressor, estimators

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SETTINGS = {
    "hidden_layer_sizes": (5,),
    "solver": "sgd",
    "learning_rate_init": 0.05,
    "max_iter": 30,
    "random_state": 1,
}


def assert_equal_weights(a, b):
    for got, expected in zip((*a.coefs_, *a.intercepts_), (*b.coefs_, *b.intercepts_), strict=True):
        assert_array_equal(got, expected)


def test_the_same_classes_by_either_name():
    assert chainrule.MLPClassifier is estimators.MLPClassifier
    assert chainrule.MLPRegressor is estimators.MLPRegressor


def test_pipeline_in_a_grid_search(two_classes):
    X, y = two_classes
    pipe = make_pipeline(StandardScaler(), MLPClassifier(**SETTINGS))
    grid = {"mlpclassifier__alpha": [1e-4, 1.0], "mlpclassifier__first_layer": ["primal", "dual"]}
    search = GridSearchCV(pipe, grid, cv=3).fit(X, y)
    scores = search.cv_results_["mean_test_score"].reshape(2, 2)
    assert_array_equal(scores[:, 0], scores[:, 1])
    assert 0.5 < search.score(X, y) <= 1


def test_cross_validation(two_classes, numbers):
    assert cross_val_score(MLPClassifier(**SETTINGS), *two_classes, cv=4).shape == (4,)
    found = cross_val_predict(MLPRegressor(**SETTINGS), *numbers, cv=3, n_jobs=2)
    assert np.corrcoef(found, numbers[1])[0, 1] > 0.8


def test_calibration_and_bagging(two_classes):
    X, y = two_classes
    calibrated = CalibratedClassifierCV(MLPClassifier(**SETTINGS), cv=3).fit(X, y)
    assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    assert BaggingClassifier(MLPClassifier(**SETTINGS), 3, random_state=0).fit(X, y).score(X, y)


def test_meta_estimators_for_regression(numbers):
    X, y = numbers
    several = MultiOutputRegressor(MLPRegressor(**SETTINGS)).fit(X, np.c_[y, -y])
    assert several.predict(X).shape == (60, 2)
    scaled = TransformedTargetRegressor(MLPRegressor(**SETTINGS), transformer=StandardScaler())
    assert scaled.fit(X, 100 * y).score(X, 100 * y) > 0.5


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_clone(two_classes, form):
    clf = MLPClassifier(**SETTINGS, first_layer=form, dropout=[0.1], activation=["relu"])
    fitted = clone(clf).fit(*two_classes)
    again = clone(fitted)
    assert not hasattr(again, "coefs_")
    assert_equal_weights(again.fit(*two_classes), fitted)


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("way", ["pickle", "joblib"])
def test_saved_and_loaded(two_classes, form, way, tmp_path):
    X, y = two_classes
    clf = MLPClassifier(**SETTINGS, first_layer=form).fit(X, y)
    if way == "pickle":
        loaded = pickle.loads(pickle.dumps(clf))
    else:
        joblib.dump(clf, tmp_path / "clf")
        loaded = joblib.load(tmp_path / "clf", mmap_mode="r")
    assert_equal_weights(loaded, clf)
    assert_array_equal(loaded.predict(X), clf.predict(X))
    # Training goes on alike, momentum included.
    assert_equal_weights(loaded.partial_fit(X, y), clf.partial_fit(X, y))


def test_frames(two_classes, numbers):
    names = [f"gene {k}" for k in range(8)]
    X, y = two_classes
    frame = pd.DataFrame(X, columns=names)
    clf = MLPClassifier(**SETTINGS).fit(frame, pd.Series(y, name="ill"))
    assert_array_equal(clf.feature_names_in_, names)
    assert_equal_weights(clf, MLPClassifier(**SETTINGS).fit(X, y))
    assert_array_equal(clf.predict(frame), clf.predict(frame.loc[:, names]))
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(frame.rename(columns={"gene 0": "gene"}))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        clf.predict(X)
    early = MLPClassifier(**SETTINGS, early_stopping=True)
    early.fit(frame[:40], y[:40], validation_data=(frame[40:], y[40:]))
    Y = pd.DataFrame({"a": numbers[1], "b": -numbers[1]})
    assert MLPRegressor(**SETTINGS).fit(frame, Y).predict(frame).shape == (60, 2)


def test_set_output(two_classes):
    X, y = two_classes
    pipe = make_pipeline(StandardScaler(), MLPClassifier(**SETTINGS))
    pipe.set_output(transform="pandas").fit(pd.DataFrame(X).rename(columns=str), y)
    assert_array_equal(pipe[-1].feature_names_in_, [str(k) for k in range(8)])


@pytest.mark.parametrize(
    ("solver", "form", "task"),
    [
        ("sgd", "primal", "epoch"),
        ("sgd", "dual", "epoch"),
        ("adam", "auto", "epoch"),
        ("lbfgs", "primal", "lbfgs-iter"),
        ("lbfgs", "dual", "lbfgs-iter"),
    ],
)
def test_scoring_monitor_sees_every_step(two_classes, solver, form, task):
    X, y = two_classes
    frame = pd.DataFrame(X).rename(columns=str)
    settings = SETTINGS | {"solver": solver, "max_iter": 8, "first_layer": form, "tol": 0.0}
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    clf = MLPClassifier(**settings).set_callbacks(monitor).fit(frame, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == task]
    rows = [row for row in rows if "accuracy" in row]
    assert len(rows) == clf.n_iter_ == 8
    for row in rows:
        alone = MLPClassifier(**settings | {"max_iter": row["task_id"] + 1}).fit(frame, y)
        assert row["accuracy"] == alone.score(frame, y)
    # The scores were taken of copies: what was trained is what is trained without.
    assert_equal_weights(clf, MLPClassifier(**settings).fit(frame, y))


def test_progress_bar(two_classes, capsys):
    MLPClassifier(**SETTINGS).set_callbacks(ProgressBar()).fit(*two_classes)
    assert "MLPClassifier" in capsys.readouterr().out


def test_callbacks_of_a_search_reach_the_estimators(two_classes):
    monitor = ScoringMonitor(scoring="accuracy")
    search = GridSearchCV(MLPClassifier(**SETTINGS), {"alpha": [0.1, 1.0]}, cv=2)
    search.estimator.set_callbacks(monitor)
    search.fit(*two_classes)
    epochs = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(epochs) == (2 * 2 + 1) * SETTINGS["max_iter"]  # 2 values, 2 folds, the refit


class StopAt:
    """A callback that ends training with a step."""

    def __init__(self, step):
        self.step = step

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        return context.task_name != "fit" and context.task_id == self.step


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_a_callback_ends_training(two_classes, solver):
    clf = MLPClassifier(**SETTINGS | {"solver": solver}).set_callbacks(StopAt(3))
    clf.fit(*two_classes)
    assert clf.n_iter_ == 4


@pytest.mark.parametrize("module", ["classifier", "regressor"])
def test_the_examples_in_the_docstrings(module):
    found = importlib.import_module(f"chainrule.estimators.{module}")
    failed, tried = doctest.testmod(found)
    assert failed == 0
    assert tried >= 5
