"""Drawings of graphs: what stands in them, and that nothing stands on anything else."""

import re
import sys
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pytest

from chainrule import Network
from chainrule.errors import InputError
from chainrule.graph import Graph, relu, sigmoid, trace, variable
from chainrule.graph.drawing.picture import DERIVATIVE, brief
from chainrule.graph.drawing.rows import WIDEST
from chainrule.graph.drawing.svg import MOST, wrapped
from chainrule.graph.drawing.typeset import typeset, width

SVG = "{http://www.w3.org/2000/svg}"


# ---- graphs to draw ----------------------------------------------------------------------------


def slide():
    a, b, c = variable(5, "a"), variable(3, "b"), variable(2, "c")
    u = b * c
    u.name = "u"
    v = a + u
    v.name = "v"
    return Graph(3 * v)


def logistic():
    def cost(w, b, X, Y):
        A = sigmoid(np.dot(w.T, X) + b)
        return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    X = np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]])
    return trace(cost, np.array([[1.0], [2.0]]), 2.0, X, np.array([[1, 0, 1]]))


def network(layers=3):
    A, groups = variable(np.full((2, 4), 0.5), "X"), {}
    for k in range(1, layers + 1):
        W, b = variable(np.full((3, A.shape[0]), 0.1), f"W[{k}]"), variable(np.zeros((3, 1)))
        WA = W @ A
        Z = WA + b
        A = relu(Z)
        b.name, Z.name, A.name = f"b[{k}]", f"Z[{k}]", f"A[{k}]"
        groups |= dict.fromkeys((W, b, WA, Z, A), f"layer {k}")
    return Graph(np.sum(A), groups=groups)


def penalized():
    """Groups that several values leave."""
    x = variable(2.0, "x")
    p, q = 2 * x, 3 * x
    r = p + q
    p.name, q.name = "p", "q"
    return Graph(p * np.exp(q) + r, groups={p: "pair", q: "pair", r: "alone"})


def chain(length=30):
    z = variable(0.5, "x")
    for _ in range(length):
        z = np.sin(z)
    return Graph(z)


def tangle():
    """Much shared: edges that fork and cross."""
    return trace(lambda x, y: (x * y + np.exp(x)) / (x + y) - x**2 * np.log(y) + x / y, 1.5, 2.5)


def long_sum():
    return trace(lambda xs: sum(xs[1:], xs[0]), list(range(12)))


def wide_stack():
    return trace(lambda xs: np.sum(np.stack(xs)), list(range(15)))


NARROW = {"fold": False, "narrow": True}
GRAPHS = [slide, logistic, network, penalized, chain, tangle, long_sum, wide_stack]
KINDS = {"whole": {"fold": False}, "folded": {"fold": True}, "narrow": NARROW}
DRAWN = pytest.mark.parametrize(
    "picture",
    [
        pytest.param((made, options), id=f"{made.__name__}-{kind}")
        for made in GRAPHS
        for kind, options in KINDS.items()
    ],
)


# ---- reading a drawing -------------------------------------------------------------------------


def parsed(graph, **options):
    return ET.fromstring(graph.svg(**options))


def rectangles(root, *kinds):
    return [
        tuple(float(r.get(key)) for key in ("x", "y", "width", "height"))
        for r in root.iter(f"{SVG}rect")
        if r.get("data-kind") in kinds
    ]


def boxes(root):
    return rectangles(root, "input", "operation", "group")


def texts(root):
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def text_box(text):
    """By the widths that are estimated where it is written."""
    size, x, y = (float(text.get(key)) for key in ("font-size", "x", "y"))
    wide = sum(width(span.text, float(span.get("font-size", size))) for span in text)
    return x - wide / 2, y - 0.75 * size, wide, 0.95 * size


def labels(root):
    """By node: what stands along its edges, value and derivative, which are written once."""
    found = {}
    for group in (g for g in root.iter() if g.get("data-of") is not None):
        written = found.setdefault(group.get("data-of"), [])
        assert not (written and texts(group)), "written twice"
        written += texts(group)
    return found


def tips(group):
    """Of the arrows to the right."""
    return [
        tuple(map(float, arrow.get("points").split()[0].split(",")))
        for arrow in group.findall(f"{SVG}polygon")
    ]


