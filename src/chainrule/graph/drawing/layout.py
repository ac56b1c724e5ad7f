"""Boxes in layers from left to right, and the way of every edge around them.

By graphlay: it knows each box's size, fixes where an edge leaves it, routes edges around boxes and
does the same in every run. fast-sugiyama was tried: it takes one size for all boxes and gives no
routes.

What is wider than a page is broken into rows, as text is into lines. graphlay's own "wrap" was
tried: it leaves a long sum, and networks with L2, in one row.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chainrule.errors import InputError

Point = tuple[float, float]
Pieces = dict[int, list[Point]]
"""Of one edge, by the number of the row."""

WIDEST = 1200.0
"""Pixels, about the width of a page or notebook."""

FULL = 0.6
"""A row may end from this share of the width on, where the fewest edges are broken."""

LOOSE = 1.15
"""So much wider the last row may be, rather than leave one box alone in another row."""

LANE, CLEAR = 8.0, 14.0  # from a broken edge to the next, and to the boxes

OPTIONS: dict[str, Any] = {
    "direction": "leftright",
    "routing": {"style": "orthogonal", "port_sides": "facing_only", "merge_edges": "forks"},
    "spacing": {"layer_gap": 40.0, "node_gap": 18.0, "dummy_gap": 16.0, "port_gap": 14.0},
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


def arranged(
    boxes: Sequence[tuple[float, float, bool]], links: Sequence[tuple[int, int, float]]
) -> Layout:
    """Boxes and the links between them, laid out. Raises InputError where graphlay is missing.

    boxes : of each its width, its height, and whether it belongs to the first layer.
    links : from box to box by their numbers, leaving so far below the middle of the first.
    """
    # graphlay counts t from -1, the top of a side, to 1, its bottom.
    sides = [{"side": "right", "t": below / (boxes[source][1] / 2)} for source, _, below in links]
    graph = {
        "nodes": [
            {"size": {"width": width, "height": height}, **({"rank": "first"} if first else {})}
            for width, height, first in boxes
        ],
        "edges": [
            {"source": source, "target": target, "source_port": {"offset": side}}
            for (source, target, _), side in zip(links, sides, strict=True)
        ],
    }
    found = _graphlay().layout(graph, options=OPTIONS)
    low, high = _point(found.bounds["min"]), _point(found.bounds["max"])
    return _in_rows(
        Layout(
            [_rectangle(node) for node in found.nodes],
            [[_point(point) for point in edge["points"]] for edge in found.edges],
            Rectangle(*low, high[0] - low[0], high[1] - low[1]),
        )
    )


def _graphlay() -> Any:
    try:
        import graphlay
    except ImportError:
        raise InputError(
            "Graph.svg",
            "the package graphlay, which lays a graph out",
            "an installation without it",
            'Install it: pip install "chainrule[graph]". Graph.dot() works without.',
        ) from None
    return graphlay


def _point(point: dict[str, float]) -> Point:
    return point["x"], point["y"]


def _rectangle(node: dict[str, Any]) -> Rectangle:
    (x, y), size = _point(node["center"]), node["size"]
    return Rectangle(x - size["width"] / 2, y - size["height"] / 2, size["width"], size["height"])


# ---- rows --------------------------------------------------------------------------------------


def _in_rows(found: Layout) -> Layout:
    """The same layout in rows, if it is too wide: cut between columns of boxes, and each edge that
    is cut led from the end of a row to the start of the next."""
    # Edges turn back where groups were folded that depend on each other.
    turns = any(after[0] < before[0] for way in found.routes for before, after in pairwise(way))
    cuts = [] if turns else _cuts(found)
    if not cuts:
        return found
    pieces = [_split(route, cuts) for route in found.routes]
    for k, cut in enumerate(cuts):
        end_of_gap = min(box.x for box in found.boxes if box.x > cut)
        _straighten([ps for ps in pieces if {k, k + 1} <= ps.keys()], k + 1, end_of_gap)
    rows = _Rows(found, cuts, pieces)
    boxes = [rows.box(box) for box in found.boxes]
    routes = [rows.route(parts) for parts in pieces]
    return Layout(boxes, routes, _around(boxes, routes))


def _cuts(found: Layout) -> list[float]:
    """The x at which rows end, each right behind a column of boxes."""
    columns = _columns(found.boxes)
    cuts: list[float] = []
    start = found.extent.x
    while found.extent.right - start > LOOSE * WIDEST:
        later = [x for x in columns[:-1] if x > start]
        fitting = [x for x in later if x - start <= WIDEST] or later[:1]
        full = [x for x in fitting if x - start >= FULL * WIDEST] or fitting[-1:]
        if not full:
            break
        start = min(full, key=lambda x: (len(_crossing(found.routes, x)), -x))
        cuts.append(start)
    return cuts


def _columns(boxes: Sequence[Rectangle]) -> list[float]:
    """Where the columns end: x to the right of which stands a gap without boxes."""
    ends: list[float] = []
    for box in sorted(boxes, key=lambda box: box.x):
        if ends and box.x <= ends[-1]:
            ends[-1] = max(ends[-1], box.right + 1)
        else:
            ends.append(box.right + 1)
    return ends


def _crossing(routes: Sequence[Sequence[Point]], x: float) -> list[float]:
    """The heights at which edges pass x, from the top; branches of one edge share theirs."""
    return sorted(
        {
            round(before[1], 1)
            for route in routes
            if route[0][0] < x < route[-1][0]
            for before, after in pairwise(route)
            if before[0] < x < after[0]
        }
    )


def _split(route: Sequence[Point], cuts: Sequence[float]) -> Pieces:
    """The pieces of a route by row; each ends where the next begins, at a cut."""
    row = bisect_left(cuts, route[0][0])
    pieces = {row: [route[0]]}
    for (x, y), after in pairwise(route):
        for cut in cuts[bisect_left(cuts, x) : bisect_left(cuts, after[0])]:
            pieces[row].append((cut, y))
            row += 1
            pieces[row] = [(cut, y)]
        pieces[row].append(after)
    return pieces


def _straighten(routes: Sequence[Pieces], row: int, end: float) -> None:
    """Lets edges come into a row where they are going, not where they left the one before, if none
    forks there and they come in the same order. end : where the boxes of the row begin."""
    routes = sorted(routes, key=lambda pieces: pieces[row][0][1])
    left = [pieces[row][0][1] for pieces in routes]
    going = [_height_behind(pieces[row], end) for pieces in routes]
    if all(b - a >= LANE / 2 for heights in (left, going) for a, b in pairwise(heights)):
        for pieces, y in zip(routes, going, strict=True):
            x, before = pieces[row][0]
            if y != before:
                pieces[row][:2] = [(x, y)]


def _height_behind(piece: Sequence[Point], end: float) -> float:
    """Of an edge, behind its first step up or down, if that is in the gap."""
    steps = len(piece) > 2 and piece[1][0] == piece[2][0] < end
    return piece[2][1] if steps else piece[0][1]


def _around(boxes: Sequence[Rectangle], routes: Sequence[Sequence[Point]]) -> Rectangle:
    corners = [corner for route in routes for corner in route]
    corners += [corner for b in boxes for corner in ((b.x, b.y), (b.right, b.bottom))]
    xs, ys = zip(*corners, strict=True)
    return Rectangle(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


@dataclass
class _Row:
    """What is moved by (right, down); heights : of the edges that its end cuts, from the top."""

    bottom: float
    right: float
    down: float
    heights: list[float]


class _Rows:
    """Where the rows go."""

    def __init__(self, found: Layout, cuts: list[float], pieces: Sequence[Pieces]) -> None:
        self._cuts = cuts
        self._rows: list[_Row] = []
        start, top = -found.extent.x, 0.0
        for k in range(len(cuts) + 1):
            boxes = [box for box in found.boxes if bisect_left(cuts, box.x) == k]
            part = _around(boxes, [parts[k] for parts in pieces if k in parts])
            heights = _crossing(found.routes, cuts[k]) if k < len(cuts) else []
            bottom = top + part.height
            self._rows.append(_Row(bottom, start, top - part.y, heights))
            lanes = LANE * len(heights)
            top = bottom + 2 * CLEAR + lanes
            start = CLEAR + lanes - cuts[k] if k < len(cuts) else 0.0

    def box(self, box: Rectangle) -> Rectangle:
        row = self._rows[bisect_left(self._cuts, box.x)]
        return Rectangle(box.x + row.right, box.y + row.down, box.width, box.height)

    def route(self, pieces: Pieces) -> list[Point]:
        way: list[Point] = []
        for k, piece in pieces.items():
            row = self._rows[k]
            if k - 1 in pieces:
                way += self._to_next(k - 1, pieces[k - 1][-1], piece[0])
            way += [(x + row.right, y + row.down) for x, y in piece]
        return way

    def _to_next(self, k: int, cut: Point, start: Point) -> list[Point]:
        """From the end of row k down, back to the left and down again: the topmost outermost at
        the right and innermost at the left, so that these ways do not cross."""
        row, after = self._rows[k], self._rows[k + 1]
        x, y = cut
        lane = LANE * (len(row.heights) - 1 - row.heights.index(round(y, 1)))
        right, between = x + row.right + CLEAR + lane, row.bottom + CLEAR + lane
        corners = [(right, y + row.down), (right, between), (lane, between)]
        return [*corners, (lane, start[1] + after.down)]
