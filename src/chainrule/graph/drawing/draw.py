"""A graph drawn: as SVG for people and notebooks, as DOT text for Graphviz."""

from chainrule.errors import InputError
from chainrule.graph.drawing.dot import dot_text
from chainrule.graph.drawing.picture import picture_of
from chainrule.graph.drawing.svg import svg_text
from chainrule.graph.recorded import Recorded

READABLE = 25
"""From more nodes on, groups are folded unless the caller says otherwise."""

MOST = 300
"""Boxes in one SVG: a tangle of so many is laid out in 2 s, one of 500 in 10 s."""


def svg(graph: Recorded, *, fold: bool | None = None, values: bool = True) -> str:
    """The graph as SVG text, in layers from left to right.

    Along each edge stands the value above and, below, J's derivative with respect to it.

    fold : draw each group of the graph (a layer of a network) as one box; by default where there
        are groups and more than 25 nodes. values : whether edges carry numbers.
    Raises InputError without the package that lays it out, and for more than 300 boxes.
    """
    picture = picture_of(graph, fold=_folded(graph, fold), values=values)
    if len(picture.boxes) > MOST:
        raise InputError(
            "Graph.svg",
            f"at most {MOST} boxes",
            f"{len(picture.boxes)}",
            "Fold the graph with fold=True if it has groups, or draw a smaller example.",
        )
    return svg_text(picture)


def dot(graph: Recorded, *, fold: bool | None = None, values: bool = True) -> str:
    """The graph as DOT text; groups that are not folded are clusters. Parameters as for `svg`."""
    return dot_text(picture_of(graph, fold=_folded(graph, fold), values=values))


def _folded(graph: Recorded, fold: bool | None) -> bool:
    return bool(graph.groups) and len(graph.nodes) > READABLE if fold is None else fold
