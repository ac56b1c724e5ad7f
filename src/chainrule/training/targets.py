"""Targets of a regression, standardized while a network is trained on them.

    y' = (y - mean) / deviation,     a = mean + deviation a'

The network learns y'; its last layer takes mean and deviation in afterwards, so that it answers a,
in the target's own unit (LeCun et al. 2012, "Efficient BackProp", section 4.3, standardizes inputs
for the same reason: rates and penalties then mean the same for any unit). Both are those of the
examples that a run trains on, by their weights: nothing of a held-out one enters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.network import Network

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Standardized:
    """mean, deviation : of each output, (n_y, 1) or, where runs weigh examples differently,
    (R, n_y, 1)."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, Y: Array, weight: Array) -> "Standardized":
        """From targets Y (..., n_y, m) and weights (..., 1, m) that sum to 1. Of targets that are
        alike the deviation is 1."""
        mean = (weight * Y).sum(axis=-1, keepdims=True)
        off = np.where(weight > 0, Y - mean, 0)
        most = np.abs(off).max(axis=-1, keepdims=True)
        off = np.divide(off, most, out=np.zeros_like(off), where=most > 0)  # squares may overflow
        deviation = most * np.sqrt((weight * off**2).sum(axis=-1, keepdims=True))
        # Rounding leaves a tiny deviation of targets that are alike.
        alike = deviation <= 16 * np.finfo(Y.dtype).eps * np.abs(mean)
        return cls(mean, np.where(alike, 1, deviation).astype(Y.dtype))

    def __call__(self, Y: Array) -> Array:
        """Y', as the network learns it."""
        found: Array = (Y - self.mean) / self.deviation
        return found

    def restored(self, A: Array) -> Array:
        """Outputs (..., n_y, m) in the targets' own unit."""
        found: Array = A * self.deviation + self.mean
        return found

    def folded(self, network: Network) -> Network:
        """The network that answers in the targets' own unit."""
        *weights, W = network.weights
        *biases, b = network.biases
        last = b * self.deviation + self.mean
        return replace(network, weights=(*weights, W * self.deviation), biases=(*biases, last))

    def of_dual(self, network: Network, parts: Sequence[Array]) -> list[Array]:
        """The dual coefficients of the folded network: others where its first layer is its last."""
        factor = self.deviation if len(network.weights) == 1 else 1
        return [part * factor for part in parts]


def fits(network: Network) -> bool:
    """Whether the outputs can take a mean and a deviation in."""
    return network.activations[-1] == "identity" and not network.loss_function.classifies


def wanted(asked: bool | None, data: object, network: Network) -> bool:
    """Whether targets are standardized: as asked; by default those of a Dataset, where that fits.
    InputError where it is asked for and does not."""
    if asked is None:
        return fits(network) and isinstance(data, Dataset) and data.task == "regression"
    if asked and not fits(network):
        expected = "a regression with identity outputs for standardize_targets=True"
        raise InputError("train", expected, f"{network.activations[-1]}; {network.loss}")
    return asked
