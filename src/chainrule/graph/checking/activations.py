"""Known mistakes in the derivative of an activation: left out, another one's, at a wrong place.

An activation may be one operation, such as tanh, or a few in a row, such as 1 / (1 + exp(-Z)); it
is recognized by its values.
"""

from collections.abc import Callable, Iterator

import numpy as np

from chainrule.graph.backward import in_order
from chainrule.graph.functions import leaky_relu, relu, sigmoid
from chainrule.graph.node import Node
from chainrule.graph.operations import OPERATIONS
from chainrule.graph.text import with_names

Array = np.ndarray
LONGEST = 12  # operations in a row that may make one activation
# Their derivative is a number or an array of numbers: leaving it out is another mistake.
LINEAR = ("add", "subtract", "negative", "positive", "multiply", "divide", "where")


Mistake = tuple[str, Callable[[Array, Array], Array]]
KNOWN: dict[Callable, tuple[Mistake, ...]] = {
    sigmoid: (
        ("lacks its factor 1 - A", lambda Z, A: A),
        ("lacks its factor A", lambda Z, A: 1 - A),
    ),
    np.tanh: (("lacks the square", lambda Z, A: 1 - A), ("lacks the 1 -", lambda Z, A: A**2)),
    relu: (
        ("has A in the place of Z > 0", lambda Z, A: A),
        ("is taken on the wrong side, Z < 0", lambda Z, A: (Z < 0).astype(float)),
    ),
    leaky_relu: (),
}
"""Of an activation A = g(Z) alone: what is said, and what stands in the place of its slope."""


def mistaken_slopes(order: list[Node]) -> Iterator[tuple[str, str, Node, Node, Array]]:
    """(what is said, the same without the place, Z, A, D): dZ = dA * D in the place of dA * g'(Z),
    one after the other."""
    within = _rows_of_operations(order)
    found = [
        (g, start, end)
        for end in order
        for start in within[id(end)]
        for g in KNOWN
        if np.allclose(g(start.value), end.value, rtol=1e-9, atol=1e-12)
    ]
    for g, start, end in found:
        name = g.__name__
        place = _after(start, [e for _, _, e in found]) if len(found) > 1 else ""
        for said, D in _of_activation(g, start.value, end.value):
            kind = f"the derivative of {name} {said}."
            yield f"the derivative of {name}{place} {said}.", kind, start, end, D
    recognized = {id(end) for _, _, end in found}
    for node in order:
        if node.operation is None or node.operation.name in LINEAR or id(node) in recognized:
            continue
        for start in within[id(node)]:
            if any(arg is start for arg in node.args):
                said = f"the derivative of {node.operation.name} is left out."
                yield said, said, start, node, np.ones(node.shape)


def _of_activation(g: Callable, Z: Array, A: Array) -> Iterator[tuple[str, Array]]:
    expected = f"(expected dZ = dA * {_formula(g)})"
    yield f"is left out (dZ = dA; {expected[1:]}", np.ones_like(A)
    yield f"is taken at A instead of Z {expected}", _slope(g, A, np.asarray(g(A)))
    yield f"has Z in the place of A {expected}", _slope(g, Z, Z)
    for said, mistake in KNOWN[g]:
        yield f"{said} {expected}", mistake(Z, A)
    for other in (sigmoid, np.tanh, relu):
        if other is not g:
            said = f"is that of {other.__name__}, {_formula(other)} {expected}"
            yield said, _slope(other, Z, A)


def _slope(g: Callable, Z: Array, A: Array) -> Array:
    """g' by its rule in the graph."""
    return OPERATIONS[g].derivative(0, np.ones_like(A), A, (Z,), {})


def _formula(g: Callable) -> str:
    """Such as A * (1 - A)."""
    text = OPERATIONS[g].rule(0).text.removeprefix("g * ")
    return with_names(text, {"x": "Z", "z": "A", "where": "np.where"})


def _rows_of_operations(order: list[Node]) -> dict[int, list[Node]]:
    """By id of a node, the nodes of which it is a function of every element, nearest first."""
    within: dict[int, list[Node]] = {}
    for node in order:
        parts = [arg for arg in node.args if isinstance(arg, Node)]
        rows = [[part, *within[id(part)]] for part in parts if part.shape == node.shape]
        same_shape = len(rows) == len(parts) > 0
        if node.operation is None or not node.operation.elementwise or not same_shape:
            within[id(node)] = []
            continue
        shared = set.intersection(*({id(n) for n in row} for row in rows))
        within[id(node)] = [n for n in rows[0] if id(n) in shared][:LONGEST]
    return within


def _after(start: Node, ends: list[Node]) -> str:
    """The variables from which Z is computed since the activation before: " after W1, b1"."""
    before = in_order(start)
    earlier = {id(n) for end in ends if any(end is n for n in before) for n in in_order(end)}
    names = [n.name for n in before if n.operation is None and n.name and id(n) not in earlier]
    return f" after {', '.join(names)}" if names else ""
