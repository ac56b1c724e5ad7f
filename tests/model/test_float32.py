"""Networks of float32 weights: predictions are computed in float64, here and in ONNX."""

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csc_array, csr_array
from sklearn.exceptions import ConvergenceWarning

import chainrule as cr
from chainrule import InputError, MLPClassifier, MLPRegressor
from chainrule.data import Scaling
from chainrule.model import export_onnx
from chainrule.model.evaluation import evaluate

DATA = cr.open_data("fashion", scale="none")
RAW = DATA.train.raw  # 1000 examples: more than are computed at a time
ROWS = RAW.T.astype(np.float32)
WIDE = np.random.default_rng(0).random((1100, 3000), np.float32)  # and more features


def model(n_y, dtype="float32", hidden="relu"):
    network = cr.Network.create((784, 12, n_y), activation=hidden, dtype=dtype, rng=1)
    classes = tuple("abcdefghij")[: max(2, n_y)]
    return cr.Model(network, classes, Scaling(), (28, 28))


@pytest.mark.parametrize("n_y", [1, 10])
@pytest.mark.parametrize("hidden", ["relu", "softmax", "tanh"])
@pytest.mark.parametrize("raw", [RAW, np.asfortranarray(RAW, np.float32)], ids=["uint8", "float32"])
def test_a_model_is_its_float64_twin_rounded(hidden, n_y, raw):
    ours = model(n_y, hidden=hidden)
    A = ours.network.astype("float64").predict_proba(raw.astype("float64"))
    P = ours.predict_proba(raw)
    assert P.dtype == np.float32
    assert_allclose(P[-n_y:], A, rtol=1e-7, atol=1e-38)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 10])
def test_evaluate_says_what_the_model_predicts(n_y, dtype):
    ours = model(n_y, dtype)
    labels = np.arange(1000) % len(ours.classes)
    data = cr.Dataset(RAW, labels, ours.classes, image_shape=(28, 28))
    found, P = evaluate(ours, data), ours.predict_proba(RAW)
    assert found.mistakes
    for mistake in found.mistakes:
        k = ours.predict(RAW)[mistake.index]
        assert (mistake.predicted, mistake.probability) == (ours.classes[k], P[k, mistake.index])


@pytest.mark.parametrize("form", [np.asarray, csr_array, csc_array])
@pytest.mark.parametrize("X", [ROWS, WIDE], ids=["fashion", "wide"])
@pytest.mark.parametrize("kind", ["two", "ten", "labels", "number", "rate"])
def test_an_estimator_is_its_float64_network_rounded(kind, X, form):
    """Also where rows and features are taken some at a time, and where X is sparse."""
    k = np.arange(len(X)) % 10
    y = {"two": k < 5, "labels": np.c_[k < 5, k < 3, k > 6].astype(int)}.get(kind, k)
    settings = {"hidden_layer_sizes": (9, 7), "max_iter": 1, "random_state": 0}
    if kind in ("number", "rate"):
        loss = "poisson" if kind == "rate" else "squared_error"
        estimator = MLPRegressor(loss, **settings)
    else:
        estimator = MLPClassifier(**settings)
    with pytest.warns(ConvergenceWarning):
        estimator.fit(X[:200], y[:200])
    expected = estimator.network_.astype("float64").predict_proba(X.T.astype("float64")).T
    found = getattr(estimator, "predict_proba", estimator.predict)(form(X))
    assert found.dtype == np.float32
    n_y = expected.shape[1]
    found = found.reshape(len(X), -1)[:, -n_y:]
    worst = (np.abs(found - expected) / np.maximum(1, np.abs(expected))).max()
    assert worst <= (1e-6 if kind == "rate" else 2e-7)


def element_types(path):
    """Of the weights, of the probabilities, and all that something is cast to."""
    graph, name = onnx.load(path).graph, onnx.TensorProto.DataType.Name
    (weights,) = {name(c.data_type) for c in graph.initializer if len(c.dims) == 2}
    casts = {name(node.attribute[0].i) for node in graph.node if node.op_type == "Cast"}
    return weights, name(graph.output[-1].type.tensor_type.elem_type), casts - {"INT64"}


@pytest.mark.parametrize(
    ("weights", "compute", "stored", "casts"),
    [
        ("float64", "float64", "DOUBLE", {"DOUBLE"}),
        ("float32", "float64", "FLOAT", {"DOUBLE", "FLOAT"}),
        ("float32", "float32", "FLOAT", {"FLOAT"}),
        ("float64", "float32", "FLOAT", {"FLOAT"}),
    ],
)
@pytest.mark.parametrize("n_y", [1, 10])
def test_what_the_file_holds(tmp_path, weights, compute, stored, casts, n_y):
    ours = model(n_y, weights)
    done = export_onnx(ours, tmp_path / "m.onnx", DATA.test.raw, compute)
    assert element_types(done.path) == (stored, stored, casts)
    itemsize = 8 if stored == "DOUBLE" else 4
    assert done.path.stat().st_size < ours.network.n_parameters * itemsize + 4000


@pytest.mark.parametrize("n_y", [1, 10])
def test_float32_arithmetic(tmp_path, n_y):
    """For devices that have no other: nearly the same answers, to a tolerance that is wider."""
    ours = model(n_y)
    done = export_onnx(ours, tmp_path / "m.onnx", DATA.test.raw, compute="float32")
    session = onnxruntime.InferenceSession(done.path, providers=["CPUExecutionProvider"])
    pictures = DATA.test.raw.T.reshape(-1, 28, 28)
    (P,) = session.run(["probabilities"], {"picture": pictures})
    assert_allclose(P.T, ours.predict_proba(DATA.test.raw), atol=1e-3)
    assert done.difference > export_onnx(ours, done.path, DATA.test.raw).difference


def test_arithmetic_that_there_is_not(tmp_path):
    with pytest.raises(InputError, match="float64"):
        export_onnx(model(1), tmp_path / "m.onnx", compute="float16")
    assert not list(tmp_path.iterdir())