def backward(group):
    """Where the arrows back end, in red."""
    found = [g for g in group.iter(f"{SVG}g") if g.get("data-kind") == "back"]
    for back in found:
        assert {back.find(f"{SVG}path").get("stroke"), back.find(f"{SVG}polygon").get("fill")} == {
            DERIVATIVE
        }
    return [tip for back in found for tip in tips(back)]


def overlap(one, other):
    (x, y, w, h), (X, Y, W, H) = one, other
    return min(x + w, X + W) - max(x, X) > 0.2 and min(y + h, Y + H) - max(y, Y) > 0.2


def inside(one, other):
    (x, y, w, h), (X, Y, W, H) = one, other
    return x >= X and y >= Y and x + w <= X + W and y + h <= Y + H


def segments(root):
    """Of all edges, as thin rectangles."""
    for path in root.iter(f"{SVG}path"):
        for way in path.get("d").split("M")[1:]:
            points = [tuple(map(float, p.split(","))) for p in re.findall(r"[\d.-]+,[\d.-]+", way)]
            for (x, y), (X, Y) in pairwise(points):
                assert min(abs(X - x), abs(Y - y)) < 0.15, "a slanted line"
                yield min(x, X), min(y, Y), abs(X - x) + 0.3, abs(Y - y) + 0.3


# ---- what stands there -------------------------------------------------------------------------


def test_the_slide_has_its_values_above_and_its_derivatives_below():
    root = parsed(slide())
    assert labels(root) == {
        "a": ["5", "3"],
        "b": ["3", "6"],
        "c": ["2", "9"],
        "u": ["6", "3"],
        "v": ["11", "3"],
        "J": ["33", "1"],
    }
    for group in (g for g in root.iter() if g.get("data-of")):
        above, below = group.findall(f"{SVG}text")
        assert float(above.get("y")) < float(below.get("y"))
        assert above.get("fill") != below.get("fill")


def test_the_slide_has_its_boxes_from_left_to_right():
    root = parsed(slide())
    assert {"a", "b", "c", "u = b · c", "v = a + u", "J = 3 · v"} <= set(texts(root))
    inputs, made = rectangles(root, "input"), rectangles(root, "operation")
    assert len({x for x, *_ in inputs}) == 1
    assert max(x for x, *_ in inputs) < min(x for x, *_ in made)
    assert [x for x, *_ in made] == sorted(x for x, *_ in made)


@pytest.mark.parametrize("made", GRAPHS)
def test_every_node_and_value_is_drawn(made):
    graph = made()
    root = parsed(graph, fold=False)
    known = labels(root)
    assert len(boxes(root)) == len(graph.nodes)
    for node in graph.nodes:
        value, derivative = brief(node.value), brief(graph.gradients[node])
        assert known[graph.label(node)] == [t.replace("-", "−") for t in (value, derivative)]


@pytest.mark.parametrize("made", GRAPHS)
def test_arrows_lead_to_what_was_computed_from_their_origin(made):
    graph = made()
    root = parsed(graph, fold=False)
    where = dict(zip(map(graph.label, graph.nodes), boxes(root), strict=True))
    found = {label: set() for label in where}
    for group in (g for g in root.iter() if g.get("data-of")):
        found[group.get("data-of")] |= {
            label
            for x, y in tips(group)
            for label, (left, top, _, height) in where.items()
            if abs(x - left) < 0.2 and top + 1 < y < top + height - 1
        }
    for node in graph.nodes:
        reached = found[graph.label(node)]
        assert reached == {graph.label(n) for n in graph.nodes if any(a is node for a in n.args)}


@pytest.mark.parametrize("made", GRAPHS)
def test_arrows_lead_back_to_every_box_that_a_derivative_reaches(made):
    graph = made()
    root = parsed(graph, fold=False)
    where = dict(zip(map(graph.label, graph.nodes), boxes(root), strict=True))
    own = {g.get("data-of"): g for g in root.iter() if g.get("data-of") and texts(g)}
    for label, (left, top, wide, height) in where.items():
        ((x, y),) = backward(own[label])
        assert 0 < x - left - wide < 5
        assert top < y < top + height


