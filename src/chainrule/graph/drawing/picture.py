"""What a drawing of a graph shows, before anybody decides where: boxes, edges and their labels."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.graph.node import Node
from chainrule.graph.text import shape_of, short
from chainrule.wording import counted

if TYPE_CHECKING:
    from chainrule.graph.graph import Graph

VALUE, DERIVATIVE = "#005ab5", "#c62a1a"
"""Blue and red that differ for every kind of color vision, and are dark enough on white."""

READABLE = 25
"""From more nodes on, groups are folded unless the caller says otherwise."""

KEPT = "\u00a0"  # a space at which no line ends

SHORT = 24
"""Characters of a line that names a group and a shape, too."""


@dataclass(frozen=True)
class Value:
    """What leaves a box: the value of `node` and dJ/d(node), "" where J does not depend on it.

    again : they stand elsewhere, and are not written once more.
    """

    node: str
    value: str
    gradient: str
    again: bool = False


@dataclass(frozen=True)
class Box:
    """kind : "input", "operation", "group", or "again": the name of what another box gives.

    title : "u = b * c". lines : what stands below it. given : of a folded group below them, the
    values that it was given, such as weights. values : those that leave it, one but for groups.
    group : to which it belongs, or None. hint : all that is known about it, in plain text.
    """

    kind: str
    title: str
    lines: tuple[str, ...]
    values: tuple[Value, ...]
    group: str | None
    hint: str
    given: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Edge:
    """From the value at `place` of one box to another box, by their numbers."""

    source: int
    place: int
    target: int


class Picture:
    """A graph's nodes sorted into boxes, each group of several nodes into one where it is folded.

    boxes, edges : in the order of the graph. output : J's name. names : of all nodes, which are
    typeset as such in expressions. narrow : whether there is little room for numbers and lines.
    """

    def __init__(self, graph: "Graph", *, fold: bool | None, narrow: bool = False) -> None:
        if fold is None:
            fold = bool(graph.groups) and len(graph.nodes) > READABLE
        self._graph, self.narrow = graph, narrow
        self.output = graph.label(graph.output)
        self.names = {*map(graph.label, graph.nodes), *graph.constants}
        sizes = Counter(graph.groups.get(node) for node in graph.nodes)
        self._foldable = {name for name, size in sizes.items() if fold and name and size > 1}
        members: dict[Any, list[Node]] = {}
        for node in graph.nodes:
            group = graph.groups.get(node)
            members.setdefault(group if group in self._foldable else node, []).append(node)
        number = {node: k for k, nodes in enumerate(members.values()) for node in nodes}
        # Every part and what was computed from it, where they are in different boxes.
        crossing = [
            (part, node)
            for node in graph.nodes
            for part in node.args
            if isinstance(part, Node) and number[part] != number[node]
        ]
        inside = {id(part) for node in graph.nodes for part in node.args}
        last = [node for node in graph.nodes if id(node) not in inside]
        entering: list[list[Node]] = [[] for _ in members]
        leaving: list[list[Node]] = [[] for _ in members]
        for part, node in crossing:
            entering[number[node]].append(part)
        for node in dict.fromkeys([*(part for part, _ in crossing), *last]):
            if not self._stays(node):
                leaving[number[node]].append(node)
        self.boxes = list(map(self._box, members.values(), entering, leaving))
        place = {node: k for nodes in leaving for k, node in enumerate(nodes)}
        leading = (
            Edge(number[part], place[part], number[node])
            for part, node in crossing
            if not self._stays(part)
        )
        self.edges = list(dict.fromkeys(leading))
        for part, node in crossing:
            if self._stays(part):
                self._name_again(self._value(part), number[node])

    def in_rows(self, rows: Sequence[int]) -> list[int]:
        """Edges from row to row end: in the later row the value is named again.

        rows : of each box. Returns them with those of the names, which are boxes, too.
        """
        found, edges, named = list(rows), self.edges, dict[tuple[int, int, int], int]()
        self.edges = []
        for edge in edges:
            row = rows[edge.target]
            key = (edge.source, edge.place, row)
            if rows[edge.source] == row:
                self.edges.append(edge)
            elif key in named:
                self.edges.append(Edge(named[key], 0, edge.target))
            else:
                named[key] = len(self.boxes)
                found.append(row)
                self._name_again(self.boxes[edge.source].values[edge.place], edge.target)
        return found

    def _name_again(self, value: Value, target: int) -> None:
        hint = f"{value.node}, from above"
        box = Box("again", value.node, (), (replace(value, again=True),), None, hint)
        self.edges.append(Edge(len(self.boxes), 0, target))
        self.boxes.append(box)

    def _stays(self, node: Node) -> bool:
        """Whether it stands inside a folded group, which was given it."""
        return node.operation is None and self._graph.groups.get(node) in self._foldable

    def _box(self, nodes: list[Node], entering: list[Node], leaving: list[Node]) -> Box:
        values = tuple(map(self._value, leaving))
        if len(values) > 1:
            values = tuple(replace(v, value=f"{v.node} = {v.value}") for v in values)
        group = self._graph.groups.get(nodes[0])
        if group not in self._foldable:
            return self._single(nodes[0], values)
        lines = self._summary(nodes, entering, leaving)
        given = tuple(map(self._given, filter(self._stays, nodes)))
        parts = [text for v in given for text in (v.value, v.gradient) if text]
        hint = "\n".join([group, *lines, *parts]).replace(KEPT, " ")
        return Box("group", group, lines, values, group, hint, given)

    def _given(self, node: Node) -> Value:
        """W[1] 3 × 2 = [0.1, 0.2, …], and below it its derivative."""
        value = self._value(node)
        name = f"{value.node} {_shape(node)}".replace(KEPT, " ")
        gradient = f"{self._graph.gradient_label(node)} = {value.gradient}"
        return Value(value.node, f"{name} = {value.value}", gradient if value.gradient else "")

    def _single(self, node: Node, values: tuple[Value, ...]) -> Box:
        label, group = self._graph.label(node), self._graph.groups.get(node)
        given = node.operation is None
        title = label if given else f"{label} = {self._graph.expression(node)}"
        facts = tuple(filter(None, ("" if given else group, _shape(node) if node.shape else "")))
        line = " · ".join(facts)
        lines = (line,) if 0 < len(line) <= SHORT else facts
        mine = self._value(node)
        hint = f"{title} = {mine.value}"
        if mine.gradient:
            hint += f"\n{self._graph.gradient_label(node)} = {mine.gradient}"
        kind = "input" if given else "operation"
        return Box(kind, title, lines, values, group, hint)

    def _summary(
        self, nodes: list[Node], entering: list[Node], leaving: list[Node]
    ) -> tuple[str, ...]:
        """Of a folded group: how much is in it, and the shapes that go in and out."""
        lines = [counted(sum(node.operation is not None for node in nodes), "operation")]
        for way, found in (("in", dict.fromkeys(entering)), ("out", leaving)):
            shapes = [f"{self._graph.label(node)}{KEPT}{_shape(node)}" for node in found]
            if found:
                lines.append(f"{way}: {', '.join(shapes)}")
        return tuple(lines)

    def _value(self, node: Node) -> Value:
        gradients, few = self._graph.gradients, 1 if self.narrow else 2
        gradient = brief(gradients[node], few) if node in gradients else ""
        return Value(self._graph.label(node), brief(node.value, few), gradient)


def brief(value: Any, most: int = 2) -> str:
    """A number to 5 digits, 33 rather than 33.0; of an array the first ones.

    >>> brief(33.0), brief([-0.0, 1e-7, 3])
    ('33', '[0, 1e-7, …]')
    """
    array = np.asarray(value)
    if array.size == 1:
        return _number(array.item())
    few = [_number(element.item(), 3) for element in array.reshape(-1)[:most]]
    return f"[{', '.join(few + ['…'] * (array.size > most))}]"


def _number(value: Any, digits: int = 5) -> str:
    """1e-7 for 1e-07, 2e9 for 2e+09."""
    return re.sub(r"e\+?(-?)0*(?=\d)", r"e\1", short(value, digits=digits))


def _shape(node: Node) -> str:
    return shape_of(node.value).replace(" x ", f"{KEPT}×{KEPT}")
