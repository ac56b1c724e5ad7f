"""`chainrule evaluate`, `predict` and `export` of an ensemble."""

import html

import numpy as np
import onnxruntime
import pytest
from PIL import Image

import chainrule as cr
from chainrule.experiments import Setting, train_ensemble


@pytest.fixture
def model(chainrule, fruit, tmp_path):
    """Four members, in a run folder."""
    data = cr.open_data(fruit, size=8)
    setting = Setting(hidden=(3,), iterations=5, learning_rate=0.1)
    found = train_ensemble(data.train, setting, runs=4)
    (tmp_path / "run").mkdir()
    ours = cr.Model.of(found.network, data)
    cr.save(ours, tmp_path / "run" / "model.safetensors")
    return ours


@pytest.fixture
def pictures(tmp_path):
    for name, color in (("a.png", (80, 210, 70)), ("b.jpg", (150, 130, 55))):
        Image.new("RGB", (40, 30), color).save(tmp_path / name)
    return "a.png", "b.jpg"


def test_evaluate_says_that_it_is_one(chainrule, model, fruit):
    said = chainrule("evaluate", "run", fruit)
    assert said.code == 0, said.error
    assert said.out.startswith("Model     ensemble of 4\n6 test examples")
    found = chainrule("evaluate", "run", fruit, "--json").json
    expected = cr.evaluate(model, cr.open_data(fruit, size=8).test)
    assert (found["members"], found["cost"]) == (4, expected.cost)


def test_predict_says_how_far_the_members_disagree(chainrule, model, pictures):
    found = chainrule("predict", "run", *pictures, "--json").json
    assert found["members"] == 4
    for name, answer in zip(pictures, found["predictions"], strict=True):
        raw = np.asarray(Image.open(name).resize((8, 8))).reshape(-1, 1)
        each = np.stack([model.member(r).predict_proba(raw)[:, 0] for r in range(4)])
        k = ("lime", "tomato").index(answer["class"])
        assert answer["image"] == name
        assert answer["probability"] == pytest.approx(each.mean(axis=0)[k], abs=0.01)
        assert answer["spread"] == pytest.approx(each.std(axis=0)[k], abs=0.01)
        assert answer["spread"] > 0.02
        assert answer["spreads"][answer["class"]] == answer["spread"]
        assert answer["probabilities"][answer["class"]] == answer["probability"]
    said = chainrule("predict", "run", *pictures)
    assert said.code == 0, said.error
    lines = [line for line in said.out.splitlines() if line.strip()]
    assert lines[0] == "Model     ensemble of 4"
    assert lines[1].split() == ["picture", "class", "probability", "spread"]
    for line, answer in zip(lines[3:5], found["predictions"], strict=True):
        numbers = f"{answer['probability']:.4f}", f"{answer['spread']:.4f}"
        assert line.split() == [answer["image"], answer["class"], *numbers]


def test_a_single_network_has_no_spread(chainrule, trained, pictures, fruit):
    found = chainrule("predict", trained, *pictures, "--json").json
    assert found["members"] == 1
    assert set(found["predictions"][0]) == {
        *("image", "class", "probability", "probabilities", "unlike")
    }
    assert "spread" not in chainrule("predict", trained, *pictures).out
    said = chainrule("evaluate", trained, fruit)
    assert "ensemble" not in said.out
    assert chainrule("evaluate", trained, fruit, "--json").json["members"] == 1
    assert "spread" not in chainrule("export", trained, "--onnx", "one.onnx").out


@pytest.mark.parametrize("compute", ["float64", "float32"])
def test_export(chainrule, model, fruit, tmp_path, compute):
    arguments = ("export", "run", "--onnx", "m.onnx", "--data", fruit, "--compute", compute)
    said = chainrule(*arguments)
    assert said.code == 0, said.error
    assert "to class, probabilities and spread of 4 members." in said.out
    found = chainrule(*arguments, "--json").json
    assert (found["members"], found["compared"]) == (4, 6)
    assert found["largest_difference"] < (1e-9 if compute == "float64" else 1e-5)
    raw = cr.open_data(fruit, size=8).test.raw
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    P, S = session.run(["probabilities", "spread"], {"picture": raw.T.reshape(-1, 8, 8, 3)})
    np.testing.assert_allclose(P.T, model.predict_proba(raw), atol=1e-5)
    np.testing.assert_allclose(S.T, model.spread(raw), atol=1e-5)


def test_where_nothing_is_held_out_the_command_that_measures_members_is_named(chainrule, tmp_path):
    rows = "\n".join(f"{k % 5},{k % 3},{'ab'[k % 2]}" for k in range(20))
    (tmp_path / "t.csv").write_text(f"x,y,label\n{rows}\n")
    options = ("--layers", "none", "--iterations", 5, "--runs", 2, "--out", "run")
    verdict = chainrule("train", "t.csv", *options, "--json").json["verdict"]
    assert verdict["kind"] == "unknown"
    assert verdict["command"].startswith("chainrule crossval ")
    assert chainrule("report", "run").code == 0
    page = (tmp_path / "run/report.html").read_text("utf-8")
    assert verdict["command"] in html.unescape(page)
