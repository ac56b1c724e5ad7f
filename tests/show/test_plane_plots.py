import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Network, open_data
from chainrule.errors import InputError
from chainrule.show.plane_plots import points_plot, units_plot


@pytest.fixture(scope="module")
def flower():
    return open_data("planar").train


@pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 40})
def test_picture_of_units(flower):
    network = Network.create((2, 3, 1), activation="tanh", rng=3)
    return units_plot(network, flower, title="Three units")


def test_every_example_is_a_point_of_its_class(flower):
    red, blue = points_plot(flower, title="The flower").axes[0].collections
    for points, label in ((red, 0), (blue, 1)):
        assert_allclose(points.get_offsets().T, flower.raw[:, flower.labels == label])


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_the_last_sum_is_the_logit(flower, activation):
    network = Network.create((2, 2, 1), activation=activation, rng=3)
    network.biases[1][:] = -network.forward(flower.raw).Z[1].mean()
    axes = units_plot(network, flower).axes
    assert [one.get_title() for one in axes[2:4]] == ["b + w1 a1", "... + w2 a2"]
    lines = [c for c in axes[3].collections if len(c.get_paths()) == 1 and len(c.get_edgecolor())]
    on_the_line = np.concatenate(
        [c.get_paths()[0].vertices for c in lines if c.get_linewidth() > 1]
    )
    assert_allclose(network.forward(on_the_line.T).Z[1], 0, atol=0.05)


@pytest.mark.parametrize("sizes", [(3, 4, 1), (2, 1), (2, 3, 3, 1), (2, 3, 2), (2, 21, 1)])
def test_networks_that_have_no_such_picture(flower, sizes):
    with pytest.raises(InputError, match="units_plot"):
        units_plot(Network.create(sizes), flower)