def test_arrays_show_their_shape_and_a_few_values():
    graph = trace(lambda X: np.sum(X), np.arange(12.0).reshape(3, 4) - 1)
    root = parsed(graph)
    assert "3 × 4" in texts(root)
    assert labels(root)["X"] == ["[−1, 0, …]", "[1, 1, …]"]


def test_titles_tell_all_to_those_who_do_not_see_it():
    root = parsed(slide())
    assert root.find(f"{SVG}title").text == "Computation graph of J"
    assert "u = b * c = 6; dJ/du = 3" in root.find(f"{SVG}desc").text
    hints = [title.text for title in root.iter(f"{SVG}title")]
    assert "b = 3\ndJ/db = 6" in hints


def test_a_node_beside_the_output_has_a_value_and_no_derivative():
    x = variable(2.0, "x")
    beside = np.exp(x)
    beside.name = "beside"
    root = parsed(Graph(x * x, also=[beside]))
    assert labels(root)["beside"] == ["7.3891"]
    (group,) = (g for g in root.iter() if g.get("data-of") == "beside")
    assert not backward(group)


# ---- that nothing stands on anything else ------------------------------------------------------


@DRAWN
def test_boxes_and_labels_do_not_overlap_and_nothing_is_cut_off(picture):
    made, options = picture
    root = parsed(made(), **options)
    (paper,) = rectangles(root, "paper")
    drawn, written = boxes(root), [text_box(t) for t in root.iter(f"{SVG}text")]
    assert not [pair for pair in combinations(drawn, 2) if overlap(*pair)]
    assert not [pair for pair in combinations(written, 2) if overlap(*pair)]
    for text in written:
        assert all(inside(text, box) or not overlap(text, box) for box in drawn)
    assert all(inside(thing, paper) for thing in (*drawn, *written, *segments(root)))


@DRAWN
def test_edges_go_around_boxes_and_labels(picture):
    made, options = picture
    root = parsed(made(), **options)
    written = [text_box(t) for t in root.iter(f"{SVG}text")]
    for line in segments(root):
        assert not any(overlap(line, (x + 0.3, y, w - 0.6, h)) for x, y, w, h in boxes(root))
        assert not any(overlap(line, text) for text in written)


@pytest.mark.parametrize("made", [slide, logistic, network, chain, long_sum, wide_stack])
def test_edges_that_need_not_cross_do_not_even_from_row_to_row(made):
    root = parsed(made(), fold=False)
    edges = [list(segments(g)) for g in root.iter() if g.get("data-of")]
    for one, other in combinations(edges, 2):
        assert not [(a, b) for a in one for b in other if overlap(a, b)]


def test_inputs_stand_in_their_order():
    heights = [y for _, y, _, _ in rectangles(parsed(wide_stack()), "input")]
    assert heights == sorted(heights)


@DRAWN
def test_a_long_graph_is_broken_into_rows(picture):
    made, options = picture
    (_, _, wide, _) = rectangles(parsed(made(), **options), "paper")[0]
    assert wide < (560 if options == NARROW else 1.25 * WIDEST)


def test_a_narrow_drawing_shows_the_first_number_of_arrays():
    narrow, wide = (labels(parsed(logistic(), **one)) for one in (NARROW, KINDS["whole"]))
    assert narrow.keys() == wide.keys()
    (x, _), (X, _) = narrow["w"], wide["w"]
    assert (x, X) == ("[1, …]", "[1, 2]")


def test_the_same_graph_is_drawn_the_same():
    for made in GRAPHS:
        assert made().svg() == made().svg()
        assert made().dot() == made().dot()


# ---- names and numbers -------------------------------------------------------------------------

