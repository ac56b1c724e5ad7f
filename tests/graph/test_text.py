"""Expressions that Python reads as the graph computed them; short values; names in texts."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule import graph
from chainrule.graph import Graph, variable
from chainrule.graph.text import expression, shape_of, short, with_names

A = np.array([[1.5, -2.0, 0.5], [2.5, 1.0, -0.25]])
BINARY = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
}
UNARY = {
    "-": lambda x: -x,
    "+": lambda x: +x,
    "abs": abs,
    "exp": np.exp,
    "reciprocal": np.reciprocal,
    "square": np.square,
}
VALUES = {"a": 2.0, "b": -1.5, "c": 0.75}
trees = st.recursive(
    st.sampled_from([*VALUES, 2, -3, 0.5, 1]),
    lambda parts: st.one_of(
        st.tuples(st.sampled_from(sorted(BINARY)), parts, parts),
        st.tuples(st.sampled_from(sorted(UNARY)), parts),
    ),
    max_leaves=7,
)


def computed(tree, nodes):
    if not isinstance(tree, tuple):
        return nodes.get(tree, tree)
    parts = [computed(part, nodes) for part in tree[1:]]
    if not any(isinstance(part, graph.Node) for part in parts):
        return parts[0]  # numbers alone are no expression
    return (BINARY if len(parts) == 2 else UNARY)[tree[0]](*parts)


def read(text, **more):
    words = {name: getattr(np, name) for name in ("exp", "square", "maximum", "where", "sum")}
    return eval(text, {"abs": abs} | words | {k: np.float64(v) for k, v in VALUES.items()} | more)


@settings(max_examples=400)
@given(tree=trees)
def test_python_reads_an_expression_as_it_was_computed(tree):
    nodes = {name: variable(value, name) for name, value in VALUES.items()}
    try:
        node = computed(tree, nodes)
    except ArithmeticError:  # 1 / 0
        assume(False)
    assume(isinstance(node, graph.Node))
    assert_allclose(read(expression(node, depth=99)), node.value, rtol=1e-12)


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda a, b, c: 3 * (a + b * c), "3 * (a + b * c)"),
        (lambda a, b, c: a - (b - c), "a - (b - c)"),
        (lambda a, b, c: a - b - c, "a - b - c"),
        (lambda a, b, c: a / (b * c), "a / (b * c)"),
        (lambda a, b, c: (a + b) ** 2, "(a + b) ** 2"),
        (lambda a, b, c: a ** (b + c), "a ** (b + c)"),
        (lambda a, b, c: (a**2) ** c, "(a ** 2) ** c"),
        (lambda a, b, c: (-a) ** 2, "(-a) ** 2"),
        (lambda a, b, c: -(a**2), "-a ** 2"),
        (lambda a, b, c: -(a + b), "-(a + b)"),
        (lambda a, b, c: (a - b) * -2, "(a - b) * -2"),
        (lambda a, b, c: np.reciprocal(a * b), "1 / (a * b)"),
        (lambda a, b, c: np.exp(a + b), "exp(a + b)"),
        (lambda a, b, c: np.maximum(a + b, 0), "maximum(a + b, 0)"),
        (lambda a, b, c: np.where(True, a + b, c), "where(True, a + b, c)"),
        (lambda a, b, c: np.sum(a * b, axis=()), "sum(a * b, axis=())"),
        (lambda a, b, c: (a + b) % c * a, "(a + b) % c * a"),
        (
            lambda a, b, c: np.roll(a, 1) + np.tril(b[None, None]),
            "roll(a, shift=1) + tril(b[None, None])",
        ),
        (lambda a, b, c: np.sum(a, where=np.True_), "sum(a, where=True)"),
        (lambda a, b, c: np.take(a[None], np.zeros(9, int)), "take(a[None], indices=array((9,)))"),
        (lambda a, b, c: np.take(a[None], [0] * 99), "take(a[None], indices=...)"),
        (lambda a, b, c: np.stack([a + b, c])[1:], "stack([a + b, c])[1:]"),
        (lambda a, b, c: (a + b)[None, ...], "(a + b)[None, ...]"),
        (lambda a, b, c: graph.sigmoid(a * b), "sigmoid(a * b)"),
    ],
)
def test_expressions_have_the_parentheses_they_need_and_no_others(compute, text):
    node = compute(*(variable(abs(value), name) for name, value in VALUES.items()))
    assert expression(node, depth=9) == text


def test_matrices():
    W, X, b = variable(A, "W"), variable(A.T, "X"), variable(np.ones((2, 1)), "b")
    assert expression(W @ X + b, depth=9) == "W @ X + b"
    assert expression(W @ (X + 1), depth=9) == "W @ (X + 1)"
    assert expression((W + 1).T @ b, depth=9) == "(W + 1).T @ b"
    assert expression(W.T, depth=9) == "W.T"
    assert expression(W[0, 1:], depth=9) == "W[0, 1:]"
    assert "3.14159" not in expression(W * np.full((2, 3), np.pi))
    assert "2 x 3" in expression(W * np.full((2, 3), np.pi))


def test_depth_and_names_end_an_expression():
    a = variable(2.0, "a")
    inner = a * 3
    assert expression((inner + 1) ** 2, depth=1) == "... ** 2"
    inner.name = "z"
    assert expression((inner + 1) ** 2, depth=9) == "(z + 1) ** 2"
    assert expression(inner) == "a * 3"
    assert expression(a) == "a"
    assert expression(variable(5.0) + 1) == "5 + 1"


def test_a_long_chain_is_cut_short():
    z = variable(1.0, "x")
    for _ in range(5000):
        z = z + 1
    assert repr(z) == "Node(... + 1 + 1 + 1 = 5001)"
    assert Graph(z).expression(z) == "v4999 + 1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (33.0, "33"), (np.float32(0.5), "0.5"), (-0.0, "0"), (1 / 3, "0.333333"), (1e-12, "1e-12"),
        (np.array(2.0), "2"), ([1.0, 2.5], "[1, 2.5]"), (np.eye(2), "[[1, 0], [0, 1]]"),
        (np.arange(12.0).reshape(3, 4), "[0, 1, 2, ...] 3 x 4"), (np.zeros((0, 3)), "[]"),
        (True, "True"), (float("inf"), "inf"), (7, "7"), (1234567.0, "1.23457e+06"),
    ],
)  # fmt: skip
def test_short_values(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((), "number"),
        ((3,), "(3,)"),
        ((2, 3), "2 x 3"),
        ((2, 3, 4), "2 x 3 x 4"),
        ((0, 3), "0 x 3"),
    ],
)
def test_shapes_in_words(shape, text):
    assert shape_of(np.zeros(shape)) == text


def test_names_replace_whole_words_only():
    assert with_names("g * exp(x - z)", {"g": "dJ/dv", "x": "a", "z": "v"}) == "dJ/dv * exp(a - v)"
    assert with_names("x ** max(y)", {"x": "y", "y": "x"}) == "y ** max(x)"
