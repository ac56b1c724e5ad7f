from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.errors import InputError
from chainrule.show.plots import side_by_side
from chainrule.show.surface_plots import (
    FEATURE,
    LABELS,
    START,
    CostSurface,
    convexity_plot,
    surface_plot,
)
from chainrule.show.teaching_plots import (
    activations_plot,
    broadcasting_plot,
    lines_plot,
    matrices_plot,
    sums_plot,
)

image = pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 50})


@image
def test_picture_of_activation_functions():
    return activations_plot(title="Activation functions")


@image
def test_picture_of_broadcasting():
    return broadcasting_plot([[0], [10], [20]], [[0, 1, 2, 3]], title="A column and a row")


@pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 30})
def test_picture_of_the_two_costs():
    return convexity_plot(iterations=60, title="Two costs")


@image
def test_picture_of_a_surface():
    s, t = np.linspace(-1, 1, 21), np.linspace(-2, 2, 21)
    surface = CostSurface(s, t, s**2 + t[:, None] ** 2 / 2)
    path = [(0.8, -1.5), (0.4, -1), (0.1, -0.3)]
    return surface_plot(surface, path, title="A bowl", names=("$w$", "b"), unit="cost (nats)")


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "identity", "exp"])
def test_the_dashed_line_is_the_slope_of_the_other(name):
    value, slope = activations_plot([name]).axes[0].lines
    z, a = value.get_data()
    numeric = np.gradient(a, z)
    told = ~np.isnan(slope.get_ydata()) & (np.abs(z) > 0.02)
    assert told.sum() > 790
    assert_allclose(slope.get_ydata()[told][1:-1], numeric[told][1:-1], rtol=1e-3, atol=1e-4)


def test_a_kink_is_drawn_as_a_gap():
    slope = activations_plot(["relu"]).axes[0].lines[1].get_ydata()
    assert np.isnan(slope).sum() == 1
    assert not np.isnan(activations_plot(["exp"]).axes[0].lines[1].get_ydata()).any()


@pytest.mark.parametrize("names", [["softmax"], ["gelu"], []])
def test_functions_that_have_no_such_picture(names):
    with pytest.raises(InputError, match="activations_plot"):
        activations_plot(names)


@pytest.mark.parametrize(
    ("a", "b", "solid"),
    [
        ([[0], [10], [20]], [[0, 1, 2, 3]], (3, 4, 12)),
        ([[0], [10], [20]], [1, 2, 3], (3, 3, 9)),
        (5, [[1, 2], [3, 4]], (1, 4, 4)),
        (5, 7, (1, 1, 1)),
    ],
)
def test_the_boxes(a, b, solid):
    result = np.add(a, b)
    axes = broadcasting_plot(a, b).axes[0]
    boxes = axes.patches
    assert len(boxes) == 3 * result.size
    parts = np.reshape([box.get_linestyle() == "solid" for box in boxes], (3, -1))
    assert_array_equal(parts.sum(axis=1), solid)
    texts = [text.get_text() for text in axes.texts]
    assert texts[-result.size - 1 : -1] == [f"{v:.3g}" for v in result.ravel()]
    assert texts[-1] == str(result.shape)
    assert {str(np.shape(a)), str(np.shape(b)), "+", "="} <= set(texts)


@pytest.mark.parametrize(("sign", "expected"), [("-", -1), ("*", 6), ("/", 2 / 3)])
def test_other_operations(sign, expected):
    texts = broadcasting_plot(2, 3, sign).axes[0].texts
    assert texts[-2].get_text() == f"{expected:.3g}"


def test_division_by_zero_is_drawn():
    broadcasting_plot([1, 0], 0, "/").draw_without_rendering()


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones((3, 1)), np.ones((2, 3)), r"\(3, 1\) and \(2, 3\)"),
        (np.ones((3, 4)), np.ones(3), "reshape"),
        (np.ones((1, 2, 3)), 1, "two axes"),
        (np.ones((9, 1)), 1, "1 to 8"),
        (np.ones((0, 2)), 1, "1 to 8"),
        ("text", 1, "numbers"),
    ],
)
def test_shapes_that_do_not_fit(a, b, message):
    with pytest.raises(InputError, match=message):
        broadcasting_plot(a, b)


