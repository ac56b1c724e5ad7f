"""A whole graph, as one object: its nodes in order, their names, their derivatives."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import trees
from chainrule.graph.backward import backward, called, in_order
from chainrule.graph.calls import names_of_arguments
from chainrule.graph.node import Node, variable
from chainrule.graph.text import expression

if TYPE_CHECKING:
    from chainrule.graph.steps import Steps

Array = Any


class Graph:
    """Everything that `output` was computed from, with values and derivatives.

    output : a node. seed : see `backward`. groups : node -> name of the box that drawings may fold
        it into, such as a layer of a network. also : nodes to show that `output` does not need.
    given : variables in the order in which they are to be listed, before everything else.
    nodes : every node, each after what it was made of. gradients : dJ/dx by node.

    Nodes without a name are called v1, v2, ... in their order, the output J.

    >>> a, b, c = variable(5, "a"), variable(3, "b"), variable(2, "c")
    >>> graph = Graph(3 * (a + b * c))
    >>> [graph.label(node) for node in graph.nodes]
    ['a', 'b', 'c', 'v1', 'v2', 'J']
    >>> float(graph.gradients[b])
    6.0
    """

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
        first = [node for node in given if node in self.gradients]
        self.nodes = first + [node for node in self.nodes if not any(node is f for f in first)]
        self.groups = dict(groups or {})
        self._labels = _labels(self.nodes, output)
        self._by_label = {self._labels[id(node)]: node for node in self.nodes}

    def __repr__(self) -> str:
        made = sum(node.operation is not None for node in self.nodes)
        return f"Graph({self.label(self.output)}: {len(self.nodes)} nodes, {made} computed)"

    def label(self, node: Node) -> str:
        """What the node is called in this graph."""
        return self._labels[id(node)]

    def __getitem__(self, label: str) -> Node:
        """The node of that name."""
        if label not in self._by_label:
            raise InputError(
                "Graph", f"one of {checks.listed(list(self._by_label), 8)}", repr(label)
            )
        return self._by_label[label]

    def expression(self, node: Node) -> str:
        """How the node was computed, in the names of this graph."""
        return expression(node, lambda part: self._labels.get(id(part)))

    def gradient_label(self, node: Node) -> str:
        """Of its derivative: dJ/da."""
        return f"d{self.label(self.output)}/d{self.label(node)}"

    def steps(self) -> "Steps":
        """The forward and the backward pass, line by line."""
        from chainrule.graph.steps import steps_of

        return steps_of(self)

    def svg(self, *, fold: bool | None = None, values: bool = True) -> str:
        """The graph drawn, as SVG text: see `graph.draw.svg`."""
        from chainrule.graph.drawing.draw import svg

        return svg(self, fold=fold, values=values)

    def dot(self, *, fold: bool | None = None, values: bool = True) -> str:
        """The graph as text for Graphviz: see `graph.draw.dot`."""
        from chainrule.graph.drawing.draw import dot

        return dot(self, fold=fold, values=values)

    def _repr_svg_(self) -> str | None:
        """In a notebook. None, so that it shows the text, where the graph cannot be drawn."""
        try:
            return self.svg()
        except InputError:
            return None


def _labels(nodes: list[Node], output: Node) -> dict[int, str]:
    """A name for every node, no two the same."""
    taken = {node.name for node in nodes if node.name}
    labels: dict[int, str] = {}
    used: set[str] = set()
    count = 0

    def free(stem: str) -> str:
        n = 2
        while f"{stem}_{n}" in used | taken:
            n += 1
        return f"{stem}_{n}"

    for node in nodes:
        if node.name:
            label = node.name if node.name not in used else free(node.name)
        elif node is output and "J" not in taken:
            label = "J"
        else:
            count += 1
            while f"v{count}" in taken:
                count += 1
            label = f"v{count}"
        labels[id(node)] = label
        used.add(label)
    return labels


def trace(f: Callable[..., Any], *args: Any, seed: Any = None, **options: Any) -> Graph:
    """The graph of f(*args), its arguments as variables by their names.

    f : a function of numbers, arrays, and lists or dictionaries of them. seed : see `backward`,
        for an f that gives an array.

    >>> trace(lambda a, b, c: 3 * (a + b * c), 5, 3, 2)
    Graph(J: 6 nodes, 3 computed)
    """
    names = names_of_arguments(f, len(args))
    made = [_variables(arg, name) for arg, name in zip(args, names, strict=True)]
    named = {name: _variables(arg, name) for name, arg in options.items()}
    output = called(f, made, named)
    if isinstance(output, np.ndarray) and output.dtype == object and output.size == 1:
        output = output.item()  # np.squeeze(np.array(cost)) is such a box
    if not isinstance(output, Node):
        raise InputError(
            "trace",
            "a function that gives a node",
            checks.describe(output),
            "It should return what it computes from its arguments.",
        )
    given: list[Node] = []
    trees.mapped(lambda leaf, path: given.append(leaf), [made, named])
    return Graph(output, seed, given=[node for node in given if node.operation is None])


def _variables(arg: Any, name: str) -> Any:
    def made(leaf: Any, path: str) -> Node:
        return leaf if isinstance(leaf, Node) else variable(leaf, _plain_path(name, path))

    return trees.mapped(made, arg)


def _plain_path(name: str, path: str) -> str:
    """parameters['W1'] is W1; layers[0] is layers[0]."""
    last = path.rpartition("[")[2].rstrip("]")
    return last.strip("'\"") if last[:1] in ("'", '"') else name + path
