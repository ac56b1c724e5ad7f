"""Pictures of settings compared: what each learning rate reached, what each setting of a sweep did.

Each function returns a matplotlib figure, or draws on the axes given.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from chainrule.experiments.measures import LESS_IS_BETTER
from chainrule.show import plots
from chainrule.show.names_in_plots import HALO, NAME, name_at
from chainrule.show.plots import MISSING
from chainrule.wording import setting_name

Array = np.ndarray
FEW = 6  # different numbers that stand side by side, at equal distances
MAPPED = 4  # settings of which all pairs are shown
CELLS = 12  # of a heat map's side; of more values each setting is a dot
WIDE = 8  # letters at a tick, beyond which names would cover each other
NEAR = "framed: within one standard error of the best"
CHOSEN = "★ chosen, the simplest of these"
USEFUL = 0.02  # of the fall of the cost: below that a rate has done nothing yet


def rate_plot(
    rates: Array,
    cost: Array,
    first: float,
    suggested: float | None = None,
    axes: Axes | None = None,
    title: str = "",
) -> Figure:
    """The cost that each learning rate reached, (R,), and the suggested rate; without the rates
    that are too low to do anything, but for the highest of these.

    cost : not a number for rates that diverged. first : the cost at the start.
    """
    axes, highest = plots.axes_or_new(axes), 1.5 * first
    axes.axhline(first, color=MISSING, linewidth=1, linestyle=":")
    fall = first - np.nanmin(cost) if np.isfinite(cost).any() else 0.0
    idle = np.isfinite(cost) & (np.abs(cost - first) < USEFUL * fall)
    start = max(0, int(np.argmin(idle)) - 1)
    rates, cost = rates[start:], cost[start:]
    beyond = ~(cost <= highest)
    axes.plot(rates, np.where(beyond, np.nan, cost), color=plots.TRAINING, marker=".")
    style: dict[str, Any] = {"fontsize": NAME, "textcoords": "offset points"}
    if beyond.any():
        cut = np.full(beyond.sum(), highest)
        axes.plot(rates[beyond], cut, "x", color=plots.VALIDATION, clip_on=False)
        place, color = (rates[beyond][0], highest), plots.VALIDATION
        halo: dict[str, Any] = {"path_effects": HALO, "zorder": 5, "ha": "right", "color": color}
        axes.annotate("higher, or diverged", place, (-4, 4), **style, **halo)
    axes.annotate("cost at the start", (rates[0], first), (2, 3), color=plots.CHANCE, **style)
    if suggested is not None:
        axes.axvline(suggested, color=plots.COLORS[3], linestyle="--")
        words = f"suggested: {suggested:.3g} "
        name_at(axes, suggested, 0.7 * first, words, plots.COLORS[3], ha="right")
    axes.set(xscale="log", ylim=(0, 1.6 * first))
    return plots.finished(axes, title, xlabel="learning rate", ylabel="training cost")


def score_plot(
    rows: Sequence[Mapping[str, Any]], varied: Sequence[str], score: str, title: str = ""
) -> Figure:
    """The score by two settings at a time, as heat maps: of each pair of values the best that any
    of the others reached. Of one setting alone, of many numbers, or where each trial has numbers of
    its own, a dot for each.

    rows : with the settings by name, `score`, its `standard_error`, and whether it is
    `near_best`; the first is the chosen one.
    """
    pairs = [tuple(pair) for pair in combinations(varied[:MAPPED], 2)] or [tuple(varied)]
    size: dict[str, Any] = {"extra": (0, 0.8), "least": 6.4}
    figure, panels = plots.panels(len(pairs), min(3, len(pairs)), (4.0, 3.6), title, **size)
    shade = None
    for axes, pair in zip(panels, pairs, strict=True):
        if len(pair) > 1:
            shade = _map(axes, rows, pair, score)
        else:
            _dots(axes, rows, pair[0], score)
    if shade is not None:
        label = f"{score}, mean of what was held out"
        figure.colorbar(shade, ax=panels, shrink=0.8, label=label)
    known = [row[score] for row in rows if np.isfinite(row[score])]
    best = (min if score in LESS_IS_BETTER else max)(known, default=rows[0][score])
    words = CHOSEN if known and rows[0][score] != best else "★ the best"
    figure.supxlabel(f"{NEAR}   {words}", color=plots.VALIDATION, fontsize=NAME)
    return figure


def _map(axes: Axes, rows: Sequence[Mapping[str, Any]], pair: tuple[str, ...], score: str) -> Any:
    """The heat map of a pair of settings, or dots; what its colors are."""
    found = np.array([row[score] for row in rows], np.float64)
    known = found[np.isfinite(found)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
    colors = "cividis_r" if score in LESS_IS_BETTER else "cividis"
    shades: dict[str, Any] = {"cmap": colors, "vmin": low, "vmax": high}
    kinds = [_kinds([row[name] for row in rows]) for name in pair]
    plots.finished(axes, "", grid=False, xlabel=setting_name(pair[0]), ylabel=setting_name(pair[1]))
    if max(map(len, kinds)) > CELLS:
        return _cloud(axes, rows, pair, found, shades)
    place = np.array([[kinds[k].index(row[name]) for row in rows] for k, name in enumerate(pair)])
    less = score in LESS_IS_BETTER
    order = np.argsort(found if less else -found, kind="stable")  # what is not known is last
    best = {(int(place[0, i]), int(place[1, i])): i for i in order[::-1]}
    cells = np.full((len(kinds[1]), len(kinds[0])), np.nan)
    for (x, y), i in best.items():
        cells[y, x] = found[i]
    image = axes.imshow(cells, origin="lower", aspect="auto", **shades)
    for (x, y), i in best.items():
        light = np.isfinite(found[i]) and found[i] - low > (high - low) / 2
        words = f"{found[i]:.3g}" if np.isfinite(found[i]) else "–"
        plots.in_cell(axes, x, y, words, "black" if light != less else "white")
    for row, (x, y) in zip(rows, place.T, strict=True):
        if row.get("near_best"):
            frame: dict[str, Any] = {"edgecolor": plots.VALIDATION, "linewidth": 2}
            axes.add_patch(Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, **frame))
    x, y = place[:, 0] + (0.33, 0.3)
    axes.plot(x, y, "*", markersize=12, color=plots.VALIDATION, markeredgecolor="white")
    for k, axis in enumerate((axes.xaxis, axes.yaxis)):
        names = [_named(value) for value in kinds[k]]
        wide = k == 0 and len("".join(names)) > 24
        turned: dict[str, Any] = {"rotation": 30, "ha": "right"} if wide else {}
        axis.set_ticks(range(len(names)), names, **turned)
    return image


def _cloud(
    axes: Axes,
    rows: Sequence[Mapping[str, Any]],
    pair: tuple[str, ...],
    found: Array,
    shades: Mapping[str, Any],
) -> Any:
    """A dot for each trial, in the color of its score."""
    where = []
    for name, axis in zip(pair, "xy", strict=True):
        places, ticks, scale = _places([row[name] for row in rows])
        axes.set(**{f"{axis}scale": scale})
        if ticks:
            axes.set(**{f"{axis}ticks": range(len(ticks)), f"{axis}ticklabels": ticks})
        where.append(places)
    looks = [(plots.VALIDATION, 2.0) if row.get("near_best") else (MISSING, 0.5) for row in rows]
    colors, widths = zip(*looks, strict=True)
    x, y = where
    image = axes.scatter(x, y, 60, found, edgecolors=colors, linewidths=widths, **shades)
    axes.plot(x[:1], y[:1], "*", color=plots.VALIDATION, markersize=8)
    return image


def _dots(axes: Axes, rows: Sequence[Mapping[str, Any]], name: str, score: str) -> None:
    """Of one setting: means, with the standard error."""
    y = np.array([row[score] for row in rows], np.float64)
    error = np.array([row.get("standard_error", np.nan) for row in rows], np.float64)
    x, ticks, scale = _places([row[name] for row in rows])
    bars: dict[str, Any] = {"yerr": np.nan_to_num(error), "ecolor": MISSING, "elinewidth": 0.8}
    axes.errorbar(x, y, fmt="o", color=plots.TRAINING, markerfacecolor="white", **bars)
    near = np.array([bool(row.get("near_best")) for row in rows])
    ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": plots.VALIDATION}
    axes.plot(x[near], y[near], "s", markersize=10, **ring)
    axes.plot(x[:1], y[:1], "*", color=plots.VALIDATION, markersize=9, zorder=5)
    label = f"{score} (bar: standard error)"
    plots.finished(axes, "", xlabel=setting_name(name), ylabel=label)
    axes.margins(x=0.08)
    axes.set_xscale(scale)
    if ticks:
        turned: dict[str, Any] = {"rotation": 30}
        if max(map(len, ticks)) > WIDE:
            turned |= {"ha": "right", "rotation_mode": "anchor"}
        elif len(ticks) <= 3:
            turned = {}
        axes.set_xticks(range(len(ticks)), ticks, **turned)
        axes.set_xlim(-0.5, len(ticks) - 0.5)


def _places(values: Sequence[Any]) -> tuple[Array, list[str], str]:
    """Where values stand on an axis; its ticks, unless they are many numbers; and its scale. Of
    equal ones the deviations would look like one: they stand beside each other, at most 0.3 to
    either side."""
    ticks = _kinds(values)
    if len(ticks) > FEW and None not in ticks and _numbers(ticks):
        wide = ticks[0] > 0 and ticks[-1] > 20 * ticks[0]
        return np.array(values, np.float64), [], "log" if wide else "linear"
    x = np.array([ticks.index(v) for v in values], np.float64)
    for place in range(len(ticks)):
        same = np.flatnonzero(x == place)
        width = min(0.3, 0.06 * (len(same) - 1))
        x[same] += np.linspace(-width, width, len(same))
    return x, [_named(value) for value in ticks], "linear"


def _kinds(values: Sequence[Any]) -> list[Any]:
    """The different values in their order, None last."""
    known = {v for v in values if v is not None}
    found = sorted(known, key=None if _numbers(known) else _order)
    return [*found, None] if None in values else found


def _numbers(values: Collection[Any]) -> bool:
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)


def _named(value: Any) -> str:
    if isinstance(value, tuple):
        value = "-".join(map(str, value)) or "none"
    return f"{value:.3g}" if isinstance(value, float) else plots.literal(value)


def _order(value: Any) -> tuple[int, Any, str]:
    """Layers by how many there are, then by their units; what has no order of its own as text."""
    if isinstance(value, tuple):
        return len(value), value, ""
    return -1, (), str(value)
