"""The same random_state, the same numbers: loss curves and weights equal scikit-learn's."""

import warnings
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_matrix, csr_array
from sklearn import neural_network as theirs
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression

import chainrule as ours
from chainrule.training.objective import Objective

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
TOLERANCE = 1e-9  # of a curve over 50 epochs
EPOCHS = 50


def classification(n_classes, m=90, n_x=12):
    return make_classification(m, n_x, n_informative=6, n_classes=n_classes, random_state=n_classes)


def regression(n_targets):
    X, y = make_regression(90, 12, n_targets=n_targets, noise=5.0, random_state=1)
    return X, y / y.std()


def counts():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((90, 12))
    return X, rng.poisson(np.exp(0.4 * X[:, 0] + 0.5))


# Target: (class, parameters, X and y).
TARGETS = {
    "two classes": ("MLPClassifier", {}, classification(2)),
    "three classes": ("MLPClassifier", {}, classification(3)),
    "labels": (
        "MLPClassifier",
        {},
        make_multilabel_classification(90, 12, n_classes=4, random_state=0),
    ),
    "a number": ("MLPRegressor", {}, regression(1)),
    "three numbers": ("MLPRegressor", {}, regression(3)),
    "counts": ("MLPRegressor", {"loss": "poisson"}, counts()),
}
STEPS = {
    "gradient descent": {"momentum": 0.0},
    "momentum": {"nesterovs_momentum": False},
    "nesterov": {},
    "full momentum": {"momentum": 1.0, "learning_rate_init": 1e-4},
}
POLICIES = ("constant", "invscaling", "adaptive")


def both(target, fit=lambda estimator, X, y: estimator.fit(X, y), **parameters):
    """Ours and theirs, fitted alike; `first_layer` is for ours alone."""
    name, own, (X, y) = TARGETS[target]
    first_layer = parameters.pop("first_layer", "auto")
    settings = {
        "hidden_layer_sizes": (7, 5),
        "activation": "tanh",
        "max_iter": EPOCHS,
        "tol": 0.0,
        "n_iter_no_change": EPOCHS,
        "random_state": 3,
        **own,
        **parameters,
    }
    mine = getattr(ours, name)(**settings, first_layer=first_layer)
    other = getattr(theirs, name)(**settings)
    fit(mine, X, y)
    fit(other, X, y)
    return mine, other


