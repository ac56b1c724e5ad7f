"""The plain network: forward by hand, backward by central differences, runs, predictions."""

from dataclasses import FrozenInstanceError
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import FloatMatrix, InputError, Network, checks
from chainrule.network import ACTIVATIONS, LOSSES

BINARY = "binary_cross_entropy"
# Every output that a loss can have; n_y = 3 for all, so that softmax means something.
TAME = [name for name in ACTIVATIONS if name != "exp"]  # a power tower of layers overflows
PAIRS = [
    ("sigmoid", "binary_cross_entropy"),
    ("softmax", "softmax_cross_entropy"),
    ("exp", "poisson_deviance"),
    *((output, "squared_error") for output in TAME),
    *((output, "absolute_error") for output in TAME),
    *((output, "huber") for output in TAME),
]


def problem(activation, output, loss, depth, lead=(2,)):
    """A network 4-3-...-3 with random biases, X, Y and weights, for two runs."""
    rng = np.random.default_rng(20 + depth)
    sizes = (4, *(5, 4, 3)[:depth], 3)
    weights = [rng.standard_normal((*lead, n, k)) for k, n in pairwise(sizes)]
    biases = [rng.standard_normal((*lead, n, 1)) for n in sizes[1:]]
    if output == "exp":
        weights[-1] = 0.1 * weights[-1]  # outputs small enough for central differences
    network = Network(weights, biases, (*(activation,) * depth, output), loss)
    X, Y = rng.standard_normal((4, 6)), np.eye(3)[:, rng.integers(0, 3, 6)]
    if output in ("identity", "tanh", "leaky_relu", "relu"):
        Y = rng.standard_normal((3, 6))
    weight = rng.random((*lead, 1, 6))
    return network, X, Y, weight / weight.sum(axis=-1, keepdims=True)


def numeric_gradient(network, name, layer, cost, h=1e-6):
    """d cost / d parameter by central differences, the same entry of every run at once."""
    parameter = getattr(network, name)[layer]
    found = np.empty(parameter.shape)
    for place in np.ndindex(parameter.shape[-2:]):
        values = []
        for sign in (1, -1):
            moved = parameter.copy()
            moved[..., *place] += sign * h
            arrays = list(getattr(network, name))
            arrays[layer] = moved
            parts = {"weights": network.weights, "biases": network.biases} | {name: arrays}
            values.append(
                cost(Network(**parts, activations=network.activations, loss=network.loss))
            )
        found[..., *place] = (values[0] - values[1]) / (2 * h)
    return found


# Each output and loss with each hidden activation, of each of these with each depth. Without a
# hidden layer its activation is of no account.
CASES = [
    *((*pair, "none", 0) for pair in PAIRS),
    *(
        (*pair, activation, 1 + (k + j) % 3)
        for k, pair in enumerate(PAIRS)
        for j, activation in enumerate(TAME)
    ),
]


@pytest.mark.parametrize(("output", "loss", "activation", "depth"), CASES, ids=str)
def test_gradients_are_those_of_central_differences(activation, output, loss, depth):
    network, X, Y, weight = problem(activation, output, loss, depth)
    gradients = network.backward(network.forward(X), Y, weight, l2=0.1)
    for layer in range(depth + 1):
        for name, found in (("weights", gradients.dW), ("biases", gradients.db)):
            numeric = numeric_gradient(
                network, name, layer, lambda moved: moved.cost(X, Y, weight, l2=0.1)
            )
            assert_allclose(found[layer], numeric, rtol=1e-6, atol=1e-7)


def test_gradients_of_one_network_with_the_usual_weights():
    network, X, Y, _ = problem("tanh", "softmax", "softmax_cross_entropy", 2, lead=())
    gradients = network.backward(network.forward(X), Y)
    for layer in range(3):
        numeric = numeric_gradient(network, "weights", layer, lambda moved: moved.cost(X, Y))
        assert_allclose(gradients.dW[layer], numeric, rtol=1e-6, atol=1e-8)


