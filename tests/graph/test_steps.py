"""Both passes line by line: the course's numbers, products, sums that add up, tables, HTML."""

import re
from types import GeneratorType

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import graph
from chainrule.graph import Graph, trace, variable
from chainrule.graph.steps import Backward, Forward

A = np.array([[1.5, -2.0, 0.5], [2.5, 1.0, -0.25]])
B = np.array([[0.5, 2.0, -1.5]])


def example():
    return trace(lambda a, b, c: 3 * (a + b * c), 5, 3, 2)


def logistic_cost(w, b, X, Y):
    A = graph.sigmoid(np.dot(w.T, X) + b)
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))


GRAPHS = {
    "the course's": example,
    "logistic regression": lambda: trace(
        logistic_cost, np.array([[0.5], [-1.0]]), 0.25, A[:, :2], np.array([[1.0, 0.0]])
    ),
    "broadcast": lambda: trace(lambda x, y: np.sum(x * y + np.maximum(x, y) ** 2), A, B),
    "used twice": lambda: trace(lambda x: x * x * x + x, 2.0),
    "shapes": lambda: trace(
        lambda x: np.sum(np.concatenate([x, x[:1] * 2]).T.reshape(-1)[1:] ** 2), A
    ),
    "network": lambda: trace(
        lambda p, X: np.mean(
            graph.softmax_cross_entropy(
                p["W2"] @ np.tanh(p["W1"] @ X + p["b1"]), np.array([[1.0, 0, 1], [0, 1, 0]])
            )
        ),
        {"W1": A[:, :2], "b1": np.ones((2, 1)), "W2": A[:, 1:]}, A,
    ),
}  # fmt: skip
every_graph = pytest.mark.parametrize("made", GRAPHS.values(), ids=GRAPHS)


def test_the_courses_example_forward():
    forward = example().steps().forward
    assert [(s.node, s.expression, float(s.value)) for s in forward] == [
        ("a", "given", 5), ("b", "given", 3), ("c", "given", 2),
        ("v1", "b * c", 6), ("v2", "a + v1", 11), ("J", "3 * v2", 33),
    ]  # fmt: skip


def test_the_courses_example_backward():
    rows = [
        (s.derivative, s.through, float(s.incoming), float(s.local), float(s.share), float(s.total))
        for s in example().steps().backward
    ]
    assert rows == [
        ("dJ/dv2", "J", 1, 3, 3, 3),
        ("dJ/da", "v2", 3, 1, 3, 3),
        ("dJ/dv1", "v2", 3, 1, 3, 3),
        ("dJ/db", "v1", 3, 2, 6, 6),
        ("dJ/dc", "v1", 3, 3, 9, 9),
    ]


def test_formulas_are_in_the_graphs_names():
    formulas = {s.derivative: s.formula for s in example().steps().backward}
    assert formulas["dJ/db"] == "dJ/dv1 * c"
    assert formulas["dJ/dv2"] == "dJ/dJ * 3"
    assert formulas["dJ/da"] == "dJ/dv2"


@every_graph
def test_every_value_is_there_once_and_in_order(made):
    whole = made()
    steps = whole.steps()
    assert [s.node for s in steps.forward] == [whole.label(node) for node in whole.nodes]
    for node, step in zip(whole.nodes, steps.forward, strict=True):
        assert isinstance(step, Forward)
        assert step.value is node.value
        assert (step.expression == "given") == (node.operation is None)


@every_graph
def test_products_of_elementwise_operations_add_up_to_the_share(made):
    compared = 0
    for step in made().steps().backward:
        if step.local is None:
            continue
        product = step.incoming * step.local
        shape = np.shape(step.share)
        lead = product.ndim - len(shape)
        axes = tuple(range(lead)) + tuple(k + lead for k, n in enumerate(shape) if n == 1)
        assert_allclose(product.sum(axis=axes).reshape(shape), step.share, rtol=1e-14)
        compared += 1
    assert compared


@every_graph
def test_running_sums_end_at_the_gradients(made):
    whole = made()
    sums, last = {}, {}
    for step in whole.steps().backward:
        assert isinstance(step, Backward)
        sums[step.derivative] = sums.get(step.derivative, 0) + step.share
        assert_allclose(step.total, sums[step.derivative], rtol=1e-14)
        last[step.derivative] = step.total
    for node in whole.nodes:
        if node is not whole.output:
            assert_allclose(last[whole.gradient_label(node)], whole.gradients[node], rtol=1e-14)


@every_graph
def test_nothing_comes_in_before_it_is_complete(made):
    whole = made()
    seen = {}
    for step in whole.steps().backward:
        incoming = seen.get(f"d{whole.label(whole.output)}/d{step.through}")
        if incoming is not None:
            assert_allclose(step.incoming, incoming, rtol=1e-14)
        seen[step.derivative] = step.total


