"""Several random states at once: the fits that each would be alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from chainrule import MLPClassifier, MLPRegressor
from chainrule.estimators import fit_states

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
STATES = [0, 3, 8]
SETTINGS = {"hidden_layer_sizes": (6, 4), "activation": "tanh", "solver": "sgd", "max_iter": 25}


def assert_those_of_fit(estimator, X, y, rtol=1e-9, **more):
    together = fit_states(estimator, X, y, STATES, **more)
    assert not hasattr(estimator, "coefs_")
    for state, found in zip(STATES, together, strict=True):
        alone = type(estimator)(**estimator.get_params() | {"random_state": state})
        alone.fit(X, y, **more)
        assert found.get_params() == alone.get_params()
        assert found.first_layer_ == alone.first_layer_
        assert found.n_iter_ == alone.n_iter_
        assert found.t_ == alone.t_
        for name in ("loss_curve_", "loss_", "best_loss_", "validation_scores_"):
            expected = getattr(alone, name, None)
            if expected is None:
                assert getattr(found, name, None) is None
            else:
                assert_allclose(getattr(found, name), expected, rtol=rtol)
        for name in ("coefs_", "intercepts_"):
            for a, b in zip(getattr(found, name), getattr(alone, name), strict=True):
                assert a.dtype == b.dtype
                assert_allclose(a, b, rtol=rtol, atol=rtol)
        if hasattr(alone, "dual_coef_"):
            assert_allclose(found.dual_coef_, alone.dual_coef_, rtol=1e-7, atol=1e-9)
        predicted = found.predict(X), alone.predict(X)
        check = assert_allclose if isinstance(estimator, MLPRegressor) else assert_array_equal
        check(*predicted)
    return together


@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("batch_size", [40, 16])
@pytest.mark.parametrize("first_layer", ["primal", "dual"])
def test_sgd_in_both_forms(wide_classes, first_layer, batch_size, alpha):
    clf = MLPClassifier(
        **SETTINGS, learning_rate_init=0.05, batch_size=batch_size, alpha=alpha,
        first_layer=first_layer,
    )  # fmt: skip
    assert_those_of_fit(clf, *wide_classes)


def test_each_ends_by_itself(two_classes):
    clf = MLPClassifier(
        **SETTINGS | {"max_iter": 400}, learning_rate="adaptive", learning_rate_init=0.2, tol=1e-3,
        n_iter_no_change=2,
    )  # fmt: skip
    found = assert_those_of_fit(clf, *two_classes)
    assert len({one.n_iter_ for one in found}) > 1


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_numbers_and_policies(numbers, solver):
    settings = SETTINGS | {"solver": solver, "learning_rate": "invscaling", "batch_size": 13}
    assert_those_of_fit(MLPRegressor(**settings, learning_rate_init=0.05), *numbers)


@pytest.mark.parametrize("first_layer", ["primal", "dual"])
def test_sparse_rows(wide_classes, first_layer):
    X, y = wide_classes
    X = csr_array(np.where(X > 0.5, X, 0))
    assert_those_of_fit(MLPClassifier(**SETTINGS, first_layer=first_layer), X, y)


@pytest.mark.parametrize(
    "more",
    [{"solver": "lbfgs"}, {"early_stopping": True}, {"dropout": 0.3}, {"class_weight": "balanced"}],
    ids=str,
)
def test_what_is_fitted_one_after_the_other(two_classes, more):
    assert_those_of_fit(MLPClassifier(**SETTINGS | more), *two_classes, rtol=0)


def test_sample_weights(two_classes):
    weight = np.arange(60) % 3
    assert_those_of_fit(MLPClassifier(**SETTINGS), *two_classes, rtol=0, sample_weight=weight)


def test_parameters_are_checked(two_classes):
    with pytest.raises(ValueError, match="alpha"):
        fit_states(MLPClassifier(alpha=-1.0), *two_classes, STATES)


def test_one_state_or_none(two_classes):
    (one,) = fit_states(MLPClassifier(**SETTINGS), *two_classes, [4])
    alone = MLPClassifier(**SETTINGS, random_state=4).fit(*two_classes)
    assert_array_equal(one.coefs_[0], alone.coefs_[0])
    assert fit_states(MLPClassifier(**SETTINGS), *two_classes, []) == []
