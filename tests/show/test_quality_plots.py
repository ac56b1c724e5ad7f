import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from chainrule.errors import InputError
from chainrule.model.evaluation import Evaluation
from chainrule.show.plots import literal
from chainrule.show.quality_plots import (
    confusion_plot,
    precision_recall_plot,
    reliability_plot,
    roc_plot,
)
from chainrule.wording import shortened

OF_P = (reliability_plot, roc_plot, precision_recall_plot)
image = pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 50})


def answers(n, m=200, seed=5):
    """P (n, m) that is right more often than not, labels (m,) and class names."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n, m)
    P = rng.random((n, m)) + 0.8 * np.eye(n)[:, labels] * rng.random(m)
    return P / P.sum(axis=0), labels, tuple(f"class {k}" for k in range(n))


def evaluation(confusion, classes=None):
    confusion = np.array(confusion)
    return Evaluation(classes or tuple("abcdefghijkl"[: len(confusion)]), confusion, 0.5, ())


@image
def test_picture_of_a_confusion():
    counts = [[12, 5, 0], [7, 26, 1], [0, 0, 0]]
    return confusion_plot(evaluation(counts, ("not $cat$", "cat", "dog")), title="Cats")


@image
def test_picture_of_a_reliability():
    return reliability_plot(*answers(2), title="Two classes")


@image
def test_picture_of_a_roc():
    return roc_plot(*answers(3), title="Three classes")


@image
def test_picture_of_precision_and_recall():
    return precision_recall_plot(*answers(2), title="Two classes")


def test_the_confusions_counts_and_percentages():
    figure = confusion_plot(evaluation([[3, 1], [0, 0]]))
    assert [text.get_text() for text in figure.axes[0].texts] == ["3\n75 %", "1\n25 %"]


def test_each_bin_of_the_reliability_by_hand():
    p = np.array([0.05, 0.15, 0.12, 0.95, 1.0, 0.99])
    labels = np.array([0, 1, 0, 1, 1, 0])
    axes = reliability_plot(np.array([1 - p, p]), labels, ("no", "yes"), bins=3).axes[0]
    points = axes.containers[0].lines[0].get_xydata()
    assert_allclose(points, [[0.085, 0], [0.55, 1], [0.995, 0.5]])
    assert axes.containers[0].lines[0].get_linestyle() == "None"
    # Wilson's interval for 1 of 2, from its formula with z = 1.96.
    z2 = 1.959964**2
    half = np.sqrt(z2 * (0.25 / 2 + z2 / 16)) / (1 + z2 / 2)
    segment = axes.containers[0].lines[2][0].get_segments()[2]
    assert_allclose(segment[:, 1], [0.5 - half, 0.5 + half], rtol=1e-5)


def test_of_several_classes_the_predicted_ones_probability_counts():
    P = np.array([[0.7, 0.2], [0.2, 0.25], [0.1, 0.55]])
    axes = reliability_plot(P, np.array([0, 1]), ("a", "b", "c"), bins=2).axes[0]
    assert_allclose(axes.containers[0].lines[0].get_xydata(), [[0.55, 0], [0.7, 1]])


def test_the_area_is_the_probability_of_the_right_order():
    P, labels, classes = answers(2, m=60)
    with_it, without = P[1, labels == 1], P[1, labels == 0]
    expected = np.mean(with_it[:, None] > without)
    named = roc_plot(P, labels, classes).axes[0].texts
    assert [t.get_text() for t in named] == ["by guessing", f"area {expected:.3f} class 1"]


def test_names_lead_to_their_own_curves_from_top_to_bottom():
    P, labels, classes = answers(5)
    for plot in (roc_plot, precision_recall_plot):
        axes = plot(P, labels, classes).axes[0]
        curves = {
            line.get_color(): line.get_xydata() for line in axes.lines if len(line.get_xdata()) > 2
        }
        assert len(axes.texts) == 5
        for text in axes.texts:
            xy = curves[text.arrowprops["color"]]
            assert np.isclose(xy, text.xy).all(axis=1).any()
        heights = [text.xyann[1] for text in axes.texts]
        areas = [float(text.get_text().split()[0]) for text in axes.texts]
        assert areas == sorted(areas)
        assert heights == sorted(heights)
        assert np.diff(heights).min() > 0.03


def test_precision_and_recall_at_a_threshold():
    P, labels, classes = answers(2, m=60)
    curve = precision_recall_plot(P, labels, classes).axes[0].lines[1].get_xydata()
    taken = P[1] >= P[1, 7]
    hits = (taken & (labels == 1)).sum()
    point = [hits / (labels == 1).sum(), hits / taken.sum()]
    assert np.isclose(curve, point).all(axis=1).any()


@pytest.mark.parametrize("plot", [roc_plot, precision_recall_plot])
def test_six_classes_have_six_looks(plot):
    lines = [line for line in plot(*answers(6)).axes[0].lines if len(line.get_xdata()) > 2]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 6


def test_what_guessing_reaches_is_each_class_s_share():
    P, labels, classes = answers(3)
    axes = precision_recall_plot(P, labels, classes).axes[0]
    levels = [line.get_ydata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert_allclose(levels, [np.mean(labels == k) for k in range(3)])


def test_what_never_happened_is_blank():
    axes = confusion_plot(evaluation([[9, 0], [1, 3]])).axes[0]
    shades = axes.images[0].get_array()
    assert_allclose(shades[0, 1], 1)
    assert [text.get_text().split()[0] for text in axes.texts] == ["9", "1", "3"]
    assert shades[1, 0, 0] > shades[1, 0, 2]  # a mistake is orange, what is right blue
    assert shades[0, 0, 2] > shades[0, 0, 0]


@pytest.mark.parametrize("plot", OF_P)
@pytest.mark.parametrize(
    "case",
    [
        (np.array([[0.3], [0.7]]), np.array([1]), ("no", "yes")),
        (np.full((2, 5), 0.5), np.ones(5, int), ("_no", "$yes$")),
        (np.array([[1.0, 0, 0]] * 3).T, np.array([0, 0, 0]), ("a", "b\nb", "x" * 300)),
        (np.eye(2)[:, [0, 1, 1]], np.array([0, 1, 1]), ("no", "yes")),
    ],
    ids=["one example", "one class", "one prediction", "sure and right"],
)
def test_odd_answers_are_drawn(plot, case):
    plot(*case).draw_without_rendering()


@pytest.mark.parametrize("n", [1, 2, 10])
def test_any_number_of_classes_is_drawn(n):
    classes = tuple(f"${k}$ _{'long ' * 20}" for k in range(n))
    confusion_plot(evaluation(np.eye(n, dtype=int), classes)).draw_without_rendering()


@pytest.mark.parametrize("plot", OF_P)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda P, y, c: (P.T, y, c), r"\(200, 3\)"),
        (lambda P, y, c: (P[:, :0], y[:0], c), "at least one example"),
        (lambda P, y, c: (2 * P, y, c), r"probabilities in \[0, 1\]"),
        (lambda P, y, c: (P, y + 1, c), "labels 1 to 3"),
        (lambda P, y, c: (P[0], y, c), "rank-1"),
        (lambda P, y, c: (P, y[:, None], c), r"\(200, 1\)"),
    ],
)
def test_what_does_not_fit_is_refused(plot, change, message):
    with pytest.raises(InputError, match=message):
        plot(*change(*answers(3)))


def test_axes_that_are_given_are_drawn_on():
    figure = confusion_plot(evaluation([[1]]))
    axes = figure.add_subplot()
    assert roc_plot(*answers(2), axes=axes) is figure
    assert axes.lines


def test_long_names_that_are_alike_at_both_ends_are_told_apart():
    names = tuple(f"the subspecies of the north {k}, collected in 1936" for k in "ab")
    axes = confusion_plot(evaluation(np.eye(2, dtype=int), names)).axes[0]
    first, second = (label.get_text() for label in axes.get_yticklabels())
    assert first != second
    assert len(first) < len(names[0])


@pytest.mark.parametrize("n", [30, 100])
def test_many_classes_have_room(n):
    names = tuple(f"class {k}" for k in range(n))
    figure = confusion_plot(evaluation(np.eye(n, dtype=int), names))
    assert max(figure.get_size_inches()) < 16
    assert len(figure.axes[0].texts) == 0
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert (names[-1] in shown) == (n == 30)


def test_many_classes_have_dots_and_the_worst_curves_of_their_own():
    P, labels, classes = answers(20, m=400)
    figure = roc_plot(P, labels, classes)
    dots, *small = figure.axes
    exact = sorted(roc_auc_score(labels == k, P[k]) for k in range(20))
    assert_allclose(dots.lines[0].get_xdata(), exact)
    shown = [float(axes.get_title().split()[-1]) for axes in small if axes.lines]
    assert_allclose(shown, exact[:12], atol=6e-4)


def test_curves_of_ties_are_scikit_learn_s():
    rng = np.random.default_rng(3)
    p, labels = rng.integers(0, 6, 50) / 5, rng.integers(0, 2, 50)
    (line,) = precision_recall_plot(np.stack([1 - p, p]), labels, ("no", "yes")).axes[0].lines[1:]
    precision, recall, _ = precision_recall_curve(labels, p)
    precision[-1] = precision[-2]  # where nothing is found yet, scikit-learn has a point at 1
    assert_allclose(line.get_xydata(), np.transpose([recall, precision]))
    assert f"{average_precision_score(labels, p):.3f}" in line.axes.texts[-1].get_text()


def test_a_first_answer_that_is_wrong_is_no_spike():
    p, labels = np.array([0.9, 0.8, 0.7, 0.2]), np.array([0, 1, 1, 0])
    (line,) = precision_recall_plot(np.stack([1 - p, p]), labels, ("no", "yes")).axes[0].lines[1:]
    assert_allclose(line.get_xydata(), [[1, 1 / 2], [1, 2 / 3], [0.5, 1 / 2], [0, 1 / 2]])


def test_names_from_right_to_left_do_not_carry_numbers_along():
    isolated = "\u2068{}\u2069".format
    for name in ("נעל", "\u202eabc", "حذاء"):
        assert shortened(name) == isolated(name)
    assert shortened("cat $1$") == "cat $1$"
    assert literal("cat $1$") == r"cat \$1\$"
    assert shortened("a\n b\udcff") == r"a b\xff"
