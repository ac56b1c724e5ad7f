"""What the command line chooses where nothing is given."""

import json
from pathlib import Path

import chainrule as cr

GIVEN = ("--layers", 3, "--iterations", 40)


def test_a_training_without_options_learns_and_can_be_repeated(chainrule):
    said = chainrule("train", "planar:circles", "--out", "run")
    assert said.code == 0
    assert "Verdict  Better than guessing." in said.out
    (line,) = (line for line in said.out.splitlines() if line.startswith("Chosen"))
    settings = json.loads(Path("run/settings.json").read_text())
    options = settings["options"]
    assert " ".join(line.split()[1:])[:40] in settings["chosen"]
    assert "auto" not in (options["layers"], options["learning_rate"])
    names = ("layers", "learning_rate", "l2", "iterations", "optimizer")
    given = [word for name in names for word in (f"--{name.replace('_', '-')}", options[name])]
    chainrule("train", "planar:circles", *given, "--out", "again")
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


def test_what_was_chosen_on_the_same_examples_is_said(chainrule, fruit):
    said = chainrule("train", fruit / "train", "--size", 8, *GIVEN, "--out", "run")
    assert "Note Chosen on the same examples:" in " ".join(said.out.split())
    assert f"chainrule crossval {fruit}/train --layers 3" in said.out.replace("\n" + " " * 8, " ")


def test_what_compares_settings_chooses_none(chainrule):
    said = chainrule("lr-find", "planar", "--learning-rate", "auto")
    assert (said.code, "expected layers and a learning rate; got auto" in said.error) == (2, True)
    said = chainrule("train", "planar", "--learning-rate", "fast")
    assert said.code == 2
    assert "--learning-rate" in said.error
