"""Sweeps: each trial is its own cross-validation, the best one an ordinary training."""

import csv
import json
import os
import signal
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from chainrule import InputError, Training, train
from chainrule.experiments import Between, Execution, cross_validate, sweep
from chainrule.training import Callback

SPACE = {"learning_rate": [0.05, 0.3], "l2": [0.0, 0.1], "hidden": [(3,), ()]}


@pytest.mark.parametrize(
    ("problem", "batch_size"),
    [("binary", None), ("binary", 4), ("softmax", 4), ("pixels", None), ("standard", 4)],
)
def test_each_trial_is_a_cross_validation(problem, batch_size, problems, quick, alone):
    data, base = problems[problem], replace(quick, batch_size=batch_size)
    found = sweep(data, SPACE, base=base, folds=3, seed=2)
    assert len(found.trials) == len({trial.setting for trial in found.trials}) == 8
    assert found.held_out == "3 folds"
    for trial in found.trials:
        own = cross_validate(data, trial.setting, folds=3, seed=2)
        assert trial.accuracy.mean == pytest.approx(own.accuracy.mean, abs=1e-12)
        assert_allclose(trial.cost.mean, own.cost.mean, rtol=1e-10)
        assert_allclose(trial.auc.mean, own.auc.mean, rtol=1e-10)
        for history, fold in zip(trial.histories, own.folds, strict=True):
            assert_allclose(history.cost, fold.history.cost, rtol=1e-10)
    one, _ = alone(data, found.trials[0].setting)
    assert isinstance(found.best, Training)
    assert_allclose(found.best.network.weights[0], one.network.weights[0], rtol=1e-10)
    assert_allclose(found.best.history.cost, one.history.cost, rtol=1e-10)


@pytest.mark.parametrize("problem", ["binary", "pixels"])
def test_a_validation_set(problem, problems, quick, alone):
    data = problems[problem]
    held = np.arange(9, 14)
    if problem == "binary":
        own, other = (tuple(a[:, part] for a in data) for part in (slice(9), slice(9, None)))
    else:
        own, other = data.select(slice(9)), data.select(slice(9, None))
    found = sweep(own, SPACE, base=quick, validation=other, score="cost")
    assert found.held_out == "the validation set"
    for trial in found.trials:
        one, _ = alone(data, trial.setting, held)
        assert_allclose(trial.cost.mean, one.history.validation_cost[-1], rtol=1e-10)
        assert trial.accuracy.mean == pytest.approx(one.history.validation_accuracy[-1])
    best = found.best.history
    assert_allclose(best.validation_cost[-1], found.trials[0].cost.mean, rtol=1e-10)
    assert found.trials[0].cost.mean == min(trial.cost.mean for trial in found.trials)


@pytest.mark.parametrize("score", ["accuracy", "cost", "auc"])
def test_the_best_comes_first(score, binary, quick):
    found = sweep(binary, SPACE, base=quick, folds=4, score=score, rule="best", refit=False)
    sign = -1 if score == "cost" else 1
    values = [(sign * getattr(t, score).mean, -t.cost.mean) for t in found.trials]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 2
    assert found.best is None
    assert score in repr(found)


def test_what_diverges_comes_last(line):
    data, base = line
    space = {"learning_rate": [1e4, 0.01, 1e5, 0.005]}
    found = sweep(data, space, base=base, folds=3, stratified=False, score="cost")
    assert [trial.diverged for trial in found.trials] == [0, 0, 3, 3]
    assert np.isnan([found.trials[2].cost.mean, found.trials[3].accuracy.mean]).all()
    alone = sweep(data, {"learning_rate": 0.01}, base=base, folds=3, stratified=False, score="cost")
    own = next(t for t in found.trials if t.setting.learning_rate == 0.01)
    assert_allclose(own.cost.mean, alone.trials[0].cost.mean, rtol=1e-12)
    assert found.best is not None


def test_everything_diverges(line, tmp_path):
    data, base = line
    space = {"learning_rate": [1e4, 1e5]}
    found = sweep(data, space, base=base, folds=3, stratified=False, score="cost")
    assert found.best is None
    assert "nan" in repr(found)
    found.to_csv(tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text())[0]["cost"] is None


def test_the_best_diverges_on_all_the_data(line):
    (X, Y), base = line
    X = X.copy()
    X[:, 6:] *= 100  # the one fold does not train on these
    folds = [(range(6), range(6, 12))]
    found = sweep((X, Y), {"l2": 0.0}, base=base, folds=folds, score="cost")
    assert found.trials[0].diverged == 0
    assert np.isfinite(found.trials[0].cost.mean)
    assert found.best is None


def test_random_search(binary, quick):
    space = {
        "learning_rate": Between(0.01, 1.0, log=True),
        "l2": stats.loguniform(1e-3, 1e-1),
        "hidden": [(3,), (2, 2)],
    }
    found = sweep(binary, space, base=quick, trials=7, folds=2, seed=3)
    again = sweep(binary, space, base=quick, trials=7, folds=2, seed=3, search="random")
    assert [t.setting for t in found.trials] == [t.setting for t in again.trials]
    assert len(found.trials) == 7
    assert found.varied == ("learning_rate", "l2", "hidden")


