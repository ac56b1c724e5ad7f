"""Ensembles as ONNX files: the mean of the members and their spread in onnxruntime."""

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError, Model, Network
from chainrule.data import Scaling
from chainrule.model import export_onnx
from chainrule.model import onnx as module
from chainrule.network import ACTIVATIONS

HIDDEN = tuple(ACTIVATIONS)
PICTURES = np.random.default_rng(2).integers(0, 256, (9, 4, 5, 3), dtype=np.uint8)


def ensemble(n_y=1, *, hidden=(6, 4), activation="relu", members=5, dtype="float64"):
    network = Network.create(
        (60, *hidden, n_y), activation=activation, initializer="xavier",
        rng=list(range(members)), dtype=dtype,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    biases = tuple(rng.standard_normal(b.shape).astype(dtype) for b in network.biases)
    network = Network(network.weights, biases, network.activations, network.loss)
    return Model(network, tuple("abcd")[: max(2, n_y)], Scaling.pixels(), (4, 5, 3))


def run(path, pictures=PICTURES):
    """What onnxruntime answers, by name."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"picture": pictures}), strict=True))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 4])
@pytest.mark.parametrize(
    ("hidden", "activation"), [((), "relu"), *(((6, 4), name) for name in HIDDEN)], ids=str
)
def test_onnxruntime_gives_our_mean_and_spread(tmp_path, hidden, activation, n_y, dtype):
    ours = ensemble(n_y, hidden=hidden, activation=activation, dtype=dtype)
    done = export_onnx(ours, tmp_path / "m.onnx")
    found, raw = run(done.path), PICTURES.reshape(9, -1).T
    assert list(found) == ["class", "probabilities", "spread"]
    each = [ours.member(r).predict_proba(raw) for r in range(5)]
    allowed = 1e-12 if dtype == "float64" else 1e-6
    assert_allclose(found["probabilities"].T, np.mean(each, axis=0), atol=allowed)
    assert_allclose(found["spread"].T, np.std(each, axis=0), atol=allowed)
    assert found["spread"].max() > 1e-3
    assert_array_equal(found["class"], ours.predict(raw))
    assert found["probabilities"].dtype == found["spread"].dtype == dtype


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 4])
def test_float32_arithmetic(tmp_path, n_y, dtype):
    ours = ensemble(n_y, dtype=dtype)
    found = run(export_onnx(ours, tmp_path / "m.onnx", compute="float32").path)
    assert found["probabilities"].dtype == found["spread"].dtype == np.float32
    raw = PICTURES.reshape(9, -1).T
    assert_allclose(found["probabilities"].T, ours.predict_proba(raw), atol=1e-5)
    assert_allclose(found["spread"].T, ours.spread(raw), atol=1e-5)


@pytest.mark.parametrize("m", [0, 1, 300])
@pytest.mark.parametrize("hidden", [(), (6, 4)])
def test_any_number_of_examples(tmp_path, hidden, m):
    done = export_onnx(ensemble(4, hidden=hidden), tmp_path / "m.onnx")
    found = run(done.path, np.zeros((m, 4, 5, 3), np.uint8))
    assert [a.shape for a in found.values()] == [(m,), (m, 4), (m, 4)]


def test_one_member_is_written_without_a_spread(tmp_path):
    ours = ensemble(4, members=1)
    found = run(export_onnx(ours, tmp_path / "m.onnx").path)
    assert list(found) == ["class", "probabilities"]
    assert_allclose(found["probabilities"].T, ours.predict_proba(PICTURES.reshape(9, -1).T))


@pytest.mark.parametrize("compute", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 4])
def test_extreme_members_are_finite(tmp_path, n_y, compute):
    network = ensemble(n_y, hidden=()).network
    huge = tuple(1e5 * W for W in network.weights)
    network = Network(huge, network.biases, network.activations, network.loss)
    ours = Model(network, tuple("abcd")[: max(2, n_y)], Scaling.pixels(), (4, 5, 3))
    done = export_onnx(ours, tmp_path / "m.onnx", compute=compute)
    found = run(done.path)
    assert np.isfinite(found["probabilities"]).all()
    assert found["spread"].max() > 0.3
    assert done.difference <= 1e-6


def test_members_share_one_first_product_and_one_input(tmp_path):
    ours = ensemble(4, dtype="float32")
    path = export_onnx(ours, tmp_path / "m.onnx").path
    graph = onnx.load(path).graph
    kinds = [node.op_type for node in graph.node]
    assert (kinds.count("Gemm"), kinds.count("MatMul"), len(graph.input)) == (1, 2, 1)
    assert path.stat().st_size < 5 * ours.network.n_parameters * 4 + 5000


@pytest.mark.parametrize("wrong", ["mean", "spread"])
def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch, wrong):
    right = module._mean_and_spread

    def other(make, A):
        found = dict(zip(("mean", "spread"), right(make, A), strict=True))
        found[wrong] = make.node("Mul", found[wrong], make.constant(1.001))
        return found["mean"], found["spread"]

    monkeypatch.setattr(module, "_mean_and_spread", other)
    with pytest.raises(InputError, match="probabilities and spread to 1e-09"):
        export_onnx(ensemble(4), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
