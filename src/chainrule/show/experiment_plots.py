"""Pictures of experiments: many learning curves, learning rates, scores, examples left out.

Each function returns a matplotlib figure, or draws on the axes given.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.show.plots import (
    COLORS,
    MARKERS,
    STYLES,
    TRAINING,
    VALIDATION,
    axes_or_new,
    finished,
    grid_of_axes,
    learning_curve,
    literal,
)
from chainrule.show.saving import as_bytes
from chainrule.training import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray
NAMED = 7  # curves that a legend can name
FEW = 6  # different numbers that stand side by side, at equal distances
MISSING = "#999999"


def learning_curves(
    histories: Sequence[History],
    names: Sequence[str],
    axes: "Axes | None" = None,
    title: str = "",
) -> "Figure":
    """Costs against iterations of several runs in one picture: of training, penalty included, and
    thin with a mark at the end, of validation where there was any.

    names : one for each. The first seven are named, any others are drawn thin and gray.
    """
    axes = axes_or_new(axes)
    for history in histories[NAMED:]:
        axes.plot(history.iteration, _finite(history.cost), color=MISSING, linewidth=0.5, zorder=1)
    for k, (history, name) in enumerate(zip(histories[:NAMED], names, strict=False)):
        style = STYLES[k % len(STYLES)]
        cost = _finite(history.cost)
        axes.plot(history.iteration, cost, color=COLORS[k], linestyle=style, label=literal(name))
        if history.validation_cost is not None:
            held_out = _finite(history.validation_cost)
            axes.plot(history.iteration, held_out, color=COLORS[k], linestyle=style, linewidth=0.8)
            axes.plot(history.iteration[-1:], held_out[-1:], MARKERS[0], color=COLORS[k])
    validated = any(history.validated for history in histories[:NAMED])
    if validated:
        axes.plot([], [], f"{MARKERS[0]}-", color=MISSING, linewidth=0.8, label="validation")
    if len(histories) > NAMED:
        axes.plot([], [], color=MISSING, linewidth=0.5, label=f"{len(histories) - NAMED} others")
    # Others may begin far higher, where their penalty is larger.
    held = [h.validation_cost for h in histories[:NAMED] if h.validation_cost is not None]
    _cap(axes, [history.cost for history in histories[:NAMED]], held)
    axes.set(xlabel="iteration", ylabel="cost" if validated else "training cost")
    _legend(axes)
    return finished(axes, title)


def history_png(history: History) -> bytes | None:
    """The learning curve of a training, or of the R runs of one, as a PNG file; None if empty."""
    if not history.records:
        return None
    if np.ndim(history.records[0].cost) == 0:
        figure = learning_curve(history)
    else:
        runs = [history.run(r) for r in range(history.cost.shape[1])]
        figure = learning_curves(runs, run_names(runs))
    return as_bytes(figure)


def run_names(runs: Sequence[History]) -> list[str]:
    """By their numbers, and their learning rates if these differ."""
    rates = [float(run.records[0].learning_rate) for run in runs]
    more = [f": learning rate {rate:.3g}" if len(set(rates)) > 1 else "" for rate in rates]
    return [f"run {r}{text}" for r, text in enumerate(more)]


def fold_curves(
    histories: Sequence[History], axes: "Axes | None" = None, title: str = ""
) -> "Figure":
    """Cost against iterations of every fold: on what it trains on and, dashed, on what it holds
    out; the means are thick."""
    axes = axes_or_new(axes)
    means: list[Array] = []
    kinds = (("cost", TRAINING, "-", "training"), ("validation_cost", VALIDATION, "--", "held out"))
    for column, color, style, label in kinds:
        found = [(h.iteration, getattr(h, column)) for h in histories]
        curves = [(x, _finite(y)) for x, y in found if y is not None]
        for x, y in curves:
            axes.plot(x, y, color=color, linestyle=style, linewidth=0.5, alpha=0.5)
        # Folds in mini-batches may have records at other iterations.
        if curves and all(len(y) == len(curves[0][1]) for _, y in curves):
            mean = np.mean([y for _, y in curves], axis=0)
            means.append(mean)
            axes.plot(curves[0][0], mean, color=color, linestyle=style, linewidth=2, label=label)
        elif curves:
            axes.plot([], [], color=color, linestyle=style, label=label)
    _cap(axes, [h.cost for h in histories], means)
    axes.set(xlabel="iteration", ylabel="cost")
    _legend(axes)
    return finished(axes, title)


def rate_plot(
    rates: Array,
    cost: Array,
    first: float,
    suggested: float | None = None,
    axes: "Axes | None" = None,
    title: str = "",
) -> "Figure":
    """The cost that each learning rate reached, (R,), and the suggested rate.

    cost : not a number for rates that diverged. first : the cost at the start.
    """
    axes = axes_or_new(axes)
    axes.axhline(first, color=MISSING, linewidth=1, linestyle=":", label="cost at the start")
    shown = np.where(cost <= 1.5 * first, cost, np.nan)
    axes.plot(rates, shown, color=TRAINING, marker=".", label="cost reached")
    beyond = ~(cost <= 1.5 * first)
    if beyond.any():
        axes.plot(
            rates[beyond],
            np.full(beyond.sum(), 1.5 * first),
            linestyle="none",
            marker="x",
            color=VALIDATION,
            label="higher, or diverged",
            clip_on=False,
        )
    if suggested is not None:
        label = f"suggested: {suggested:.3g}"
        axes.axvline(suggested, color=COLORS[3], linestyle="--", label=label)
    axes.set(xscale="log", xlabel="learning rate", ylabel="training cost")
    axes.set_ylim(0, 1.6 * first)
    _legend(axes)
    return finished(axes, title)


def score_plot(
    rows: Sequence[Mapping[str, Any]], varied: Sequence[str], score: str, title: str = ""
) -> "Figure":
    """The score of every trial against each setting that was varied, side by side.

    rows : with the settings by name, `score` and `score_deviation`; the best trial is filled.
    """
    size = max(4.8, 3.2 * len(varied)), 3.8
    figure, grid = grid_of_axes(1, len(varied), size, title, sharey=True)
    panels = grid[0]
    y = np.array([row[score] for row in rows], np.float64)
    spread = np.array([row.get(f"{score}_deviation", np.nan) for row in rows], np.float64)
    for axes, name in zip(panels, varied, strict=True):
        values = [row[name] for row in rows]
        x, ticks = _places(values)
        if ticks is not None:  # beside each other, or their deviations look like one
            x = x + _dodged(x)
        axes.errorbar(
            x,
            y,
            yerr=np.nan_to_num(spread),
            fmt="o",
            color=TRAINING,
            markerfacecolor="white",
            ecolor=MISSING,
            elinewidth=0.8,
        )
        axes.plot(x[:1], y[:1], "o", color=VALIDATION, markersize=8, zorder=5, label="best")
        finished(axes, "")
        axes.margins(x=0.08)
        if ticks is None:
            if min(values) > 0 and max(values) > 20 * min(values):
                axes.set_xscale("log")
        else:
            axes.set_xticks(range(len(ticks)), ticks, rotation=30 if len(ticks) > 3 else 0)
            axes.set_xlim(-0.5, len(ticks) - 0.5)
        axes.set(xlabel="hidden layers" if name == "hidden" else name.replace("_", " "))
    panels[0].set(ylabel=f"{score} (mean, deviation)")
    figure.legend(*panels[0].get_legend_handles_labels(), frameon=False, loc="outside upper right")
    return figure


def left_out_plot(
    trained_on: Array, left_out: Array, axes: "Axes | None" = None, title: str = ""
) -> "Figure":
    """Each example's probability of its own class: trained on, and left out. (m,) each.

    On the diagonal an example does not need itself; far below it is learned by heart.
    """
    axes = axes_or_new(axes, size=(5.0, 5.0))
    axes.plot([0, 1], [0, 1], color=MISSING, linewidth=1, linestyle=":")
    axes.axhline(0.5, color=MISSING, linewidth=1)
    right = left_out > 0.5
    axes.plot(
        trained_on[right], left_out[right], "o", color=TRAINING, markersize=4, label="more than 0.5"
    )
    axes.plot(
        trained_on[~right],
        left_out[~right],
        "x",
        color=VALIDATION,
        markersize=5,
        label="less, when left out",
    )
    axes.set(
        xlabel="probability of its class, trained on",
        ylabel="probability of its class, left out",
        xlim=(-0.03, 1.03),
        ylim=(-0.03, 1.03),
    )
    _legend(axes)
    return finished(axes, title)


def _places(values: Sequence[Any]) -> tuple[Array, list[str] | None]:
    """Where values stand on an axis; and its ticks, unless they are many numbers."""
    known = [v for v in values if v is not None]
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known)
    if numbers and len(known) == len(values) and len(set(values)) > FEW:
        return np.array(values, np.float64), None
    ticks = sorted(set(known)) if numbers else sorted(set(known), key=_order)
    ticks += [None] if len(known) < len(values) else []
    names = ["-".join(map(str, v)) or "none" if isinstance(v, tuple) else v for v in ticks]
    texts = [f"{v:.3g}" if isinstance(v, float) else literal(v) for v in names]
    return np.array([ticks.index(v) for v in values], np.float64), texts


def _order(value: Any) -> tuple[int, Any, str]:
    """Layers by how many there are, then by their units; what has no order of its own as text."""
    if isinstance(value, tuple):
        return len(value), value, ""
    return -1, (), str(value)


def _dodged(x: Array) -> Array:
    """Shifts (n,) that set points of equal x apart, at most 0.3 to either side."""
    shifts = np.zeros(len(x))
    for place in np.unique(x):
        same = np.flatnonzero(x == place)
        width = min(0.3, 0.06 * (len(same) - 1))
        shifts[same] = np.linspace(-width, width, len(same))
    return shifts


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _cap(axes: "Axes", costs: Sequence[Array], means: Sequence[Array] = ()) -> None:
    """From 0 to what the curves that learn reach, and the means of several: one curve that
    diverges is cut off."""
    firsts = [cost[0] for cost in costs if len(cost) and np.isfinite(cost[0])]
    top = 1.5 * max(firsts, default=1.0)
    highest = max((float(np.nanmax(m)) for m in means if np.isfinite(m).any()), default=0.0)
    axes.set_ylim(0, max(top, min(1.05 * highest, 4 * top)))


def _legend(axes: "Axes") -> None:
    axes.legend(framealpha=0.85, edgecolor="none", fontsize="small")
