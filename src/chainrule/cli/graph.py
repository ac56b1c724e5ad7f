"""`chainrule graph`."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.errors import InputError
from chainrule.files.atomic import named_file
from chainrule.wording import describe

SVG, DOT, HTML = (".svg",), (".dot", ".gv"), (".html", ".htm")

if TYPE_CHECKING:
    from chainrule.graph import Graph, Steps
    from chainrule.tracing.network_trace import NetworkGraph


def graph(
    formula: str | None = None,
    *values: str,
    network: str | None = None,
    examples: int = 3,
    activation: str = "tanh",
    seed: int = 1,
    loss_of_outputs: bool = False,
    entry: str | None = None,
    full: bool = False,
    fold: bool = False,
    svg: Path | None = None,
    dot: Path | None = None,
    html: Path | None = None,
    json: bool = False,
) -> int:
    """Show every value and every derivative of a formula, `"3*(a + b*c)" a=5 b=3 c=2`, or of a
    small network, `--network 2,3,1`.

    Parameters
    ----------
    formula
        Arithmetic with names, `+ - * / ** @` and functions such as exp, log, sigmoid, maximum, sum.
        One that begins with a minus sign goes in brackets: `"(-a*b)"`. Several parts with `;`
        between them name what lies between: `"u = b*c; v = a + u; J = 3*v"`.
    values
        A number for each name, a=5, or numbers: x=[1,2,3].
    network
        Instead of a formula inputs, units of each layer and outputs of a network, 2,3,1. Its
        weights and examples are drawn, and rounded so that you can follow by hand.
    examples
        How many examples the network sees.
    activation
        Of the network's hidden layers; one name, or one for each, relu,tanh.
    seed
        Of the drawn numbers.
    loss_of_outputs
        Write the network's loss with A of the last layer, as slides do, so that there is a dA.
    entry
        Spell out the sum behind one number of the network, as `dW[2][0,1]`; rows and columns count
        from 0.
    full
        Print every number of arrays.
    fold
        Draw each layer as one box; by default in large graphs only.
    svg
        Draw the graph into this file, which ends in .svg.
    dot
        Write the graph as Graphviz text into this file, which ends in .dot or .gv.
    html
        Write a page into this file, which ends in .html: its arrow keys play values forward, then
        derivatives back.
    json
        Print one JSON object instead of tables.
    """
    # Only files of its own kind are ever replaced, and all can be written or none is.
    for path, endings, option in ((svg, SVG, "--svg"), (dot, DOT, "--dot"), (html, HTML, "--html")):
        if path is not None:
            named_file(path, endings, option)
    if network is None:
        found, spelled = _of_formula(formula, values, entry), None
    elif formula is not None:
        raise InputError("graph", "a formula or --network", "both")
    else:
        found = _of_network(network, examples, activation, seed, loss_of_outputs)
        spelled = None if entry is None else found.entry(entry)
    drawn = [(path, getattr(found, kind)(fold=fold or None)) for path, kind in
             ((svg, "svg"), (dot, "dot")) if path]  # fmt: skip
    if html:
        settings = {"values": ", ".join(values)} if formula else {
            "network": network, "examples": examples, "activation": activation, "seed": seed,
            "loss": "of outputs" if loss_of_outputs else "as trained",
        }  # fmt: skip
        drawn.append((html, _page(found, formula or f"Network {network}", settings)))
    _show(found, spelled, full=full, drawn=drawn, json=json)
    return 0


def _of_formula(formula: str | None, values: Sequence[str], entry: str | None) -> "Graph":
    if formula is None:
        fix = 'Such as "3*(a + b*c)" a=5 b=3 c=2, or --network 2,3,1.'
        raise InputError("graph", "a formula or --network", "neither", fix)
    if entry is not None:
        raise InputError("--entry", "a network", "a formula", "Try --network 2,3,1.")
    pairs = [_value(text) for text in values]
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = sorted({name for name, _ in pairs if sum(n == name for n, _ in pairs) > 1})
        raise InputError("graph", "one value for each name", f"two for {', '.join(twice)}")
    from chainrule.graph.formula import graph_of

    return graph_of(formula, given)


def _of_network(
    sizes: str, examples: int, activation: str, seed: int, loss_of_outputs: bool
) -> "NetworkGraph":
    from chainrule.jobs import texts
    from chainrule.tracing.example import example_graph

    try:
        numbers = [texts.whole(part) for part in sizes.split(",")]
    except ValueError:
        raise InputError("--network", "whole numbers like 2,3,1", describe(sizes)) from None
    return example_graph(
        numbers,
        examples,
        activation=texts.activation(activation),
        seed=seed,
        loss_of_outputs=loss_of_outputs,
    )


def _page(found: "Graph", title: str, settings: Mapping[str, Any]) -> str:
    import numpy as np

    from chainrule.show.report.steps import steps_report

    with np.errstate(all="ignore"):
        return steps_report(found).html(title, settings)


def _show(
    found: "Graph",
    spelled: Any,
    *,
    full: bool,
    drawn: Sequence[tuple[Path, str]],
    json: bool,
) -> None:
    import numpy as np

    from chainrule.files import atomic

    for path, text in drawn:
        atomic.write_bytes(path, text.encode())
    with np.errstate(all="ignore"):
        steps = found.steps(full=full)
    if json:
        show.print_json(_facts(found, steps, spelled))
        return
    out = show.console()
    print(steps.text(out.width if out.is_terminal else np.inf))
    if steps.note:
        print()
        show.print_note(steps.note)
    if spelled is not None:
        print(f"\n{spelled}")
    for path, _ in drawn:
        print(f"\nWrote {show.safe(str(path))}.")


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


def _facts(found: "Graph", steps: "Steps", spelled: Any) -> dict[str, Any]:
    from chainrule.files.json_file import plain

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
    if spelled is not None:
        facts["entry"] = {
            "formula": spelled.formula,
            "terms": spelled.terms,
            "value": spelled.value,
        }
    return plain(facts, finite=True)
