"""Pictures of trainings: learning curves of one, of several, of folds; layers over a training;
examples left out, permutations.

Each function returns a matplotlib figure, or draws on the axes given.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule.errors import InputError
from chainrule.show import plots
from chainrule.show.names_in_plots import name_at, name_at_ends, name_diagonal
from chainrule.show.plots import IN_COLOR, MISSING, OTHERS
from chainrule.training import History
from chainrule.training.layer_health import LayerHealth

Array = np.ndarray
SPIKE = 2  # times as high as any curve begins or ends: a linear axis would flatten the rest
HIGHEST = 6  # times the first cost
FEW = 12  # records: that nothing is known between them is seen by dots
# Of a cost's two columns: name, color, line. Both are without the penalty, or they would not
# compare.
KINDS = (("loss", plots.TRAINING, "-"), ("validation_cost", plots.VALIDATION, "--"))


def learning_curve(
    history: History, axes: Axes | None = None, title: str = "", held: str = "held out"
) -> Figure:
    """Cost without the penalty against iterations, of the training set and, dashed, of what was
    held out.

    history : of one run. axes : to draw on; a new figure by default. held : what to call the
    latter.
    """
    axes, ends = plots.axes_or_new(axes), []
    for (column, color, style), label in zip(KINDS, ("training", held), strict=True):
        cost = getattr(history, column)
        if cost is not None:
            _curve(axes, history, cost, color=color, linestyle=style)
            ends.append((cost, label, color))
    return _finished(axes, title, _cost(history), [history.loss], [end[0] for end in ends], ends)


def learning_curves(
    histories: Sequence[History], names: Sequence[str], axes: Axes | None = None, title: str = ""
) -> Figure:
    """Costs without the penalty against iterations of several runs in one picture: of training, and
    thin with a mark at the end, of what was held out, where anything was.

    names : one for each. The six that end best, held out if anything was, are in color and have
    their names beside their ends; any others are gray.
    """
    axes, best = plots.axes_or_new(axes), _best(histories)
    for k in set(range(len(histories))) - set(best):
        axes.plot(histories[k].iteration, _finite(histories[k].loss), **OTHERS)
    held, ends = [], []
    for place, k in enumerate(best):
        history, last = histories[k], histories[k].loss
        color, line = plots.COLORS[place], plots.STYLES[place % len(plots.STYLES)]
        _curve(axes, history, last, color=color, linestyle=line)
        if history.validation_cost is not None:
            last = history.validation_cost
            held.append(last)
            _curve(axes, history, last, color=color, linestyle=line, linewidth=0.8, marker=None)
            axes.plot(history.iteration[-1:], last[-1:], plots.MARKERS[0], color=color)
        ends.append((last, names[k], color))
    label = _cost(*histories)
    label = f"{label} (thin, with a mark: held out)" if held else f"training {label}"
    if len(histories) > len(best):
        label += f"\ngray: {len(histories) - len(best)} others"
    return _finished(axes, title, label, [histories[k].loss for k in best], held, ends)


def _best(histories: Sequence[History]) -> list[int]:
    """Indices of the runs of the lowest last costs, in their own order; those that diverged come
    last."""
    last = []
    for history in histories:
        cost = history.loss if history.validation_cost is None else history.validation_cost
        last.append(cost[-1] if len(cost) and np.isfinite(cost[-1]) else np.inf)
    return sorted(np.argsort(last, kind="stable")[:IN_COLOR].tolist())


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
    out; their means, where all have records at the same iterations, are thick."""
    axes, ends, shown = plots.axes_or_new(axes), [], list[Array]()
    for (column, color, line), label in zip(KINDS, ("training", "held out"), strict=True):
        style: dict[str, Any] = {"color": color, "linestyle": line}
        found = [(h.iteration, getattr(h, column)) for h in histories]
        curves = [(x, _finite(y)) for x, y in found if y is not None]
        if not curves:
            continue
        # Folds in mini-batches, or of settings of their own, may have them at others.
        alike = all(np.array_equal(x, curves[0][0]) for x, _ in curves)
        width = 0.6 if alike else 1.2
        for x, y in curves:
            axes.plot(x, y, linewidth=width, alpha=width / 1.2, **style)
        longest = max(curves, key=lambda curve: curve[0][-1])[1]
        shown += [y for _, y in curves]
        if alike:
            longest = np.mean([y for _, y in curves], axis=0)
            _curve(axes, histories[0], longest, linewidth=2, **style)
        ends.append((longest, label, color))
    return _finished(axes, title, _cost(*histories), [h.loss for h in histories], shown, ends)


def layer_health_plot(health: LayerHealth, title: str = "") -> Figure:
    """Sizes of gradients and activations by layer, and dead ReLU units, over the training.

    Sizes are on a logarithmic axis, where a size of 0 has no place and leaves a gap.
    """
    if not health.records:
        fix = "Pass it to train: callbacks=[health]."
        raise InputError("layer_health_plot", "at least one record", "none", fix)
    iteration = [record.iteration for record in health.records]
    dead = np.array([record.dead for record in health.records])
    n = 2 if np.isnan(dead).all() else 3
    figure, panels = plots.panels(n, 1, (6.4, 2.1), title, extra=(0.0, 0.9), sharex=True)
    named = (("gradients", "size of dJ/dW (rms)"), ("activations", "size of A (rms)"))
    for axes, (name, label) in zip(panels, named, strict=False):
        sizes = np.array([getattr(record, name) for record in health.records])
        values = np.where(np.isfinite(sizes) & (sizes > 0), sizes, np.nan)
        if np.isnan(values).all():
            axes.text(0.5, 0.5, "0 in all layers", transform=axes.transAxes, ha="center")
            _by_layer(axes, iteration, values, ylabel=label, yticks=[])
        else:
            _by_layer(axes, iteration, values, ylabel=label, yscale="log")
    if n == 3:
        _by_layer(panels[2], iteration, 100 * dead, ylabel="dead ReLUs (%)", ylim=(-3, 103))
    panels[-1].set(xlabel="iteration")
    return figure


