"""The sweep and the gradients of functions: orders, structures, nesting, ownership, kinks."""

import gc
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from copy import copy, deepcopy
from threading import Barrier

import numpy as np
import pytest
from autograd import grad as autograd_grad
from autograd import numpy as anp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError, graph
from chainrule.graph import Node, backward, grad, value_and_grad, variable

A = np.array([[1.5, -2.0, 0.5], [2.5, 1.0, -0.25]])
LONG = 100_000

# ---- the sweep ----------------------------------------------------------------------------------


def test_the_courses_example():
    a, b, c = variable(5), variable(3), variable(2)
    J = 3 * (a + b * c)
    d = backward(J)
    assert J.value == 33
    assert [float(d[x]) for x in (a, b, c, J)] == [3, 6, 9, 1]


def test_a_long_chain_forward_backward_and_freed():
    x = variable(1.0)
    z = x
    for _ in range(LONG):
        z = z + 1e-5
    d = backward(z)
    assert_allclose(z.value, 2)
    assert d[x] == 1
    assert len(d) == LONG + 1
    del d, z
    gc.collect()
    assert backward(x * 2)[x] == 2


def test_a_long_chain_that_branches_at_every_link():
    """2**1000 paths, each node visited once."""
    x = variable(1.0)
    z = x
    for _ in range(1000):
        z = 0.5 * z + 0.5 * z
    assert_allclose(backward(z)[x], 1)


def test_second_derivatives_of_a_long_chain():
    def f(x):
        for _ in range(2000):
            x = x * 1.0001
        return x * x

    assert_allclose(grad(grad(f))(1.0), 2 * 1.0001**4000, rtol=1e-10)


@pytest.mark.parametrize("times", [2, 3, 7])
def test_a_node_used_again_collects_every_share(times):
    x = variable(A)
    assert_array_equal(backward(np.sum(sum([x] * times)))[x], times)
    assert_array_equal(backward(np.sum(np.concatenate([x] * times)))[x], times)
    assert_allclose(backward(np.sum(np.multiply(x, x)))[x], 2 * A)
    assert_allclose(backward(np.sum(x @ x.T))[x], np.tile(2 * A.sum(axis=0), (2, 1)))


def test_diamonds():
    x = variable(2.0)
    left, right = x * x, x + 3
    J = left * right + left
    d = backward(J)
    assert float(d[x]) == 4 * 5 + 4 + 4  # d/dx (x^2 (x + 3) + x^2)
    assert (d[left], d[right]) == (6, 4)


def test_shares_come_before_they_are_passed_on():
    """A node that the output reaches on a short and on a long way."""
    x = variable(3.0)
    y = x * 2
    z = y
    for _ in range(5):
        z = z + y
    assert float(backward(y * z)[x]) == 2 * 6 * 4 * 3


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 1), (1, 1, 1), (4, 1, 3), (4, 2, 1)])
def test_broadcasting_is_undone(shape):
    x, y = variable(np.ones(shape)), variable(A)
    weight = np.arange(1.0, np.broadcast(x.value, A).size + 1)
    z = x * y
    d = backward(z, weight.reshape(z.shape))
    ones = np.ones(np.broadcast_shapes(shape, A.shape))
    share = weight.reshape(z.shape) * A * ones
    extra = tuple(range(share.ndim - len(shape)))
    kept = tuple(len(extra) + k for k, n in enumerate(shape) if n == 1)
    assert d[x].shape == shape
    assert_allclose(d[x], share.sum(axis=extra + kept).reshape(shape))
    assert d[y].shape == A.shape


