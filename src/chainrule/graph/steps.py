"""A graph's two passes, one line a step: to be read, or played one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from chainrule.graph.node import Node
from chainrule.graph.operations import plain
from chainrule.graph.text import shape_of, short, table, with_names

if TYPE_CHECKING:
    from chainrule.graph.graph import Graph

Array = Any
Rows = list[tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Forward:
    """One value. node : its name. expression : how it is computed, or "given"."""

    node: str
    expression: str
    value: Array

    def cells(self) -> tuple[str, ...]:
        return self.node, self.expression, shape_of(self.value), _few(self.value)


@dataclass(frozen=True, eq=False)
class Backward:
    """One share of one derivative, along one edge of the graph.

        total += share,    share = incoming * local

    derivative : whose share, such as dJ/da. through : the node that was computed from it.
    formula : the share in names. local : d(through)/d(it), of functions of every element; or None.
    incoming : dJ/d(through). share, total : the product, and the sum so far.
    """

    derivative: str
    through: str
    formula: str
    incoming: Array
    local: Array | None
    share: Array
    total: Array

    def cells(self) -> tuple[str, ...]:
        local = "" if self.local is None else _few(self.local)
        numbers = _few(self.incoming), local, _few(self.share), _few(self.total)
        return self.derivative, self.through, self.formula, *numbers


def _few(value: Array) -> str:
    """Short enough for a cell beside six others; the steps hold the whole."""
    return short(value) if np.ndim(value) == 0 else short(value, digits=4, most=3)


FORWARD = "node", "is", "shape", "value"
BACKWARD = "derivative", "through", "formula", "incoming", "local", "product", "sum so far"


class Steps(Sequence[Forward | Backward]):
    """All steps in order, forward then backward. Printed they are two tables, in a notebook HTML.

    `for step in steps` plays them one at a time; `forward` and `backward` are the two lists.
    """

    def __init__(self, graph: "Graph") -> None:
        self._output, totals = graph.label(graph.output), dict[int, Array]()
        self.forward = [
            Forward(
                graph.label(node),
                "given" if node.operation is None else graph.expression(node),
                node.value,
            )
            for node in graph.nodes
        ]
        self.backward = [
            _backward(graph, node, place, arg, totals)
            for node in reversed(graph.nodes)
            if node.operation is not None and node in graph.gradients
            for place, arg in enumerate(node.args)
            if isinstance(arg, Node)
        ]

    def __len__(self) -> int:
        return len(self.forward) + len(self.backward)

    @overload
    def __getitem__(self, k: int) -> Forward | Backward: ...
    @overload
    def __getitem__(self, k: slice) -> list[Forward | Backward]: ...
    def __getitem__(self, k: Any) -> Any:
        return [*self.forward, *self.backward][k]

    def play(self) -> Iterator[str]:
        """Each step as a line of text, when asked for the next."""
        for k, step in enumerate(self, start=1):
            cells = step.cells()
            if isinstance(step, Forward):
                yield f"{k:>3}  {cells[0]} = {cells[1]} = {cells[3]}".replace(" given =", "")
            else:
                yield f"{k:>3}  {cells[0]} += {step.formula} = {cells[5]}, so far {cells[6]}"

    def _tables(self) -> list[tuple[str, Rows]]:
        """Title, and head and rows, of both."""
        title = f"Backward: derivatives of {self._output}"
        return [
            ("Forward: values", [FORWARD, *(step.cells() for step in self.forward)]),
            (title, [BACKWARD, *(step.cells() for step in self.backward)]),
        ]

    def __str__(self) -> str:
        return "\n\n".join(f"{title}\n\n{table(*rows)}" for title, rows in self._tables())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(f"<p><b>{escape(t)}</b></p>{_html(*rows)}" for t, rows in self._tables())


def _backward(
    graph: "Graph", node: Node, place: int, arg: Node, totals: dict[int, Array]
) -> Backward:
    operation, share = node.operation, graph.gradients.share(node, place)
    total = totals[id(arg)] = totals[id(arg)] + share if id(arg) in totals else share
    names = {"g": graph.gradient_label(node), "z": graph.label(node)}
    for letter, x in zip(operation.letters, node.args, strict=False):
        if isinstance(x, Node):
            names[letter] = graph.label(x)
        else:
            names[letter] = short(x) if np.size(x) == 1 else f"({shape_of(x)} array)"
    formula, local = with_names(operation.rule(place).text, names), None
    if operation.elementwise:
        ones, args = np.ones(node.shape, node.dtype), tuple(map(plain, node.args))
        local = operation.derivative(place, ones, node.value, args, node.options)
        if share.shape != node.shape:
            formula = f"sum({formula})"  # over what the argument was repeated for
    incoming, derivative = graph.gradients[node], graph.gradient_label(arg)
    return Backward(derivative, graph.label(node), formula, incoming, local, share, total)


def _html(*rows: Sequence[str]) -> str:
    lines = [
        "".join(f"<{tag} style='text-align:left'>{escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(["th"] + ["td"] * len(rows), rows, strict=False)
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
