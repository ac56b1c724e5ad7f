"""Pictures to learn from: activation functions with their derivatives, broadcasting, lines to
compare, and matrices with their numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network.activations import ACTIVATIONS
from chainrule.show import plots
from chainrule.show.names_in_plots import name_at_ends, name_clouds

Array = np.ndarray
COURSE = ("sigmoid", "tanh", "relu", "leaky_relu")
ELEMENTWISE = tuple(name for name in ACTIVATIONS if name != "softmax")
JUMP = 0.9  # between neighbors 0.01 apart: no slope but that of a kink changes so fast
OPERATIONS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
LARGEST = 8  # boxes a side: more cannot be read
OWN, RESULT = "#56B4E9", "#F5D9A6"
FEW = 20  # places of a line, up to which each has a marker
BRIGHT = 0.3  # share of the largest size from which on a number is written in black
# Edge, line and text of a box; of those that are read again the face before these.
SOLID, DASHED = ("black", "solid", "black"), ("white", "#777777", "--", "#555555")


def activations_plot(names: Sequence[str] = COURSE, title: str = "") -> Figure:
    """Each activation function g(z) and, dashed, its derivative g'(z), over z in [-4, 4].

    names : of those that act on each number alone; softmax, which does not, has no such picture.
    """
    for name in names:
        checks.one_of("activations_plot", "each name", name, ELEMENTWISE)
    checks.whole_number("activations_plot", "the number of names", len(names), least=1)
    figure, panels = plots.grid_of_axes(1, len(names), (2.7 * len(names) + 0.3, 3.2), title)
    z = np.linspace(-4, 4, 801)
    for axes, name in zip(panels[0], names, strict=True):
        g = ACTIVATIONS[name]
        A = g(z)
        slope = g.backward(np.ones_like(z), A)
        slope[1:][np.abs(np.diff(slope)) > JUMP] = np.nan
        axes.plot(z, A, color=plots.TRAINING)
        axes.plot(z, slope, color=plots.VALIDATION, linestyle="--")
        plots.finished(axes, name.replace("_", " "), xlabel="z")
        name_at_ends(axes, [(A, "g", plots.TRAINING), (slope, "g'", plots.VALIDATION)])
    return figure


def broadcasting_plot(
    a: Any, b: Any, operation: str = "+", axes: Axes | None = None, title: str = ""
) -> Figure:
    """How NumPy stretches two arrays to one shape: a (3, 1) and a (1, 4) become (3, 4).

    Solid boxes are the array's own numbers; dashed ones are what broadcasting reads again, without
    a copy. a, b : numbers or arrays of at most two axes and 8 numbers a side. A rank-1 array (n,)
    is read as the row (1, n). operation : "+", "-", "*" or "/".

    InputError where the shapes do not fit each other.
    """
    where = "broadcasting_plot"
    checks.one_of(where, "operation", operation, OPERATIONS)
    pair = [checks.reals(where, "arrays of numbers", value) for value in (a, b)]
    shape = _common_shape(where, *pair)
    with np.errstate(all="ignore"):
        result = np.atleast_2d(OPERATIONS[operation](*pair))
    rows, columns = result.shape
    size = 1.6 + 0.52 * (3 * columns + 3), (1.1 if title else 0.6) + 0.52 * rows
    axes = plots.axes_or_new(axes, size)
    left = 0.0
    for part, sign in ((pair[0], SIGNS[operation]), (pair[1], "=")):
        own = np.atleast_2d(part).shape
        _boxes(axes, left, np.broadcast_to(part, result.shape), own, OWN, part.shape)
        axes.text(left + columns + 0.75, rows / 2, sign, ha="center", va="center", fontsize=16)
        left += columns + 1.5
    _boxes(axes, left, result, result.shape, RESULT, shape)
    axes.set(xlim=(-0.1, left + columns + 0.1), ylim=(rows + 0.8, -0.1), aspect="equal")
    axes.set_axis_off()
    figure = plots.finished(axes, title)
    axes.margins(0)
    return figure


def sums_plot(A: Any, axes: Axes | None = None, title: str = "") -> Figure:
    """A matrix and, at the ends of arrows, its sums along each axis, as columns and rows.

    A : of two axes and at most 8 numbers a side.
    """
    A = checks.reals("sums_plot", "numbers", A)
    if A.ndim != 2 or not all(1 <= n <= LARGEST for n in A.shape):
        expected = f"two axes of 1 to {LARGEST} numbers"
        raise InputError("sums_plot", expected, f"shape {A.shape}")
    rows, columns = A.shape
    axes = plots.axes_or_new(axes, (1.6 + 0.6 * (columns + 4), 1.2 + 0.52 * (rows + 3)))
    down, across = A.sum(axis=0, keepdims=True), A.sum(axis=1, keepdims=True)
    _boxes(axes, 0, A, A.shape, OWN, "")
    _boxes(axes, 0, down, down.shape, RESULT, f"axis=0: {down.shape}", top=rows + 1.4)
    _boxes(axes, columns + 1.8, across, across.shape, RESULT, f"axis=1: {across.shape}")
    arrow = {"arrowstyle": "->"}
    for k in range(columns):
        axes.annotate("", (k + 0.5, rows + 1.3), (k + 0.5, rows + 0.1), arrowprops=arrow)
    for k in range(rows):
        axes.annotate("", (columns + 1.7, k + 0.5), (columns + 0.1, k + 0.5), arrowprops=arrow)
    axes.set(xlim=(-0.3, columns + 4), ylim=(rows + 3.2, -0.2), aspect="equal")
    axes.set_axis_off()
    return plots.finished(axes, title, grid=False)


def _common_shape(where: str, a: Array, b: Array) -> tuple[int, ...]:
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        expected = "shapes that are equal, or 1, in each axis counted from the last"
        fix = "Give one of them an axis of length 1: reshape(n, 1) or reshape(1, n)."
        raise InputError(where, expected, f"{a.shape} and {b.shape}", fix) from None
    if len(shape) > 2 or not all(1 <= n <= LARGEST for n in shape):
        expected = f"at most two axes of 1 to {LARGEST} numbers"
        raise InputError(where, expected, f"a result of shape {shape}")
    return shape


def _boxes(
    axes: Axes,
    left: float,
    values: Array,
    own: tuple[int, ...],
    color: str,
    shape: Any,
    top: float = 0.0,
) -> None:
    """A box for each of `values`, from x = `left` and y = `top` on; those beyond the array's own
    are dashed. shape : stands below."""
    for (i, j), value in np.ndenumerate(values):
        mine = i < own[0] and j < own[1]
        face, edge, line, shade = (color, *SOLID) if mine else DASHED
        # The solid edges lie over the dashed ones of their neighbors.
        lines = {"edgecolor": edge, "linestyle": line, "zorder": 2 + mine}
        axes.add_patch(Rectangle((left + j, top + i), 1, 1, facecolor=face, **lines))
        x, y = left + j + 0.5, top + i + 0.5
        plots.in_cell(axes, x, y, f"{value:.3g}", shade, fontsize=9, zorder=4)
    middle = left + values.shape[1] / 2
    axes.text(middle, top + values.shape[0] + 0.25, f"{shape}", ha="center", va="top", fontsize=10)


def lines_plot(
    x: Sequence[Any],
    lines: Mapping[str, Any],
    axes: Axes | None = None,
    title: str = "",
    *,
    log: str = "",
    dots: bool = False,
    **properties: Any,
) -> Figure:
    """Numbers over x, a line for each name, told apart in gray, too.

    x : numbers; or words, which stand at equal distances. lines : {name: a number for each of x}.
    log : "x", "y" or "xy". dots : draw points alone, for x in any order. properties : of
    matplotlib's `Axes.set`, such as xlabel.
    """
    checks.one_of("lines_plot", "log", log, ("", "x", "y", "xy"))
    axes = plots.axes_or_new(axes, (6.8, 3.6))
    words, ends = any(isinstance(place, str) for place in x), []
    places = np.arange(len(x)) if words else np.asarray(x)
    for k, (name, y) in enumerate(lines.items()):
        look = plots.look(k) | {"color": plots.COLORS[(k + 1) % len(plots.COLORS)]}
        if dots:
            look |= {"linestyle": "", "alpha": 0.6, "markeredgewidth": 0}
        elif len(places) > FEW:
            look["marker"] = ""
        axes.plot(places, y, markersize=4, **look)
        y = np.asarray(y, np.float64)
        ends.append((np.stack([places, y]) if dots else y, name, look["color"]))
    if words:
        axes.set_xticks(places, [plots.literal(place) for place in x])
    axes.set(**{f"{axis}scale": "log" for axis in log})
    figure = plots.finished(axes, title, **properties)
    if len(lines) > 1:
        (name_clouds if dots else name_at_ends)(axes, ends)
    return figure


def matrices_plot(matrices: Mapping[str, Any], title: str = "", digits: int = 2) -> Figure:
    """Matrices side by side, each number in its place: yellow above 0, blue below.

    matrices : arrays of two axes by name, which stands above with the shape.
    """
    arrays = {}
    for name, given in matrices.items():
        arrays[name] = values = checks.reals("matrices_plot", f"numbers in {name}", given)
        if values.ndim != 2 or not values.size:
            raise InputError("matrices_plot", f"{name} of two axes", f"shape {values.shape}")
    wide = [max(values.shape[1], 2) for values in arrays.values()]
    high = max(values.shape[0] for values in arrays.values())
    inches = 0.55 * sum(wide) + 1, 0.5 * high + 1.3
    figure, panels = plots.grid_of_axes(1, len(arrays), inches, title, width_ratios=wide)
    for axes, (name, values) in zip(panels[0], arrays.items(), strict=True):
        size = np.abs(values).max() or 1.0
        axes.imshow(values, cmap="cividis", vmin=-size, vmax=size)
        for (i, j), value in np.ndenumerate(values):
            color = "black" if value > BRIGHT * size else "white"
            plots.in_cell(axes, j, i, f"{value:.{digits}f}", color, fontsize=7)
        plots.finished(axes, f"{name}\n{values.shape}", grid=False, xticks=[], yticks=[])
    return figure