def test_a_seed_weighs_the_elements():
    x = variable(A)
    assert_allclose(backward(x**2, A)[x], 2 * A * A)
    assert_allclose(backward(x**2, np.ones((2, 3), int))[x], 2 * A)
    assert backward(np.sum(x), 5)[x][0, 0] == 5
    z = variable(np.float32([1, 2])) * 2
    assert backward(z, np.ones(2))[z].dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: backward(variable(A) * 2), ["(2, 3)", "seed"]),
        (lambda: backward(variable(A) * 2, np.ones(3)), ["(2, 3)", "(3,)"]),
        (lambda: backward(variable(A), variable(A)), ["node"]),
        (lambda: backward(variable(1.0), variable(1.0)), ["seed"]),
        (lambda: backward(variable(1.0), "1"), ["seed"]),
        (lambda: backward(3.0), ["a node", "3.0"]),
        (lambda: grad(lambda x: x)(A), ["one number", "(2, 3)"]),
        (lambda: grad(lambda x: A)(A), ["one number", "(2, 3)"]),
        (lambda: grad(lambda x: None)(1.0), ["one number", "NoneType"]),
        (lambda: grad(lambda x: (x, {"cache": x}))(1.0), ["one number", "tuple", "alone"]),
        (lambda: grad(lambda x: x, 1)(1.0), ["an argument 1"]),
        (lambda: grad(lambda x: x, "y")(1.0), ["an argument 'y'"]),
        (lambda: grad(lambda *xs: xs[0], "xs")(1.0), ["an argument 'xs'"]),
        (lambda: grad(lambda p: p["W"])({"W": 1.0, "b": None}), ["['b']", "None"]),
        (lambda: grad(lambda p: p[0])([1.0, "two"]), ["[1]", "'two'"]),
        (lambda: grad(lambda x: x)(1j), ["1j"]),
    ],
)
def test_errors_say_what_was_expected(call, words):
    with pytest.raises(InputError) as caught:
        call()
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_gradients_are_a_mapping():
    a, b, other = variable(2.0, "a"), variable(3.0, "b"), variable(1.0, "other")
    J = a * b + 1
    d = backward(J)
    assert len(d) == 4
    assert list(d) == [J, J.args[0], a, b] or set(map(id, d)) == {*map(id, (J, J.args[0], a, b))}
    assert next(iter(d)) is J
    assert a in d
    assert other not in d
    assert {node.name: float(g) for node, g in d.items() if node.name} == {"a": 3, "b": 2}
    assert d.get(other) is None
    with pytest.raises(KeyError, match="no part of this graph"):
        d[other]
    with pytest.raises(KeyError):
        d["a"]


def test_gradients_do_not_share_memory():
    """Sums pass on one array to both, and spread views; what is handed out is the caller's."""
    x, y = variable(A), variable(A)
    z = x + y
    d = backward(np.sum(z))
    for node in (x, y, z):
        gradient = d[node]
        gradient *= 7
    for node in (x, y, z):
        assert_array_equal(d[node], 1)


def test_the_gradient_of_a_variable_itself_is_the_seed():
    x = variable(A)
    assert_array_equal(backward(x, A)[x], A)


# ---- gradients of functions ---------------------------------------------------------------------

Point = namedtuple("Point", "x y")


def test_value_and_gradient_of_one_argument():
    value, gradient = value_and_grad(lambda x, y: np.sum(x * y))(A, 2.0)
    assert value == 2 * A.sum()
    assert_array_equal(gradient, np.full((2, 3), 2.0))
    assert not isinstance(value, Node)


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 12), (1, 4), ("x", 12), ("y", 4), ((0, 1), (12, 4)), (["y", "x"], (4, 12)),
        ((1,), (4,)), ((), ()), ((1, "x"), (4, 12)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", [lambda f: f(2, 4), lambda f: f(2, y=4), lambda f: f(x=2, y=4)],
                         ids=["places", "mixed", "names"])  # fmt: skip
def test_arguments_by_position_or_name(argnums, expected, call):
    assert call(grad(lambda x, y: 2 * x * y + 4 * x, argnums)) == expected


