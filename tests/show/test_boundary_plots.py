import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Dataset, Model, Network, open_data, train
from chainrule.data import Scaling
from chainrule.errors import InputError
from chainrule.show.boundary_plots import NetworkFrames, boundaries_over_time, boundary_plot

image = pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 50})


@pytest.fixture(scope="module")
def flower():
    return open_data("planar").train


@pytest.fixture(scope="module")
def trained(flower):
    frames = NetworkFrames([0, 50, 400])
    network = Network.create((2, 4, 1), activation="tanh", rng=3)
    found = train(network, flower, learning_rate=1.2, iterations=400, callbacks=[frames])
    return frames, found.network


def corners(n, m=20, names=None):
    """n classes around the corners of the unit square, and a linear model of them."""
    rng = np.random.default_rng(7)
    labels = np.arange(m) % n
    centers = np.array([[0, 1, 0, 1], [0, 0, 1, 1]])
    raw = centers[:, labels % 4] + 0.2 * rng.standard_normal((2, m))
    data = Dataset(raw, labels, tuple(f"_class ${k}$" for k in range(n)), feature_names=names)
    return Model.of(Network.create((2, 1 if n == 2 else n), rng=1), data), data


@image
def test_picture_of_a_boundary(trained, flower):
    return boundary_plot(Model.of(trained[1], flower), flower, title="The flower")


@image
def test_picture_of_boundaries_over_time(trained, flower):
    return boundaries_over_time(trained[0].frames, flower, title="The flower")


@image
def test_picture_of_four_classes():
    return boundary_plot(*corners(4, names=("height in $", "weight")), title="Four classes")


def test_the_line_is_where_the_logit_is_zero():
    W, b = np.array([[2.0, -1.0]]), np.array([[0.5]])
    _, data = corners(2)
    network = Network((W,), (b,), ("sigmoid",), "binary_cross_entropy")
    axes = boundary_plot(Model.of(network, data), data).axes[0]
    (line,) = [p.vertices for c in axes.collections[:1] for p in c.get_paths()]
    assert len(line) > 50
    assert_allclose(W @ line.T + b, 0, atol=2e-3)


def test_the_shade_is_the_probability():
    model, data = corners(2)
    shown = boundary_plot(model, data).axes[0].images[0]
    left, right, bottom, top = shown.get_extent()
    ends = np.array([[left, right], [bottom, top]])
    P = shown.get_array()
    assert_allclose([P[0, 0], P[-1, -1]], model.predict_proba(ends)[1])
    assert (ends[:, 0] < data.raw.min(axis=1)).all()
    assert (ends[:, 1] > data.raw.max(axis=1)).all()


def test_the_axes_are_in_the_datas_own_units():
    model, data = corners(2)
    raw = 1000 + 50 * data.raw
    scaled = Dataset(raw, data.labels, data.classes, scaling=Scaling.standard(raw))
    axes = boundary_plot(Model.of(model.network, scaled), scaled).axes[0]
    assert axes.get_xlim()[0] > 900
    points = np.concatenate([c.get_offsets() for c in axes.collections[-2:]])
    assert {tuple(p) for p in points} == {tuple(p) for p in raw.T}


def test_every_point_is_drawn_in_its_classs_look():
    model, data = corners(4)
    axes = boundary_plot(model, data).axes[0]
    points = axes.collections[-4:]
    for k, drawn in enumerate(points):
        assert_array_equal(drawn.get_offsets(), data.raw[:, data.labels == k].T)
    shapes = {drawn.get_paths()[0].vertices.tobytes() for drawn in points}
    assert len(shapes) == 4
    assert [text.get_text() for text in axes.texts] == [rf"_class \${k}\$" for k in range(4)]
    wrong = int((model.predict(data.raw) != data.labels).sum())
    assert axes.get_xlabel().endswith(f"ringed: {wrong} mistakes")
    assert len(axes.lines[-1].get_xdata()) == wrong


def test_frames_are_the_networks_of_those_iterations(trained, flower):
    frames, last = trained
    assert list(frames.frames) == [0, 50, 400]
    shorter = train(
        Network.create((2, 4, 1), activation="tanh", rng=3),
        flower,
        learning_rate=1.2,
        iterations=50,
    ).network
    for found, expected in ((frames.frames[50], shorter), (frames.frames[400], last)):
        for W, V in zip(found.weights, expected.weights, strict=True):
            assert_array_equal(W, V)


def test_frames_in_mini_batches(flower):
    frames = NetworkFrames(range(3))
    train(Network.create((2, 1)), flower, batch_size=10, iterations=5, callbacks=[frames])
    assert list(frames.frames) == [0, 1, 2]


@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("m", [1, 12])
def test_few_points_and_many_classes_are_drawn(n, m):
    model, data = corners(n, m)
    boundary_plot(model, data).draw_without_rendering()


def test_a_model_that_never_changes_its_mind_has_no_line():
    _, data = corners(2)
    network = Network((np.zeros((1, 2)),), (np.ones((1, 1)),), ("sigmoid",), "binary_cross_entropy")
    axes = boundary_plot(Model.of(network, data), data).axes[0]
    assert len(axes.collections) == 2  # the points of the two classes


def test_more_than_two_features():
    data = Dataset(np.ones((3, 2)), np.array([0, 1]), ("a", "b"))
    with pytest.raises(InputError, match="two features; got 2 of 3"):
        boundary_plot(Model.of(Network.create((3, 1)), data), data)


def test_no_frames(flower):
    with pytest.raises(InputError, match="NetworkFrames"):
        boundaries_over_time({}, flower)
    with pytest.raises(InputError, match="iteration"):
        NetworkFrames([0.5])


def test_networks_are_compared_by_name():
    data = open_data("planar").train
    networks = {f"{n} $units$": Network.create((2, n, 1), rng=1) for n in range(1, 7)}
    figure = boundaries_over_time(networks, data)
    shown = [axes.get_title() for axes in figure.axes if axes.axison]
    assert shown == list(networks)
