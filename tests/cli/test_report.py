"""`chainrule report`."""

import html
import json
import os
from pathlib import Path

import numpy as np
import pytest

from chainrule.files import tensor_file


@pytest.mark.usefixtures("drawn")
def test_a_run_becomes_one_file(chainrule, fruit, trained):
    said = chainrule("report", trained)
    assert (said.code, said.error) == (0, "")
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "6 of 6 test examples" in " ".join(page.split())
    assert "192-3-1" in page
    assert "learning_rate" in page


@pytest.mark.usefixtures("drawn")
def test_the_worst_mistakes_are_explained(chainrule, fruit):
    for k in range(3):
        (fruit / f"test/lime/lime{k}.png").rename(fruit / f"test/tomato/wrong{k}.png")
    options = ("--size", 8, "--layers", 3, "--iterations", 200, "--learning-rate", 0.1)
    chainrule("train", fruit, *options, "--out", "run")
    said = chainrule("report", "run", "--out", "page.html", "--json")
    assert said.json["out"] == "page.html"
    page = Path("page.html").read_text(encoding="utf-8")
    assert "Why: the worst mistakes" in page
    assert "Makes the answer more probable" in page
    assert "From other starting weights" in page


def test_a_training_is_watched_that_ends_the_same_again(chainrule):
    chainrule("train", "planar", "--iterations", 20, "--layers", "4", "--out", "run")
    arrays, facts = tensor_file.read("run/model.safetensors", "model", 3)
    for rate, watched in ((facts["training"]["options"]["learning_rate"], True), (1.0, False)):
        facts["training"]["options"]["learning_rate"] = rate
        tensor_file.write("run/model.safetensors", arrays, facts)
        assert chainrule("report", "run").code == 0
        page = Path("run/report.html").read_text(encoding="utf-8")
        assert ('data-live="watch"' in page) == watched


def test_what_is_needed_to_repeat_it(chainrule, fruit):
    options = ("--size", 8, "--layers", "3", "--iterations", 20, "--strict")
    chainrule("train", fruit, *options, "--learning-rate", 0.05, "--out", "run")
    chainrule("report", "run")
    page = html.unescape(Path("run/report.html").read_text(encoding="utf-8"))
    given = "--layers 3 --learning-rate 0.05 --iterations 20 --size 8 --strict"
    assert f"train {fruit} {given}<" in page
    assert ("<dt>size</dt>" in page, "<dt>missing</dt>" in page) == (True, False)
    chainrule("train", fruit, *options, "--out", "chosen")
    chainrule("report", "chosen")
    page = html.unescape(Path("chosen/report.html").read_text(encoding="utf-8"))
    page = page.replace("\xa0", " ")
    assert json.loads(Path("chosen/settings.json").read_text())["chosen"] in page


def test_an_experiment_has_its_report_already(chainrule):
    chainrule("crossval", "planar", "--iterations", 5, "--layers", "2", "--out", "run")
    assert chainrule("report", "run").code == 0
    assert chainrule("report", "run", "--out", "copy.html", "--json").json["out"] == "copy.html"
    assert Path("copy.html").read_bytes() == Path("run/report.html").read_bytes()
    Path("run/report.html").unlink()
    said = chainrule("report", "run")
    assert said.code == 2
    assert "run it again" in said.error


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


def test_an_empty_history_is_damaged(chainrule, trained):
    (trained / "history.csv").write_text("")
    said = chainrule("report", trained)
    assert (said.code, "history.csv" in said.error) == (2, True)


@pytest.mark.usefixtures("drawn")
def test_an_ensemble(chainrule, fruit):
    options = ("--size", 8, "--layers", 3, "--iterations", 30, "--runs", 3)
    chainrule("train", fruit, *options, "--out", "run")
    assert chainrule("report", "run").code == 0
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "An ensemble of 3" in page
    assert "Its 3 members alone have" in page
    assert "--runs 3" in page
    said = chainrule("explain", "run", fruit / "train/lime/lime0.png", "--data", fruit)
    assert (said.code, "3 of them" in said.error) == (2, True)


def test_another_file_is_not_overwritten(chainrule, trained):
    Path("notes.txt").write_text("precious")
    for place in ("notes.txt", "run/settings.json", "run"):
        said = chainrule("report", trained, "--out", place)
        assert said.code == 2
        assert "Choose another with --out." in said.error
    assert Path("notes.txt").read_text() == "precious"
    assert chainrule("report", trained).code == 0
    assert chainrule("report", trained).code == 0  # its own is written anew