def test_arguments_counted_from_the_end_or_by_keyword_only():
    assert grad(lambda x, y: x * y, -1)(2, 4) == 2
    assert grad(lambda x, *, y: x * y, "y")(2, y=4) == 2
    assert grad(lambda *xs, **named: xs[1] * named["z"], (1, "z"))(1, 2, z=3) == (3, 2)


def test_nested_arguments_keep_their_structure():
    parameters = {
        "W1": A, "b1": 1, "layers": [np.ones(2), (3.0, np.float32(2))], "at": Point(1.0, [2.0]),
        "none": {}, "empty": [],
    }  # fmt: skip

    def f(p):
        assert isinstance(p["at"], Point)
        first, (second, third) = p["layers"]
        return np.sum(p["W1"] ** 2) * p["b1"] + np.sum(first) * second * third + p["at"].y[0] * 5

    gradient = grad(f)(parameters)
    assert list(gradient) == list(parameters)
    assert_allclose(gradient["W1"], 2 * A)
    assert_allclose(gradient["b1"], np.sum(A**2))
    assert gradient["b1"].shape == ()
    assert_allclose(gradient["layers"][0], [6, 6])
    assert isinstance(gradient["layers"][1], tuple)
    assert gradient["layers"][1][1].dtype == np.float32
    assert gradient["at"] == Point(0, [5])
    assert isinstance(gradient["at"], Point)
    assert gradient["none"] == {}
    assert gradient["empty"] == []


def test_what_does_not_matter_has_gradient_zero():
    for f in (lambda x, y: y * 1.0, lambda x, y: 3.0, lambda x, y: np.sum(x.value) * y):
        gradient = grad(f)(np.ones((2, 3), np.float32), 2.0)
        assert_array_equal(gradient, np.zeros((2, 3)))
        assert gradient.dtype == np.float32
    assert_array_equal(grad(lambda x: float(np.sum(x > 0)))(A), np.zeros((2, 3)))


@pytest.mark.parametrize("wrapped", [lambda z: z, lambda z: z.reshape(1, 1), lambda z: z[None],
                                     lambda z: np.squeeze(np.array(z)),
                                     lambda z: np.array(z.reshape(1, 1))])  # fmt: skip
def test_one_number_of_any_shape_is_a_cost(wrapped):
    assert_allclose(grad(lambda x: wrapped(np.sum(x * x)))(A), 2 * A)


def owners(*arrays):
    return all(
        not np.shares_memory(x, y) for k, x in enumerate(arrays) for y in arrays[:k]
    ) and all(x.flags.writeable for x in arrays)


def test_gradients_are_arrays_of_ones_own():
    x, y, weight = A.copy(), A.copy(), np.full((2, 3), 2.0)
    for f in (
        lambda x, y: np.sum(x + y),
        lambda x, y: np.sum(x * weight + y * weight),
        lambda x, y: np.sum(x) + np.mean(y),
        lambda x, y: np.sum((x + y).T @ weight),
        lambda x, y: np.sum(x),
        lambda x, y: np.sum(np.broadcast_to(x, (4, 2, 3))),
    ):
        assert owners(*grad(f, (0, 1))(x, y), x, y, weight)
    assert owners(*grad(lambda x: x[0] + x[1])([1.0, 2.0]))
    assert_array_equal(x, A)


def test_a_value_is_an_array_of_ones_own():
    x = np.array([[3.0]])
    value, gradient = value_and_grad(lambda x: x)(x)
    assert owners(value, gradient, x)


@pytest.mark.parametrize("copied", [copy, deepcopy])
def test_copied_arguments_stay_connected(copied):
    """The course's code copies its parameters: copy.deepcopy(parameters)."""

    def f(p):
        p = copied(p)
        return np.sum(copied(p["W"]) ** 2)

    assert_allclose(grad(f)({"W": A})["W"], 2 * A)
    assert_allclose(grad(grad(lambda x: deepcopy(x) ** 3))(2.0), 12)


