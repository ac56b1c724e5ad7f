"""A kept moment gives the network that the session would have given then, to the bit."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Dataset, Network, train
from chainrule.data.matrix import FloatMatrix
from chainrule.training import Callback
from chainrule.training.moment import Moment, load, save


class Keeps(Callback):
    """The 7th step's moment as it comes out of a pipe, and the session's own network."""

    def on_step(self, session):
        if session.iteration == 7:
            self.sent = pickle.dumps(Moment.of(session))
            self.start, self.network = session.start, session.network()


class ReadOnce(FloatMatrix):
    """Features of which nobody needs a Gram matrix or W0 X."""

    def gram(self, other=None):
        raise AssertionError

    once = times = gram


@pytest.mark.parametrize(
    "how",
    [
        {"first_layer": "dual"},
        {"first_layer": "dual", "l2": 0.1, "optimizer": "nesterov"},
        {"first_layer": "dual", "batch_size": 5},
        {"first_layer": "dual", "optimizer": "lbfgs", "l2": 0.1},
        {"first_layer": "primal", "optimizer": "adam"},
        {"first_layer": "dual", "learning_rate": [0.1, 0.2], "l2": [0.0, 0.1]},
        {"first_layer": "dual", "changes": "3:l2=0.3"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["float32", "zeros", "regression"])
def test_it_is_the_network_of_that_moment(how, kind, tmp_path):
    rng, regression = np.random.default_rng(0), kind == "regression"
    X = rng.normal(size=(400, 12)).astype("float32" if kind == "float32" else float)
    Y = (
        5 + 3 * rng.normal(size=(1, 12))
        if regression
        else rng.integers(0, 2, (1, 12)).astype(float)
    )
    network = Network.create(
        (400, 1) if kind == "zeros" else (400, 5, 1),
        rng=1,
        dtype=X.dtype,
        initializer="zeros" if kind == "zeros" else "he",
        **({"output": "identity", "loss": "squared_error"} if regression else {}),
    )
    keeps = Keeps()
    train(
        *(network, (X, Y)),
        standardize_targets=regression,
        iterations=12,
        callbacks=[keeps],
        **{"learning_rate": 0.1} | how,
    )
    moment = pickle.loads(keeps.sent)
    assert moment.iteration == 7
    save([moment], tmp_path / "moments")
    moment = load(tmp_path / "moments")[7]
    if how["first_layer"] == "dual":
        assert moment.nbytes < len(keeps.sent) < X.nbytes / 4
    found = moment.network(keeps.start, ReadOnce(X.astype(keeps.start.dtype)))
    for name in ("weights", "biases"):
        for mine, own in zip(getattr(found, name), getattr(keeps.network, name), strict=True):
            assert_array_equal(mine, own)
            assert_array_equal(np.signbit(mine), np.signbit(own))  # of zeros, too
    assert str(found) == str(keeps.network)


class Last(Callback):
    def on_end(self, session):
        self.moment = Moment.of(session)


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("hidden", [(), (4,)], ids=["linear", "deep"])
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "numbers"])
def test_its_network_and_coefficients_are_those_of_the_training(regression, hidden, form):
    rng, last = np.random.default_rng(0), Last()
    labels = 80 + 9 * rng.standard_normal(10) if regression else np.arange(10) % 2
    data = Dataset(rng.standard_normal((15, 10)), labels, () if regression else ("a", "b"))
    output, loss = ("identity", "squared_error") if regression else (None, None)
    start = Network.create((15, *hidden, 1), output=output, loss=loss, rng=1)
    found = train(start, data, iterations=30, learning_rate=0.02, l2=0.1, first_layer=form,
                  callbacks=[last])  # fmt: skip
    again = last.moment.network(start, data)
    for mine, own in zip((*again.weights, *again.biases),
                         (*found.network.weights, *found.network.biases), strict=True):  # fmt: skip
        assert_array_equal(mine, own)
    assert (last.moment.coefficients is None) == (form == "primal")
    if form == "dual":
        assert_allclose(last.moment.coefficients, found.dual.C, rtol=1e-12)
