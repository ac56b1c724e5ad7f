import matplotlib as mpl
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.course import deep
from chainrule.errors import InputError


@pytest.fixture
def shown(monkeypatch):
    """matplotlib without a screen; the number of figures shown so far is len(shown)."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    calls = []
    monkeypatch.setattr(plt, "show", lambda: calls.append(plt.gcf()))
    yield calls
    plt.close("all")


def test_plot_costs(shown):
    deep.plot_costs([0.7, 0.6, 0.5], learning_rate=0.01)
    (axes,) = shown[0].axes
    assert_array_equal(axes.lines[0].get_ydata(), [0.7, 0.6, 0.5])
    assert axes.get_title() == "Learning rate =0.01"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("iterations (per hundreds)", "cost")


def test_a_single_cost_is_still_seen(shown):
    deep.plot_costs([0.7])
    assert shown[0].axes[0].lines[0].get_marker() == "."


@pytest.fixture
def pictures():
    """Forty color pictures of 4 by 4 pixels; the last thirty are mislabeled."""
    X = np.random.default_rng(0).random((48, 40))
    y = np.zeros((1, 40), int)
    return X, y, (np.arange(40) >= 10).reshape(1, 40) * 1.0


def test_mislabeled_images_are_drawn_with_both_names(shown, pictures):
    X, y, p = (array[:, 8:13] for array in pictures)
    deep.print_mislabeled_images(np.array([b"non-cat", b"cat"]), X, y, p)
    assert [axes.get_title() for axes in shown[0].axes] == ["Prediction: cat\nClass: non-cat"] * 3
    assert_array_equal(shown[0].axes[0].images[0].get_array(), X[:, 2].reshape(4, 4, 3))


def test_no_more_are_drawn_than_can_be_seen(shown, pictures):
    deep.print_mislabeled_images(["no", "yes"], *pictures)
    assert sum(bool(axes.images) for axes in shown[0].axes) == 25
    assert shown[0].get_suptitle() == "the first 25 of 30 mislabeled pictures"


def test_gray_pictures_of_bytes(shown):
    X = np.full((9, 1), 200, np.uint8)
    deep.print_mislabeled_images(["no", "yes"], X, [[1]], [[0]])
    image = shown[0].axes[0].images[0]
    assert image.get_array().shape == (3, 3)
    assert image.get_clim() == (0, 255)


def test_nothing_is_drawn_when_all_are_right(shown, pictures):
    X, y, _ = pictures
    deep.print_mislabeled_images(["no", "yes"], X, y, y)
    assert shown == []


def test_what_is_no_square_picture_is_refused(shown):
    with pytest.raises(InputError, match="square pictures; got 5 numbers"):
        deep.print_mislabeled_images(["no", "yes"], np.zeros((5, 1)), [[0]], [[1]])
