"""What all pictures have in common: figures and how they are kept, axes, colors, titles.

matplotlib is imported with this module, which only those import that draw. Each function that
draws returns a figure, a new one or that of the axes given.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure as _Figure
from matplotlib.text import Text

from chainrule import checks
from chainrule.files import atomic
from chainrule.wording import shortened

AnyFigure = _Figure  # of whoever made it
# Okabe & Ito (2008): told apart by color-blind readers; line styles tell them apart in gray.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
# All of them from dark to light, with line styles and markers for gray.
COLORS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":")
CHANCE = "#777777"  # what guessing reaches, and other lines to compare with
MISSING = "#999999"
IN_COLOR = 6  # curves in color, each with its name; others are gray
OTHERS: dict[str, Any] = {"color": MISSING, "linewidth": 0.5, "zorder": 1}
MARKERS = ("o", "^", "s", "D", "v", "P", "X")


class Figure(AnyFigure):
    """A matplotlib figure like any other that also shows itself in a notebook.

    Of figures that pyplot did not make, Jupyter would show nothing but their size.
    """

    def _repr_png_(self) -> bytes:
        return as_bytes(self)


def save_figure(figure: AnyFigure, path: str | Path, dpi: int = 144) -> None:
    """Write the figure, atomically, as a JPEG file if its name says so, else as PNG.

    InputError where that cannot be.
    """
    kind = "jpeg" if Path(path).suffix.lower() in (".jpg", ".jpeg") else "png"
    atomic.write_bytes(path, as_bytes(figure, dpi, kind))


def as_bytes(figure: AnyFigure, dpi: int = 80, kind: str = "png") -> bytes:
    """The content of such a file, "png" or "jpeg".

    Names from data are no TeX, and a program for it need not be there, whatever matplotlibrc says.
    """
    out = io.BytesIO()
    if rcParams["text.usetex"]:  # looking for all texts takes a third of drawing them
        for text in figure.findobj(Text):
            text.set_usetex(False)
    with rc_context({"text.usetex": False}), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; that is no one's mistake.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Font .* does not have a glyph")
        figure.savefig(out, dpi=dpi, format=kind)
    return out.getvalue()


def axes_or_new(axes: Axes | None, size: tuple[float, float] = (6.4, 4.0)) -> Axes:
    """The axes given, or those of a new figure of `size` inches."""
    # The figure class alone: pyplot would look for a screen and keep the figure alive.
    return axes or Figure(figsize=size, layout="constrained").subplots()


def grid_of_axes(
    rows: int, columns: int, size: tuple[float, float], title: str, **shared: Any
) -> tuple[AnyFigure, np.ndarray]:
    """A new figure of `size` inches below its title, and its axes (rows, columns).

    shared : of matplotlib's `subplots`.
    """
    figure = Figure(figsize=size, layout="constrained")
    # Titles hold file names: a $ in them is no formula.
    figure.suptitle(checks.printable(title), parse_math=False)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def panels(
    n: int,
    columns: int,
    size: tuple[float, float],
    title: str,
    *,
    extra: tuple[float, float] = (0.8, 0.5),
    least: float = 4.6,
    **shared: Any,
) -> tuple[AnyFigure, np.ndarray]:
    """A new figure of n panels of `size` inches each, in rows of `columns`, and their axes (n,).

    extra : inches beside and above all. least : inches of its width, of which a title takes some.
    shared : of matplotlib's `subplots`.
    """
    rows = -(-n // columns)
    whole = max(size[0] * columns + extra[0], least), size[1] * rows + extra[1]
    figure, grid = grid_of_axes(rows, columns, whole, title, **shared)
    for axes in grid.flat[n:]:
        axes.set_axis_off()
    return figure, grid.ravel()[:n]


def side_by_side(
    *drawings: Callable[..., Any], size: tuple[float, float] = (4.6, 3.6), title: str = ""
) -> AnyFigure:
    """Several pictures in one figure, from left to right, each of `size` inches.

    drawings : each takes `axes`, as partial(boundary_plot, model, data) does.
    """
    figure, panels = grid_of_axes(1, len(drawings), (size[0] * len(drawings), size[1]), title)
    for draw, axes in zip(drawings, panels[0], strict=True):
        draw(axes=axes)
    return figure


def finished(axes: Axes, title: str, *, grid: bool = True, **properties: Any) -> AnyFigure:
    """What all pictures have in common; the figure that the axes belong to.

    properties : of matplotlib's `Axes.set`, such as xlabel.
    """
    axes.set_title(checks.printable(title), parse_math=False)
    axes.margins(x=0.01)
    axes.grid(alpha=0.25)
    axes.grid(visible=grid)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(**properties)
    figure = axes.get_figure(root=True)  # not a part of it
    assert isinstance(figure, AnyFigure)
    return figure


def in_cell(axes: Axes, x: float, y: float, text: str, color: str, **how: Any) -> None:
    """A text in the middle of a place. how : of matplotlib's `Axes.text`."""
    axes.text(x, y, text, ha="center", va="center", color=color, **how)


def look(k: int) -> dict[str, Any]:
    """Color, line and marker of the k-th of several curves, told apart in gray, too."""
    return {
        "color": COLORS[k % len(COLORS)],
        "linestyle": STYLES[k % len(STYLES)],
        "marker": MARKERS[k % len(MARKERS)],
    }


def literal(text: object, most: int = 40) -> str:
    """`shortened`, where matplotlib would read a $ as a formula."""
    return shortened(text, most).replace("$", r"\$")


def literals(names: Sequence[str], most: int) -> list[str]:
    """Each `literal`, longer by as much as it takes to tell them apart."""
    for length in range(most, max(map(len, names))):
        if len(set(shown := [literal(name, length) for name in names])) == len(names):
            return shown
    return [literal(name, max(map(len, names))) for name in names]
