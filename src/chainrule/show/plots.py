"""Pictures of numbers. Each function returns a matplotlib figure, or draws on the axes given."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.training import History
from chainrule.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart by color-blind readers; line styles tell them apart in gray.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
# All of them from dark to light, with line styles and markers for gray.
COLORS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":")
CHANCE = "#777777"  # what guessing reaches, and other lines to compare with
MARKERS = ("o", "^", "s", "D", "v", "P", "X")


def learning_curve(history: History, axes: "Axes | None" = None, title: str = "") -> "Figure":
    """Cost against iterations, of the training set and, dashed, of the validation set.

    history : of one run. axes : to draw on; a new figure by default.
    """
    axes = axes_or_new(axes)
    axes.plot(history.iteration, history.cost, color=TRAINING, label="training")
    if history.validation_cost is not None:
        axes.plot(
            history.iteration,
            history.validation_cost,
            color=VALIDATION,
            linestyle="--",
            label="validation",
        )
        axes.legend(frameon=False)
    axes.set(xlabel="iteration", ylabel="cost")
    axes.set_ylim(bottom=0)
    return finished(axes, title)


def axes_or_new(axes: "Axes | None", size: tuple[float, float] = (6.4, 4.0)) -> "Axes":
    """The axes given, or those of a new figure of `size` inches."""
    # The figure class alone: pyplot would look for a screen and keep the figure alive.
    from chainrule.show.figure import Figure

    return axes or Figure(figsize=size, layout="constrained").subplots()


def grid_of_axes(
    rows: int, columns: int, size: tuple[float, float], title: str, **shared: Any
) -> "tuple[Figure, np.ndarray]":
    """A new figure of `size` inches below its title, and its axes (rows, columns).

    shared : of matplotlib's `subplots`.
    """
    from chainrule.show.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    # Titles hold file names: a $ in them is no formula.
    figure.suptitle(checks.printable(title), parse_math=False)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def look(k: int) -> dict[str, Any]:
    """Color, line and marker of the k-th of several curves, told apart in gray, too."""
    return {
        "color": COLORS[k % len(COLORS)],
        "linestyle": STYLES[k % len(STYLES)],
        "marker": MARKERS[k % len(MARKERS)],
    }


def finished(axes: "Axes", title: str) -> "Figure":
    """What all pictures have in common; the figure that the axes belong to."""
    from matplotlib.figure import Figure

    axes.set_title(checks.printable(title), parse_math=False)
    axes.margins(x=0.01)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure = axes.get_figure(root=True)  # not a part of it
    assert isinstance(figure, Figure)
    return figure


def literal(text: object, most: int = 40) -> str:
    """`shortened`, where matplotlib would read a $ as a formula."""
    return shortened(text, most).replace("$", r"\$")
