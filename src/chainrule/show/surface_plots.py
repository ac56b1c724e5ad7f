"""Pictures of the cost over two parameters, with the way that gradient descent takes over it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.network import Network
from chainrule.show.cost_surface import (
    CostSurface,
    cost_surface,
    one_parameter,
    path_in_plane,
    steepest_chord,
)
from chainrule.show.network_frames import NetworkFrames
from chainrule.show.plots import VALIDATION, axes_or_new, finished, literal
from chainrule.training import train

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray
LEVELS = 14  # contours
# One feature and its label: a broad step up, and one example on the wrong side of it.
FEATURE = np.array([[-3.0, -2.2, -1.6, -0.7, 0.4, 1.1, 1.9, 4.0]])
LABELS = np.array([[0, 0, 0, 1, 0, 1, 1, 1]])
START = (-5.0, 4.0)  # w and b, sure of the wrong answers, as random starting weights may be
SPAN, GRID = 8.0, 49  # w and b run over [-SPAN, SPAN] in GRID steps


def surface_plot(
    surface: CostSurface,
    path: Array | None = None,
    axes: "Axes | None" = None,
    title: str = "",
    names: tuple[str, str] = ("s", "t"),
    unit: str = "cost",
) -> "Figure":
    """Contours of the cost, light where it is low, and a path over them.

    path : (T, 2) the places (s, t) in order; a circle marks the start, a star the end.
    unit : of the cost, beside the color bar.
    """
    axes = axes_or_new(axes, size=(5.4, 4.4))
    filled = axes.contourf(surface.s, surface.t, surface.J, LEVELS, cmap="Blues")
    axes.contour(surface.s, surface.t, surface.J, LEVELS, colors="k", linewidths=0.4, alpha=0.6)
    axes.figure.colorbar(filled, ax=axes).set_label(literal(unit))
    if path is not None:
        axes.plot(*np.transpose(path), color=VALIDATION, linewidth=2, label="descent")
        axes.plot(*path[0], "o", color=VALIDATION, markeredgecolor="white", markersize=8)
        axes.plot(*path[-1], "*", color=VALIDATION, markeredgecolor="white", markersize=14)
    axes.locator_params(nbins=6)
    axes.set(xlabel=literal(names[0]), ylabel=literal(names[1]))
    figure = finished(axes, title)
    axes.set(xlim=surface.s[[0, -1]], ylim=surface.t[[0, -1]])
    return figure


def convexity_plot(
    X: Array = FEATURE,
    Y: Array = LABELS,
    learning_rate: float = 1.0,
    iterations: int = 200,
    title: str = "",
) -> "Figure":
    """Why logistic regression has the cost it has: two costs of one sigmoid unit, side by side.

        a = sigmoid(w x + b),    J = 1/m sum_i 1/2 (a_i - y_i)^2    or    the cross-entropy

    Above each cost over w and b as a landscape, below from above, with the same number of steps of
    gradient descent from the same start. Squared error is not convex: the dotted line shows two
    points between which the cost is higher than the mean of theirs. Cross-entropy is convex; its
    second derivative, 1/m X A (1 - A) X^T, has no negative eigenvalue (course 1, week 2).

    X : (1, m) a single feature. Y : (1, m) of 0 and 1.
    """
    from chainrule.show.figure import Figure

    X = checks.matrix("convexity_plot", "X", X)
    checks.features("convexity_plot", X.shape, 1)
    figure = Figure(figsize=(9.6, 8.2), layout="constrained")
    grid = np.linspace(-SPAN, SPAN, GRID)
    for k, (loss, unit) in enumerate(
        (("squared_error", "squared error / 2"), ("binary_cross_entropy", "cross-entropy (nats)"))
    ):
        origin, start = (_unit(w, b, loss) for w, b in ((0.0, 0.0), START))
        plane = (one_parameter(origin, "W1"), one_parameter(origin, "b1"))
        surface = cost_surface(origin, (X, Y), plane, grid, grid)
        frames = NetworkFrames(range(iterations + 1))
        train(start, (X, Y), learning_rate=learning_rate, iterations=iterations, callbacks=[frames])
        path = path_in_plane(origin, frames.frames.values(), plane)
        _landscape(figure.add_subplot(2, 2, 1 + k, projection="3d"), surface, unit)
        below = figure.add_subplot(2, 2, 3 + k)
        chord = steepest_chord(surface)
        shape = "convex" if chord is None else "not convex"
        surface_plot(surface, path, below, f"{shape}; {iterations} steps", ("w", "b"), unit)
        if chord is not None:
            ends = np.transpose([chord.start, chord.end])
            below.plot(*ends, "k:", linewidth=2)
            below.plot(*ends, "ks", markersize=5)
            below.plot(*ends.mean(axis=1), "kD", markersize=6, markerfacecolor="white")
    figure.suptitle(title, parse_math=False)
    return figure


def _unit(w: float, b: float, loss: str) -> Network:
    return Network((np.array([[w]]),), (np.array([[b]]),), ("sigmoid",), loss)


def _landscape(axes: Any, surface: CostSurface, unit: str) -> None:
    s, t = np.meshgrid(surface.s, surface.t)
    axes.plot_surface(s, t, surface.J, cmap="Blues", edgecolor="#00000055", linewidth=0.2)
    axes.set(xlabel="w", ylabel="b", zlabel="J", title=unit)
    axes.view_init(elev=35, azim=-60)
