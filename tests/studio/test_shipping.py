"""What the page is answered and given is the library's own."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from chainrule import Network, load
from chainrule.data import Dataset, Scaling, Splits
from chainrule.data.steps import Affine
from chainrule.errors import ChainruleError, InputError
from chainrule.jobs.run_folder import RunFolder
from chainrule.model.model_file import Model, save
from chainrule.studio import shipping

SCALED = Scaling((Affine("standard", np.array([[1.0], [2.0]]), np.array([[0.5], [0.25]])),))
TABLE = Model(Network.create([2, 3, 2], rng=1), ("a", "b"), SCALED, None, ("x", "y"))
PICTURES = Model(Network.create([4 * 5 * 3, 1], rng=0), ("not", "cat"), image_shape=(4, 5, 3))


def body(given):
    return json.dumps({"features": given}).encode()


def png(size=(7, 9)):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_numbers_and_a_table_are_answered_alike():
    of_numbers = shipping.asked(TABLE, body([1.5, -2]))["predictions"][0]
    of_table = shipping.asked(TABLE, b"y,x\n-2,1.5\n")["predictions"][0]
    P = TABLE.predict_proba(np.array([[1.5], [-2.0]]))[:, 0]
    assert of_numbers["probabilities"] == {"a": P[0], "b": P[1]} == of_table["probabilities"]


def test_a_picture_is_compared_with_those_of_the_training(tmp_path):
    rng = np.random.default_rng(0)
    raw = rng.integers(100, 110, (60, 30), dtype=np.uint8)
    train = Dataset(raw, np.arange(30) % 2, PICTURES.classes, None, (4, 5, 3))
    found = shipping.asked(PICTURES, png(), shipping.known_of(PICTURES, train))
    assert found["predictions"][0]["unlike"]
    assert "unlike" not in shipping.asked(PICTURES, png())["predictions"][0]


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (TABLE, b""),
        (TABLE, b"{"),
        (TABLE, b"{}"),
        (TABLE, b"[1, 2]"),
        (TABLE, b'{"features":' + b"[" * 100_000),
        (TABLE, body([1])),
        (TABLE, body([1, "x"])),
        (TABLE, body([[1, 2]])),
        (TABLE, body([1, None])),
        (TABLE, b'{"features": [1, NaN]}'),
        (TABLE, b'{"features": [1, 1e999]}'),
        (TABLE, body([1, 10**400])),
        (TABLE, body({"x": 1, "y": 2})),
        (PICTURES, body([1] * 60)),
        (PICTURES, b""),
        (PICTURES, png()[:40]),
    ],
)
def test_what_cannot_be_answered_is_said_and_leaves_nothing(model, given, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ChainruleError) as error:
        shipping.asked(model, given)
    assert str(tmp_path) not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_files_are_whole(tmp_path):
    session = pytest.importorskip("onnxruntime").InferenceSession(shipping.written(TABLE, "onnx"))
    X = np.array([[1.5, -2.0]])
    np.testing.assert_allclose(session.run(["probabilities"], {"features": X})[0].T,
                               TABLE.predict_proba(X.T))  # fmt: skip
    (tmp_path / "m.safetensors").write_bytes(shipping.written(TABLE, "model"))
    again = load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X.T), TABLE.predict_proba(X.T))


def test_a_report_of_what_has_not_ended(tmp_path):
    with pytest.raises(InputError, match="ended"):
        shipping.report(RunFolder(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    save(TABLE, tmp_path / "run/model.safetensors")
    with pytest.raises(InputError, match="expected a report") as error:
        shipping.report(RunFolder(tmp_path / "run"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("pictures", [True, False])
def test_what_to_ask_and_to_type(tmp_path, pictures):
    folder = RunFolder(tmp_path / "my run")
    X = np.array([[1.0, 2.0, np.nan], [1234.5, 0.0, 0.0]])
    train = Dataset(X, np.array([0, 1, 1]), TABLE.classes, feature_names=("x", "y"))
    if pictures:
        train = Dataset(np.ones((60, 1), np.uint8), np.array([0]), TABLE.classes, None, (4, 5, 3))
    splits = Splits(train)
    found = shipping.facts(
        SimpleNamespace(command="chainrule train x", folder=folder, splits=splits)
    )
    assert not found["ready"]
    assert found["features"] == (None if pictures else [["x", 1.5], ["y", 412.0]])
    assert found["serve"] == f"chainrule serve '{folder.path}'"
    file = "picture.jpg" if pictures else "table.csv"
    assert found["curl"].startswith(f"curl --data-binary @{file} http://localhost:8000/")
    assert "chainrule train x" in found["commands"].values()
