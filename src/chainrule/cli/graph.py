"""`chainrule graph`."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.cli import show
from chainrule.errors import InputError

if TYPE_CHECKING:
    from chainrule.graph import Graph


def graph(
    formula: str,
    *values: str,
    svg: Path | None = None,
    dot: Path | None = None,
    json: bool = False,
) -> int:
    """Show every value and every derivative of a formula: chainrule graph "3*(a + b*c)" a=5 b=3 c=2

    Parameters
    ----------
    formula
        Arithmetic with names, + - * / ** @ and functions such as exp, log, sigmoid, maximum, sum.
        Several parts with ";" between them name what lies between: "u = b*c; v = a + u; J = 3*v".
    values
        A number for each name, a=5, or numbers: x=[1,2,3].
    svg
        Draw the graph into this file, which ends in .svg.
    dot
        Write the graph as Graphviz text into this file, which ends in .dot or .gv.
    json
        Print one JSON object instead of tables.
    """
    from chainrule.graph.formula import graph_of

    found = graph_of(formula, dict(_value(text) for text in values))
    _write(svg, (".svg",), "--svg", lambda: found.svg())
    _write(dot, (".dot", ".gv"), "--dot", lambda: found.dot())
    if json:
        show.print_json(_facts(found))
    else:
        with np.errstate(all="ignore"):
            print(found.steps())
    return 0


def _value(text: str) -> tuple[str, Any]:
    """a=5 as ("a", 5.0); x=[1,2] as ("x", [1, 2])."""
    name, sign, number = text.partition("=")
    fix = "Write a=5, or x=[1,2,3], without spaces."
    if not sign or not name.isidentifier():
        raise InputError("graph", "a name and its value", repr(text), fix)
    try:
        return name, ast.literal_eval(number)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise InputError("graph", f"a number for {name}", repr(number), fix) from None


def _write(path: Path | None, endings: tuple[str, ...], option: str, made: Any) -> None:
    """Write a drawing; only files of its own kind are ever replaced."""
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise InputError(option, f"a file name that ends in {' or '.join(endings)}", str(path))
    text = made()
    path.write_text(text, encoding="utf-8")


def _facts(found: "Graph") -> dict[str, Any]:
    def plain(value: Any) -> Any:
        array = np.asarray(value)
        flat = [v if np.isfinite(v) else None for v in array.reshape(-1).tolist()]
        return np.array(flat, object).reshape(array.shape).tolist()  # JSON has no word for inf

    with np.errstate(all="ignore"):
        steps = found.steps()
    return {
        "output": found.label(found.output),
        "value": plain(found.output.value),
        "forward": [
            {"node": s.node, "expression": s.expression, "value": plain(s.value)}
            for s in steps.forward
        ],
        "backward": [
            {
                "derivative": s.derivative,
                "through": s.through,
                "formula": s.formula,
                "incoming": plain(s.incoming),
                "local": None if s.local is None else plain(s.local),
                "share": plain(s.share),
                "total": plain(s.total),
            }
            for s in steps.backward
        ],
        "derivatives": {
            found.label(node): plain(found.gradients[node])
            for node in found.nodes
            if node.operation is None and node in found.gradients
        },
    }
