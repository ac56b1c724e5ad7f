"""Where a model of two features changes its mind: its decision boundary in the plane, at the end
of a training and on the way."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from chainrule import checks
from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.model.model_file import Model, decided
from chainrule.network import Network
from chainrule.show import plots
from chainrule.show.names_in_plots import name_clouds
from chainrule.show.plane import plane_around
from chainrule.training import Callback, Session
from chainrule.wording import counted

Array = np.ndarray
# Okabe & Ito's colors of classes 0, 1, 2, ...; after the seventh they come again.
POINTS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LIGHT_BLUE = "#74BCE8"
# One lightness for each probability, and points stand out on all.
SHADES = LinearSegmentedColormap.from_list("probability", ["white", LIGHT_BLUE])
STEPS = 200  # grid points along each side: the picture is no sharper with more
COLUMNS = 4


class NetworkFrames(Callback):
    """Keeps a copy of the network as it is after each of the given numbers of updates.

    frames : {updates done: network}, in the order of training, filled as it goes; fewer than asked
    for where training ends early.

    Each costs the memory of all weights and, in the dual form, one product to form W[1].
    """

    def __init__(self, iterations: Iterable[int]) -> None:
        what = "NetworkFrames", "each iteration"
        self._wanted = {checks.whole_number(*what, n) for n in iterations}
        self.frames: dict[int, Network] = {}

    def on_start(self, session: Session) -> None:
        self.on_step(session)

    def on_step(self, session: Session) -> None:
        if session.iteration in self._wanted:
            self.frames[session.iteration] = session.network()


def boundary_plot(model: Model, data: Dataset, axes: Axes | None = None, title: str = "") -> Figure:
    """The model's answers over the plane, and the examples.

    Two classes: shaded by the probability of the second, with the line at the threshold. Several:
    each region in its class's color, the paler the less sure. Mistakes are ringed. data : of two
    features; the axes are in their own, unscaled units.
    """
    axes = plots.axes_or_new(axes, size=(6.0, 4.8))
    shading, figure = _panel("boundary_plot", axes, model, data, title)
    data = model.prepare(data)
    wrong = decided(model.predict_proba(data), model.threshold) != data.labels
    if wrong.any():
        axes.plot(*data.features.stored(wrong), "o", markersize=9, fillstyle="none", color="k")
        axes.set_xlabel(f"{axes.get_xlabel()}\nringed: {counted(int(wrong.sum()), 'mistake')}")
    if shading is not None:
        bar = axes.figure.colorbar(shading, ax=axes, ticks=np.linspace(0, 1, 6))
        bar.set_label(f"probability of {plots.literal(model.classes[1])}")
    name_points(axes, data)
    return figure


def boundaries_over_time(
    frames: Mapping[int, Network] | Mapping[str, Network], data: Dataset, title: str = ""
) -> Figure:
    """`boundary_plot`'s panel for each network of one training, side by side, four in a row.

    frames : {updates done: network}, as `NetworkFrames` keeps them; or {name: network}, to compare
    other networks. data : that they were trained on, or other data of the same scaling.
    """
    where = "boundaries_over_time"
    if not frames:
        raise InputError(where, "at least one network", "none", "Ask NetworkFrames for iterations.")
    how: dict[str, Any] = {"extra": (0.6, 0.8), "least": 0.0, "sharex": True, "sharey": True}
    columns = min(len(frames), COLUMNS)
    figure, panels = plots.panels(len(frames), columns, (2.3, 2.4), title, **how)
    for axes, (name, network) in zip(panels, frames.items(), strict=True):
        named = name if isinstance(name, str) else f"iteration {name}"
        _panel(where, axes, Model.of(network, data), data, named, size=9, edge=0.2)
        axes.label_outer()
    name_points(panels[0], Model.of(network, data).prepare(data))
    return figure


def name_points(axes: Axes, data: Dataset) -> None:
    """The name of each class of the points on these axes, by its cloud."""
    clouds = [
        (data.features.stored(data.labels == k), name, POINTS[k % len(POINTS)])
        for k, name in enumerate(data.classes)
    ]
    name_clouds(axes, clouds)


def _panel(
    where: str,
    axes: Axes,
    model: Model,
    data: Dataset,
    title: str,
    size: float = 16,
    edge: float = 0.4,
) -> tuple[Any, Figure]:
    """The shaded plane with the examples; the shading of the probability, if there are two
    classes, and the figure."""
    n_x, m = data.features.shape
    if n_x != 2 or m == 0:
        raise InputError(where, "examples of two features", f"{m} of {n_x} features")
    data = model.prepare(data)
    shading = _shade(axes, model, data)
    return shading, points(axes, data, title, size, edgecolors="white", linewidths=edge)


def points(axes: Axes, data: Dataset, title: str, size: float, **look: Any) -> Figure:
    """The examples, each class in its color and marker. look : of matplotlib's `Axes.scatter`."""
    for k in range(len(data.classes)):
        color, marker = (kinds[k % len(kinds)] for kinds in (POINTS, plots.MARKERS))
        x, y = data.features.stored(data.labels == k)
        axes.scatter(x, y, size, color=color, marker=marker, **look)
    first, second = map(plots.literal, data.feature_names or ("x1", "x2"))
    return plots.finished(axes, title, grid=False, xlabel=first, ylabel=second)


def _shade(axes: Axes, model: Model, data: Dataset) -> Any:
    """Color the plane; returns the shading of the probability, if there are two classes."""
    (x, y), places = plane_around(data.features.stored(), STEPS)
    P = model.predict_proba(places).reshape(-1, STEPS, STEPS)
    extent = (x[0], x[-1], y[0], y[-1])
    place: dict[str, Any] = {"extent": extent, "origin": "lower", "aspect": "auto"}
    if len(P) > 2:
        sure = (P.max(axis=0) - 1 / len(P)) / (1 - 1 / len(P))
        axes.imshow(_tints(P.argmax(axis=0), sure), **place)
        for k in range(len(P)):
            lead = P[k] - np.delete(P, k, axis=0).max(axis=0)
            if lead.min() < 0 < lead.max():
                axes.contour(x, y, lead, [0], colors="k", linewidths=1)
        return None
    shading = axes.imshow(P[1], cmap=SHADES, vmin=0, vmax=1, **place)
    if P[1].min() < model.threshold < P[1].max():
        axes.contour(x, y, P[1], [model.threshold], colors="k", linewidths=1.5)
    return shading


def _tints(winner: Array, sure: Array) -> Array:
    """Colors (..., 3) in [0, 1]: the winner's, mixed with white, at most 60 % of it."""
    colors = np.array([to_rgb(POINTS[k % len(POINTS)]) for k in range(winner.max() + 1)])
    share = 0.15 + 0.45 * sure[..., None]
    return share * colors[winner] + (1 - share)
