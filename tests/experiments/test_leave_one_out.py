"""Leave-one-out: m + 1 plain trainings."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Dataset, InputError, train
from chainrule.experiments import Execution, Setting, leave_one_out


def own_class(A, Y):
    """Probability of each example's own class (m,)."""
    return np.where(Y == 1, A, 1 - A)[0] if len(Y) == 1 else (A * Y).sum(axis=0)


@pytest.mark.parametrize("kind", ["full batch", "mini-batches", "balanced", "epochs", "adam"])
@pytest.mark.parametrize("problem", ["binary", "softmax", "pixels", "standard"])
def test_each_is_a_plain_training_without_it(problem, kind, problems, quick, alone):
    more = {
        "full batch": {},
        "mini-batches": {"batch_size": 4, "optimizer": "nesterov"},
        "balanced": {"class_weight": "balanced", "hidden": ()},
        "epochs": {"batch_size": 5, "epochs": 3, "iterations": None},
        "adam": {"optimizer": "adam", "learning_rate": 1e-3},
    }[kind]
    data, setting = problems[problem], quick.with_values(more)
    found = leave_one_out(data, setting)
    Y = data[1] if isinstance(data, tuple) else data.Y
    m = Y.shape[1]
    for i in range(m):
        one, A = alone(data, setting, [i])
        assert_allclose(found.outputs[:, i], A[:, 0], rtol=1e-10)
        assert_allclose(found.losses[i], one.history.validation_cost[-1], rtol=1e-10)
        if problem in ("binary", "softmax"):
            own = own_class(one.network.predict_proba(data[0]), Y)
            assert_allclose(found.without[i], own, rtol=1e-10)
    full, _ = alone(data, setting)
    X = data[0] if isinstance(data, tuple) else data.matrix()
    assert_allclose(found.full, own_class(full.network.predict_proba(X), Y), rtol=1e-10)
    A = full.network.predict_proba(X)
    right = (A > 0.5) == Y if len(Y) == 1 else A.argmax(axis=0) == Y.argmax(axis=0)
    assert found.accuracy_when_trained_on == right.mean()
    assert_allclose(found.change, found.full - found.without)
    assert found.accuracy == np.mean(found.predicted == found.labels)
    assert found.cost == pytest.approx(found.losses.mean())


def test_two_examples(binary, quick):
    X, Y = binary[0][:, [0, 5]], np.array([[0.0, 1.0]])
    found = leave_one_out((X, Y), replace(quick, class_weight="balanced"))
    # Each network knows only the other class.
    assert found.accuracy == 0
    assert np.isfinite(found.change).all()


@pytest.mark.parametrize("batch_size", [None, 2])
def test_one_example_cannot_be_left_out(batch_size, standard, quick):
    with pytest.raises(InputError, match="leave_one_out: expected at least two examples; got one"):
        leave_one_out(standard.select([0]), replace(quick, batch_size=batch_size))


@pytest.mark.parametrize("weight", [None, "balanced"])
def test_the_only_example_of_a_class(weight, softmax, quick):
    X, _ = softmax
    Y = np.eye(3)[:, [0, 1] * 7 + [2]]
    found = leave_one_out((X, Y), replace(quick, class_weight=weight))
    assert np.isfinite(found.losses).all()
    assert found.predicted[14] != 2


def test_the_grouping_changes_nothing(binary, quick):
    first = leave_one_out(binary, quick, execution=Execution(memory=1.0, threads=2))
    second = leave_one_out(binary, quick, execution=Execution(threads=1))
    assert_allclose(first.change, second.change, rtol=1e-12, atol=1e-14)


def test_float32(binary, quick):
    first, second = (leave_one_out(binary, replace(quick, dtype=d)) for d in ("float32", "float64"))
    assert first.full.dtype == first.without.dtype == np.float64
    assert_allclose(first.change, second.change, atol=1e-5)