def _by_layer(axes: Axes, iteration: Sequence[int], values: Array, **properties: Any) -> None:
    """A curve of each layer; of more than six that many in color, from the first to the last."""
    n, ends = values.shape[1], []
    every = max(1, len(iteration) // 8)
    named = np.unique(np.linspace(0, n - 1, min(n, IN_COLOR)).round()).astype(int).tolist()
    for layer, column in enumerate(values.T):
        if layer not in named:
            axes.plot(iteration, column, **OTHERS)
            continue
        look = plots.look(named.index(layer))
        axes.plot(iteration, column, markevery=every, markersize=4, **look)
        ends.append((column, f"layer {layer + 1}", look["color"]))
    plots.finished(axes, "", **properties)
    name_at_ends(axes, ends)


def left_out_plot(
    trained_on: Array, left_out: Array, axes: Axes | None = None, title: str = ""
) -> Figure:
    """Each example's probability of its own class: trained on, and left out. (m,) each.

    On the diagonal an example does not need itself; far below it is learned by heart.
    """
    axes, both = plots.axes_or_new(axes, size=(5.0, 5.0)), np.stack([trained_on, left_out])
    axes.plot([0, 1], [0, 1], color=MISSING, linewidth=1, linestyle=":")
    axes.axhline(0.5, color=MISSING, linewidth=1)
    words = "probability of its class, {}".format
    figure = plots.finished(axes, title, xlabel=words("trained on"), ylabel=words("left out"))
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    for chosen, mark, color, size, side, height, how in (
        (left_out > 0.5, "o", plots.TRAINING, 4, "above", 0.51, "bottom"),
        (~(left_out > 0.5), "x", plots.VALIDATION, 5, "below", 0.49, "top"),
    ):
        axes.plot(*both[:, chosen], mark, color=color, markersize=size)
        said = f"{chosen.sum()} {side} 0.5 when left out"
        name_at(axes, 0.0, height, said, color, va=how)
    name_diagonal(axes, "not needed", both)
    return figure


def permutation_plot(
    permuted: Array, observed: float, p_value: float, measure: str, title: str = ""
) -> Figure:
    """How often each score was reached with permuted labels (n,), and the observed one."""
    axes = plots.axes_or_new(None, size=(5.0, 3.0))
    known = permuted[np.isfinite(permuted)]
    axes.hist(known, bins=min(30, max(5, len(np.unique(known)))), color=MISSING)
    axes.axvline(observed, color=plots.VALIDATION, linewidth=2)
    figure = plots.finished(axes, title, xlabel=measure, ylabel="permutations")
    axes.set_ylim(top=1.2 * axes.get_ylim()[1])  # room for the words
    left = observed > np.mean(axes.get_xlim())
    words = f" labels as they are: p = {p_value:.3g} "
    how = {"ha": "right" if left else "left", "va": "top"}
    name_at(axes, observed, 0.97 * axes.get_ylim()[1], words, plots.VALIDATION, **how)
    return figure


def _cost(*histories: History) -> str:
    """What an axis of costs is called."""
    return f"cost{' without the penalty' if any(h.penalized for h in histories) else ''}"


def _curve(axes: Axes, history: History, values: Array, **look: Any) -> None:
    """Of few records each is marked."""
    marked = {"marker": "o" if len(history) <= FEW else None} | look
    axes.plot(history.iteration, _finite(values), **marked)


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _finished(
    axes: Axes,
    title: str,
    label: str,
    costs: Sequence[Array],
    held: Sequence[Array],
    ends: Sequence[tuple[Array, object, Any]],
) -> Figure:
    """Costs from 0 to a little above all or, where a spike would flatten that, on a logarithmic
    axis; a curve that ends above HIGHEST is cut off. And the names of curves at their ends.

    costs : on the training set, with the first ones. held : of what was held out, too.
    """
    firsts = [float(cost[0]) for cost in costs if len(cost) and np.isfinite(cost[0])]
    first = max(firsts, default=1.0)
    sound = [c for c in (*costs, *held) if len(c) and np.isfinite(c).all()]
    sound = [c for c in sound if c[-1] <= HIGHEST * first]
    last = max((float(c[-1]) for c in sound), default=first)
    highest = max((float(c.max()) for c in sound), default=first)
    lowest = min((float(c.min()) for c in sound), default=0.0)
    if highest > SPIKE * max(first, last) and lowest > 0:
        axes.set_yscale("log")
        axes.set_ylim(0.8 * lowest, 1.2 * min(highest, 1e3 * first))
    else:
        axes.set_ylim(0, 1.05 * max(highest, first) or 1.0)
    figure = plots.finished(axes, title, xlabel="iteration", ylabel=label)
    name_at_ends(axes, ends)
    return figure
