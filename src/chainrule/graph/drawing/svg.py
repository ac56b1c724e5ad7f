"""A picture of a graph as SVG text.

A box and the start of the edges that leave it, with the value above and the derivative below, are
laid out as one thing: so no label can meet another one, a box or an edge. It stands once, where an
edge that forks is still one line.

Its elements have plain attributes only: a style sheet or an id inside a notebook would act on the
whole page.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from chainrule.errors import InputError
from chainrule.graph.drawing.layout import Layout, Point, Rectangle, arranged
from chainrule.graph.drawing.picture import DERIVATIVE, KEPT, SHORT, VALUE, Box, Picture, Value
from chainrule.graph.drawing.rows import NARROW, WIDEST, Rows
from chainrule.graph.drawing.typeset import LOWERED, RAISED, SMALLER, Run, typeset, width

LONGEST = 36  # characters of a line of text in a box
TITLE, LINE, LABEL = 15.0, 11.5, 12.5  # font sizes
FONT = "'STIX Two Text', 'Times New Roman', 'Liberation Serif', serif"
INK, PALE, PAPER = "#1a1a1a", "#595959", "#ffffff"
# Of groups in turn; their names tell them apart.
TINTS = ("#eef4fb", "#fbf3e6", "#eef6ec", "#f6eef7")
PLAIN = "#f4f5f7"
MARGIN = 20.0
STEM = 42.0  # height of a value, its line, the arrow back and the derivative
BACK = 4.5  # from the line down to the arrow back
PORT = 14.0  # from one arrow head to the next
ARROW = 8.0  # length of an arrow head
ROUND = 7.0  # radius of a bend
AGAIN = 40.0  # length of the line behind a name that stands elsewhere, too
LEGEND = 130.0, 44.0  # width, height
NOT_IN_XML = dict.fromkeys({*range(32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)} - {9, 10, 13})
MOST = 300  # boxes: a tangle of so many is laid out in 2 s, one of 500 in 10 s
FEW = 8  # boxes, up to which inputs all stand at the left, as on a slide


@dataclass(frozen=True)
class Sized:
    """A box with its texts, typeset, and its size in pixels.

    lines : below the title, each with its color. stem : width of the labels beside.
    """

    box: Box
    title: list[list[Run]]
    lines: list[tuple[list[Run], str]]
    width: float
    height: float
    stem: float

    @property
    def whole(self) -> tuple[float, float]:
        """Width and height with the labels."""
        high = STEM * len(self.box.values) if self.stem != AGAIN else 0.0
        return self.width + self.stem, max(self.height, high)

    def leaves(self, place: int) -> float:
        """How far below the middle the value at `place` leaves."""
        return STEM * (place - (len(self.box.values) - 1) / 2)


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
    of_each = picture.in_rows(_rows(picture, sized))
    sized += [_sized(box, picture, 0) for box in picture.boxes[len(sized) :]]
    # What comes from above stands above what comes in addition.
    order = sorted(range(len(sized)), key=lambda k: sized[k].box.kind != "again")
    rows = [[k for k in order if of_each[k] == row] for row in range(max(of_each) + 1)]
    wholes = [(*item.whole, few and item.box.kind == "input") for item in sized]
    links = [(e.source, e.target, sized[e.source].leaves(e.place)) for e in picture.edges]
    found = arranged(wholes, links, rows)
    tints: dict[str | None, str] = {None: PLAIN}
    for box in picture.boxes:
        tints.setdefault(box.group, TINTS[(len(tints) - 1) % len(TINTS)])
    boxes = [
        _box(item, where, tints[item.box.group])
        for item, where in zip(sized, found.boxes, strict=True)
    ]
    parts, extent = [*_edges(picture, sized, found), *boxes], found.extent
    wide, high = extent.width + ARROW, extent.height
    if any(item.stem for item in sized):
        parts.append(_legend(picture.output, extent))
        wide, high = max(wide, LEGEND[0]), high + MARGIN + LEGEND[1]
    return _document(picture, Rectangle(extent.x, extent.y, wide, high), parts)


def _rows(picture: Picture, sized: Sequence[Sized]) -> list[int]:
    sources: dict[int, list[int]] = {k: [] for k in range(len(sized))}
    for edge in picture.edges:
        sources[edge.target].append(edge.source)
    inputs = {k for k, box in enumerate(picture.boxes) if box.kind in ("input", "again")}
    widths = [item.whole[0] for item in sized]
    groups = [box.group for box in picture.boxes]
    return Rows(widths, sources, groups, inputs, NARROW if picture.narrow else WIDEST).of_each()


def _sized(box: Box, picture: Picture, entering: int) -> Sized:
    longest = SHORT if picture.narrow else LONGEST
    title = [
        [Run(line)] if box.kind == "group" else typeset(line, picture.names)
        for line in wrapped(box.title, longest)
    ]
    lines = (line for text in box.lines for line in wrapped(text, longest))
    below = [(typeset(line, picture.names), PALE) for line in lines]
    for value in box.given:
        texts = ((value.value, VALUE), (value.gradient, DERIVATIVE))
        names = {value.node, f"d{picture.output}", f"d{value.node}"}
        below += [(typeset(text, names), color) for text, color in texts if text]
    wide = max([*(width(line, TITLE) for line in title), *(width(line, LINE) for line, _ in below)])
    padding = 20.0 if box.kind in ("operation", "group") else 6.0
    labels = [label for value in box.values for label in _labels(value) if label]
    stem = max((max(18.0, width(label, LABEL)) + 16 for label in labels), default=0.0)
    if any(value.again and value.gradient for value in box.values):
        stem = AGAIN
    high = (20.0 if box.kind == "again" else 36.0) + 16.0 * len(below) + 18.0 * (len(title) - 1)
    high = max(high, PORT * (entering + 1), STEM * (len(box.values) - 1) + PORT)
    return Sized(box, title, below, wide + padding, high, stem)


def wrapped(text: str, most: int = LONGEST) -> list[str]:
    """Lines of at most so many characters, broken between words where there are any.

    >>> wrapped("L = cross_entropy(Z, labels)", 20)
    ['L = cross_entropy(Z,', 'labels)']
    """
    return [line.replace(KEPT, " ") for line in wrap(text, most, break_on_hyphens=False)] or [""]


def _box(sized: Sized, where: Rectangle, tint: str) -> str:
    kind = sized.box.kind
    box = Rectangle(where.x, where.middle - sized.height / 2, sized.width, sized.height)
    framed = kind in ("operation", "group")
    fill, line = (tint, INK) if framed else ("none", "none")
    center = box.x + box.width / 2
    top = box.middle + 5 - 9 * (len(sized.title) - 1) - 8 * len(sized.lines)
    color = PALE if kind == "again" else INK
    texts = [
        _text(runs, (center, top + 18 * k), TITLE, color, bold=kind == "group")
        for k, runs in enumerate(sized.title)
    ]
    top += 18 * (len(sized.title) - 1)
    texts += [
        _text(runs, (center, top + 17 + 16 * k), LINE, color)
        for k, (runs, color) in enumerate(sized.lines)
    ]
    hint = f"<title>{escape(sized.box.hint)}</title>"
    nodes = [value.node for value in sized.box.values] if kind != "again" else []
    whose = f' data-box="{escape(nodes[0])}"' if nodes else ""
    return f"<g{whose}>{hint}{_rectangle(box, kind, fill, line)}{''.join(texts)}</g>"


def _edges(picture: Picture, sized: Sequence[Sized], found: Layout) -> list[str]:
    """Of each value all edges together; where they cross others, these have a gap."""
    ways: dict[tuple[int, int], list[Sequence[Point]]] = {}
    for edge, route in zip(picture.edges, found.routes, strict=True):
        ways.setdefault((edge.source, edge.place), []).append(route)
    edges = []
    for k, (item, where) in enumerate(zip(sized, found.boxes, strict=True)):
        for place, value in enumerate(item.box.values):
            y = where.middle + item.leaves(place)
            stem = (where.x + item.width, y), (where.right, y)
            edges.append(_from(value, stem, ways.get((k, place), []), picture.output))
    return edges


def _from(
    value: Value, stem: tuple[Point, Point], routes: Sequence[Sequence[Point]], output: str
) -> str:
    """The edges of one value, from its box to where they lead; J's leads nowhere.

    stem : where its line begins, and where the labels beside it end. The margin of the edges comes
    first and makes a gap in those that are already there.
    """
    start, (right, y) = stem
    tips = [route[-1] for route in routes]
    drawn = [[start, *route[:-1], (route[-1][0] - ARROW / 2, route[-1][1])] for route in routes]
    if not routes:
        drawn, tips = [list(stem)], [(right + ARROW, y)]
    parts = [_lines(drawn, gap=True), _lines(drawn), *map(_arrow, tips)]
    hint = f"{value.node} = {value.value.removeprefix(f'{value.node} = ')}"
    if value.gradient:
        parts.append(_arrow_back(*stem))
        hint += f"\nd{output}/d{value.node} = {value.gradient}"
    parts += [f"<title>{escape(hint)}</title>", _beside(*stem, *_labels(value))]
    return f'<g data-of="{escape(value.node)}">{"".join(parts)}</g>'


def _arrow_back(start: Point, end: Point) -> str:
    """Below the line, from its end to the box: the way that the derivative takes."""
    y = start[1] + BACK
    tip, stop = start[0] + 2, end[0] - 4
    line = _lines([[(tip + ARROW / 2, y), (stop, y)]], color=DERIVATIVE)
    return f'<g data-kind="back">{line}{_arrow((tip, y), back=True)}</g>'


def _beside(start: Point, end: Point, above: list[Run], below: list[Run]) -> str:
    """A value and its derivative above and below the middle of their line."""
    x, y = (start[0] + end[0]) / 2, start[1]
    texts = ((above, y - 5.5, VALUE), (below, y + BACK + 14, DERIVATIVE))
    return "".join(_text(runs, (x, at), LABEL, color) for runs, at, color in texts if runs)


def _labels(value: Value) -> tuple[list[Run], list[Run]]:
    if value.again:
        return [], []
    return typeset(value.value, {value.node}), typeset(value.gradient)


def _legend(output: str, extent: Rectangle) -> str:
    """A sample: above the line the value, below it the derivative."""
    x, y = extent.x, extent.bottom + MARGIN + LEGEND[1] / 2
    start, end = (x + 18, y), (x + LEGEND[0] - ARROW, y)
    derivative = typeset(f"d{output}/dx", {f"d{output}", "dx"})
    return (
        f'<g data-kind="legend">{_text(typeset("x", {"x"}), (x + 8, y + 5), TITLE, INK)}'
        + _lines([[start, end]])
        + _arrow((end[0] + ARROW, y))
        + _arrow_back(start, end)
        + _beside(start, end, typeset("value of x", {"x"}), derivative)
        + "</g>"
    )


def _document(picture: Picture, extent: Rectangle, parts: Sequence[str]) -> str:
    corner = extent.x - MARGIN, extent.y - MARGIN
    paper = Rectangle(*corner, extent.width + 2 * MARGIN, extent.height + 2 * MARGIN)
    x, y, wide, high = map(_number, (paper.x, paper.y, paper.width, paper.height))
    title = escape(f"Computation graph of {picture.output}")
    lines = (box.hint.replace("\n", "; ") for box in picture.boxes)
    description = escape("\n".join(lines))  # for those who do not see the picture
    return (
        # Narrower pages shrink it as a whole.
        '<svg xmlns="http://www.w3.org/2000/svg" style="max-width:100%;height:auto" '
        f'width="{wide}" height="{high}" '
        f'viewBox="{x} {y} {wide} {high}" role="img" aria-label="{title}" font-family="{FONT}">'
        f"<title>{title}</title><desc>{description}</desc>"
        + "\n".join([_rectangle(paper, "paper", PAPER), *parts])
        + "</svg>"
    ).translate(NOT_IN_XML)


# ---- elements ----------------------------------------------------------------------------------


def _rectangle(where: Rectangle, kind: str, fill: str, line: str = "none") -> str:
    return (
        f'<rect data-kind="{kind}" x="{_number(where.x)}" y="{_number(where.y)}" '
        f'width="{_number(where.width)}" height="{_number(where.height)}" '
        f'rx="5" fill="{fill}" stroke="{line}"/>'
    )


def _lines(ways: Iterable[Sequence[Point]], *, gap: bool = False, color: str = INK) -> str:
    """Through points, with rounded bends. As one element: lines that share a part are not drawn
    over each other there, which would look darker. gap : a margin that hides what is below."""
    way = "".join(map(_rounded, ways))
    color, width = (PAPER, 6.0) if gap else (color, 1.2)
    return f'<path d="{way}" fill="none" stroke="{color}" stroke-width="{_number(width)}"/>'


def _arrow(tip: Point, *, back: bool = False) -> str:
    """The head of an arrow to the right, or back to the left."""
    x, y = tip
    length, half, color = (-ARROW, 2.5, DERIVATIVE) if back else (ARROW, 3.5, INK)
    corners = ((x, y), (x - length, y - half), (x - length, y + half))
    return f'<polygon points="{" ".join(map(_pair, corners))}" fill="{color}"/>'


def _text(
    runs: Sequence[Run], center: Point, size: float, color: str, *, bold: bool = False
) -> str:
    """center : the middle of the text's base line."""
    x, y = center
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}" fill="{color}" '
        f'text-anchor="middle"{weight}>{"".join(_spans(runs, size))}</text>'
    )


def _spans(runs: Sequence[Run], size: float) -> list[str]:
    # Raised and lowered by dy, which every browser knows; Firefox has no baseline-shift.
    spans, now = [], 0.0
    for run in runs:
        wanted = {"up": -RAISED, "down": LOWERED}.get(run.style, 0.0) * size
        shift = f' dy="{_number(wanted - now)}"' if wanted != now else ""
        small = f' font-size="{_number(size * SMALLER)}"' if wanted else ""
        slant = ' font-style="italic"' if run.style == "italic" else ""
        spans.append(f"<tspan{shift}{small}{slant}>{escape(run.text)}</tspan>")
        now = wanted
    return spans


def _rounded(points: Sequence[Point]) -> str:
    parts = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    return "".join([*parts, f"L{_pair(points[-1])}"])


def _towards(corner: Point, other: Point) -> Point:
    """Where the bend begins on the way from the corner to another point."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    share = min(ROUND, length / 2) / length if length else 0.0
    return corner[0] + share * dx, corner[1] + share * dy


def _pair(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    """To a tenth of a pixel, no longer than needed."""
    tenths = round(value, 1) + 0.0  # -0.0 becomes 0.0
    return f"{tenths:.1f}".removesuffix(".0")
