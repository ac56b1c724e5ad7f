"""`chainrule train`: the run folder, what is printed, resuming, interrupting, and bad input."""

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.jobs.callbacks import Saver

QUICK = ("--iterations", 30, "--layers", "4", "--learning-rate", 0.0075)
FILES = {
    "model.safetensors",
    "settings.json",
    "history.csv",
    "checkpoint.safetensors",
}


def test_test_examples_that_do_not_tell_are_not_named_to_be_measured_again(chainrule, fruit):
    for k in (0, 1):
        (fruit / "test" / "lime" / f"lime{k}.png").unlink()
        (fruit / "test" / "tomato" / f"tomato{k}.png").unlink()
    said = chainrule("train", fruit, "--size", 8, *QUICK, "--out", "run").out
    assert "Verdict  Inconclusive." in said
    assert "chainrule evaluate" not in said
    assert "# the test examples do not tell" in said
    assert "chainrule crossval" in said


def test_a_run_folder_holds_everything(chainrule, fruit):
    said = chainrule("train", fruit, "--size", 8, *QUICK, "--out", "run")
    assert said.code == 0
    assert "16 training, 6 test pictures 8x8x3; classes lime, tomato" in said.out
    assert "192-4-1" in said.out
    assert "chainrule evaluate run" in said.out
    assert {p.name for p in Path("run").iterdir()} == FILES
    with open("run/history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(rows[0]["iteration"]), int(rows[-1]["iteration"])] == [0, 30]
    assert float(rows[-1]["cost"]) < float(rows[0]["cost"])


def test_the_settings_are_written_whole(chainrule):
    chainrule("train", "planar:moons", *QUICK, "--l2", 0.01, "--seed", 3, "--out", "run")
    settings = json.loads(Path("run/settings.json").read_text())
    assert settings["data"] == "planar:moons"
    assert settings["options"]["l2"] == 0.01
    assert settings["options"]["seed"] == 3
    assert cr.load("run").training["options"] == settings["options"]


def test_without_out_the_next_free_folder_is_made(chainrule):
    for _ in range(2):
        assert chainrule("train", "planar:xor", *QUICK).code == 0
    assert {p.name for p in Path("runs").iterdir()} == {"planar-xor-1", "planar-xor-2"}


def test_json_is_one_object_and_nothing_else(chainrule):
    said = chainrule("train", "planar", *QUICK, "--out", "run", "--json")
    assert said.error == ""
    assert said.json["iterations"] == 30
    assert said.json["layer_sizes"] == [2, 4, 1]
    assert set(said.json["results"]) == {"training", "test"}
    assert said.json["out"] == "run"


def test_the_same_seed_gives_the_same_network(chainrule):
    for out in ("a", "b"):
        chainrule("train", "planar", *QUICK, "--batch-size", 64, "--seed", 5, "--out", out)
    first, second = cr.load("a").network, cr.load("b").network
    for W, V in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(W, V)


@pytest.mark.parametrize(
    "options",
    [
        ("--optimizer", "adam", "--learning-rate", 0.01),
        ("--optimizer", "nesterov", "--momentum", 0.5, "--schedule", "cosine"),
        ("--batch-size", 32, "--epochs", 2, "--class-weight", "balanced"),
        ("--dtype", "float32", "--first-layer", "dual"),
        ("--layers", "none", "--initializer", "zeros"),
        ("--layers", "4,3", "--activation", "tanh,leaky_relu", "--scale", "standard"),
    ],
    ids=lambda options: " ".join(map(str, options[:2])),
)
def test_options_reach_the_training(chainrule, options):
    iterations = () if "--epochs" in options else ("--iterations", 20)
    said = chainrule("train", "planar", *options, *iterations, "--out", "run", "--json")
    assert said.code == 0, said.error
    assert said.json["results"]["training"]["cost"] < 0.75


def test_two_thirds_of_a_training_resumed_equal_the_whole(chainrule):
    settings = ("--layers", 4, "--optimizer", "momentum", "--batch-size", 48)
    settings += ("--learning-rate", 0.0075, "--out")
    chainrule("train", "planar", *settings, "whole", "--iterations", 60)
    chainrule("train", "planar", *settings, "parts", "--iterations", 40)
    assert chainrule("train", "--resume", "parts", "--iterations", 60).code == 0
    assert Path("whole/history.csv").read_text() == Path("parts/history.csv").read_text()


def test_ctrl_c_keeps_what_was_reached(chainrule, monkeypatch):
    on_step = Saver.on_step

    def interrupted(saver, session):
        on_step(saver, session)
        if session.iteration == 7:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(Saver, "on_step", interrupted)
        said = chainrule("train", "planar", *QUICK, "--out", "run")
    assert said.code == 1
    assert "Stopped after 7 iterations: interrupted." in said.out
    assert "chainrule train --resume run" in said.out
    assert {p.name for p in Path("run").iterdir()} == FILES
    chainrule("train", "planar", *QUICK, "--out", "whole")
    assert chainrule("train", "--resume", "run").code == 0
    assert Path("run/history.csv").read_text() == Path("whole/history.csv").read_text()


def test_a_resumed_training_refuses_other_settings(chainrule):
    chainrule("train", "planar", *QUICK, "--out", "run")
    said = chainrule("train", "--resume", "run", "--learning-rate", 0.5)
    assert said.code == 2
    assert "--learning-rate: expected the setting that the training began with (0.0075)" in (
        said.error
    )


def test_skipped_files_are_named_and_strict_stops(chainrule, fruit):
    (fruit / "train" / "lime" / "broken.png").write_bytes(b"\x89PNG no more")
    said = chainrule("train", fruit, "--size", 8, *QUICK, "--out", "run")
    assert said.code == 0
    assert "broken.png" in said.error
    said = chainrule("train", fruit, "--size", 8, *QUICK, "--out", "other", "--strict")
    assert said.code == 2
    assert "train/lime/broken" in said.error  # of a long path the middle is left out
    assert not Path("other").exists()


def test_skipped_files_are_counted_by_reason_and_not_listed_one_by_one(chainrule, fruit):
    for k in range(1200):
        (fruit / "train" / "lime" / f"note-{k}.txt").write_bytes(b"no picture")
    said = chainrule("train", fruit, "--size", 8, *QUICK, "--out", "run")
    assert said.code == 0
    assert said.error.count("skipped") == 1
    assert "note-2.txt, and 1,197 more: no picture format" in said.error


def test_what_looks_wrong_is_pointed_out(chainrule):
    options = ("--iterations", 30, "--layers", 4, "--learning-rate", 50)
    said = chainrule("train", "planar", *options, "--out", "run")
    notes = " ".join(said.out.split())
    assert "Note Dead ReLUs: " in notes
    assert "Note Learning rate too high: The cost rose from" in notes
    warned = chainrule("train", "planar", *options[:-1], 50, "--json").json["warnings"]
    assert [one["kind"] for one in warned] == ["dead ReLUs", "learning rate too high"]
    healthy = (
        "--layers",
        "4",
        "--activation",
        "tanh",
        "--learning-rate",
        0.5,
        "--iterations",
        2000,
        "--json",
    )
    assert chainrule("train", "planar:moons", *healthy).json["warnings"] == []


BAD = {
    "no data": ((), "expected DATA"),
    "missing file": (("nothing.h5",), "no such file"),
    "negative rate": (("planar", "--learning-rate", "-1"), "0 < learning_rate"),
    "rate that is no number": (("planar", "--learning-rate", "fast"), "--learning-rate"),
    "unknown option": (("planar", "--learning-rat", "1"), "Did you mean --learning-rate?"),
    "unknown optimizer": (("planar", "--optimizer", "sgd"), "--optimizer"),
    "unknown activation": (("planar", "--activation", "rely"), "Did you mean relu?"),
    "unknown initializer": (("planar", "--initializer", "hee"), "Did you mean he?"),
    "bad layers": (("planar", "--layers", "3,0"), "--layers"),
    "adam in the dual form": (
        ("planar", "--optimizer", "adam", "--first-layer", "dual"),
        "Use gd, momentum or nesterov",
    ),
    "momentum without use": (("planar", "--optimizer", "gd", "--momentum", "0.5"), "--momentum"),
    "unknown class": (("fashion", "--positive", "Sandel"), "Did you mean Sandal?"),
    "iterations and epochs": (("planar", "--iterations", "5", "--epochs", "5"), "both"),
    "patience without validation": (("planar", "--patience", "3"), "dev or valid part"),
    "negative seed": (("planar", "--seed", "-1"), "seed"),
    "no place": (("planar", "--out", "/proc/nowhere/run"), "a place to write"),
    "resume nothing": (("--resume", "nothing"), "the settings of a run"),
    "out and resume": (("--resume", "a", "--out", "b"), "Leave one out"),
    "divergence": (
        ("planar", "--learning-rate", "1e308", "--iterations", "50"),
        "training diverged",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_leaves_nothing(chainrule, tmp_path, arguments, message):
    before = set(tmp_path.iterdir())
    given = () if {"--out", "--resume"} & set(arguments) else ("--out", "run")
    said = chainrule("train", *arguments, *given)
    assert said.code == 2
    assert message in said.error
    assert said.error.count("\n") == 1
    assert said.error.startswith("chainrule: ")
    assert set(tmp_path.iterdir()) == before


def test_an_existing_folder_is_never_overwritten(chainrule, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("irreplaceable")
    said = chainrule("train", "planar", *QUICK, "--out", "run")
    assert said.code == 2
    assert "Nothing is overwritten" in said.error
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_one_class_only(chainrule, tmp_path, fruit):
    for path in sorted((fruit / "train" / "lime").iterdir()):
        path.unlink()
    (fruit / "train" / "lime").rmdir()
    said = chainrule("train", fruit, "--size", 8, "--out", "run")
    assert said.code == 2
    assert "run" not in {p.name for p in tmp_path.iterdir()}


def test_a_training_that_was_killed_can_be_resumed(chainrule, monkeypatch):
    def killed(saver, session):
        raise SystemExit(143)

    settings = ("planar", *QUICK, "--out")
    with monkeypatch.context() as patched:
        patched.setattr(Saver, "on_step", killed)
        assert chainrule("train", *settings, "run").code == 143
    assert {p.name for p in Path("run").iterdir()} == {"settings.json", "checkpoint.safetensors"}
    assert chainrule("train", "--resume", "run").code == 0
    chainrule("train", *settings, "whole")
    assert Path("run/history.csv").read_text() == Path("whole/history.csv").read_text()


def test_names_of_all_kinds(chainrule, tmp_path):
    name = "q$\\foo$ [b]\N{SNOWMAN}\x1b[31m.csv"
    (tmp_path / name).write_text("a,b,y\n1,2,p\x1b[1m\n3,1,q\n2,2,p\x1b[1m\n5,4,q\n")
    said = chainrule("train", name, "--layers", 2, "--iterations", 5, "--out", "run")
    assert said.code == 0, said.error
    assert "\x1b" not in said.out + said.error
    assert chainrule("evaluate", "run", name, "--json").json["data"] == name


@pytest.mark.parametrize(
    ("name", "value"),
    [("layers", 5), ("positive", True), ("optimizer", [1]), ("strict", "x"), ("dtype", None)],
)
def test_edited_settings_are_refused(chainrule, name, value):
    chainrule("train", "planar", *QUICK, "--out", "run")
    path = Path("run/settings.json")
    settings = json.loads(path.read_text())
    settings["options"][name] = value
    path.write_text(json.dumps(settings))
    said = chainrule("train", "--resume", "run")
    assert said.code == 2
    assert f"a setting for {name}" in said.error


def test_extreme_numbers_are_standardized_like_any(chainrule, tmp_path):
    """Of 1e308 and of 1e-320 floats hold neither the squares nor, of 1e308, the sum."""
    rows = [(x, z) for x in (1, -1, 2, -3) for z in (2, 1)]

    def costs(scale):
        lines = [f"{x}{scale},{z}e307,{'pq'[x > 0]}" for x, z in rows]
        (tmp_path / "some.csv").write_text("\n".join(["a,b,y", *lines]))
        said = chainrule("train", "some.csv", "--layers", 3, "--out", f"run{scale}", "--json")
        assert said.error == ""
        return said.json["results"]["training"]["cost"]

    plain = costs("e0")
    assert costs("e307") == pytest.approx(plain, rel=1e-9)
    assert costs("e-315") == pytest.approx(plain, rel=1e-6)  # which has fewer digits


def test_a_network_that_has_not_learned_is_pointed_out(chainrule):
    options = ("--initializer", "zeros", "--learning-rate", 0.0075, "--iterations", 5)
    said = chainrule("train", "planar", *options, "--out", "run")
    assert "Verdict  Learned nothing." in said.out
    assert "chainrule lr-find planar" in said.out
    assert "--scale standard, or fewer --layers" in said.out.replace("\n         ", " ")
    learned = chainrule("train", "planar:moons", "--layers", "none", "--out", "other")
    assert "Verdict  Better than guessing." in learned.out


def test_what_does_not_carry_over_to_the_test_set_is_said(chainrule, fruit):
    for name, other in (("lime", "tomato"), ("tomato", "lime")):
        for path in list((fruit / "test" / name).glob(f"{name}*.png")):
            path.rename(fruit / "test" / other / f"swapped-{path.name}")
    options = ("--size", 8, "--layers", "none", "--learning-rate", 0.1, "--iterations", 100)
    said = chainrule("train", fruit, *options, "--out", "run")
    assert "Verdict  Worse than guessing, overfitted." in said.out
    assert "More examples, or a penalty (--l2)." in said.out  # of layers there are none


def test_what_holds_nothing_out_is_cross_validated_by_the_way(chainrule, fruit, monkeypatch):
    options = ("--size", 8, "--layers", "3", "--learning-rate", 0.1, "--iterations", 60)
    said = chainrule("train", fruit / "train", *options, "--out", "run")
    assert "measuring by cross-validation on 8 folds" in said.out
    settings = json.loads(Path("run/settings.json").read_text())
    folds = chainrule("crossval", fruit / "train", *options, "--folds", 8, "--json").json
    known = settings["results"]["cross-validation"]
    assert known["accuracy"] == pytest.approx(folds["accuracy"]["mean"])
    assert chainrule("report", "run").code == 0  # by the folds that are there
    assert f"{100 * known['accuracy']:.1f} % right" in Path("run/report.html").read_text()
    monkeypatch.setattr("chainrule.jobs.unseen.WITHIN", 0.0)
    said = chainrule("train", fruit / "train", *options, "--out", "other")
    assert "Verdict  Not known yet." in said.out
    assert "chainrule crossval" in said.out
