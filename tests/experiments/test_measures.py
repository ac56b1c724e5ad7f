"""Means and spreads."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, roc_auc_score, root_mean_squared_error

from chainrule.experiments.measures import Spread
from chainrule.model.intervals import area_under_curve
from chainrule.model.regression import errors


def test_spread():
    found = Spread.of([1.0, 2.0, 6.0])
    assert (found.mean, found.deviation) == (3.0, pytest.approx(7**0.5))
    assert str(found) == "3.0000 +- 2.6458"
    one = Spread.of([2.0])
    assert one.mean == 2.0
    assert np.isnan(one.deviation)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf, 1.0]])
def test_there_is_no_mean(values):
    assert np.isnan(Spread.of(values).mean)


def test_huge_costs_are_no_warning():
    assert Spread.of([1e200, 2e200]).mean == pytest.approx(1.5e200)


def test_area_under_curve():
    rng = np.random.default_rng(0)
    A, Y = rng.random((3, 20)), np.eye(3)[:, np.arange(20) % 3]
    expected = np.mean([roc_auc_score(Y[k], A[k]) for k in range(3)])
    assert area_under_curve(A, Y) == pytest.approx(expected)
    # A class that is not there is left out of the mean.
    assert area_under_curve(A[:, [0, 1, 3]], Y[:, [0, 1, 3]]) == pytest.approx(
        np.mean([roc_auc_score(Y[k, [0, 1, 3]], A[k, [0, 1, 3]]) for k in (0, 1)])
    )
    assert np.isnan(area_under_curve(A, A))
    assert np.isnan(area_under_curve(A * np.nan, Y))
    assert np.isnan(area_under_curve(A[:1], np.ones((1, 20))))


def test_errors_of_numbers():
    rng = np.random.default_rng(1)
    A, Y = rng.normal(50, 3, (2, 1, 12))
    found = errors(A, Y)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(Y[0], A[0]))
    assert found["mae"] == pytest.approx(mean_absolute_error(Y[0], A[0]))
    assert found["r2"] == pytest.approx(r2_score(Y[0], A[0]))
    assert errors(np.full((1, 12), Y.mean()), Y)["r2"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(errors(A, np.full((1, 12), 0.1))["r2"])
