"""Validation costs, and early stopping that keeps the best."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import EarlyStopping, InputError, Network, train
from chainrule.training import Callback

forms = pytest.mark.parametrize("form", ["primal", "dual"])


class Copies(Callback):
    """The network at every record."""

    def on_start(self, session):
        self.networks = []

    def on_record(self, session, record):
        self.networks.append(session.network())


@forms
@pytest.mark.parametrize("batch_size", [None, 3], ids=["full batch", "mini-batches"])
def test_validation_is_the_networks_cost_without_penalty(form, batch_size, noisy_split):
    network, data, (X, Y) = noisy_split
    copies = Copies()
    result = train(
        network,
        data,
        validation=(X, Y),
        l2=0.3,
        first_layer=form,
        batch_size=batch_size,
        iterations=30,
        record_every=7,
        callbacks=[copies],
    )
    assert len(copies.networks) == len(result.history)
    expected = [own.cost(X, Y) for own in copies.networks]
    assert_allclose(result.history.validation_cost, expected, rtol=1e-11)
    right = [(own.predict(X) == Y).mean() for own in copies.networks]
    assert_allclose(result.history.validation_accuracy, right)


def test_validation_changes_nothing(noisy_split):
    network, data, validation = noisy_split
    seen = train(network, data, validation=validation, iterations=20)
    unseen = train(network, data, iterations=20)
    assert_array_equal(seen.network.weights[0], unseen.network.weights[0])
    assert_array_equal(seen.history.cost, unseen.history.cost)
    assert unseen.history.validation_cost is None


def overfit(split, patience, form="auto", **options):
    network, data, validation = split
    return train(
        network,
        data,
        validation=validation,
        early_stopping=patience and EarlyStopping(patience),
        first_layer=form,
        **{"learning_rate": 0.3, "iterations": 400, "record_every": 5} | options,
    )


@forms
@pytest.mark.parametrize("batch_size", [None, 3], ids=["full batch", "mini-batches"])
def test_stops_after_waiting_and_keeps_the_best(form, batch_size, noisy_split):
    _, _, (X, Y) = noisy_split
    copies = Copies()
    free = overfit(noisy_split, None, form, batch_size=batch_size, callbacks=[copies])
    costs = free.history.validation_cost
    best = int(costs.argmin())
    assert 0 < best < 20
    assert (costs[best : best + 4] >= costs[best]).all()

    stopped = overfit(noisy_split, 3, form, batch_size=batch_size)
    assert stopped.stopped == "early stopping"
    # Until the first stretch of three records without an improvement.
    waited = [t for t in range(3, len(costs)) if costs[t - 3] <= min(costs[: t + 1])]
    assert stopped.iterations == stopped.ended == free.history.iteration[waited[0]]
    assert_allclose(stopped.history.validation_cost, costs[: waited[0] + 1], rtol=1e-12)
    least = stopped.history.validation_cost.min()
    assert_allclose(stopped.network.cost(X, Y), least, rtol=1e-11)
    kept = copies.networks[int(stopped.history.validation_cost.argmin())]
    for W, same in zip(stopped.network.weights, kept.weights, strict=True):
        assert_allclose(W, same, rtol=1e-10, atol=1e-14)


def test_the_best_is_kept_though_training_ran_to_its_end(noisy_split):
    _, _, (X, Y) = noisy_split
    result = overfit(noisy_split, 1000)
    assert result.stopped is None
    assert result.iterations == 400
    assert result.history.validation_cost[-1] > result.history.validation_cost.min()
    assert_allclose(result.network.cost(X, Y), result.history.validation_cost.min(), rtol=1e-11)


def test_the_dual_coefficients_are_those_of_the_kept_network(noisy_split):
    network, (X, _), _ = noisy_split
    result = overfit(noisy_split, 3, "dual")
    rebuilt = result.dual.a * network.weights[0] + result.dual.C @ X.T
    assert_allclose(result.network.weights[0], rebuilt, rtol=1e-10, atol=1e-13)


def test_a_small_gain_is_no_improvement_but_the_best_all_the_same(noisy_split):
    network, data, (X, Y) = noisy_split
    result = train(
        network,
        data,
        validation=(X, Y),
        early_stopping=EarlyStopping(patience=4, min_delta=10.0),
        learning_rate=1e-3,
        iterations=100,
        record_every=1,
    )
    # The first cost is an improvement on none; the four after it gain less than 10.
    assert result.iterations == 4
    costs = result.history.validation_cost
    assert_allclose(result.network.cost(X, Y), costs.min(), rtol=1e-12)


def test_early_stopping_needs_a_validation_set(wide_problem):
    with pytest.raises(InputError, match="validation=") as caught:
        train(*wide_problem, early_stopping=EarlyStopping())
    assert "a validation set for early stopping; got none" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping(0), "patience to be a whole number of at least 1"),
        (lambda: EarlyStopping(2.5), "patience to be a whole number"),
        (lambda: EarlyStopping(min_delta=-1), "0 <= min_delta"),
    ],
)
def test_settings_out_of_bounds(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((np.ones((3, 40)), np.ones((1, 3))), "The examples look like rows: pass X.T."),
        ((np.ones((7, 3)), np.ones((1, 3))), "X with 40 rows"),
        ((np.ones((40, 3)), np.ones((1, 4))), "Y of shape (1, 3)"),
        ((np.ones((40, 0)), np.ones((1, 0))), "at least one example"),
        ((np.full((40, 3), np.inf), np.ones((1, 3))), "finite"),
        (np.ones((40, 3)), "(X, Y)"),
    ],
    ids=["rows", "features", "labels", "empty", "infinite", "no labels"],
)
def test_a_validation_set_that_does_not_fit(validation, message, wide_problem):
    with pytest.raises(InputError) as caught:
        train(*wide_problem, validation=validation)
    assert message in str(caught.value)


def test_errors_say_that_it_is_the_validation_set(wide_problem):
    with pytest.raises(InputError, match="train: validation: "):
        train(*wide_problem, validation=(np.ones((7, 3)), np.ones((1, 3))))
    with pytest.raises(InputError, match="validation"):
        train(*wide_problem, validation=(np.ones((40, 3)), np.ones((3, 1))))


def test_validation_of_softmax_and_regression(three_classes):
    network, (X, Y) = three_classes
    found = train(network, (X, Y), validation=(X, Y), iterations=0).history
    assert_allclose(found.validation_cost, found.cost, rtol=1e-12)
    assert_allclose(found.validation_accuracy, found.accuracy)
    line = Network.create((6, 3), output="identity", rng=1)
    found = train(line, (X, Y), validation=(X, Y), iterations=0).history
    assert_allclose(found.validation_cost, line.cost(X, Y), rtol=1e-12)
    assert np.isnan(found.validation_accuracy).all()


@forms
@pytest.mark.parametrize("batch_size", [None, 6], ids=["full batch", "mini-batches"])
def test_held_out_examples_of_ones_own_are_measured_at_every_record(form, batch_size, noisy_split):
    network, (X, Y), _ = noisy_split
    held = np.zeros((3, 20))
    held[0, :5], held[1, 7] = 1, 1
    copies = Copies()
    options = {"batch_size": batch_size, "iterations": 30, "record_every": 7}
    result = train(
        network,
        (X, Y),
        sample_weight=1 - held,
        validation_weight=held,
        first_layer=form,
        callbacks=[copies],
        **options,
    )
    for r, part in ((0, slice(5)), (1, slice(7, 8))):
        own = [each.run(r) for each in copies.networks]
        expected = [n.cost(X[:, part], Y[:, part]) for n in own]
        assert_allclose(result.history.validation_cost[:, r], expected, rtol=1e-11)
        right = [(n.predict(X[:, part]) == Y[:, part]).mean() for n in own]
        assert_allclose(result.history.validation_accuracy[:, r], right)
    assert np.isnan(result.history.validation_cost[:, 2]).all()
    unseen = train(network, (X, Y), sample_weight=1 - held, first_layer=form, **options)
    assert_array_equal(result.network.weights[0], unseen.network.weights[0])


def test_early_stopping_by_held_out_examples(noisy_split):
    network, (X, Y), (X_val, Y_val) = noisy_split
    held = np.r_[np.zeros(20), np.ones(12)]
    together = (np.c_[X, X_val], np.c_[Y, Y_val])
    options = {"early_stopping": EarlyStopping(2), "iterations": 400, "learning_rate": 0.1}
    by_weight = train(network, together, sample_weight=1 - held, validation_weight=held, **options)
    by_set = train(network, (X, Y), validation=(X_val, Y_val), **options)
    assert by_set.stopped == by_weight.stopped == "early stopping"
    assert by_set.iterations == by_weight.iterations
    assert_allclose(by_weight.network.weights[0], by_set.network.weights[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation_weight": np.ones(19)}, r"validation_weight of shape \(20,\) or \(R, 20\)"),
        ({"validation_weight": -np.ones(20)}, "finite and >= 0; got 20 values that are not"),
        ({"validation_weight": np.ones((2, 20))}, "validation_weight for no runs; got for 2"),
        (
            {"validation_weight": np.ones((2, 20)), "learning_rate": [0.1, 0.2, 0.3]},
            "for 3 runs; got for 2",
        ),
        (
            {"validation_weight": np.ones(20), "validation": (np.ones((15, 1)), np.ones((1, 1)))},
            "validation or validation_weight; got both",
        ),
    ],
)
def test_validation_weights_that_do_not_fit(arguments, message, noisy_split):
    network, data, _ = noisy_split
    with pytest.raises(InputError, match=message):
        train(network, data, **arguments)
