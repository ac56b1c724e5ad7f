import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Network, open_data, train
from chainrule.data import feature_matrix
from chainrule.errors import InputError
from chainrule.training.layer_health import LayerHealth, dead_relus, dead_units

rng = np.random.default_rng(4)
X = rng.standard_normal((6, 30))
Y = (rng.random((1, 30)) > 0.5).astype(float)
NETWORK = Network.create((6, 8, 5, 1), rng=1)


def watched(network=NETWORK, data=(X, Y), **options):
    health = LayerHealth(data)
    train(network, data, callbacks=[health], **{"iterations": 40, "learning_rate": 0.1} | options)
    return health


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_the_first_record_by_central_differences(l2):
    first = watched(l2=l2).records[0]
    assert first.iteration == 0
    for layer in range(3):
        dW = np.empty_like(NETWORK.weights[layer])
        for place in np.ndindex(dW.shape):
            costs = []
            for step in (1e-6, -1e-6):
                weights = [W.copy() for W in NETWORK.weights]
                weights[layer][place] += step
                moved = Network(weights, NETWORK.biases, NETWORK.activations, NETWORK.loss)
                costs.append(moved.cost(X, Y, l2=l2))
            dW[place] = (costs[0] - costs[1]) / 2e-6
        assert_allclose(first.gradients[layer], np.sqrt(np.mean(dW**2)), rtol=1e-6)


def test_activations_and_errors_by_hand():
    W = np.array([[1.0, 0.0], [-1.0, 0.0]])
    network = Network(
        (W, np.array([[0.0, 0.0]])),
        (np.zeros((2, 1)), np.zeros((1, 1))),
        ("relu", "sigmoid"),
        "binary_cross_entropy",
    )
    data = (np.array([[3.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 0.0]]))
    record = watched(network, data, iterations=1).records[0]
    # A[1] = [[3, 1], [0, 0]], A[2] = [1/2, 1/2], dZ[2] = [-1/2, 1/2] / 2, and W[2] = 0.
    assert_allclose(record.activations, [np.sqrt(10 / 4), 0.5])
    assert_allclose(record.errors, [0, np.sqrt(2) / 4])
    assert_array_equal(record.dead, [0.5, np.nan])


def test_a_unit_is_dead_if_no_example_wakes_it():
    A = np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    network = Network.create((2, 3, 3, 1), activation=["relu", "tanh"])
    assert_allclose(dead_units(network, (A, A, A[:1])), [2 / 3, np.nan, np.nan])


def test_there_is_a_measurement_for_every_record():
    health = LayerHealth((X, Y))
    result = train(NETWORK, (X, Y), epochs=4, batch_size=7, callbacks=[health])
    assert_array_equal([r.iteration for r in health.records], result.history.iteration)
    final = result.network.forward(X)
    expected = [np.sqrt(np.mean(A**2)) for A in final.A]
    assert_allclose(health.records[-1].activations, expected)


def test_both_forms_measure_the_same():
    primal, dual = (watched(first_layer=form) for form in ("primal", "dual"))
    for a, b in zip(primal.records, dual.records, strict=True):
        assert_allclose(a.gradients, b.gradients, rtol=1e-9)


def test_pixels_are_scaled_as_in_training():
    data = open_data("fashion", positive="Bag").test
    health = watched(Network.create((784, 3, 1)), data, iterations=1)
    A = health.records[0].activations
    assert A[0] < 5


def test_what_cannot_be_watched():
    with pytest.raises(InputError, match="2 runs"):
        watched(Network.create((6, 3, 1), rng=[1, 2]))


def test_units_that_never_answer_by_all_examples_some_at_a_time(monkeypatch):
    monkeypatch.setattr("chainrule.training.layer_health.EXAMPLES", 7)
    network = Network.create((6, 8, 5, 1), rng=1)
    network.biases[0][[2, 5]] = -100.0
    inputs = feature_matrix(X)
    found = dead_relus(network, inputs)
    assert_array_equal(found, dead_units(network, network.forward(inputs).A))
    assert found[0] == 2 / 8
    with pytest.raises(InputError, match="a single network; got 2 runs"):
        dead_relus(Network.create((6, 8, 1), rng=[1, 2]), inputs)