HOSTILE = ['a<b & "c"', "</svg>", "line\nbreak", "]]>", "{x|y}", "back\\slash", "bell\x07", "é∂"]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_escaped(name):
    graph = Graph(2 * variable(1.0, name))
    root = parsed(graph)
    shown = " ".join(name.replace("\x07", "").split())
    assert shown in texts(root)
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', graph.dot())
    read = [re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), s) for s in strings]
    assert shown in [" ".join(s.replace("\x07", "").split()) for s in read]
    assert "\nbreak" not in graph.dot()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (33.0, "33"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (-1.5e-7, "-1.5e-7"),
        (2e9, "2e9"),
        (1e100, "1e100"),
        (10.0, "10"),
        (10.05, "10.05"),
        (np.nan, "nan"),
        (-np.inf, "-inf"),
        (np.float32(0.1), "0.1"),
        (np.array([[-0.0]]), "0"),
        (np.array([1.0, -2.0]), "[1, -2]"),
        (np.arange(9.0).reshape(3, 3) / 7, "[0, 0.143, …]"),
        (np.zeros((0, 3)), "[]"),
    ],
)
def test_numbers_are_short(number, text):
    assert brief(number) == text


def styles(text, *names):
    return [(run.text, run.style) for run in typeset(text, names)]


def test_names_are_typeset_as_a_mathematician_would():
    assert styles("W[1]", "W[1]") == [("W", "italic"), ("[1]", "up")]
    assert styles("x1 - 2", "x1") == [("x", "italic"), ("1", "down"), (" − 2", "roman")]
    assert styles("w.T @ X", "w", "X") == [
        ("w", "italic"),
        ("T", "up"),
        (" ", "roman"),
        ("X", "italic"),
    ]
    assert styles("x ** 2", "x") == [("x", "italic"), ("2", "up")]
    assert styles("sigmoid(z)", "z") == [("σ(", "roman"), ("z", "italic"), (")", "roman")]


def test_what_is_no_name_stays_as_it_is():
    assert styles("x[1] ** 2.5 + exp(y1)") == [("x[1] ** 2.5 + exp(y1)", "roman")]
    assert styles("x[1]", "x") == [("x", "italic"), ("[1]", "roman")]


