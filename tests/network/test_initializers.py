"""Starting weights: scale, order, seeds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError, Network
from chainrule.network.initializers import standard_deviation

SIZES = (400, 300, 1)


@pytest.mark.parametrize(
    ("initializer", "scale"),
    [
        ("fan_in", 1 / 20),
        ("xavier", (2 / 700) ** 0.5),
        ("he", (2 / 400) ** 0.5),
        ("normal", 0.01),
        ("normal:0.3", 0.3),
        (0.02, 0.02),
    ],
    ids=str,
)
def test_scale(initializer, scale):
    W = Network.create(SIZES, initializer=initializer, rng=1).weights[0]
    # 120 000 draws: the standard deviation is known to 1 / sqrt(2 n) = 0.2 %, the mean likewise.
    assert_allclose(W.std(), scale, rtol=0.01)
    assert abs(W.mean()) < scale * 0.012


@pytest.mark.parametrize(
    ("initializer", "scale"),
    [("zeros", 0), ("normal", 0.01), ("fan_in", 0.5), ("xavier", 1 / 3), ("he", 0.5**0.5),
     ("normal:3", 3), (2, 2), (0.0, 0), (np.float32(0.25), 0.25)],
)  # fmt: skip
def test_scale_of_four_inputs_and_fourteen_outputs(initializer, scale):
    assert_allclose(standard_deviation(initializer, 4, 14), scale, rtol=1e-15)


@pytest.mark.parametrize("initializer", ["zeros", 0, "normal:0"], ids=str)
def test_zeros_draw_nothing(initializer):
    rng = np.random.default_rng(9)
    network = Network.create((3, 2, 1), initializer=initializer, rng=rng)
    assert not any(W.any() for W in network.weights)
    assert rng.random() == np.random.default_rng(9).random()


def test_biases_start_at_zero():
    assert not any(b.any() for b in Network.create((3, 2, 1), rng=1).biases)


@pytest.mark.parametrize(
    "make", [np.random.default_rng, np.random.RandomState], ids=["Generator", "RandomState"]
)
def test_layers_are_drawn_in_order_and_the_generator_goes_on(make):
    rng, same = make(11), make(11)
    network = Network.create((3, 2, 1), initializer="normal", rng=rng)
    assert_array_equal(network.weights[0], same.standard_normal((2, 3)) * 0.01)
    assert_array_equal(network.weights[1], same.standard_normal((1, 2)) * 0.01)
    assert rng.standard_normal() == same.standard_normal()


def test_fan_in_is_the_courses_division():
    # np.random.seed(3); W = np.random.randn(2, 3) / np.sqrt(3), to the last bit.
    network = Network.create((3, 2), initializer="fan_in", rng=np.random.RandomState(3))
    assert_array_equal(network.weights[0], np.random.RandomState(3).randn(2, 3) / np.sqrt(3))


def test_a_list_of_seeds_gives_each_run_the_weights_it_has_alone():
    stacked = Network.create((3, 2, 1), rng=[4, 9])
    for r, seed in enumerate((4, 9)):
        alone = Network.create((3, 2, 1), rng=seed)
        for W, own in zip(stacked.run(r).weights, alone.weights, strict=True):
            assert_array_equal(W, own)


def test_float32_is_float64_rounded():
    wide = Network.create((3, 2, 1), rng=4)
    narrow = Network.create((3, 2, 1), rng=4, dtype="float32")
    assert narrow.dtype == np.float32
    assert all(b.dtype == np.float32 for b in narrow.biases)
    assert_array_equal(narrow.weights[0], wide.weights[0].astype(np.float32))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("hee", "Did you mean he?"),
        ("normal:x", "scale"),
        ("normal:-1", "scale"),
        ("normal:", "initializer"),
        ("0.1", "initializer"),
        (-0.1, "scale"),
        (np.nan, "scale"),
        (np.inf, "scale"),
        (None, "a name or a number"),
    ],
    ids=str,
)
def test_an_initializer_that_is_none(bad, message):
    with pytest.raises(InputError, match=message):
        Network.create((3, 1), initializer=bad)


def test_a_scale_that_is_none_and_what_to_do():
    with pytest.raises(InputError) as caught:
        standard_deviation("normal:x", 1, 1)
    assert str(caught.value) == (
        "Network: expected initializer's scale to be a number >= 0; got 'normal:x'. "
        "It is the standard deviation of the weights, such as 0.01."
    )


def test_a_seed_of_any_whole_kind():
    first = Network.create((3, 1), rng=np.int64(5)).weights[0]
    assert_array_equal(first, Network.create((3, 1), rng=5).weights[0])
    assert_array_equal(first, np.random.default_rng(5).standard_normal((1, 3)) * (2 / 3) ** 0.5)


@pytest.mark.parametrize("bad", [-1, True, 1.5, None, "one"], ids=repr)
def test_a_seed_that_is_none(bad):
    with pytest.raises(InputError, match="Network: expected"):
        Network.create((3, 1), rng=bad)
