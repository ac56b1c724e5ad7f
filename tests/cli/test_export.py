"""`chainrule export`."""

import numpy as np
import onnxruntime
import pytest

import chainrule as cr


def test_the_file_answers_as_the_model_does(chainrule, trained, fruit, tmp_path):
    said = chainrule("export", trained, "--onnx", "fruit.onnx", "--data", fruit, "--json")
    assert said.code == 0, said.error
    assert said.json["real_data"] is True
    assert said.json["compared"] == 6
    assert said.json["largest_difference"] < 1e-9
    splits = cr.open_data(fruit, size=8)
    pictures = splits.test.raw.T.reshape(-1, *splits.test.image_shape)
    session = onnxruntime.InferenceSession(tmp_path / "fruit.onnx")
    classes, _ = session.run(["class", "probabilities"], {"picture": pictures})
    assert classes.tolist() == cr.load(trained).predict(splits.test.raw).tolist()


def test_without_data(chainrule, trained):
    said = chainrule("export", trained, "--onnx", "fruit.onnx")
    assert "64 random examples (--data takes real ones)" in said.out


def test_float32_arithmetic(chainrule, trained, tmp_path):
    said = chainrule("export", trained, "--onnx", "fruit.onnx", "--compute", "float32")
    assert said.code == 0, said.error
    session = onnxruntime.InferenceSession(tmp_path / "fruit.onnx")
    assert session.get_outputs()[-1].type == "tensor(float)"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "Add --onnx FILE."),
        (("--onnx", "fruit.bin"), "ends in .onnx"),
        (("--onnx", "missing/fruit.onnx"), "missing"),
        (("--onnx", "fruit.onnx", "--compute", "float16"), "float64, float32"),
        (("--onnx", "fruit.onnx", "--data", "planar:moons"), "planar"),
    ],
)
def test_what_does_not_fit(chainrule, trained, tmp_path, arguments, part):
    before = set(tmp_path.iterdir())
    said = chainrule("export", trained, *arguments)
    assert (said.code, said.out) == (2, "")
    assert part in said.error
    assert said.error.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


def test_a_table(chainrule, tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        f"{x:.4f},{y:.4f},{'up' if x + y > 0 else 'down'}" for x, y in rng.standard_normal((40, 2))
    ]
    (tmp_path / "table.csv").write_text("\n".join(["x,y,label", *rows]))
    trained = chainrule("train", "table.csv", "--layers", "none", "--out", "run")
    assert trained.code == 0, trained.error
    said = chainrule("export", "run", "--onnx", "t.onnx", "--data", "table.csv", "--json")
    assert said.json["input"] == "features (N, 2)"
