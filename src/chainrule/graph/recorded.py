"""What a graph's readers read: its nodes in order, their names, their derivatives."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.backward import backward, in_order
from chainrule.graph.node import Node
from chainrule.graph.text import expression


class Recorded:
    """Everything that `output` was computed from, with values and derivatives: see Graph."""

    def __init__(
        self,
        output: Node,
        seed: Any = None,
        groups: Mapping[Node, str] | None = None,
        also: Sequence[Node] = (),
        given: Sequence[Node] = (),
    ) -> None:
        self.gradients = backward(output, seed)
        self.output, self.nodes = output, in_order(output)
        for other in also:
            self.nodes += [node for node in in_order(other) if node not in self.gradients]
        first = (node for node in given if node in self.gradients)
        self.nodes = list(dict.fromkeys([*first, *self.nodes]))
        self.groups = dict(groups or {})
        self._labels = _labels(self.nodes, output)
        self._by_label = {label: node for node, label in self._labels.items()}

    def __repr__(self) -> str:
        made = sum(node.operation is not None for node in self.nodes)
        return f"Graph({self.label(self.output)}: {len(self.nodes)} nodes, {made} computed)"

    def label(self, node: Node) -> str:
        """What the node is called in this graph."""
        return self._labels[node]

    def __getitem__(self, label: str) -> Node:
        """The node of that name."""
        if label not in self._by_label:
            raise InputError(
                "Graph", f"one of {checks.listed(list(self._by_label), 8)}", repr(label)
            )
        return self._by_label[label]

    def expression(self, node: Node) -> str:
        """How the node was computed, in the names of this graph."""
        return expression(node, self._labels.get)

    def gradient_label(self, node: Node) -> str:
        """Of its derivative: dJ/da."""
        return f"d{self.label(self.output)}/d{self.label(node)}"


def _labels(nodes: list[Node], output: Node) -> dict[Node, str]:
    """A name for every node, no two the same."""
    taken = {node.name for node in nodes if node.name}
    labels: dict[Node, str] = {}
    used: set[str] = set()
    numbered = (label for label in (f"v{k}" for k in count(1)) if label not in taken)
    for node in nodes:
        if node.name and node.name in used:
            again = (f"{node.name}_{n}" for n in count(2))
            label = next(label for label in again if label not in used | taken)
        elif node.name:
            label = node.name
        else:
            label = "J" if node is output and "J" not in taken else next(numbered)
        labels[node] = label
        used.add(label)
    return labels