def test_the_function_keeps_its_name():
    def cost(w):
        """J."""
        return w * w

    assert grad(cost).__name__ == value_and_grad(cost).__name__ == "cost"
    assert grad(cost).__doc__ == "J."


def test_an_argument_named_twice():
    assert grad(lambda x: x**3, (0, 0))(2.0) == (12, 12)


# ---- derivatives of derivatives -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda x: x**4, 2.0, (32, 48, 48)),
        (lambda x: x**2, 0.0, (0, 2, 0)),
        (lambda x: x**3, 0.0, (0, 0, 6)),
        (lambda x: 3 * x, 2.0, (3, 0, 0)),
        (lambda x: x**0, 0.0, (0, 0, 0)),
        (lambda x: 1 / x, 2.0, (-1 / 4, 1 / 4, -3 / 8)),
        (np.exp, 0.5, [np.exp(0.5)] * 3),
        (lambda x: np.exp(2 * x), 0.0, (2, 4, 8)),
        (lambda x: np.sin(x) * x, 0.0, (0, 2, 0)),
        (lambda x: x * np.abs(x), -1.5, (3, -2, 0)),
        (lambda x: np.sum(x[None] * [1.0, 2.0, 3.0]) ** 2, 1.0, (72, 72, 0)),
        (graph.sigmoid, 0.0, (1 / 4, 0, -1 / 8)),
    ],
)
def test_first_second_and_third_derivatives(f, at, expected):
    first, second, third = grad(f), grad(grad(f)), grad(grad(grad(f)))
    assert_allclose([first(at), second(at), third(at)], expected, rtol=1e-13, atol=1e-14)
    assert all(type(d(at)) is np.ndarray for d in (first, second, third))


def test_a_hessian_by_rows():
    x = np.array([0.3, -1.2, 2.0])

    def f(x):
        return np.sum(np.exp(x[:-1]) * x[1:] ** 2)

    rows = [grad(lambda x, k=k: grad(f)(x)[k])(x) for k in range(3)]
    e = np.exp(x)
    expected = [
        [e[0] * x[1] ** 2, 2 * e[0] * x[1], 0],
        [2 * e[0] * x[1], 2 * e[0] + e[1] * x[2] ** 2, 2 * e[1] * x[2]],
        [0, 2 * e[1] * x[2], 2 * e[1]],
    ]
    assert_allclose(rows, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda x: x * grad(lambda y: x + y)(1.0), 3.0, 1),
        (lambda x: x * grad(lambda y: x * y)(2.0), 3.0, 6),
        (lambda x: grad(lambda y: x * y * y)(x), 3.0, 4 * 3),
        (lambda x: grad(lambda x: x**3)(x) + x, 2.0, 13),
        (lambda x: grad(lambda y: grad(lambda z: x * y * z)(5.0) * y)(2.0), 3.0, 4),
        (lambda x: grad(lambda y: x * y * y)(2.0), 3.0, 4),
        (lambda x: grad(lambda y: grad(lambda z: x * y * z * z)(5.0) * y)(2.0), 3.0, 40),
        (lambda x: value_and_grad(lambda y: x + y)(1.0)[0], 3.0, 1),
        (lambda x: value_and_grad(lambda y: x * x)(1.0)[0], 3.0, 6),
        (lambda x: value_and_grad(lambda y: x * y)(x)[0], 3.0, 6),
        (lambda x: x * value_and_grad(lambda y: 2.0)(x)[0], 3.0, 2),
        (lambda x: grad(lambda p: p["a"] * p["b"])({"a": x, "b": 2 * x})["a"] * x, 3.0, 12),
    ],
)
def test_nested_functions_do_not_confuse_their_variables(f, at, expected):
    assert float(grad(f)(at)) == expected


def test_what_an_inner_function_was_given_is_a_constant_outside():
    """The gradient x z of the inner function holds its z, of which nobody outside knows."""
    value, gradient = value_and_grad(lambda x: grad(lambda z: x * z * z / 2)(5.0))(3.0)
    assert (value, gradient) == (15, 5)
    assert not isinstance(value, Node)
    assert not isinstance(gradient, Node)


