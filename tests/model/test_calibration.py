"""Calibration: scikit-learn's bins, and a verdict that chance does not give."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.calibration import calibration_curve

from chainrule.model.calibration import calibration
from chainrule.model.intervals import wilson_interval


def two(p):
    return np.array([1 - p, p])


@pytest.mark.parametrize("rounded", [False, True])
def test_bins_are_scikit_learns(rounded):
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 0.5, 300)
    p = p.round(1) if rounded else p  # equal ones are in one bin
    labels = (rng.random(300) < p).astype(int)
    found = calibration(two(p), labels)
    share, mean = calibration_curve(labels, p, n_bins=10, strategy="quantile")
    assert_allclose(found.share, share)
    assert_allclose(found.p, mean)
    if not rounded:
        low, high = wilson_interval(round(30 * share[4]), 30)
        assert_allclose((found.low[4], found.high[4]), (low, high))


def test_of_few_examples_there_are_few_bins():
    p = np.linspace(0.1, 0.9, 35)
    assert len(calibration(two(p), (p > 0.4).astype(int)).p) == 3
    assert len(calibration(two(p[:4]), np.array([0, 1, 0, 1])).p) == 1


@pytest.mark.parametrize(
    ("power", "verdict"),
    [(1, "As sure as it is right"), (4, "Too sure:"), (0.3, "Less sure")],
)
@pytest.mark.parametrize("n", [2, 3])
def test_the_verdict_on_probabilities_that_are_true_or_not(power, verdict, n):
    rng = np.random.default_rng(1)
    P = rng.dirichlet(np.ones(n), 2000).T
    labels = (rng.random(2000) > P.cumsum(axis=0)).sum(axis=0)
    Q = P**power / (P**power).sum(axis=0)
    found = calibration(Q, labels)
    assert found.verdict.startswith(verdict)
    assert f"{100 * np.mean(labels == Q.argmax(axis=0)):.1f} % are right" in found.verdict


def test_chance_says_too_sure_in_a_twentieth_of_all_cases():
    rng = np.random.default_rng(2)
    p = rng.random(60)
    found = [calibration(two(p), (rng.random(60) < p) * 1).verdict for _ in range(400)]
    assert 0.02 < np.mean([not one.startswith("As sure") for one in found]) < 0.07


def test_one_mistake_of_answers_that_are_nearly_certain_is_no_sign():
    p = np.append(np.full(49, 0.997), 0.99)
    found = calibration(two(p), np.append(np.ones(49, int), 0))
    assert found.verdict.startswith("As sure as it is right")
    hits = np.random.default_rng(3).random((20_000, 50)) < p
    chances = np.mean(hits.sum(axis=1) <= 49), np.mean(hits.sum(axis=1) >= 49)
    assert_allclose((found.so_few, found.so_many), chances, atol=0.01)


def test_certain_answers():
    p = np.array([0.0, 1.0, 1.0])
    assert calibration(two(p), np.array([0, 1, 1])).verdict.startswith("As sure")
    assert calibration(two(p), np.array([0, 1, 0])).verdict.startswith("Too sure:")
