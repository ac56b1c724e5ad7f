"""`train` at its edges: shapes, dtypes, counts, and what it leaves alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Dataset, FloatMatrix, InputError, Network, PixelMatrix, train
from chainrule.data import Scaling
from chainrule.experiments import Setting

forms = pytest.mark.parametrize("form", ["primal", "dual"])
BATCHES = pytest.mark.parametrize("batch_size", [None, 1, 5, 100], ids=str)


def small(n_x=3, m=4, seed=70):
    rng = np.random.default_rng(seed)
    return Network.create((n_x, 2, 1), rng=seed), (
        rng.standard_normal((n_x, m)),
        np.arange(m)[None] % 2,
    )


@BATCHES
@forms
def test_nothing_given_is_changed(form, batch_size, wide_problem):
    network, (X, Y) = wide_problem
    weight = np.arange(1.0, 13)
    given = (X, Y, weight, *network.weights, *network.biases)
    before = [a.copy() for a in given]
    for a in given:
        a.flags.writeable = False
    result = train(
        network,
        (X, Y),
        sample_weight=weight,
        validation=(X, Y),
        first_layer=form,
        batch_size=batch_size,
        l2=0.1,
        iterations=7,
    )
    for a, same in zip(given, before, strict=True):
        assert_array_equal(a, same)
    for found in (*result.network.weights, *result.network.biases):
        assert not any(np.shares_memory(found, a) for a in given)


@BATCHES
@forms
def test_the_same_seed_gives_the_same_bits(form, batch_size, wide_problem):
    options = {"first_layer": form, "batch_size": batch_size, "iterations": 20, "rng": 3}
    first, second = (train(*wide_problem, **options) for _ in range(2))
    assert_array_equal(first.network.weights[0], second.network.weights[0])
    assert_array_equal(first.history.cost, second.history.cost)


def test_another_seed_shuffles_otherwise(wide_problem):
    costs = [
        train(*wide_problem, batch_size=5, iterations=20, rng=rng).history.cost
        for rng in (0, np.random.default_rng(0), 1)
    ]
    assert_array_equal(costs[0], costs[1])
    assert not np.array_equal(costs[0], costs[2])


@forms
@pytest.mark.parametrize("m", [1, 2, 4], ids=lambda m: f"m = {m}")
@pytest.mark.parametrize("n_x", [1, 3], ids=lambda n: f"n_x = {n}")
@pytest.mark.parametrize("batch_size", [None, 1, 3, 99], ids=str)
def test_tiny(batch_size, n_x, m, form):
    network, data = small(n_x, m)
    result = train(
        network, data, learning_rate=0.1, epochs=9, batch_size=batch_size, l2=0.1, first_layer=form
    )
    per_epoch = 1 if batch_size is None else -(-m // batch_size)
    assert result.iterations == 9 * per_epoch
    assert np.isfinite(result.history.cost).all()
    assert result.history.cost[-1] < result.history.cost[0]


def test_a_short_last_batch_weighs_its_own_examples():
    # 4 examples in batches of 3: the second step of an epoch sees one example alone.
    network, (X, Y) = small()
    seen = []
    for i in range(4):
        alone = train(network, (X[:, [i]], Y[:, [i]]), iterations=0)
        seen.append(alone.history.cost[0])
    result = train(
        network, (X, Y), learning_rate=1e-300, batch_size=3, iterations=2, record_every=1
    )
    last = result.history.cost[1]
    assert np.isclose(last, seen, rtol=1e-12).sum() == 1


def test_one_epoch_of_batches_is_one_pass(wide_problem):
    # At a rate of almost nothing the mean over an epoch's batches is the cost of all examples.
    network, (X, Y) = wide_problem
    result = train(network, (X, Y), batch_size=5, learning_rate=1e-300, epochs=3)
    assert_array_equal(result.history.epoch, [1, 2, 3])
    assert_allclose(result.history.cost, np.full(3, network.cost(X, Y)), rtol=1e-12)


@pytest.mark.parametrize("options", [{"iterations": 0}, {"epochs": 0}], ids=str)
def test_no_iterations_leave_the_network_and_one_cost(options, wide_problem):
    network, (X, Y) = wide_problem
    result = train(network, (X, Y), **options)
    assert_array_equal(result.network.weights[0], network.weights[0])
    assert_allclose(result.history.cost, [network.cost(X, Y)], rtol=1e-13)
    assert result.iterations == 0


def test_no_iterations_in_batches(wide_problem):
    network, data = wide_problem
    result = train(network, data, batch_size=5, epochs=0)
    assert_array_equal(result.network.weights[0], network.weights[0])
    assert (result.iterations, len(result.history)) == (0, 0)


def test_records_at_their_iterations(wide_problem):
    def recorded(**options):
        return train(*wide_problem, **options).history.iteration.tolist()

    assert recorded(iterations=10, record_every=4) == [0, 4, 8, 10]
    assert recorded(iterations=8, record_every=4) == [0, 4, 8]
    assert recorded(iterations=3, record_every=100) == [0, 3]
    assert len(recorded(iterations=1000)) == 101
    assert recorded(iterations=7, batch_size=5) == [3, 6, 7]
    assert recorded(epochs=2, batch_size=5, record_every=100) == [6]
    assert len(recorded()) == 101


def test_the_last_record_is_the_returned_networks(wide_problem):
    network, (X, Y) = wide_problem
    result = train(network, (X, Y), iterations=10, record_every=4, l2=0.1)
    assert_allclose(result.network.cost(X, Y, l2=0.1), result.history.cost[-1], rtol=1e-12)


@pytest.mark.parametrize(
    "X", [np.eye(3, 4, dtype=bool), np.arange(12).reshape(3, 4), np.ones((3, 4), np.float16)]
)
@pytest.mark.parametrize("Y", [np.bool_, np.uint8, np.int64, np.float32], ids=lambda t: t.__name__)
def test_numbers_of_any_type(X, Y):
    network, (_, labels) = small()
    found = train(network, (X, labels.astype(Y)), learning_rate=0.01, iterations=5)
    expected = train(network, (X.astype(float), labels), learning_rate=0.01, iterations=5)
    assert_array_equal(found.network.weights[0], expected.network.weights[0])


def test_bytes_mean_the_same_in_training_and_in_the_network():
    network, (_, Y) = small()
    X = np.random.default_rng(1).integers(0, 256, (3, 4), dtype=np.uint8)
    result = train(network, (X, Y), learning_rate=1e-6, iterations=3)
    assert_allclose(result.network.cost(X, Y), result.history.cost[-1], rtol=1e-12)


def test_a_dataset_is_its_matrix_and_labels():
    rng = np.random.default_rng(71)
    pixels = rng.integers(0, 256, (6, 5), dtype=np.uint8)
    labels = np.array([0, 1, 2, 1, 0])
    data = Dataset(pixels, labels, ("a", "b", "c"), scaling=Scaling.pixels())
    network = Network.create((6, 3), rng=1)
    found = train(network, data, iterations=20)
    expected = train(network, (pixels / 255, np.eye(3)[:, labels]), iterations=20)
    assert_allclose(found.history.cost, expected.history.cost, rtol=1e-12)


@pytest.mark.parametrize("kind", [FloatMatrix, PixelMatrix])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_in_the_networks_precision(kind, order, wide_problem):
    network, (_, Y) = wide_problem
    pixels = np.asarray(
        np.random.default_rng(1).integers(0, 256, (40, 12), dtype=np.uint8), order=order
    )
    X = kind(pixels if kind is PixelMatrix else pixels / 255)
    result = train(network.astype(np.float32), (X, Y), iterations=9)
    wide = train(network, (X, Y), iterations=9)
    assert result.network.dtype == np.float32
    assert_allclose(result.history.cost, wide.history.cost, rtol=1e-5)


@forms
def test_huge_features_are_scaled_features(form):
    # Features 2^100 times larger, a rate 4^100 times smaller: the same costs to the last bit,
    # as long as the rate is too small to move the bias in either.
    _, (X, Y) = small(5, 3)
    network = Network.create((5, 1), initializer="zeros")
    options = {"iterations": 30, "record_every": 1, "first_layer": form}
    costs = [
        train(network, (X * scale, Y), learning_rate=0.1 / scale**2, **options).history.cost
        for scale in (2.0**200, 2.0**300)
    ]
    assert costs[0][-1] < 0.8 * costs[0][0]
    assert_array_equal(costs[0], costs[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0}, "0 < learning_rate, a finite number or one per run; got 0."),
        ({"learning_rate": -0.1}, "got -0.1"),
        ({"learning_rate": np.nan}, "got nan"),
        ({"learning_rate": np.inf}, "got inf"),
        ({"learning_rate": None}, "learning_rate"),
        ({"learning_rate": "fast"}, "got 'fast'"),
        ({"learning_rate": 1j}, "got 1j"),
        ({"learning_rate": np.array([1j])}, "learning_rate"),
        ({"learning_rate": []}, "got no number"),
        ({"learning_rate": [[0.1], [0.2]]}, "got shape (2, 1)"),
        ({"l2": -1}, "0 <= l2"),
        ({"iterations": -1}, "iterations to be a whole number of at least 0; got -1"),
        ({"iterations": 10**400}, "at most 9,007,199,254,740,992 iterations"),
        ({"iterations": 2.5}, "got 2.5"),
        ({"iterations": True}, "got True"),
        ({"epochs": "all"}, "epochs to be a whole number"),
        ({"iterations": 5, "epochs": 5}, "iterations or epochs; got both. Leave one of them out."),
        ({"batch_size": 0}, "batch_size to be a whole number of at least 1"),
        ({"batch_size": 2.0}, "batch_size to be a whole number"),
        ({"record_every": 0}, "record_every to be a whole number of at least 1"),
        ({"first_layer": "duel"}, "Did you mean dual?"),
        ({"optimizer": 3}, "optimizer to be one of gd, momentum"),
        ({"optimizer": "adm"}, "Did you mean adam?"),
        ({"optimizer": "adam", "first_layer": "dual"}, "Use gd, momentum or nesterov"),
        ({"optimizer": "rmsprop", "first_layer": "dual"}, "linear in the gradient"),
        ({"rng": -1}, "rng, if no Generator,"),
        ({"rng": None}, "rng, if no Generator,"),
        ({"rng": np.random.RandomState(0)}, "rng, if no Generator,"),
        ({"rng": [1, "two"]}, "rng, if no Generator,"),
        ({"rng": []}, "rng"),
        ({"early_stopping": 5}, "early_stopping"),
        ({"callbacks": [print]}, "callbacks"),
        ({"callbacks": print}, "callbacks"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value).split(" at 0x")[0][:50],
)
def test_options_out_of_bounds(options, message, wide_problem):
    network, data = wide_problem
    with pytest.raises(InputError) as caught:
        train(network, data, validation=data, **options)
    assert message in str(caught.value)
    assert str(caught.value).startswith("train")


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        (np.ones((4, 3)), np.ones((1, 4)), "The examples look like rows: pass X.T."),
        (np.ones((5, 4)), np.ones((1, 4)), "X with 3 rows (features), one column per example"),
        (np.ones(3), np.ones((1, 1)), "X.reshape(3, 1) for one example"),
        (np.ones((3, 4, 1)), np.ones((1, 4)), "X with two axes"),
        (np.ones((3, 0)), np.ones((1, 0)), "at least one example"),
        (np.ones((3, 4)) * np.nan, np.ones((1, 4)), "finite numbers only"),
        (np.ones((3, 4)) * 1j, np.ones((1, 4)), "X to hold numbers; got dtype complex128"),
        (np.full((3, 4), "1"), np.ones((1, 4)), "X to hold numbers"),
        (np.full((3, 4), None), np.ones((1, 4)), "X to hold numbers; got dtype object"),
        ([[1, 2], [3]], np.ones((1, 4)), "X"),
        (None, np.ones((1, 4)), "X with two axes"),
        (np.ones((3, 4)), np.ones((1, 3)), "Y of shape (1, 4)"),
        (np.ones((3, 4)), np.ones((4, 1)), "Pass Y.T"),
        (np.ones((3, 4)), np.ones(4), "Y.reshape(1, 4)"),
        (np.ones((3, 4)), np.full((1, 4), 2), "labels between 0 and 1"),
        (np.ones((3, 4)), np.full((1, 4), "cat"), "Y to hold numbers"),
        (np.ones((3, 4)), np.full((1, 4), 1j), "Y to hold numbers"),
        (np.ones((3, 4)), np.full((1, 4), np.nan), "Y to hold finite numbers"),
        (np.ones((3, 4)), None, "Y with two axes"),
    ],
    ids=[
        "rows", "features", "rank 1", "rank 3", "empty", "nan", "complex", "text", "objects",
        "ragged", "none", "short Y", "column Y", "rank-1 Y", "class 2", "text Y", "complex Y",
        "nan Y", "no Y",
    ],
)  # fmt: skip
def test_data_that_do_not_fit(X, Y, message):
    with pytest.raises(InputError) as caught:
        train(small()[0], (X, Y))
    assert message in str(caught.value)


@pytest.mark.parametrize("data", [np.ones((3, 4)), None, "cats", (1, 2, 3)], ids=str)
def test_data_that_are_no_pair(data):
    with pytest.raises(InputError, match=r"train: expected a Dataset or a tuple \(X, Y\)"):
        train(small()[0], data)


def test_an_error_never_holds_the_contents_of_arrays():
    with pytest.raises(InputError) as caught:
        train(small()[0], [np.full((3, 4), 0.4711), np.ones((1, 4))])
    assert "4711" not in str(caught.value)


def test_weights_that_are_not_finite_are_no_divergence():
    network = Network([np.full((1, 3), np.nan)], [np.zeros((1, 1))], ("identity",), "squared_error")
    with pytest.raises(InputError, match="finite"):
        train(network, small()[1])


def test_a_setting_in_the_place_of_keywords(wide_problem):
    network, data = wide_problem
    setting = Setting(learning_rate=0.02, iterations=20, optimizer="momentum", l2=0.1)
    expected = train(network, data, record_every=5, **setting.arguments())
    found = train(network, data, setting, record_every=5)
    assert_array_equal(found.history.cost, expected.history.cost)
    with pytest.raises(InputError, match="a setting or keywords; got both for learning_rate"):
        train(network, data, setting, learning_rate=0.1)
    with pytest.raises(InputError, match="a Setting; got"):
        train(network, data, {"learning_rate": 0.1})