def test_ones_own_variable_stays_connected():
    w = variable(2.0, "w")
    value, gradient = value_and_grad(lambda x: x * x * w)(3.0)
    assert isinstance(value, Node)
    assert isinstance(gradient, Node)
    assert (value.value, gradient.value) == (18, 12)
    assert backward(value)[w] == 9
    assert backward(gradient)[w] == 6
    gradient = grad(lambda x: x * x * w)(w)  # and as the argument: d/dw of 2 w^2
    assert gradient.value == 8
    assert backward(gradient)[w] == 8


def test_a_gradient_step_can_be_differentiated():
    """d/da of f(x - a f'(x)), f = x^4, at a = 0.01, x = 1: -f'(x) f'(x - a f'(x))."""
    rate = grad(lambda a: (1.0 - a * grad(lambda x: x**4)(1.0)) ** 4)(0.01)
    assert_allclose(rate, -4 * 4 * 0.96**3)


# ---- no global state ----------------------------------------------------------------------------


def test_interleaved_graphs():
    x, y = variable(2.0), variable(5.0)
    p, q = x * x, y * y
    p, q = p * x, q * y
    assert backward(p)[x] == 12
    r = p + q
    assert backward(q)[y] == 75
    assert (backward(r)[x], backward(r)[y]) == (12, 75)
    assert backward(p)[x] == 12


def test_an_error_leaves_nothing_behind():
    def f(x):
        y = x * x
        raise KeyError(y.value)

    with pytest.raises(KeyError):
        grad(f)(2.0)
    assert grad(lambda x: x * x)(2.0) == 4


def test_threads():
    start = Barrier(4)

    def work(seed):
        rng = np.random.default_rng(seed)
        start.wait()
        for _ in range(20):
            W, X = rng.standard_normal((3, 4)), rng.standard_normal((4, 5))
            gradient = grad(lambda W, X=X: np.sum(np.tanh(W @ X)))(W)
            assert_allclose(gradient, (1 - np.tanh(W @ X) ** 2) @ X.T, rtol=1e-12)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


# ---- kinks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (np.abs, 0.0, 0),
        (lambda x: np.maximum(0, x), 0.0, 0),
        (lambda x: np.maximum(x, 0), 0.0, 0),
        (lambda x: np.minimum(x, 0), 0.0, 0),
        (graph.relu, 0.0, 0),
        (graph.leaky_relu, 0.0, 0.01),
        (lambda x: np.maximum(x, x), 1.0, 1),
        (lambda x: np.maximum(x, 2 * x), 0.0, 1.5),
        (lambda x: np.minimum(3 * x, x), 0.0, 2),
        (lambda x: np.clip(x, 0, 1), 0.0, 0),
        (lambda x: np.clip(x, 0, 1), 1.0, 0),
        (lambda x: np.max(x), [1.0, 3.0, 3.0, 2.0], [0, 0.5, 0.5, 0]),
        (lambda x: np.min(x), [1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 0]),
        (lambda x: np.max(x, initial=3.0), [1.0, 3.0, 3.0, 2.0], [0, 0, 0, 0]),
        (lambda x: np.sum(np.min(x, axis=1, initial=1.0)), [[1.0, 2.0], [0.0, 0.0]],
         [[0, 0], [0.5, 0.5]]),
        (lambda x: np.linalg.norm(x), [0.0, 0.0], [0, 0]),
        (lambda x: np.sum(np.linalg.norm(x, axis=1)), [[0.0, 0.0], [3.0, 4.0]],
         [[0, 0], [0.6, 0.8]]),
        (lambda x: x**0, 0.0, 0),
        (lambda x: x**0, np.inf, 0),
        (lambda x: x**1, 0.0, 1),
        (lambda x: 2.0 * x**2, 0.0, 0),
    ],
)  # fmt: skip
def test_kinks_are_as_documented(f, at, expected):
    assert_allclose(grad(f)(np.array(at)), expected)


