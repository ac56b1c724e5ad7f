"""Pictures of trainings: learning curves of one, of several, of folds; layers over a training;
learning rates, scores, examples left out. One file, as all show costs and runs in the same looks.

Each function returns a matplotlib figure, or draws on the axes given.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule.errors import InputError
from chainrule.show import plots
from chainrule.training import History
from chainrule.training.layer_health import LayerHealth

Array = np.ndarray
NAMED = 7  # curves that a legend can name
WIDE = 8  # letters at a tick, beyond which names would cover each other
FEW = 6  # different numbers that stand side by side, at equal distances
MISSING = "#999999"
# Of a cost's two columns: name, color, line.
KINDS = (("cost", plots.TRAINING, "-"), ("validation_cost", plots.VALIDATION, "--"))


def learning_curve(history: History, axes: Axes | None = None, title: str = "") -> Figure:
    """Cost against iterations, of the training set and, dashed, of the validation set.

    history : of one run. axes : to draw on; a new figure by default.
    """
    axes = plots.axes_or_new(axes)
    for (column, color, style), label in zip(KINDS, ("training", "validation"), strict=True):
        cost = getattr(history, column)
        if cost is not None:
            axes.plot(history.iteration, cost, color=color, linestyle=style, label=label)
    if history.validated:
        axes.legend(frameon=False)
    axes.set_ylim(bottom=0)
    return plots.finished(axes, title, xlabel="iteration", ylabel="cost")


def learning_curves(
    histories: Sequence[History], names: Sequence[str], axes: Axes | None = None, title: str = ""
) -> Figure:
    """Costs against iterations of several runs in one picture: of training, penalty included, and
    thin with a mark at the end, of validation where there was any.

    names : one for each. The first seven are named, any others are drawn thin and gray.
    """
    axes, shown, others = plots.axes_or_new(axes), histories[:NAMED], histories[NAMED:]
    for history in others:
        axes.plot(history.iteration, _finite(history.cost), color=MISSING, linewidth=0.5, zorder=1)
    held = []
    for k, (history, name) in enumerate(zip(shown, names, strict=False)):
        style = {key: plots.look(k)[key] for key in ("color", "linestyle")}
        axes.plot(history.iteration, _finite(history.cost), label=plots.literal(name), **style)
        if history.validation_cost is not None:
            held.append(history.validation_cost)
            held_out = _finite(history.validation_cost)
            axes.plot(history.iteration, held_out, linewidth=0.8, **style)
            mark = plots.MARKERS[0]
            axes.plot(history.iteration[-1:], held_out[-1:], mark, color=plots.COLORS[k])
    if held:
        axes.plot([], [], f"{plots.MARKERS[0]}-", color=MISSING, linewidth=0.8, label="validation")
    if others:
        axes.plot([], [], color=MISSING, linewidth=0.5, label=f"{len(others)} others")
    # Others may begin far higher, where their penalty is larger.
    _cap(axes, [history.cost for history in shown], held)
    _legend(axes)
    label = "cost" if held else "training cost"
    return plots.finished(axes, title, xlabel="iteration", ylabel=label)


def history_png(history: History) -> bytes | None:
    """The learning curve of a training, or of the R runs of one, as a PNG file; None if empty."""
    if not history.records:
        return None
    if np.ndim(history.records[0].cost) == 0:
        return plots.as_bytes(learning_curve(history))
    runs = [history.run(r) for r in range(history.cost.shape[1])]
    return plots.as_bytes(learning_curves(runs, run_names(runs)))


def run_names(runs: Sequence[History]) -> list[str]:
    """By their numbers, and their learning rates if these differ."""
    rates = [float(run.records[0].learning_rate) for run in runs]
    more = [f": learning rate {rate:.3g}" if len(set(rates)) > 1 else "" for rate in rates]
    return [f"run {r}{text}" for r, text in enumerate(more)]


def fold_curves(histories: Sequence[History], axes: Axes | None = None, title: str = "") -> Figure:
    """Cost against iterations of every fold: on what it trains on and, dashed, on what it holds
    out; the means are thick."""
    axes = plots.axes_or_new(axes)
    means: list[Array] = []
    for (column, color, line), label in zip(KINDS, ("training", "held out"), strict=True):
        style: dict[str, Any] = {"color": color, "linestyle": line}
        found = [(h.iteration, getattr(h, column)) for h in histories]
        curves = [(x, _finite(y)) for x, y in found if y is not None]
        for x, y in curves:
            axes.plot(x, y, linewidth=0.5, alpha=0.5, **style)
        # Folds in mini-batches may have records at other iterations.
        if curves and all(len(y) == len(curves[0][1]) for _, y in curves):
            means.append(np.mean([y for _, y in curves], axis=0))
            axes.plot(curves[0][0], means[-1], linewidth=2, label=label, **style)
        elif curves:
            axes.plot([], [], label=label, **style)
    _cap(axes, [h.cost for h in histories], means)
    _legend(axes)
    return plots.finished(axes, title, xlabel="iteration", ylabel="cost")


def layer_health_plot(health: LayerHealth, title: str = "") -> Figure:
    """Sizes of gradients and activations by layer, and dead ReLU units, over the training.

    Sizes are on a logarithmic axis, where a size of 0 has no place and leaves a gap.
    """
    if not health.records:
        fix = "Pass it to train: callbacks=[health]."
        raise InputError("layer_health_plot", "at least one record", "none", fix)
    iteration = [record.iteration for record in health.records]
    gradients, activations, dead = (
        np.array([getattr(record, name) for record in health.records])
        for name in ("gradients", "activations", "dead")
    )
    n = 2 if np.isnan(dead).all() else 3
    figure, grid = plots.grid_of_axes(n, 1, (6.4, 0.9 + 2.1 * n), title, sharex=True)
    panels = grid[:, 0]
    named = ((gradients, "size of dJ/dW (rms)"), (activations, "size of A (rms)"))
    marks = {"markevery": max(1, len(iteration) // 8), "markersize": 4}
    for axes, (sizes, label) in zip(panels, named, strict=False):
        values = np.where(np.isfinite(sizes) & (sizes > 0), sizes, np.nan)
        _by_layer(axes, iteration, values, label, marks)
        if np.isnan(values).all():
            axes.text(0.5, 0.5, "0 in all layers", transform=axes.transAxes, ha="center")
            axes.set_yticks([])
        else:
            axes.set_yscale("log")
    if n == 3:
        _by_layer(panels[2], iteration, 100 * dead, "dead ReLUs (%)", marks)
        panels[2].set_ylim(-3, 103)
    panels[-1].set(xlabel="iteration")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper", frameon=False)
    return figure


def _by_layer(
    axes: Axes, iteration: Sequence[int], values: Array, label: str, marks: dict[str, Any]
) -> None:
    for layer, column in enumerate(values.T):
        axes.plot(iteration, column, label=f"layer {layer + 1}", **plots.look(layer), **marks)
    plots.finished(axes, "", ylabel=label)


def rate_plot(
    rates: Array,
    cost: Array,
    first: float,
    suggested: float | None = None,
    axes: Axes | None = None,
    title: str = "",
) -> Figure:
    """The cost that each learning rate reached, (R,), and the suggested rate.

    cost : not a number for rates that diverged. first : the cost at the start.
    """
    axes, highest = plots.axes_or_new(axes), 1.5 * first
    axes.axhline(first, color=MISSING, linewidth=1, linestyle=":", label="cost at the start")
    beyond = ~(cost <= highest)
    shown = np.where(beyond, np.nan, cost)
    axes.plot(rates, shown, color=plots.TRAINING, marker=".", label="cost reached")
    if beyond.any():
        cut = np.full(beyond.sum(), highest)
        label = "higher, or diverged"
        axes.plot(rates[beyond], cut, "x", color=plots.VALIDATION, label=label, clip_on=False)
    if suggested is not None:
        label = f"suggested: {suggested:.3g}"
        axes.axvline(suggested, color=plots.COLORS[3], linestyle="--", label=label)
    axes.set(xscale="log", ylim=(0, 1.6 * first))
    _legend(axes)
    return plots.finished(axes, title, xlabel="learning rate", ylabel="training cost")


def score_plot(
    rows: Sequence[Mapping[str, Any]], varied: Sequence[str], score: str, title: str = ""
) -> Figure:
    """The score of every trial against each setting that was varied, side by side.

    rows : with the settings by name, `score` and `score_deviation`; the best trial is filled.
    """
    size = max(4.8, 3.2 * len(varied)), 3.8
    figure, grid = plots.grid_of_axes(1, len(varied), size, title, sharey=True)
    panels = grid[0]
    y = np.array([row[score] for row in rows], np.float64)
    spread = np.array([row.get(f"{score}_deviation", np.nan) for row in rows], np.float64)
    bars: dict[str, Any] = {"yerr": np.nan_to_num(spread), "ecolor": MISSING, "elinewidth": 0.8}
    for axes, name in zip(panels, varied, strict=True):
        values = [row[name] for row in rows]
        x, ticks = _places(values)
        axes.errorbar(x, y, fmt="o", color=plots.TRAINING, markerfacecolor="white", **bars)
        axes.plot(x[:1], y[:1], "o", color=plots.VALIDATION, markersize=8, zorder=5, label="best")
        label = "hidden layers" if name == "hidden" else name.replace("_", " ")
        plots.finished(axes, "", xlabel=label)
        axes.margins(x=0.08)
        if ticks:
            turned: dict[str, Any] = {"rotation": 30}
            if max(map(len, ticks)) > WIDE:
                turned |= {"ha": "right", "rotation_mode": "anchor"}
            elif len(ticks) <= 3:
                turned = {}
            axes.set_xticks(range(len(ticks)), ticks, **turned)
            axes.set_xlim(-0.5, len(ticks) - 0.5)
        elif min(values) > 0 and max(values) > 20 * min(values):
            axes.set_xscale("log")
    panels[0].set(ylabel=f"{score} (mean, deviation)")
    figure.legend(*panels[0].get_legend_handles_labels(), frameon=False, loc="outside upper right")
    return figure


def left_out_plot(
    trained_on: Array, left_out: Array, axes: Axes | None = None, title: str = ""
) -> Figure:
    """Each example's probability of its own class: trained on, and left out. (m,) each.

    On the diagonal an example does not need itself; far below it is learned by heart.
    """
    axes, right = plots.axes_or_new(axes, size=(5.0, 5.0)), left_out > 0.5
    axes.plot([0, 1], [0, 1], color=MISSING, linewidth=1, linestyle=":")
    axes.axhline(0.5, color=MISSING, linewidth=1)
    for chosen, mark, color, size, label in (
        (right, "o", plots.TRAINING, 4, "more than 0.5"),
        (~right, "x", plots.VALIDATION, 5, "less, when left out"),
    ):
        x, y = trained_on[chosen], left_out[chosen]
        axes.plot(x, y, mark, color=color, markersize=size, label=label)
    _legend(axes)
    words = "probability of its class, {}".format
    labels: dict[str, Any] = {"xlabel": words("trained on"), "ylabel": words("left out")}
    return plots.finished(axes, title, xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), **labels)


def permutation_plot(
    permuted: Array, observed: float, p_value: float, measure: str, title: str = ""
) -> Figure:
    """How often each score was reached with permuted labels (n,), and the observed one."""
    axes = plots.axes_or_new(None, size=(5.0, 3.0))
    known = permuted[np.isfinite(permuted)]
    axes.hist(known, bins=min(30, max(5, len(np.unique(known)))), color=MISSING, label="permuted")
    label = f"observed: p = {p_value:.3g}"
    axes.axvline(observed, color=plots.VALIDATION, linewidth=2, label=label)
    _legend(axes)
    return plots.finished(axes, title, xlabel=measure, ylabel="permutations")


def _places(values: Sequence[Any]) -> tuple[Array, list[str]]:
    """Where values stand on an axis; and its ticks, unless they are many numbers. Of equal ones
    the deviations would look like one: they stand beside each other, at most 0.3 to either side."""
    known = [v for v in values if v is not None]
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known)
    if numbers and len(known) == len(values) and len(set(values)) > FEW:
        return np.array(values, np.float64), []
    ticks = sorted(set(known), key=None if numbers else _order)
    ticks += [None] if len(known) < len(values) else []
    x = np.array([ticks.index(v) for v in values], np.float64)
    for place in range(len(ticks)):
        same = np.flatnonzero(x == place)
        width = min(0.3, 0.06 * (len(same) - 1))
        x[same] += np.linspace(-width, width, len(same))
    names = ["-".join(map(str, v)) or "none" if isinstance(v, tuple) else v for v in ticks]
    return x, [f"{v:.3g}" if isinstance(v, float) else plots.literal(v) for v in names]


def _order(value: Any) -> tuple[int, Any, str]:
    """Layers by how many there are, then by their units; what has no order of its own as text."""
    if isinstance(value, tuple):
        return len(value), value, ""
    return -1, (), str(value)


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _cap(axes: Axes, costs: Sequence[Array], means: Sequence[Array] = ()) -> None:
    """From 0 to what the curves that learn reach, and the means of several: one curve that
    diverges is cut off."""
    firsts = [cost[0] for cost in costs if len(cost) and np.isfinite(cost[0])]
    top = 1.5 * max(firsts, default=1.0)
    highest = max((float(np.nanmax(m)) for m in means if np.isfinite(m).any()), default=0.0)
    axes.set_ylim(0, max(top, min(1.05 * highest, 4 * top)))


def _legend(axes: Axes) -> None:
    axes.legend(framealpha=0.85, edgecolor="none", fontsize="small")
