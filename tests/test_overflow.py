"""Numbers beyond floats: the finite answer where there is one, else one error that says so; never a
warning, nor not a number."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import InputError
from chainrule.data import Dataset, FloatMatrix
from chainrule.experiments import Execution, Setting, cross_validate
from chainrule.influence.explanation import explain
from chainrule.model import export_onnx
from chainrule.training import EarlyStopping

RNG = np.random.default_rng(0)
X = RNG.standard_normal((6, 20))
LABELS = (X[0] > 0).astype(np.int64)
Y = LABELS.reshape(1, -1).astype(float)
PIXELS = RNG.integers(0, 256, (12, 5)).astype(np.uint8)
PICTURES = Dataset(PIXELS, np.arange(5) % 3, ("a", "b", "c"), image_shape=(2, 2, 3))


def huge(size, hidden=(4,)):
    """A network whose weights are finite and of this size."""
    start = cr.Network.create((12, *hidden, 3))
    return replace(start, weights=tuple(size * np.sign(W) for W in start.weights))


USES = {
    "predict_proba": lambda model: model.predict_proba(PIXELS),
    "predict": lambda model: model.predict(PIXELS),
    "evaluate": lambda model: cr.evaluate(model, PICTURES),
    "explain": lambda model: explain(model, PIXELS),
    "export": lambda model: export_onnx(model, "never.onnx"),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_model_whose_answers_overflow_says_so_by_name(use, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cr.save(cr.Model.of(huge(1e308), PICTURES), "huge.safetensors")
    with pytest.raises(InputError, match=r"^huge\.safetensors.* layer 1 .*got an overflow"):
        use(cr.load("huge.safetensors"))
    assert [path.name for path in tmp_path.iterdir()] == ["huge.safetensors"]


def test_the_command_says_it_in_a_line(tmp_path, monkeypatch, capsys):
    from PIL import Image

    from chainrule.cli import main

    monkeypatch.chdir(tmp_path)
    cr.save(cr.Model.of(huge(1e308), PICTURES), "huge.safetensors")
    Image.new("RGB", (2, 2), (9, 99, 199)).save("x.png")
    with pytest.raises(SystemExit) as end:
        main(["predict", "huge.safetensors", "x.png"])
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (2, "")
    assert said.err.startswith("chainrule: huge.safetensors: Network: expected layer 1 to give")
    assert said.err.count("\n") == 1


def test_a_member_that_overflows_is_not_averaged():
    members = cr.Network.stack([cr.Network.create((12, 4, 3)), huge(1e308)])
    model = cr.Model.of(members, PICTURES)
    with pytest.raises(InputError, match=r"^Model: expected layer 2 to give finite numbers"):
        model.predict_proba(PIXELS)
    assert np.isfinite(model.member(0).predict_proba(PIXELS)).all()


def test_large_logits_have_their_limits():
    """Finite logits of 1e150 and more are certain answers, or ties."""
    for size in (1e3, 1e150):
        P = cr.Model.of(huge(size, hidden=()), PICTURES).predict_proba(PIXELS)
        assert_allclose(P.sum(axis=0), 1)
        assert set(np.unique(P)) <= {0.0, 1 / 3, 1 / 2, 1.0}
    logistic = cr.Network((np.array([[1e307, -1e307]]),), (np.zeros((1, 1)),), *SIGMOID)
    assert_array_equal(logistic.predict_proba(np.array([[1.0, 0.0], [0.0, 1.0]])), [[1, 0]])


SIGMOID = ("sigmoid",), "binary_cross_entropy"


def test_a_cost_whose_sum_overflows():
    labels = np.zeros(5, np.int64)
    data = Dataset(np.full((1, 5), 1.5), labels, ("a", "b"))
    network = cr.Network((np.array([[1e308]]),), (np.zeros((1, 1)),), *SIGMOID)
    assert_allclose(cr.evaluate(cr.Model.of(network, data), data).cost, 1.5e308)


def test_a_network_alone_and_runs_beside_one_that_diverged():
    network = huge(1e308)
    with pytest.raises(InputError, match=r"^Network: expected layer 1 .* got an overflow"):
        network.predict(PIXELS / 255)
    both = cr.Network.stack([network, cr.Network.create((12, 4, 3))]).predict_proba(PIXELS / 255)
    assert np.isnan(both[0]).any()
    assert np.isfinite(both[1]).all()


@pytest.mark.parametrize("estimator", [cr.MLPClassifier, cr.MLPRegressor])
def test_estimators_answers_that_overflow(estimator):
    fitted = estimator(hidden_layer_sizes=(3,), solver="lbfgs", alpha=10.0, random_state=0)
    fitted.fit(X.T, LABELS)
    fitted.coefs_ = [1e308 * np.sign(W) for W in fitted.coefs_]
    with pytest.raises(InputError, match=rf"^{estimator.__name__}: .* layer 1 .* got an overflow"):
        fitted.predict(100 * X.T)


@pytest.mark.parametrize("scale", [1e160, 1e308])
def test_features_whose_products_overflow(scale):
    large = np.sign(X) * scale
    with pytest.raises(InputError, match=r"^Gram matrix: .* float64 holds; .*first_layer=.primal"):
        cr.train(cr.Network.create((6, 1)), (large, Y), first_layer="dual", iterations=3)
    folds = [(np.arange(10), np.arange(10, 20))]
    setting = Setting(hidden=(), iterations=2, first_layer="dual")
    with pytest.raises(InputError, match="Gram matrix"):
        cross_validate((large, Y), setting, folds=folds, execution=Execution(threads=1))
    with pytest.raises(cr.DivergenceError, match="scale the features"):
        cr.train(cr.Network.create((6, 1)), (large, Y), first_layer="primal", iterations=9)


def test_numbers_beyond_float32():
    network = cr.Network.create((6, 1), dtype=np.float32)
    for use in (
        lambda: cr.train(network, (X * 1e300, Y), iterations=1),
        lambda: network.forward(X * 1e300),
    ):
        with pytest.raises(InputError, match="within the range of float32; got numbers beyond it"):
            use()
    with pytest.raises(InputError, match="within the range of float32"):
        FloatMatrix(X * 1e300).astype(np.float32)


def test_weights_of_any_scale():
    """Their sum may be beyond floats."""
    network, weight = cr.Network.create((6, 3, 1)), np.arange(1.0, 21)
    found = [
        cr.train(
            network,
            (X, Y),
            iterations=5,
            sample_weight=scale * weight,
            validation_weight=scale * weight,
            early_stopping=EarlyStopping(3),
        ).history
        for scale in (1.0, 8e306)
    ]
    for name in ("cost", "validation_cost"):
        assert_allclose(getattr(found[1], name), getattr(found[0], name), rtol=1e-12)
    each = np.stack([weight * 1e306, weight * 1e-300])  # a run's scale is its own
    costs = cr.train(network, (X, Y), iterations=5, sample_weight=each).history.cost
    assert_allclose(costs, np.stack([found[0].cost] * 2, axis=1), rtol=1e-12)
