"""How large each layer's gradients and activations are while a network trains.

Gradients that shrink or grow from layer to layer, and ReLU units that answer nothing, are why a
deep network does not learn (Glorot & Bengio 2010; Maas et al. 2013). The cost alone hides them.
"""

from dataclasses import dataclass

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.errors import InputError
from chainrule.network import Network
from chainrule.training.arguments import Data, data_arrays
from chainrule.training.callbacks import Callback
from chainrule.training.history import Record
from chainrule.training.session import Session

Array = np.ndarray
EXAMPLES = 512  # turned into floats at a time


@dataclass(frozen=True, eq=False)
class LayerSizes:
    """One record's measurements, each (L,): for layers 1 to L.

    iteration : updates done before it.
    gradients : root mean square of dJ/dW[l], penalty included.
    errors : length of dJ/dZ[l], the root of its sum of squares over units and examples: what
        backpropagation hands from layer to layer, whatever their widths.
    activations : root mean square of A[l] over units and examples.
    dead : fraction of units that are 0 on every example; not a number where there is no ReLU.
    """

    iteration: int
    gradients: Array
    errors: Array
    activations: Array
    dead: Array


class LayerHealth(Callback):
    """Measures a network's layers at every record of its training.

    data : what is trained on, a Dataset or (X, Y) as for `train`. All its examples count alike,
    with or without example weights, and also in mini-batch training.
    records : of `LayerSizes`, filled as training goes.

    Each record costs one forward and one backward pass over all of `data` by the plain equations,
    and in the dual form the product that forms W[1]: about as much as one or two iterations.
    """

    def __init__(self, data: Data) -> None:
        self._data = data
        self.records: list[LayerSizes] = []

    def on_start(self, session: Session) -> None:
        if session.start.n_runs is not None:
            got = f"{session.start.n_runs} runs"
            raise InputError("LayerHealth", "the training of a single network", got)
        # Once, as pixels would be turned into floats again at every record.
        self._X, self._Y = data_arrays("LayerHealth", self._data, session.start)

    def on_record(self, session: Session, record: Record) -> None:
        network = session.network()
        cache = network.forward(self._X)
        gradients = network.backward(cache, self._Y, l2=session.pace.l2)
        sizes = (
            np.array([_root_mean_square(dW) for dW in gradients.dW]),
            np.array([float(np.linalg.norm(dZ)) for dZ in gradients.dZ]),
            np.array([_root_mean_square(A) for A in cache.A]),
            dead_units(network, cache.A),
        )
        self.records.append(LayerSizes(record.iteration, *sizes))


def dead_units(network: Network, activations: tuple[Array, ...]) -> Array:
    """For each layer the fraction of ReLU units that no example activates (L,), nan for others.

    activations : A[l] (n_l, m). Such a unit has no gradient on these examples and stays as it is,
    unless the layers below it change.
    """
    layers = zip(network.activations, activations, strict=True)
    dead = (~(A > 0).any(axis=1) if kind == "relu" else [np.nan] for kind, A in layers)
    return np.array([np.mean(units) for units in dead])


def dead_relus(network: Network, X: FeatureMatrix) -> Array:
    """`dead_units` of a single network on all examples of X (n_x, m), some at a time (L,)."""
    if network.n_runs is not None:
        fix = "Pass network.run(r)."
        raise InputError("dead_relus", "a single network", f"{network.n_runs} runs", fix)
    # The largest answer of each unit is all that matters, and is there block by block.
    largest = [np.full((n, 1), -np.inf) for n in network.layer_sizes[1:]]
    for start in range(0, X.shape[1], EXAMPLES):
        some = network.forward(X.select(slice(start, start + EXAMPLES)))
        for most, A in zip(largest, some.A, strict=True):
            np.maximum(most, A.max(axis=1, keepdims=True), out=most)
    return dead_units(network, tuple(largest))


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))
