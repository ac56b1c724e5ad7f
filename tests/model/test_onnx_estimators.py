"""MLPClassifier and MLPRegressor as ONNX files."""

import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

import chainrule as cr
from chainrule import InputError, MLPClassifier, MLPRegressor
from chainrule.model import export_onnx
from chainrule.model import onnx as onnx_file
from chainrule.model.described import described

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DATA = cr.open_data("fashion")
NAMES = np.array(DATA.train.classes)
X, TEST = DATA.train.raw.T / 255, DATA.test.raw.T / 255
KIND = DATA.train.labels
TARGETS = {
    "two": NAMES[np.where(KIND == 5, 5, 0)],
    "ten": NAMES[KIND],
    "numbers": 10 * KIND,
    "labels": np.c_[KIND < 5, KIND % 2 == 0, KIND == 7].astype(int),
    "one label short of two": np.c_[KIND < 5, KIND % 2 == 0].astype(int),
}
VALUES = {
    "one": X[:, 300:].sum(axis=1) / 50,
    "three": np.c_[X.mean(axis=1), X.std(axis=1), X.max(axis=1)],
}


def answers(path, rows):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"features": rows}), strict=True))


def facts(path):
    return {p.key: json.loads(p.value) for p in onnx.load(path).metadata_props}


@pytest.fixture(params=[(), (12,), (12, 8, 6)], ids=str)
def settings(request):
    activation = ["tanh", "leaky_relu", "logistic"][: len(request.param)] or "relu"
    return {
        "hidden_layer_sizes": request.param,
        "activation": activation,
        "max_iter": 8,
        "random_state": 0,
    }


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", TARGETS)
def test_classifiers(tmp_path, settings, target, dtype):
    clf = MLPClassifier(**settings).fit(X.astype(dtype), TARGETS[target])
    rows = TEST.astype(dtype)
    done = export_onnx(clf, tmp_path / "m.onnx", rows)
    assert done.difference <= 1e-6
    assert (done.examples, done.input) == (500, "features (N, 784)")
    found = answers(done.path, rows)
    assert_allclose(found["probabilities"], clf.predict_proba(rows), atol=1e-6)
    assert found["probabilities"].dtype == dtype
    classes = facts(done.path)["classes"]
    assert classes == clf.classes_.tolist()
    if "label" in target:
        assert_array_equal(found["label"], clf.predict(rows))
        assert list(found) == ["label", "probabilities"]
    else:
        assert_array_equal(np.array(classes)[found["class"]], clf.predict(rows))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("values", VALUES)
def test_regressors(tmp_path, settings, values, loss, dtype):
    reg = MLPRegressor(loss=loss, **settings).fit(X.astype(dtype), VALUES[values])
    rows = TEST.astype(dtype)
    done = export_onnx(reg, tmp_path / "m.onnx", rows)
    assert done.difference <= 1e-6
    found = answers(done.path, rows)
    assert list(found) == ["value"]
    expected = reg.predict(rows).reshape(500, -1)
    assert_allclose(found["value"], expected, atol=1e-6, rtol=1e-6)
    assert facts(done.path) == {}


@pytest.mark.parametrize("hidden", [(), (30,), (20, 10)], ids=str)
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu", "leaky_relu"])
def test_unscaled_pixels(tmp_path, hidden, activation):
    """Logits of hundreds, which float32 arithmetic would move by more than 1e-6."""
    X, rows = (data.raw.T.astype("float32") for data in (DATA.train, DATA.test))
    for target in ("two", "ten", "labels"):
        clf = MLPClassifier(hidden, activation, max_iter=3, random_state=0).fit(X, TARGETS[target])
        done = export_onnx(clf, tmp_path / "m.onnx", rows)
        P = answers(done.path, rows)["probabilities"]
        assert np.abs(P - clf.predict_proba(rows)).max() <= 1e-6


def test_large_rates(tmp_path):
    """exp of logits that the estimator rounds to float32."""
    reg = MLPRegressor("poisson", (), max_iter=2, random_state=0)
    reg.fit(X.astype("float32"), VALUES["one"])
    reg.intercepts_ = [np.full(1, 80, "float32")]
    rows = TEST.astype("float32")
    assert reg.predict(rows).max() > 1e34
    export_onnx(reg, tmp_path / "m.onnx", rows)


def test_every_solver_and_activation(tmp_path):
    for solver in ("sgd", "adam", "lbfgs"):
        for activation in ("identity", "logistic", "tanh", "relu", "leaky_relu"):
            clf = MLPClassifier((8,), activation, solver=solver, max_iter=5, random_state=0)
            clf.fit(X[:200].astype("float32"), KIND[:200])
            assert export_onnx(clf, tmp_path / "m.onnx", TEST).difference < 1e-6


def test_names_of_features_and_other_forms_of_rows(tmp_path):
    frame = pd.DataFrame(X[:50, 300:304], columns=list("abcd"))
    clf = MLPClassifier((3,), max_iter=2).fit(frame, KIND[:50] < 5)
    done = export_onnx(clf, tmp_path / "m.onnx", frame)
    assert facts(done.path) == {"classes": [False, True], "feature_names": list("abcd")}
    assert clf.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        export_onnx(clf, tmp_path / "m.onnx", frame[list("badc")])
    clf = MLPClassifier((3,), max_iter=2).fit(csr_array(X), KIND)
    assert export_onnx(clf, tmp_path / "m.onnx", csr_array(TEST)).examples == 500
    assert export_onnx(clf, tmp_path / "m.onnx").examples == 64


@pytest.mark.parametrize("target", ["two", "ten", "labels"])
def test_other_decisions_are_refused(tmp_path, monkeypatch, target):
    """Where the probabilities agree, so must what is decided by them."""
    clf = MLPClassifier((3,), max_iter=2).fit(X, TARGETS[target])

    def turned(model, raw):
        found = described(model, raw)
        return replace(found, decisions=1 - found.decisions)

    monkeypatch.setattr(onnx_file, "described", turned)
    with pytest.raises(InputError, match="decisions that are others"):
        export_onnx(clf, tmp_path / "m.onnx", TEST)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        export_onnx(MLPClassifier(), tmp_path / "m.onnx")
    with pytest.raises(InputError, match="Model, MLPClassifier or MLPRegressor; got a dict"):
        export_onnx({}, tmp_path / "m.onnx")
    clf = MLPClassifier((3,), max_iter=2).fit(X[:9], np.zeros(9))
    with pytest.raises(InputError, match="at least 2 classes"):
        export_onnx(clf, tmp_path / "m.onnx")
    clf = MLPClassifier((3,), max_iter=2).fit(X, KIND)
    with pytest.raises(ValueError, match="784 features"):
        export_onnx(clf, tmp_path / "m.onnx", TEST[:, 1:])
    assert not list(tmp_path.iterdir())
