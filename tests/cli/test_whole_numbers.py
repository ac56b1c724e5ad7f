"""Options that are whole numbers are never rounded, whichever command they belong to."""

from typing import get_args

import pytest

from chainrule import load
from chainrule.cli.app import app

PLACES = {
    "train": ("planar",),
    "evaluate": ("model", "planar"),
    "explain": ("model", "picture.png"),
    "predict": ("model",),
    "graph": ("x**2",),
    "export": ("model",),
    "report": ("model", "planar"),
    "demo": (),
    "lab": (),
    "reproduce": ("folder",),
}
COMMANDS = [name for name in app if not name.startswith("-")]
WHOLE = [
    (name, argument.name)
    for name in COMMANDS
    for argument in app[name].assemble_argument_collection()
    if int in (argument.hint, *get_args(argument.hint)) and argument.name != "--layers"
]


def test_all_of_them_are_looked_at():
    assert len(WHOLE) > 40
    assert {"--runs", "--seed", "--folds", "--repeats", "--size", "--threads", "--mistakes"} <= {
        option for _, option in WHOLE
    }


@pytest.mark.parametrize(("command", "option"), WHOLE, ids=map(" ".join, WHOLE))
def test_a_fraction_is_refused(chainrule, command, option, tmp_path):
    said = chainrule(command, *PLACES.get(command, ("planar",)), option, "2.5")
    assert said.code == 2
    assert f"{option}: expected a whole number; got '2.5'." in said.error
    assert said.error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["nan", "1e400", "1e30", "x", "[b]1[/b]", "1,5", "9" * 5000])
def test_what_is_no_whole_number(chainrule, text):
    said = chainrule("train", "planar", "--iterations", text)
    assert said.code == 2
    assert "--iterations: expected a whole number; got" in said.error
    assert len(said.error) < 300


def test_whole_numbers_in_other_words(chainrule):
    words = ("--iterations", "1e1", "--seed", "2.0", "--layers", "3", "--out", "run")
    assert chainrule("train", "planar:moons", *words).code == 0
    assert (model := load("run")).training["iterations"] == 10
    assert model.training["options"]["seed"] == 2


@pytest.mark.parametrize("varied", ["seed=0.5", "seed=0..1.5", "iterations=1..10:2.5"])
def test_varied_whole_numbers(chainrule, varied):
    said = chainrule("sweep", "planar", "--vary", varied)
    assert said.code == 2
    assert "expected a whole number for" in said.error


def test_a_negative_number_of_mistakes(chainrule):
    said = chainrule("evaluate", "model", "planar", "--mistakes", -1)
    assert said.code == 2
    assert "expected --mistakes to be a whole number of at least 0; got -1" in said.error
