"""What scikit-learn's classes do not have: forms of the first layer, dropout, class weights, own
validation data, a list of activations."""

import os
import signal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import ConvergenceWarning

from chainrule import InputError, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**parameters):
    settings = {
        "hidden_layer_sizes": (6, 4),
        "activation": "tanh",
        "solver": "sgd",
        "learning_rate_init": 0.02,
        "max_iter": 50,
        "random_state": 1,
    }
    return MLPClassifier(**settings | parameters)


def assert_equal_fits(a, b, rtol=1e-9):
    assert_allclose(a.loss_, b.loss_, rtol=rtol, atol=1e-12)
    for got, expected in zip((*a.coefs_, *a.intercepts_), (*b.coefs_, *b.intercepts_), strict=True):
        assert_allclose(got, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("batch_size", [40, 16])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_dual_gives_the_numbers_of_primal(wide_classes, batch_size, alpha, weighted):
    X, y = wide_classes
    weight = np.arange(40) % 3 if weighted else None
    primal, dual = (
        classifier(batch_size=batch_size, alpha=alpha, first_layer=form).fit(X, y, weight)
        for form in ("primal", "dual")
    )
    assert (primal.first_layer_, dual.first_layer_) == ("primal", "dual")
    assert_allclose(dual.loss_curve_, primal.loss_curve_, rtol=1e-10)
    assert_equal_fits(dual, primal)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("shape", [(40, 300), (40, 30)], ids=["wide", "narrow"])
def test_dual_lbfgs_gives_the_numbers_of_primal(wide_classes, alpha, shape):
    X, y = wide_classes
    X = X[:, : shape[1]]
    primal, dual = (
        classifier(solver="lbfgs", max_iter=30, alpha=alpha, first_layer=form).fit(X, y)
        for form in ("primal", "dual")
    )
    assert primal.n_iter_ == dual.n_iter_
    assert_equal_fits(dual, primal)


def test_dual_lbfgs_converges_where_primal_does(wide_classes):
    """By the largest element of the gradient on features, not on rotated coordinates."""
    X, y = wide_classes
    for tol in (1e-1, 1e-2, 1e-3, 1e-5):
        primal, dual = (
            classifier(solver="lbfgs", max_iter=500, tol=tol, alpha=0.1, first_layer=form).fit(X, y)
            for form in ("primal", "dual")
        )
        assert primal.n_iter_ == dual.n_iter_ < 500
        assert_equal_fits(dual, primal, rtol=1e-5)  # after some hundred line searches
    done = dual.set_params(warm_start=True, tol=1.0).fit(X, y)
    assert done.n_iter_ == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("form", ["primal", "dual"])
def test_lbfgs_that_converges_at_the_limit_is_warned_of(wide_classes, form):
    """SciPy looks at the limits first, and so do both forms."""
    X, y = wide_classes
    clf = classifier(solver="lbfgs", tol=1e-2, alpha=0.1, first_layer=form).fit(X, y)
    for limit in ({"max_iter": clf.n_iter_}, {"max_fun": 3}):
        with pytest.warns(ConvergenceWarning, match=r"failed to converge.*status=1"):
            clf.set_params(**limit).fit(X, y)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_the_dual_coefficients_are_those_of_the_weights(wide_classes, solver, alpha):
    """coefs_[0] = a W0 + X^T C, a = 1 without a penalty; W0 from the same random_state."""
    X, y = wide_classes
    clf = classifier(solver=solver, first_layer="dual", alpha=alpha).fit(X, y)
    bound = np.sqrt(6 / (300 + 6))
    W0 = np.random.RandomState(1).uniform(-bound, bound, (300, 6))
    rest = clf.coefs_[0] - X.T @ clf.dual_coef_
    a = (rest * W0).sum() / (W0 * W0).sum()
    assert_allclose(rest, a * W0, rtol=1e-7, atol=1e-9)
    assert a == pytest.approx(1) if alpha == 0 else a < 0.99
    assert not hasattr(clf.set_params(first_layer="primal").fit(X, y), "dual_coef_")


def test_examples_held_out_have_no_dual_coefficients(wide_classes):
    X, y = wide_classes
    clf = classifier(first_layer="dual", early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert clf.dual_coef_.shape == (40, 6)
    assert (clf.dual_coef_ == 0).all(axis=1).sum() == 10
    weight = np.r_[np.zeros(5), np.ones(35)]
    clf = classifier(first_layer="dual").fit(X, y, weight)
    assert_array_equal((clf.dual_coef_ == 0).all(axis=1), weight == 0)


def test_the_choice_is_reported(wide_classes):
    X, y = wide_classes
    X = np.random.default_rng(0).standard_normal((40, 4000))
    clf = classifier(max_iter=400).fit(X, y)
    assert clf.first_layer_ == "dual"
    assert "operations" in clf.first_layer_reason_
    assert "40 examples, 4000 features" in clf.first_layer_reason_
    assert classifier(solver="adam").fit(X, y).first_layer_ == "primal"
    assert classifier(max_iter=400).fit(X[:, :3], y).first_layer_ == "primal"
    assert classifier(max_iter=400).partial_fit(X, y, classes=[0, 1, 2]).first_layer_ == "primal"


def test_adam_has_no_dual_form(two_classes):
    with pytest.raises(InputError, match="solver='sgd' or 'lbfgs' for first_layer='dual'"):
        classifier(solver="adam", first_layer="dual").fit(*two_classes)


def test_a_list_of_activations(two_classes):
    same = classifier().fit(*two_classes)
    listed = classifier(activation=["tanh", "tanh"]).fit(*two_classes)
    assert_equal_fits(listed, same, rtol=0)
    mixed = classifier(activation=("relu", "logistic")).fit(*two_classes)
    X = two_classes[0]
    A = np.maximum(X @ mixed.coefs_[0] + mixed.intercepts_[0], 0)
    A = 1 / (1 + np.exp(-A @ mixed.coefs_[1] - mixed.intercepts_[1]))
    P = 1 / (1 + np.exp(-A @ mixed.coefs_[2] - mixed.intercepts_[2]))
    assert_allclose(mixed.predict_proba(X)[:, 1:], P, rtol=1e-12)
    with pytest.raises(InputError, match="one for each of 2 hidden layers"):
        classifier(activation=["tanh"]).fit(*two_classes)
    with pytest.raises(InputError, match=r"leaky_relu.*'softmax'"):
        classifier(activation=["tanh", "softmax"]).fit(*two_classes)


def test_leaky_relu(two_classes):
    clf = classifier(activation="leaky_relu", hidden_layer_sizes=(5,)).fit(*two_classes)
    X = two_classes[0]
    Z = X @ clf.coefs_[0] + clf.intercepts_[0]
    Z = np.where(Z > 0, Z, 0.01 * Z) @ clf.coefs_[1] + clf.intercepts_[1]
    assert_allclose(clf.predict_proba(X)[:, 1:], 1 / (1 + np.exp(-Z)), rtol=1e-12)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_no_dropout_draws_nothing(two_classes, solver):
    states = []
    for dropout in (0.0, [0, 0.0], 0.5):
        rng = np.random.RandomState(1)
        classifier(solver=solver, dropout=dropout, random_state=rng).fit(*two_classes)
        states.append(rng.random_sample(3))
    assert_array_equal(states[0], states[1])
    assert not np.allclose(states[0], states[2])


@pytest.mark.parametrize("batch_size", [40, 16])
def test_dropout_is_the_same_in_both_forms(wide_classes, batch_size):
    X, y = wide_classes
    primal, dual, none = (
        classifier(batch_size=batch_size, dropout=rate, first_layer=form).fit(X, y)
        for form, rate in (("primal", 0.3), ("dual", [0.3, 0.3]), ("primal", 0.0))
    )
    assert_equal_fits(dual, primal)
    assert not np.allclose(primal.coefs_[0], none.coefs_[0])


def test_dropout_by_hand(numbers):
    """One step of gradient descent through the mask that the generator draws."""
    X, y = numbers
    settings = {"hidden_layer_sizes": (5,), "activation": "tanh", "alpha": 0.0, "momentum": 0.0}
    reg = MLPRegressor(
        **settings, solver="sgd", learning_rate_init=0.1, max_iter=1, random_state=4, dropout=0.4,
        batch_size=60,
    ).fit(X, y)  # fmt: skip
    rng = np.random.RandomState(4)
    bounds = np.sqrt(6 / 13), np.sqrt(6 / 6)
    W1, b1 = rng.uniform(-bounds[0], bounds[0], (8, 5)), rng.uniform(-bounds[0], bounds[0], 5)
    W2, b2 = rng.uniform(-bounds[1], bounds[1], (5, 1)), rng.uniform(-bounds[1], bounds[1], 1)
    rng.shuffle(np.arange(60))
    mask = (rng.random_sample((5, 60)) >= 0.4).T / 0.6
    A = np.tanh(X @ W1 + b1)
    error = (A * mask) @ W2 + b2 - y[:, None]
    assert_allclose(reg.loss_, 0.5 * np.square(error).mean(), rtol=1e-12)
    dZ = error @ W2.T * mask * (1 - A**2) / 60
    assert_allclose(reg.coefs_[1], W2 - 0.1 * (A * mask).T @ error / 60, rtol=1e-10)
    assert_allclose(reg.coefs_[0], W1 - 0.1 * X.T @ dZ, rtol=1e-10)


@pytest.mark.parametrize("dropout", [1.0, -0.1, [0.5], [0.5, 1.0], "much"])
def test_dropout_must_be_rates(two_classes, dropout):
    with pytest.raises(ValueError, match="dropout"):
        classifier(dropout=dropout).fit(*two_classes)


def test_lbfgs_has_no_dropout(two_classes):
    with pytest.raises(InputError, match="solver='sgd' or 'adam' for dropout"):
        classifier(solver="lbfgs", dropout=0.1).fit(*two_classes)


def test_class_weight_is_a_weight_of_each_example(two_classes):
    X, y = two_classes
    by_hand = np.where(y == "yes", 3.0, 0.5)
    given = np.random.default_rng(0).random(60)
    for weight in (None, given):
        a = classifier(class_weight={"yes": 3.0, "no": 0.5}).fit(X, y, weight)
        b = classifier().fit(X, y, by_hand if weight is None else by_hand * weight)
        assert_equal_fits(a, b, rtol=1e-12)
    balanced = classifier(class_weight="balanced").fit(X, y)
    frequency = {name: (y == name).mean() for name in ("no", "yes")}
    b = classifier().fit(X, y, [1 / (2 * frequency[name]) for name in y])
    assert_equal_fits(balanced, b, rtol=1e-12)


def test_class_weight_in_partial_fit(two_classes):
    X, y = two_classes
    a = classifier(class_weight={"yes": 3.0}).partial_fit(X, y, classes=["no", "yes"])
    b = classifier().partial_fit(X, y, np.where(y == "yes", 3.0, 1.0), classes=["no", "yes"])
    assert_equal_fits(a, b, rtol=1e-12)
    with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
        classifier(class_weight="balanced").partial_fit(X, y, classes=["no", "yes"])


def test_class_weight_is_no_part_of_the_score(two_classes):
    X, y = two_classes
    train, rest = slice(0, 40), slice(40, 60)
    clf = classifier(class_weight="balanced", early_stopping=True, max_iter=3)
    clf.fit(X[train], y[train], validation_data=(X[rest], y[rest]))
    best = clf.best_validation_score_
    assert best == pytest.approx(clf.score(X[rest], y[rest]))
    clf = classifier(class_weight="balanced", early_stopping=True, validation_fraction=0.3)
    right = 18 * np.array(clf.fit(X, y).validation_scores_)  # of 18 examples, each counted once
    assert_allclose(right, np.round(right), rtol=0, atol=1e-12)


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("sparse", [(False, False), (True, False), (False, True), (True, True)])
def test_validation_data(two_classes, form, sparse):
    X, y = two_classes
    train, rest = slice(0, 40), slice(40, 60)
    wrap = [csr_array if kind else np.asarray for kind in sparse]
    clf = classifier(early_stopping=True, n_iter_no_change=5, first_layer=form)
    weight = np.linspace(0, 1, 20)
    clf.fit(wrap[0](X[train]), y[train], validation_data=(wrap[1](X[rest]), y[rest], weight))
    assert len(clf.validation_scores_) == clf.n_iter_
    # Without it the same training goes on, and its weights after the best epoch are the ones kept.
    epochs = int(np.argmax(clf.validation_scores_)) + 1
    plain = classifier(max_iter=epochs, tol=0.0, first_layer=form).fit(X[train], y[train])
    assert_equal_fits_of_weights(clf, plain)
    score = plain.score(X[rest], y[rest], weight)
    assert clf.best_validation_score_ == pytest.approx(score)


def assert_equal_fits_of_weights(a, b):
    for got, expected in zip(a.coefs_, b.coefs_, strict=True):
        assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_validation_data_of_a_regressor(numbers):
    X, y = numbers
    reg = MLPRegressor(
        "squared_error",
        (5,),
        solver="sgd",
        early_stopping=True,
        max_iter=20,
        random_state=1,
        n_iter_no_change=30,
    ).fit(X[:40], y[:40], validation_data=(X[40:], y[40:]))
    assert reg.best_validation_score_ == pytest.approx(reg.score(X[40:], y[40:]))


def test_validation_data_that_does_not_fit(two_classes):
    X, y = two_classes
    with pytest.raises(InputError, match="early_stopping=True and solver"):
        classifier().fit(X, y, validation_data=(X, y))
    early = classifier(early_stopping=True)
    with pytest.raises(InputError, match=r"\(X, y\) or \(X, y, sample_weight\)"):
        early.fit(X, y, validation_data=X)
    with pytest.raises(ValueError, match="7 features"):
        early.fit(X, y, validation_data=(X[:, :7], y))
    with pytest.raises(ValueError, match="classes not in"):
        early.fit(X, y, validation_data=(X[:2], ["yes", "perhaps"]))


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_logistic_regression_without_hidden_layers(two_classes, solver):
    X, y = two_classes
    clf = classifier(hidden_layer_sizes=(), solver=solver).fit(X, y)
    assert [W.shape for W in clf.coefs_] == [(8, 1)]
    Z = X @ clf.coefs_[0] + clf.intercepts_[0]
    assert_allclose(clf.predict_proba(X)[:, 1:], 1 / (1 + np.exp(-Z)), rtol=1e-12)


def test_poisson_needs_counts():
    with pytest.raises(InputError, match="y >= 0 for loss='poisson'"):
        MLPRegressor("poisson").fit([[1.0], [2.0]], [1, -1])


def test_a_warm_start_of_another_architecture(two_classes):
    clf = classifier(warm_start=True).fit(*two_classes)
    with pytest.raises(InputError, match=r"\[8, 3, 1\] units.*\[8, 6, 4, 1\]"):
        clf.set_params(hidden_layer_sizes=(3,)).fit(*two_classes)


def test_regressors_with_lbfgs_have_no_partial_fit():
    assert not hasattr(MLPRegressor(solver="lbfgs"), "partial_fit")
    assert hasattr(MLPRegressor(solver="sgd"), "partial_fit")


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_batches_that_weigh_nothing_teach_nothing(two_classes, form):
    X, y = two_classes
    weight = np.r_[np.ones(40), np.zeros(20)]
    settings = {"shuffle": False, "batch_size": 20, "first_layer": form}
    a = classifier(**settings).fit(X, y, weight)
    b = classifier(**settings).fit(X[:40], y[:40])
    assert_equal_fits_of_weights(a, b)
    assert_allclose(a.loss_curve_, b.loss_curve_, rtol=1e-12)  # nor have they a loss


def test_nothing_that_weighs_is_trained_on(two_classes):
    """The examples of positive weight may all be held out."""
    X, y = two_classes
    clf = classifier(early_stopping=True, first_layer="dual", max_iter=1)
    held_out = (clf.fit(X, y).dual_coef_ == 0).all(axis=1)
    with pytest.raises(InputError, match="positive weight among those that are trained on"):
        clf.fit(X, y, sample_weight=held_out.astype(float))


def test_a_warm_start_keeps_the_best_weights(two_classes):
    """Those of `best_validation_score_`, where a further fit finds none that are better."""
    X, y = two_classes
    held_out = X[::4], y[::4]
    clf = classifier(early_stopping=True, warm_start=True, max_iter=60, n_iter_no_change=3)
    clf.fit(X, y, validation_data=held_out)
    best = [W.copy() for W in clf.coefs_]
    clf.set_params(learning_rate_init=1e-9, max_iter=2).fit(X, y, validation_data=held_out)
    assert clf.score(*held_out) == clf.best_validation_score_
    for ours, other in zip(clf.coefs_, best, strict=True):
        assert_array_equal(ours, other)


def test_probabilities_keep_their_digits():
    clf = MLPClassifier((), solver="sgd", max_iter=1, random_state=0).fit([[0.0], [1.0]], [0, 1])
    clf.coefs_, clf.intercepts_ = [np.ones((1, 1))], [np.zeros(1)]
    P = clf.predict_proba([[100.0], [-100.0], [0.0]])
    assert_allclose(P[:, 0], [np.exp(-100), 1, 0.5], rtol=1e-13)
    assert_allclose(clf.predict_log_proba([[100.0]]), [[-100, -np.exp(-100)]], atol=1e-40)


class AtEpoch(ScoringMonitor):
    """Calls a function at the end of an epoch."""

    def __init__(self, epoch, function):
        super().__init__(scoring=None)
        self.epoch, self.function = epoch, function

    def on_fit_task_end(self, estimator, context, **_):
        if context.task_name == "epoch" and context.task_id == self.epoch:
            return self.function()
        return False


def interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize(
    "function", [interrupt, lambda: os.kill(os.getpid(), signal.SIGINT)], ids=["raised", "signal"]
)
def test_ctrl_c_keeps_what_was_reached(two_classes, form, function):
    clf = classifier(first_layer=form).set_callbacks(AtEpoch(4, function))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        clf.fit(*two_classes)
    assert 5 <= clf.n_iter_ <= 6
    assert len(clf.loss_curve_) == clf.n_iter_
    assert clf.predict_proba(two_classes[0]).shape == (60, 2)


def test_the_fitted_network_as_chainrules_own(wide_classes, numbers):
    X, y = wide_classes
    clf = classifier(activation=["leaky_relu", "logistic"])
    with pytest.raises(ValueError, match="not fitted"):
        clf.network_  # noqa: B018 (asking for it is the point)
    network = clf.fit(X, y).network_
    assert network.activations == ("leaky_relu", "sigmoid", "softmax")
    assert np.shares_memory(network.weights[0], clf.coefs_[0])
    assert_allclose(network.predict_proba(X.T).T, clf.predict_proba(X), rtol=1e-12)
    X, y = numbers
    reg = MLPRegressor("poisson", (4,), max_iter=5).fit(X, np.exp(y / 100))
    assert_allclose(reg.network_.predict(X.T)[0], reg.predict(X), rtol=1e-12)