def test_forward_by_hand():
    # x = (1, 2): z1 = (1 - 2 + 0.5, 2 + 2 - 1) = (-0.5, 3); relu; z2 = 4 * 0 + 2 * 3 - 5 = 1.
    network = Network(
        [np.array([[1.0, -1], [2, 1]]), np.array([[4.0, 2]])],
        [np.array([[0.5], [-1]]), np.array([[-5.0]])],
        ("relu", "identity"),
        "squared_error",
    )
    X, Y = np.array([[1.0], [2]]), np.array([[3.0]])
    cache = network.forward(X)
    assert_array_equal(cache.Z[0], [[-0.5], [3]])
    assert_array_equal(cache.A[0], [[0], [3]])
    assert_array_equal(cache.A[1], [[1]])
    # (1 - 3)^2 / 2 = 2; the squares of the weights sum to 27.
    assert network.cost(X, Y) == 2
    assert network.cost(X, Y, l2=2.0) == 2 + 27
    gradients = network.backward(cache, Y)
    assert_array_equal(gradients.dZ[1], [[-2]])
    assert_array_equal(gradients.dW[1], [[0, -6]])
    assert_array_equal(gradients.dW[0], [[0, 0], [-4, -8]])
    assert_array_equal(gradients.db[0], [[0], [-4]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_runs_are_the_networks_they_are_made_of(dtype):
    network, X, Y, _ = problem("relu", "sigmoid", "binary_cross_entropy", 2, lead=(3,))
    network, X, Y = network.astype(dtype), X.astype(dtype), Y.astype(dtype)
    tolerance = {np.float64: 1e-14, np.float32: 1e-5}[dtype]
    cache = network.forward(X)
    gradients = network.backward(cache, Y)
    assert network.n_runs == 3
    assert network.cost(X, Y).shape == (3,)
    for r in range(3):
        alone = network.run(r)
        own = alone.backward(alone.forward(X), Y)
        assert alone.n_runs is None
        assert_allclose(network.predict_proba(X)[r], alone.predict_proba(X), rtol=tolerance)
        assert_allclose(gradients.dW[0][r], own.dW[0], rtol=tolerance, atol=tolerance)
        assert_allclose(network.cost(X, Y)[r], alone.cost(X, Y), rtol=tolerance)
    again = Network.stack([network.run(r) for r in range(3)])
    for W, same in zip(again.weights, network.weights, strict=True):
        assert_array_equal(W, same)
        assert not np.shares_memory(W, same)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float32, np.float64, int], ids=lambda kind: kind.__name__)
def test_everything_is_computed_in_the_networks_dtype(given, dtype):
    network, X, Y, _ = problem("relu", "softmax", "softmax_cross_entropy", 1)
    network, X, Y = network.astype(dtype), X.astype(given), Y.astype(given)
    l2 = np.array([0.1, 0.2])
    gradients = network.backward(network.forward(X), Y, np.full((1, 6), 1 / 6), l2)
    arrays = (*gradients.dW, *gradients.db, *gradients.dZ, network.cost(X, Y, l2=l2))
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert network.predict_proba(X).dtype == dtype


def test_a_penalty_for_each_run():
    network, X, Y, _ = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    l2 = [0.1, 0.7]
    costs, gradients = network.cost(X, Y, l2=l2), network.backward(network.forward(X), Y, l2=l2)
    for r in (0, 1):
        alone = network.run(r)
        assert_allclose(costs[r], alone.cost(X, Y, l2=l2[r]), rtol=1e-14)
        own = alone.backward(alone.forward(X), Y, l2=l2[r])
        for dW, same in zip(gradients.dW, own.dW, strict=True):
            assert_allclose(dW[r], same, rtol=1e-13)


