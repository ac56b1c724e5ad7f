"""What new examples are told by networks trained without each example."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import DivergenceError, InputError, Model, train
from chainrule.data import Scaling
from chainrule.experiments import Execution, Setting, without_each


def plain(data, setting, raw):
    """Probabilities by one training on just these data."""
    n_x, n_y = data.raw.shape[0], 1 if len(data.classes) == 2 else len(data.classes)
    found = train(setting.network(n_x, n_y), data, **setting.arguments())
    return Model.of(found.network, data).predict_proba(raw)


@pytest.mark.parametrize("kind", ["full batch", "mini-batches", "adam"])
@pytest.mark.parametrize("problem", ["pixels", "standard"])
def test_each_is_a_plain_training_without_it(problem, kind, problems, quick):
    more = {
        "full batch": {},
        "mini-batches": {"batch_size": 4, "optimizer": "momentum"},
        "adam": {"optimizer": "adam", "learning_rate": 1e-3},
    }[kind]
    data, setting = problems[problem], quick.with_values(more)
    raw = data.raw[:, [3, 0, 5]][::-1].copy()
    found = without_each(data, raw, setting)
    assert_allclose(found.full, plain(data, setting, raw), rtol=1e-9)
    for i in range(len(data)):
        rest = data.select(np.arange(len(data)) != i)
        if problem == "standard":
            rest = replace(rest, scaling=Scaling.standard(rest.raw))
        assert_allclose(found.without[i], plain(rest, setting, raw), rtol=1e-9)
    some = without_each(data, raw, setting, only=[4, 1])
    assert_allclose(some.without, found.without[[4, 1]], rtol=1e-12)
    assert some.complete
    classes = np.array([0, 1, 0])
    expected = found.full[classes, range(3)] - found.without[:, classes, range(3)]
    assert_allclose(found.change(classes), expected)
    assert_allclose(found.change(), found.change(found.full.argmax(axis=0)))
    assert found.complete


def test_what_diverges_is_not_a_number(pixels):
    """At this rate it is a matter of luck, so of the seed, which trainings overflow."""
    setting = Setting(hidden=(3,), learning_rate=1e200, iterations=30)
    rests = [pixels.select(np.arange(14) != i) for i in range(14)]
    for seed in range(50):
        lucky = replace(setting, seed=seed)
        overflows = [diverges(rest, lucky) for rest in rests]
        if any(overflows) and not diverges(pixels, lucky):
            break
    found = without_each(pixels, pixels.raw[:, :2], lucky)
    assert np.isnan(found.without).all(axis=(1, 2)).tolist() == overflows
    assert any(overflows)
    assert found.complete
    unlucky = next(
        one for seed in range(50) if diverges(pixels, one := replace(setting, seed=seed))
    )
    with pytest.raises(DivergenceError):
        without_each(pixels, pixels.raw[:, :2], unlucky)


def diverges(data, setting):
    try:
        plain(data, setting, data.raw)
    except DivergenceError:
        return True
    return False


def test_ctrl_c_keeps_what_was_finished(pixels, quick, interrupt_at):
    execution = Execution(threads=1, progress=interrupt_at(0.5), memory=1)
    found = without_each(
        pixels, pixels.raw[:, :2], replace(quick, iterations=200), execution=execution
    )
    done = np.isfinite(found.without).all(axis=(1, 2))
    assert not found.complete
    assert 0 < done.sum() < 14


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (np.zeros((47, 1)), "expected raw with 48 rows"),
        (np.zeros(48), "with two axes"),
        (np.zeros((48, 0)), "at least one example to ask about"),
        (np.full((48, 1), np.nan), "finite"),
        (np.full((48, 1), 0.5), "raw of uint8 numbers"),
        (np.full((48, 1), -1.0), "raw of uint8 numbers"),
        (np.full((48, 1), 300), "raw of uint8 numbers"),
    ],
)
def test_bad_input(raw, message, pixels, quick):
    with pytest.raises(InputError, match=message):
        without_each(pixels, raw, quick)
    with pytest.raises(InputError, match="at least two examples"):
        without_each(pixels.select([0]), pixels.raw[:, :1], quick)


@pytest.mark.parametrize("classes", [[0], [0, 2], [0, -1], [0.5, 0.5]])
def test_classes_that_are_none(classes, pixels, quick):
    found = without_each(pixels, pixels.raw[:, :2], quick)
    with pytest.raises(InputError, match="a class from 0 to 1 for each of 2 examples"):
        found.change(classes)
