"""Names beside what they name, in its color, in the place of a legend: at the ends of curves, by
clouds of points, at the ends of leaders, along a diagonal.

All take axes that have their limits already, and texts as they come from data.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke

from chainrule.show.plots import CHANCE, literal
from chainrule.wording import shortened

Array = np.ndarray
NAME = 9  # points high
LINE = 1.3 * NAME  # points from one line of text to the next
LETTER = 0.6 * NAME  # points wide, in the mean
HALO = (withStroke(linewidth=3, foreground="white"),)  # letters stand out on points and lines
PLACES = 30  # that are tried for a name, along each side
FOREIGN = 20  # covered or nearest points of another class weigh so many times an own one's
LIGHT, DARKER = 0.45, 0.7  # a color of more luma is hard to read on white: so much of it is not


def name_at(axes: Axes, x: float, y: float, name: object, color: Any, **how: Any) -> None:
    """A name at a place in the data's coordinates. how : of matplotlib's `Axes.text`."""
    style: dict[str, Any] = {"fontsize": NAME, "path_effects": HALO, "zorder": 5, **how}
    axes.text(x, y, literal(name, 60), color=readable(color), **style)


def name_at_ends(axes: Axes, ends: Sequence[tuple[Array, object, Any]]) -> None:
    """The names of curves beside their right ends, none over another.

    ends : of each its values, its name and its color.
    """
    found = []
    for values, name, color in ends:
        known = values[np.isfinite(values)]
        if known.size:
            _, y = _in_axes(axes, np.array([[axes.get_xlim()[0]], [known[-1]]]))[:, 0]
            found.append((min(1.0, max(0.0, float(y))), shortened(name, 34), color))
    found.sort(key=lambda one: one[0])
    for place, (y, name, color) in zip(_apart(axes, [y for y, *_ in found]), found, strict=True):
        _led(axes, name, color, (1.0, y), (1.03, place), "axes fraction")


def name_from_corner(
    axes: Axes, curves: Sequence[tuple[Array, object, Any]], *, left: bool
) -> None:
    """The names of curves around a lower corner of the axes, one above the other there, each at the
    end of a line that leads to a place of its own on its curve; of one curve beside it.

    curves : of each its points (2, m), none where it is not drawn, its name and its color, the
        lowest name first. left : which corner.
    """
    texts = [shortened(name, 50) for _, name, _ in curves]
    wide = max(map(len, texts), default=0) * LETTER / _points(axes)[0]
    x = 0.03 if left else max(0.03, 0.97 - wide)
    places = _apart(axes, [0.06] * len(curves))
    angles = np.linspace(0.35, 1.2, len(curves)) if len(curves) > 1 else [np.pi / 4]
    for place, angle, (xy, _, color), text in zip(places, angles, curves, texts, strict=True):
        off, up = _in_axes(axes, xy) if xy.size else xy
        angles_of = np.arctan2(up, off if left else 1 - off)
        point = xy[:, np.argmin(np.abs(angles_of - angle))] if xy.size else None
        if len(curves) == 1 and point is not None:
            beside = {"ha": "right" if left else "left", "va": "top"}
            x, y = point + ((-0.03, -0.03) if left else (0.03, -0.03))
            name_at(axes, x, y, text, color, **beside)
        else:
            _led(axes, text, color, point, (x, place), "data", side=float(left))


def name_clouds(axes: Axes, clouds: Sequence[tuple[Array, object, Any]]) -> None:
    """The names of classes, each where few points are covered, and those that are near are of the
    class; none over another.

    clouds : of each class its points (2, m), its name and its color. One without points has none.
    """
    size = np.array(_points(axes))[:, None]
    shown = [
        (_in_axes(axes, cloud) * size, shortened(name, 24), color)
        for cloud, name, color in clouds
        if cloud.shape[1]
    ]
    taken: list[tuple[Array, Array]] = []
    for k, (own, name, color) in enumerate(shown):
        half = np.array([[0.5 * LETTER * len(name) + 1], [0.5 * LINE]])
        others = (points for j, (points, *_) in enumerate(shown) if j != k)
        rest = np.concatenate([np.zeros((2, 0)), *others], axis=1)
        center = _freest(own, rest, size, half, taken)
        taken.append((center, half))
        middle: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
        x, y = (center / size)[:, 0]
        name_at(axes, x, y, name, color, weight="bold", **middle)


def name_diagonal(axes: Axes, words: str, points: Array) -> None:
    """Words beside the diagonal y = x, where the most room is between the points (2, m)."""
    size = np.array(_points(axes))[:, None]
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    ends = np.array([limits[:, 0].max(), limits[:, 1].min()])
    first, last = (_in_axes(axes, np.stack([ends, ends])) * size).T
    length = float(np.hypot(*(last - first)))
    along = (last - first) / length
    across = np.array([along[1], -along[0]])  # to below
    points = (_in_axes(axes, points) * size).T - first
    half, off = 0.5 * LETTER * len(words) + NAME, 0.7 * LINE
    centers = np.linspace(half, max(half, length - half), PLACES)
    tried = []
    for side in (off, -off):
        near = (points @ along)[np.abs(points @ across - side) < off]
        free = np.abs(centers[:, None] - near).min(axis=1, initial=length)
        k = int(np.argmax(np.minimum(free, half)))
        tried.append((min(float(free[k]), half), side, centers[k]))
    _, side, center = max(tried, key=lambda one: one[0])
    x, y = (first + center * along + side * across) / size[:, 0]
    how: dict[str, Any] = {"rotation": np.degrees(np.arctan2(along[1], along[0]))}
    how |= {"transform": axes.transAxes, "va": "center", "ha": "center"}
    name_at(axes, x, y, words, CHANCE, **how)


def _led(
    axes: Axes,
    name: str,
    color: Any,
    point: Any,
    place: tuple[float, float],
    of: str,
    side: float = 0.0,
) -> None:
    """A name at a place in the axes, with a line to the point in the coordinates `of`, if any.
    side : of the name at which the line begins, 0 left and 1 right."""
    if point is None:
        name_at(axes, *place, name, color, va="center", transform=axes.transAxes)
        return
    line = {"arrowstyle": "-", "color": color, "linewidth": 0.6, "relpos": (side, 0.5)}
    where: dict[str, Any] = {"xycoords": of, "textcoords": "axes fraction", "va": "center"}
    style: dict[str, Any] = {"color": readable(color), "fontsize": NAME, "path_effects": HALO}
    axes.annotate(literal(name, 60), point, place, arrowprops=line, **where, **style)


def _points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes, in points."""
    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    return axes.bbox.width * 72 / dpi, axes.bbox.height * 72 / dpi


