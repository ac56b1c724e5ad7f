"""Models with preparations of several steps: saved, exported, explained."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Model, Network, load, open_data, save
from chainrule.data import Dataset, Scaling
from chainrule.errors import InputError, ModelFileError
from chainrule.files import tensor_file
from chainrule.model import export_onnx
from chainrule.model.evaluation import evaluate

RNG = np.random.default_rng(0)
RAW = RNG.lognormal(1, 0.5, (14, 30))
GAPS = np.where(RNG.random(RAW.shape) < 0.1, np.nan, RAW)
KINDS = (
    "log1p,snv,standard",
    "missing:median,total,log1p,robust",
    "missing:mean,onehot,derivative:5,center",
    "pixels,derivative:3,snv",
    "derivative,robust",
    "total",
)


def made(kind, raw=RAW, dtype="float64"):
    network = Network.create((len(raw), 5, 3), activation="tanh", rng=1, dtype=dtype)
    return Model(network, ("a", "b", "c"), Scaling.of(kind, raw))


def raw_for(kind):
    return GAPS if "missing" in kind else RAW


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_prepared_model_in_onnx(kind, dtype, tmp_path):
    raw = raw_for(kind)
    model = made(kind, raw, dtype)
    for given in (None, raw):  # rows drawn at random, and real ones
        assert export_onnx(model, tmp_path / "m.onnx", given).difference < 1e-6
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    (P,) = session.run(["probabilities"], {"features": raw.T.copy()})
    assert_allclose(P.T, model.predict_proba(raw), atol=1e-9 if dtype == "float64" else 1e-6)


def test_rows_drawn_for_the_comparison_do_not_saturate():
    for kind in KINDS:
        scaling = Scaling.of(kind, raw_for(kind))
        X = scaling(scaling.drawn(np.random.default_rng(2), (14, 64)), np.float64)
        assert 0.05 < np.abs(X).mean() < 5 or kind == "total"


@pytest.mark.parametrize("kind", ["snv,standard", "derivative,snv,robust"])
def test_spectra_in_onnx(kind, wide_data, tmp_path):
    data = open_data(wide_data / "mayonnaise.csv", prepare=kind).train
    network = Network.create((data.features.shape[0], 4, 6), rng=0)
    found = export_onnx(Model.of(network, data), tmp_path / "m.onnx", data.raw)
    assert (found.examples, found.difference < 1e-9) == (162, True)


def test_genes_in_onnx(wide_data, tmp_path):
    data = open_data(wide_data / "golub.csv", prepare="robust", missing="median").train
    found = export_onnx(Model.of(Network.create((3051, 4, 1), rng=0), data), tmp_path / "m.onnx")
    assert found.difference < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_a_prepared_model_in_a_file(kind, tmp_path):
    model = made(kind, raw_for(kind))
    save(model, tmp_path / "m.safetensors")
    found = load(tmp_path / "m.safetensors")
    assert found.scaling.kind == model.scaling.kind
    assert_array_equal(found.predict_proba(raw_for(kind)), model.predict_proba(raw_for(kind)))
    _, facts = tensor_file.read(tmp_path / "m.safetensors", "model", 3)
    assert facts["version"] == 3  # which older programs refuse by name


@pytest.mark.parametrize("kind", ["none", "pixels", "standard"])
def test_a_model_of_one_step_is_a_file_for_older_programs(kind, tmp_path):
    save(made(kind), tmp_path / "m.safetensors")
    arrays, facts = tensor_file.read(tmp_path / "m.safetensors", "model", 1)
    assert (facts["version"], facts["scaling"]) == (1, kind)
    assert {"scaling.shift", "scaling.divisor"} <= arrays.keys()


@pytest.mark.parametrize(
    "damage",
    [
        lambda arrays, facts: arrays.pop("scaling.0.fill"),
        lambda arrays, facts: facts.update(scaling="missing:mode,log1p,center"),
        lambda arrays, facts: facts.update(scaling="log1p,missing:mean,center"),
        lambda arrays, facts: facts.update(scaling=None),
        lambda arrays, facts: arrays.update({"scaling.0.fill": np.zeros((3, 1))}),
        lambda arrays, facts: arrays.update({"scaling.2.divisor": np.zeros((14, 1))}),
    ],
)
def test_a_damaged_preparation(damage, tmp_path):
    path = tmp_path / "m.safetensors"
    save(made("missing:mean,log1p,center", GAPS), path)
    arrays, facts = tensor_file.read(path, "model", 3)
    damage(arrays, facts)
    tensor_file.write(path, arrays, facts)
    with pytest.raises(ModelFileError, match="train again"):
        load(path)


@pytest.fixture
def batches():
    plates = np.repeat(["p", "q", "r"], 10)
    data = Dataset(RAW, np.arange(30) % 3, ("a", "b", "c"), facts={"plate": plates})
    data = data.prepared("log1p,batch:plate,standard")
    network = Network.create((14, 5, 3), rng=1)
    return data, Model.of(network, data)


def test_a_model_of_batches_asks_for_the_batches(batches, tmp_path):
    data, model = batches
    save(model, tmp_path / "m.safetensors")
    model = load(tmp_path / "m.safetensors")
    P = model.predict_proba(data)
    assert_array_equal(P, Network.predict_proba(model.network, data.matrix()))
    assert evaluate(model, data).m == 30
    with pytest.raises(InputError, match="the batch of each sample, 'plate'; got none"):
        model.predict_proba(RAW)
    other = data.select([12, 3])
    assert_allclose(model.predict_proba(other), P[:, [12, 3]], rtol=1e-12)


def test_all_samples_of_a_new_batch_are_centered_together(batches):
    """However many there are: not by blocks."""
    data, model = batches
    raw = np.random.default_rng(3).lognormal(1, 0.5, (14, 1300))
    new = Dataset(raw, np.zeros(1300, int), ("a", "b", "c"), facts={"plate": ["new"] * 1300})
    X = np.log1p(raw) - np.log1p(raw).mean(axis=1, keepdims=True)
    X = data.scaling.steps[2](X)
    assert_allclose(model.predict_proba(new), model.network.predict_proba(X), rtol=1e-9)


def test_batches_are_no_onnx(batches, tmp_path):
    data, model = batches
    expected = "^export_onnx: expected a model that answers of each sample alone; got batch:plate"
    for raw in (None, data.raw):
        with pytest.raises(InputError, match=expected):
            export_onnx(model, tmp_path / "m.onnx", raw)
    assert not (tmp_path / "m.onnx").exists()


def test_missing_values_of_a_model_that_does_not_fill_them():
    with pytest.raises(InputError, match=r"no missing values.*--missing mean"):
        made("standard").predict_proba(GAPS)
    assert np.isfinite(made("missing:mean,standard", GAPS).predict_proba(GAPS)).all()
    unfilled = replace(Dataset(GAPS, np.arange(30) % 3, ("a", "b", "c")), source="t.csv")
    with pytest.raises(InputError, match=r"^t.csv: Scaling: expected no missing values"):
        unfilled.prepared("standard")
