"""The graph's gradients pass; a wrong rule does not; a kink is no error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.graph import check_backward, check_gradients, relu
from chainrule.graph.operations import definition


def network_cost(parameters, X, Y):
    A1 = np.tanh(np.dot(parameters["W1"], X) + parameters["b1"])
    A2 = 1 / (1 + np.exp(-(np.dot(parameters["W2"], A1) + parameters["b2"])))
    return np.squeeze(-np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)))


@pytest.fixture
def problem():
    rng = np.random.default_rng(1)
    shapes = {"W1": (4, 3), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)}
    parameters = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return parameters, rng.standard_normal((3, 6)), rng.integers(0, 2, (1, 6))


@pytest.fixture
def define():
    """A function made known to the graph for one test."""
    made = []

    def defined(function, *rules):
        traced = definition.traceable(function)
        made.append(traced)
        definition.define(traced, "f(x)", *rules, elementwise=True)
        return traced

    yield defined
    for function in made:
        del definition.OPERATIONS[function]


def test_the_first_graph_of_the_course():
    check = check_gradients(lambda a, b, c: 3 * (a + b * c), 5, 3, 2)
    assert check
    assert [found.got for found in check.gradients] == [3, 6, 9]
    assert [found.expected for found in check.gradients] == pytest.approx([3, 6, 9], rel=1e-9)


def test_a_networks_cost(problem):
    check = check_gradients(network_cost, *problem)
    assert check
    names = [found.name for found in check.gradients]
    assert names == [*(f"parameters['{name}']" for name in ("W1", "b1", "W2", "b2")), "X"]
    assert [found.entries for found in check.gradients] == [12, 4, 4, 1, 18]
    assert max(found.relative_error for found in check.gradients) < 1e-8
    assert "Not differentiated: Y." in check.notes
    assert "parameters['W1']" in str(check)
    assert "Not differentiated: Y." in str(check)
    assert "All gradients are right." in repr(check)


def test_a_random_choice_of_entries_is_said(problem):
    check = check_gradients(network_cost, *problem, argnums="X", entries=5, directions=3, rng=2)
    (found,) = check.gradients
    assert check
    assert found.entries == 5
    assert len(found.directions) == 3
    assert "5 of 18" in str(check)


@given(seed=st.integers(0, 99), n=st.integers(1, 4), m=st.integers(1, 5))
def test_layers_of_any_size(seed, n, m):
    rng = np.random.default_rng(seed)
    args = (rng.standard_normal((n, 3)), [rng.standard_normal((3, m)), rng.standard_normal((n, 1))])
    assert check_gradients(lambda W, rest: np.mean(np.tanh(W @ rest[0] + rest[1]) ** 2), *args)


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (lambda g, z, x: g * 3 * x * x, False),
        (lambda g, z, x: g * 2 * x * x, True),
        (lambda g, z, x: -g * 3 * x * x, True),
        (lambda g, z, x: g * 3 * x * x * (1 + 1e-5), True),
        (lambda g, z, x: g * 3 * np.abs(x) * x, True),
        (lambda g, z, x: g * np.nan * x, True),
    ],
)
def test_a_wrong_rule_is_found(define, rule, wrong):
    cube = define(lambda x: np.asarray(x) ** 3, ("rule", rule))
    x = np.array([[0.5, -1.5], [2.0, 0.7]])
    assert bool(check_gradients(lambda x: np.sum(cube(x)), x)) is not wrong


def test_what_is_said_of_a_wrong_rule(define):
    def rule(g, z, x):
        return g * np.array([[1.0, 1.0], [1.0, 1.5]])

    identity = define(lambda x: np.array(x), ("rule", rule))
    check = check_gradients(lambda x: np.sum(2 * identity(x)), np.ones((2, 2)))
    (found,) = check.gradients
    assert not found.right
    assert found.index == (1, 1)
    assert (found.got, found.expected) == pytest.approx((3, 2))
    assert found.difference == pytest.approx(1)
    assert found.relative_error == pytest.approx(1 / (np.sqrt(21) + 4))
    assert "x: the graph's derivative is not the slope of the values." in str(check)


def test_a_wrong_entry_among_many_shows_in_the_directions(define):
    def rule(g, z, x):
        return g * np.where(np.arange(x.size) == 777, 5.0, 1.0)

    identity = define(lambda x: np.array(x), ("rule", rule))
    check = check_gradients(lambda x: np.sum(identity(x)), np.ones(1000), entries=3)
    assert not check
    assert check.gradients[0].relative_error < 1e-6
    assert "along a random direction" in str(check)


def test_kinks_are_no_errors():
    (found,) = check_gradients(lambda x: np.sum(relu(x)), np.array([0.0, 1.0, -1.0])).gradients
    assert (found.right, found.kinks) == (True, 1)
    check = check_gradients(lambda x: np.sum(relu(x)), np.array([0.0, 1.0, -1.0]))
    assert check
    assert "right (1 at a kink)" in str(check)


def test_a_slope_outside_both_sides_of_a_kink_is_wrong(define):
    wrong = define(
        lambda x: np.maximum(x, 0), ("rule", lambda g, z, x: g * np.where(x == 0, 2, x > 0))
    )
    assert not check_gradients(lambda x: np.sum(wrong(x)), np.array([0.0, 1.0, -1.0]))


def test_a_bend_is_no_kink(define):
    flat = define(lambda x: np.asarray(x) ** 2, ("rule", lambda g, z, x: 0 * g * x))
    assert not check_gradients(lambda x: np.sum(flat(x)), np.array([1e-8]))


@pytest.mark.parametrize("x", [1e-5, 3e-6, -2e-7, 1e-4])
def test_a_kink_nearby_is_left_behind(x):
    (found,) = check_gradients(lambda x: np.abs(x), x).gradients
    assert found.right


def test_sizes_from_tiny_to_large():
    assert check_gradients(lambda x: np.sum(np.log(x)), np.array([1e-9, 1e-5, 1.0, 1e9]))
    assert check_gradients(lambda x: np.sum(x**2), np.array([0.0, 1e-7, 1e9]))


def test_zero_gradients():
    check = check_gradients(lambda x, y: np.sum(x), np.ones(3), np.ones(2))
    assert check
    assert check.gradients[1].relative_error == 0


def test_float32_is_checked_in_float64():
    x = np.linspace(-2, 2, 5, dtype=np.float32)
    check = check_gradients(lambda x: np.sum(np.tanh(x)), x)
    assert check
    assert check.gradients[0].relative_error < 1e-8
    assert x.dtype == np.float32


def test_whole_numbers_only_when_they_are_asked_for():
    x, k = np.array([1.5, 2.0]), np.array([2, 3])
    assert check_gradients(lambda x, k: np.sum(x**k), x, k).notes == ("Not differentiated: k.",)
    assert check_gradients(lambda x, k: np.sum(x**k), x, k, argnums=("x", "k")).notes == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_gradients(lambda x: x, np.ones(3)), "one number"),
        (lambda: check_gradients(lambda x: x, "text"), "an argument that holds numbers"),
        (lambda: check_gradients(lambda x: x, 1.0, argnums="y"), "argnums to name arguments"),
        (lambda: check_gradients(lambda x: x, 1.0, step=0), "step"),
        (lambda: check_gradients(lambda x: x, 1.0, tolerance=-1), "tolerance"),
        (lambda: check_gradients(lambda x: x, 1.0, entries=0), "entries"),
        (lambda: check_gradients(lambda x: x, 1.0, directions=-1), "directions"),
    ],
)
def test_errors_say_what_is_expected(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_function_that_draws_numbers_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="gives the same for the same arguments"):
        check_gradients(lambda x: np.sum(x * rng.random(3)), np.ones(3))


def test_a_function_that_changes_its_argument_is_refused():
    rng = np.random.default_rng(0)

    def f(W, X):
        W *= 1.1
        return np.sum(np.tanh(W @ X))

    with pytest.raises(InputError, match="in place"):
        check_gradients(f, rng.standard_normal((3, 4)), rng.standard_normal((4, 5)))


def test_a_wrong_entry_does_not_hide_beside_a_large_one():
    def backward(x):
        return np.array([2e7 * x[0], 0.0])

    found = check_backward(lambda x: 1e7 * x[0] ** 2 + x[1] ** 2, backward, np.ones(2))
    assert not found
    assert found["dx"].index == (1,)


def test_a_cost_that_magnifies_rounding_is_not_called_wrong():
    def cost(w):
        A = 1 / (1 + np.exp(-w))
        return -np.sum(np.log(1 - A))

    assert check_gradients(cost, np.array([15.0, 17.0, 1.0]))


def test_a_function_of_nodes_alone_is_refused():
    with pytest.raises(InputError, match=r"Nodes alone have \.value"):
        check_gradients(lambda x: np.sum(x * x.value), np.ones(2))