def test_data_of_an_experiment_are_not_asked_for(chainrule):
    chainrule("crossval", "planar", "--iterations", 5, "--layers", "2", "--out", "run")
    said = chainrule("report", "run", "--data", "nowhere")
    assert (said.code, "--data" in said.error) == (2, True)


@pytest.mark.usefixtures("drawn")
def test_a_name_that_is_no_utf_8(chainrule, fruit):
    folder = fruit.rename(fruit.parent / os.fsdecode(b"da\xff\xfeta"))
    options = ("--size", 8, "--layers", 3, "--iterations", 3)
    assert chainrule("train", folder, *options, "--out", "run").code == 0
    assert chainrule("report", "run").code == 0
    assert r"da\xff\xfeta" in Path("run/report.html").read_text(encoding="utf-8")
    picture = (folder / "train/lime/lime0.png").rename(os.fsdecode(b"n\xff.png"))
    assert chainrule("explain", "run", picture, "--out", "e.png").code == 0
    for command in ("crossval", "review-labels"):
        said = chainrule(command, folder, *options, "--folds", 2, "--out", command)
        assert said.code == 0
        assert Path(command, "report.html").exists()


@pytest.mark.parametrize("content", ["iteration,epoch\n9" + 400 * "9" + ",1\n", "a" * 200_000])
def test_odd_histories(content, chainrule, trained):
    (trained / "history.csv").write_text(content + "\n1")
    said = chainrule("report", trained)
    assert (said.code, "history.csv" in said.error) == (2, True)


def test_what_stopped_early_is_judged_by_what_was_kept(chainrule):
    """Its cost rises after the network that is kept: no reason to advise early stopping."""
    rng = np.random.default_rng(3)
    data = {}
    for name, m in (("train", 30), ("val", 30)):
        data[f"X_{name}"], data[f"y_{name}"] = rng.standard_normal((m, 40)), rng.integers(0, 2, m)
    np.savez("data.npz", **data)
    options = ("--layers", "10", "--learning-rate", 0.3, "--iterations", 300)
    kinds = [a["kind"] for a in chainrule("train", "data.npz", *options, "--json").json["warnings"]]
    assert "overfitting" in kinds
    said = chainrule("train", "data.npz", *options, "--patience", 5, "--json").json
    assert said["stopped"] == "early stopping"
    assert "overfitting" not in [one["kind"] for one in said["warnings"]]


def test_other_data_than_the_trainings_are_refused(chainrule, tmp_path):
    for name, shift in (("one", 0), ("other", 1)):
        rows = (f"{i % 3 + shift},{i % 4},{'pq'[i % 2]}" for i in range(12))
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,label", *rows]) + "\n")
    assert chainrule("train", "one.csv", "--layers", 2, "--iterations", 2, "--out", "run").code == 0
    said = chainrule("report", "run", "--data", "other.csv", "--out", "r.html")
    assert said.code == 2
    assert "--data: expected the data that the model was trained on" in said.error
    assert not (tmp_path / "r.html").exists()
    assert chainrule("report", "run", "--data", "one.csv", "--out", "r.html").code == 0
    for out, message in (("none/r.html", "a file in a folder that exists"), ("r.csv", ".html")):
        said = chainrule("report", "run", "--out", out)
        assert said.code == 2
        assert message in said.error


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(("memory", "other", "fix"), [(0.0005, 4, "less"), (4, 0.0005, "more")])
def test_features_in_a_file_are_not_compared_with_those_in_memory(
    memory, other, fix, chainrule, tmp_path
):
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    np.save(folder / "X.npy", rng.standard_normal((20, 900)))
    np.save(folder / "y.npy", np.arange(20) % 2)
    options = ("--layers", 3, "--iterations", 5, "--learning-rate", 0.01, "--memory", memory)
    said = chainrule("train", folder, *options, "--out", "a run")
    assert ("chainrule report 'a run' --memory 0.0005" in said.out) == (memory < 1)
    said = chainrule("report", "a run", "--memory", other)
    assert said.code == 2
    assert "trained on; got some that cannot be compared with it" in said.error
    assert f"Give {fix} --memory, as when it was trained." in said.error
    assert chainrule("report", "a run", "--memory", memory).code == 0
