"""Models as ONNX files: the model's own answers in onnxruntime."""

import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.testing import assert_allclose

from chainrule import Model, Network
from chainrule.data import Scaling
from chainrule.errors import InputError
from chainrule.files import onnx_graph
from chainrule.model import export_onnx  # fmt: skip
from chainrule.model import onnx as module
from chainrule.network import ACTIVATIONS

HIDDEN = tuple(name for name in ACTIVATIONS if name != "exp")


def model(n_y=1, *, hidden="relu", shape=(4, 5, 3), scaling=None, dtype="float64", depth=2):
    n_x = int(np.prod(shape)) if shape else 7
    sizes = (n_x, *(6, 4)[:depth], n_y)
    network = Network.create(sizes, activation=hidden, initializer="xavier", rng=0, dtype=dtype)
    rng = np.random.default_rng(1)
    biases = tuple(rng.standard_normal(b.shape).astype(dtype) for b in network.biases)
    network = Network(network.weights, biases, network.activations, network.loss)
    classes = ("no", "yes") if n_y == 1 else tuple("abcde"[:n_y])
    scaling = scaling or (Scaling.pixels() if shape else Scaling())
    return Model(network, classes, scaling, shape or None)


def run(path, rows):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (name,) = (i.name for i in session.get_inputs())
    return session.run(["class", "probabilities"], {name: rows})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 4])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_pictures_as_they_are_on_disk(tmp_path, hidden, n_y, dtype):
    ours = model(n_y, hidden=hidden, dtype=dtype)
    done = export_onnx(ours, tmp_path / "m.onnx")
    assert done.input == "picture (N, 4, 5, 3)"
    pictures = np.random.default_rng(2).integers(0, 256, (9, 4, 5, 3), dtype=np.uint8)
    classes, P = run(done.path, pictures)
    raw = pictures.reshape(9, -1).T
    assert_allclose(P.T, ours.predict_proba(raw), atol=1e-6)
    assert classes.tolist() == ours.predict(raw).tolist()
    assert P.dtype == dtype


@pytest.mark.parametrize("compute", ["float64", "float32"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 2])
def test_a_threshold_decides(tmp_path, n_y, dtype, compute):
    ours = model(n_y, dtype=dtype)
    pictures = np.random.default_rng(2).integers(0, 256, (300, 4, 5, 3), dtype=np.uint8)
    raw = pictures.reshape(300, -1).T
    threshold = float(np.quantile(ours.predict_proba(raw)[1], 0.8))
    ours = replace(ours, threshold=threshold)
    done = export_onnx(ours, tmp_path / "m.onnx", raw, compute)
    classes, _ = run(done.path, pictures)
    assert classes.sum() == pytest.approx(60, abs=1)
    clear = np.abs(ours.predict_proba(raw)[1] - threshold) > 1e-4
    assert classes[clear].tolist() == ours.predict(raw)[clear].tolist()


@pytest.mark.parametrize("m", [0, 1, 300])
def test_any_number_of_examples(tmp_path, m):
    export_onnx(model(), tmp_path / "m.onnx")
    classes, P = run(tmp_path / "m.onnx", np.zeros((m, 4, 5, 3), np.uint8))
    assert (classes.shape, P.shape) == ((m,), (m, 2))


def test_gray_pictures_and_logistic_regression(tmp_path):
    done = export_onnx(model(shape=(4, 5), depth=0), tmp_path / "m.onnx")
    assert done.input == "picture (N, 4, 5)"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tables_keep_the_digits_of_features_far_from_zero(tmp_path, dtype):
    rng = np.random.default_rng(3)
    raw = 1e6 + rng.standard_normal((7, 50))
    ours = model(shape=None, scaling=Scaling.standard(raw), dtype=dtype)
    done = export_onnx(ours, tmp_path / "m.onnx", raw)
    assert done.examples == 50
    _, P = run(done.path, np.ascontiguousarray(raw.T))
    assert_allclose(P.T, ours.predict_proba(raw), atol=1e-6)


def test_the_class_names_are_in_the_metadata(tmp_path):
    export_onnx(model(3), tmp_path / "m.onnx")
    facts = {p.key: p.value for p in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert json.loads(facts["classes"]) == ["a", "b", "c"]


@pytest.mark.parametrize("n_y", [1, 3])
def test_extreme_outputs_are_finite(tmp_path, n_y):
    network = Network.create((60, n_y), rng=0)
    huge = Network((network.weights[0] * 1e5,), network.biases, network.activations, network.loss)
    ours = Model(huge, ("a", "b", "c")[: max(2, n_y)], Scaling.pixels(), (4, 5, 3))
    assert export_onnx(ours, tmp_path / "m.onnx").difference <= 1e-9


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch, dtype):
    (tmp_path / "m.onnx").write_text("before")
    wrong = module._scaled
    monkeypatch.setattr(module, "_scaled", lambda make, subject: make.node(
        "Mul", wrong(make, subject), make.constant(1.01)))  # fmt: skip
    with pytest.raises(InputError, match="probabilities to"):
        export_onnx(model(dtype=dtype), tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_large_weights_are_the_same_file(tmp_path, monkeypatch, dtype):
    for n_bytes in (2**20, 8):
        monkeypatch.setattr(onnx_graph, "LARGE_BYTES", n_bytes)
        export_onnx(model(dtype=dtype), tmp_path / f"{n_bytes}.onnx")
    small, large = (onnx.load(tmp_path / f"{n}.onnx") for n in (2**20, 8))
    onnx.checker.check_model(large, full_check=True)
    assert [node.name for node in large.graph.input] == ["picture"]
    key = lambda tensor: tensor.name  # noqa: E731
    for one in (small, large):
        one.graph.initializer.sort(key=key)
    assert large == small


def test_more_than_a_file_can_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_graph, "MOST_BYTES", 2000)
    with pytest.raises(InputError, match="weights of less than 2 GiB, which is what an ONNX"):
        export_onnx(model(), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_few_examples_of_very_many_features_are_compared(tmp_path):
    wide = Network.create((5_000_000, 1), rng=0, dtype="float32")
    done = export_onnx(Model(wide, ("no", "yes"), Scaling(), None), tmp_path / "m.onnx")
    assert done.examples == 1


def test_inputs_that_do_not_fit(tmp_path):
    with pytest.raises(InputError, match="60 rows"):
        export_onnx(model(), tmp_path / "m.onnx", np.zeros((59, 3), np.uint8))
    with pytest.raises(InputError, match="8 bits"):
        export_onnx(model(), tmp_path / "m.onnx", np.zeros((60, 3)))
    assert not list(tmp_path.iterdir())
