"""What the first layer looks for, and small pictures, as a report has them: pixel by pixel."""

import base64
import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from chainrule import Dataset, Model, Network
from chainrule.show.report.inside import signed_card, weights_section
from chainrule.show.report.page import card
from chainrule.show.seen import unit_effects


def decoded(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def shades(values):
    """The place in the palette of each number: 127 and 128 lie around 0."""
    return np.rint(127.5 * (1 + values / np.abs(values).max()))


def model_of(shape, units=3, m=6):
    rng = np.random.default_rng(1)
    raw = rng.integers(0, 256, (int(np.prod(shape)), m), dtype=np.uint8)
    data = Dataset(raw, np.arange(m) % 2, ("no", "yes"), image_shape=shape)
    return Model.of(Network.create((len(raw), units, 1), rng=1), data), data


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)], ids=["gray", "color"])
def test_weights_are_shown_pixel_by_pixel_those_of_the_greatest_effect_first(shape):
    model, data = model_of(shape)
    W = model.network.weights[0]
    effects = unit_effects(model.network, data.raw)
    learned = W * np.linspace(1, 2, W.shape[1])
    first, second = weights_section(model, data, learned).galleries
    for gallery, values in ((first, learned), (second, W)):
        for one, k in zip(gallery.cards, np.argsort(-effects), strict=True):
            picture = values[k].reshape(shape)
            if len(shape) == 3:
                picture = np.concatenate([picture[..., c] for c in range(3)], axis=1)
            assert_array_equal(np.asarray(decoded(one.picture.uri)), shades(picture))
            size = f"up to {np.abs(picture).max():.2g}"
            assert one.lines == (f"unit {k}", f"effect {effects[k]:.2g}", size)
    assert "learned" in first.heading
    assert "a W0" in first.heading
    assert first.broad == (len(shape) == 3)
    (alone,) = weights_section(model, data, None).galleries
    assert [one.lines for one in alone.cards] == [one.lines for one in second.cards]


@pytest.mark.parametrize("classes", [("no", "yes"), ("cat", "dog", "owl")])
def test_weights_of_an_output_bear_its_class_s_name(classes):
    n, raw = len(classes), np.arange(24 * 6, dtype=np.uint8).reshape(24, 6)
    data = Dataset(raw, np.arange(6) % n, classes, image_shape=(4, 6))
    model = Model.of(Network.create((24, n if n > 2 else 1), rng=1), data)
    section = weights_section(model, data, None)
    named = {one.lines[0] for one in section.galleries[0].cards}
    assert named == set(classes[1:] if n == 2 else classes)
    assert "its class's logit" in section.words[0]


def test_large_pictures_of_weights_are_means_over_squares():
    model, data = model_of((70, 129))
    section = weights_section(model, data, None)
    assert "means over 3 x 3 pixels" in section.words[0]
    k = int(section.galleries[0].cards[0].lines[0].removeprefix("unit "))
    W = model.network.weights[0][k].reshape(70, 129)
    means = [[W[i : i + 3, j : j + 3].mean() for j in range(0, 129, 3)] for i in range(0, 70, 3)]
    shown = np.asarray(decoded(section.galleries[0].cards[0].picture.uri), float)
    assert np.abs(shown - shades(np.array(means))).max() <= 1  # but for rounding


def test_zeros_are_gray_and_tables_have_no_weights():
    one = signed_card(np.zeros((2, 2)), ["nothing"])
    red, green, blue = np.asarray(decoded(one.picture.uri).convert("RGB"), int)[0, 0]
    assert max(red, green, blue) - min(red, green, blue) < 10
    data = Dataset(np.ones((4, 2)), np.array([0, 1]), ("a", "b"))
    assert weights_section(Model.of(Network.create((4, 1)), data), data, None) is None


def test_small_pictures_are_exact_and_large_photographs_are_made_small():
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (20, 20), dtype=np.uint8)
    assert_array_equal(np.asarray(decoded(card(small, ["a"]).picture.uri)), small)
    flat = np.full((100, 100, 3), 7, np.uint8)  # which PNG writes in few bytes
    assert_array_equal(np.asarray(decoded(card(flat, ["b"]).picture.uri)), flat)
    photograph = rng.integers(0, 256, (300, 150, 3), dtype=np.uint8)
    uri = card(photograph, ["c"]).picture.uri
    assert uri.startswith("data:image/jpeg;")
    assert decoded(uri).size == (64, 128)
