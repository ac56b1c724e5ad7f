"""Boxes in layers from left to right, and the way of every edge around them.

By graphlay: it knows each box's size, fixes where an edge leaves it, routes edges around boxes and
does the same in every run. fast-sugiyama was tried: it takes one size for all boxes and gives no
routes. Rows are laid out each for itself, one below the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.errors import needing

Point = tuple[float, float]
Boxes = Sequence[tuple[float, float, bool]]
Links = Sequence[tuple[int, int, float]]

GAP = 30.0  # from a layer of boxes to the next
BETWEEN = 30.0  # from a row to the next

OPTIONS: dict[str, Any] = {
    "direction": "leftright",
    "routing": {"style": "orthogonal", "port_sides": "facing_only", "merge_edges": "forks"},
    "spacing": {"layer_gap": GAP, "node_gap": 18.0, "dummy_gap": 16.0, "port_gap": 14.0},
    "coords": {"branch_style": "symmetric"},
    # Without this the first of many inputs would stand in their middle.
    "tuning": {"order": {"balance_rounds": 0}},
}


@dataclass(frozen=True)
class Rectangle:
    """In pixels; y goes down."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """Where everything went, in the order it was given, and the rectangle around it all."""

    boxes: list[Rectangle]
    routes: list[list[Point]]
    extent: Rectangle


def arranged(boxes: Boxes, links: Links, rows: Sequence[Sequence[int]]) -> Layout:
    """Boxes and the links between them, laid out. Raises InputError where graphlay is missing.

    boxes : of each its width, its height, and whether it belongs to the first layer.
    links : from box to box of the same row by their numbers, leaving so far below the middle of
        the first. rows : the numbers of the boxes in each, in the order to keep where it is free.
    """
    places, routes = [Rectangle(0, 0, 0, 0)] * len(boxes), [[(0.0, 0.0)]] * len(links)
    top = 0.0
    for row in rows:
        number = {k: n for n, k in enumerate(row)}
        led = [k for k, (source, *_) in enumerate(links) if source in number]
        inside = [(number[s], number[t], below) for s, t, below in (links[k] for k in led)]
        found = _row([boxes[k] for k in row], inside)
        right, down = -found.extent.x, top - found.extent.y
        for k, box in zip(row, found.boxes, strict=True):
            places[k] = Rectangle(box.x + right, box.y + down, box.width, box.height)
        for k, route in zip(led, found.routes, strict=True):
            routes[k] = [(x + right, y + down) for x, y in route]
        top += found.extent.height + BETWEEN
    wide = max([box.right for box in places] + [x for route in routes for x, _ in route])
    return Layout(places, routes, Rectangle(0, 0, wide, top - BETWEEN))


def _row(boxes: Boxes, links: Links) -> Layout:
    # graphlay counts t from -1, the top of a side, to 1, its bottom.
    sides = [{"side": "right", "t": below / (boxes[source][1] / 2)} for source, _, below in links]
    nodes = [
        {"size": {"width": width, "height": height}, **({"rank": "first"} if first else {})}
        for width, height, first in boxes
    ]
    edges = [
        {"source": source, "target": target, "source_port": {"offset": side}}
        for (source, target, _), side in zip(links, sides, strict=True)
    ]
    graph = {"nodes": nodes, "edges": edges}
    besides = " Graph.dot() works without."
    with needing("Graph.svg", "graphlay, which lays a graph out", "graph", besides=besides):
        from graphlay import layout
    found = layout(graph, options=OPTIONS)
    low, high = _point(found.bounds["min"]), _point(found.bounds["max"])
    return Layout(
        [_rectangle(node) for node in found.nodes],
        [[_point(point) for point in edge["points"]] for edge in found.edges],
        Rectangle(*low, high[0] - low[0], high[1] - low[1]),
    )


def _point(point: dict[str, float]) -> Point:
    return point["x"], point["y"]


def _rectangle(node: dict[str, Any]) -> Rectangle:
    (x, y), size = _point(node["center"]), node["size"]
    return Rectangle(x - size["width"] / 2, y - size["height"] / 2, size["width"], size["height"])
