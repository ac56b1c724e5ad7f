"""Primal against dual: the same costs, weights and validation costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule import FloatMatrix, Network, PixelMatrix, train
from chainrule.data import Scaling
from chainrule.training import SCHEDULES, Momentum, Nesterov

LINEAR = ["gd", Momentum(0.9), Nesterov(0.8)]


def both(network, data, **options):
    """The same training in each form."""
    forms = [train(network, data, first_layer=form, **options) for form in ("primal", "dual")]
    assert [result.first_layer.form for result in forms] == ["primal", "dual"]
    return forms


def assert_equal(primal, dual, rtol=1e-10):
    assert_allclose(dual.history.cost, primal.history.cost, rtol=rtol)
    for name in ("weights", "biases"):
        for found, expected in zip(
            getattr(dual.network, name), getattr(primal.network, name), strict=True
        ):
            assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("weighted", [False, True], ids=["uniform", "weighted"])
@pytest.mark.parametrize("l2", [0.0, 0.1], ids=["free", "decayed"])
@pytest.mark.parametrize("batch_size", [None, 1, 5, 12], ids=str)
@pytest.mark.parametrize("optimizer", LINEAR, ids=str)
def test_500_iterations(optimizer, batch_size, l2, weighted, wide_problem):
    weight = None
    if weighted:
        weight = np.random.default_rng(50).random(12)
        weight[[0, 3]] = 0
    primal, dual = both(
        *wide_problem,
        optimizer=optimizer,
        batch_size=batch_size,
        l2=l2,
        sample_weight=weight,
        learning_rate=0.02,
        iterations=500,
        record_every=1,
    )
    assert primal.history.cost[-1] < 0.9 * primal.history.cost[0]
    assert_equal(primal, dual)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
def test_schedules_and_validation(schedule, batch_size, wide_problem):
    network, (X, Y) = wide_problem
    primal, dual = both(
        network,
        (X[:, :9], Y[:, :9]),
        validation=(X[:, 9:], Y[:, 9:]),
        optimizer="momentum",
        schedule=schedule,
        batch_size=batch_size,
        l2=0.01,
        learning_rate=0.02,
        iterations=200,
        record_every=7,
    )
    assert_equal(primal, dual)
    assert_allclose(dual.history.validation_cost, primal.history.validation_cost, rtol=1e-10)
    assert_allclose(dual.history.validation_accuracy, primal.history.validation_accuracy)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_pixels_too_many_to_be_floats_at_once(monkeypatch, batch_size):
    rng = np.random.default_rng(53)
    X = PixelMatrix(rng.integers(0, 256, (60, 15), dtype=np.uint8))
    data = X, (rng.random((1, 15)) < 0.5).astype(float)
    network = Network.create((60, 4, 1), rng=54)
    options = {"iterations": 100, "batch_size": batch_size, "first_layer": "primal"}
    small = train(network, data, **options)
    monkeypatch.setattr("chainrule.data.matrix.RESIDENT_BYTES", 0)
    large = train(network, data, **options)
    assert_allclose(large.history.cost, small.history.cost, rtol=1e-11)
    assert_allclose(large.network.weights[0], small.network.weights[0], rtol=1e-9)


@pytest.mark.parametrize("l2", [0.0, 0.05], ids=["free", "decayed"])
@pytest.mark.parametrize("initializer", ["zeros", "normal"])
@pytest.mark.parametrize("kind", ["pixels", "standard", "none"])
def test_pixels_from_any_start(kind, initializer, l2):
    rng = np.random.default_rng(51)
    pixels = rng.integers(0, 256, (60, 15), dtype=np.uint8)
    Y = np.eye(3)[:, rng.integers(0, 3, 15)]
    X = PixelMatrix(pixels, Scaling.of(kind, pixels))
    new = PixelMatrix(rng.integers(0, 256, (60, 4), dtype=np.uint8), X.scaling)
    floats = FloatMatrix(X.columns(slice(None)))
    network = Network.create((60, 3), initializer=initializer, rng=52)
    options = {
        "learning_rate": 1e-6 if kind == "none" else 0.02,
        "l2": l2,
        "iterations": 200,
        "record_every": 1,
        "validation": (new, np.eye(3)[:, [0, 1, 2, 0]]),
    }
    primal, dual = both(network, (X, Y), **options)
    assert_equal(primal, dual)
    # Validation pixels against training floats: the forms of the two sets may differ.
    mixed, _ = both(network, (floats, Y), **options)
    assert_equal(primal, mixed)
    assert_allclose(mixed.history.validation_cost, dual.history.validation_cost, rtol=1e-10)


@pytest.mark.parametrize("l2", [0.0, 0.1], ids=["free", "decayed"])
@pytest.mark.parametrize("runs", [None, 3], ids=["one run", "three runs"])
def test_the_dual_coefficients_give_the_weights(l2, runs, wide_problem):
    network, (X, Y) = wide_problem
    if runs:
        network = Network.create((40, 5, 1), rng=[1, 2, 3])
    dual = train(network, (X, Y), l2=l2, first_layer="dual", iterations=50, learning_rate=0.1)
    expected = dual.dual.a * network.weights[0] + dual.dual.C @ X.T
    assert_allclose(dual.network.weights[0], expected, rtol=1e-10, atol=1e-14)
    # Every step of gradient descent shrinks what is left of the start by 1 - rate l2.
    assert_allclose(dual.dual.a, np.full_like(dual.dual.a, (1 - 0.1 * l2) ** 50))


def test_examples_of_no_weight_have_no_coefficient(wide_problem):
    weight = np.ones(12)
    weight[[2, 7]] = 0
    dual = train(*wide_problem, first_layer="dual", iterations=20, sample_weight=weight).dual
    assert not dual.C[:, [2, 7]].any()
    assert dual.C[:, [0, 1]].any()


def test_the_primal_form_has_no_dual_coefficients(wide_problem):
    assert train(*wide_problem, first_layer="primal", iterations=2).dual is None


@settings(max_examples=40)
@given(
    n_x=st.integers(1, 9),
    m=st.integers(1, 7),
    n_1=st.integers(1, 3),
    runs=st.sampled_from([None, 1, 2]),
    batch_size=st.sampled_from([None, 1, 2, 3, 100]),
    l2=st.sampled_from([0.0, 0.2]),
    optimizer=st.sampled_from(["gd", "momentum", "nesterov"]),
    own_order=st.booleans(),
)
def test_any_shape(n_x, m, n_1, runs, batch_size, l2, optimizer, own_order):
    rng = np.random.default_rng(53)
    X, Y = rng.standard_normal((n_x, m)), rng.integers(0, 2, (1, m))
    seeds = 54 if runs is None else list(range(runs))
    network = Network.create((n_x, n_1, 1), activation="tanh", rng=seeds)
    primal, dual = both(
        network,
        (X, Y),
        optimizer=optimizer,
        batch_size=batch_size,
        l2=l2,
        rng=seeds if own_order else 0,
        learning_rate=0.1,
        iterations=12,
        record_every=1,
    )
    assert_equal(primal, dual, rtol=1e-9)


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_float32_is_float64_rounded(form, wide_problem):
    network, (X, Y) = wide_problem
    options = {"learning_rate": 0.05, "iterations": 100, "l2": 0.01, "first_layer": form}
    wide = train(network, (X, Y), **options)
    narrow = train(network.astype(np.float32), (X, Y), **options)
    assert {a.dtype for a in narrow.network.weights} == {np.dtype(np.float32)}
    assert_allclose(narrow.history.cost, wide.history.cost, rtol=1e-5)
    assert_allclose(narrow.network.weights[0], wide.network.weights[0], atol=1e-5)