def test_a_feature_matrix_gives_the_arrays_numbers():
    network, X, Y, _ = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    matrix = FloatMatrix(X)
    assert_allclose(network.cost(matrix, Y), network.cost(X, Y), rtol=1e-14)
    dW = network.backward(network.forward(matrix), Y).dW[0]
    assert_allclose(dW, network.backward(network.forward(X), Y).dW[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("bias", "threshold", "expected"),
    [(0.0, 0.5, 0), (1e-9, 0.5, 1), (0.0, 0.4, 1), (-1.0, 0.4, 0)],
    ids=["exactly half is not above", "just above", "lower threshold", "below"],
)
def test_sigmoid_predictions(bias, threshold, expected):
    network = Network([np.zeros((1, 2))], [np.full((1, 1), bias)], ("sigmoid",), BINARY)
    predicted = network.predict(np.zeros((2, 3)), threshold)
    assert predicted.dtype == np.int64
    assert_array_equal(predicted, np.full((1, 3), expected))


def test_softmax_predicts_a_class_and_regression_a_number():
    W = np.eye(3)
    X = np.array([[0.0, 5], [1, 2], [3, 4]])
    softmax = Network([W], [np.zeros((3, 1))], ("softmax",), "softmax_cross_entropy")
    assert_array_equal(softmax.predict(X), [2, 0])
    assert_allclose(softmax.predict_proba(X).sum(axis=0), 1)
    line = Network([W], [np.ones((3, 1))], ("identity",), "squared_error")
    assert_array_equal(line.predict(X), X + 1)


@pytest.mark.parametrize(
    ("n_y", "output", "loss", "expected"),
    [
        (1, None, None, ("sigmoid", "binary_cross_entropy")),
        (3, None, None, ("softmax", "softmax_cross_entropy")),
        (3, "sigmoid", None, ("sigmoid", "binary_cross_entropy")),
        (2, "identity", None, ("identity", "squared_error")),
        (1, None, "absolute_error", ("identity", "absolute_error")),
        (1, None, "binary_cross_entropy", ("sigmoid", "binary_cross_entropy")),
        (1, "tanh", "squared_error", ("tanh", "squared_error")),
    ],
)
def test_output_and_loss_choose_each_other(n_y, output, loss, expected):
    network = Network.create((2, n_y), output=output, loss=loss)
    assert (network.activations[-1], network.loss) == expected


def test_facts_of_a_network():
    network = Network.create((12, 5, 3), activation="tanh", rng=[0, 1])
    assert network.layer_sizes == (12, 5, 3)
    assert network.n_parameters == (12 + 1) * 5 + (5 + 1) * 3 == 83
    lines = network.summary().splitlines()
    assert len(lines) == 5
    assert lines[2].split() == ["1", "5", "tanh", "(5,", "12)", "(5,", "1)", "65"]
    assert lines[-1] == "83 parameters, float64, softmax_cross_entropy, 2 runs"


def test_one_hidden_activation_per_layer():
    network = Network.create((4, 3, 2, 1), activation=["tanh", "leaky_relu"])
    assert network.activations == ("tanh", "leaky_relu", "sigmoid")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer_sizes": (4,)}, "at least an input and an output size"),
        ({"layer_sizes": (4, 0, 1)}, "whole number of at least 1; got 0"),
        ({"layer_sizes": (4, 2.0, 1)}, "whole number of at least 1; got 2.0"),
        ({"activation": "rellu"}, "Did you mean relu?"),
        ({"activation": ["relu", "relu"]}, "1 hidden activations; got 2"),
        ({"output": "sigmod"}, "Did you mean sigmoid?"),
        ({"loss": "squared_eror"}, "Did you mean squared_error?"),
        ({"output": "tanh", "loss": BINARY}, "output activation sigmoid for the loss binary"),
        ({"output": "tanh", "loss": BINARY}, "; got tanh. Take sigmoid, or another loss."),
        ({"output": "sigmoid", "loss": "softmax_cross_entropy"}, "output activation softmax"),
        ({"dtype": "int32"}, "float64 or float32; got 'int32'"),
        ({"dtype": "float46"}, "float64 or float32"),
    ],
)
def test_an_architecture_that_cannot_be(options, message):
    with pytest.raises(InputError, match=r"^Network") as caught:
        Network.create(**{"layer_sizes": (4, 2, 1)} | options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([np.ones((2, 3))], [np.ones((2, 1)), np.ones((2, 1))], "got 1, 2 and 1"),
        ([], [], "at least one of each"),
        ([np.ones(3)], [np.ones((1, 1))], "W of shape ('n', 3)"),
        ([np.ones((1, 1, 1, 3))], [np.ones((1, 1, 1, 1))], "at most one axis of runs"),
        ([np.ones((1, 3))], [np.ones(1)], "b of shape (1, 1); got (1,)"),
        ([np.ones((1, 3))], [np.ones((1, 1), np.float32)], "got float64 and float32"),
        ([np.ones((1, 3), int)], [np.ones((1, 1), int)], "float64 or float32"),
        ([np.ones((1, 3), complex)], [np.ones((1, 1), complex)], "float64 or float32"),
        ([np.float64(1)], [np.float64(1)], "W of shape"),
    ],
    ids=["counts", "none", "rank 1", "rank 4", "rank-1 b", "dtypes", "ints", "complex", "scalar"],
)
def test_parameters_that_do_not_fit(weights, biases, message):
    with pytest.raises(InputError) as caught:
        Network(weights, biases, ("sigmoid",) * len(weights), BINARY)
    assert message in str(caught.value)