def test_folds_of_ones_own(binary, quick):
    pairs = [(range(7), range(7, 14)), (range(7, 14), range(7))]
    found = sweep(binary, {"l2": [0.0, 0.1]}, base=quick, folds=pairs)
    own = cross_validate(binary, found.trials[0].setting, folds=pairs)
    assert_allclose(found.trials[0].cost.mean, own.cost.mean, rtol=1e-12)
    grouped = sweep(binary, {"l2": 0.0}, base=quick, folds=2, groups=np.arange(14) // 3, repeats=2)
    assert grouped.held_out == "4 folds, 2 repeats"


def test_tables(binary, quick, tmp_path):
    found = sweep(binary, SPACE, base=quick, folds=2)
    for name in ("t.csv", "t.json"):
        found.to_csv(tmp_path / name)
    with open(tmp_path / "t.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["rank"]) for row in rows] == list(range(1, 9))
    assert [float(row["cost"]) for row in rows] == [trial.cost.mean for trial in found.trials]
    assert {row["hidden"] for row in rows} == {"3", ""}
    listed = json.loads((tmp_path / "t.json").read_text())
    assert [tuple(row["hidden"]) for row in listed] == [t.setting.hidden for t in found.trials]
    pandas = pytest.importorskip("pandas")
    frame = found.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["accuracy"].tolist() == [t.accuracy.mean for t in found.trials]


@pytest.mark.parametrize("search", ["grid", "optuna"])
def test_control_c_and_going_on(search, binary, quick, interrupt_at, tmp_path):
    if search == "optuna":
        pytest.importorskip("optuna")
    space = {"learning_rate": [0.1, 0.2, 0.3], "l2": [0.0, 0.1]}
    more = {"search": search, "folds": 2, "base": quick}
    more |= {"trials": 14} if search == "optuna" else {}

    def run(progress=None):
        how = Execution(memory=1.0, threads=1, progress=progress, folder=tmp_path)
        return sweep(binary, space, execution=how, **more)

    first = run(interrupt_at(0.45))
    assert 0 < len(first.trials) < (14 if search == "optuna" else 6)
    seen = []
    found, plain = run(lambda *at: seen.append(at)), sweep(binary, space, **more)
    assert seen[0][0] > 0
    assert [t.setting for t in found.trials] == [t.setting for t in plain.trials]
    for mine, own in zip(found.trials, plain.trials, strict=True):
        assert_allclose(mine.cost.mean, own.cost.mean, rtol=1e-12)
    assert_allclose(found.best.network.weights[0], plain.best.network.weights[0], rtol=1e-12)


def test_control_c_before_anything_is_finished(binary, quick, interrupt_at, tmp_path):
    how = Execution(threads=1, progress=interrupt_at(0.0))
    found = sweep(binary, SPACE, base=quick, folds=2, execution=how)
    assert (found.trials, found.best) == ((), None)
    assert repr(found) == "Sweep(no trials)"
    found.to_csv(tmp_path / "none.csv")


def test_control_c_while_the_best_is_trained(binary, quick, monkeypatch):
    class Press(Callback):
        def on_step(self, session):
            if session.iteration == 3:
                os.kill(os.getpid(), signal.SIGINT)

    def interrupted(*arguments, **more):
        return train(*arguments, **more | {"callbacks": [Press()]})

    monkeypatch.setattr(sys.modules["chainrule.experiments.sweep"], "train", interrupted)
    found = sweep(binary, SPACE, base=quick, folds=2)
    assert (found.best, found.complete) == (None, False)
    assert len(found.trials) == 8


def test_an_event_stops_the_training_of_the_best_too(binary, quick):
    event = threading.Event()

    def set_at_the_end(done, total):
        if done == total:
            event.set()

    how = Execution(progress=set_at_the_end, stop=event)
    found = sweep(binary, SPACE, base=quick, folds=2, execution=how)
    assert (found.best, found.complete) == (None, False)
    assert len(found.trials) == 8


@pytest.mark.parametrize("search", ["grid", "random", "optuna"])
def test_progress_covers_all_trials(search, binary, quick):
    if search == "optuna":
        pytest.importorskip("optuna")
    seen = []
    how = Execution(progress=lambda *at: seen.append(at))
    trials = None if search == "grid" else 23
    space = {"learning_rate": Between(0.1, 1.0) if trials else [0.1, 0.2], "l2": [0.0, 0.1]}
    sweep(binary, space, base=quick, folds=2, trials=trials, search=search, execution=how)
    done, total = np.array(seen).T
    assert (np.diff(done) >= 0).all()
    assert_allclose(total, 12 * 2 * (trials or 4))
    assert done[-1] == pytest.approx(total[-1])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"score": "acuracy"}, "Did you mean accuracy"),
        ({"score": "rmse"}, "score"),
        ({"search": "gird"}, "Did you mean grid"),
        ({"search": "random"}, "trials"),
        ({"trials": 0}, "trials to be a whole number of at least 1; got 0"),
        ({"trials": "3"}, "trials"),
        ({"trials": 3, "search": "grid"}, "no number of trials in a grid"),
        ({"base": {}}, "a Setting"),
        ({"execution": []}, "a Execution"),
        ({"folds": 1}, "folds"),
        ({"folds": "5"}, "folds"),
        ({"seed": "a"}, "seed"),
        ({"groups": [1]}, "groups"),
        ({"validation": 5}, "sweep: validation: expected a Dataset"),
        ({"validation": (np.ones((5, 3)), np.ones((1, 3)))}, "30 features"),
        ({"folds": 3, "validation": (np.ones((30, 3)), np.ones((1, 3)))}, "or folds; got both"),
        ({"space": {"learning_rat": [1]}}, "Did you mean learning_rate"),
        ({"space": {}}, "a dictionary"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input(more, message, binary, quick):
    options = {"space": {"learning_rate": [0.1]}, "base": quick} | more
    with pytest.raises(InputError, match=message):
        sweep(binary, **options)
