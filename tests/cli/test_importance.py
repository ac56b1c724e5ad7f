"""`chainrule importance`: of data and of models, by name and by class; when nothing is named."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.jobs.options import Options, restored

QUICK = ("--layers", "none", "--learning-rate", 0.05, "--iterations", 60)


def table(path, labels, size, names=None, seed=0):
    """A CSV file of len(labels) rows; a third of the features of each class lie `size` higher."""
    rng = np.random.default_rng(seed)
    classes = sorted(set(labels))
    names = names or [f"{'abc'[j % 3]}{j}" for j in range(30)]
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["", *names, "label"])
        for i, label in enumerate(labels):
            x = rng.standard_normal(30) + size * (np.arange(30) // 10 == classes.index(label))
            out.writerow([f"s{i}", *x.round(4), label])
    return path


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def three(tmp_path):
    return table(tmp_path / "three.csv", ["ash", "elm", "oak"] * 8, 2.0)


def test_several_classes_are_told_each_and_together(chainrule, three):
    said = chainrule("importance", three, *QUICK, "--repeats", 2, "--top", 9, "--out", "run")
    assert said.code == 0
    assert "Held out  " in said.out
    assert "The 20 most important of 30 features (mean of 4 networks" in said.out
    assert "Features that vary together share it" in " ".join(said.out.split())
    found = rows("run/results.csv")
    assert len(found) == 30
    assert {row["class"] for row in found[:9]} == {"ash", "elm", "oak"}
    by_class = rows("run/classes.csv")
    assert [row["of"] for row in by_class[::30]] == ["ash", "elm", "oak"]
    assert by_class[0]["class"] in ("ash", "not ash")
    page = Path("run/report.html").read_text()
    assert "<h2>Features</h2>" in page
    assert found[0]["feature"] in page
    assert "chainrule importance" in page
    facts = json.loads(Path("run/settings.json").read_text())
    assert len(facts["features"]) == 9
    assert facts["held_out"]["accuracy"] > facts["held_out"]["accuracy_of_commonest_class"]
    again = chainrule("importance", three, *QUICK, "--repeats", 2, "--top", 9, "--json")
    assert again.json["features"] == facts["features"]


@pytest.mark.parametrize("runs", [1, 2])
def test_of_a_model_its_settings_are_taken(chainrule, three, runs):
    assert chainrule("train", three, *QUICK, "--runs", runs, "--out", "model").code == 0
    said = chainrule("importance", "model", "--repeats", 1, "--json")
    assert said.code == 0, said.error
    assert said.json["options"]["learning_rate"] == 0.05
    assert said.json["data"] == str(three)
    model = cr.load("model")
    first, data = said.json["features"][0], cr.open_data(three).train
    setting = restored(model.training["options"], Options(), "model").setting()
    j, changes = data.feature_names.index(first["feature"]), []
    for r in range(runs):
        network, ends = (model.member(r) if runs > 1 else model).network, []
        W = network.weights[0] - replace(setting, seed=r + setting.seed).network(30, 3).weights[0]
        for step in (1e-6, -1e-6):
            # As if the feature had been moved where it meets what was learned of its weights.
            biases = network.biases[0] + step * W[:, [j]], *network.biases[1:]
            moved = replace(model, network=replace(network, biases=biases))
            P = moved.predict_proba(data.raw)
            ends.append(np.log(P / (1 - P)))
        changes.append(np.sqrt(np.mean(((ends[0] - ends[1]) / 2e-6) ** 2, axis=1)))
    size = np.sqrt(np.mean(np.mean(changes, axis=0) ** 2))
    assert_allclose(first["of_model"], size, rtol=1e-4)
    files = "importance", three, "--model", "model/model.safetensors", "--repeats", 1, "--json"
    assert chainrule(*files).json["features"] == said.json["features"]


def test_of_the_best_of_a_sweep(chainrule, three):
    vary = "--vary", "learning_rate=0.0001,0.05", "--folds", 2
    assert chainrule("sweep", three, *QUICK, *vary, "--out", "swept").code == 0
    said = chainrule("importance", "swept", "--repeats", 1, "--json")
    assert said.code == 0, said.error
    assert said.json["options"]["learning_rate"] == 0.05
    assert said.json["options"]["iterations"] == 60
    assert said.json["features"][0]["of_model"] > 0


def test_the_caption_names_only_columns_that_are_there(chainrule, three, monkeypatch):
    for columns, there in ((50, False), (160, True)):
        monkeypatch.setenv("COLUMNS", str(columns))
        said = chainrule("importance", three, *QUICK, "--repeats", 1)
        assert ("low, high" in " ".join(said.out.split())) == there


def test_groups_are_held_out_whole(chainrule, tmp_path):
    alike = table(tmp_path / "alike.csv", ["ill", "well"] * 9, 2.0)
    groups = "--group-by", "s[0-9]+"
    how = *groups, "--leave-group-out", "--json"
    said = chainrule("importance", alike, *QUICK, *how)
    assert said.code == 0, said.error
    assert said.json["runs"] == 18
    assert said.json["stable"]["at_most_by_chance"] is None


def test_the_report_of_a_table_names_its_features(chainrule, three):
    assert chainrule("train", three, *QUICK, "--out", "run").code == 0
    assert chainrule("report", "run").code == 0
    page = Path("run/report.html").read_text()
    assert "<h2>Features</h2>" in page
    assert "20 trainings" in page
    assert "are answered rightly by the networks trained without them" in page


def test_a_weak_model_is_said_to_name_nothing(chainrule, tmp_path):
    noise = table(tmp_path / "noise.csv", ["ill", "well"] * 12, 0.0)
    said = chainrule("importance", noise, *QUICK, "--repeats", 2, "--out", "run")
    assert said.code == 0
    assert "not clearly better than always saying the commonest class" in " ".join(said.out.split())
    page = Path("run/report.html").read_text()
    assert "No feature is named" in page
    assert "no evidence that any of these features matters" in page


def test_trainings_that_diverged_are_said(chainrule, three):
    how = "--learning-rate", 2, "--layers", 5, "--iterations", 60, "--repeats", 6
    said = chainrule("importance", three, *how, "--out", "run")
    assert said.code == 0, said.error
    assert "trainings, of which nothing is counted here" in " ".join(said.out.split())
    assert " diverged." in Path("run/report.html").read_text()


def test_wavelengths_have_their_place(chainrule, tmp_path):
    names = [f"nm{900 + 2 * j}" for j in range(30)]
    spectra = table(tmp_path / "spectra.csv", ["corn", "palm"] * 12, 2.0, names)
    how = "--repeats", 1, "--by", "permutation", "--out", "run"
    assert chainrule("importance", spectra, *QUICK, *how).code == 0
    found = rows("run/results.csv")
    assert all(float(row["position"]) == float(row["feature"][2:]) for row in found)
    rise = [float(row["loss_rise"]) for row in found]
    assert rise == sorted(rise, reverse=True)
    assert Path("run/importance.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("three.csv", "--top", 31), "at most 30"),
        (("three.csv", "--top", 0), "at least 1"),
        (("three.csv", "--by", "size"), "size"),
        (("three.csv", "--model", "none.safetensors"), "no such file"),
        (("none.csv",), "none.csv"),
        (("model", "--learning-rate", 0.2), "the setting of the model's training"),
        (("three.csv", "--folds", 1), "folds"),
        (("three.csv", "--patience", 2), "no early stopping"),
        (("two.csv", "--model", "model"), "data that the model was trained on"),
        (("silent.safetensors",), "says how it was trained"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(chainrule, three, tmp_path, arguments, message):
    if "model" in arguments:
        assert chainrule("train", three, *QUICK, "--out", "model").code == 0
    table(tmp_path / "two.csv", ["ash", "elm", "oak"] * 8, 2.0, seed=1)
    if "silent" in arguments[0]:
        data = cr.open_data(three).train
        cr.save(cr.Model.of(cr.Network.create((30, 3)), data), "silent.safetensors")
    said = chainrule("importance", *arguments, "--out", "run")
    assert said.code == 2
    assert message in said.error
    assert said.error.count("\n") == 1
    assert not Path("run").exists()
