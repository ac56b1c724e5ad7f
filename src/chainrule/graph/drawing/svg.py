"""A picture of a graph as SVG text.

A box and the start of the edges that leave it, with the value above and the derivative below, are
laid out as one thing: so no label can meet another one, a box or an edge. It stands once, where an
edge that forks is still one line.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from chainrule.errors import InputError
from chainrule.graph.drawing.layout import Layout, Point, Rectangle, arranged
from chainrule.graph.drawing.picture import DERIVATIVE, VALUE, Box, Picture, Value, described
from chainrule.graph.drawing.rows import in_rows
from chainrule.graph.drawing.shapes import (
    ARROW,
    INK,
    PALE,
    PAPER,
    arrow,
    lines,
    number,
    rectangle,
    text,
)
from chainrule.graph.drawing.typeset import Run, typeset, width

TITLE, LINE, LABEL = 15.0, 11.5, 12.5  # font sizes
FONT = "'STIX Two Text', 'Times New Roman', 'Liberation Serif', serif"
# Of groups in turn; their names tell them apart.
TINTS = ("#eef4fb", "#fbf3e6", "#eef6ec", "#f6eef7")
PLAIN = "#f4f5f7"
MARGIN = 20.0
STEM = 38.0  # height of a value, its line and its derivative
PORT = 14.0  # from one arrow head to the next
LEGEND = 130.0, 40.0  # width, height
NOT_IN_XML = dict.fromkeys({*range(32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)} - {9, 10, 13})
MOST = 300  # boxes: a tangle of so many is laid out in 2 s, one of 500 in 10 s
FEW = 8  # boxes, up to which inputs all stand at the left, as on a slide


@dataclass(frozen=True)
class Sized:
    """A box with its texts, typeset, and its size in pixels; stem : width of the labels beside."""

    box: Box
    title: list[Run]
    lines: list[list[Run]]
    width: float
    height: float
    stem: float

    def leaves(self, place: int) -> float:
        """How far below the middle the value at `place` leaves."""
        return STEM * (place - (len(self.box.values) - 1) / 2)

    def with_stem(self, *, first: bool) -> tuple[float, float, bool]:
        """For the layout."""
        return self.width + self.stem, max(self.height, STEM * len(self.box.values)), first


def svg_text(picture: Picture) -> str:
    """The picture as one <svg> element.

    Raises InputError where graphlay is missing, and for more than 300 boxes.
    """
    if len(picture.boxes) > MOST:
        raise InputError(
            "Graph.svg",
            f"at most {MOST} boxes",
            f"{len(picture.boxes)}",
            "Fold the graph with fold=True if it has groups, or draw a smaller example.",
        )
    entering = Counter(edge.target for edge in picture.edges)
    sized = [_sized(box, picture, entering[k]) for k, box in enumerate(picture.boxes)]
    few = len(sized) <= FEW
    found = in_rows(
        arranged(
            [item.with_stem(first=few and item.box.kind == "input") for item in sized],
            [(e.source, e.target, sized[e.source].leaves(e.place)) for e in picture.edges],
        )
    )
    tints = _tints(picture)
    boxes = [
        _box(item, where, tints.get(item.box.group, PLAIN))
        for item, where in zip(sized, found.boxes, strict=True)
    ]
    labeled = any(item.stem for item in sized)
    legend = [_legend(picture.output, found.extent)] if labeled else []
    parts = [*_edges(picture, sized, found), *boxes, *legend]
    return _document(picture, _extent(found.extent, labeled), parts)


def _sized(box: Box, picture: Picture, entering: int) -> Sized:
    title = [Run(box.title)] if box.kind == "group" else typeset(box.title, picture.names)
    below = [typeset(line, picture.names) for line in box.lines]
    wide = max([width(title, TITLE), *(width(line, LINE) for line in below)])
    padding = 6.0 if box.kind == "input" else 20.0
    labels = [label for value in box.values if value.value for label in _labels(value)]
    stem = max((max(18.0, width(label, LABEL)) + 16 for label in labels), default=0.0)
    high = max(36.0 + 16.0 * len(below), PORT * (entering + 1), STEM * (len(box.values) - 1) + PORT)
    return Sized(box, title, below, wide + padding, high, stem)


def _tints(picture: Picture) -> dict[str | None, str]:
    groups = dict.fromkeys(box.group for box in picture.boxes if box.group is not None)
    return {group: TINTS[k % len(TINTS)] for k, group in enumerate(groups)}


def _extent(boxes: Rectangle, labeled: bool) -> Rectangle:
    """With the last arrow and the legend."""
    wide, high = boxes.width + ARROW, boxes.height
    if labeled:
        wide, high = max(wide, LEGEND[0]), high + MARGIN + LEGEND[1]
    return Rectangle(boxes.x, boxes.y, wide, high)


def _box(sized: Sized, where: Rectangle, tint: str) -> str:
    kind = sized.box.kind
    box = Rectangle(where.x, where.middle - sized.height / 2, sized.width, sized.height)
    fill, line = ("none", "none") if kind == "input" else (tint, INK)
    center, top = box.x + box.width / 2, box.middle - 16 - 8 * len(sized.lines)
    below = [
        text(runs, (center, top + 38 + 16 * k), LINE, PALE) for k, runs in enumerate(sized.lines)
    ]
    title = text(sized.title, (center, top + 21), TITLE, INK, bold=kind == "group")
    hint = f"<title>{escape(sized.box.hint)}</title>"
    return f"<g>{hint}{rectangle(box, kind, fill, line)}{title}{''.join(below)}</g>"


def _edges(picture: Picture, sized: Sequence[Sized], found: Layout) -> list[str]:
    """Of each value all edges together; where they cross others, these have a gap."""
    ways: dict[tuple[int, int], list[Sequence[Point]]] = {}
    for edge, route in zip(picture.edges, found.routes, strict=True):
        ways.setdefault((edge.source, edge.place), []).append(route)
    return [
        _from(value, _start(item, where, place), ways.get((k, place), []), picture.output)
        for k, (item, where) in enumerate(zip(sized, found.boxes, strict=True))
        for place, value in enumerate(item.box.values)
    ]


def _start(sized: Sized, where: Rectangle, place: int) -> tuple[Point, Point]:
    """Where the value's line begins and ends that carries its labels."""
    y = where.middle + sized.leaves(place)
    return (where.x + sized.width, y), (where.right, y)


