"""Numbers to predict, through the real commands."""

import csv
import re

import numpy as np
import pytest

ROWS = 24
LINEAR = ("--layers", "none", "--optimizer", "lbfgs", "--l2", "0.01", "--iterations", "50")


@pytest.fixture
def octane(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 5))
    y = 50 + X[:, 0] - X[:, 1] + 0.1 * rng.normal(size=ROWS)
    path = tmp_path / "octane.csv"
    lines = [f"s{i}," + ",".join(f"{v:.4f}" for v in (*X[i], y[i])) for i in range(ROWS)]
    path.write_text("\n".join(["name,a,b,c,d,e,y", *lines]))
    return path


def text_of(path):
    return re.sub(r"<[^>]+>", " ", path.read_text("utf-8"))


def test_train_evaluate_report_and_export(chainrule, octane, tmp_path):
    folder = tmp_path / "run"
    said = chainrule("train", octane, *LINEAR, "--out", str(folder))
    assert said.code == 0, said.error
    assert "targets 47" in said.out
    assert "always the mean" in said.out
    said = chainrule("evaluate", str(folder), octane, "--json")
    facts = said.json
    assert facts["rmse"] < 0.2 < facts["rmse_of_mean"]
    assert len(facts["largest_errors"]) == 10
    said = chainrule("evaluate", str(folder), octane)
    assert "by always saying their mean" in said.out
    assert chainrule("report", folder).code == 0
    assert "--learning-rate" not in text_of(folder / "report.html")  # L-BFGS has none
    assert "Always saying their mean" in text_of(folder / "report.html")


def test_crossval_leave_one_out_and_sweep(chainrule, octane, tmp_path):
    folder = tmp_path / "cv"
    said = chainrule("crossval", octane, *LINEAR, "--folds", "4", "--out", str(folder))
    assert said.code == 0, said.error
    assert "Always saying the mean has R² 0" in " ".join(said.out.split())
    with (folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    errors = [float(row["predicted"]) - float(row["target"]) for row in rows]
    rmse = float(np.sqrt(np.mean(np.square(errors))))
    assert f"RMSE {rmse:.4g}" in text_of(folder / "report.html")
    folder = tmp_path / "loo"
    said = chainrule("leave-one-out", octane, *LINEAR, "--out", str(folder))
    assert said.code == 0, said.error
    assert "of 24 examples when left out" in said.out
    assert "Largest errors" in text_of(folder / "report.html")
    said = chainrule("sweep", octane, *LINEAR, "--vary", "l2=0.01,10", "--json")
    trials = said.json["trials"]
    assert [trial["l2"] for trial in trials] == [0.01, 10]
    assert trials[0]["rmse"] < trials[1]["rmse"]


def test_an_ensemble_and_other_losses(chainrule, octane, tmp_path):
    folder, quick = tmp_path / "e", ("--layers", "3", "--iterations", "30")
    more = ("--runs", "2", "--loss", "huber", "--dropout", "0.1", "--out", str(folder))
    said = chainrule("train", octane, *quick, *more)
    assert said.code == 0, said.error
    assert "mean of members" in said.out.replace("\n", " ")
    assert chainrule("report", folder).code == 0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("review-labels",), "expected labels that are classes; got a regression's numbers"),
        (("train", "--positive", "50"), "classes, for the positive class"),
        (("crossval", "--drop-class", "50"), "classes, for a class to leave out"),
        (("train", "--loss", "binary_cross_entropy"), "a loss for a regression"),
        (("sweep", "--vary", "l2=0.1", "--score", "auc"), "score"),
        (("train", "--class-weight", "balanced"), "one class each for class_weight"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_needs_classes_is_one_line_and_nothing_is_written(
    chainrule, octane, tmp_path, command, message
):
    said = chainrule(command[0], octane, *command[1:])
    assert said.code == 2
    assert message in said.error
    assert len(said.error.strip().splitlines()) == 1
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize("command", ["train", "crossval"])
def test_a_threshold_of_numbers_is_refused_before_anything_is_said(chainrule, octane, command):
    said = chainrule(command, octane, *LINEAR, "--threshold", "youden")
    assert (said.code, said.out) == (2, "")
    assert "--threshold" in said.error


@pytest.mark.parametrize("command", ["crossval", "sweep", "importance"])
def test_folds_that_cannot_be_drawn_are_refused_before_anything_is_said(
    chainrule, octane, command, tmp_path
):
    own = ("--vary", "l2=0,1") if command == "sweep" else ()
    said = chainrule(command, octane, *LINEAR, *own, "--folds", 2 * ROWS)
    assert (said.code, said.out) == (2, "")
    assert "at most 24 folds" in said.error
    assert not (tmp_path / "runs").exists()


def test_errors_whose_squares_floats_do_not_hold_are_no_better_than_the_mean(chainrule, tmp_path):
    x = np.random.default_rng(0).normal(size=(ROWS, 2))
    rows = [f"{a:.3f},{b:.3f},{a - b:.3f}e120" for a, b in x]
    (tmp_path / "large.csv").write_text("\n".join(["a,b,y", *rows]))
    how = ("--layers", "none", "--learning-rate", 50, "--iterations", 40, "--task", "regression")
    said = chainrule("train", tmp_path / "large.csv", *how, "--out", "large")
    assert said.code == 0, said.error
    assert "Not even the training examples are answered better" in " ".join(said.out.split())
    assert "its answers mean nothing" in " ".join(said.out.split())
