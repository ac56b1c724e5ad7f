"""A graph's page: what its steps say, and how they are played in a browser."""

import numpy as np
import pytest

from chainrule.graph import Graph, trace, variable
from chainrule.graph.formula import graph_of
from chainrule.show.report.steps import steps_report
from chainrule.tracing.example import example_graph

HOSTILE = "</script><img src=x onerror=alert(1)>"


def plays(report):
    (live,) = (section.live for section in report.sections if section.live)
    return live.own["plays"], live.own["sums"]


def slide():
    return graph_of("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})


def test_what_is_given_comes_first_then_values_then_products():
    found, sums = plays(steps_report(slide()))
    assert [play.get("nodes") or play["back"] for play in found] == [
        ["a", "b", "c"], ["u"], ["v"], ["J"], "v", "a", "u", "b", "c",
    ]  # fmt: skip
    assert found[1]["said"] == "u = b * c"
    assert found[-1]["said"] == "dJ/dc += dJ/du * b"
    titles = {part["title"]: part["rows"] for part in found[-1]["parts"]}
    assert titles == {"dJ/du": [["3"]], "local derivative": [["3"]], "dJ/dc": [["9"]]}
    assert sums == {}


def test_shares_that_are_added_up_stand_beside_their_sum():
    found, _ = plays(steps_report(trace(lambda x: x * x, 3.0)))
    first, second = (play["parts"] for play in found if play.get("back") == "x")
    assert [part["title"] for part in first] == ["dJ/dJ", "local derivative", "dJ/dx"]
    assert {part["title"]: part["rows"][0][0] for part in second}["product"] == "3"
    assert second[-1]["rows"] == [["6"]]


def test_the_sum_behind_each_number_of_a_network():
    graph = example_graph((2, 3, 1))
    _, sums = plays(steps_report(graph))
    assert sums["dW[2]"][0][1] == str(graph.entry("dW[2]", 0, 1))
    assert [len(sums["Z[1]"]), len(sums["Z[1]"][0])] == [3, 3]
    assert sums["J"] == [[str(graph.entry("J"))]]
    large, _ = plays(steps_report(example_graph((60, 30, 1), 50)))
    assert large[0]["parts"][0]["rows"][0][0].endswith("60 x 50")


def test_what_is_not_finite_is_said_on_the_page():
    with np.errstate(divide="ignore"):
        graph = graph_of("log(x)", {"x": 0})
        page = steps_report(graph).html("log(x)", {})
        assert f'<p class="warning">{graph.steps().note}</p>' in page


def test_a_variable_alone_has_a_page():
    assert "x = 2" in steps_report(Graph(variable(2.0, "x"))).html("x", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_arrow_keys_play_values_forward_and_derivatives_back(opened, tmp_path, scheme):
    graph = example_graph((2, 3, 1), loss_of_outputs=True)
    path = tmp_path / "steps.html"
    path.write_text(steps_report(graph).html(HOSTILE, {}), encoding="utf-8")
    page = opened(path)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_selector(".drawing svg")
    status, seen = page.locator("[role=status]"), "[data-of='{}'] > text:not(.later)"
    assert status.inner_text() == "1 of 21: What is given"
    assert page.locator(seen.format("W[1]")).count() == 1
    assert page.locator(seen.format("A[1]")).count() == 0
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert status.inner_text() == "4 of 21: A[1] = tanh(Z[1])"
    assert page.locator(seen.format("A[1]")).count() == 1
    assert page.broken_rules() == []
    page.keyboard.press("End")
    assert page.locator(seen.format("A[1]")).count() == 2
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert "dJ/dW[2] += dJ/dv2 @ A[1].T" in status.inner_text()
    page.locator(".matrices button").nth(1).hover()
    assert page.locator(".sum").inner_text() == str(graph.entry("dW[2]", 0, 1))
    assert page.locator("img.figure").is_hidden()
    page.set_viewport_size({"width": 390, "height": 740})
    assert page.sideways() == []
    assert "dJ/dW[2] += dJ/dv2 @ A[1].T" in status.inner_text()
    assert page.locator(seen.format("W[2]")).count() == 2  # of the narrow drawing
    assert page.locator(seen.format("b[1]")).count() == 1
    page.emulate_media(media="print")
    assert page.locator("img.figure").is_visible()
    assert page.said == []
    assert all(url.startswith(("file:", "data:")) for url in page.asked)


def test_names_are_text(opened, tmp_path):
    x = variable(np.array([1.0, 2.0]), HOSTILE)
    path = tmp_path / "steps.html"
    path.write_text(steps_report(Graph(np.sum(x * x))).html("t", {}), encoding="utf-8")
    page = opened(path)
    page.wait_for_selector(".drawing svg")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert HOSTILE in page.locator("[role=status]").inner_text()
    assert page.locator("img").count() == 1
    assert page.said == []