def test_an_operation_that_is_not_there():
    with pytest.raises(InputError, match="operation"):
        broadcasting_plot(1, 2, "@")


def test_the_path_is_gradient_descents():
    figure = convexity_plot(iterations=3)
    below = [axes for axes in figure.axes if axes.get_title().endswith("3 steps")]
    assert [axes.get_title() for axes in below] == ["not convex; 3 steps", "convex; 3 steps"]
    for axes, squared in zip(below, (True, False), strict=True):
        w, b = START
        expected = [START]
        for _ in range(3):
            a = 1 / (1 + np.exp(-(w * FEATURE[0] + b)))
            dz = (a - LABELS[0]) * (a * (1 - a) if squared else 1)
            w, b = w - (dz * FEATURE[0]).mean(), b - dz.mean()
            expected.append((w, b))
        assert_allclose(axes.lines[0].get_xydata(), expected, rtol=1e-9)


@image
def test_picture_of_matrices():
    A = np.array([[0.5, -1.0, 0.25], [2.0, 0.0, -0.75]])
    return matrices_plot({"A": A, "A transposed": A.T}, title="$A$ and its transpose")


def test_lines_over_words_and_over_numbers():
    axes = lines_plot(("4", "20"), {"train $": [1, 2], "test": [3, 4]}, ylabel="cost").axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1, 2], [3, 4]]
    assert len({line.get_color() for line in axes.lines}) == 2
    assert len({line.get_linestyle() for line in axes.lines}) == 2
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "20"]
    assert [text.get_text() for text in axes.texts] == [r"train \$", "test"]
    assert axes.get_ylabel() == "cost"
    many = lines_plot(np.arange(1, 100), {"one": np.arange(1, 100)}, log="xy").axes[0]
    assert (many.get_xscale(), many.get_yscale()) == ("log", "log")
    assert many.lines[0].get_marker() == ""
    assert not many.texts
    with pytest.raises(InputError, match="log"):
        lines_plot([1], {"one": [1]}, log="z")


def test_dots_have_no_lines_between_them_and_names_by_them():
    axes = lines_plot([3, 1, 2], {"one": [1, 2, 3], "other": [9, 8, 7]}, dots=True).axes[0]
    assert [line.get_linestyle() for line in axes.lines] == ["None", "None"]
    assert {text.get_text() for text in axes.texts} == {"one", "other"}


def test_pictures_stand_side_by_side():
    drawings = [partial(lines_plot, [1, 2], {"y": [k, k]}, title=f"{k}") for k in range(3)]
    figure = side_by_side(*drawings, size=(2, 3), title="$ three")
    assert [axes.get_title() for axes in figure.axes] == ["0", "1", "2"]
    assert tuple(figure.get_size_inches()) == (6, 3)
    lefts = [axes.get_subplotspec().colspan.start for axes in figure.axes]
    assert lefts == [0, 1, 2]


def test_every_number_of_a_matrix_is_written():
    figure = matrices_plot({"A": [[0.125, -1], [0, 3]]}, digits=3)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["0.125", "-1.000", "0.000", "3.000"]
    with pytest.raises(InputError, match="B of two axes"):
        matrices_plot({"B": [1, 2]})


def test_sums_stand_at_the_ends_of_their_arrows():
    axes = sums_plot([[1, 2], [3, 4], [5, 6]]).axes[0]
    texts = [text.get_text() for text in axes.texts if text.get_text()]
    assert texts == [*"123456", "9", "12", "axis=0: (1, 2)", "3", "7", "11", "axis=1: (3, 1)"]
    for wrong in ([1, 2], np.ones((9, 1)), np.ones((0, 2))):
        with pytest.raises(InputError, match="two axes of 1 to 8"):
            sums_plot(wrong)
