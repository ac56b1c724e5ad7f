"""Known mistakes in the derivative of an activation: left out, another one's, at a wrong place.

An activation may be one operation, such as tanh, or a few in a row, such as 1 / (1 + exp(-Z)); it
is recognized by its values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from chainrule.graph.backward import in_order
from chainrule.graph.functions import LEAK, sigmoid
from chainrule.graph.node import Node

Array = np.ndarray
LONGEST = 12  # operations in a row that may make one activation
# Their derivative is a number or an array of numbers: leaving it out is another mistake.
LINEAR = ("add", "subtract", "negative", "positive", "multiply", "divide", "where")


@dataclass(frozen=True)
class Activation:
    """A = g(Z). slope : g' of (Z, A). formula : in a person's words.
    mistakes : what is said of it, and what stands in the place of the slope, of (Z, A)."""

    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    formula: str
    mistakes: tuple[tuple[str, Callable[[Array, Array], Array]], ...] = ()


KNOWN = {
    "sigmoid": Activation(
        sigmoid,
        lambda Z, A: A * (1 - A),
        "A * (1 - A)",
        (
            ("lacks its factor 1 - A", lambda Z, A: A),
            ("lacks its factor A", lambda Z, A: 1 - A),
        ),
    ),
    "tanh": Activation(
        np.tanh,
        lambda Z, A: 1 - A**2,
        "(1 - A**2)",
        (("lacks the square", lambda Z, A: 1 - A), ("lacks the 1 -", lambda Z, A: A**2)),
    ),
    "relu": Activation(
        lambda Z: np.maximum(Z, 0),
        lambda Z, A: (Z > 0).astype(float),
        "(Z > 0)",
        (
            ("has A in the place of Z > 0", lambda Z, A: A),
            ("is taken on the wrong side, Z < 0", lambda Z, A: (Z < 0).astype(float)),
        ),
    ),
    "leaky_relu": Activation(
        lambda Z: np.where(Z > 0, Z, LEAK * Z),
        lambda Z, A: np.where(Z > 0, 1.0, LEAK),
        f"np.where(Z > 0, 1, {LEAK})",
    ),
}


def mistaken_slopes(order: list[Node]) -> Iterator[tuple[str, str, Node, Node, Array]]:
    """(what is said, the same without the place, Z, A, D): dZ = dA * D in the place of dA * g'(Z),
    one after the other."""
    within = _rows_of_operations(order)
    found = [
        (name, start, end)
        for end in order
        for start in within[id(end)]
        for name in KNOWN
        if np.allclose(KNOWN[name].value(start.value), end.value, rtol=1e-9, atol=1e-12)
    ]
    for name, start, end in found:
        place = _after(start, [e for _, _, e in found]) if len(found) > 1 else ""
        for said, D in _of_activation(name, start.value, end.value):
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


def _of_activation(name: str, Z: Array, A: Array) -> Iterator[tuple[str, Array]]:
    known = KNOWN[name]
    expected = f"expected dZ = dA * {known.formula}"
    yield f"is left out (dZ = dA; {expected})", np.ones_like(A)
    yield f"is taken at A instead of Z ({expected})", known.slope(A, known.value(A))
    yield f"has Z in the place of A ({expected})", known.slope(Z, Z)
    for said, mistake in known.mistakes:
        yield f"{said} ({expected})", mistake(Z, A)
    for other in ("sigmoid", "tanh", "relu"):
        if other != name:
            formula = KNOWN[other].formula
            yield f"is that of {other}, {formula} ({expected})", KNOWN[other].slope(Z, A)


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
