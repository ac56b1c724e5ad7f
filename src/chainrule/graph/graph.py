"""A whole graph, as one object: what is in it, its steps, its drawing."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import trees
from chainrule.graph.backward import backward, in_order
from chainrule.graph.calls import names_of_arguments
from chainrule.graph.gradients import called
from chainrule.graph.node import Node, variable
from chainrule.graph.steps import Steps
from chainrule.graph.text import expression


class Graph:
    """Everything that `output` was computed from, with values and derivatives.

    output : a node. seed : see `backward`. groups : node -> name of the box that drawings may fold
        it into, such as a layer of a network. also : nodes to show that `output` does not need.
    given : variables in the order in which they are to be listed, before everything else.
    constants : plain arrays by name, such as labels; others are written by their shape.
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
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        self.gradients = backward(output, seed)
        self.output, self.nodes = output, in_order(output)
        for other in also:
            self.nodes += [node for node in in_order(other) if node not in self.gradients]
        first = (node for node in given if node in self.gradients)
        self.nodes = list(dict.fromkeys([*first, *self.nodes]))
        self.groups = dict(groups or {})
        self.constants = dict(constants or {})
        self._names = {id(array): name for name, array in self.constants.items()}
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

    def name(self, part: Any) -> str | None:
        """What a node or a plain array is called in this graph; None for an array without name."""
        return self._labels.get(part) if isinstance(part, Node) else self._names.get(id(part))

    def expression(self, node: Node) -> str:
        """How the node was computed, in the names of this graph."""
        return expression(node, self.name)

    def gradient_label(self, node: Node) -> str:
        """Of its derivative: dJ/da."""
        return f"d{self.label(self.output)}/d{self.label(node)}"

    def steps(self, *, full: bool = False) -> Steps:
        """The forward and the backward pass, line by line; `full` prints every number of arrays."""
        return Steps(self, full=full)

    def svg(self, *, fold: bool | None = None, narrow: bool = False) -> str:
        """The graph as SVG text, in layers from left to right.

        Along each edge stands the value above and, below, J's derivative with respect to it.

        fold : draw each group of the graph (a layer of a network) as one box; by default where
            there are groups and more than 25 nodes. narrow : whether to draw it for a phone: rows
            end early, and arrays show their first number.
        Raises InputError without the package that lays it out, and for more than 300 boxes.
        """
        from chainrule.graph.drawing.picture import Picture
        from chainrule.graph.drawing.svg import svg_text

        return svg_text(Picture(self, fold=fold, narrow=narrow))

    def dot(self, *, fold: bool | None = None) -> str:
        """The graph as text in the DOT language, for Graphviz; groups that are not folded are
        clusters. Parameters as for `svg`."""
        from chainrule.graph.drawing.dot import dot_text
        from chainrule.graph.drawing.picture import Picture

        return dot_text(Picture(self, fold=fold))

    def _repr_svg_(self) -> str | None:
        """In a notebook. None, so that it shows the text, where the graph cannot be drawn."""
        try:
            return self.svg()
        except InputError:
            return None


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
    if not isinstance(output, Node):
        raise InputError(
            "trace",
            "a function that gives a node",
            checks.describe(output),
            "It should return what it computes from its arguments.",
        )
    given = [x for x in trees.leaves([made, named]).values() if x.operation is None]
    return Graph(output, seed, given=given)


def _variables(arg: Any, name: str) -> Any:
    def made(leaf: Any, path: str) -> Node:
        return leaf if isinstance(leaf, Node) else variable(leaf, trees.name_of(name, path))

    return trees.mapped(made, arg)


def _labels(nodes: list[Node], output: Node) -> dict[Node, str]:
    """A name for every node, no two the same."""
    taken = {node.name for node in nodes if node.name}
    labels: dict[Node, str] = {}
    used: set[str] = set()
    numbered = (label for label in (f"v{k}" for k in count(1)) if label not in taken)
    for node in nodes:
        label = node.name or ("J" if node is output and "J" not in taken else next(numbered))
        if label in used:
            again = (f"{label}_{n}" for n in count(2))
            label = next(label for label in again if label not in used | taken)
        labels[node] = label
        used.add(label)
    return labels
