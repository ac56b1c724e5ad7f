"""`chainrule sweep`, `lr-find`, `crossval`, `leave-one-out`, `review-labels` and `importance`:
folders, text, JSON, going on, and bad input."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image

import chainrule as cr
from chainrule.experiments import Setting, cross_validate, leave_one_out, sweep
from chainrule.jobs.experiments import Search

QUICK = ("--iterations", 30, "--layers", "4", "--learning-rate", 0.1)
COMMANDS = {
    "sweep": ("--vary", "learning_rate=0.01,0.1", "--vary", "layers=3,none", "--folds", 3),
    "lr-find": ("--count", 5, "--test-iterations", 20),
    "crossval": ("--folds", 3),
    "leave-one-out": (),
    "review-labels": ("--folds", 3),
    "importance": ("--repeats", 2),
}
FILES = {
    "sweep": {"results.csv", "scores.png", "learning-curves.png", "model.safetensors"},
    "lr-find": {"results.csv", "learning-rates.png"},
    "crossval": {"results.csv", "predictions.csv", "learning-curves.png"},
    "leave-one-out": {"results.csv", "predictions.csv", "influence.safetensors", "left-out.png"},
    "review-labels": {"labels.csv", "suspects.png"},
    "importance": {"results.csv", "importance.png"},
}
every = pytest.mark.parametrize("command", COMMANDS)


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("drawn")
@every
def test_the_folder_holds_everything(command, chainrule, fruit):
    said = chainrule(command, fruit, "--size", 8, *QUICK, *COMMANDS[command], "--out", "done")
    assert (said.code, said.error) == (0, "")
    assert "16 training pictures 8x8x3; classes lime, tomato" in said.out
    found = {p.name for p in Path("done").iterdir()} - {"suspects.png"}
    assert found == {"settings.json", "report.html", *FILES[command]} - {"suspects.png"}
    for path in Path("done").glob("*.png"):
        with Image.open(path) as picture:
            assert min(picture.size) > 300
    settings = json.loads(Path("done/settings.json").read_text())
    assert (settings["command"], settings["complete"]) == (command, True)


@every
def test_json_is_one_object_and_nothing_else(command, chainrule):
    said = chainrule(command, "planar", *QUICK, *COMMANDS[command], "--json", "--out", "done")
    assert (said.code, said.error) == (0, "")
    assert said.json["out"] == "done"


@every
def test_nothing_is_overwritten(command, chainrule):
    Path("done").mkdir()
    Path("done/mine").touch()
    said = chainrule(command, "planar", *QUICK, *COMMANDS[command], "--out", "done")
    assert said.code == 2
    assert "a run folder that does not exist yet" in said.error


def test_without_out_the_next_free_folder_is_made(chainrule):
    for _ in range(2):
        assert chainrule("crossval", "planar:xor", *QUICK, "--folds", 2).code == 0
    names = {p.name for p in Path("runs").iterdir()}
    assert names == {"planar-xor-crossval-1", "planar-xor-crossval-2"}


def test_a_sweep_is_sorted_and_its_best_becomes_a_model(chainrule, fruit):
    arguments = ("--size", 8, *QUICK, "--vary", "learning-rate=0.0001,0.1", "--out", "done")
    said = chainrule("sweep", fruit, *arguments, "--folds", 4)
    table = rows("done/results.csv")
    assert [float(row["learning_rate"]) for row in table] == [0.1, 0.0001]
    assert float(table[0]["cost"]) < float(table[1]["cost"])
    assert "100.0 % of held-out examples are right" in said.out
    assert chainrule("evaluate", "done", fruit, "--json").json["accuracy"] == 1.0
    assert "learning rate 0.1" in cr.load("done").training["setting"]


def test_a_sweep_draws_from_ranges(chainrule):
    varied = ("--vary", "l2=1e-4..1", "--vary", "seed=0..99", "--trials", 7)
    assert chainrule("sweep", "planar", *QUICK, *varied, "--out", "done").code == 0
    table = rows("done/results.csv")
    assert len({row["seed"] for row in table}) > 1
    assert all(1e-4 <= float(row["l2"]) <= 1 for row in table)


def test_a_range_of_whole_numbers_has_both_its_ends(chainrule):
    assert chainrule("sweep", "planar", *QUICK, "--vary", "seed=0..3", "--out", "done").code == 0
    assert sorted(row["seed"] for row in rows("done/results.csv")) == ["0", "1", "2", "3"]


def test_a_sweep_uses_the_datas_own_validation_set(chainrule, fruit):
    (fruit / "test").rename(fruit / "val")
    said = chainrule("sweep", fruit, "--size", 8, *QUICK, "--vary", "l2=0,0.1", "--out", "done")
    assert "each on the validation set" in said.out


def test_cross_validation_is_the_librarys(chainrule):
    said = chainrule("crossval", "planar:moons", *QUICK, "--folds", 4, "--json", "--seed", 3)
    data = cr.open_data("planar:moons", seed=3).train
    setting = Setting(hidden=(4,), iterations=30, learning_rate=0.1, seed=3)
    expected = cross_validate(data, setting, folds=4, seed=3)
    assert_allclose(said.json["cost"]["mean"], expected.cost.mean, rtol=1e-12)
    table = rows(Path(said.json["out"], "predictions.csv"))
    found = [float(row["probability of blue"]) for row in table]
    assert_allclose(found, expected.probabilities[1], rtol=1e-9)


def test_examples_stay_with_their_group(chainrule, fruit):
    grouped = ("--group-by", r"(\d)\.png", "--folds", 4)
    said = chainrule("crossval", fruit, "--size", 8, *QUICK, *grouped, "--json")
    assert [fold["examples"] for fold in said.json["folds"]] == [4, 4, 4, 4]


def test_leaving_one_out_is_the_librarys(chainrule, fruit):
    assert chainrule("leave-one-out", fruit, "--size", 8, *QUICK, "--out", "done").code == 0
    data = cr.open_data(fruit, size=8).train
    expected = leave_one_out(data, Setting(hidden=(4,), iterations=30, learning_rate=0.1))
    table = rows("done/results.csv")
    assert [row["name"] for row in table] == list(data.names)
    assert_allclose([float(row["loss"]) for row in table], expected.losses, rtol=1e-9)


def test_a_review_whose_decisions_are_trained_with(chainrule, fruit):
    (fruit / "train/lime/lime0.png").rename(fruit / "train/tomato/wrong.png")
    arguments = ("--size", 8, "--iterations", 200, "--layers", "none", "--learning-rate", 0.1)
    said = chainrule("review-labels", fruit, *arguments, "--out", "done", "--folds", 4)
    assert "wrong.png" in said.out
    text = Path("done/labels.csv").read_text(encoding="utf-8-sig")
    first = text.splitlines()[1]
    assert "wrong.png" in first
    decided = first.replace(",keep,", ",relabel,")
    Path("decided.csv").write_text(text.replace(first, decided), encoding="utf-8")
    options = ("--size", 8, *QUICK, "--labels", "decided.csv", "--out", "run")
    assert chainrule("train", fruit, *options).code == 0
    assert (fruit / "train/tomato/wrong.png").exists()


def test_a_review_by_leaving_each_one_out(chainrule, fruit):
    said = chainrule("review-labels", fruit, "--size", 8, *QUICK, "--leave-one-out", "--json")
    data = cr.open_data(fruit, size=8).train
    alone = leave_one_out(data, Setting(hidden=(4,), iterations=30, learning_rate=0.1))
    wrong = np.flatnonzero(alone.predicted != alone.labels)
    assert {suspect["index"] for suspect in said.json["suspects"]} == set(wrong)


@pytest.mark.parametrize("resume", [False, True])
def test_decisions_are_not_overwritten(resume, chainrule, fruit):
    arguments = ("review-labels", fruit, "--size", 8, *QUICK, "--folds", 3, "--out", "done")
    assert chainrule(*arguments).code == 0
    Path("done/labels.csv").write_text("my decisions")
    again = chainrule(*(("review-labels", "--resume", "done") if resume else arguments))
    assert again.code == (0 if resume else 2)
    assert Path("done/labels.csv").read_text() == "my decisions"


def test_an_ensemble_is_trained_and_resumed(chainrule, fruit):
    arguments = ("train", fruit, "--size", 8, *QUICK, "--runs", 3, "--seed", 5, "--out", "done")
    first = chainrule(*arguments, "--json").json
    assert (first["members"], first["seeds"]) == (3, [5, 6, 7])
    assert {p.name for p in Path("done").iterdir()} == {
        *("settings.json", "results.csv", "learning-curves.png", "model.safetensors")
    }
    table, model = rows("done/results.csv"), cr.load("done")
    assert [row["seed"] for row in table] == ["5", "6", "7"]
    test = cr.open_data(fruit, size=8).test
    reached = first["results"]["test"]
    assert reached["cost"] == cr.evaluate(model, test).cost
    each = [cr.evaluate(model.member(r), test).accuracy for r in range(3)]
    assert reached["mean_accuracy_of_members"] == pytest.approx(np.mean(each))
    assert [float(row["test_accuracy"]) for row in table] == each
    said = chainrule("train", "--resume", "done")
    assert said.code == 0
    assert "3 networks, seeds 5 to 7" in said.out
    assert "members" in said.out
    again = json.loads(Path("done/settings.json").read_text())
    assert again["results"] == first["results"]


WIDE = ("--vary", "learning_rate=0.01,0.1", "--vary", "layers=20-7-5,none", "--vary", "l2=0,0.1")


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("sweep", WIDE),
        ("crossval", ("--folds", 3)),
        ("leave-one-out", ()),
        ("train", ("--runs", 2)),
    ],
)
def test_a_table_breaks_no_word(command, own, columns, chainrule, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    said = chainrule(command, "planar", "--iterations", 2, "--layers", 2, *own, "--out", "done")
    lines = said.out.splitlines()
    rule = next(k for k, line in enumerate(lines) if "───" in line)
    first = next(k for k in range(rule, 0, -1) if not lines[k].strip())
    assert len(lines[rule]) <= columns
    known = {"learning", "rate", "hidden", "l2", "accuracy", "deviation", "cost", "auc", "training"}
    known |= {"fold", "examples", "example", "class", "left", "out", "trained", "on", "mean"}
    known |= {"change", "of", "others", "set", "one", "member", "commonest", "turned"}
    known |= {"layers", "rank", "AUC", "members", "standard", "error", "near", "best"}
    known |= {"Brier", "balanced"}
    assert set(" ".join(lines[first:rule]).split()) <= known
    for line in lines[rule + 1 : lines.index(" " * len(lines[rule]), rule)]:
        assert len(line.split()) >= 3


@pytest.mark.usefixtures("drawn")
def test_rates_are_compared(chainrule):
    rates = ("--rates", "0.1,1e300", "--layers", "4,4", "--iterations", 50)
    said = chainrule("lr-find", "planar", *rates, "--out", "done")
    assert said.code == 0
    assert "diverged at" in said.out
    assert len(rows("done/results.csv")) == 2


def test_the_labels_of_rates_that_all_fail(chainrule):
    low = ("--low", 1e60, "--high", 1e90, "--count", 3)
    said = chainrule("lr-find", "planar", *low, "--out", "done")
    assert said.code == 2
    assert "expected a rate that lowers the cost" in said.error


def interrupted(tmp_path, *arguments):
    """A process that is sent Ctrl-C once a first group of runs is finished."""
    command = [sys.executable, "-m", "chainrule.cli", *map(str, arguments), "--out", "done"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while not list(tmp_path.glob("done/finished/*.safetensors")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    return process.returncode, out, error


def test_after_ctrl_c_it_goes_on_to_the_same_numbers(chainrule, tmp_path):
    # So little memory that every run is a group by itself.
    folds = ("--folds", 10, "--repeats", 3, "--memory", 5e-4)
    setting = ("--layers", 8, "--learning-rate", 0.1, "--iterations", 500)
    arguments = ("crossval", "planar", *setting, *folds)
    code, out, error = interrupted(tmp_path, *arguments)
    assert (code, error) == (1, "")
    assert "Go on:  chainrule crossval --resume done" in out
    assert len(rows("done/results.csv")) < 30
    assert chainrule("crossval", "--resume", "done").code == 0
    assert not Path("done/finished").exists()
    assert chainrule(*arguments, "--out", "whole").code == 0
    found, expected = (rows(f"{folder}/results.csv") for folder in ("done", "whole"))
    assert len(found) == len(expected) == 30
    for name in ("accuracy", "cost", "training_cost"):
        numbers = ([float(row[name]) for row in table] for table in (found, expected))
        assert_allclose(*numbers, rtol=1e-9)


@every
def test_a_finished_one_can_be_done_again(command, chainrule):
    arguments = ("planar", *QUICK, *COMMANDS[command], "--out", "done")
    first = chainrule(command, *arguments, "--json").json
    again = chainrule(command, "--resume", "done", "--json")
    assert again.code == 0
    ignored = {"seconds"}
    assert {k: v for k, v in again.json.items() if k not in ignored} == {
        k: v for k, v in first.items() if k not in ignored
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sweep", "planar"), "--vary NAME=VALUES at least once"),
        (("sweep", "planar", "--vary", "learning_rat=1,2"), "NAME=VALUES with one of"),
        (("sweep", "planar", "--vary", "learning_rate"), "NAME=VALUES with one of"),
        (("sweep", "planar", "--vary", "learning_rate=a"), "a number for learning_rate"),
        (("sweep", "planar", "--vary", "seed=1.5"), "a whole number for seed"),
        (("sweep", "planar", "--vary", "l2=1..0"), "l2 from a lower to a higher number"),
        (("sweep", "planar", "--vary", "l2=0..1:0"), "the count of l2"),
        (("sweep", "planar", "--vary", "l2=1e-4..1:-1"), "the count of l2"),
        (("sweep", "planar", "--vary", "l2=1..2:"), "a whole number for l2"),
        (("sweep", "planar", "--vary", "l2=1..inf:3"), "a finite number"),
        (("sweep", "planar", "--vary", f"seed=1..1{400 * '0'}:3"), "a finite number"),
        (("sweep", "planar", "--vary", "l2=0", "--vary", "l2=1"), "l2 twice"),
        (("sweep", "planar", "--vary", "l2=0..1"), "a list for l2 in a grid"),
        (("sweep", "planar", "--vary", "l2=-1"), "l2"),
        (("sweep", "planar", "--vary", "layers=0"), "hidden units as whole numbers"),
        (("sweep", "planar", "--vary", "activation=rulu"), "relu"),
        (("sweep", "planar", "--vary", "l2=0,1", "--trials", 0), "trials"),
        (("sweep", "planar", "--vary", "l2=0,1", "--search", "grid", "--trials", 3), "grid"),
        (("crossval", "planar", "--folds", 1), "folds"),
        (("crossval", "planar", "--folds", 1000), "at most"),
        (("crossval", "planar", "--repeats", 0), "repeats"),
        (("crossval", "planar", "--group-by", "("), "a regular expression"),
        (("crossval", "planar", "--group-by", "x"), "examples with names"),
        (("crossval", "planar", "--patience", 3), "no early stopping in crossval"),
        (("crossval", "planar", "--threads", 0), "threads"),
        (
            ("crossval", "planar", "--memory=-1"),
            "--memory in GB",
        ),
        (("crossval",), "expected DATA"),
        (("lr-find", "planar", "--rates", "0.1,x"), "a number"),
        (("lr-find", "planar", "--rates", "0"), "rates"),
        (("lr-find", "planar", "--rates", "1", "--low", "0.1"), "--rates alone"),
        (("lr-find", "planar", "--low", 1, "--high", 0.1), "high"),
        (("lr-find", "planar", "--low", "1e-320"), "low"),
        (("lr-find", "planar", "--high", "1e300"), "high"),
        (("crossval", ""), "an empty text"),
        (("sweep", "planar", "--vary", "momentum=0.5"), "--optimizer momentum"),
        (("leave-one-out", "nowhere"), "nowhere"),
        (("leave-one-out", "--resume", "nowhere"), "no such file"),
        (("review-labels", "--resume", "nowhere", "--out", "x"), "a new folder, or --resume"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, message, chainrule):
    said = chainrule(*arguments)
    assert said.code == 2
    assert message.lower() in said.error.lower()
    assert said.error.count("\n") == 1
    assert "Traceback" not in said.error
    assert not Path("runs").exists()


def test_another_commands_folder_is_refused(chainrule):
    chainrule("crossval", "planar", *QUICK, "--folds", 2, "--out", "done")
    said = chainrule("leave-one-out", "--resume", "done")
    assert said.code == 2
    assert "the settings of chainrule leave-one-out" in said.error


def test_a_resumed_experiment_keeps_its_settings(chainrule):
    chainrule("crossval", "planar", *QUICK, "--folds", 2, "--out", "done")
    said = chainrule("crossval", "--resume", "done", "--folds", 3)
    assert said.code == 2
    assert "--folds: expected the setting that the experiment began with (2)" in said.error


@pytest.mark.usefixtures("drawn")
def test_names_from_data_paint_no_terminal(chainrule, fruit):
    (fruit / "train/lime/lime0.png").rename(fruit / "train/lime/\x1b[31m$x^{.png")
    said = chainrule("leave-one-out", fruit, "--size", 8, *QUICK, "--out", "done")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert np.isfinite([float(row["loss"]) for row in rows("done/results.csv")]).all()


def test_other_data_are_not_gone_on_with(chainrule, fruit):
    chainrule("crossval", fruit, "--size", 8, *QUICK, "--folds", 2, "--out", "done")
    before = Path("done/results.csv").read_bytes()
    (fruit / "train/lime/lime3.png").unlink()
    said = chainrule("crossval", "--resume", "done")
    assert said.code == 2
    assert "the data that it was begun with; got others" in said.error
    assert Path("done/results.csv").read_bytes() == before


@pytest.mark.usefixtures("drawn")
def test_a_sweep_by_auc_over_epochs(chainrule):
    varied = ("--vary", "epochs=1,2", "--batch-size", 50, "--score", "auc")
    said = chainrule("sweep", "planar", "--layers", 4, *varied, "--out", "done")
    assert said.code == 0
    assert "Chosen   epochs" in said.out
    assert "auc_deviation" in rows("done/results.csv")[0]


def test_no_better_than_the_commonest_class_is_said(chainrule, fruit):
    for k in range(4):
        (fruit / f"train/lime/lime{k}.png").unlink()
    dead = ("--size", 8, "--layers", "3", "--initializer", "zeros", "--iterations", 50)
    said = chainrule("crossval", fruit, *dead, "--folds", 2)
    assert "Verdict  Learned nothing." in said.out
    assert "Always saying the commonest class is right in 66.7 %" in " ".join(said.out.split())


@pytest.mark.parametrize("bound", ["nan", "inf"])
def test_bounds_that_are_no_numbers(bound, chainrule):
    said = chainrule("lr-find", "planar", "--high", bound)
    assert said.code == 2
    assert said.error.count("\n") == 1
    assert not Path("runs").exists()


def test_an_interrupted_ensemble_goes_on(chainrule, tmp_path):
    arguments = ("train", "planar", "--runs", 3, "--layers", 32, "--iterations", 20000)
    command = [sys.executable, "-m", "chainrule.cli", *map(str, arguments), "--out", "done"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while not (tmp_path / "done/settings.json").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (1, "")
    assert "Go on:  chainrule train --resume done" in out
    assert list(tmp_path.glob("done/finished/*.checkpoint"))


def test_labels_are_corrected_where_a_model_is_evaluated(chainrule, fruit):
    (fruit / "train/lime/lime0.png").rename(fruit / "train/tomato/wrong.png")
    for part in (fruit / "test/lime", fruit / "test/tomato"):
        for path in part.iterdir():
            path.unlink()
        part.rmdir()
    (fruit / "test").rmdir()
    options = ("--size", 8, "--iterations", 300, "--layers", "none", "--learning-rate", 0.1)
    Path("labels.csv").write_text(
        "name,given,decision,relabel_as\ntrain/tomato/wrong.png,tomato,relabel,lime\n"
    )
    assert chainrule("train", fruit, *options, "--labels", "labels.csv", "--out", "run").code == 0
    assert chainrule("evaluate", "run", fruit, "--json").json["accuracy"] < 1
    said = chainrule("evaluate", "run", fruit, "--labels", "labels.csv", "--json")
    assert said.json["accuracy"] == 1


NEXT = {
    "lr-find": ("--positive", "red", "--layers", "none"),
    "review-labels": ("--layers", "3", "--seed", "4"),
}


@pytest.mark.parametrize("command", NEXT)
def test_the_next_command_keeps_the_settings(command, chainrule, tmp_path):
    lines = ["a,b,label"] + [f"{k % 7},{k % 5},{'red' if k % 2 else 'blue'}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    more = ("--folds", 2) if command == "review-labels" else ()
    options = ("--iterations", 20, *NEXT[command], *more)
    said = chainrule(command, tmp_path / "t.csv", *options, "--out", "done")
    assert said.code == 0
    following = said.out.split("Next:")[1]
    for name, value in zip(NEXT[command][::2], NEXT[command][1::2], strict=True):
        assert f"{name} {value}" in following


def test_the_next_command_of_a_sweep_measures_the_choice(chainrule, tmp_path):
    lines = ["a,b,label"] + [f"{k % 7},{k % 5},{'red' if k % 2 else 'blue'}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    vary = ("--vary", "layers=3-2,3-3", "--vary", "learning_rate=0.05,0.06")
    said = chainrule("sweep", tmp_path / "t.csv", "--iterations", 20, *vary, "--out", "done")
    following = said.out.split("Next:")[1]
    assert f"{' '.join(vary)} --rule one-se --nested" in following
    assert "--iterations 20" in following


@pytest.mark.usefixtures("drawn")
def test_when_every_setting_diverges_none_is_best(chainrule):
    vary = ("--vary", "learning_rate=1e200,1e201")
    said = chainrule("sweep", "planar", "--layers", "3", "--iterations", 5, *vary, "--out", "done")
    assert "Every setting diverged" in said.out
    assert "Best:" not in said.out


@pytest.mark.parametrize("command", ["crossval", "leave-one-out", "review-labels"])
def test_trainings_that_look_wrong_are_pointed_out(command, chainrule):
    more = () if command == "leave-one-out" else ("--folds", 3)
    slow = ("--layers", "3", "--learning-rate", 1e-6, "--iterations", 40)
    said = chainrule(command, "planar", *slow, *more, "--out", "done")
    n = 1 if command == "leave-one-out" else 3
    assert f"Note Learning rate too low: In {n} of {n} trainings" in " ".join(said.out.split())
    assert "Learning rate too low" in Path("done/report.html").read_text(encoding="utf-8")


def test_a_command_s_sweep_chooses_as_a_script_s_does():
    assert Search().rule == signature(sweep).parameters["rule"].default
