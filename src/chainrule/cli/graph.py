"""`chainrule graph`."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.errors import InputError

SVG, DOT = (".svg",), (".dot", ".gv")

if TYPE_CHECKING:
    from chainrule.graph import Graph


def graph(
    formula: str,
    *values: str,
    svg: Path | None = None,
    dot: Path | None = None,
    json: bool = False,
) -> int:
    """Show every value and every derivative of a formula, `"3*(a + b*c)" a=5 b=3 c=2`.

    Parameters
    ----------
    formula
        Arithmetic with names, `+ - * / ** @` and functions such as exp, log, sigmoid, maximum, sum.
        One that begins with a minus sign goes in brackets: `"(-a*b)"`. Several parts with `;`
        between them name what lies between: `"u = b*c; v = a + u; J = 3*v"`.
    values
        A number for each name, a=5, or numbers: x=[1,2,3].
    svg
        Draw the graph into this file, which ends in .svg.
    dot
        Write the graph as Graphviz text into this file, which ends in .dot or .gv.
    json
        Print one JSON object instead of tables.
    """
    pairs = [_value(text) for text in values]
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = sorted({name for name, _ in pairs if sum(n == name for n, _ in pairs) > 1})
        raise InputError("graph", "one value for each name", f"two for {', '.join(twice)}")
    for path, endings, option in ((svg, SVG, "--svg"), (dot, DOT, "--dot")):
        _check_name(path, endings, option)
    import numpy as np

    from chainrule.files import atomic
    from chainrule.graph.formula import graph_of

    found = graph_of(formula, given)
    drawings = [(path, text()) for path, text in ((svg, found.svg), (dot, found.dot)) if path]
    for path, text in drawings:
        atomic.write_bytes(path, text.encode())
    if json:
        show.print_json(_facts(found))
    else:
        with np.errstate(all="ignore"):
            print(found.steps())
        for path, _ in drawings:
            print(f"\nWrote {show.safe(str(path))}.")
    return 0


def _value(text: str) -> tuple[str, Any]:
    """a=5 as ("a", 5.0); x=[1,2] as ("x", [1, 2])."""
    name, sign, number = text.partition("=")
    fix = "Write a=5, or x=[1,2,3], without spaces."
    if not sign or not name.isidentifier():
        raise InputError("graph", "a name and its value", repr(text[:60]), fix)
    try:
        value = ast.literal_eval(number)
        return name, float(value) if type(value) is int else value
    except OverflowError:
        raise InputError("graph", f"a number for {name}", "one beyond 1e308", fix) from None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise InputError("graph", f"a number for {name}", repr(number[:60]), fix) from None


def _check_name(path: Path | None, endings: tuple[str, ...], option: str) -> None:
    """Only files of its own kind are ever replaced, and both can be written or none is."""
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise InputError(option, f"a file name that ends in {' or '.join(endings)}", str(path))
    if not path.parent.is_dir():
        raise InputError(option, "a folder that is there", str(path.parent))


def _facts(found: "Graph") -> dict[str, Any]:
    import numpy as np

    from chainrule.files.json_file import plain

    with np.errstate(all="ignore"):
        steps = found.steps()
    facts = {
        "output": found.label(found.output),
        "value": found.output.value,
        "forward": [vars(step) for step in steps.forward],
        "backward": [vars(step) for step in steps.backward],
        "derivatives": {
            found.label(node): found.gradients[node]
            for node in found.nodes
            if node.operation is None and node in found.gradients
        },
    }
    return plain(facts, finite=True)
