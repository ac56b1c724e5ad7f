"""Which boxes stand in which row, where a graph is wider than a page.

Boxes follow each other as they were computed, and rows end as the lines of a text do: where the
fewest things are torn apart. What a row needs from an earlier one it names at its start; lines
that lead from row to row were tried, and cannot be followed by eye where there are several.
"""

from collections.abc import Mapping, Sequence

from chainrule.graph.drawing.layout import GAP

WIDEST = 1280.0
"""Pixels, about the width of a page or notebook; wider drawings are shrunk to it."""

NARROW = 400.0
"""About that of a phone, which shrinks a drawing a little, too."""

LOOSE = 1.25
"""So much wider a row may be, where that keeps together what belongs together."""

AGAIN = 80.0  # width of a name at the start of a row
# What a group in two rows costs, a value that is named again, and each `widest` beyond; a row: 1.
TORN, NAMED, BEYOND = 2.0, 0.3, 10.0


def rows_of(
    widths: Sequence[float],
    sources: Mapping[int, Sequence[int]],
    groups: Sequence[str | None],
    inputs: Sequence[int],
    widest: float = WIDEST,
) -> list[int]:
    """Of each box the number of its row.

    widths : of the boxes. sources : of each box those that lead to it. groups : its group, or None.
    inputs : the boxes that stand where they are needed first. widest : a row should be.
    """
    given = set(inputs)
    whole = [k for k in range(len(widths)) if k not in given]
    order = _together(whole, sources, groups)
    if order is None:
        return [0] * len(widths)
    # What comes from elsewhere is an input, or a name.
    outside = [width if k in given else AGAIN for k, width in enumerate(widths)]
    parts = _broken(order, (widths, outside), sources, groups, widest)
    row = {k: n for n, part in enumerate(parts) for k in part}
    for k in order:
        for source in sources[k]:
            row.setdefault(source, row[k])
    return [row.get(k, 0) for k in range(len(widths))]


def _together(
    boxes: Sequence[int], sources: Mapping[int, Sequence[int]], groups: Sequence[str | None]
) -> list[int] | None:
    """The boxes, each behind what it needs and as near to its group as that allows. None where
    groups were folded that depend on each other."""
    order: list[int] = []
    known = set(boxes)
    for box in boxes:
        needed = [source for source in sources[box] if source in known]
        if not set(needed) <= set(order):
            return None
        kin = [place for place, k in enumerate(order) if groups[k] and groups[k] == groups[box]]
        at = 1 + kin[-1] if kin else len(order)
        order.insert(max([at, *(1 + order.index(source) for source in needed)]), box)
    return order


def _broken(
    order: Sequence[int],
    widths: tuple[Sequence[float], Sequence[float]],
    sources: Mapping[int, Sequence[int]],
    groups: Sequence[str | None],
    widest: float,
) -> list[Sequence[int]]:
    """The order in rows, at the least cost in all (as Knuth & Plass 1981 break paragraphs)."""
    place = {k: n for n, k in enumerate(order)}
    best: list[tuple[float, list[Sequence[int]]]] = [(0.0, [])]
    for end in range(1, len(order) + 1):
        found = []
        for start in range(end - 1, -1, -1):
            part = order[start:end]
            beyond = max(0.0, _width(part, widths, sources) / widest - 1)
            if start < end - 1 and beyond > LOOSE - 1:
                break
            torn = (
                start > 0 and groups[order[start]] and groups[part[0]] == groups[order[start - 1]]
            )
            again = {x for k in part for x in sources[k] if place.get(x, start) < start}
            cost, rows = best[start]
            cost += 1 + TORN * bool(torn) + NAMED * len(again) + BEYOND * beyond
            found.append((cost, [*rows, part]))
        best.append(min(found, key=lambda one: one[0]))
    return best[-1][1]


def _width(
    part: Sequence[int],
    widths: tuple[Sequence[float], Sequence[float]],
    sources: Mapping[int, Sequence[int]],
) -> float:
    """About that of a row: of its layers, each as wide as its widest box.

    widths : of all boxes; and of what stands for them in rows that are not theirs.
    """
    inside, outside = widths
    layer: dict[int, int] = {}
    widest: dict[int, float] = {}
    known = set(part)
    for k in part:
        layer[k] = 1 + max([layer[source] for source in sources[k] if source in known], default=0)
        widest[layer[k]] = max(widest.get(layer[k], 0.0), inside[k])
        for source in sources[k]:
            if source not in known:
                before = layer[k] - 1
                widest[before] = max(widest.get(before, 0.0), outside[source])
    return sum(widest.values()) + GAP * (len(widest) - 1)
