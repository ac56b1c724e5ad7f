"""A layout wider than a page, broken into rows as text is into lines.

graphlay's own "wrap" was tried: it leaves a long sum, and networks with L2, in one row.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.graph.drawing.layout import Layout, Point, Rectangle

Pieces = dict[int, list[Point]]
"""Of one edge, by the number of the row."""

WIDEST = 1200.0
"""Pixels, about the width of a page or notebook."""

FULL = 0.6
"""A row may end from this share of the width on, where the fewest edges are broken."""

LOOSE = 1.15
"""So much wider the last row may be, rather than leave one box alone in another row."""

LANE, CLEAR = 8.0, 14.0  # from a broken edge to the next, and to the boxes


def in_rows(found: Layout, widest: float = WIDEST) -> Layout:
    """The same layout in rows, if it is too wide: cut between columns of boxes, and each edge that
    is cut led from the end of a row to the start of the next."""
    cuts = [] if any(map(_turns_back, found.routes)) else _cuts(found, widest)
    if not cuts:
        return found
    pieces = [_split(route, cuts) for route in found.routes]
    for k, cut in enumerate(cuts):
        _straighten(
            [parts for parts in pieces if {k, k + 1} <= parts.keys()],
            k + 1,
            _end_of_gap(found, cut),
        )
    rows = _Rows(found, cuts, pieces)
    boxes = [rows.box(box) for box in found.boxes]
    routes = [rows.route(parts) for parts in pieces]
    return Layout(boxes, routes, _around(boxes, routes))


def _turns_back(route: Sequence[Point]) -> bool:
    """As where groups were folded that depend on each other."""
    return any(after[0] < before[0] for before, after in pairwise(route))


def _cuts(found: Layout, widest: float) -> list[float]:
    """The x at which rows end, each right behind a column of boxes."""
    columns = _columns(found.boxes)
    cuts: list[float] = []
    start = found.extent.x
    while found.extent.right - start > LOOSE * widest:
        later = [x for x in columns[:-1] if x > start]
        fitting = [x for x in later if x - start <= widest] or later[:1]
        full = [x for x in fitting if x - start >= FULL * widest] or fitting[-1:]
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


def _end_of_gap(found: Layout, cut: float) -> float:
    """Where the boxes of the next column begin."""
    return min(box.x for box in found.boxes if box.x > cut)


def _straighten(routes: Sequence[Pieces], row: int, end: float) -> None:
    """Lets edges come into a row where they are going, not where they left the one before, if none
    forks there and they come in the same order."""
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
