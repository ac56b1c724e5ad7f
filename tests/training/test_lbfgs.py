"""L-BFGS, dropout and sparse features in `train`: both forms, and what scikit-learn finds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csr_array
from sklearn.neural_network import MLPClassifier as Theirs

from chainrule import InputError, Network, train
from chainrule.data import SparseMatrix, feature_matrix
from chainrule.training import LBFGS, EarlyStopping, OnRecord, save_checkpoint

FORMS = ["primal", "dual"]


def assert_same_network(found, expected, rtol=1e-8):
    for a, b in zip(
        (*found.weights, *found.biases), (*expected.weights, *expected.biases), strict=True
    ):
        assert_allclose(a, b, rtol=rtol, atol=rtol)


@pytest.fixture
def wide():
    """A network 60-6-3 and 20 examples of it; X has many zeros."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((60, 20)) * (rng.random((60, 20)) < 0.4)
    network = Network.create((60, 6, 3), activation="tanh", initializer="xavier", rng=4)
    return network, (X, np.eye(3)[:, rng.integers(0, 3, 20)])


@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("weighted", [False, True])
def test_lbfgs_has_the_same_path_in_both_forms(wide, l2, weighted):
    weight = np.arange(20) % 3 if weighted else None
    primal, dual = (
        train(
            *wide, optimizer=LBFGS(1e-9), iterations=15, record_every=1, l2=l2,
            sample_weight=weight,
            first_layer=form, validation=wide[1],
        )
        for form in FORMS
    )  # fmt: skip
    assert (primal.first_layer.form, dual.first_layer.form) == ("primal", "dual")
    assert primal.iterations == dual.iterations == 15
    assert_array_equal(dual.history.iteration, np.arange(16))
    assert_allclose(dual.history.cost, primal.history.cost, rtol=1e-7)
    assert_allclose(dual.history.validation_cost, primal.history.validation_cost, rtol=1e-7)
    assert primal.history.cost[-1] < primal.history.cost[0] / 2
    assert_same_network(dual.network, primal.network, 1e-6)
    network, (X, _) = wide
    W = dual.dual.a * network.weights[0] + dual.dual.C @ X.T
    assert_allclose(dual.network.weights[0], W, rtol=1e-10, atol=1e-12)
    assert_allclose(primal.history.cost[-1], primal.network.cost(
        *wide[1], None if weight is None else (weight / weight.sum())[None], l2
    ), rtol=1e-12)  # fmt: skip


