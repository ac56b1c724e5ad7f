"""SVG elements as text.

With plain attributes only: a style sheet or an id inside a notebook would act on the whole page.
"""

from collections.abc import Iterable, Sequence
from html import escape

from chainrule.graph.drawing.layout import Point, Rectangle
from chainrule.graph.drawing.typeset import LOWERED, RAISED, SMALLER, Run

ARROW = 8.0  # length of an arrow head
ROUND = 7.0  # radius of a bend
INK, PALE, PAPER = "#1a1a1a", "#595959", "#ffffff"


def rectangle(where: Rectangle, kind: str, fill: str, line: str = "none") -> str:
    return (
        f'<rect data-kind="{kind}" x="{number(where.x)}" y="{number(where.y)}" '
        f'width="{number(where.width)}" height="{number(where.height)}" '
        f'rx="5" fill="{fill}" stroke="{line}"/>'
    )


def lines(ways: Iterable[Sequence[Point]], *, gap: bool = False) -> str:
    """Through points, with rounded bends. As one element: lines that share a part are not drawn
    over each other there, which would look darker. gap : a margin that hides what is below."""
    way = "".join(map(_rounded, ways))
    color, width = (PAPER, 6.0) if gap else (INK, 1.2)
    return f'<path d="{way}" fill="none" stroke="{color}" stroke-width="{number(width)}"/>'


def arrow(tip: Point) -> str:
    """The head of an arrow to the right."""
    x, y = tip
    corners = ((x, y), (x - ARROW, y - 3.5), (x - ARROW, y + 3.5))
    return f'<polygon points="{" ".join(map(_pair, corners))}" fill="{INK}"/>'


def text(runs: Sequence[Run], center: Point, size: float, color: str, *, bold: bool = False) -> str:
    """center : the middle of the text's base line."""
    x, y = center
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" fill="{color}" '
        f'text-anchor="middle"{weight}>{"".join(_spans(runs, size))}</text>'
    )


def _spans(runs: Sequence[Run], size: float) -> list[str]:
    # Raised and lowered by dy, which every browser knows; Firefox has no baseline-shift.
    spans, now = [], 0.0
    for run in runs:
        wanted = {"up": -RAISED, "down": LOWERED}.get(run.style, 0.0) * size
        shift = f' dy="{number(wanted - now)}"' if wanted != now else ""
        small = f' font-size="{number(size * SMALLER)}"' if wanted else ""
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
    return f"{number(point[0])},{number(point[1])}"


def number(value: float) -> str:
    """To a tenth of a pixel, no longer than needed."""
    tenths = round(value, 1) + 0.0  # -0.0 becomes 0.0
    return f"{tenths:.1f}".removesuffix(".0")