def test_names_that_are_none_are_told_by_the_network_itself():
    W, b = [np.ones((1, 3))], [np.zeros((1, 1))]
    with pytest.raises(InputError, match=r"Did you mean squared_error\?"):
        Network(W, b, ("identity",), "squared_eror")
    with pytest.raises(InputError, match=r"Did you mean identity\?"):
        Network(W, b, ("identiti",), "squared_error")


def test_layers_that_do_not_meet():
    with pytest.raises(InputError, match=r"layer 2: expected W of shape \('n', 2\)"):
        Network(
            [np.ones((2, 3)), np.ones((1, 5))],
            [np.ones((2, 1)), np.ones((1, 1))],
            ("relu", "sigmoid"),
            BINARY,
        )


@pytest.mark.parametrize(
    ("X", "parts"),
    [
        (np.ones((5, 4)), ["X with 4 rows", "(5, 4)", "pass X.T"]),
        (np.ones((5, 3)), ["X with 4 rows", "(5, 3)"]),
        (np.ones(4), ["rank-1", "X.reshape(1, 4)", "X.reshape(4, 1)"]),
        (np.ones((1, 4, 5)), ["two axes", "(1, 4, 5)"]),
        (np.full((4, 5), np.nan), ["finite", "20 missing or infinite", "row 0, column 0"]),
        (np.ones((4, 5), complex), ["numbers", "complex128"]),
        (np.full((4, 5), "a"), ["numbers", "dtype"]),
    ],
    ids=["rows", "wrong", "rank 1", "rank 3", "nan", "complex", "text"],
)
def test_inputs_that_do_not_fit(X, parts):
    with pytest.raises(InputError) as caught:
        Network.create((4, 1)).forward(X)
    assert all(part in str(caught.value) for part in ["Network: expected", *parts])


@pytest.mark.parametrize(
    ("n_y", "Y", "parts"),
    [
        (1, np.ones((5, 1)), ["(1, 5)", "Y.T"]),
        (1, np.ones(5), ["rank-1", "Y.reshape(1, 5)"]),
        (1, np.array([[0, 1, 2, 0, 1]]), ["between 0 and 1", "from 0 to 2"]),
        (1, np.array([[-1, 1, 1, -1, 1]]), ["between 0 and 1", "from -1 to 1"]),
        (1, np.array([list("abcde")]), ["numbers", "dtype"]),
        (1, np.ones((1, 5), complex), ["numbers", "complex128"]),
        (1, np.full((1, 5), None), ["numbers", "object"]),
        (1, np.full((1, 5), np.nan), ["finite"]),
        (3, np.array([[0, 1, 2, 0, 1]]), ["(3, 5)", "numpy.eye(n_classes)[:, labels]"]),
        (3, np.ones((3, 5)), ["sum to 1"]),
    ],
    ids=[
        "column", "rank 1", "class 2", "minus 1", "text", "complex", "objects", "nan",
        "not one-hot", "many-hot",
    ],
)  # fmt: skip
def test_labels_that_do_not_fit(n_y, Y, parts):
    with pytest.raises(InputError) as caught:
        Network.create((4, n_y)).cost(np.ones((4, 5)), Y)
    assert all(part in str(caught.value) for part in ["Network: expected", *parts])


