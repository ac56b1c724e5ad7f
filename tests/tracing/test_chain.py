"""Links of the chain rule, as the formulas have them, and derivatives beside slopes."""

import itertools
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import InputError, Network
from chainrule.graph.operations.definition import OPERATIONS, define, traceable
from chainrule.tracing.chain import check_entry, made_of, used_by
from chainrule.tracing.network_trace import FUNCTIONS

CASES = {
    "relu": ({"activation": "relu"}, 0.0),
    "tanh, l2": ({"activation": "tanh"}, 0.3),
    "softmax": ({"activation": ("softmax", "sigmoid"), "output": "softmax"}, 0.0),
    "numbers": ({"output": "identity", "loss": "squared_error", "activation": "leaky_relu"}, 0.1),
}


def traced(case="tanh, l2", **options):
    rng = np.random.default_rng(3)
    how, l2 = CASES[case]
    n_y = 3 if case in ("softmax", "numbers") else 1
    network = Network.create((4, 3, 2, n_y), initializer="xavier", rng=1, **how)
    biases = tuple(0.2 * rng.standard_normal(b.shape) for b in network.biases)
    network = Network(network.weights, biases, network.activations, network.loss)
    Y = np.eye(3)[:, [0, 1, 2, 0, 1]] if n_y == 3 else np.array([[1.0, 0, 1, 1, 0]])
    return network.trace(rng.standard_normal((4, 5)), Y, l2=l2, **options)


def places(graph, array):
    shape = graph.numbers[array].shape
    shape = shape[:1] if "b[" in array else shape
    return itertools.product(*map(range, shape))


def entries(graph, link):
    """All entries of a link: array and place."""
    free = np.ndindex(link.values(graph).shape)
    return {(link.array, link.at(k)) for k in free}


def written(graph, array, place):
    """The entries that a formula names, its letters run along their axes."""
    found = set()
    formula = graph.entry(array, *place).formula.split(" = ", 1)[1]
    formula = re.sub(r" = [a-z_]*\(.*", "", formula) if array[0] == "A" else formula
    for name, inside in re.findall(r"(J|L|Y|X|d?[WZAb]\[\d+\])\[([^]]*)\]", formula):
        axes = graph.numbers[name].shape
        runs = [
            [int(k)] if k.isdigit() else range(n)
            for k, n in zip(inside.split(", "), axes, strict=False)
        ]
        found |= {(name, k) for k in itertools.product(*runs)}
    return found


@pytest.mark.parametrize("of_outputs", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_links_are_those_of_the_formulas_and_go_both_ways(case, of_outputs):
    graph = traced(case, loss_of_outputs=of_outputs)
    uses = {}
    for array in graph.numbers:
        for place in places(graph, array):
            links = made_of(graph, array, place)
            sources = set().union(*(entries(graph, link) for link in links))
            for one in sources:
                uses.setdefault(one, set()).add((array, place))
            if array in "XY" or array[0] in "Wb":
                assert not sources
            else:
                penalty = {one for one in sources if array == "J" and one[0] != "L"}
                assert bool(penalty) == (array == "J" and graph.l2 > 0)
                assert sources - penalty == written(graph, array, place)
    for array in graph.numbers:
        for place in places(graph, array):
            links = used_by(graph, array, place)
            found = set().union(*(entries(graph, link) for link in links))
            assert found == uses.get((array, place), set())


def test_a_label_says_what_runs():
    (W, A, b), graph = made_of(traced(), "Z[2]", (1, 3)), traced()
    assert (W.label, A.label, b.label) == ("W[2][1, k]", "A[1][k, 3]", "b[2][1]")
    assert_allclose(
        W.values(graph) @ A.values(graph) + b.values(graph), graph.numbers["Z[2]"][1, 3]
    )
    assert [link.label for link in used_by(graph, "L", (4,))] == ["J"]


def derivative_of(graph, array, place):
    """By the graph: of J, or of the example's own loss."""
    if array[0] == "d":
        found = graph.numbers[array]
        return float((found[:, 0] if "b[" in array else found)[place])
    found = graph.gradients[graph[array]]
    return float((found[:, 0] if "b[" in array else found)[place])


@pytest.mark.parametrize("of_outputs", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_every_derivative_is_the_slope_of_what_is_computed_anew(case, of_outputs):
    graph = traced(case, loss_of_outputs=of_outputs)
    own = f"A[{len(graph.layers)}]"
    for array in set(graph.numbers) - {"J", "Y"}:
        if array == own and graph.loss_of == "Z":
            with pytest.raises(InputError, match="what the loss is computed from"):
                check_entry(graph, array, (0, 0), 0.0)
            continue
        for place in places(graph, array):
            right = derivative_of(graph, array, place)
            found = check_entry(graph, array, place, right)
            assert found.agrees, (array, place, found)
            assert found.error < 1e-6 or abs(right - found.numeric) <= found.noise
            wrong = check_entry(graph, array, place, 1.01 * right + 1e-3)
            assert not wrong.agrees, (array, place, wrong)


@traceable
def bent(Z):
    return np.tanh(Z)


def test_a_wrong_rule_is_found(monkeypatch):
    monkeypatch.setitem(OPERATIONS, bent, None)  # forgotten afterwards
    define(bent, "bent(x)", ("g (1 - z)", lambda g, z, x: g * (1 - z)), elementwise=True)
    monkeypatch.setitem(FUNCTIONS, "tanh", bent)
    graph = traced("tanh, l2")
    for array, place in (("Z[1]", (0, 2)), ("W[1]", (1, 3)), ("b[2]", (0,)), ("dX", (2, 1))):
        found = check_entry(graph, array, place, derivative_of(graph, array, place))
        assert not found.agrees
    assert check_entry(graph, "A[2]", (0, 1), derivative_of(graph, "A[2]", (0, 1))).agrees


def test_at_a_kink_no_slope_is_wrong():
    network = Network((np.eye(1),) * 2, (np.zeros((1, 1)),) * 2, ("relu", "sigmoid"),
                      "binary_cross_entropy")  # fmt: skip
    graph = network.trace(np.zeros((1, 1)), np.ones((1, 1)))
    found = check_entry(graph, "Z[1]", (0, 0), derivative_of(graph, "Z[1]", (0, 0)))
    assert found.kink
    assert found.agrees
