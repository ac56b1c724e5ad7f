"""Cost and accuracy of a pass, on the examples of a step and on a validation set."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.data.matrix import placed
from chainrule.device import Device, on_host
from chainrule.training.arguments import Validation
from chainrule.training.batches import Batch
from chainrule.training.history import number
from chainrule.training.objective import Objective
from chainrule.training.propagation import Propagation

Array = np.ndarray


def measure(work: Propagation, batch: Batch) -> tuple[Any, Any]:
    """Weighted cost (without penalty) and accuracy of a pass, () or (R,)."""
    weight = batch.weight[..., 0, :]
    cost = (work.losses(batch.Y) * weight).sum(axis=-1)
    if not work.classifies:
        return cost, cost * np.nan
    return cost, (work.correct(batch.Y) * weight).sum(axis=-1)


class Validated:
    """The validation set's cost and accuracy at any time of a training.

    validation : see `Plan`. labels : (n_y, m) those of the training set. device : where the
    parameters lie, and `products` where the features do, fetched or not.
    """

    def __init__(
        self,
        validation: Validation,
        labels: Array,
        objective: Objective,
        device: Device,
        products: Device,
        *,
        fetched: bool,
    ) -> None:
        self._apart = isinstance(validation, tuple)
        self._measured: Batch | None = None
        self._look: Callable[[], Propagation]
        if isinstance(validation, np.ndarray):
            measured = self._measured = Batch(None, device.put(labels), device.put(validation))
            self._look = lambda: objective.forward(measured)
        elif validation is not None:
            other, Y = validation
            equal = np.full((1, Y.shape[-1]), 1 / Y.shape[-1], Y.dtype)
            self._measured = Batch(None, device.put(Y), device.put(equal))
            self._look = objective.on(placed(other, products, fetched=fetched))

    def __call__(self, work: Propagation | None) -> tuple[Any, Any]:
        """Now, or None twice. work : a pass over all examples of the training set, if any."""
        if self._measured is None:
            return None, None
        if work is None or self._apart:
            work = self._look()
        cost, accuracy = measure(work, self._measured)
        return number(on_host(cost)), number(on_host(accuracy))
