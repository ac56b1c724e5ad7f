"""What the command line chooses where nothing is given."""

import json
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr

GIVEN = ("--layers", 3, "--iterations", 40)


@pytest.fixture
def table(tmp_path):
    """Writes 20 rows of 30 numbers, so much larger in the second class."""

    def write(shift):
        X = np.random.default_rng(3).standard_normal((20, 30))
        X[1::2] += shift
        rows = [",".join(f"{v:.3f}" for v in x) + f",{'ab'[i % 2]}" for i, x in enumerate(X)]
        path = tmp_path / "table.csv"
        path.write_text("\n".join([",".join([*(f"x{j}" for j in range(30)), "label"]), *rows]))
        return path

    return write


@pytest.fixture
def noise(table):
    return table(0.0)


def test_a_training_without_options_learns_and_can_be_repeated(chainrule, table):
    said = chainrule("train", table(2.0), "--out", "run")
    assert said.code == 0
    assert "Verdict  Better than guessing." in said.out
    (line,) = (line for line in said.out.splitlines() if line.startswith("Chosen"))
    settings = json.loads(Path("run/settings.json").read_text())
    options = settings["options"]
    assert " ".join(line.split()[1:])[:40] in settings["chosen"]
    assert "auto" not in (options["layers"], options["learning_rate"])
    names = ("layers", "learning_rate", "l2", "iterations", "optimizer", "initializer")
    given = [word for name in names for word in (f"--{name.replace('_', '-')}", options[name])]
    chainrule("train", table(2.0), *given, "--out", "again")
    assert Path("run/history.csv").read_text() == Path("again/history.csv").read_text()
    assert chainrule("train", "--resume", "run").code == 0
    assert cr.load("run").training["options"] == options


def test_runs_and_experiments_take_what_is_chosen(chainrule, fruit):
    said = chainrule("train", "planar:moons", *GIVEN, "--runs", 2, "--out", "run", "--json").json
    assert said["members"] == 2
    chosen = said["options"]["learning_rate"]
    assert f"learning rate {chosen}" in said["chosen"]
    said = chainrule("leave-one-out", fruit / "train", "--size", 4, *GIVEN, "--out", "left")
    assert "Chosen   learning rate" in said.out
    assert "Note Chosen on the same examples:" in " ".join(said.out.split())


def test_a_cross_validation_chooses_in_each_fold(chainrule):
    said = chainrule("crossval", "planar:moons", *GIVEN, "--folds", 2, "--out", "run")
    assert "in each choose a setting on folds of the others" in said.out
    assert "Next:   chainrule train planar:moons --layers 3 --iterations 40" in said.out
    assert json.loads(Path("run/settings.json").read_text())["options"]["learning_rate"] == "auto"


def test_a_training_chooses_anew_in_each_fold_to_say_how_good_it_is(chainrule, noise):
    said = chainrule("train", noise, *GIVEN, "--out", "run")
    words = " ".join(said.out.split())
    assert "on 5 folds, in each a setting is chosen anew" in words
    assert "same examples" not in words
    assert "Next: chainrule report run chainrule importance run" in words
    reached = json.loads(Path("run/settings.json").read_text())["results"]["cross-validation"]
    own = chainrule("crossval", noise, *GIVEN, "--folds", 5, "--json").json
    share = own["accuracy"]["mean"]
    assert abs(reached["accuracy"] - share) < 1e-9
    assert chainrule("report", "run").code == 0
    assert "chosen anew, on the examples that it trains on" in Path("run/report.html").read_text()


def test_where_choosing_anew_takes_long_nothing_is_known(chainrule, noise, monkeypatch):
    monkeypatch.setattr("chainrule.jobs.unseen.LONG", 0.0)
    monkeypatch.setattr("chainrule.experiments.budget.SOON", 0.0)
    words = " ".join(chainrule("train", noise, "--layers", 3, "--out", "run").out.split())
    assert "Verdict Not known yet." in words
    assert "chosen by the same examples, and to choose anew in each fold takes more" in words
    assert f"Next: chainrule crossval {noise} --layers 3 #" in words


def test_a_report_knows_no_more_than_the_training_did(chainrule, noise):
    with pytest.MonkeyPatch.context() as slow:
        slow.setattr("chainrule.jobs.unseen.LONG", 0.0)
        slow.setattr("chainrule.experiments.budget.SOON", 0.0)
        chainrule("train", noise, "--layers", 3, "--out", "run")
    assert chainrule("report", "run").code == 0
    found = Path("run/report.html").read_text()
    assert "takes more than" in found
    assert "right more often" not in found
    assert "cross-validated by the way" not in found


def test_of_rare_classes_there_are_fewer_folds(chainrule, fruit, monkeypatch):
    monkeypatch.setattr("chainrule.jobs.unseen.LONG", 0.0)
    monkeypatch.setattr("chainrule.experiments.budget.SOON", 0.0)
    for path in (fruit / "train").iterdir():
        for one in sorted(path.iterdir())[3:]:
            one.unlink()
    own = (fruit / "train", "--size", 4, *GIVEN)
    assert "--folds" not in chainrule("train", *own, "--out", "run").out.split("Next:")[1]
    said = chainrule("crossval", *own, "--out", "folds").out
    assert "each of 3 folds (there are 3 examples of the rarest class)" in " ".join(said.split())
    for command, *more in (("crossval",), ("review-labels",), ("sweep", "--vary", "l2=0,1")):
        given = ("--learning-rate", 0.1) if command == "sweep" else ()
        how = (*own, *given, *more)
        assert chainrule(command, *how, "--out", command).code == 0
        said = chainrule(command, *how, "--folds", 4)
        assert (said.code, "at most 3 folds" in said.error) == (2, True)
    for one in sorted((fruit / "train" / "lime").iterdir())[1:]:
        one.unlink()
    said = chainrule("train", fruit / "train", "--size", 4, *GIVEN, "--out", "one").out
    assert "crossval" not in said.split("Next:")[1]


def test_what_compares_settings_chooses_none(chainrule):
    said = chainrule("lr-find", "planar", "--learning-rate", "auto")
    assert (said.code, "expected layers and a learning rate; got auto" in said.error) == (2, True)
    said = chainrule("train", "planar", "--learning-rate", "fast")
    assert said.code == 2
    assert "--learning-rate" in said.error
