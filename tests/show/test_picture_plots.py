from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Dataset, Model, Network, open_data
from chainrule.errors import InputError
from chainrule.show.picture_plots import (
    activation_pictures,
    mistakes_gallery,
    pixels_plot,
    weight_pictures,
)
from chainrule.show.seen import pictures, unit_effects

image = pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 50})
PLOTS = (
    weight_pictures,
    mistakes_gallery,
    lambda model, data: activation_pictures(model, data, 0),
)


@pytest.fixture(scope="module")
def clothes():
    """Ten classes of gray pictures, and an untrained network of 12 hidden units."""
    data = open_data("fashion").test.select(np.arange(40))
    return Model.of(Network.create((784, 12, 10), rng=1), data), data


def colored(m=6, size=(3, 4), dtype=np.uint8, seed=2):
    rng = np.random.default_rng(seed)
    raw = rng.integers(0, 256, (3 * size[0] * size[1], m)).astype(dtype)
    names = tuple(f"<b>$'\"{'x' * 300}{k}\n.png" for k in range(m))
    return Dataset(raw, np.arange(m) % 2, ("no", "yes"), names, image_shape=(*size, 3))


def model_of(data, *hidden, **options):
    sizes = (data.raw.shape[0], *hidden, 1 if len(data.classes) == 2 else len(data.classes))
    return Model.of(Network.create(sizes, rng=3, initializer=0.001, **options), data)


@image
def test_picture_of_the_weights(clothes):
    return weight_pictures(*clothes, most=6, title="First-layer weights")


@image
def test_picture_of_the_activations(clothes):
    return activation_pictures(*clothes, 3, title="One picture")


@image
def test_picture_of_the_mistakes(clothes):
    return mistakes_gallery(*clothes, most=6, title="Mistakes")


@image
def test_picture_of_color_weights():
    data = colored(size=(8, 8))
    return weight_pictures(model_of(data, 3), data, title="Red, green, blue")


def test_the_effect_of_a_unit_by_hand():
    W1, b1 = np.array([[1.0], [2.0], [0.0]]), np.array([[0.0], [0.0], [5.0]])
    W2 = np.array([[1.0, -3.0, 9.0], [-1.0, 0.0, 9.0]])
    network = Network(
        (W1, W2), (b1, np.zeros((2, 1))), ("relu", "softmax"), "softmax_cross_entropy"
    )
    # Activations 0, 2 and 0, 4: deviations 1 and 2; the third unit is always 5 and moves nothing.
    assert_allclose(unit_effects(network, np.array([[-2.0, 2.0]])), [2, 6, 0])
    alone = Network((W1[:1],), (b1[:1],), ("sigmoid",), "binary_cross_entropy")
    assert_allclose(unit_effects(alone, np.array([[-2.0, 2.0]])), [2])


def test_units_come_in_the_order_of_their_effect(clothes):
    model, data = clothes
    effects = unit_effects(model.network, data.raw / 255)
    order = np.argsort(effects)[::-1]
    panels = weight_pictures(model, data, most=5).axes[:5]
    for axes, k in zip(panels, order, strict=False):
        assert axes.get_title().startswith(f"unit {k}: effect {effects[k]:.2g}\n")
        shown = axes.images[0]
        assert_array_equal(shown.get_array(), model.network.weights[0][k].reshape(28, 28))
        assert shown.norm.vmin == -shown.norm.vmax == -np.abs(shown.get_array()).max()


def test_each_color_has_a_picture_of_its_own():
    data = colored()
    model = model_of(data)
    shown = weight_pictures(model, data).axes[0].images[0].get_array()
    W = model.network.weights[0].reshape(3, 4, 3)
    assert_array_equal(shown, np.concatenate([W[..., 0], W[..., 1], W[..., 2]], axis=1))


def test_the_bars_are_the_activations(clothes):
    model, data = clothes
    figure = activation_pictures(model, data, 7)
    A = model.network.forward(data.raw[:, 7:8] / 255).A
    for axes, a in zip(figure.axes[1:], A, strict=True):
        assert_allclose([bar.get_height() for bar in axes.patches], a[:, 0])
    zero = (A[0] == 0).sum()
    assert figure.axes[1].get_title() == f"layer 1, relu, {zero} of 12 at 0"
    assert_array_equal(figure.axes[0].images[0].get_array(), data.raw[:, 7].reshape(28, 28))