@pytest.mark.parametrize("Y", [[[True, False]], np.array([[1, 0]], np.uint8), [[1, 0]]], ids=repr)
def test_labels_of_any_number_type(Y):
    network, X = Network.create((2, 1), rng=3), np.eye(2)
    gradients = network.backward(network.forward(X), np.asarray(Y))
    expected = network.backward(network.forward(X), np.array([[1.0, 0.0]]))
    assert_array_equal(gradients.dW[0], expected.dW[0])


def test_run_of_a_single_network_and_a_stack_of_different_ones():
    one, other = Network.create((2, 1)), Network.create((3, 1))
    with pytest.raises(InputError, match="axis of runs"):
        one.run(0)
    for networks in ([], [one, other], [Network.create((2, 1), rng=[1, 2])]):
        with pytest.raises(InputError, match=r"Network\.stack"):
            Network.stack(networks)


@pytest.mark.parametrize("rng", [3, [3, 4]], ids=["one", "runs"])
def test_what_is_saved_of_a_network_makes_it_again(rng):
    network = Network.create((5, 4, 3), rng=rng, dtype=np.float32)
    arrays, facts = network.saved("a.")
    assert set(arrays) == {"a.W1", "a.W2", "a.b1", "a.b2"}
    again = Network.restored(arrays, facts, "a.")
    assert (again.activations, again.loss) == (network.activations, network.loss)
    assert all(map(np.array_equal, again.weights, network.weights))
    assert all(map(np.array_equal, again.biases, network.biases))
    with pytest.raises(KeyError, match=r"a\.b2"):
        Network.restored({name: a for name, a in arrays.items() if name != "a.b2"}, facts, "a.")


def test_every_example_counts_the_same_unless_weights_say_otherwise():
    network, X, Y, _ = problem("tanh", "identity", "squared_error", 1, lead=())
    alone = [float(network.cost(X[:, [i]], Y[:, [i]])) for i in range(6)]
    assert_allclose(network.cost(X, Y), np.mean(alone), rtol=1e-13)
    whole = network.backward(network.forward(X), Y)
    parts = [network.backward(network.forward(X[:, [i]]), Y[:, [i]]) for i in range(6)]
    assert_allclose(whole.dW[0], np.mean([part.dW[0] for part in parts], axis=0), rtol=1e-12)


def test_a_network_repeated_is_equal_runs_without_copies():
    network = Network.create((4, 3, 2), rng=3)
    runs = network.repeated(3)
    assert (runs.n_runs, runs.layer_sizes) == (3, (4, 3, 2))
    for many, one in zip(
        (*runs.weights, *runs.biases), (*network.weights, *network.biases), strict=True
    ):
        assert_array_equal(many, np.stack([one] * 3))
        assert np.shares_memory(many, one)
        assert not many.flags.writeable
    with pytest.raises(InputError, match=r"Network.repeated: .*; got one of 3 runs"):
        runs.repeated(2)


def test_what_cannot_be_stacked_is_said():
    one = Network.create((2, 1))
    with pytest.raises(InputError, match="single networks of one architecture; got 2 kinds"):
        Network.stack([one, Network.create((3, 1))])
    with pytest.raises(InputError, match="single networks of one architecture; got 1 kinds"):
        Network.stack([one.repeated(2), one.repeated(2)])
    with pytest.raises(InputError, match=r"Network.stack: expected each"):
        Network.stack([one, 3])


