"""Models of numbers: their answers, errors and files, in ONNX, too."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import chainrule as cr
from chainrule.errors import DataError, InputError
from chainrule.experiments import Setting, train_ensemble
from chainrule.model import export_onnx
from chainrule.model.evaluation import evaluate_probabilities
from chainrule.model.regression import Regression
from chainrule.show.regression_plots import predictions_plot, residuals_plot

SETTING = Setting(hidden=(3,), activation="tanh", learning_rate=0.05, iterations=60)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    X = rng.normal(5, 2, (6, 25))
    y = 800 + 10 * X[0] + rng.standard_normal(25)
    return cr.Dataset(X, y, (), feature_names=tuple("abcdef")).rescaled()


@pytest.fixture(scope="module")
def model(data):
    network = SETTING.network(6, 1, "regression")
    return cr.Model.of(cr.train(network, data, SETTING).network, data)


@pytest.fixture(scope="module")
def ensemble(data):
    return cr.Model.of(train_ensemble(data, SETTING, runs=3).network, data)


def test_evaluation_is_that_of_scikit_learn(model, data):
    found, y, a = cr.evaluate(model, data), data.labels, model.predict(data.raw)
    assert isinstance(found, Regression)
    assert found.rmse == pytest.approx(root_mean_squared_error(y, a))
    assert found.mae == pytest.approx(mean_absolute_error(y, a))
    assert found.r2 == pytest.approx(r2_score(y, a))
    assert found.baseline == pytest.approx(y.std())
    assert found.facts(2)["largest_errors"] == found.listed().first(2).records()
    largest = np.abs([row[-1] for row in found.listed().rows])
    assert (np.diff(largest) <= 0).all()
    assert "R²" in repr(found)


def test_an_ensemble_answers_with_the_mean_of_its_members(ensemble, data):
    each = np.stack([ensemble.member(r).predict(data.raw) for r in range(3)])
    assert_allclose(ensemble.predict(data.raw), each.mean(axis=0))
    assert_allclose(ensemble.spread(data.raw), each.std(axis=0)[None])
    assert_allclose(cr.evaluate(ensemble, data).spread, each.std(axis=0))


def test_files_give_back_the_model(model, ensemble, data, tmp_path):
    for one in (model, ensemble):
        cr.save(one, tmp_path / "model.safetensors")
        again = cr.load(tmp_path / "model.safetensors")
        assert again.task == "regression"
        assert_allclose(again.predict(data.raw), one.predict(data.raw), rtol=0)


@pytest.mark.parametrize("kind", ["model", "ensemble"])
def test_onnx_gives_the_same_numbers(kind, data, tmp_path, request):
    onnxruntime = pytest.importorskip("onnxruntime")
    one, path = request.getfixturevalue(kind), tmp_path / "model.onnx"
    export_onnx(one, path, data.raw)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"features": data.raw.T})
    assert_allclose(outputs[0][:, 0], one.predict(data.raw), rtol=1e-12)
    if kind == "ensemble":
        assert_allclose(outputs[1], one.spread(data.raw).T, rtol=1e-9)


def test_what_needs_classes_is_refused(model, data):
    classes = cr.Dataset(data.raw, np.arange(25) % 2, ("x", "y"), feature_names=tuple("abcdef"))
    with pytest.raises(DataError, match="numbers as the targets of a regression; got 'x'"):
        cr.evaluate(model, classes)
    with pytest.raises(InputError, match=r"a model of classes; got a regression\. Model.predict"):
        model.predict_proba(data.raw)
    with pytest.raises(InputError, match="P of shape"):
        evaluate_probabilities(data, np.ones((2, 25)))
    with pytest.raises(InputError, match="no class names of a regression"):
        cr.Model(model.network, ("x", "y"))
    with pytest.raises(InputError, match="one output of a regression; got 2"):
        cr.Model(cr.Network.create((4, 2), output="identity"), ())


def test_pictures_of_a_regression(model, ensemble, data):
    for one in (model, ensemble):
        found = cr.evaluate(one, data)
        (axes,) = predictions_plot(found, title="a").axes
        assert axes.get_xlabel() == "target"
        (axes,) = residuals_plot(found).axes
        (points,) = [line for line in axes.lines if len(line.get_xdata()) == 25]
        assert_allclose(points.get_ydata(), found.predictions - found.targets)
