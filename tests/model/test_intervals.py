"""Bootstrap intervals: measures as scikit-learn's, ends as SciPy's, coverage as promised."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import bootstrap, norm
from sklearn import metrics

from chainrule import InputError
from chainrule.model.intervals import (
    area_under_curve,
    auc_interval,
    bootstrap_intervals,
    of_single,
    wilson_interval,
)


def answers(m, n=2, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(n, size=m)
    P = rng.random((n, m)).round(1) + np.eye(n)[:, labels] * 0.3 + 0.05
    return P / P.sum(axis=0), labels


@pytest.mark.parametrize("n", [2, 3])
def test_values_are_those_of_scikit_learn(n):
    P, labels = answers(40, n)
    found = {row[0]: row[1] for row in bootstrap_intervals(P, labels, resamples=100).found}
    own = P.argmax(axis=0)
    average = "binary" if n == 2 else "macro"
    scores = P[1] if n == 2 else P.T
    Y = np.eye(n)[labels]
    ours = np.mean([metrics.roc_auc_score(Y[:, k], P[k]) for k in range(n == 2, n)])
    assert_allclose(
        [found[name] for name in ("accuracy", "balanced_accuracy", "f1", "auc", "brier")],
        [
            metrics.accuracy_score(labels, own),
            metrics.balanced_accuracy_score(labels, own),
            metrics.f1_score(labels, own, average=average),
            ours,
            metrics.brier_score_loss(labels, scores),
        ],
    )


def test_ends_are_those_of_scipy():
    P, labels = answers(30)
    right = (P.argmax(axis=0) == labels).astype(float)
    expected = bootstrap((right,), np.mean, n_resamples=2000, rng=np.random.default_rng([3, 0]))
    found = bootstrap_intervals(P, labels)
    assert_allclose(found.of("accuracy"), expected.confidence_interval)
    assert found.found[0][-1] == "BCa"


def test_a_regression():
    rng = np.random.default_rng(1)
    y = rng.standard_normal(50)
    a = y + 0.3 * rng.standard_normal(50)
    found = {row[0]: row for row in bootstrap_intervals(a[None], y).found}
    assert_allclose(found["rmse"][1], np.sqrt(metrics.mean_squared_error(y, a)))
    assert_allclose(found["mae"][1], metrics.mean_absolute_error(y, a))
    assert_allclose(found["r2"][1], metrics.r2_score(y, a))
    assert found["r2"][2] < found["r2"][1] < found["r2"][3]


def test_copies_say_nothing_new():
    # Of every example three copies: drawn one by one they feign thrice as many.
    P, labels = answers(24)
    copied, thrice = np.repeat(P, 3, axis=1), np.repeat(labels, 3)
    alone = bootstrap_intervals(P, labels)
    grouped = bootstrap_intervals(copied, thrice, np.repeat(np.arange(24), 3))
    feigned = bootstrap_intervals(copied, thrice)
    assert_allclose(grouped.of("auc"), alone.of("auc"))
    assert np.ptp(feigned.of("auc")) < 0.8 * np.ptp(alone.of("auc"))
    assert grouped.resampled == "24 groups"


def test_coverage():
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = rng.integers(2, size=60)
        p = 1 / (1 + np.exp(-(2 * labels - 1 + rng.standard_normal(60))))
        low, high = bootstrap_intervals(np.stack([1 - p, p]), labels, resamples=400).of("auc")
        hits += low <= 0.92135 <= high  # Phi(2 / sqrt 2)
    assert hits >= 51  # 57 are expected


def test_where_all_draws_are_alike_there_is_no_interval():
    P, labels = answers(12)
    P = np.eye(2)[:, labels]
    found = {row[0]: row for row in bootstrap_intervals(P, labels).found}
    assert np.isnan(found["accuracy"][2:4]).all()
    assert found["accuracy"][1] == 1.0


def test_a_class_that_some_draws_lack():
    P, labels = answers(12)
    labels = np.zeros(12, int)
    labels[:2] = 1
    found = {row[0]: row for row in bootstrap_intervals(P, labels).found}
    assert found["auc"][-1] == "percentile"
    assert np.isfinite(found["auc"][1:4]).all()


def test_the_interval_of_an_auc():
    # At its lower end the AUC is z standard deviations off, by pROC's formula of 1982.
    low, high = auc_interval(0.9, 30, 12)
    for t in (low, high):
        q_1, q_2 = t / (2 - t), 2 * t * t / (1 + t)
        v = (t * (1 - t) + 11 * (q_1 - t * t) + 29 * (q_2 - t * t)) / 360
        assert_allclose((0.9 - t) ** 2, 1.959964**2 * v, rtol=1e-5)
    # Clear of 1/2 where Mann & Whitney's test by its normal approximation is.
    z = 0.1 / np.sqrt(43 / (12 * 360))
    low, _ = auc_interval(0.6, 30, 12, 2 * norm.cdf(z) - 1)
    assert_allclose(low, 0.5)
    assert auc_interval(1.0, 30, 12)[1] == 1.0
    assert np.isnan(auc_interval(np.nan, 30, 0)).all()


@pytest.mark.parametrize("true", [0.5, 0.8, 0.95])
def test_the_interval_of_an_auc_covers_it(true):
    shift, hits = norm.ppf(true) * 2**0.5, 0
    labels = np.arange(38) < 11
    for seed in range(200):
        scores = np.random.default_rng(seed).standard_normal(38) + shift * labels
        auc = area_under_curve(scores[None], labels[None].astype(float))
        low, high = auc_interval(auc, 27, 11)
        hits += low <= true <= high
    assert hits >= 182  # 190 are expected, 3 the deviation


def test_of_single_examples_some_need_no_draws():
    P, labels = answers(24)
    drawn = bootstrap_intervals(P, labels)
    right = int((P.argmax(axis=0) == labels).sum())
    found = of_single(drawn, right, np.bincount(labels).tolist())
    assert found.of("accuracy") == wilson_interval(right, 24)
    assert found.found[0][-1] == "Wilson"
    assert found.of("brier") == drawn.of("brier")


def test_of_few_groups_there_is_no_interval_by_draws():
    P, labels = answers(24)
    counts, right = np.bincount(labels).tolist(), int((P.argmax(axis=0) == labels).sum())
    for n, method in ((2, "Wilson"), (4, "Wilson"), (6, "BCa")):
        drawn = bootstrap_intervals(P, labels, np.arange(24) % n)
        found = {row[0]: row for row in of_single(drawn, right, counts, n).found}
        assert found["accuracy"][-1] == method
        assert (found["auc"][-1] == "-") == (n < 5)
    two = of_single(bootstrap_intervals(P, labels, np.arange(24) % 2), 24, counts, 2)
    assert two.of("accuracy") == wilson_interval(2, 2)


def test_bad_input():
    P, labels = answers(12)
    with pytest.raises(InputError, match=r"labels of shape \(12,\)"):
        bootstrap_intervals(P, labels[1:])
    with pytest.raises(InputError, match="confidence"):
        bootstrap_intervals(P, labels, confidence=1.0)
