"""A network's graph: the engine's numbers, by the course's names, spelled out term by term."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Network, PixelMatrix, train
from chainrule.errors import InputError
from chainrule.network import ACTIVATIONS, LOSSES

HIDDEN = tuple(ACTIVATIONS)
OUTPUTS = (
    ("sigmoid", "binary_cross_entropy"),
    ("softmax", "softmax_cross_entropy"),
    *(("identity", name) for name, loss in LOSSES.items() if loss.output is None),
    *itertools.product(("tanh", "relu", "leaky_relu"), ("squared_error",)),
    ("exp", "poisson_deviance"),
    ("sigmoid", "squared_error"),
    ("softmax", "squared_error"),
    ("sigmoid", "absolute_error"),
)
# Each activation of hidden layers with each output and loss, of one and of three hidden layers.
CASES = [
    *(("none", *pair, 0) for pair in OUTPUTS),
    *(
        (hidden, *pair, (1, 3)[(j + k) % 2])
        for j, hidden in enumerate(HIDDEN)
        for k, pair in enumerate(OUTPUTS)
    ),
]
SIZES = (5, 4, 3, 4, 3)


def problem(hidden, output, loss, depth, seed=0):
    """A network of `depth` hidden layers, examples, labels and weights."""
    rng = np.random.default_rng(seed)
    n_y = 1 if loss == "binary_cross_entropy" else 3
    sizes = (6, *SIZES[:depth], n_y)
    network = Network.create(
        sizes, activation=hidden, output=output, loss=loss, initializer="xavier", rng=seed + 1
    )
    biases = tuple(0.3 * rng.standard_normal(b.shape) for b in network.biases)
    scale = 0.2 if hidden == "exp" else 1.0  # exp of exp of exp magnifies every rounding
    weights = tuple(scale * W for W in network.weights)
    network = Network(weights, biases, network.activations, network.loss)
    X = rng.standard_normal((6, 7))
    if loss == "softmax_cross_entropy":
        Y = np.eye(3)[:, rng.integers(0, 3, 7)]
    elif loss == "binary_cross_entropy":
        Y = rng.integers(0, 2, (1, 7)).astype(float)
    elif loss == "poisson_deviance":
        Y = rng.integers(0, 4, (n_y, 7)).astype(float)
    else:
        Y = rng.standard_normal((n_y, 7))
    weight = rng.random((1, 7))
    return network, X, Y, weight / weight.sum()


@pytest.mark.parametrize(("l2", "weighted"), [(0.0, False), (0.3, True)], ids=["mean", "weighted"])
@pytest.mark.parametrize(("hidden", "output", "loss", "depth"), CASES, ids=str)
def test_the_engine_and_the_graph_agree(hidden, output, loss, depth, l2, weighted):
    network, X, Y, weight = problem(hidden, output, loss, depth)
    weight = weight if weighted else None
    graph = network.trace(X, Y, weight, l2)
    expected = network.backward(network.forward(X), Y, weight, l2)
    assert_allclose(graph.numbers["J"], network.cost(X, Y, weight, l2), rtol=1e-12)
    for layer in range(1, depth + 2):
        of = {kind: graph.numbers[f"{kind}[{layer}]"] for kind in ("dW", "db")}
        dZ = graph.gradients[graph[f"Z[{layer}]"]]
        assert_allclose(of["dW"], expected.dW[layer - 1], rtol=1e-12, atol=1e-14)
        assert_allclose(of["db"], expected.db[layer - 1], rtol=1e-12, atol=1e-14)
        assert_allclose(dZ, expected.dZ[layer - 1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("output", "loss"), [*OUTPUTS[:2], ("exp", "poisson_deviance")])
def test_a_loss_written_with_the_outputs_has_the_same_derivatives(output, loss):
    network, X, Y, weight = problem("tanh", output, loss, 1)
    expected = network.trace(X, Y, weight, 0.2).numbers
    graph = network.trace(X, Y, weight, 0.2, loss_of_outputs=True)
    found = dict(graph.numbers)
    A, dA = found["A[2]"], found.pop("dA[2]")
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert_allclose(found[name], array, rtol=1e-11, atol=1e-13, err_msg=name)
    slopes = {"sigmoid": -Y / A + (1 - Y) / (1 - A), "softmax": -Y / A, "exp": 1 - Y / A}
    assert_allclose(dA, slopes[output], rtol=1e-12)
    for name in ("dA[2]", "dZ[2]"):
        entry = graph.entry(name, 0, 3)
        assert_allclose(entry.value, graph.numbers[name][0, 3], rtol=1e-11)
    assert "Y[0, 3] / A[2][0, 3]" in graph.entry("dA[2]", 0, 3).formula
    assert "A[2][:, 3]" in graph.entry("L", 3).formula


def test_on_the_slides_a_rounded_output_costs_infinitely_much():
    network = Network(
        (np.array([[50.0]]),), (np.zeros((1, 1)),), ("sigmoid",), "binary_cross_entropy"
    )
    ones = np.ones((1, 1))
    assert network.trace(ones, ones, loss_of_outputs=True).numbers["J"] == 0
    assert network.trace(ones, 0 * ones, loss_of_outputs=True).numbers["J"] == np.inf
    assert network.trace(ones, 0 * ones).numbers["J"] == 50


def test_labels_and_weights_are_written_by_name():
    network, X, Y, weight = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    graph = network.trace(X, Y, weight)
    assert graph.expression(graph["L"]) == "binary_cross_entropy(Z[2], Y)"
    formulas = {step.derivative: step.formula for step in graph.steps().backward}
    assert formulas["dJ/dZ[2]"] == "dJ/dL * (sigmoid(Z[2]) - Y)"
    assert "w" in {graph.name(part) for node in graph.nodes for part in node.args}


@pytest.mark.parametrize("hidden", HIDDEN)
def test_one_step_of_training_follows_the_graph(hidden):
    network, X, Y, weight = problem(hidden, "sigmoid", "binary_cross_entropy", 2)
    result = train(
        network, (X, Y), iterations=1, learning_rate=0.5, l2=0.1, sample_weight=weight[0]
    )
    numbers = network.trace(X, Y, weight, 0.1).numbers
    for layer, (W, b) in enumerate(
        zip(result.network.weights, result.network.biases, strict=True), start=1
    ):
        step_of_W = numbers[f"W[{layer}]"] - 0.5 * numbers[f"dW[{layer}]"]
        assert_allclose(W, step_of_W, rtol=1e-12, atol=1e-14)
        step_of_b = numbers[f"b[{layer}]"] - 0.5 * numbers[f"db[{layer}]"]
        assert_allclose(b, step_of_b, rtol=1e-12, atol=1e-14)


def test_the_course_s_names_and_convention():
    network, X, Y, _ = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    n = network.trace(X, Y).numbers
    assert_allclose(n["Z[1]"], n["W[1]"] @ X + n["b[1]"], rtol=1e-14)
    assert_allclose(n["dZ[2]"], n["A[2]"] - Y, rtol=1e-12)
    assert_allclose(n["dW[2]"], n["dZ[2]"] @ n["A[1]"].T / 7, rtol=1e-12)
    assert_allclose(n["db[2]"], n["dZ[2]"].sum(axis=1, keepdims=True) / 7, rtol=1e-12)
    assert_allclose(n["dZ[1]"], n["W[2]"].T @ n["dZ[2]"] * (1 - n["A[1]"] ** 2), rtol=1e-12)
    assert_allclose(n["dW[1]"], n["dZ[1]"] @ X.T / 7, rtol=1e-12)


@pytest.mark.parametrize(
    ("hidden", "output", "loss", "weighted"),
    [(*names, depth == 1) for *names, depth in CASES if depth],
    ids=str,
)
def test_every_entry_is_the_sum_of_its_terms(hidden, output, loss, weighted):
    network, X, Y, weight = problem(hidden, output, loss, 2)
    graph = network.trace(X, Y, weight if weighted else None, 0.2)
    spelled = [name for name in graph.numbers if name[:1] in "ZAd"]
    assert len(spelled) >= 16
    for name in spelled:
        array = graph.numbers[name]
        for place in ((0, 0), tuple(n - 1 for n in array.shape)):
            entry = graph.entry(name, *place)
            assert_allclose(entry.value, array[place], rtol=1e-11, atol=1e-14, err_msg=str(entry))
            assert name in entry.formula


@pytest.mark.parametrize("weighted", [False, True], ids=["mean", "weighted"])
def test_the_cost_is_the_sum_of_the_losses(weighted):
    network, X, Y, weight = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    graph = network.trace(X, Y, weight if weighted else None, 0.2)
    assert_allclose(graph.entry("J").value, graph.numbers["J"], rtol=1e-14)
    assert_allclose(graph.entry("L", 3).value, graph.numbers["L"][3], rtol=1e-14)
    assert "l2/2 sum_l ||W[l]||^2" in str(graph.entry("J"))


def test_an_entry_spelled_out():
    weights = (np.array([[1.0, 2.0]]),)
    network = Network(weights, (np.zeros((1, 1)),), ("identity",), "squared_error")
    X, Y = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]]), np.array([[0.0, 1.0, 2.0]])
    # Z = 3, 2, 1, so dZ = 3, 1, -1, and dW[0, 1] = (3 * 1 + 1 * 0 + -1 * -1) / 3.
    entry = network.trace(X, Y).entry("dW[1]", 0, 1)
    assert str(entry).splitlines() == [
        "dW[1][0, 1] = 1/m sum_i dZ[1][0, i] X[1, i]",
        "",
        "i  dZ[1][0, i]  X[1, i]  product",
        "0            3        1        3",
        "1            1        0        0",
        "2           -1       -1        1",
        "",
        "sum 4, times 0.333333: 1.33333  =  1.333333333",
    ]
    bias = network.trace(X, Y).entry("db[1]", 0)
    assert bias.formula == "db[1][0] = 1/m sum_i dZ[1][0, i]"
    assert_allclose(bias.value, 1)


def test_a_long_sum_shows_its_ends_and_all_when_asked():
    network = Network.create((50, 1), rng=0)
    entry = network.trace(np.ones((50, 2)), np.array([[0.0, 1.0]])).entry("Z[1]", 0, 1)
    assert "(38 more)" in str(entry)
    assert len(entry.table(most=None).splitlines()) == 50 + 5


@pytest.mark.parametrize(
    ("name", "place", "part"),
    [
        ("dW[9]", (0, 0), "l from 1 to 2"),
        ("nonsense", (0, 0), "dW[l] or db[l]"),
        ("dW[1]", (0, 99), "(5, 6)"),
        ("dW[1]", (0,), "a row and a column"),
        ("dW[1]", (0.5, 1), "whole numbers"),
        ("dW[1]", (True, 1), "whole numbers"),
        ("dW[1]", ("a", 1), "whole numbers"),
        (None, (0, 0), "None"),
        ("J", (0,), "one number"),
        ("L", (7,), "an example of L"),
        ("dA[2]", (0, 0), "dZ[2] comes first"),
    ],
)
def test_entries_that_are_not_there(name, place, part):
    network, X, Y, _ = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    with pytest.raises(InputError) as error:
        network.trace(X, Y).entry(name, *place)
    assert part in str(error.value)


def test_entries_of_what_is_given_and_of_the_derivative_by_it():
    network, X, Y, _ = problem("tanh", "sigmoid", "binary_cross_entropy", 1)
    graph = network.trace(X, Y)
    for name, place, value in (
        ("X", (2, 3), X[2, 3]), ("Y", (0, 4), Y[0, 4]), ("W[1]", (4, 5), network.weights[0][4, 5]),
        ("b[2]", (0,), network.biases[1][0, 0]), ("dX", (2, 3), graph.numbers["dX"][2, 3]),
    ):  # fmt: skip
        assert_allclose(graph.entry(name, *place).value, value, rtol=1e-12)
    own = network.trace(X[:, 3:4], Y[:, 3:4])
    assert_allclose(graph.numbers["dX"][:, 3:4], own.gradients[own.X], rtol=1e-12)
    assert graph.entry("dX[2, 3]").formula == "dX[2, 3] = sum_j W[1][j, 2] dZ[1][j, 3]"
    assert str(graph.entry("b[2]", 0)).startswith("b[2][0] = parameter = ")


@pytest.mark.parametrize("z", [-1000.0, 1000.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_confident_outputs_keep_exact_derivatives(z, y):
    network = Network((np.array([[z]]),), (np.zeros((1, 1)),), ("sigmoid",), "binary_cross_entropy")
    graph = network.trace(np.ones((1, 1)), np.array([[y]]))
    assert graph.numbers["J"] == (1000 if (z > 0) != (y == 1) else 0)
    assert graph.numbers["dZ[1]"] == (z > 0) - y


def test_pixels_are_traced_as_scaled_floats():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 7), dtype=np.uint8)
    network, _, Y, _ = problem("relu", "sigmoid", "binary_cross_entropy", 1)
    of_pixels = network.trace(PixelMatrix(pixels), Y).numbers
    assert_allclose(of_pixels["J"], network.trace(pixels / 255, Y).numbers["J"], rtol=1e-14)


def test_float32_stays_float32():
    network, X, Y, _ = problem("relu", "sigmoid", "binary_cross_entropy", 1)
    graph = network.astype(np.float32).trace(X, Y)
    assert {array.dtype for array in graph.numbers.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"X": np.ones((7, 6))}, "pass X.T"),
        ({"Y": np.ones((1, 3))}, "Y of shape (1, 7)"),
        ({"X": np.ones((6, 0)), "Y": np.ones((1, 0))}, "at least one example"),
        ({"weight": np.ones(7)}, "weights of shape (1, 7)"),
        ({"l2": -1.0}, "l2"),
    ],
)
def test_what_does_not_fit(change, part):
    network, X, Y, _ = problem("relu", "sigmoid", "binary_cross_entropy", 1)
    with pytest.raises(InputError) as error:
        network.trace(**{"X": X, "Y": Y} | change)
    assert part in str(error.value)


def test_runs_are_traced_one_at_a_time():
    network = Network.create((2, 1), rng=[0, 1])
    with pytest.raises(InputError, match=r"network\.run"):
        network.trace(np.ones((2, 1)), np.ones((1, 1)))


def test_layers_can_be_folded():
    network, X, Y, _ = problem("relu", "sigmoid", "binary_cross_entropy", 2)
    graph = network.trace(X, Y)
    assert sorted(set(graph.groups.values())) == [
        "layer 1: relu", "layer 2: relu", "layer 3: sigmoid"
    ]  # fmt: skip
    assert [graph.label(node) for node in graph.nodes[:3]] == ["X", "W[1]", "b[1]"]
