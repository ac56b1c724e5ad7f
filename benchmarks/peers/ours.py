"""chainrule, as a user calls it. Its time includes the Gram matrix."""

from typing import Any

import numpy as np

from benchmarks.experiments import Experiment
from benchmarks.peers import Trained
from benchmarks.problems import Problem
from chainrule.data import PixelMatrix
from chainrule.network import Network
from chainrule.training import train as chainrule_train

COST_EVERY = 100  # iterations, as in the course


def train(
    problem: Problem, start: Network, experiment: Experiment, first_layer: str = "auto"
) -> Trained:
    result = chainrule_train(
        start,
        (_features(problem), problem.Y),
        learning_rate=experiment.learning_rate,
        iterations=experiment.iterations,
        epochs=experiment.epochs,
        batch_size=experiment.batch_size,
        record_every=COST_EVERY if experiment.epochs is None else None,
        first_layer=first_layer,
    )
    network = result.network
    return Trained(list(network.weights), list(network.biases), f"{result.first_layer.form} form")


def _features(problem: Problem) -> Any:
    """Floats as they are; bytes as pixels, to be divided by 255."""
    return PixelMatrix(problem.X) if problem.X.dtype == np.uint8 else problem.X
