"""`chainrule graph`."""

import xml.etree.ElementTree as ET

import pytest

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


def test_the_picture(chainrule, tmp_path):
    said = chainrule(*EXAMPLE, "--svg", "graph.svg")
    assert said.code == 0, said.error
    text = "".join(ET.parse(tmp_path / "graph.svg").getroot().itertext())
    assert "33" in text


def test_dot(chainrule, tmp_path):
    assert chainrule(*EXAMPLE, "--dot", "graph.dot").code == 0
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")


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
        (("a*a", "a=5", "--svg", "missing/graph.svg"), "missing"),
        (("a*a", "a=5", "--svg", "a.svg", "--dot", "missing/a.dot"), "missing"),
        (("a*a", "a=1", "a=2"), "two for a"),
        (("mean(a)", "a=[]"), "at least one number for a"),
        (("a*a", "a=1" + "0" * 400), "beyond 1e308"),
        (("__import__('os')", "a=5"), "a function that it knows"),
    ],
)
def test_what_does_not_fit(chainrule, tmp_path, arguments, part):
    said = chainrule("graph", *arguments)
    assert (said.code, said.out) == (2, "")
    assert part in said.error
    assert said.error.count("\n") == 1
    assert not list(tmp_path.iterdir())