def test_powers_of_zero():
    assert grad(lambda x, y: x**y, (0, 1))(0.0, 2.0) == (0, 0)
    assert_array_equal(grad(lambda y: np.sum([0.0, 2.0] ** y))(np.ones(2)), [0, 2 * np.log(2)])


@pytest.mark.parametrize("z", [1000.0, -1000.0, 0.0])
def test_extreme_logits_are_exact(z):
    p = float(z > 0) if z else 0.5
    Z = np.array([[z]])
    assert_allclose(grad(lambda Z: np.sum(graph.sigmoid(Z)))(Z), [[p * (1 - p)]])
    assert_allclose(
        grad(lambda Z: np.sum(graph.binary_cross_entropy(Z, [[1.0]])))(Z), [[p - 1]], atol=1e-15
    )
    assert_allclose(grad(lambda Z: np.sum(np.logaddexp(0, Z)))(Z), [[p]])
    two = np.array([[z], [0.0]])
    assert_allclose(
        grad(lambda Z: np.sum(graph.softmax_cross_entropy(Z, [[1.0], [0.0]])))(two),
        [[p - 1], [1 - p]],
        atol=1e-15,
    )


# ---- what was not used, and overflow ------------------------------------------------------------

T, INF, NAN = np.array([0.0, 2.0]), np.inf, np.nan
FINITE = {
    "where, sqrt": (lambda x: np.where(x > 0, np.sqrt(x), x), [-1.0, -4, 4, 0], [1, 1, 0.25, 1]),
    "where, log": (lambda x: np.where(x > 0, np.log(x), 0.0), T, [0, 0.5]),
    "where, power": (lambda x: np.where(x > 0, x**0.5, 0.0), [0.0, -1, 4], [0, 0, 0.25]),
    "where, quotient": (lambda x: np.where(x != 0, np.sin(x) / x, 1.0), [0.0], [0]),
    "select": (lambda x: np.select([x > 1, x > 0], [x, np.log(x)]), [0.0, 0.5, 2], [0, 2, 1]),
    "maximum": (lambda x: np.maximum(np.log(x), -3.0), T, [0, 0.5]),
    "fmax": (lambda x: np.fmax(np.sqrt(x), x), [-1.0, 4], [1, 1]),
    "clip": (lambda x: np.clip(np.log(x), -3.0, 3), T, [0, 0.5]),
    "relu": (lambda x: graph.relu(np.log(x)), T, [0, 0.5]),
    "nan_to_num": (lambda x: np.nan_to_num(np.log(x)) * [0.0, 1.0], T, [0, 0.5]),
    "index": (lambda x: np.log(x)[x > 0], T, [0, 0.5]),
    "take": (lambda x: np.take(np.log(x), [1, 1]), T, [0, 1]),
    "split": (lambda x: np.split(np.log(x), 2)[1], T, [0, 0.5]),
    "triu": (lambda x: np.triu(np.log(x)), [[1.0, 2.0], [0.0, 4.0]], [[1, 0.5], [0, 0.25]]),
    "sort": (lambda x: np.sort(np.log(x))[1], T, [0, 0.5]),
    "max": (lambda x: np.max(np.log(x)), T, [0, 0.5]),
    "sum where": (lambda x: np.sum(np.log(x), where=x > 0), T, [0, 0.5]),
    "mean where": (lambda x: np.mean(np.log(x), where=x > 0), T, [0, 0.5]),
    "rows, norm": (lambda x: np.where([True, False], np.linalg.norm(np.log(x), axis=1), 0.0),
                   [[1.0, 2.0], [0.0, 2.0]], [[0, 0.5], [0, 0]]),
    "rows, matmul": (lambda x: np.where([True, False], np.log(x) @ np.ones(2), 0.0),
                     [[1.0, 2.0], [0.0, 2.0]], [[1, 0.5], [0, 0]]),
    "whole, std": (lambda x: np.where(x[0] > 5, np.std(np.log(x)), x[0]), T, [1, 0]),
    "missing data": (lambda w: np.where([True, False], 0.0, (np.array([NAN, 1.0]) - w) ** 2),
                     [3.0], [4]),
    "std of equal": (lambda x: np.std(x, axis=1), [[1.0, 1.0], [0.0, 2.0]], [[0, 0], [-0.5, 0.5]]),
    "std of one": (lambda x: np.std(x, axis=0), [[1.0, 2.0]], [[0, 0]]),
    "std of a number": (np.std, 3.5, 0),
    "hypot": (lambda x: np.hypot(x, x), [0.0], [0]),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), [-1000.0, 0], [0, 0.25]),
    "swish": (lambda x: x / (1 + np.exp(-x)), [-1000.0, 0], [0, 0.5]),
    "square of exp": (lambda x: 1 / (1 + np.exp(-x) ** 2), [-1000.0], [0]),
    "quotient of exp": (lambda x: 1 / (1 + np.exp(-x) / x), [-1000.0], [0]),
    "product of exp": (lambda x: 1 / (1 + np.exp(-x) * x * x), [-1000.0], [0]),
    "power": (lambda x: 1 / (1 + 2.0**-x), [-5000.0], [0]),
    "exp2": (lambda x: 1 / (1 + np.exp2(-x)), [-5000.0], [0]),
    "cosh": (lambda x: 1 / np.cosh(x), [1000.0, -1000, 0], [0, 0, 0]),
    "exp of exp": (lambda x: np.exp(-np.exp(x)), [1000.0], [0]),
    "tanh of exp": (lambda x: np.tanh(np.exp(x)), [1000.0], [0]),
    "sum of exp": (lambda x: 1 / (1 + np.sum(np.exp(-x))), [-1000.0, 1], [0, 0]),
    "det of one singular": (np.linalg.det, [[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 3.0]]],
                            [[[4, -2], [-2, 1]], [[3, 0], [0, 1]]]),
    "det of singular": (np.linalg.det, [[1.0, 2.0], [2.0, 4.0]], [[4, -2], [-2, 1]]),
}  # fmt: skip
TRULY_NONE = {
    "sqrt squared, slope 1": (lambda x: np.sqrt(x) ** 2, [0.0], [NAN]),
    "x / (x + 1), slope 1": (lambda x: 1 / (1 + 1 / x), [0.0], [NAN]),
    "x, slope 1": (lambda x: np.cos(np.arccos(x)), [1.0], [NAN]),
    "0 sqrt": (lambda x: np.sqrt(x) * [0.0, 1.0], [0.0, 4.0], [NAN, 0.25]),
    "sqrt": (np.sqrt, [0.0], [INF]),
    "a cost that overflows, slope 1": (lambda x: np.log(1 + np.exp(x)), [1000.0, 0], [NAN, 0.5]),
    "a cost of NaN": (lambda x: np.exp(x) / np.exp(x), [1000.0], [NAN]),
    "log of a singular det": (
        lambda x: np.linalg.slogdet(x)[1],
        [[1.0, 2.0], [2.0, 4.0]],
        [[INF, -INF], [-INF, INF]],
    ),
    "the branch that was taken": (lambda x: np.where(x > 0, x, np.sqrt(x) * 0), [0.0], [NAN]),
}


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [*FINITE.values(), *TRULY_NONE.values()],
    ids=[*FINITE, *TRULY_NONE],
)
@np.errstate(all="ignore")  # of the forward pass, in which NumPy warns
def test_what_was_not_used_or_overflows_contributes_nothing(f, x, expected):
    x = np.array(x)
    assert_allclose(grad(lambda x: np.sum(f(x)))(x), expected, atol=1e-15)
    if np.isfinite(expected).all():
        # The same inside of a derivative, as nodes; and a graph's steps say the same.
        second = grad(lambda x: np.sum(grad(lambda x: np.sum(f(x)))(x) * x))(x)
        assert np.isfinite(second).all()
        steps = graph.trace(lambda x: np.sum(f(x)), x).steps()
        assert all(np.isfinite(step.total).all() for step in steps.backward)


