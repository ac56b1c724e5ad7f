"""Schedules: known values, and their place in training."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import InputError, train
from chainrule.training import SCHEDULES, Constant, Cosine, InverseDecay, StepDecay


@pytest.mark.parametrize(
    ("schedule", "at", "factor"),
    [
        (Constant(), (7, 3, 10), 1),
        (InverseDecay(1.0), (99, 0, 100), 1),
        (InverseDecay(1.0), (0, 3, 100), 1 / 4),
        (InverseDecay(0.0), (0, 3, 100), 1),
        (StepDecay(0.5, 100), (0, 99, 400), 1),
        (StepDecay(0.5, 100), (0, 100, 400), 1 / 2),
        (StepDecay(0.5, 100), (0, 399, 400), 1 / 8),
        (Cosine(), (0, 0, 100), 1),
        (Cosine(), (50, 0, 100), 1 / 2),
        (Cosine(), (100, 0, 100), 0),
        (Cosine(0.2), (100, 0, 100), 0.2),
        (Cosine(0.2), (25, 0, 100), 0.2 + 0.8 * (1 + 0.5**0.5) / 2),
        (Cosine(), (0, 0, 0), 1),
    ],
    ids=str,
)
def test_known_values(schedule, at, factor):
    assert_allclose(schedule(*at), factor, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("batch_size", [None, 4], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_the_recorded_rate_is_the_schedules(name, batch_size, wide_problem):
    result = train(
        *wide_problem,
        schedule=name,
        learning_rate=0.05,
        iterations=9,
        batch_size=batch_size,
        record_every=1,
    )
    history, per_epoch = result.history, 1 if batch_size is None else 3
    assert_allclose(history.epoch, history.iteration // per_epoch)
    factors = [SCHEDULES[name]()(i, i // per_epoch, 9) for i in history.iteration]
    assert_allclose(history.learning_rate, 0.05 * np.array(factors), rtol=1e-15)


def test_one_step_is_scaled_by_the_factor(wide_problem):
    network, data = wide_problem
    plain = train(network, data, learning_rate=0.1, iterations=1)
    scaled = train(network, data, learning_rate=0.4, iterations=1, schedule=lambda *at: 0.25)
    assert_allclose(scaled.network.weights[0], plain.network.weights[0], rtol=1e-13)


def test_a_rate_that_falls_to_zero_ends_the_learning(wide_problem):
    def half(iteration, epoch, iterations):
        return float(iteration < iterations // 2)

    long = train(*wide_problem, learning_rate=0.1, iterations=20, schedule=half)
    short = train(*wide_problem, learning_rate=0.1, iterations=10)
    assert_allclose(long.network.weights[0], short.network.weights[0], rtol=1e-14)


def test_runs_of_different_rates_share_the_schedule(wide_problem):
    network, data = wide_problem
    options = {"schedule": StepDecay(0.1, 5), "iterations": 12, "record_every": 1}
    together = train(network, data, learning_rate=[0.1, 0.3], **options)
    assert_allclose(together.history.learning_rate[-1], [0.001, 0.003])
    alone = train(network, data, learning_rate=0.3, **options)
    assert_allclose(together.run(1).history.cost, alone.history.cost, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InverseDecay(-1), "InverseDecay: expected 0 <= rate"),
        (lambda: StepDecay(0), "StepDecay: expected 0 < factor <= 1"),
        (lambda: StepDecay(1.5), "StepDecay: expected 0 < factor <= 1"),
        (lambda: StepDecay(0.5, 0), "StepDecay: expected every to be a whole number of at least 1"),
        (lambda: Cosine(1.5), "Cosine: expected 0 <= final <= 1"),
    ],
)
def test_settings_out_of_bounds(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value)


def test_a_name_that_is_none(wide_problem):
    with pytest.raises(InputError, match="Did you mean cosine"):
        train(*wide_problem, schedule="cosin")


def test_a_class_instead_of_a_schedule(wide_problem):
    with pytest.raises(InputError, match="schedule"):
        train(*wide_problem, schedule=Cosine)
