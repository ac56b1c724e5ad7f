"""Cross-validation: each fold is a plain training without it."""

import csv
import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from chainrule import InputError
from chainrule.experiments import CrossValidation, Execution, Setting, cross_validate


@pytest.mark.parametrize("batch_size", [None, 4], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("problem", ["binary", "softmax", "pixels", "standard"])
def test_each_fold_is_a_plain_training(problem, batch_size, problems, quick, alone):
    setting = replace(quick, batch_size=batch_size, optimizer="momentum", l2=0.01, seed=4)
    data = problems[problem]
    found = cross_validate(data, setting, folds=3, repeats=2, record_every=3)
    assert len(found.folds) == 6
    total = np.zeros_like(found.outputs)
    for fold in found.folds:
        one, A = alone(data, setting, fold.held_out, record_every=3)
        assert_allclose(fold.history.cost, one.history.cost, rtol=1e-10)
        assert_allclose(fold.history.validation_cost, one.history.validation_cost, rtol=1e-10)
        assert fold.measures.cost == fold.history.validation_cost[-1]
        total[:, fold.held_out] += A
    # Each example was held out once in each repeat.
    assert_allclose(found.outputs, total / 2, rtol=1e-10)


def test_measures_are_those_of_scikit_learn(binary, softmax, quick):
    for data in (binary, softmax):
        found = cross_validate(data, quick, folds=3)
        rows = []
        for fold in found.folds:
            P, Y = found.probabilities[:, fold.held_out], data[1][:, fold.held_out]
            labels = Y[0] if len(Y) == 1 else Y.argmax(axis=0)
            scores = P[1] if len(Y) == 1 else P.T
            of_all = {} if len(Y) == 1 else {"labels": [0, 1, 2]}
            rows.append(
                [
                    accuracy_score(labels, P.argmax(axis=0)),
                    log_loss(labels, P.T, **of_all),
                    roc_auc_score(labels, scores, multi_class="ovr"),
                ]
            )
        mean, deviation = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
        spreads = (found.accuracy, found.cost, found.auc)
        assert_allclose([s.mean for s in spreads], mean)
        assert_allclose([s.deviation for s in spreads], deviation)


def test_groups_stay_together(pixels, quick):
    groups = np.arange(14) // 4
    found = cross_validate(pixels, quick, folds=3, groups=groups)
    for fold in found.folds:
        assert np.isin(groups, groups[fold.held_out]).sum() == fold.held_out.size
    assert found.classes == ("dog", "cat")


def test_regression(line, alone):
    data, setting = line
    found = cross_validate(data, setting, folds=3, stratified=False)
    _, A = alone(data, setting, found.folds[1].held_out)
    assert_allclose(found.outputs[:, found.folds[1].held_out], A, rtol=1e-10)
    assert found.cost.mean > 0
    assert np.isnan([found.accuracy.mean, found.auc.mean]).all()


def test_a_fold_of_one_class_has_no_auc(binary, quick):
    found = cross_validate(binary, quick, folds=14, stratified=False)
    assert np.isnan(found.auc.mean)
    assert 0 < found.accuracy.mean < 1


def test_one_class_alone(binary, quick):
    found = cross_validate((binary[0], np.ones((1, 14))), quick, folds=3)
    assert found.cost.mean > 0
    assert np.isnan(found.auc.mean)


def test_folds_that_diverge_are_marked(line):
    (X, Y), setting = line
    X = X.copy()
    X[:, 0] *= 100  # whoever trains on the first example diverges
    found = cross_validate((X, Y), setting, folds=4, stratified=False)
    diverged = np.array([fold.diverged >= 0 for fold in found.folds])
    assert diverged.sum() == 3
    assert np.isnan(found.cost.mean)
    for fold in found.folds:
        shown = np.isnan([fold.measures.cost, *found.outputs[0, fold.held_out]])
        assert shown.all() if fold.diverged >= 0 else not shown.any()
    assert sum(row["diverged"] != "" for row in found.rows()) == 3


def test_everything_diverges(line):
    data, setting = line
    setting = replace(setting, learning_rate=1e4)
    found = cross_validate(data, setting, folds=3, stratified=False)
    assert all(fold.diverged > 0 for fold in found.folds)
    assert np.isnan(found.outputs).all()


def test_tables(binary, quick, tmp_path):
    found = cross_validate(binary, quick, folds=3)
    found.to_csv(tmp_path / "folds.csv")
    found.to_csv(tmp_path / "folds.json")
    with open(tmp_path / "folds.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["cost"]) for row in rows] == [fold.measures.cost for fold in found.folds]
    assert [row["fold"] for row in rows] == ["1", "2", "3"]
    assert json.loads((tmp_path / "folds.json").read_text()) == found.rows()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pandas says of its own dependencies
        pandas = pytest.importorskip("pandas")
    assert isinstance(found.to_frame(), pandas.DataFrame)
    assert found.to_frame()["accuracy"].mean() == found.accuracy.mean


def test_control_c(binary, quick, interrupt_at):
    how = Execution(memory=1.0, threads=1, progress=interrupt_at(0.45))
    found = cross_validate(binary, quick, folds=6, execution=how)
    assert 0 < len(found.folds) < 6
    held = np.concatenate([fold.held_out for fold in found.folds])
    assert_array_equal(np.flatnonzero(np.isfinite(found.outputs[0])), np.sort(held))


def test_control_c_before_the_first_fold(binary, quick, interrupt_at, tmp_path):
    how = Execution(threads=1, progress=interrupt_at(0.0))
    found = cross_validate(binary, quick, folds=3, execution=how)
    assert found.folds == ()
    assert "0 folds" in repr(found)
    assert np.isnan(found.accuracy.mean)
    found.to_csv(tmp_path / "none.csv")


def test_a_folder_goes_on(binary, quick, interrupt_at, tmp_path):
    def run(progress=None):
        how = Execution(memory=1.0, threads=1, progress=progress, folder=tmp_path)
        return cross_validate(binary, quick, folds=6, repeats=2, execution=how)

    assert len(run(interrupt_at(0.3)).folds) < 12
    found, plain = run(), cross_validate(binary, quick, folds=6, repeats=2)
    assert_allclose(found.outputs, plain.outputs, rtol=1e-12)
    assert found.rows()[0].keys() == plain.rows()[0].keys()
    assert_allclose(found.cost.mean, plain.cost.mean, rtol=1e-12)


def test_the_course_network_by_default(binary):
    assert cross_validate(binary, folds=2).setting == Setting()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"setting": {"hidden": (3,)}}, "cross_validate: expected a Setting; got {'hidden'"),
        ({"setting": []}, "cross_validate: expected a Setting"),
        ({"execution": 4}, "cross_validate: expected a Execution; got 4"),
        ({"folds": 1}, "folds: expected"),
        ({"record_every": 0}, "record_every"),
        ({"setting": Setting(output="softmax")}, "Y"),
        ({"setting": Setting(iterations=3, epochs=3)}, "iterations or epochs"),
        ({"setting": Setting(activation=("relu",))}, "hidden activations"),
        ({"setting": Setting(optimizer="adam", first_layer="dual")}, "dual"),
    ],
)
def test_bad_input(more, message, binary):
    with pytest.raises(InputError, match=message):
        cross_validate(binary, **({"folds": 3} | more))


def test_it_says_what_it_found(binary, quick):
    found = cross_validate(binary, quick, folds=3)
    assert isinstance(found, CrossValidation)
    assert repr(found).startswith(f"CrossValidation(3 folds: accuracy {found.accuracy.mean:.4f}")
