"""A training at one moment is the network that the session makes of it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Dataset, Network, train
from chainrule.training import Callback
from chainrule.training.moment import Moment


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
        assert_allclose(mine, own, rtol=1e-12)
    assert (last.moment.coefficients is None) == (form == "primal")
    if form == "dual":
        assert_allclose(last.moment.coefficients, found.dual.C, rtol=1e-12)
