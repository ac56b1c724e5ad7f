"""R runs at once: each gets the numbers it would get alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import EarlyStopping, InputError, Network, train
from chainrule.training import Adam, Momentum, Nesterov

R = 3
SEEDS = [5, 6, 7]
WEIGHTS = np.random.default_rng(60).random((R, 12)) * (np.arange(12) % 5 != np.arange(R)[:, None])
# What differs from run to run, and the same setting of run r alone.
DIFFERENT = {
    "seed": lambda r: {},
    "learning rate": lambda r: {"learning_rate": [0.1, 0.01, 0.05]},
    "l2": lambda r: {"l2": [0.0, 0.1, 0.5]},
    "weights": lambda r: {"sample_weight": WEIGHTS},
    "momentum": lambda r: {"optimizer": Momentum([0.9, 0.0, 0.5] if r is None else MU[r])},
    "nesterov": lambda r: {"optimizer": Nesterov([0.9, 0.0, 0.5] if r is None else MU[r])},
    "adam": lambda r: {"optimizer": Adam(), "learning_rate": [0.01, 0.001, 0.003]},
    "shuffling": lambda r: {"rng": SEEDS},
}
MU = [0.9, 0.0, 0.5]


def settings(names, r=None):
    """The settings of all runs, or of run r alone."""
    merged = {"learning_rate": 0.05}
    for name in names:
        merged |= DIFFERENT[name](r)
    if r is None:
        return merged
    return {
        name: value[r] if isinstance(value, (list, np.ndarray)) else value
        for name, value in merged.items()
    }


def networks(seeds):
    return Network.create((40, 4, 1), activation="tanh", rng=seeds)


def assert_each_as_alone(together, alone):
    for r, own in enumerate(alone):
        mine = together.run(r)
        for column in ("iteration", "epoch", "learning_rate", "cost", "accuracy"):
            found, expected = getattr(mine.history, column), getattr(own.history, column)
            assert_allclose(found, expected, rtol=1e-11)
        for found, expected in zip(
            (*mine.network.weights, *mine.network.biases),
            (*own.network.weights, *own.network.biases),
            strict=True,
        ):
            assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        assert (mine.iterations, mine.stopped) == (own.iterations, own.stopped)
        assert (mine.diverged, mine.ended) == (own.diverged, own.ended)


@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize(
    "names",
    [*([name] for name in DIFFERENT), ["seed", "learning rate", "l2", "weights", "momentum"]],
    ids="+".join,
)
def test_together_is_alone(names, form, batch_size, wide_problem):
    form = "primal" if names == ["adam"] else form
    _, data = wide_problem
    seeded = "seed" in names
    options = {"first_layer": form, "batch_size": batch_size, "iterations": 60, "record_every": 7}
    together = train(networks(SEEDS if seeded else 5), data, **settings(names), **options)
    alone = [
        train(networks(SEEDS[r] if seeded else 5), data, **settings(names, r), **options)
        for r in range(R)
    ]
    finals = [own.history.cost[-1] for own in alone]
    differ = names != ["shuffling"] or batch_size is not None
    assert (len(set(finals)) > 1) == differ
    assert_each_as_alone(together, alone)


@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("form", ["primal", "dual"])
def test_everything_together(form, batch_size, wide_problem):
    _, (X, Y) = wide_problem
    names = ["learning rate", "l2", "weights", "momentum", "shuffling"]
    options = {
        "first_layer": form,
        "batch_size": batch_size,
        "schedule": "cosine",
        "validation": (X[:, ::2], Y[:, ::2]),
        "class_weight": {0: 2.0},
        "epochs": 20,
    }
    together = train(networks(SEEDS), (X, Y), **settings(names), **options)
    alone = [train(networks(SEEDS[r]), (X, Y), **settings(names, r), **options) for r in range(R)]
    assert_each_as_alone(together, alone)
    for r, own in enumerate(alone):
        found = together.run(r).history
        assert_allclose(found.validation_cost, own.history.validation_cost, rtol=1e-11)
        assert_allclose(found.validation_accuracy, own.history.validation_accuracy)


@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("n_y", [1, 3])
@pytest.mark.parametrize("names", [["weights"], ["shuffling", "learning rate"]], ids="+".join)
def test_labels_of_each_run(names, n_y, batch_size, wide_problem):
    # A permutation test: the same examples, other labels in each run.
    _, (X, _) = wide_problem
    rng = np.random.default_rng(3)
    labels = np.array([rng.permutation(np.arange(12) % max(2, n_y)) for _ in range(R)])
    Y = labels[:, None, :].astype(float) if n_y == 1 else np.eye(3)[labels].transpose(0, 2, 1)
    network = Network.create((40, 4, n_y), activation="tanh", rng=5)
    options = {"batch_size": batch_size, "iterations": 40, "class_weight": "balanced"}

    def trained(Y, r=None):
        own = {"validation": (X[:, ::2], Y[..., ::2])}
        return train(network, (X, Y), **settings(names, r), **options, **own)

    together, alone = trained(Y), [trained(Y[r], r) for r in range(R)]
    assert len({own.history.cost[-1] for own in alone}) == R
    assert_each_as_alone(together, alone)
    for r, own in enumerate(alone):
        found = together.run(r).history.validation_cost
        assert_allclose(found, own.history.validation_cost, rtol=1e-11)


def test_labels_of_each_run_that_do_not_fit(wide_problem):
    network, (X, Y) = wide_problem
    with pytest.raises(InputError, match=r"expected Y of shape \(1, 12\) in each run"):
        train(network, (X, np.stack([Y[:, 1:]] * 2)))
    with pytest.raises(InputError, match="labels between 0 and 1"):
        train(network, (X, np.stack([Y, 2 + Y])))
    with pytest.raises(InputError, match="2 in Y, 3 in sample_weight"):
        train(network, (X, np.stack([Y] * 2)), sample_weight=np.ones((3, 12)))


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_each_run_stops_by_itself(form, wide_problem):
    _, (X, Y) = wide_problem
    options = {
        "validation": (X[:, 8:], Y[:, 8:]),
        "early_stopping": EarlyStopping(patience=3),
        "first_layer": form,
        "iterations": 300,
        "record_every": 5,
    }
    rates = [0.5, 0.02, 0.1]
    together = train(networks(SEEDS), (X[:, :8], Y[:, :8]), learning_rate=rates, **options)
    alone = [
        train(networks(SEEDS[r]), (X[:, :8], Y[:, :8]), learning_rate=rates[r], **options)
        for r in range(R)
    ]
    assert len({int(own.iterations) for own in alone}) == R
    assert_each_as_alone(together, alone)


@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("form", ["primal", "dual"])
def test_a_run_that_diverges_leaves_the_others_alone(form, batch_size, wide_problem):
    _, (X, Y) = wide_problem
    network = Network.create((40, 3, 1), output="identity", activation="tanh", rng=1)
    options = {
        "first_layer": form,
        "batch_size": batch_size,
        "iterations": 400,
        "record_every": 10,
        "l2": 0.01,
    }
    together = train(network, (X, Y), learning_rate=[0.01, 1e4, 0.02], **options)
    assert together.diverged[0] == together.diverged[2] == -1
    assert 0 < together.diverged[1] < 400
    assert together.stopped is None
    for r, rate in ((0, 0.01), (2, 0.02)):
        alone = train(network, (X, Y), learning_rate=rate, **options)
        assert_allclose(together.run(r).history.cost, alone.history.cost, rtol=1e-11)
        assert_allclose(together.run(r).network.weights[0], alone.network.weights[0], rtol=1e-9)


def test_a_run_that_stopped_early_cannot_diverge_later(wide_problem):
    # Alone this run ends before its cost overflows; beside a slower one it is carried on.
    _, (X, Y) = wide_problem
    network = Network.create((40, 1), output="identity", initializer="zeros")
    options = {
        "validation": (X[:, :8], Y[:, :8]),
        "early_stopping": EarlyStopping(patience=2),
        "iterations": 500,
        "record_every": 5,
    }
    data = X[:, :8], Y[:, :8]
    alone = train(network, data, learning_rate=2.0, **options)
    assert alone.stopped == "early stopping"
    together = train(network, data, learning_rate=[2.0, 1e-4], **options)
    assert together.iterations > 400
    assert together.run(0).diverged == alone.diverged == -1


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_one_run_keeps_its_axis(form, wide_problem):
    network, data = wide_problem
    result = train(network, data, learning_rate=[0.1], iterations=3, first_layer=form)
    assert result.network.n_runs == 1
    assert result.history.cost.shape == (4, 1)
    assert result.run(0).network.n_runs is None


def test_a_single_result_has_no_runs(wide_problem):
    with pytest.raises(InputError, match="runs"):
        train(*wide_problem, iterations=1).run(0)


def test_float32_runs(wide_problem):
    _, (X, Y) = wide_problem
    options = {"iterations": 30, "first_layer": "primal"}
    rates, l2 = [0.1, 0.02, 0.05], [0.0, 0.1, 0.2]
    network = networks(SEEDS).astype(np.float32)
    together = train(network, (X, Y), optimizer=Momentum(MU), learning_rate=rates, l2=l2, **options)
    assert {W.dtype for W in together.network.weights} == {np.dtype(np.float32)}
    for r in range(R):
        alone = train(
            network.run(r),
            (X, Y),
            optimizer=Momentum(MU[r]),
            learning_rate=rates[r],
            l2=l2[r],
            **options,
        )
        assert_allclose(together.run(r).history.cost, alone.history.cost, rtol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": [0.1, 0.2]},
        {"l2": [0.1, 0.2]},
        {"optimizer": Momentum([0.1, 0.2])},
        {"sample_weight": np.ones((2, 12))},
        {"rng": [1, 2]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_counts_that_differ(options, wide_problem):
    with pytest.raises(InputError) as caught:
        train(networks(SEEDS), wide_problem[1], **options)
    name = next(iter(options)) if "optimizer" not in options else "momentum"
    assert f"3 in network, 2 in {name}" in str(caught.value)
