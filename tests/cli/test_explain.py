"""`chainrule explain`: text, JSON, the picture, and bad input."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.jobs.options import Options, restored

FIRST = "train/lime/lime0.png"


@pytest.mark.usefixtures("drawn")
def test_the_training_data_are_looked_for_where_they_were(chainrule, fruit, trained):
    said = chainrule("explain", trained, fruit / FIRST)
    assert (said.code, said.error) == (0, "")
    assert said.out.startswith("Answer    lime, probability")
    assert "It is one of the training pictures: the model has seen its label." in said.out
    assert "By how much each makes the answer more probable (trained again without it)" in said.out
    with Image.open("explanation-1.png") as picture:
        assert min(picture.size) > 300


@pytest.mark.usefixtures("drawn")
def test_without_data_the_answer_and_a_picture(chainrule, fruit, trained):
    moved = fruit.rename(fruit.with_name("moved"))
    said = chainrule("explain", trained, moved / FIRST)
    assert (said.code, said.error) == (0, "")
    assert "What each training picture changes is not known" in said.out
    assert "Nearest" not in said.out
    assert Path("explanation-1.png").exists()
    facts = chainrule("explain", trained, moved / FIRST, "--data", moved, "--json").json
    assert facts["nearest"][0]["name"] == FIRST
    assert facts["is_a_training_example"]


@pytest.mark.usefixtures("drawn")
def test_left_out_exactly(chainrule, fruit, trained):
    options = ("--data", fruit, "--leave-one-out")
    facts = chainrule("explain", trained, fruit / FIRST, *options, "--json").json
    data = cr.open_data(fruit, size=8).train
    settings = json.loads((trained / "settings.json").read_text())["options"]
    setting = restored(settings, Options(), "here").setting()
    for name, change in list(facts["exact_changes"].items())[:3]:
        rest = data.select(np.array(data.names) != name)
        again = cr.train(setting.network(192, 1), rest, **setting.arguments())
        p = cr.Model.of(again.network, rest).predict_proba(data.raw[:, [0]])
        k = rest.classes.index(facts["class"])
        assert facts["probabilities"][facts["class"]] - p[k, 0] == pytest.approx(change, abs=1e-9)
    text = chainrule("explain", trained, fruit / FIRST, *options, "--out", "e.png").out
    assert "trained again without it" in text
    assert "From other starting weights" in text
    assert len(facts["from_other_starts"]) == 4
    assert facts["agreement_of_starts"] <= 1


def test_what_takes_long_is_left_to_those_who_ask(chainrule, fruit, trained, monkeypatch):
    monkeypatch.setattr("chainrule.experiments.budget.SOON", 0.0)
    monkeypatch.setattr("chainrule.jobs.trained.WITHIN", 1e-9)
    said = chainrule("explain", trained, fruit / FIRST)
    assert said.code == 0
    assert "What each training picture changes is not known: it takes about" in said.out
    assert "--leave-one-out" in said.out
    said = chainrule("explain", trained, fruit / FIRST, "--leave-one-out", "--out", "e.png")
    assert "trained again without it" in said.out


def test_adam_can_be_left_out(chainrule, fruit):
    options = ("--size", 8, "--layers", 3, "--iterations", 5, "--optimizer", "adam")
    chainrule("train", fruit, *options, "--out", "run")
    said = chainrule("explain", "run", fruit / FIRST, "--data", fruit, "--leave-one-out")
    assert said.code == 0
    assert "trained again without it" in said.out


def test_a_training_that_diverged_is_said(chainrule, tmp_path):
    rng = np.random.default_rng(0)
    x, kinds = rng.standard_normal((16, 6)).round(3), np.arange(16) % 2
    rows = (f"s{i}," + ",".join(map(str, x[i])) + f",{'pq'[k]}" for i, k in enumerate(kinds))
    (tmp_path / "t.csv").write_text("\n".join(["name,a,b,c,d,e,f,label", *rows]) + "\n")
    how = ("--layers", 5, "--iterations", 60, "--learning-rate", 1000, "--out", "run")
    said = chainrule("train", "t.csv", *how)
    assert said.code == 0, said.error
    assert "diverged" in said.out
    said = chainrule("explain", "run", "t.csv", "--example", "s3")
    assert said.code == 0, said.error
    words = " ".join(said.out.split())
    assert "is not known: training diverged: the cost rose from" in words
    assert chainrule("report", "run").code == 0
    assert "diverged" in Path("run/report.html").read_text()
    several = ("--layers", 3, "--iterations", 5, "--runs", 2, "--out", "several")
    assert chainrule("train", "t.csv", *several).code == 0
    said = chainrule("explain", "several", "t.csv", "--example", "s3")
    assert said.code == 2
    assert "a model of one network; got 2 of them. Train one of them alone" in said.error
    lines = (tmp_path / "t.csv").read_text().splitlines()
    plates = ["plate", *(f"p{i % 4}" for i in range(16))]
    (tmp_path / "t.csv").write_text(
        "\n".join(line.replace(",", f",{p},", 1) for line, p in zip(lines, plates, strict=True))
    )
    centered = (
        "--batch-column",
        "plate",
        "--prepare",
        "batch,standard",
        *how[:4],
        "--out",
        "batch",
    )
    assert chainrule("train", "t.csv", *centered).code == 0
    said = chainrule("explain", "batch", "t.csv", "--example", "s3")
    assert said.code == 2
    assert "a model that answers of each sample alone; got batch:plate" in said.error


def test_a_training_that_cannot_be_done_again_is_said(chainrule, fruit):
    chainrule("train", fruit, "--size", 8, "--layers", 3, "--iterations", 5, "--out", "run")
    model = cr.load("run")
    model.training["iterations"] = 4
    model.training["options"]["schedule"] = "cosine"
    cr.save(model, "broken.safetensors")
    command = ("explain", "broken.safetensors", fruit / FIRST, "--data", fruit)
    said = chainrule(*command)
    assert said.code == 0
    assert "is not known: its training was stopped early." in said.out
    said = chainrule(*command, "--leave-one-out")
    assert (said.code, "a model that can be trained again" in said.error) == (2, True)


def test_noise_is_unlike_anything(chainrule, fruit, trained):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((8, 8), 0).save("noise.png")
    said = chainrule("explain", trained, "noise.png", "--data", fruit)
    assert "Unlike anything seen" in said.out


def test_nothing_is_overwritten(chainrule, fruit, trained):
    for n in (1, 2):
        chainrule("explain", trained, fruit / FIRST)
        assert Path(f"explanation-{n}.png").exists()
    said = chainrule("explain", trained, fruit / FIRST, "--out", "explanation-1.png")
    assert said.code == 2
    assert "a file that does not exist yet" in said.error


def test_other_data_are_refused(chainrule, fruit, trained):
    (fruit / "train/lime/lime3.png").unlink()
    said = chainrule("explain", trained, fruit / FIRST, "--data", fruit)
    assert said.code == 2
    assert "the data that the model was trained on; got others" in said.error
    assert not Path("explanation-1.png").exists()
    # A model without a digest, of an earlier program, tells them by training again.
    model = cr.load(trained)
    del model.training["digest"]
    cr.save(model, "old.safetensors")
    said = chainrule("explain", "old.safetensors", fruit / FIRST, "--data", fruit)
    assert said.code == 2
    assert "it gave other weights" in said.error
    assert "it has no digest of them" in said.error


def test_a_training_that_ends_elsewhere_is_said_in_a_sentence(chainrule, fruit, trained):
    """Rounding does it where training is unstable; here the weights are moved instead."""
    model = cr.load(trained)
    moved = tuple(1.001 * W for W in model.network.weights)
    cr.save(replace(model, network=replace(model.network, weights=moved)), "moved.safetensors")
    command = ("explain", "moved.safetensors", fruit / FIRST, "--data", fruit, "--leave-one-out")
    said = chainrule(*command)
    assert (said.code, said.error) == (0, "")
    assert "is not known: training again ended with other weights" in " ".join(said.out.split())
    assert "Nearest" in said.out
    assert "trained again without it" not in said.out
    facts = chainrule(*command, "--json", "--out", "e.png").json
    assert facts["note"].startswith("training again ended with other weights")
    assert "exact_changes" not in facts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nowhere.png"), "nowhere.png"),
        (("nowhere", FIRST), "nowhere"),
        (("run", FIRST, "--out", "there.png"), "a file that does not exist yet"),
        (("run", FIRST, "--out", "e.pdf"), "ends in .png or .jpg"),
    ],
)
def test_bad_input_is_one_line(arguments, message, chainrule, fruit, trained):
    Path("there.png").touch()
    model, image, *rest = arguments
    said = chainrule("explain", model, fruit / image, *rest)
    assert said.code == 2
    assert message in said.error
    assert said.error.count("\n") == 1


def test_a_model_of_numbers_has_no_pictures(chainrule):
    chainrule("train", "planar", "--iterations", 5, "--layers", "3", "--out", "run")
    Path("x.png").touch()
    said = chainrule("explain", "run", "x.png")
    assert said.code == 2
    assert "a model of pictures" in said.error


def table(path, names, seed=0):
    """One feature of three says the class; the rest is noise."""
    rng = np.random.default_rng(seed)
    rows = ["name,a,b,c,label"]
    for k, name in enumerate(names):
        a, b, c = rng.normal(size=3)
        rows.append(f"{name},{a + 3 * (k % 2)},{b},{c},{['no', 'yes'][k % 2]}")
    path.write_text("\n".join(rows), encoding="utf-8")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_row_of_a_table(chainrule, tmp_path, task):
    """Each feature's effect is what a prediction changes by when it has the training mean."""
    table(tmp_path / "t.csv", [f"s{k}" for k in range(20)])
    label = ("--label", "a") if task == "regression" else ()
    drop = ("--drop", "label") if task == "regression" else ()
    options = ("--layers", 3, "--iterations", 50, *label, *drop, "--out", "m")
    assert chainrule("train", tmp_path / "t.csv", *options).code == 0
    facts = chainrule("explain", "m", tmp_path / "t.csv", "--example", "s3", "--json").json
    model, train = (
        cr.load("m/model.safetensors"),
        cr.open_data(
            tmp_path / "t.csv", label=label[-1] if label else None, drop=drop[-1] if drop else None
        ).train,
    )

    def answer(raw):
        Z, A = model.outputs(raw[:, None])
        if task == "regression":
            return A[0, 0]
        return Z[0, 0] if facts["class"] == "yes" else -Z[0, 0]

    raw, means = train.raw[:, 3], train.raw.mean(axis=1)
    assert list(facts["features"]) == list(train.feature_names)
    for j, effect in enumerate(facts["features"].values()):
        other = raw.copy()
        other[j] = means[j]
        assert effect == pytest.approx(answer(raw) - answer(other), abs=1e-9)
    assert facts["nearest"][0]["name"] == "s3"
    text = chainrule("explain", "m", tmp_path / "t.csv", "--example", "s3").out
    of = "value" if task == "regression" else "log-odds"
    assert f"By how much the {of} is more for the feature being what it is" in text
    assert "It is one of the training examples" in text


