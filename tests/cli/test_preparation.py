"""Preparation on the command line: asked for by name, repeated by name, kept by the model."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.model.model_file import load

SETTINGS = ("--layers", "none", "--learning-rate", 0.1, "--iterations", 30)
TEXTS = ("--drop", "color,plate")
PREPARED = ("--prepare", "log1p,snv,standard", "--missing", "median", "--categories", "onehot")


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)

    def write(name, m=12, colors=("red", "blue", "green"), gap="", plates="pq"):
        lines = ["sample,w,h,d,color,plate,kind"]
        for i in range(m):
            w, h, d = rng.lognormal(size=3)
            w = gap if i == 1 else f"{w:.3f}"
            color, plate = colors[i % len(colors)], plates[i % len(plates)]
            lines.append(f"s{i},{w},{h:.3f},{d:.3f},{color},{plate},{'xy'[i // 2 % 2]}")
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return name

    return write


def test_a_prepared_model_from_training_to_evaluation(chainrule, table):
    said = chainrule(
        *("train", table("t.csv"), "--batch-column", "plate", *PREPARED, *SETTINGS, "--out", "run")
    )
    assert said.code == 0, said.error
    assert "scaled: missing:median,onehot,log1p,snv,standard" in said.out
    assert "missing: 1 of 72 values (0.014 of all), in 1 of 6 features" in said.out
    assert "column 'color' is 3 features" in said.out
    given = json.loads(Path("run/settings.json").read_text())["options"]
    assert (given["missing"], given["categories"]) == ("median", "onehot")
    assert (given["batch_column"], given["prepare"]) == ("plate", "log1p,snv,standard")
    found = chainrule("evaluate", "run", table("new.csv", colors=("red", "pink")), "--json").json
    assert found["examples"] == 12
    assert any(note.startswith("'color' of 6 examples is pink, which") for note in found["notes"])
    assert any(note.startswith("missing: 1 of 72 values") for note in found["notes"])
    exported = chainrule("export", "run", "--onnx", "m.onnx", "--data", "new.csv")
    assert exported.code == 0, exported.error
    assert chainrule("train", "--resume", "run", "--iterations", 40).code == 0


@pytest.mark.filterwarnings("default:a single sample")
def test_batches_in_experiments(chainrule, table):
    name = table("t.csv", gap="1.5")
    options = ("--prepare", "batch,robust", "--batch-column", "plate", "--drop", "color", *SETTINGS)
    assert chainrule("crossval", name, *options, "--folds", 3, "--out", "cv").code == 0
    assert chainrule("train", name, *options, "--out", "run").code == 0
    said = chainrule("export", "run", "--onnx", "m.onnx")
    assert (said.code, said.error.count("\n")) == (2, 1)
    assert "batch:plate" in said.error
    new = table("new.csv", gap="1.5", plates="pqpqpqpqpqpz")
    said = chainrule("evaluate", "run", new)
    assert said.code == 0, said.error
    assert said.error.startswith("chainrule: a single sample of a batch (plate) that was not")
    assert said.error.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (TEXTS, "missing in row 2 (line 3), 'w'"),
        (("--missing", "mean"), "--categories onehot"),
        (("--missing", "most"), "most"),
        ((*TEXTS, "--missing", "mean", "--prepare", "snw"), "Did you mean snv?"),
        ((*TEXTS, "--missing", "mean", "--prepare", "batch"), "--batch-column NAME"),
        ((*PREPARED, "--scale", "none"), "expected scale or prepare; got both"),
        ((*PREPARED[2:], "--prepare", "derivative:15"), "15 features or more"),
        ((*PREPARED[2:], "--prepare", "batch:sample"), "the batch of each sample, 'sample'"),
    ],
)
def test_what_cannot_be_prepared_is_one_line(chainrule, table, tmp_path, options, message):
    drop = () if "--drop" in options else ("--drop", "plate")
    said = chainrule("train", table("t.csv"), *drop, *options, *SETTINGS, "--out", "run")
    assert said.code == 2
    assert message in said.error
    assert said.error.count("\n") == 1
    assert not (tmp_path / "run").exists()


CHOICES = ("--vary", "prepare=standard,log1p+snv+standard", "--vary", "l2=0,0.1", "--folds", 3)
FILLED = ("--missing", "median", "--categories", "onehot", "--drop", "plate")


def test_a_preparation_is_chosen_in_nested_folds(chainrule, table):
    name = table("t.csv", m=24)
    nested = ("--nested", "--inner-folds", 2, *CHOICES, *FILLED, *SETTINGS)
    said = chainrule("crossval", name, *nested, "--out", "cv")
    assert said.code == 0, said.error
    assert "choose among 4 settings of prepare, l2" in said.out
    following = next(line for line in said.out.splitlines() if line.startswith("Next:"))
    assert "--prepare " in following
    facts = json.loads(Path("cv/settings.json").read_text())
    kind = facts["chosen_on_all"]["prepare"]
    assert kind in ("standard", "log1p,snv,standard")
    assert all(row["prepare"] in ("standard", "log1p,snv,standard") for row in facts["folds"])
    again = chainrule(*shlex.split(following)[2:], "--out", "run")
    assert again.code == 0, again.error
    assert f"scaled: missing:median,onehot,{kind}" in again.out
    page = Path("cv/report.html").read_text()
    assert "--vary prepare=standard,log1p+snv+standard" in page


@pytest.mark.parametrize("scale", [(), ("--scale", "none")])
def test_the_best_of_a_sweep_carries_its_preparation(chainrule, table, scale):
    name = table("t.csv", m=24)
    kept = (*FILLED, *SETTINGS, *scale, "--hold-out", 0.25)
    said = chainrule("sweep", name, *CHOICES, *kept, "--out", "swept")
    assert said.code == 0, said.error
    facts = json.loads(Path("swept/settings.json").read_text())
    kind, l2 = (facts["trials"][0][name] for name in ("prepare", "l2"))
    model = load("swept/model.safetensors")
    assert model.scaling.kind == f"missing:median,onehot,{kind}"
    own = (*FILLED, *SETTINGS, "--hold-out", 0.25, "--prepare", kind, "--l2", l2)
    assert chainrule("train", name, *own, "--out", "alone").code == 0
    alone = load("alone/model.safetensors")
    assert_array_equal(model.network.weights[0], alone.network.weights[0])
    # It knows its training set again, prepared as it was.
    said = chainrule("explain", "swept", name, "--example", "s0", "--out", "e.png")
    assert said.code == 0, said.error


@pytest.mark.parametrize(
    ("vary", "more", "message"),
    [
        ("prepare=standard,snw", (), "Did you mean snv?"),
        ("prepare=standard,derivative+snv", (), "11 features or more"),
        ("prepare=standard,batch", (), "--batch-column NAME"),
        ("prepare=standard,total", ("--scale", "none"), "0 or more"),
    ],
)
def test_choices_that_cannot_be_had_are_one_line(chainrule, table, tmp_path, vary, more, message):
    table("t.csv", m=24, gap="-1.5")
    for command in (("crossval", "--nested"), ("sweep",)):
        how = (*command[1:], "--vary", vary, "--folds", 2, *FILLED, *SETTINGS, *more)
        said = chainrule(command[0], "t.csv", *how, "--out", "run")
        assert (said.code, said.error.count("\n")) == (2, 1)
        assert message in said.error
        assert not (tmp_path / "run").exists()


def test_a_batch_that_is_varied_is_that_of_the_column(chainrule, table):
    name = table("t.csv", m=24, gap="1.5")
    options = ("--batch-column", "plate", "--drop", "color", *SETTINGS)
    choices = ("--vary", "prepare=batch+standard,standard", "--folds", 3)
    said = chainrule("sweep", name, *options, *choices, "--out", "swept")
    assert said.code == 0, said.error
    facts = json.loads(Path("swept/settings.json").read_text())
    assert {row["prepare"] for row in facts["trials"]} == {"batch:plate,standard", "standard"}