def assert_same(mine, other, rtol=TOLERANCE):
    assert mine.n_iter_ == other.n_iter_
    assert_allclose(mine.loss_, other.loss_, rtol=rtol)
    for kind in ("coefs_", "intercepts_"):
        for got, expected in zip(getattr(mine, kind), getattr(other, kind), strict=True):
            assert got.dtype == expected.dtype
            assert_allclose(got, expected, rtol=rtol, atol=rtol)
    for name in ("t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(mine, name) == getattr(other, name)


def assert_same_curves(mine, other):
    assert_same(mine, other)
    assert_allclose(mine.loss_curve_, other.loss_curve_, rtol=TOLERANCE)
    for name in ("best_loss_", "best_validation_score_"):
        got, expected = getattr(mine, name), getattr(other, name)
        assert (got is None) == (expected is None)
        if expected is not None:
            assert_allclose(got, expected, rtol=TOLERANCE)
    if other.validation_scores_ is None:
        assert mine.validation_scores_ is None
    else:
        assert_allclose(mine.validation_scores_, other.validation_scores_, rtol=TOLERANCE)


# Each target with each kind of step, each of both with each policy.
SGD = [
    (target, steps, POLICIES[(j + k) % 3])
    for j, target in enumerate(TARGETS)
    for k, steps in enumerate(STEPS)
]


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize(("target", "steps", "policy"), SGD, ids=str)
def test_sgd(target, steps, policy, first_layer):
    rate = {"learning_rate_init": 0.05 if policy == "invscaling" else 0.01}
    mine, other = both(
        target,
        solver="sgd",
        batch_size=32,
        learning_rate=policy,
        first_layer=first_layer,
        **rate | STEPS[steps],
    )
    assert mine.first_layer_ == first_layer
    assert_same_curves(mine, other)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("batch_size", [1, 45, 90, "auto"])
def test_batches_and_penalties(batch_size, alpha, first_layer):
    epochs = {"max_iter": 10} if batch_size == 1 else {}  # of 90 steps each
    settings = {"batch_size": batch_size, "alpha": alpha, "first_layer": first_layer}
    assert_same_curves(*both("three classes", solver="sgd", **settings, **epochs))


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("target", TARGETS)
def test_adam(target, activation):
    mine, other = both(target, activation=activation, batch_size=32, learning_rate_init=0.01)
    assert_same_curves(mine, other)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize("target", TARGETS)
def test_lbfgs(target, first_layer):
    mine, other = both(target, solver="lbfgs", max_iter=15, first_layer=first_layer)
    assert mine.first_layer_ == first_layer
    assert_same(mine, other, rtol=1e-7)  # a line search magnifies rounding
    assert not hasattr(mine, "loss_curve_")


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_sample_weight(solver, shuffle, first_layer):
    def fit(estimator, X, y):
        estimator.fit(X, y, sample_weight=np.random.default_rng(4).random(len(y)) * 3)

    for target in TARGETS:
        mine, other = both(
            target,
            fit,
            solver=solver,
            shuffle=shuffle,
            batch_size=32,
            max_iter=10,
            first_layer=first_layer,
        )
        assert_same(mine, other, rtol=1e-8 if solver == "lbfgs" else TOLERANCE)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("target", TARGETS)
def test_early_stopping(target, weighted, first_layer):
    def fit(estimator, X, y):
        weight = np.random.default_rng(4).random(len(y)) if weighted else None
        estimator.fit(X, y, sample_weight=weight)

    mine, other = both(
        target,
        fit,
        solver="sgd",
        learning_rate_init=0.05,
        learning_rate="adaptive",
        early_stopping=True,
        validation_fraction=0.3,
        n_iter_no_change=4,
        tol=1e-3,
        first_layer=first_layer,
    )
    assert_same_curves(mine, other)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_the_end_and_what_is_said_on_the_way(solver, policy, capsys):
    said = []
    settings = {
        "solver": solver,
        "learning_rate": policy,
        "learning_rate_init": 0.1,
        "tol": 0.05,
        "n_iter_no_change": 2,
        "max_iter": 300,
        "verbose": True,
    }
    mine, other = both("two classes", lambda *_: None, **settings)
    _, _, (X, y) = TARGETS["two classes"]
    for estimator in (mine, other):
        estimator.fit(X, y)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "Stopping." in said[0]
    assert mine.n_iter_ < 300
    assert_same_curves(mine, other)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_goes_on(solver):
    def fit(estimator, X, y):
        classes = {"classes": np.unique(y)} if hasattr(estimator, "predict_proba") else {}
        for part in (slice(0, 40), slice(40, 90), slice(0, 90), slice(10, 60)):
            estimator.partial_fit(X[part], y[part], **classes)

    for target in ("two classes", "three classes", "three numbers"):
        mine, other = both(target, fit, solver=solver, learning_rate_init=0.05)
        assert_same_curves(mine, other)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_partial_fit_after_fit_keeps_the_momentum(momentum, first_layer):
    def fit(estimator, X, y):
        estimator.fit(X, y)
        estimator.partial_fit(X[:50], y[:50])

    mine, other = both(
        "three classes", fit, solver="sgd", momentum=momentum, first_layer=first_layer
    )
    assert_same_curves(mine, other)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_warm_start(solver, first_layer):
    def fit(estimator, X, y):
        for _ in range(3):
            estimator.fit(X, y)

    mine, other = both(
        "three classes",
        fit,
        solver=solver,
        max_iter=5,
        warm_start=True,
        learning_rate="invscaling",
        learning_rate_init=0.1,
        first_layer=first_layer,
    )
    assert_same(mine, other, rtol=1e-8)
    if solver == "sgd":
        assert_same_curves(mine, other)


@pytest.mark.parametrize("form", [csr_array, csc_matrix], ids=["csr", "csc"])
@pytest.mark.parametrize(
    ("solver", "first_layer"), [*product(["sgd", "lbfgs"], ["primal", "dual"]), ("adam", "primal")]
)
def test_sparse(solver, first_layer, form):
    def fit(estimator, X, y):
        X = np.where(X > 0.3, X, 0)
        estimator.fit(form(X), y)

    mine, other = both(
        "three classes", fit, solver=solver, max_iter=15, batch_size=32, first_layer=first_layer
    )
    assert mine.first_layer_ == first_layer
    assert_same(mine, other)
    X = form(TARGETS["three classes"][2][0])
    assert_allclose(mine.predict_proba(X), other.predict_proba(X), rtol=1e-8)


@pytest.mark.parametrize("sparse", [False, True])
def test_partial_fit_of_the_other_kind_of_matrix(sparse):
    """The memory of momentum survives from sparse to dense and back."""

    def fit(estimator, X, y):
        for step in range(4):
            estimator.partial_fit(
                csr_array(X) if (step % 2 == 0) == sparse else X, y, classes=np.unique(y)
            )

    assert_same_curves(*both("three classes", fit, solver="sgd", learning_rate_init=0.05))


def test_single_precision():
    def fit(estimator, X, y):
        estimator.fit(X.astype(np.float32), y)

    for solver in ("sgd", "adam"):
        mine, other = both("three classes", fit, solver=solver, max_iter=10)
        assert_same(mine, other, rtol=1e-4)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
def test_lbfgs_in_single_precision(first_layer):
    """Rounding ends up in the line searches; the first steps are the same all the same."""

    def fit(estimator, X, y):
        estimator.fit(X.astype(np.float32), y)

    mine, other = both("three classes", fit, solver="lbfgs", max_iter=5, first_layer=first_layer)
    assert_allclose(mine.loss_, other.loss_, rtol=1e-4)
    assert mine.n_iter_ == other.n_iter_
    assert [W.dtype for W in mine.coefs_] == [W.dtype for W in other.coefs_]
    assert [b.dtype for b in mine.intercepts_] == [b.dtype for b in other.intercepts_]


class Listener:
    """A callback that does nothing, but is to be told of every iteration."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context): ...


def test_lbfgs_evaluates_each_point_once_in_single_precision(monkeypatch):
    """What SciPy tells of an iteration is not rounded as what was evaluated."""
    points = []
    evaluate = Objective.evaluate

    def counted(self, *arguments):
        points.append(self.blocks[0].p.copy())
        return evaluate(self, *arguments)

    monkeypatch.setattr(Objective, "evaluate", counted)
    X, y = TARGETS["three classes"][2]
    estimator = ours.MLPClassifier(solver="lbfgs", max_iter=5, random_state=0, first_layer="primal")
    estimator.set_callbacks(Listener()).fit(X.astype(np.float32), y)
    assert len(points) == len({p.tobytes() for p in points})


def test_no_hidden_layer():
    for target in TARGETS:
        for solver in ("sgd", "adam", "lbfgs"):
            mine, other = both(target, solver=solver, hidden_layer_sizes=(), max_iter=10)
            assert_same(mine, other)


def test_the_generator_is_left_where_scikit_learn_leaves_it():
    states = []
    for package in (ours, theirs):
        rng = np.random.RandomState(5)
        package.MLPClassifier(
            (4,), max_iter=3, early_stopping=True, solver="sgd", random_state=rng
        ).fit(*TARGETS["two classes"][2])
        states.append(rng.random_sample(5))
    assert_array_equal(*states)


@pytest.mark.parametrize("target", TARGETS)
def test_predictions(target):
    mine, other = both(target, max_iter=5)
    _, _, (X, y) = TARGETS[target]
    for name in ("predict", "predict_proba", "predict_log_proba"):
        assert hasattr(mine, name) == hasattr(other, name)
        if hasattr(other, name):
            got, expected = getattr(mine, name)(X), getattr(other, name)(X)
            assert got.dtype == expected.dtype
            assert_allclose(got, expected, rtol=1e-8)
    assert_allclose(mine.score(X, y), other.score(X, y), rtol=1e-9)


def test_a_warm_start_keeps_the_best_weights_of_all_fits():
    """scikit-learn overwrites them in place, and ends with the last ones where none were better."""
    X, y = TARGETS["three classes"][2]
    settings = {"solver": "sgd", "learning_rate_init": 0.5, "max_iter": 5, "random_state": 3}
    clf = ours.MLPClassifier((7,), early_stopping=True, warm_start=True, **settings).fit(X, y)
    for rate in (20.0, 20.0):  # so large that nothing gets better
        best, kept = clf.best_validation_score_, clf.coefs_
        clf.set_params(learning_rate_init=rate).fit(X, y)
        assert len(clf.validation_scores_) > 5
        assert clf.best_validation_score_ == best
        assert_array_equal(clf.coefs_[0], kept[0])
    assert clf.validation_scores_[-1] < clf.best_validation_score_


def test_every_parameter_and_default():
    for name in ("MLPClassifier", "MLPRegressor"):
        mine, other = getattr(ours, name)(), getattr(theirs, name)()
        assert other.get_params().items() <= mine.get_params().items()
        own = set(mine.get_params()) - set(other.get_params())
        assert own == {"first_layer", "dropout"} | ({"class_weight"} if "C" in name[3:4] else set())
        assert mine.loss == other.loss


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("alpha", -1), ("momentum", 2), ("solver", "newton"), ("activation", "step"),
        ("hidden_layer_sizes", (3, 0)), ("batch_size", 0), ("tol", -1.0), ("max_iter", 0),
        ("learning_rate", "fast"), ("validation_fraction", 1.0), ("beta_1", 1.0), ("epsilon", 0),
        ("hidden_layer_sizes", -3), ("power_t", -1), ("shuffle", "yes"), ("n_iter_no_change", -1),
    ],
)  # fmt: skip
def test_errors_name_the_same(parameter, value):
    messages = []
    for package in (ours, theirs):
        with pytest.raises(ValueError, match=parameter) as caught:
            package.MLPClassifier(**{parameter: value}).fit(*TARGETS["two classes"][2])
        messages.append((type(caught.value), str(caught.value)))
    (kind, message), (their_kind, their_message) = messages
    if parameter != "activation":  # ours has one more
        # The options of a set come in any order.
        assert sorted(message) == sorted(their_message)
    assert kind is their_kind


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_the_warning_that_it_has_not_converged(solver):
    said = []
    for package in (ours, theirs):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            package.MLPClassifier((3,), solver=solver, max_iter=2, random_state=0).fit(
                *TARGETS["two classes"][2]
            )
        said.append([(w.category, str(w.message).split("\n")[0]) for w in caught])
    assert said[0] == said[1]
    assert len(said[0]) == 1