def test_one_output_unit_has_two_bars():
    data = colored()
    model = model_of(data, 5)
    p = model.predict_proba(data.raw)[:, 2]
    bars = activation_pictures(model, data, 2).axes[-1].patches
    assert_allclose([bar.get_height() for bar in bars], p)


def test_what_stands_below_a_mistake(clothes):
    model, data = clothes
    P = model.predict_proba(data.raw)
    wrong = np.flatnonzero(P.argmax(axis=0) != data.labels)
    worst = wrong[P.max(axis=0)[wrong].argmax()]
    actual = data.labels[worst]
    first = mistakes_gallery(model, data, most=1).axes[0]
    assert first.get_title().split("\n") == [
        data.names[worst],
        f"taken for {data.classes[P[:, worst].argmax()]}",
        f"is {data.classes[actual]}, p {P[actual, worst]:.2g}",
    ]
    assert_array_equal(first.images[0].get_array(), data.raw[:, worst].reshape(28, 28))


def test_no_mistakes():
    data = replace(colored(), labels=np.zeros(6, np.int64))
    network = Network(
        (np.zeros((1, 36)),), (-np.ones((1, 1)),), ("sigmoid",), "binary_cross_entropy"
    )
    figure = mistakes_gallery(Model.of(network, data), data)
    assert figure.axes[0].texts[0].get_text() == "no mistakes among 6 pictures"


def test_numbers_that_are_not_bytes_are_stretched():
    data = Dataset(
        np.array([[-1.0], [1.0], [0.0], [3.0]]), np.array([0]), ("a", "b"), image_shape=(2, 2)
    )
    assert_array_equal(pictures(data), [[[0, 127], [63, 255]]])
    flat = replace(data, features=np.full((4, 1), 7.0))
    assert_array_equal(pictures(flat), np.zeros((1, 2, 2)))


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_color_pictures_with_hostile_names_are_drawn(plot, dtype):
    data = colored(dtype=dtype)
    for model in (model_of(data), model_of(data, 100, activation="tanh")):
        plot(model, data).draw_without_rendering()


@pytest.mark.parametrize("plot", PLOTS)
def test_tables_have_no_pictures(plot):
    data = Dataset(np.ones((4, 2)), np.array([0, 1]), ("a", "b"))
    with pytest.raises(InputError, match="a model of pictures"):
        plot(model_of(data), data)


@pytest.mark.parametrize("plot", [PLOTS[0], PLOTS[2]])
def test_an_ensemble_has_no_single_weights(plot):
    data = colored()
    members = Network.create((36, 4, 1), rng=[1, 2])
    with pytest.raises(InputError, match=r"model\.member"):
        plot(Model.of(members, data), data)


def test_options_that_mean_nothing(clothes):
    with pytest.raises(InputError, match="40 examples"):
        activation_pictures(*clothes, 40)
    with pytest.raises(InputError, match="most"):
        weight_pictures(*clothes, most=0)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3)], ids=["gray", "color"])
def test_numbers_of_pixels_in_the_shape_of_the_pictures(shape):
    n = int(np.prod(shape))
    light, weights = np.linspace(0, 1, n), np.linspace(-2, 1, n)
    axes = pixels_plot(shape, {"mean $": light}, {"-dw": weights}).axes
    photograph, signed = (one.images[0].get_array() for one in axes)
    assert_array_equal(photograph, np.rint(255 * light).reshape(shape))
    assert signed.shape == (3, 4 * (n // 12))
    assert_array_equal(
        signed[:, :4], weights.reshape(shape)[..., 0] if n > 12 else weights.reshape(shape)
    )
    assert [one.get_title() for one in axes] == ["mean $", "-dw\nup to 2"]
    with pytest.raises(InputError, match="number of pictures"):
        pixels_plot(shape)
