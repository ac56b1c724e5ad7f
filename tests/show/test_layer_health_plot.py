import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import Network, train
from chainrule.errors import InputError
from chainrule.show.experiment_plots import layer_health_plot
from chainrule.training.layer_health import LayerHealth

image = pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 50})
rng = np.random.default_rng(4)
X = rng.standard_normal((6, 30))
Y = (rng.random((1, 30)) > 0.5).astype(float)
NETWORK = Network.create((6, 8, 5, 1), rng=1)


def watched(network=NETWORK):
    health = LayerHealth((X, Y))
    train(network, (X, Y), callbacks=[health], iterations=40, learning_rate=0.1)
    return health


@image
def test_picture_of_the_layers():
    return layer_health_plot(watched(), title="Three layers")


@image
def test_picture_of_layers_without_relu():
    deep = Network.create((6, 8, 8, 8, 1), activation="sigmoid", rng=1)
    return layer_health_plot(watched(deep), title="Sigmoids")


def test_the_curves_are_the_measurements():
    health = watched()
    figure = layer_health_plot(health)
    curves = [line.get_ydata() for line in figure.axes[0].lines]
    assert_array_equal(np.transpose(curves), [r.gradients for r in health.records])
    looks = {(x.get_color(), x.get_linestyle(), x.get_marker()) for x in figure.axes[0].lines}
    assert len(looks) == 3


def test_gradients_of_zero_are_drawn():
    dead = Network(
        (np.zeros((3, 6)), np.zeros((1, 3))),
        (-np.ones((3, 1)), np.zeros((1, 1))),
        ("relu", "sigmoid"),
        "binary_cross_entropy",
    )
    figure = layer_health_plot(watched(dead))
    figure.draw_without_rendering()
    assert figure.axes[0].texts[0].get_text() == "0 in all layers"


def test_there_is_nothing_to_draw():
    with pytest.raises(InputError, match="callbacks"):
        layer_health_plot(LayerHealth((X, Y)))
