"""`chainrule graph`."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from chainrule.graph.formula import FUNCTIONS

EXAMPLE = ("graph", "3*(a + b*c)", "a=5", "b=3", "c=2")


def test_both_tables(chainrule):
    said = chainrule(*EXAMPLE)
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines()]
    assert ["J", "3", "*", "v2", "number", "33"] in lines
    assert [line[-1] for line in lines if line[:1] == ["dJ/da"]] == ["3"]
    assert [line[-1] for line in lines if line[:1] == ["dJ/db"]] == ["6"]
    assert [line[-1] for line in lines if line[:1] == ["dJ/dc"]] == ["9"]


def test_json(chainrule):
    found = chainrule(*EXAMPLE, "--json").json
    assert (found["output"], found["value"]) == ("J", 33)
    assert found["derivatives"] == {"a": 3, "b": 6, "c": 9}
    assert [step["node"] for step in found["forward"]] == ["a", "b", "c", "v1", "v2", "J"]
    assert all(s["incoming"] * s["local"] == s["share"] for s in found["backward"])


def test_json_without_a_word_for_infinity(chainrule):
    found = chainrule("graph", "log(x)", "x=0", "--json").json
    assert found["value"] is None
    assert found["derivatives"] == {"x": None}


def test_what_is_no_finite_number_is_said(chainrule, tmp_path):
    said = chainrule("graph", "log(a)", "a=0", "--html", tmp_path / "page.html")
    assert "Not finite: J, dJ/da." in said.out
    assert said.error == ""
    assert "Not finite: J, dJ/da." in (tmp_path / "page.html").read_text("utf-8")
    assert "Not finite" not in chainrule("graph", "log(a)", "a=1").out


def test_the_picture(chainrule, tmp_path):
    said = chainrule(*EXAMPLE, "--svg", "graph.svg")
    assert said.code == 0, said.error
    text = "".join(ET.parse(tmp_path / "graph.svg").getroot().itertext())
    assert "33" in text


def test_dot(chainrule, tmp_path):
    assert chainrule(*EXAMPLE, "--dot", "graph.dot").code == 0
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")


NETWORK = ("graph", "--network", "2,3,1", "--examples", "4")


def test_a_network(chainrule):
    found = chainrule(*NETWORK, "--json", "--loss-of-outputs").json
    values = {step["node"]: np.array(step["value"]) for step in found["forward"]}
    assert {name: values[name].shape for name in ("X", "W[1]", "b[1]", "A[1]", "L")} == {
        "X": (2, 4), "W[1]": (3, 2), "b[1]": (3, 1), "A[1]": (3, 4), "L": (4,),
    }  # fmt: skip
    Z = values["W[2]"] @ np.tanh(values["W[1]"] @ values["X"] + values["b[1]"]) + values["b[2]"]
    A, Y = 1 / (1 + np.exp(-Z)), np.array([[1, 0, 1, 0]])
    np.testing.assert_allclose(found["value"], -np.log(np.where(Y, A, 1 - A)).mean())
    slopes = {step["derivative"]: np.array(step["total"]) for step in found["backward"]}
    np.testing.assert_allclose(slopes["dJ/dA[2]"], (-Y / A + (1 - Y) / (1 - A)) / 4)
    assert np.all(10 * values["X"] == np.round(10 * values["X"]))


def test_a_number_of_a_network_is_spelled_out(chainrule):
    said = chainrule(*NETWORK, "--entry", "dW[2][0,1]")
    assert "dW[2][0, 1] = 1/m sum_i dZ[2][0, i] A[1][1, i]" in said.out
    found = chainrule(*NETWORK, "--entry", "dW[2][0,1]", "--json").json
    gradient = found["derivatives"]["W[2]"][0][1]
    np.testing.assert_allclose(
        [found["entry"]["value"], sum(found["entry"]["terms"]) / 4], gradient
    )
    assert chainrule(*NETWORK, "--entry", "L[3]", "--json").json["entry"]["formula"].startswith("L")


def test_every_number_is_printed_when_asked(chainrule):
    few, all_ = chainrule(*NETWORK), chainrule(*NETWORK, "--full")
    assert "..." in few.out
    assert "..." not in all_.out


def test_layers_are_folded_when_asked(chainrule, tmp_path):
    assert chainrule(*NETWORK, "--activation", "relu", "--fold", "--svg", "n.svg").code == 0
    text = "".join(ET.parse(tmp_path / "n.svg").getroot().itertext())
    assert "layer 1: relu" in text
    assert "dJ/dW[1] = [" in text


def test_a_page(chainrule, tmp_path):
    assert chainrule(*EXAMPLE, "--html", "graph.html").code == 0
    page = (tmp_path / "graph.html").read_text(encoding="utf-8")
    assert "J = 33" in page
    assert "a=5, b=3, c=2" in page


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("3*(a + b*c)", "a=5"), "a value for b"),
        (("3*a", "a"), "a name and its value"),
        (("3*a", "a=five"), "a number for a"),
        (("3*a", "a=5", "b=3"), "b too"),
        (("a^2", "a=5"), "x**2"),
        (("a*a", "a=5", "--svg", "notes.txt"), "ends in .svg"),
        (("a*a", "a=5", "--dot", "graph.svg"), "ends in .dot or .gv"),
        (("a*a", "a=5", "--html", "graph.txt"), "ends in .html or .htm"),
        (("a*a", "a=5", "--svg", "missing/graph.svg"), "missing"),
        (("a*a", "a=5", "--svg", "a.svg", "--dot", "missing/a.dot"), "missing"),
        (("a*a", "a=1", "a=2"), "two for a"),
        (("mean(a)", "a=[]"), "at least one number for a"),
        (("a*a", "a=1" + "0" * 400), "beyond 1e308"),
        (("__import__('os')", "a=5"), "a function that it knows"),
        (("3*a", "a={[1]:2}"), "a number for a"),
        (("3*a", "a={{}:1}"), "a number for a"),
        (("3*a", "a=-" + "9" * 5000), "a number for a"),
        (("3*a", "[" * 3000), "a name and its value"),
        (("sum(a, axis=99999999999999999999)", "a=5"), "sum(a, axis=99999999999999999999)"),
        (("sum(a, axis={[1]: 2})", "a=5"), "{[1]: 2}"),
        (("reshape(a, (99999999999999999999,))", "a=5"), "reshape"),
        (("...", "a=5"), "..."),
        (("a*" + "9" * 1000, "a=5"), "999"),
        (("a*" + "9" * 5000, "a=5"), "at most 2000 characters"),
        (("a +* " + "b" * 1500, "a=5"), "arithmetic"),
        ((), "a formula or --network"),
        (("3*a", "--network", "2,1"), "both"),
        (("3*a", "a=1", "--entry", "J"), "--network 2,3,1"),
        (("--network", "2"), "number of layers"),
        (("--network", "2,3,"), "whole numbers like 2,3,1"),
        (("--network", "2,0,1"), "at least 1"),
        (("--network", "2,1e9,1"), "at most 1000"),
        (("--network", ",".join("1" * 99)), "number of layers"),
        (("--network", "2,3,1", "--examples", "0"), "examples"),
        (("--network", "2,3,1", "--examples", "2.5"), "a whole number"),
        (("--network", "2,3,1", "--examples", "999999999"), "at most 1000"),
        (("--network", "2,3,1", "--seed", "-1"), "seed"),
        (("--network", "2,3,1", "--activation", "relu,tanh"), "1 hidden activations"),
        (("--network", "2,3,1", "--activation", "step"), "one of sigmoid, tanh"),
        (("--network", "2,3,1", "--entry", "dW[3][0,0]"), "l from 1 to 2"),
        (("--network", "2,3,1", "--entry", "dW[1][9,0]"), "(3, 2), from 0"),
        (("--network", "2,3,1", "--entry", "dA[2][0,0]"), "loss_of_outputs"),
    ],
)
def test_what_does_not_fit(chainrule, tmp_path, arguments, part):
    said = chainrule("graph", *arguments)
    assert (said.code, said.out) == (2, "")
    assert part in said.error
    assert said.error.count("\n") == 1
    assert len(said.error) <= 400
    assert not list(tmp_path.iterdir())


SIGNS = list("+-*/@^;,<%")
LEAVES = (
    "a", "b", "1", "-2.5", "1e308", "[1,2]", "[a,[b]]", "a[0]", "a[::0]", "a[b]", "a.T", "...",
    "{[1]:2}", "()", "9" * 400, "'s'", "1j", "None", "a if b else 1", "f'{a}'", "*a", "a:=3",
)  # fmt: skip
OPTIONS = ("axis=0", "axis=(0,0)", "axis='x'", "axis={}", "keepdims=nan", "shape=(-1,-1)", "**a")
VALUES = ("5", "0", "-3", "nan", "1e999", "[1,2,3]", "[[1],[2,3]]", "[]", "{1:[2]}", "'a'", "1j",
          "9" * 400, "[1,None]", "[[1,2],[3,4]]", "[" * 900, "", "=")  # fmt: skip


def typed(rng, depth):
    """A formula, or nearly one."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(LEAVES)
    if rng.random() < 0.4:
        return f"({typed(rng, depth - 1)} {rng.choice(SIGNS)} {typed(rng, depth - 1)})"
    parts = [typed(rng, depth - 1) for _ in range(rng.integers(0, 3))]
    parts += [rng.choice(OPTIONS)] * int(rng.random() < 0.3)
    return f"{rng.choice([*sorted(FUNCTIONS), 'floor'])}({', '.join(parts)})"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_typed_gives_tables_or_one_line(chainrule, seed):
    rng = np.random.default_rng(seed)
    for _ in range(75):
        formula = typed(rng, rng.integers(1, 4))
        said = chainrule("graph", formula, f"a={rng.choice(VALUES)}", f"b={rng.choice(VALUES)}")
        assert said.code in (0, 2), formula
        assert said.code == 0 or (said.error.count("\n") == 1 and len(said.error) < 500), formula