def test_long_expressions_are_written_whole_in_several_lines():
    graph = trace(lambda xs: np.sum(np.stack(xs)), list(range(15)))
    box = next(g for g in parsed(graph).iter(f"{SVG}g") if "stack" in "".join(texts(g)))
    expression = graph.expression(graph["v1"])
    assert " ".join(texts(box)[:-1]) == f"v1 = {expression}"
    assert max(map(len, texts(box))) <= 36
    assert wrapped("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]
    assert wrapped("short", 10) == ["short"]


# ---- folding -----------------------------------------------------------------------------------


def test_a_folded_network_has_one_box_for_each_layer():
    root = parsed(network(), fold=True)
    assert len(rectangles(root, "group")) == 3
    written = texts(root)
    for line in ("layer 2", "3 operations", "in: A[1] 3 × 4", "out: A[2] 3 × 4"):
        assert line in written
    assert {"W[2] 3 × 3 = [0.1, 0.1, …]", "b[2] 3 × 1 = [0, 0, …]"} <= set(written)
    graph = network()
    slopes = {name: brief(graph.gradients[graph[name]]) for name in ("W[2]", "b[2]")}
    assert {f"dJ/d{name} = {slope}" for name, slope in slopes.items()} <= set(written)
    dot = network().dot(fold=True)
    assert f"dJ/dW[2] = {slopes['W[2]']}" in dot
    assert not {"Z[2]", "W[2]"} & set(labels(root))
    assert labels(root)["A[2]"] == labels(parsed(network(), fold=False))["A[2]"]


def test_what_a_folded_layer_was_given_is_named_where_it_is_needed_again():
    network = Network.create((4, 3, 2, 1), rng=0)
    graph = network.trace(np.ones((4, 5)), np.array([[1, 0, 1, 0, 1]]), l2=0.5)
    root = parsed(graph, fold=True)
    again = rectangles(root, "again")
    assert [texts(root).count(f"W[{layer}]") for layer in (1, 2, 3)] == [1, 1, 1]
    assert len(again) >= 3
    assert any(text.startswith("W[2] 2 × 3 = [") for text in texts(root))


@pytest.mark.parametrize("units", [(4, 3, 2, 2, 1), (3, 1000, 100, 20, 1)])
def test_a_row_holds_whole_layers(units):
    network = Network.create(units, activation="leaky_relu", rng=0)
    X = -np.random.default_rng(0).random((units[0], 1000)) / 1000  # long numbers
    graph = network.trace(X, np.arange(1000)[None] % 2, loss_of_outputs=True)
    root = parsed(graph, fold=False)
    where = dict(zip(map(graph.label, graph.nodes), boxes(root), strict=True))
    ends = [-1.0]
    for layer in range(1, 5):
        names = [f"{kind}[{layer}]" for kind in "WbZA"]
        top = min(where[name][1] for name in names)
        assert top > ends[-1]
        assert where[f"Z[{layer}]"][1] == pytest.approx(where[f"A[{layer}]"][1])
        ends.append(max(where[name][1] + where[name][3] for name in names))


def test_only_large_graphs_with_groups_are_folded_unless_asked():
    assert len(boxes(parsed(network(3)))) == len(network(3).nodes) <= 25
    assert len(network(6).nodes) > 25
    assert len(boxes(parsed(network(6)))) == 6 + 2
    assert len(boxes(parsed(network(6), fold=False))) == len(network(6).nodes)
    assert len(boxes(parsed(chain(), fold=True))) == 31


def test_several_values_that_leave_a_group_are_told_apart():
    root = parsed(penalized(), fold=True)
    known, open_ = labels(root), labels(parsed(penalized(), fold=False))
    for name in ("p", "q"):
        assert known[name] == [f"{name} = {open_[name][0]}", open_[name][1]]


def test_a_group_of_one_is_not_folded():
    root = parsed(penalized(), fold=True)
    assert len(rectangles(root, "group")) == 1
    assert "alone" in texts(root)


def test_groups_that_depend_on_each_other_are_drawn():
    x = variable(2.0, "x")
    p = 2 * x
    q = p * p
    r = q + p
    s = r * q
    groups = {p: "one", r: "one", q: "two", s: "two"}
    root = parsed(Graph(s, groups=groups), fold=True)
    assert len(rectangles(root, "group")) == 2


# ---- what cannot be drawn ----------------------------------------------------------------------


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphlay", None)
    with pytest.raises(InputError, match=r'pip install "chainrule\[graph\]"'):
        slide().svg()
    assert slide()._repr_svg_() is None
    assert slide().dot().startswith("digraph")


def test_a_notebook_gets_the_drawing():
    assert slide()._repr_svg_() == slide().svg()


def test_a_huge_graph_is_refused_with_a_way_out():
    with pytest.raises(InputError, match=rf"at most {MOST} boxes; got {MOST + 1}.*fold=True"):
        chain(MOST).svg()
    assert chain(MOST)._repr_svg_() is None


def test_a_single_variable_is_a_graph():
    assert labels(parsed(Graph(variable(4.0, "x")))) == {"x": ["4", "1"]}


# ---- DOT ---------------------------------------------------------------------------------------


def test_dot_has_every_node_and_edge():
    text = slide().dot()
    numbers = dict(re.findall(r'  (n\d+) \[shape=\w+, label="([^"]*)"', text))
    assert sorted(numbers.values()) == ["J = 3 * v", "a", "b", "c", "u = b * c", "v = a + u"]
    edges = re.findall(r"(n\d+) -> (n\d+) \[label=<(.*?)>, dir=both", text)
    found = {
        (numbers[a], numbers[b]): re.findall(r">([^<>]+)</font>", label) for a, b, label in edges
    }
    assert found == {
        ("a", "v = a + u"): ["5", "3"],
        ("b", "u = b * c"): ["3", "6"],
        ("c", "u = b * c"): ["2", "9"],
        ("u = b * c", "v = a + u"): ["6", "3"],
        ("v = a + u", "J = 3 * v"): ["11", "3"],
    }
    assert ">33</font>" in text
    assert text.count("{") == text.count("}") == 1


def test_dot_has_clusters_for_groups_or_folds_them():
    open_, folded = network().dot(fold=False), network().dot(fold=True)
    assert [f'label="layer {k}";' in open_ for k in (1, 2, 3)] == [True] * 3
    assert open_.count("subgraph cluster_") == 3
    assert open_.count("{") == open_.count("}") == 4
    assert "subgraph" not in folded
    assert folded.count("shape=box3d") == 3
