"""A graph step by step: values forward, then derivatives back, by arrow keys in the page."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.display import Column, Table
from chainrule.graph import Graph, Steps
from chainrule.graph.steps import BACKWARD, FORWARD
from chainrule.graph.text import shape_of, short
from chainrule.show.report.live import Live
from chainrule.show.report.page import Image, Report, Section
from chainrule.show.tables import data_uri
from chainrule.tracing.network_trace import NetworkGraph

LARGEST = 400  # numbers of an array that are all shown
OWN_LOSS = (
    "In sums dZ and dA are derivatives of each example's own loss, as in the course; in the graph "
    "all are derivatives of the mean J."
)
MOST = 1500  # numbers of a network whose sums are spelled out


def steps_report(graph: Graph) -> Report:
    """The drawing, both passes as tables and, where scripts run, the steps one by one.

    Of a network's graph the sum behind each number of Z, A, L, J, dW and db is there when it is
    pointed at. Raises InputError for a graph of more than 300 nodes.
    """
    steps, output = graph.steps(), graph.label(graph.output)
    svg, narrow = graph.svg(fold=False), graph.svg(fold=False, narrow=True)
    words = "; ".join(f"{step.node}: {step.expression}" for step in steps.forward)
    wide, small = (data_uri(one.encode(), "svg+xml") for one in (svg, narrow))
    picture = Image(wide, words, small)
    plays = [*_forward(steps), *_backward(steps, output)]
    own = {"svg": svg, "narrow": narrow, "plays": plays, "output": output, "sums": _sums(graph)}
    live = Live("steps", own, instead=True)
    hint = (
        f"Values go forward, in blue; derivatives of {output} come back, in red. "
        "Where scripts run, the arrow keys play both step by step."
    )
    notes = [OWN_LOSS] if isinstance(graph, NetworkGraph) else []
    return Report(
        f"{output} = {short(graph.output.value)}",
        f"{len(steps.forward)} values forward, then {len(steps.backward)} products back: each is "
        "what comes in times the derivative of one step, and what comes together is added up.",
        [
            Section("The graph", [hint, *notes], pictures=[picture], live=live),
            Section("Forward: values", table=_table(FORWARD, steps.forward)),
            Section(f"Backward: derivatives of {output}", table=_table(BACKWARD, steps.backward)),
        ],
        [steps.note],
    )


def _table(heads: Sequence[str], steps: Sequence[Any]) -> Table:
    return Table([Column(head) for head in heads], [step.cells() for step in steps])


def _forward(steps: Steps) -> list[dict[str, Any]]:
    """What each step says and shows; what is given is one."""
    plays: dict[str, dict[str, Any]] = {}
    for step in steps.forward:
        given = step.expression == "given"
        said = "What is given" if given else f"{step.node} = {step.expression}"
        play = plays.setdefault(said, {"nodes": [], "said": said, "parts": []})
        play["nodes"].append(step.node)
        play["parts"].append(_part(step.node, step.value, step.node))
    return list(plays.values())


def _backward(steps: Steps, output: str) -> list[dict[str, Any]]:
    of = f"d{output}/d"
    plays = []
    for step in steps.backward:
        node = step.derivative.removeprefix(of)
        parts = [_part(f"{of}{step.through}", step.incoming)]
        if step.local is not None:
            parts.append(_part("local derivative", step.local))
        if step.total is not step.share:
            parts.append(_part("product", step.share))
        parts.append(_part(step.derivative, step.total, f"d{node}"))
        said = f"{step.derivative} += {step.formula}"
        plays.append({"back": node, "through": step.through, "said": said, "parts": parts})
    return plays


def _part(title: str, value: Any, name: str = "") -> dict[str, Any]:
    """An array in rows of short texts; of a large one a few numbers. name : for its sums."""
    array = np.asarray(value)
    if array.size > LARGEST:
        return {"title": title, "shape": "", "rows": [[short(array)]], "name": ""}
    rows = array.reshape(-1, array.shape[-1] if array.ndim else 1)
    shape = f"({shape_of(array).strip('()')})" if array.ndim else ""
    texts = [[short(x, digits=4) for x in row] for row in rows]
    return {"title": title, "shape": shape, "rows": texts, "name": name}


def _sums(graph: Graph) -> dict[str, list[list[str]]]:
    """By name of an array the sum behind each of its numbers, as rows of text."""
    if not isinstance(graph, NetworkGraph):
        return {}
    known = ("Z[", "A[", "dW[", "db[")
    arrays = {name: x for name, x in graph.numbers.items() if name.startswith(known)}
    if sum(x.size for x in arrays.values()) > MOST:
        return {}
    found = {
        name: [[str(graph.entry(name, j, i)) for i in range(x.shape[1])] for j in range(len(x))]
        for name, x in arrays.items()
    }
    losses = [str(graph.entry("L", i)) for i in range(graph.numbers["L"].size)]
    return found | {"L": [losses], "J": [[str(graph.entry("J"))]]}
