"""Pictures of the lab: times as bars, units and successes against the number of bits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from chainrule.lab.measure import Measured
from chainrule.lab.parity import Built, Trained
from chainrule.lab.tables import ratio
from chainrule.show.names_in_plots import name_at, name_at_ends
from chainrule.show.plots import axes_or_new, finished, grid_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRAY, DARK = "#d9d9d9", "#0072B2"
# Told apart by lightness and hatching as well as by color.
KINDS = {
    "tree": ("#0072B2", "-", "o", ""),
    "wide tree": ("#56B4E9", "--", "s", "///"),
    "patterns": ("#D55E00", "-.", "^", "..."),
    "counting": ("#ffffff", ":", "D", ""),
}


def _ink(name: str) -> str:
    """Of lines and letters."""
    return "black" if name == "counting" else KINDS[name][0]


def times_chart(rows: Sequence[Measured], title: str = "") -> "Figure":
    """Seconds of every way, a bar each, on a logarithmic axis; a group for each task."""
    names = list(dict.fromkeys(row.task for row in rows))
    lines = len(rows) + 1.5 * len(names)
    axes = axes_or_new(None, (7.2, 0.24 * lines + 1.0))
    low = 10 ** np.floor(np.log10(min(row.seconds for row in rows)))
    high = max(row.seconds for row in rows)
    y, places = 0.0, []
    for name in names:
        group = [row for row in rows if row.task == name]
        axes.text(low, y, f" {name}, {group[0].size}", weight="bold", va="center", size="small")
        for row in group:
            y += 1
            places.append(y)
            color = GRAY if row.way.startswith("loops") else DARK
            axes.barh(y, row.seconds - low, 0.8, left=low, color=color, edgecolor="black")
            axes.text(row.seconds, y, f" {ratio(row)}", va="center", size="small")
        y += 1.5
    axes.set_yticks(places, [row.way for name in names for row in rows if row.task == name])
    axes.set(xscale="log", xlabel="seconds (logarithmic); number: how many times as fast as loops")
    figure = finished(axes, title)
    axes.set_xlim(low, high * 4)
    axes.set_ylim(y - 0.7, -0.8)
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    return figure


def parity_chart(built: Sequence[Built], trained: Sequence[Trained], title: str = "") -> "Figure":
    """Units that the constructions need, and how often training finds one: side by side."""
    figure, panels = grid_of_axes(1, 2, (9.0, 4.0), title)
    left, right = panels[0]
    _units(left, built)
    _successes(right, trained)
    return figure


def _units(axes: "Axes", built: Sequence[Built]) -> None:
    ends = []
    for name, (color, style, marker, _) in KINDS.items():
        rows = [row for row in built if row.network == name]
        if rows:
            axes.plot(
                [row.n for row in rows],
                [row.units for row in rows],
                color=_ink(name),
                linestyle=style,
                marker=marker,
                markerfacecolor=color,
            )
            ends.append((np.array([row.units for row in rows], np.float64), name, _ink(name)))
    axes.set(yscale="log", xlabel="bits", ylabel="units (logarithmic)")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_minor_formatter("{x:,.0f}")
    finished(axes, "written down")
    axes.margins(x=0.03)
    name_at_ends(axes, ends)


def _successes(axes: "Axes", trained: Sequence[Trained]) -> None:
    bits = sorted({row.n for row in trained})
    width = 0.8 / len(KINDS)
    for k, (name, (color, _, _, hatch)) in enumerate(KINDS.items()):
        rows = [row for row in trained if row.network == name]
        x = [bits.index(row.n) + (k - (len(KINDS) - 1) / 2) * width for row in rows]
        share = [100 * row.found / row.runs for row in rows]
        bars = axes.bar(x, share, width, color=color, edgecolor="black", hatch=hatch)
        axes.bar_label(bars, [str(row.found) for row in rows], fontsize="x-small", padding=1)
        if rows:
            upright = {"rotation": 90, "ha": "center", "va": "bottom"}
            name_at(axes, x[0], share[0] + 9, name, _ink(name), **upright)
    axes.set_xticks(range(len(bits)), [str(n) for n in bits])
    axes.set(xlabel="bits", ylabel="starts that end in the parity, %")
    finished(axes, f"found by gradient descent, of {max(row.runs for row in trained)} starts")
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    axes.margins(x=0.03)
    axes.set_ylim(0, 150)  # room for the names above the first bars
    axes.set_yticks(range(0, 101, 20))
