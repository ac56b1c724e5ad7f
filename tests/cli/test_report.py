"""`chainrule report`."""

import html
from pathlib import Path

import pytest


def test_a_run_becomes_one_file(chainrule, fruit, trained):
    said = chainrule("report", trained)
    assert (said.code, said.error) == (0, "")
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "6 of 6 test examples" in " ".join(page.split())
    assert "192-3-1" in page
    assert "learning_rate" in page


def test_the_worst_mistakes_are_explained(chainrule, fruit):
    for k in range(3):
        (fruit / f"test/lime/lime{k}.png").rename(fruit / f"test/tomato/wrong{k}.png")
    options = ("--size", 8, "--layers", 3, "--iterations", 200, "--learning-rate", 0.1)
    chainrule("train", fruit, *options, "--out", "run")
    said = chainrule("report", "run", "--out", "page.html", "--json")
    assert said.json["out"] == "page.html"
    page = Path("page.html").read_text(encoding="utf-8")
    assert "Why: the worst mistakes" in page
    assert "Pushed most by" in page
    chainrule("train", fruit, *options, "--optimizer", "adam", "--out", "other")
    chainrule("report", "other")
    page = Path("other/report.html").read_text(encoding="utf-8")
    assert "only gradient descent on all examples is followed" in page
    assert "Nearest training picture" in page


def test_what_is_needed_to_repeat_it(chainrule, fruit):
    options = ("--size", 8, "--layers", "3", "--iterations", 20, "--strict")
    chainrule("train", fruit, *options, "--out", "run")
    chainrule("report", "run")
    page = html.unescape(Path("run/report.html").read_text(encoding="utf-8"))
    assert f"train {fruit} --layers 3 --iterations 20 --size 8 --strict<" in page


def test_an_experiment_has_its_report_already(chainrule):
    chainrule("crossval", "planar", "--iterations", 5, "--layers", "2", "--out", "run")
    assert chainrule("report", "run").code == 0
    assert chainrule("report", "run", "--out", "copy.html", "--json").json["out"] == "copy.html"
    assert Path("copy.html").read_bytes() == Path("run/report.html").read_bytes()
    Path("run/report.html").unlink()
    said = chainrule("report", "run")
    assert said.code == 2
    assert "Run the experiment again." in said.error


def test_data_that_moved(chainrule, fruit, trained):
    fruit.rename(fruit.parent / "moved")
    assert chainrule("report", trained).code == 2
    assert chainrule("report", trained, "--data", "moved").code == 0


@pytest.mark.parametrize("damage", ["history.csv", "settings.json", "model.safetensors"])
def test_a_damaged_run(chainrule, trained, damage):
    (trained / damage).write_text("nonsense,\n1")
    said = chainrule("report", trained)
    assert said.code == 2
    assert damage in said.error
    assert said.error.count("\n") == 1
    (trained / damage).unlink()
    assert chainrule("report", trained).code == 2
    assert not (trained / "report.html").exists()


def test_an_ensemble(chainrule, fruit):
    options = ("--size", 8, "--layers", 3, "--iterations", 30, "--runs", 3)
    chainrule("train", fruit, *options, "--out", "run")
    assert chainrule("report", "run").code == 0
    assert "An ensemble of 3" in Path("run/report.html").read_text(encoding="utf-8")