def _in_axes(axes: Axes, xy: Array) -> Array:
    """Points (2, m) in data's coordinates as fractions of the axes."""
    axes.get_xlim(), axes.get_ylim()  # brings the transform up to date
    return (axes.transData - axes.transAxes).transform(xy.T).T


def _apart(axes: Axes, wanted: Sequence[float]) -> list[float]:
    """Heights as near to those wanted, which ascend, as lines of text can stand."""
    apart, least = LINE / _points(axes)[1], 0.0
    places = []
    for y in wanted:
        places.append(max(y, least))
        least = places[-1] + apart
    above = 1.0  # the highest must not stand above the axes
    for k in reversed(range(len(places))):
        places[k] = min(places[k], above)
        above = places[k] - apart
    return places


def _freest(
    own: Array, rest: Array, size: Array, half: Array, taken: Sequence[tuple[Array, Array]]
) -> Array:
    """The center (2, 1) of a box of `half` its size that covers few of the points, has own ones
    around it, and lies over no box taken; in points from the lower left corner."""
    sides = np.linspace(half + 2, np.maximum(half + 2, size - half - 2), PLACES, axis=1)[..., 0]
    centers = np.stack(np.meshgrid(*sides)).reshape(2, -1)
    reach = half + NAME

    def inside(points: Array, within: Array) -> Array:
        off = np.abs(points[:, None, :] - centers[:, :, None])
        return (off < within[..., None]).all(axis=0).sum(axis=1)

    own, rest = (points[:, :: -(-points.shape[1] // 300) or 1] for points in (own, rest))
    cost = inside(own, half) + FOREIGN * inside(rest, reach).astype(float)
    cost -= 0.5 * np.minimum(inside(own, reach + NAME), 20)
    # Of equal ones the nearest to the middle of its own.
    far = np.hypot(*(centers - np.median(own, axis=1, keepdims=True)))
    cost += far / np.hypot(*size[:, 0]) * 10
    for center, other in taken:
        cost[(np.abs(centers - center) < half + other).all(axis=0)] += 1e6
    return centers[:, [np.argmin(cost)]]


def readable(color: Any) -> Any:
    """The color or, of a light one, a darker one of the same hue."""
    rgb = np.array(to_rgb(color))
    light = float(rgb @ (0.2126, 0.7152, 0.0722))
    return color if light < LIGHT else tuple(rgb * DARKER)