def test_a_node_used_twice_has_two_lines():
    x = variable(3.0, "x")
    lines = [s for s in Graph(x * x).steps().backward if s.derivative == "dJ/dx"]
    assert [float(s.share) for s in lines] == [3, 3]
    assert [float(s.total) for s in lines] == [3, 6]


def test_steps_are_a_sequence():
    steps = example().steps()
    assert len(steps) == 6 + 5
    assert list(steps) == steps.forward + steps.backward
    assert steps[0] is steps.forward[0]
    assert steps[-1] is steps.backward[-1]
    assert steps[5:7] == [steps.forward[-1], steps.backward[0]]


def test_steps_are_played_one_at_a_time():
    playing = example().steps().play()
    assert isinstance(playing, GeneratorType)
    assert next(playing).split() == ["1", "a", "=", "5"]
    rest = list(playing)
    assert len(rest) == 10
    assert "J = 3 * v2 = 33" in rest[4]
    assert rest[-1].startswith(" 11  dJ/dc += dJ/dv1 * b = 9")


def test_the_table_has_a_line_for_every_step():
    text = str(example().steps())
    assert text == repr(example().steps())
    (last,) = (line for line in text.splitlines() if line.startswith("J "))
    assert last.split() == ["J", "3", "*", "v2", "number", "33"]
    for name, number in [("a", "3"), ("b", "6"), ("c", "9")]:
        (line,) = (line for line in text.splitlines() if line.startswith(f"dJ/d{name} "))
        assert line.split()[-1] == number
    assert all(line == line.rstrip() for line in text.splitlines())


def test_arrays_are_given_by_shape_and_a_few_numbers():
    text = str(trace(lambda X: np.sum(X), np.ones((300, 400))).steps())
    assert "300 x 400" in text
    assert max(map(len, text.splitlines())) < 160


def test_arrays_are_given_whole_when_asked():
    steps = trace(lambda x, y: np.sum(x * y + x), A, B).steps(full=True)
    assert str(steps).split("\n\n")[0] == "Forward: values"
    assert "x, given  (2 x 3)\n    [[ 1.5  -2.    0.5 ]\n     [ 2.5   1.   -0.25]]" in str(steps)
    # The second share of x's derivative: the first was 1.
    last = str(steps).split("\n\n")[-2]
    assert last.splitlines() == [
        "dJ/dx += dJ/dv1 * y  (2 x 3)",
        "  local",
        "    [[ 0.5  2.  -1.5]",
        "     [ 0.5  2.  -1.5]]",
        "  product",
        "    [[ 0.5  2.  -1.5]",
        "     [ 0.5  2.  -1.5]]",
        "  sum so far",
        "    [[ 1.5  3.  -0.5]",
        "     [ 1.5  3.  -0.5]]",
    ]
    large = trace(lambda X: np.sum(X), np.full((60, 40), 0.5)).steps(full=True)
    assert str(large).count("0.5") == 2400
    assert "..." not in str(large) + large._repr_html_()
    assert large._repr_html_().count("0.5") == 2400


def test_in_a_narrow_terminal_numbers_stand_below_their_formulas():
    steps = trace(lambda x, y: np.sum(x * y + x), A, B).steps()
    assert steps.text(200) == str(steps)
    narrow = steps.text(60).split("\n\n")
    assert "x, given  (2 x 3)\n    [[ 1.5  -2.    0.5 ]\n     [ 2.5   1.   -0.25]]" in narrow
    assert "J = sum(v2) = 2.875" in narrow
    numbers = trace(lambda x, y: x * y + x / y + np.exp(x - y), 1.5, 2.0).steps().text(60)
    assert "dJ/dx += dJ/dv1 * y = 2, so far 3.10653" in numbers.splitlines()
    assert numbers.count("\n\n") == 3  # titles alone stand apart
    large = trace(lambda X: np.sum(X), np.ones((300, 400))).steps().text(60)
    assert max(map(len, large.splitlines())) < 80


def test_plain_arrays_that_have_a_name_are_given_too():
    y = np.array([1.0, 2.0])
    x = variable(3.0, "x")
    steps = Graph(np.sum(x * y), constants={"y": y}).steps()
    assert [step.node for step in steps.forward] == ["x", "y", "v1", "J"]
    assert steps.forward[1].expression == "given"


def test_html_has_the_same_cells_escaped():
    x = variable(2.0, "<b>&'\"")
    html = Graph(x * x + 1).steps()._repr_html_()
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;" in html
    html = example().steps()._repr_html_()
    assert html.count("<tr>") == 2 + 6 + 5
    assert html.count("<table>") == html.count("</table>") == 2
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    assert {"3 * v2", "33", "dJ/dc", "9"} <= set(cells)


def test_a_seed_weighs_the_first_line():
    x = variable(A, "x")
    step = Graph(x * 2, seed=A).steps().backward[0]
    assert_allclose(step.incoming, A)
    assert_allclose(step.share, 2 * A)


def test_a_variable_alone():
    steps = Graph(variable(2.0, "x")).steps()
    assert len(steps) == 1
    assert "x" in str(steps)
