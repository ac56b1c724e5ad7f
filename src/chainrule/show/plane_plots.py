"""Examples of two features as points, and what hidden units make of their plane."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule import checks
from chainrule.data import Dataset
from chainrule.network import Network
from chainrule.show import plots
from chainrule.show.boundary_plots import name_points, points
from chainrule.show.plane import plane_around

STEPS = 120  # grid points along each side
LEVELS = 21  # steps of color
MOST = 20  # units: more are too small to see


def points_plot(
    data: Dataset, axes: Axes | None = None, title: str = "", size: float = 12
) -> Figure:
    """The examples in their plane, each class in its color and marker, and its name by them.

    data : of two features.
    """
    n_x = data.features.shape[0]
    checks.whole_number("points_plot", "the number of features", n_x, least=2, most=2)
    axes = plots.axes_or_new(axes, (4.0, 3.6))
    figure = points(axes, data, title, size, linewidths=0)
    name_points(axes, data)
    return figure


def units_plot(network: Network, data: Dataset, title: str = "") -> Figure:
    """What each hidden unit computes over the plane, and how the output adds them up.

    Above a_k = g(w_k x + b_k); below z = b + w_1 a_1 + ... + w_k a_k, so that the last panel is the
    network's logit. White lines are where these are 0, or halfway up. network : of two inputs, one
    hidden layer of at most 20 units and one output. data : the examples around which to look.
    """
    where = "units_plot"
    n_x, units, *rest = network.layer_sizes
    checks.whole_number(where, "the number of inputs", n_x, least=2, most=2)
    checks.whole_number(where, "the number of layers", 1 + len(rest), least=2, most=2)
    checks.whole_number(where, "the number of outputs", rest[-1], least=1, most=1)
    checks.whole_number(where, "the number of hidden units", units, least=1, most=MOST)
    sides, places = plane_around(data.features.stored(), STEPS)
    A = network.forward(places).A[0]
    w, b = network.weights[1][0], network.biases[1]
    sums = b + np.cumsum(w[:, None] * A, axis=0)
    height = np.abs(sums).max()
    low, high = (-1.0, 1.0) if network.activations[0] == "tanh" else (A.min(), A.max())
    size = 2.2 * units + 0.8, 4.6
    figure, panels = plots.grid_of_axes(2, units, size, title, sharex=True, sharey=True)
    for k, (above, below) in enumerate(panels.T):
        of_unit = _shade(above, sides, A[k], low, high)
        of_sum = _shade(below, sides, sums[k], -height, height)
        before = "... +" if k else "b +"
        plots.finished(above, f"unit {k + 1}, w{k + 1} = {w[k]:.1f}", grid=False)
        plots.finished(below, f"{before} w{k + 1} a{k + 1}", grid=False, xlabel="x1")
    points_plot(data.select(np.arange(0, len(data), 3)), panels[1, -1], below.get_title(), size=9)
    bars = ((of_unit, low, high, "a"), (of_sum, -height, height, "sum, a logit"))
    for row, (shown, least, most, label) in zip(panels, bars, strict=True):
        row[0].set(ylabel="x2")
        ticks = (least, (least + most) / 2, most)
        figure.colorbar(shown, ax=row, label=label, ticks=ticks, format="%.2g")
    return figure


def _shade(axes: Axes, sides: np.ndarray, values: np.ndarray, low: float, high: float) -> Any:
    """Values over the plane in steps of color, and the line halfway."""
    (x, y), values = sides, values.reshape(STEPS, STEPS)
    levels = np.linspace(low, high, LEVELS) if high > low else low + np.linspace(-1, 1, LEVELS)
    shown = axes.contourf(x, y, values, levels, cmap="cividis", extend="both")
    middle = (low + high) / 2
    if values.min() < middle < values.max():
        axes.contour(x, y, values, [middle], colors="white", linewidths=1.5)
    return shown
