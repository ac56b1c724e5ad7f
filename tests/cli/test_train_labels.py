"""`chainrule train --labels`: decisions about labels, applied before training."""

import json
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr

SMALL = ("--size", 8, "--layers", 4, "--learning-rate", 0.0075)
QUICK = (*SMALL, "--iterations", 30)


@pytest.fixture
def review(tmp_path):
    """Writes a file of decisions about the fruit."""

    def write(*lines):
        path = tmp_path / "review.csv"
        path.write_text("name,given,suggested,decision\n" + "\n".join(lines), encoding="utf-8")
        return path

    return write


def test_it_says_how_many_were_relabeled_and_dropped(chainrule, fruit, review):
    path = review(
        "train/lime/lime0.png,lime,tomato,relabel",
        "train/lime/lime1.png,lime,tomato,drop",
        "train/lime/lime2.png,lime,tomato,drop",
    )
    said = chainrule("train", fruit, *QUICK, "--labels", "review.csv", "--out", "run")
    assert said.code == 0, said.error
    assert "14 training, 6 test pictures" in said.out
    assert f"(1 relabeled, 2 dropped by {path})" in said.out
    settings = json.loads(Path("run/settings.json").read_text())
    assert settings["options"]["labels"] == str(path)
    assert settings["results"]["training"]["examples"] == 14
    said = chainrule("train", fruit, *QUICK, "--labels", path, "--out", "other", "--json")
    assert "1 relabeled, 2 dropped" in said.json["source"]


def test_keeping_all_gives_the_same_network(chainrule, fruit, review):
    review("train/lime/lime0.png,lime,tomato,keep")
    chainrule("train", fruit, *QUICK, "--out", "plain")
    chainrule("train", fruit, *QUICK, "--labels", "review.csv", "--out", "kept")
    pairs = zip(cr.load("plain").network.weights, cr.load("kept").network.weights, strict=True)
    assert all(np.array_equal(W, V) for W, V in pairs)


def test_a_training_is_resumed_with_its_decisions(chainrule, fruit, review, tmp_path, monkeypatch):
    review("train/lime/lime0.png,lime,tomato,relabel", "train/lime/lime1.png,lime,tomato,drop")
    settings = (fruit, *SMALL, "--labels", "review.csv", "--iterations")
    chainrule("train", *settings, 50, "--out", "whole")
    chainrule("train", *settings, 30, "--out", "parts")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = chainrule(
        "train", "--resume", "../parts", "--iterations", 50, "--labels", "../review.csv"
    )
    assert said.code == 0, said.error
    assert Path("../whole/history.csv").read_text() == Path("../parts/history.csv").read_text()


@pytest.mark.parametrize("change", ["keep", "drop"])
def test_a_resumed_training_refuses_other_decisions(chainrule, fruit, review, change):
    review("train/lime/lime0.png,lime,tomato,relabel")
    chainrule("train", fruit, *QUICK, "--labels", "review.csv", "--out", "run")
    history = Path("run/history.csv").read_text()
    review(f"train/lime/lime0.png,lime,tomato,{change}")
    said = chainrule("train", "--resume", "run", "--iterations", 50)
    assert said.code == 2
    assert "expected the labels that the training began with; got other labels" in said.error
    said = chainrule("train", "--resume", "run", "--labels", "other.csv")
    assert "--labels: expected the setting that the training began with" in said.error
    assert Path("run/history.csv").read_text() == history


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train/lime/lime9.png,lime,,keep", "Did you mean"),
        ("train/lime/lime0.png,tomato,,keep", "to be of the class 'tomato'; got 'lime'"),
        ("train/lime/lime0.png,lime,,dorp", "Did you mean drop?"),
    ],
)
def test_wrong_decisions_are_one_line_and_leave_nothing(chainrule, fruit, review, line, message):
    review(line)
    said = chainrule("train", fruit, *QUICK, "--labels", "review.csv", "--out", "run")
    assert said.code == 2
    assert message in said.error
    assert said.error.count("\n") == 1
    assert not Path("run").exists()


def test_a_file_that_is_not_there(chainrule):
    said = chainrule("train", "planar", "--labels", "nothing.csv", "--out", "run")
    assert said.code == 2
    assert "nothing.csv: expected a file of decisions about labels" in said.error
