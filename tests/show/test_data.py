"""How data sets look in notebooks."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, Splits
from chainrule.show import plane_plots


def pictures(page):
    """The pictures in the page, and what stands below each."""
    found = re.findall(r'base64,([^"]+)" [^>]*><br>(.*?)</td>', page)
    return [(Image.open(io.BytesIO(base64.b64decode(uri))), name) for uri, name in found]


def test_pictures_of_each_class_in_turn():
    data = cr.open_data("fashion").train
    found = pictures(data._repr_html_())
    assert [name for _, name in found] == [*data.classes, *data.classes[:6]]
    first = int(np.flatnonzero(data.labels == 0)[0])
    np.testing.assert_array_equal(np.asarray(found[0][0]).ravel(), data.raw[:, first])
    assert "Sandal: 100" in data._repr_html_()


def test_rows_of_a_table():
    raw = np.arange(60.0).reshape(12, 5)
    data = Dataset(
        raw, np.array([0, 0, 1, 0, 1]), ("no", "yes"), feature_names=tuple("abcdefghijkl")
    )
    page = data._repr_html_()
    assert page.count("<tr>") == 6
    assert re.findall(r"<th>(.*?)</th>", page) == ["example", "class", *"abcdefgh", "…"]
    assert "<td>example 2</td><td>yes</td><td>2</td><td>7</td>" in page


@pytest.mark.parametrize("kind", ["pictures", "table"])
def test_names_are_text(kind):
    data = cr.open_data("fashion", positive="Sandal").train.select(np.arange(20))
    bad = "<img src=x onerror=alert(1)>"
    data = replace(data, classes=("no", bad), names=(bad,) * 20, source=bad)
    if kind == "table":
        data = replace(data, image_shape=None, feature_names=(bad,) * 784)
    page = data._repr_html_()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_splits_show_each_set_and_what_was_skipped():
    data = cr.open_data("fashion")
    page = Splits(data.train, None, data.test, ("a<b>.png: broken",))._repr_html_()
    assert re.findall("<h4>(.*?)</h4>", page) == ["training", "test"]
    assert "1 file could not be read:</p><ul><li>a&lt;b&gt;.png: broken" in page
    empty = data.train.select([])
    assert "0 pictures" in empty._repr_html_()


def test_points_in_the_plane_are_drawn(monkeypatch):
    data, drawn = cr.open_data("planar:moons").train, []
    plot = plane_plots.points_plot
    monkeypatch.setattr(plane_plots, "points_plot", lambda some: drawn.append(some) or plot(some))
    uri = re.search(r'src="data:image/png;base64,([^"]+)"', data._repr_html_())[1]
    colors = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))).convert("RGB"))
    for color in ("#D55E00", "#0072B2"):  # of the classes
        assert (colors == list(bytes.fromhex(color[1:]))).all(axis=-1).sum() > 100
    data.select(np.arange(5000) % len(data))._repr_html_()
    assert len(drawn[0]) == len(data)
    assert 1500 < len(drawn[1]) <= 2000


@pytest.mark.parametrize("shape", [(2, 2, 1), (1, 4), (4, 1, 1)])
def test_other_pictures_are_shown_as_numbers(shape):
    raw = np.zeros((4, 3), np.uint8)
    page = Dataset(raw, np.array([0, 1, 0]), ("a", "b"), image_shape=shape)._repr_html_()
    assert ("<img" in page) == (len(shape) == 2)
