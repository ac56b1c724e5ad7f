"""Divergence: named, with the iteration and what to try."""

import pickle

import numpy as np
import pytest

from chainrule import ChainruleError, DivergenceError, InputError, Network, train

BATCHES = pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])


@pytest.fixture
def line(wide_problem):
    """Linear regression, whose cost grows without bound at a large rate."""
    return Network.create((40, 1), output="identity", rng=1), wide_problem[1]


def first_infinite_cost(network, data, rate):
    """By the plain equations."""
    X, Y = data
    with np.errstate(all="ignore"):
        for iteration in range(2000):
            if not np.isfinite(network.cost(X, Y)):
                return iteration
            g = network.backward(network.forward(X), Y)
            network = Network(
                [network.weights[0] - rate * g.dW[0]],
                [network.biases[0] - rate * g.db[0]],
                network.activations,
                network.loss,
            )
    raise AssertionError("the cost stayed finite")


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_the_iteration_is_named(form, line):
    expected = first_infinite_cost(*line, 1.0)
    with pytest.raises(DivergenceError) as caught:
        train(*line, learning_rate=1.0, iterations=2000, first_layer=form, record_every=1)
    error = caught.value
    # Products in another order overflow a step sooner or later.
    assert abs(error.iteration - expected) <= 1
    assert error.learning_rate == 1.0
    message = str(error)
    assert f"at iteration {error.iteration} (learning rate 1)" in message
    assert "Try a learning rate ten times smaller, or scale the features" in message


def test_the_iteration_does_not_depend_on_what_is_recorded(line):
    found = []
    for record_every in (1, 1000):
        with pytest.raises(DivergenceError) as caught:
            train(*line, learning_rate=1.0, iterations=2000, record_every=record_every)
        found.append(caught.value.iteration)
    # Between records the size of the error is looked at, which overflows in the next iteration.
    assert abs(found[0] - found[1]) <= 1


@BATCHES
@pytest.mark.parametrize(
    "optimizer", ["gd", "momentum", "nesterov", "rmsprop"], ids=lambda name: name
)
def test_every_optimizer(optimizer, batch_size, line):
    rate = 1e300 if optimizer == "rmsprop" else 10.0
    with pytest.raises(DivergenceError):
        train(
            *line, optimizer=optimizer, learning_rate=rate, iterations=3000, batch_size=batch_size
        )


def test_cross_entropy_of_infinite_logits_is_noticed(wide_problem):
    with pytest.raises(DivergenceError):
        train(*wide_problem, learning_rate=1e308, iterations=50, record_every=1000)


def test_float32(line):
    network, data = line
    with pytest.raises(DivergenceError) as narrow:
        train(network.astype(np.float32), data, learning_rate=1.0, iterations=2000)
    with pytest.raises(DivergenceError) as wide:
        train(network, data, learning_rate=1.0, iterations=2000)
    assert 0 < narrow.value.iteration < wide.value.iteration


def test_all_runs_diverging_ends_training(line):
    result = train(*line, learning_rate=[1.0, 2.0], iterations=2000)
    assert result.stopped == "divergence"
    assert result.iterations < 2000
    with pytest.raises(DivergenceError) as alone:
        train(*line, learning_rate=2.0, iterations=2000)
    assert abs(result.diverged[1] - alone.value.iteration) <= 1
    second = result.run(1)
    assert (second.stopped, second.iterations) == ("divergence", result.diverged[1])


def test_one_run_diverging_is_marked(line):
    result = train(*line, learning_rate=[1.0, 1e-3], iterations=2000, record_every=1)
    alone = first_infinite_cost(*line, 1.0)
    assert abs(result.diverged[0] - alone) <= 1
    assert result.diverged[1] == -1
    assert np.isfinite(result.history.cost[:, 1]).all()
    assert result.iterations == 2000


def test_it_is_no_input_error_but_ours():
    error = DivergenceError(7, 0.5)
    assert isinstance(error, ChainruleError)
    assert isinstance(error, ArithmeticError)
    assert not isinstance(error, InputError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.iteration, str(again)) == (7, str(error))


def test_a_large_finite_cost_is_none(line):
    result = train(*line, learning_rate=1.0, iterations=20)
    assert result.diverged == -1
    assert result.history.cost[-1] > 1e10