def test_what_diverges_is_marked(line):
    (X, _), _ = line
    Y = (np.arange(12) % 2).reshape(1, -1) * 1.0
    X = X.copy()
    X[:, 0] *= 1e3  # only without the first example does the training not diverge
    setting = Setting(hidden=(), output="identity", learning_rate=0.02, iterations=300)
    found = leave_one_out((X, Y), setting)
    assert found.diverged[0] == -1
    assert (found.diverged[1:] > 0).all()
    assert np.isfinite(found.losses).tolist() == [True] + [False] * 11
    assert np.isnan(found.without[1:]).all()
    assert np.isnan(found.full).all()
    assert found.task == "regression"
    assert np.isfinite(list(found.scores.values())).sum() >= 2  # of one example there is no R²
    assert [np.isfinite(row["predicted"]) for row in found.rows()] == [True] + [False] * 11


def test_control_c(binary, quick, interrupt_at):
    how = Execution(memory=1.0, threads=1, progress=interrupt_at(0.5))
    found = leave_one_out(binary, quick, execution=how)
    done = np.isfinite(found.losses)
    assert 0 < done.sum() < 14
    plain = leave_one_out(binary, quick)
    assert_allclose(found.losses[done], plain.losses[done], rtol=1e-12)
    assert np.isnan(found.without[~done]).all()
    assert f"{done.sum()} of 14" in repr(found)


def test_control_c_before_anything_is_finished(binary, quick, interrupt_at):
    how = Execution(threads=1, progress=interrupt_at(0.0))
    found = leave_one_out(binary, quick, execution=how)
    assert np.isnan([found.accuracy, found.cost]).all()
    assert len(found.rows()) == 14


def test_a_folder_goes_on(binary, quick, interrupt_at, tmp_path):
    first = Execution(memory=1.0, threads=2, progress=interrupt_at(0.4), folder=tmp_path)
    leave_one_out(binary, quick, execution=first)
    found = leave_one_out(binary, quick, execution=Execution(folder=tmp_path))
    assert_allclose(found.change, leave_one_out(binary, quick).change, rtol=1e-12, atol=1e-14)


def test_the_table(pixels, quick, tmp_path):
    found = leave_one_out(pixels, quick)
    found.to_csv(tmp_path / "table.csv")
    with open(tmp_path / "table.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(pixels.names)
    assert [row["class"] for row in rows[:2]] == ["dog", "cat"]
    others = np.abs(found.change[3]).sum() - abs(found.change[3, 3])
    assert float(rows[3]["mean_change_of_others"]) == pytest.approx(others / 13)
    assert float(rows[3]["loss"]) == found.losses[3]
    assert float(rows[3]["loss"]) == pytest.approx(-np.log(float(rows[3]["probability_of_class"])))


@pytest.mark.parametrize(
    ("data", "setting", "message"),
    [
        ((np.ones((3, 4)), np.ones((1, 4)) / 3), None, "labels Y of 0 and 1"),
        ((np.ones((3, 4)), np.ones((1, 4))), {}, "a Setting"),
        (None, None, "a Dataset or a tuple"),
    ],
)
def test_bad_input(data, setting, message):
    with pytest.raises(InputError, match=f"^leave_one_out: expected {message}"):
        leave_one_out(data, setting)


def test_too_many_for_the_memory_is_said_before_training(binary, quick, monkeypatch):
    monkeypatch.setattr("chainrule.checks.memory_bytes", lambda: 1000.0)
    with pytest.raises(InputError, match=r"GiB.*Take fewer, or cross-validate"):
        leave_one_out(binary, quick)


def test_a_regression_is_told_in_its_own_unit():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(4, 10))
    data = Dataset(X, 30 + 5 * X[0], ())
    setting = Setting(hidden=(), learning_rate=0.1, iterations=100)
    found = leave_one_out(data, setting)
    rest = data.select(np.arange(1, 10))
    alone = train(setting.network(4, 1, "regression"), rest, setting).network
    expected = alone.predict(X)[0]
    assert_allclose(found.without[0], expected)
    assert_allclose(found.outputs[0, 0], expected[0])
    whole = train(setting.network(4, 1, "regression"), data, setting).network
    assert_allclose(found.full, whole.predict(X)[0])
    assert_allclose(found.change[0], found.full - expected)
    assert found.table().names[2:5] == ["target", "predicted", "predicted_when_trained_on"]
    errors = found.outputs[0] - data.labels
    assert found.scores["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert "rmse" in repr(found)
