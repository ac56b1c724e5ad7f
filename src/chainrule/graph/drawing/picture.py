"""What a drawing of a graph shows, before anybody decides where: boxes, edges and their labels."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.graph.node import Node
from chainrule.graph.text import shape_of, short

if TYPE_CHECKING:
    from chainrule.graph.graph import Graph

VALUE, DERIVATIVE = "#005ab5", "#c62a1a"
"""Blue and red that differ for every kind of color vision, and are dark enough on white."""

READABLE = 25
"""From more nodes on, groups are folded unless the caller says otherwise."""

KEPT = "\u00a0"  # a space at which no line ends

LONGEST, SHORT = 36, 24
"""Characters of a line of text in a box, and of one that names a group and a shape, too."""


@dataclass(frozen=True)
class Value:
    """What leaves a box: the value of `node` and dJ/d(node).

    Both are "" where numbers are not wanted, the second also where J does not depend on the node.
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

    def __init__(
        self, graph: "Graph", *, fold: bool | None, values: bool, narrow: bool = False
    ) -> None:
        if fold is None:
            fold = bool(graph.groups) and len(graph.nodes) > READABLE
        self._graph, self._values, self.narrow = graph, values, narrow
        self.output = graph.label(graph.output)
        self.names = {*map(graph.label, graph.nodes), *graph.constants}
        sizes = Counter(graph.groups.get(node) for node in graph.nodes)
        self._foldable = {name for name, size in sizes.items() if fold and name and size > 1}
        members: dict[Any, list[Node]] = {}
        for node in graph.nodes:
            members.setdefault(self._box_of(node), []).append(node)
        # Every part and what was computed from it, where they are in different boxes.
        self._crossing = [
            (part, node)
            for node in graph.nodes
            for part in node.args
            if isinstance(part, Node) and self._box_of(part) != self._box_of(node)
        ]
        inside = {id(part) for node in graph.nodes for part in node.args}
        last = [node for node in graph.nodes if id(node) not in inside]
        leaving: dict[Any, list[Node]] = {key: [] for key in members}
        for node in dict.fromkeys([*(part for part, _ in self._crossing), *last]):
            if not self._stays(node):
                leaving[self._box_of(node)].append(node)
        self.boxes = [self._box(key, nodes, leaving[key]) for key, nodes in members.items()]
        number = {key: k for k, key in enumerate(members)}
        place = {node: k for nodes in leaving.values() for k, node in enumerate(nodes)}
        self.edges = list(
            dict.fromkeys(
                Edge(number[self._box_of(part)], place[part], number[self._box_of(node)])
                for part, node in self._crossing
                if not self._stays(part)
            )
        )
        for part, node in self._crossing:
            if self._stays(part):
                self._name_again(self._value(part), number[self._box_of(node)])

    def in_rows(self, rows: Sequence[int]) -> list[int]:
        """Edges from row to row end: in the later row the value is named again.

        rows : of each box. Returns them with those of the names, which are boxes, too.
        """
        found, edges, named = list(rows), self.edges, dict[tuple[int, int, int], int]()
        self.edges = []
        for edge in edges:
            row = rows[edge.target]
            if rows[edge.source] == row:
                self.edges.append(edge)
                continue
            key = (edge.source, edge.place, row)
            if key in named:
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

    def _box_of(self, node: Node) -> Any:
        """What tells its box from the others: the name of the group, or the node's own id."""
        group = self._graph.groups.get(node)
        return group if group in self._foldable else id(node)

    def _stays(self, node: Node) -> bool:
        """Whether it stands inside a folded group, which was given it."""
        return node.operation is None and self._graph.groups.get(node) in self._foldable

    def _box(self, key: Any, nodes: list[Node], leaving: list[Node]) -> Box:
        values = tuple(map(self._value, leaving))
        if self._values and len(values) > 1:
            values = tuple(replace(v, value=f"{v.node} = {v.value}") for v in values)
        if key in self._foldable:
            lines = self._summary(key, nodes, leaving)
            given = tuple(map(self._given, filter(self._stays, nodes)))
            parts = [text for v in given for text in (v.value, v.gradient) if text]
            hint = "\n".join([key, *lines, *parts]).replace(KEPT, " ")
            return Box("group", key, lines, values, key, hint, given)
        return self._single(nodes[0], values)

    def _given(self, node: Node) -> Value:
        """W[1] 3 × 2 = [0.1, 0.2, …], and below it its derivative."""
        value = self._value(node)
        name = f"{value.node} {_shape(node)}".replace(KEPT, " ")
        if not self._values:
            return replace(value, value=name)
        gradient = f"{self._graph.gradient_label(node)} = {value.gradient}"
        return Value(value.node, f"{name} = {value.value}", gradient if value.gradient else "")

    def _single(self, node: Node, values: tuple[Value, ...]) -> Box:
        label, group = self._graph.label(node), self._graph.groups.get(node)
        given = node.operation is None
        title = label if given else f"{label} = {self._graph.expression(node)}"
        shape = _shape(node) if node.shape else ""
        facts = tuple(filter(None, ("" if given else group, shape)))
        line = " · ".join(facts)
        lines = (line,) if 0 < len(line) <= SHORT else facts
        mine, hint = self._value(node), title
        if self._values:
            hint = f"{title} = {mine.value}"
        if mine.gradient:
            hint += f"\n{self._graph.gradient_label(node)} = {mine.gradient}"
        kind = "input" if given else "operation"
        return Box(kind, title, lines, values, group, hint)

    def _summary(self, key: Any, nodes: list[Node], leaving: list[Node]) -> tuple[str, ...]:
        """Of a folded group: how much is in it, and the shapes that go in and out."""
        count = sum(node.operation is not None for node in nodes)
        lines = [f"{count} operation{'s' * (count != 1)}"]
        entering = dict.fromkeys(p for p, node in self._crossing if self._box_of(node) == key)
        for way, found in (("in", list(entering)), ("out", leaving)):
            shapes = [f"{self._graph.label(node)}{KEPT}{_shape(node)}" for node in found]
            if found:
                lines.append(f"{way}: {', '.join(shapes)}")
        return tuple(lines)

    def _value(self, node: Node) -> Value:
        label, gradients = self._graph.label(node), self._graph.gradients
        if not self._values:
            return Value(label, "", "")
        few = 1 if self.narrow else 2
        gradient = brief(gradients[node], few) if node in gradients else ""
        return Value(label, brief(node.value, few), gradient)


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


def wrapped(text: str, most: int = LONGEST) -> list[str]:
    """Lines of at most so many characters, broken between words where there are any.

    >>> wrapped("L = cross_entropy(Z, labels)", 20)
    ['L = cross_entropy(Z,', 'labels)']
    """
    return [line.replace(KEPT, " ") for line in wrap(text, most, break_on_hyphens=False)] or [""]