@pytest.mark.parametrize("size", [1e4, 1e9])
def test_examples_without_a_weight_bend_nothing_however_large_they_are(wide, size):
    network, (X, Y) = wide
    weight, huge = np.ones(20), X.copy()
    weight[[2, 11]] = 0
    huge[:, [2, 11]] *= size
    how = {"optimizer": "lbfgs", "iterations": 15, "l2": 0.01, "first_layer": "dual"}
    found, expected = (train(network, (F, Y), sample_weight=weight, **how) for F in (huge, X))
    assert_array_equal(found.history.cost, expected.history.cost)
    assert_same_network(found.network, expected.network, 1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_lbfgs_is_scikit_learns(form):
    """From the same start, with alpha = l2 m."""
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((30, 50)), rng.integers(0, 2, 30)
    settings = {"activation": "tanh", "solver": "lbfgs", "alpha": 0.3, "random_state": 1}
    start, end = (Theirs((4,), max_iter=k, warm_start=True, **settings).fit(X, y) for k in (1, 12))
    # scikit-learn's own draws, by its formula.
    state = np.random.RandomState(1)
    weights, biases = [], []
    for W, b in zip(start.coefs_, start.intercepts_, strict=True):
        bound = np.sqrt(6 / sum(W.shape))
        weights.append(state.uniform(-bound, bound, W.shape).T)
        biases.append(state.uniform(-bound, bound, b.shape)[:, None])
    network = Network(weights, biases, ("tanh", "sigmoid"), "binary_cross_entropy")
    found = train(
        network, (X.T, y[None]), optimizer="lbfgs", l2=0.3 / 30, iterations=12, first_layer=form
    )
    assert_allclose(found.history.cost[-1], end.loss_, rtol=1e-7)
    assert_allclose(found.network.weights[0], end.coefs_[0].T, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_lbfgs_ends_where_it_has_converged(wide, form):
    rule = LBFGS(tolerance=1e-3)
    found = train(*wide, optimizer=rule, l2=0.05, iterations=500, first_layer=form)
    assert found.stopped == "convergence"
    assert found.iterations < 500
    assert found.history.iteration[-1] == found.iterations
    g = found.network.backward(found.network.forward(wide[1][0]), wide[1][1], l2=0.05)
    assert max(np.abs(a).max() for a in (*g.dW, *g.db)) <= 1e-3
    again = train(found.network, wide[1], optimizer=rule, l2=0.05, first_layer=form)
    assert (again.stopped, again.iterations) == ("convergence", 0)


@pytest.mark.parametrize("form", FORMS)
def test_lbfgs_can_be_stopped(wide, form):
    options = {"optimizer": "lbfgs", "iterations": 50, "record_every": 1, "first_layer": form}
    seen = []
    stops = OnRecord(lambda record: seen.append(record.iteration) or record.iteration == 3)
    found = train(*wide, callbacks=[stops], **options)
    assert (found.stopped, found.iterations, seen) == ("callback", 3, [0, 1, 2, 3])
    rng = np.random.default_rng(6)
    other = rng.standard_normal((60, 9)), np.eye(3)[:, rng.integers(0, 3, 9)]
    early = train(*wide, validation=other, early_stopping=EarlyStopping(2), **options)
    best = early.history.validation_cost.argmin()
    assert early.stopped == "early stopping"
    assert_allclose(early.network.cost(*other), early.history.validation_cost[best], rtol=1e-10)


def test_lbfgs_of_single_precision_computes_in_double(wide):
    network, data = wide
    narrow = network.astype(np.float32)
    found = train(narrow, data, optimizer="lbfgs", iterations=10)
    assert found.network.dtype == np.float32
    expected = train(narrow.astype(np.float64), data, optimizer="lbfgs", iterations=10)
    assert_allclose(found.history.cost, expected.history.cost, rtol=1e-6)  # X is rounded first


def test_lbfgs_refuses_what_it_cannot_have(wide, tmp_path):
    network, data = wide
    for options in (
        {"batch_size": 5}, {"dropout": 0.5}, {"schedule": "cosine"}, {"rng": [1, 2]},
    ):  # fmt: skip
        with pytest.raises(InputError, match="'lbfgs' alone"):
            train(network, data, optimizer="lbfgs", **options)
    saves = OnRecord(lambda record: None)
    saves.on_record = lambda session, record: save_checkpoint(session, tmp_path / "c")
    with pytest.raises(InputError, match="L-BFGS's memory"):
        train(network, data, optimizer="lbfgs", callbacks=[saves])


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("optimizer", ["gd", "nesterov"])
def test_dropout_is_the_same_in_both_forms(wide, batch_size, optimizer):
    primal, dual, none = (
        train(
            *wide, optimizer=optimizer, batch_size=batch_size, dropout=rate, learning_rate=0.1,
            iterations=60, record_every=3, first_layer=form,
        )
        for form, rate in (("primal", 0.4), ("dual", [0.4]), ("dual", 0.0))
    )  # fmt: skip
    assert_allclose(dual.history.cost, primal.history.cost, rtol=1e-10)
    assert_same_network(dual.network, primal.network)
    assert not np.allclose(primal.network.weights[0], none.network.weights[0])
    if batch_size is None:  # records are of all units
        assert_allclose(dual.history.cost[-1], dual.network.cost(*wide[1]), rtol=1e-10)


def test_dropout_by_hand(wide):
    """One step of gradient descent through the mask that the generator draws."""
    network, (X, Y) = wide
    found = train(network, (X, Y), dropout=0.3, iterations=1, learning_rate=0.2, rng=7).network
    mask = (np.random.default_rng(7).random((6, 20)) >= 0.3) / 0.7
    (W1, W2), (b1, b2) = network.weights, network.biases
    A = np.tanh(W1 @ X + b1)
    P = np.exp(W2 @ (A * mask) + b2)
    dZ2 = (P / P.sum(axis=0) - Y) / 20
    dZ1 = W2.T @ dZ2 * mask * (1 - A**2)
    assert_allclose(found.weights[1], W2 - 0.2 * dZ2 @ (A * mask).T, rtol=1e-12)
    assert_allclose(found.weights[0], W1 - 0.2 * dZ1 @ X.T, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("seeds", [[1, 2], 1], ids=["one each", "one for all"])
def test_runs_with_dropout_are_the_runs_alone(wide, batch_size, seeds):
    _, data = wide
    networks = [Network.create((60, 6, 4, 3), rng=seed) for seed in (8, 9)]
    options = {"dropout": [0.3, 0.2], "batch_size": batch_size, "iterations": 20}
    together = train(Network.stack(networks), data, rng=seeds, **options)
    for r, network in enumerate(networks):
        seed = seeds[r] if isinstance(seeds, list) else seeds
        alone = train(network, data, rng=seed, **options)
        assert_same_network(together.run(r).network, alone.network, 1e-10)


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("at", [5, 8, 12])
def test_dropout_goes_on_from_a_checkpoint_to_the_same_bits(
    wide, batch_size, at, at_step, tmp_path
):
    options = {"dropout": 0.4, "batch_size": batch_size, "iterations": 20, "record_every": 4}
    saves = at_step(at, lambda session: save_checkpoint(session, tmp_path / "c"))
    whole = train(*wide, callbacks=[saves], **options)
    resumed = train(*wide, resume=tmp_path / "c", **options)
    assert_array_equal(resumed.history.cost, whole.history.cost)
    assert_array_equal(resumed.network.weights[0], whole.network.weights[0])
    with pytest.raises(InputError, match="dropout that the training began with"):
        train(*wide, resume=tmp_path / "c", **options | {"dropout": 0.1})


@pytest.mark.parametrize("rates", [1.0, -0.1, [0.5, 0.5], "much", [np.nan]])
def test_dropout_out_of_bounds(wide, rates):
    with pytest.raises(InputError, match="dropout"):
        train(*wide, dropout=rates)


@pytest.mark.parametrize("runs", [None, 2])
@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("form", FORMS)
def test_sparse_features_give_the_numbers_of_dense_ones(wide, form, batch_size, runs):
    network, (X, Y) = wide
    options = {"batch_size": batch_size, "first_layer": form, "iterations": 30, "l2": 0.01}
    options["rng"] = 1 if runs is None else [1, 2]
    dense = train(network, (X, Y), validation=(X, Y), **options)
    for sparse in (csr_array(X), coo_array(X), SparseMatrix(csr_array(X.T))):
        found = train(network, (sparse, Y), validation=(sparse, Y), **options)
        assert_allclose(found.history.cost, dense.history.cost, rtol=1e-10)
        assert_allclose(found.history.validation_cost, dense.history.validation_cost, rtol=1e-10)
        assert_same_network(found.network, dense.network)
    mixed = train(network, (csr_array(X), Y), validation=(X, Y), **options)
    assert_allclose(mixed.history.validation_cost, dense.history.validation_cost, rtol=1e-10)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_sparse_features_with_any_optimizer(wide, optimizer):
    network, (X, Y) = wide
    dense, sparse = (
        train(network, (given, Y), optimizer=optimizer, iterations=12)
        for given in (X, csr_array(X))
    )
    assert_allclose(sparse.history.cost, dense.history.cost, rtol=1e-7)


def test_sparse_matrices_are_checked(wide):
    network, (X, Y) = wide
    with pytest.raises(InputError, match="The examples look like rows"):
        train(network, (csr_array(X.T), Y))
    X[3, 4] = np.nan
    with pytest.raises(InputError, match="finite"):
        train(network, (csr_array(X), Y))
    whole = feature_matrix(csr_array((X > 0).astype(int)))
    assert whole.dtype == np.float64
    assert whole.filled == (X > 0).sum() / 20


def test_threads_of_scipy_change_no_number(wide, monkeypatch):
    network, data = wide
    plain = train(network, data, optimizer="lbfgs", iterations=15)
    monkeypatch.setattr("chainrule.training.lbfgs.THREADED", 1)
    found = train(network, data, optimizer="lbfgs", iterations=15)
    assert_same_network(found.network, plain.network, rtol=1e-12)
