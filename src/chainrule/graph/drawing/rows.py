"""Which boxes stand in which row, where a graph is wider than a page.

Boxes follow each other as they were computed, and rows end as the lines of a text do: where the
fewest things are torn apart. What a row needs from an earlier one it names at its start; lines
that lead from row to row were tried, and cannot be followed by eye where there are several.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Rows:
    """widths : of the boxes. sources : of each box those that lead to it. groups : its group, or
    None. inputs : the boxes that stand where they are needed first. widest : a row should be."""

    widths: Sequence[float]
    sources: Mapping[int, Sequence[int]]
    groups: Sequence[str | None]
    inputs: Collection[int]
    widest: float

    def of_each(self) -> list[int]:
        """Of each box the number of its row."""
        order = self._together()
        if order is None:
            return [0] * len(self.widths)
        row = {k: n for n, part in enumerate(self._broken(order)) for k in part}
        for k in order:
            for source in self.sources[k]:
                row.setdefault(source, row[k])
        return [row.get(k, 0) for k in range(len(self.widths))]

    def _together(self) -> list[int] | None:
        """All but the inputs, each behind what it needs and as near to its group as that allows.
        None where groups were folded that depend on each other."""
        order: list[int] = []
        for box, group in enumerate(self.groups):
            if box in self.inputs:
                continue
            needed = set(self.sources[box]).difference(self.inputs)
            if not needed.issubset(order):
                return None
            kin = [place for place, k in enumerate(order) if group and self.groups[k] == group]
            at = 1 + kin[-1] if kin else len(order)
            order.insert(max([at, *(1 + order.index(source) for source in needed)]), box)
        return order

    def _broken(self, order: Sequence[int]) -> list[Sequence[int]]:
        """The order in rows, at the least cost in all (as Knuth & Plass 1981 break paragraphs)."""
        place = {k: n for n, k in enumerate(order)}
        best: list[tuple[float, list[Sequence[int]]]] = [(0.0, [])]
        for end in range(1, len(order) + 1):
            found = []
            for start in range(end - 1, -1, -1):
                part, group = order[start:end], self.groups[order[start]]
                beyond = max(0.0, self._width(part) / self.widest - 1)
                if start < end - 1 and beyond > LOOSE - 1:
                    break
                torn = start > 0 and group and group == self.groups[order[start - 1]]
                again = {x for k in part for x in self.sources[k] if place.get(x, start) < start}
                cost, rows = best[start]
                cost += 1 + TORN * bool(torn) + NAMED * len(again) + BEYOND * beyond
                found.append((cost, [*rows, part]))
            best.append(min(found, key=lambda one: one[0]))
        return best[-1][1]

    def _width(self, part: Sequence[int]) -> float:
        """About that of a row: of its layers, each as wide as its widest box."""
        layer: dict[int, int] = {}
        widest: dict[int, float] = {}
        for k in part:
            layer[k] = 1 + max((layer.get(source, 0) for source in self.sources[k]), default=0)
            widest[layer[k]] = max(widest.get(layer[k], 0.0), self.widths[k])
            for source in set(self.sources[k]).difference(part):
                # What comes from elsewhere is an input, or a name.
                wide = self.widths[source] if source in self.inputs else AGAIN
                widest[layer[k] - 1] = max(widest.get(layer[k] - 1, 0.0), wide)
        return sum(widest.values()) + GAP * (len(widest) - 1)
