"""Sample weights and class weights."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import InputError, Network, train


def assert_same(found, expected):
    assert_allclose(found.history.cost, expected.history.cost, rtol=1e-11)
    assert_allclose(found.history.accuracy, expected.history.accuracy, rtol=1e-11)
    for W, same in zip(found.network.weights, expected.network.weights, strict=True):
        assert_allclose(W, same, rtol=1e-9, atol=1e-12)


OPTIONS = {"learning_rate": 0.1, "iterations": 80, "l2": 0.01}
forms = pytest.mark.parametrize("form", ["primal", "dual"])


@forms
def test_weight_zero_leaves_the_example_out(form, wide_problem):
    network, (X, Y) = wide_problem
    keep = np.arange(12) % 4 != 1
    weighted = train(network, (X, Y), sample_weight=keep, first_layer=form, **OPTIONS)
    without = train(network, (X[:, keep], Y[:, keep]), first_layer=form, **OPTIONS)
    assert_same(weighted, without)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0}], ids=str)
def test_weight_zero_leaves_the_example_out_of_class_weights_too(class_weight, wide_problem):
    network, (X, Y) = wide_problem
    keep = ~((Y[0] == 1) & (np.arange(12) > 5))
    assert 0 < Y[0, keep].mean() < Y[0].mean()
    options = OPTIONS | {"class_weight": class_weight}
    weighted = train(network, (X, Y), sample_weight=keep, **options)
    assert_same(weighted, train(network, (X[:, keep], Y[:, keep]), **options))


def test_balanced_runs_of_different_examples(wide_problem):
    network, (X, Y) = wide_problem
    folds = np.array([(Y[0] != label) | (np.arange(12) < 6) for label in (0, 1)])
    assert Y[0, folds[0]].mean() > Y[0, folds[1]].mean()
    options = OPTIONS | {"class_weight": "balanced"}
    together = train(network, (X, Y), sample_weight=folds, **options)
    for r, keep in enumerate(folds):
        assert_same(together.run(r), train(network, (X[:, keep], Y[:, keep]), **options))


@forms
def test_weight_two_is_the_example_twice(form, wide_problem):
    network, (X, Y) = wide_problem
    twice = [*range(12), 3, 5]
    weight = np.ones(12)
    weight[[3, 5]] = 2
    weighted = train(network, (X, Y), sample_weight=weight, first_layer=form, **OPTIONS)
    assert_same(weighted, train(network, (X[:, twice], Y[:, twice]), first_layer=form, **OPTIONS))


def test_only_the_ratios_count(wide_problem):
    network, data = wide_problem
    weight = np.arange(1, 13)
    assert_same(
        train(network, data, sample_weight=weight, **OPTIONS),
        train(network, data, sample_weight=weight * 1e6, **OPTIONS),
    )


def test_the_cost_is_the_weighted_mean(wide_problem):
    network, (X, Y) = wide_problem
    weight = np.arange(1, 13) / 78
    P = network.predict_proba(X)
    losses = -np.log(np.where(Y == 1, P, 1 - P))[0]
    found = train(network, (X, Y), sample_weight=weight, iterations=0).history.cost
    assert_allclose(found, [(weight * losses).sum()], rtol=1e-13)


def test_balanced_is_scikit_learns(three_classes):
    from sklearn.utils.class_weight import compute_sample_weight

    network, (X, Y) = three_classes
    counts = np.bincount(Y.argmax(axis=0))
    assert len(set(counts)) > 1
    weight = compute_sample_weight("balanced", Y.argmax(axis=0))
    assert_same(
        train(network, (X, Y), class_weight="balanced", **OPTIONS),
        train(network, (X, Y), sample_weight=weight, **OPTIONS),
    )


def test_balanced_with_an_empty_class(three_classes):
    network, (X, _) = three_classes
    Y = np.eye(3)[:, [0, 0, 0, 2, 2, 0, 0, 0, 0, 0]]
    weight = np.where(Y[2] == 1, 4.0, 1.0)
    assert_same(
        train(network, (X, Y), class_weight="balanced", **OPTIONS),
        train(network, (X, Y), sample_weight=weight, **OPTIONS),
    )


def test_class_weights_times_sample_weights(wide_problem):
    network, (X, Y) = wide_problem
    sample = np.arange(1, 13)
    product = sample * np.where(Y[0] == 1, 5.0, 1.0)
    assert_same(
        train(network, (X, Y), sample_weight=sample, class_weight={1: 5}, **OPTIONS),
        train(network, (X, Y), sample_weight=product, **OPTIONS),
    )


@pytest.mark.parametrize("batch_size", [1, 5], ids=["single examples", "fives"])
def test_batches_of_no_weight_do_not_count(batch_size, wide_problem):
    # Labels are the network's own answers, so everything that counts is right.
    network, (X, _) = wide_problem
    Y = network.predict(X)
    weight = np.zeros(12)
    weight[[1, 8]] = 1
    result = train(
        network, (X, Y), sample_weight=weight, batch_size=batch_size, learning_rate=1e-9, epochs=1
    )
    assert_allclose(result.history.accuracy, [1.0])
    P = network.predict_proba(X[:, [1, 8]])
    expected = -np.log(np.maximum(P, 1 - P)).mean()
    if batch_size == 1:
        assert_allclose(result.history.cost, [expected], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_weight": np.ones(11)}, "sample_weight of shape (12,) or (R, 12); got (11,)"),
        ({"sample_weight": np.ones((12, 1))}, "got (12, 1)"),
        ({"sample_weight": np.ones((2, 1, 12))}, "got (2, 1, 12)"),
        ({"sample_weight": -np.ones(12)}, "finite and >= 0"),
        ({"sample_weight": np.full(12, np.nan)}, "finite and >= 0"),
        ({"sample_weight": np.full(12, np.inf)}, "finite and >= 0"),
        ({"sample_weight": np.zeros(12)}, "positive weight in every run"),
        ({"sample_weight": np.eye(2, 12) * [[1], [0]]}, "positive weight in every run"),
        ({"sample_weight": np.ones((0, 12))}, "0 in sample_weight"),
        ({"sample_weight": [[1.0], [1.0, 2.0]]}, "sample_weight of shape (m,) or (R, m)"),
        ({"sample_weight": "heavy"}, "sample_weight"),
        ({"sample_weight": np.ones(12, complex)}, "sample_weight"),
        ({"class_weight": "balance"}, "Did you mean balanced?"),
        ({"class_weight": {2: 1.0}}, "classes below 2 in class_weight; got 2"),
        ({"class_weight": {"cat": 1.0}}, "a class in class_weight"),
        ({"class_weight": {0: -1.0}}, "0 <= class_weight"),
        ({"class_weight": {0: [1.0, 2.0]}}, "class_weight"),
        ({"class_weight": {0: 0.0, 1: 0.0}}, "positive weight"),
        ({"class_weight": [1.0, 2.0]}, "class_weight"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:40],
)
def test_weights_that_cannot_be(options, message, wide_problem):
    with pytest.raises(InputError) as caught:
        train(*wide_problem, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("output", "Y"),
    [("identity", [[3.0, 7.0]]), ("sigmoid", [[0.2, 1.0]]), ("sigmoid", [[1, 0], [1, 1]])],
    ids=["regression", "soft labels", "several classes at once"],
)
def test_no_classes_to_weigh(output, Y):
    network = Network.create((2, len(Y)), output=output)
    with pytest.raises(InputError, match=r"class_weight.*sample_weight"):
        train(network, (np.eye(2), np.array(Y)), class_weight="balanced")