def test_networks_and_their_numbers_are_told_apart_by_identity_and_keep_what_they_hold():
    network, X, Y, _ = problem("tanh", "sigmoid", BINARY, 1)
    cache = network.forward(X)
    for held, name in (
        (network, "loss"), (cache, "X"), (network.backward(cache, Y), "dW"),
        (ACTIVATIONS["relu"], "name"), (LOSSES["huber"], "name"),
    ):  # fmt: skip
        assert len({held, held}) == 1
        with pytest.raises(FrozenInstanceError):
            setattr(held, name, None)
    assert network != network.astype(np.float64)


def test_a_network_as_text():
    network = Network.create((3, 2, 1), activation="tanh")
    assert repr(network) == f"Network(3-2-1: tanh, sigmoid; {BINARY}, float64)"
    assert repr(network.repeated(2)) == f"Network(3-2-1: tanh, sigmoid; {BINARY}, float64, 2 runs)"


def test_numbers_that_overflow_on_the_way():
    W, b = np.full((1, 1), 1e200), np.zeros((1, 1))
    network = Network([W, W], [b, b], ("identity",) * 2, "squared_error")
    assert_array_equal(network.predict(np.full((1, 1), 1e-200)), [[1e200]])
    with pytest.raises(InputError, match="expected layer 2 to give finite numbers"):
        network.predict_proba(np.ones((1, 1)))
    assert not np.isfinite(network.repeated(2).predict_proba(np.ones((1, 1)))).any()


def test_a_network_larger_than_the_memory():
    parameters = (9 + 1) * 10 + (10 + 1) * 1
    with checks.memory_within(8 * parameters / 2**30):
        Network.create((9, 10, 1), rng=[1])
        for sizes, rng in (((9, 10, 1), [1, 2]), ((9, 11, 1), 1)):
            with pytest.raises(InputError, match=r"fits into memory.* give it more --memory\."):
                Network.create(sizes, rng=rng)


@pytest.mark.parametrize(
    ("shape", "n_b", "message"),
    [
        ((0, 3), 0, "Network: layer 1: expected W of shape ('n', 3) (at most one axis of runs)"),
        ((2, 2, 0, 3), 0, "expected W of shape (2, 2, 'n', 3)"),
        ((), 1, "expected W of shape ('n', 'n_prev')"),
        ((2, 3), 1, "Network: layer 1: expected b of shape (2, 1); got (1, 1)"),
    ],
)
def test_the_first_layer_that_does_not_fit_is_named(shape, n_b, message):
    with pytest.raises(InputError) as caught:
        Network([np.ones(shape)], [np.ones((n_b, 1))], ("sigmoid",), BINARY)
    assert message in str(caught.value)


def test_what_is_usual_when_nothing_is_said():
    network = Network.create((4, 3, 3))
    expected = Network.create((4, 3, 3), activation="relu", initializer="he", rng=0, dtype=float)
    assert (network.activations, network.loss) == (("relu", "softmax"), "softmax_cross_entropy")
    assert all(map(np.array_equal, network.weights, expected.weights))
    line, X = Network([np.ones((1, 1))], [np.zeros((1, 1))], ("sigmoid",), BINARY), [[-1.0, 1e-9]]
    assert_array_equal(line.predict(np.array(X)), [[0, 1]])
    assert_array_equal(network.saved()[0]["W1"], network.weights[0])


def test_a_trace_has_the_networks_numbers():
    network, X, Y, _ = problem("tanh", "sigmoid", BINARY, 1, lead=())
    for options in ({}, {"l2": 0.5}):
        graph = network.trace(X, Y, **options)
        assert_allclose(graph.output.value, network.cost(X, Y, **options), rtol=1e-13)
    assert "dA[2]" not in graph.numbers
    assert "dA[2]" in network.trace(X, Y, loss_of_outputs=True).numbers
