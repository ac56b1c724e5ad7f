"""What several tests of training share."""

import numpy as np
import pytest

from chainrule import Network
from chainrule.training import Callback


@pytest.fixture
def noisy_split():
    """Labels half learnable, half noise, so that training overfits after some 25 iterations.

    (network 15-4-1, (X, Y) of 20 examples, validation (X, Y) of 12).
    """
    rng = np.random.default_rng(5)
    w, X, noise = (rng.standard_normal(shape) for shape in ((1, 15), (15, 32), (1, 32)))
    Y = (w @ X + 3 * noise > 0).astype(float)
    network = Network.create((15, 4, 1), activation="tanh", initializer="xavier", rng=1)
    return network, (X[:, :20], Y[:, :20]), (X[:, 20:], Y[:, 20:])


@pytest.fixture
def at_step():
    """A callback that calls a function with the session once `iteration` updates are done."""

    class AtStep(Callback):
        def __init__(self, iteration, function):
            self.iteration, self.function = iteration, function

        def on_step(self, session):
            if session.iteration == self.iteration:
                self.function(session)

    return AtStep
