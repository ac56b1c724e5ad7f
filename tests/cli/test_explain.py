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
def test_without_data_the_answer_and_a_picture(chainrule, fruit, trained):
    said = chainrule("explain", trained, fruit / FIRST)
    assert (said.code, said.error) == (0, "")
    assert said.out.startswith("Answer    lime, probability")
    with Image.open("explanation-1.png") as picture:
        assert min(picture.size) > 300


@pytest.mark.usefixtures("drawn")
def test_with_data_the_contributions_add_up(chainrule, fruit, trained):
    said = chainrule("explain", trained, fruit / FIRST, "--data", fruit, "--json")
    facts = said.json
    assert facts["nearest"][0]["name"] == FIRST
    assert facts["nearest"][0]["distance"] < 1e-6
    total = (
        facts["start"] + facts["penalty"] + facts["missing"] + sum(facts["contributions"].values())
    )
    assert total == pytest.approx(facts["log_odds"], abs=1e-9)
    text = chainrule("explain", trained, fruit / FIRST, "--data", fruit, "--out", "e.png").out
    assert FIRST in text
    assert "by all examples" in text


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
    said = chainrule("explain", trained, fruit / FIRST, "--leave-one-out", "--out", "f.png")
    assert (said.code, "--data" in said.error) == (2, True)


def test_adam_has_no_contributions_but_can_be_left_out(chainrule, fruit):
    options = ("--size", 8, "--layers", 3, "--iterations", 5, "--optimizer", "adam")
    chainrule("train", fruit, *options, "--out", "run")
    said = chainrule("explain", "run", fruit / FIRST, "--data", fruit, "--leave-one-out")
    assert said.code == 0
    assert "No contributions" in said.out
    assert "trained again without it" in said.out


def test_a_training_that_cannot_be_followed_is_said(chainrule, fruit):
    options = ("--size", 8, "--layers", 3, "--iterations", 5, "--optimizer", "adam")
    chainrule("train", fruit, *options, "--out", "run")
    said = chainrule("explain", "run", fruit / FIRST, "--data", fruit)
    assert said.code == 0
    assert "No contributions: only gradient descent on all examples is followed" in said.out


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
    assert "training again gave other weights" in said.error
    assert "it has no digest of them" in said.error


def test_a_training_that_ends_elsewhere_is_said_in_a_sentence(chainrule, fruit, trained):
    """Rounding does it where training is unstable; here the weights are moved instead."""
    model = cr.load(trained)
    moved = tuple(1.001 * W for W in model.network.weights)
    cr.save(replace(model, network=replace(model.network, weights=moved)), "moved.safetensors")
    command = ("explain", "moved.safetensors", fruit / FIRST, "--data", fruit, "--leave-one-out")
    said = chainrule(*command)
    assert (said.code, said.error) == (0, "")
    assert "No contributions: training again ended with other weights than the model's" in said.out
    assert "Nearest" in said.out
    assert "Log-odds" not in said.out
    assert "trained again without it" not in said.out
    facts = chainrule(*command, "--json", "--out", "e.png").json
    assert facts["note"].startswith("training again ended with other weights")
    assert not {"contributions", "log_odds", "exact_changes"} & facts.keys()


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