def test_which_row_is_asked(chainrule, tmp_path):
    table(tmp_path / "t.csv", ["s0", "s1", "s2", "s3"])
    chainrule(
        "train",
        tmp_path / "t.csv",
        "--layers",
        "none",
        "--iterations",
        5,
        "--learning-rate",
        0.1,
        "--out",
        "m",
    )
    said = chainrule("explain", "m", tmp_path / "t.csv")
    assert said.code == 2
    assert "--example: expected the name of one of 4 examples; got none" in said.error
    assert "got 'x'" in chainrule("explain", "m", tmp_path / "t.csv", "--example", "x").error
    text = (tmp_path / "t.csv").read_text()
    lines = [line.split(",", 1)[1] for line in text.splitlines()]  # without the names
    (tmp_path / "nameless.csv").write_text("\n".join(lines) + "\n")
    for given in ("3", "example 3"):
        named = chainrule("explain", "m", tmp_path / "nameless.csv", "--example", given, "--json")
        assert named.code == 0, named.error
        assert named.json["nearest"][0] == {"name": "s3", "distance": 0}
    (tmp_path / "t.csv").unlink()
    table(tmp_path / "new.csv", ["n0"], seed=1)
    said = chainrule("explain", "m", tmp_path / "new.csv")
    assert said.code == 2
    assert "--data: expected what the model was trained on" in said.error
