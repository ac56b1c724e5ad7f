"""Names stand where they name what they should, and none over another."""

import numpy as np
import pytest

from chainrule.show import plots
from chainrule.show.names_in_plots import (
    LETTER,
    LINE,
    name_at_ends,
    name_clouds,
    name_diagonal,
    readable,
)


def boxes(axes):
    """Left, bottom, right, top of each text, in points, as its letters are reckoned."""
    found = []
    for text in axes.texts:
        x, y = text.get_position()
        size = axes.bbox.width * 0.72, axes.bbox.height * 0.72
        half = LETTER * len(text.get_text()) / 2, LINE / 2
        center = x * size[0], y * size[1]
        found.append([c - s * h for s in (1, -1) for c, h in zip(center, half, strict=True)])
    return found


def test_each_class_is_named_at_its_cloud_and_none_over_another():
    rng = np.random.default_rng(0)
    centers = np.array([[0, 0], [4, 0], [0, 4], [4, 4], [4.3, 4.2]])
    clouds = [
        (c[:, None] + 0.5 * rng.standard_normal((2, 80)), f"kind {k}", "k")
        for k, c in enumerate(centers)
    ]
    axes = plots.axes_or_new(None)
    for points, *_ in clouds:
        axes.plot(*points, ".")
    name_clouds(axes, [*clouds, (np.zeros((2, 0)), "nobody", "k")])
    assert [text.get_text() for text in axes.texts] == [name for _, name, _ in clouds]
    for text, center in zip(axes.texts, centers, strict=True):
        place = axes.transData.inverted().transform(axes.transAxes.transform(text.get_position()))
        assert np.hypot(*(place - center)) < 2
    found = boxes(axes)
    for k, (left, bottom, right, top) in enumerate(found):
        for other in found[k + 1 :]:
            assert right <= other[0] or other[2] <= left or top <= other[1] or other[3] <= bottom


def test_clouds_of_one_place_and_of_many_classes_are_named():
    rng = np.random.default_rng(1)
    axes = plots.axes_or_new(None)
    axes.plot([0, 1], [0, 1])
    clouds = [(rng.random((2, 3)), f"$class$ {k}", "b") for k in range(30)]
    name_clouds(axes, [*clouds, (np.full((2, 1), 0.5), "x" * 300, "r")])
    assert len(axes.texts) == 31
    axes.figure.draw_without_rendering()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_names_at_ends_keep_their_order(scale):
    axes = plots.axes_or_new(None)
    ends = [(np.array([1.0, value, np.nan]), f"{value}", "k") for value in (3, 3.01, 2, 900)]
    for values, *_ in ends:
        axes.plot(values)
    axes.set_yscale(scale)
    name_at_ends(axes, [*ends, (np.array([np.nan]), "never", "k")])
    places = {text.get_text(): text.xyann[1] for text in axes.texts}
    assert sorted(places, key=places.get) == ["2", "3", "3.01", "900"]
    assert np.diff(sorted(places.values())).min() >= LINE / (axes.bbox.height * 0.72) - 1e-9


@pytest.mark.parametrize(
    "points", [np.zeros((2, 0)), np.full((2, 1), 0.5), np.full((2, 3), np.nan)]
)
def test_words_along_the_diagonal_avoid_the_points(points):
    axes = plots.axes_or_new(None, (4, 4))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    name_diagonal(axes, "as it is", points)
    (text,) = axes.texts
    x, y = text.get_position()
    assert y < x
    assert text.get_rotation() == pytest.approx(45, abs=3)
    if np.isfinite(points).any():
        assert abs(x - 0.5) > 0.1
    on_it = np.linspace(0, 1, 40)
    name_diagonal(axes, "as it is", np.stack([on_it, on_it - 0.03]))
    x, y = axes.texts[-1].get_position()
    assert y > x  # above, where there is room


def test_letters_are_dark_enough():
    for color in plots.COLORS:
        assert np.dot(plots_rgb(readable(color)), (0.2126, 0.7152, 0.0722)) < 0.5
    assert readable("#0072B2") == "#0072B2"


def plots_rgb(color):
    from matplotlib.colors import to_rgb

    return to_rgb(color)
