"""Formulas as text: the right numbers, and nothing but arithmetic."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.errors import InputError
from chainrule.graph.formula import FUNCTIONS, graph_of


def derivatives(text, **values):
    graph = graph_of(text, values)
    return float(graph.output.value), *(float(graph.gradients[graph[name]]) for name in values)


@pytest.mark.parametrize("text", ["3*(a + b*c)", "u = b*c; v = a + u; J = 3*v", "u=b*c\n3*(a+u)"])
def test_the_course_s_example(text):
    assert derivatives(text, a=5, b=3, c=2) == (33, 3, 6, 9)


def test_intermediate_results_have_their_names():
    graph = graph_of("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    assert [graph.label(node) for node in graph.nodes] == ["a", "b", "c", "u", "v", "J"]
    assert [graph.expression(node) for node in graph.nodes[3:]] == ["b * c", "a + u", "3 * v"]


@pytest.mark.parametrize(
    ("text", "x", "value", "slope"),
    [
        ("x**3", 2, 8, 12),
        ("-x", 2, -2, -1),
        ("exp(2*x)", 0, 1, 2),
        ("sigmoid(x)", 0, 0.5, 0.25),
        ("log(x)/x", 1, 0, 1),
        ("maximum(0, x)", -1, 0, 0),
        ("sin(pi*x)", 1, 0, -math.pi),
        ("sum([1, 2, 3]*x)", 1, 6, 6),
        ("y = x*x; z = y + y", 3, 18, 12),
        ("2e0 * x", 1, 2, 2),
        ("99999999999999999999999 * x", 0, 0, 1e23),
        ("where(x > 1, x*x, -x)", 3, 9, 6),
        ("sum(stack([x, 2*x])[1:])", 3, 6, 2),
        ("sum(reshape([1, 2, 3, 4]*x, (2, 2)).T[0, :])", 1, 4, 4),
        ("sum(sum([[1, 2], [3, 4]]*x, axis=0, keepdims=True)[0, -1])", 1, 6, 6),
        ("clip(x, -1, 1)", 0.5, 0.5, 1),
    ],
)
def test_values_and_slopes(text, x, value, slope):
    assert_allclose(derivatives(text, x=x), (value, slope), atol=1e-15)


def test_vectors_and_matrices():
    graph = graph_of("sum(W @ x)", {"W": [[1, 2], [3, 4]], "x": [1, 1]})
    assert graph.output.value == 10
    assert graph.gradients[graph["x"]].tolist() == [4, 6]


CALLS = {
    "where": "where(x > 0, x, 1)",
    "stack": "stack([x, x])",
    "concatenate": "concatenate([stack([x]), [1, 2]])",
    "reshape": "reshape(x, (1, 1))",
    "softmax": "softmax(reshape([1, 2]*x, (2, 1)))",
    "matmul": "matmul([1, 2]*x, [3, 4])",
    "clip": "clip(x, 0, 1)",
    **{name: f"{name}(x, 0.5)" for name in ("maximum", "minimum", "logaddexp", "dot")},
    **{name: f"{name}(x, [1, 0.5])" for name in ("arctan2", "hypot", "outer")},
    "inner": "inner([1, 2]*x, [3, 4])",
    "det": "det([[x, 1], [2, 3]])",
    **{
        name: f"{name}(reshape([1, 2]*x, (2, 1)), [[1], [0]])"
        for name in FUNCTIONS
        if name.endswith(("entropy", "error", "huber", "loss"))
    },
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_can_be_called(name):
    text = CALLS.get(name, f"{name}(x + 0*x)")
    assert np.isfinite(derivatives(f"sum({text})", x=0.25)).all()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mean([a, b, 1])", 2), ("norm([3, a + b - 1])", 5), ("det([[a, 1], [2, b]])", 4),
        ("sum(exp([a - 3, 0*b]))", 2), ("max([[a, b], [b, a]] @ [1, 1])", 5),
        ("sum([a, b][0:1])", 3), ("sum(stack([[a, b], [1, a]]))", 9),
        ("sum(concatenate([[a, b], [1]]))", 6), ("std([a, a, 0*b + 3])", 0),
    ],
)  # fmt: skip
def test_lists_of_names_are_arrays(text, value):
    assert_allclose(graph_of(text, {"a": 3, "b": 2}).output.value, value)


def test_labels_may_have_a_name():
    graph = graph_of("sum(binary_cross_entropy([[1]]*x, Y))", {"x": 0.0, "Y": [[1]]})
    assert graph.gradients[graph["x"]] == -0.5


def test_what_is_not_finite_is_shown_without_a_warning():
    graph = graph_of("log(x)", {"x": 0})
    assert graph.output.value == -np.inf
    assert graph.gradients[graph["x"]] == np.inf


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("__import__('os').system('true')", "names, numbers"),
        ("a.real", "a.real"),
        ("a[b]", "'b'"),
        ("a[0]", "a[0] of shapes ()"),
        ("[a for a in [1]]", "names, numbers"),
        ("lambda: a", "lambda"),
        ("a if a else 1", "a if a else 1"),
        ("a is 1", "a is 1"),
        ("u = 2*a; 3*a", "u beside it"),
        ("2*a; 3*a", "2 * a beside it"),
        ("a\n+3", "a beside it"),
        ("sum(a, axis=7)", "sum(a, axis=7)"),
        ("exp(a, a)", "exp of 1 arguments"),
        ("sum(a, out=a)", "out=a"),
        ("f'{a}'", "names, numbers"),
        ("'a' * 3", "'a'"),
        ("True * a", "True"),
        ("1j * a", "1j"),
        ("a^2", "Write a power as x**2."),
        ("a ~ 2", "invalid syntax"),
        ("a +", "invalid syntax"),
        ("exp(x=a)", "exp(x=a)"),
        ("exp(*a)", "*a"),
        ("+".join("a" * 990), "nested less deeply"),
        ("eval(a)", "a function that it knows"),
        ("exp", "exp(x)"),
        ("d * a", "a value for d"),
        ("a = 3", "a new name for each result"),
        ("u = a; u = a*u", "u again"),
        ("u, v = a", "u, v = a"),
        ("import os", "import os"),
        ("while a: pass", "while a"),
        ("", "nothing"),
        ("# a", "nothing"),
        ("3", "at least one name"),
        ("[1, 2] * a", "Sum it"),
        ("[1, 2] + [1, 2, 3] + a", "(2,) and (3,)"),
        ("exp(a, a, a, a)", "exp of 1 arguments"),
        ("sum()", "one or more"),
        ("a + b", "a value for b"),
        ("(" * 500 + "a" + ")" * 500, "arithmetic"),
        ("+".join("a" * 1500), "at most 2000 characters"),
        ("\0", "arithmetic"),
    ],
)
def test_what_is_refused(text, part):
    with pytest.raises(InputError) as error:
        graph_of(text, {"a": 1.0})
    assert part in str(error.value)


def test_a_value_that_is_not_used_is_pointed_out():
    with pytest.raises(InputError, match="b too"):
        graph_of("3*a", {"a": 1, "b": 2})


@pytest.mark.parametrize("value", ["text", None, [[1], [1, 2]], {"a": 1}, 1j])
def test_values_are_numbers(value):
    with pytest.raises(InputError):
        graph_of("a*a", {"a": value})