def _from(
    value: Value, start: tuple[Point, Point], routes: Sequence[Sequence[Point]], output: str
) -> str:
    """The edges of one value, from its box to where they lead; J's leads nowhere.

    Their margin comes first and makes a gap in the edges that are already there.
    """
    (right, y) = start[1]
    labeled = bool(value.value)
    tips = [route[-1] for route in routes]
    drawn = [[start[0], *route[:-1], (route[-1][0] - ARROW / 2, route[-1][1])] for route in routes]
    if labeled and not routes:
        drawn, tips = [list(start)], [(right + ARROW, y)]
    if not drawn:
        return ""
    parts = [lines(drawn, gap=True), lines(drawn), *map(arrow, tips)]
    if labeled:
        parts += [
            f"<title>{escape(_hint(value, output))}</title>",
            *_beside(*start, *_labels(value)),
        ]
    return f'<g data-of="{escape(value.node)}">{"".join(parts)}</g>'


def _beside(start: Point, end: Point, above: list[Run], below: list[Run]) -> list[str]:
    """A value and its derivative above and below the middle of their line."""
    x, y = (start[0] + end[0]) / 2, start[1]
    return [text(above, (x, y - 5.5), LABEL, VALUE), text(below, (x, y + 14.5), LABEL, DERIVATIVE)]


def _labels(value: Value) -> tuple[list[Run], list[Run]]:
    return typeset(value.value, {value.node}), typeset(value.gradient)


def _hint(value: Value, output: str) -> str:
    number = value.value.removeprefix(f"{value.node} = ")
    derivative = f"\nd{output}/d{value.node} = {value.gradient}" if value.gradient else ""
    return f"{value.node} = {number}{derivative}"


def _legend(output: str, extent: Rectangle) -> str:
    """A sample: above the line the value, below it the derivative."""
    x, y = extent.x, extent.bottom + MARGIN + LEGEND[1] / 2
    start, end = (x + 18, y), (x + LEGEND[0] - ARROW, y)
    derivative = typeset(f"d{output}/dx", {f"d{output}", "dx"})
    return (
        f'<g data-kind="legend">{text(typeset("x", {"x"}), (x + 8, y + 5), TITLE, INK)}'
        + lines([[start, end]])
        + arrow((end[0] + ARROW, y))
        + "".join(_beside(start, end, typeset("value of x", {"x"}), derivative))
        + "</g>"
    )


def _document(picture: Picture, extent: Rectangle, parts: Sequence[str]) -> str:
    corner = extent.x - MARGIN, extent.y - MARGIN
    paper = Rectangle(*corner, extent.width + 2 * MARGIN, extent.height + 2 * MARGIN)
    x, y, wide, high = map(number, (paper.x, paper.y, paper.width, paper.height))
    title = escape(f"Computation graph of {picture.output}")
    description = escape("\n".join(described(picture)))
    return (
        # Narrower pages shrink it as a whole.
        '<svg xmlns="http://www.w3.org/2000/svg" style="max-width:100%;height:auto" '
        f'width="{wide}" height="{high}" '
        f'viewBox="{x} {y} {wide} {high}" role="img" aria-label="{title}" font-family="{FONT}">'
        f"<title>{title}</title><desc>{description}</desc>"
        + "\n".join([rectangle(paper, "paper", PAPER), *parts])
        + "</svg>"
    ).translate(NOT_IN_XML)
