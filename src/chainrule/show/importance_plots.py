"""Pictures of the importance of features: the first ones by name, or all over the axis that their
names are (wavelengths, masses)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule.influence.ranking import MIDDLE, OFTEN, SHOWN, Importance
from chainrule.show import plots
from chainrule.show.names_in_plots import name_at_ends, readable

ROW, LEAST = 0.21, 6  # inches of a feature, and at least so many of them
SHADE = 0.25


def importance_plot(found: Importance, axes: Axes | None = None, title: str = "") -> Figure:
    """Each feature's importance and between which values the middle 95 % of the runs lie.

    By name the twenty most important, each with the share of runs in which it was among the top,
    bold of the stable ones; over an axis where the names are one, the mean slopes of all of them,
    with those marked that were among the top in more than half of the runs.
    """
    if found.positions is not None:
        return _over_axis(found, found.positions, plots.axes_or_new(axes, (8.0, 4.0)), title)
    n = min(SHOWN, len(found.names))
    return _by_name(found, plots.axes_or_new(axes, (7.0, 1.2 + ROW * max(n, LEAST))), title, n)


def effects_plot(names: Sequence[str], effects: Any, title: str = "", what: str = "") -> Figure:
    """The features of the largest effects on one answer, see `feature_effects`, as bars by name.

    names : (n_x,). effects : (n_x,). what : they are measured in.
    """
    effects = np.asarray(effects)
    order = np.argsort(-np.abs(effects), kind="stable")[:SHOWN]
    axes = plots.axes_or_new(None, (7.0, 1.2 + ROW * max(len(order), LEAST)))
    colors = np.where(effects[order] >= 0, plots.COLORS[1], plots.COLORS[2])
    axes.barh(range(len(order)), effects[order], color=colors)
    return _finished(axes, title, what, [names[j] for j in order])


def _finished(axes: Axes, title: str, label: str, names: Sequence[str]) -> Figure:
    """A row for each name, from above, and a line at 0."""
    axes.axvline(0, color=plots.CHANCE, linewidth=0.8)
    axes.set_yticks(range(len(names)), [plots.literal(name, 28) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    return plots.finished(axes, title, xlabel=label)


def _by_name(found: Importance, axes: Axes, title: str, n: int) -> Figure:
    order, places = found.order[:n], np.arange(n)
    low, high = np.percentile(found.of_runs[:, order], MIDDLE, axis=0)
    favors = np.array(found.favors)[order]
    beside = partial(axes.annotate, xycoords=("axes fraction", "data"))
    # In the order of the classes, so that a class keeps its color; then all else.
    known = found.held_out.classes or ("higher", "lower")
    for k, name in enumerate((*known, *sorted(set(favors) - set(known)))):
        own = favors == name
        if not own.any():
            continue
        color, mark = plots.COLORS[1 + k % 6], plots.MARKERS[k % len(plots.MARKERS)]
        axes.hlines(places[own], low[own], high[own], color=color, linewidth=1.5, alpha=0.6)
        axes.plot(found.importance[order[own]], places[own], mark, color=color)
        for place, j in zip(places[own], order[own], strict=True):
            words = f"{found.in_top[j]:.0%}  {plots.literal(name, 16)}".rstrip()
            weight = "bold" if found.is_stable[j] else "normal"
            beside(words, (1.01, place), va="center", color=readable(color), weight=weight)
    head = f"in top {found.top}{', for' if any(favors) else ''}"
    axes.annotate(head, (1.01, 1), (0, 9), xycoords="axes fraction", textcoords="offset points")
    label = _label(found, "size of the slope")
    label += f"\n({n} of {len(found.names)} features; bold: stable)"
    return _finished(axes, title, label, [found.names[j] for j in order])


def _over_axis(found: Importance, x: np.ndarray, axes: Axes, title: str) -> Figure:
    axes.axhline(0, color=plots.CHANCE, linewidth=0.8)
    sloped, ends, label = found.by == "slope", [], _label(found, "mean slope", "\n")
    several = len(found.of) > 1 and sloped
    curves = found.mean if sloped else found.importance[None]
    largest = np.argsort(-np.abs(curves).max(axis=1), kind="stable")
    named = sorted(largest[: plots.IN_COLOR].tolist())
    for k, values in enumerate(curves):
        if k not in named:
            axes.plot(x, values, **plots.OTHERS)
            continue
        place = named.index(k)
        color, style = plots.COLORS[1 + place], plots.STYLES[place % len(plots.STYLES)]
        axes.plot(x, values, color=color, linestyle=style)
        ends.append((values, found.of[k], color))
    if len(curves) > len(named):
        label += f"; gray: {len(curves) - len(named)} others"
    if not several:
        of_runs = found.slopes[:, 0] if sloped else found.rises
        low, high = np.percentile(of_runs, MIDDLE, axis=0)
        axes.fill_between(x, low, high, color=plots.COLORS[1], alpha=SHADE)
        label += "\n(band: 95 % of the runs)"
    often = x[found.in_top > OFTEN]
    foot: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "color": plots.COLORS[0]}
    axes.plot(often, np.full(often.size, 0.02), "|", **foot)
    across = "feature, from {} to {}".format(*map(plots.literal, found.names[:: len(x) - 1]))
    if often.size:
        across += f"\n|  in the top {found.top} of more than half of the runs"
    figure = plots.finished(axes, title, xlabel=across, ylabel=label)
    if several:
        name_at_ends(axes, ends)
    return figure


def _label(found: Importance, slope: str, end: str = " ") -> str:
    """slope : or its size. end : of a line."""
    if found.by == "permutation":
        return f"rise of the held-out loss{end}when permuted"
    what = "log-odds" if found.held_out.classes is not None else "value"
    if found.held_out.classes and len(found.of) == 1:
        what += f" of {plots.literal(found.of[0], 20)}"
    return f"{slope}: {what}{end}a standard deviation"