def test_second_derivatives_of_branches():
    def slope(x):
        return np.sum(grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), x * x)))(x) * x)

    with np.errstate(invalid="ignore"):
        assert_allclose(grad(slope)(np.array([-1.0, 0, 4])), [-4, 0, 0.125])


def test_the_sweep_warns_of_nothing():
    """What is infinite or NaN in a derivative is seen in the result."""
    assert grad(lambda x: np.where(x > 0, np.sqrt(x), x))(0.0) == 1
    assert grad(np.sqrt)(0.0) == np.inf


# ---- random expressions against autograd --------------------------------------------------------

ONE = {
    "tanh": lambda np, x: np.tanh(x),
    "sin": lambda np, x: np.sin(x),
    "exp": lambda np, x: np.exp(np.tanh(x)),
    "log": lambda np, x: np.log(1.5 + x * x),
    "sqrt": lambda np, x: np.sqrt(x**2 + 1),
    "negative": lambda np, x: -x,
    "sum": lambda np, x: x - np.sum(x),
    "mean": lambda np, x: x - np.mean(x, axis=-1, keepdims=True),
    "reversed": lambda np, x: x[..., ::-1],
    "twice the last": lambda np, x: x + 2 * x[..., -1:],
    "picked": lambda np, x: x * x[..., [0, 0, -1]],
    "where": lambda np, x: np.where(x > 0.1, x * 3, x * x),
    "gram": lambda np, x: np.dot(np.dot(x, np.ones((3, 3))), np.eye(3) + 0.5),
    "joined": lambda np, x: np.concatenate([x, 2 * x], axis=-1)[..., 1:4],
}
TWO = {
    "+": lambda np, x, y: x + y,
    "-": lambda np, x, y: x - y,
    "*": lambda np, x, y: np.tanh(x) * y,
    "/": lambda np, x, y: x / (1.2 + y * y),
    "**": lambda np, x, y: (1 + x * x) ** np.tanh(y),
    "maximum": lambda np, x, y: np.maximum(x, y),
    "logaddexp": lambda np, x, y: np.logaddexp(x, y),
}
leaves = st.sampled_from(["a", "b", 0.5, -1.5])
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.tuples(st.sampled_from(sorted(ONE)), parts),
        st.tuples(st.sampled_from(sorted(TWO)), parts, parts),
    ),
    max_leaves=8,
)


def evaluated(tree, np, a, b):
    if not isinstance(tree, tuple):
        return {"a": a, "b": b, 0.5: a * 0 + 0.5, -1.5: a * 0 - 1.5}[tree]
    parts = [evaluated(part, np, a, b) for part in tree[1:]]
    return {**ONE, **TWO}[tree[0]](np, *parts)


@settings(max_examples=150)
@given(tree=trees, seed=st.integers(0, 5))
def test_random_expressions_have_autograds_gradients(tree, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, 3)

    def cost(np):
        def both(a, b):
            return np.sum(evaluated(tree, np, a, b) ** 2) + 0.1 * (np.sum(a) + np.sum(b))

        return both

    found = grad(cost(np), (0, 1))(a, b)
    for k in range(2):
        assert_allclose(found[k], autograd_grad(cost(anp), k)(a, b), rtol=1e-10, atol=1e-12)


def test_a_write_into_an_array_is_named():
    def f(x):
        z = np.zeros(3)
        z[0] = x[0]
        return np.sum(z)

    for differentiate in (grad(f), lambda x: graph.trace(f, x)):
        with pytest.raises(InputError, match=r"np\.stack for z\[0\] = x"):
            differentiate(np.ones(3))
