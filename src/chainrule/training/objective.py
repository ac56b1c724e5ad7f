"""What is minimized, as a function of blocks of parameters, and its gradient.

    J = sum_i w_i L_i + l2/2 sum_l ||W[l]||^2,     sum_i w_i = 1 over the examples of a step

Every driver trains through this file: the session, scikit-learn's epochs, and L-BFGS.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.device import HOST, Device, copies, namespace, on_host
from chainrule.network import Network
from chainrule.training.batches import Batch
from chainrule.training.first_layer import FirstLayer
from chainrule.training.parameters import UpperLayers, placed
from chainrule.training.propagation import Propagation

Array = np.ndarray


class Objective:
    """J of one network or R.

    network : the start. first : a form of its first layer.
    whole : whether every step sees all examples, so that D may stand in the first layer's gradient.
    device : where parameters, and all that is made of them, lie.
    blocks : the parameters and, after `backward`, their gradients. last : the last pass.
    """

    last: Propagation

    def __init__(
        self, network: Network, first: FirstLayer, *, whole: bool, device: Device = HOST
    ) -> None:
        self.first, self._whole = first, whole
        self._kinds = (network.activations, network.loss)
        self.upper = UpperLayers(network.weights, network.biases)
        self.blocks = placed([*first.parts, self.upper.part], device)
        # They hold the layers that hold them, whose arrays are to be freed with the objective.
        first.parts.clear()
        del self.upper.part
        self._upper_weights = self.upper.weights  # views of the parameters
        self._passes: dict[int, Propagation] = {}
        self._decayed = [piece for block in self.blocks for piece in block.pieces()]
        self._l2: Any = None
        self._multiply = namespace(self.upper.b1).multiply
        self._rates: list[Any] = []

    def forward(self, batch: Batch) -> Propagation:
        """A pass over the batch's examples, with the parameters as they are."""
        m = batch.Y.shape[-1]
        try:
            work = self.last = self._passes[m]
        except KeyError:  # buffers for so many examples are made when first needed
            D = self.first.D if self._whole else None
            work = self.last = self._passes[m] = Propagation(*self._kinds, self.upper, m, D)
        self.first.forward(work.Z1, batch.index)
        work.forward(batch.masks)
        return work

    def backward(self, work: Propagation, batch: Batch) -> None:
        """The gradient of sum_i w_i L_i, into the blocks."""
        work.backward(batch.Y, batch.weight)
        self.first.backward(work.D, batch.index)

    def on(self, X: FeatureMatrix) -> Callable[[], Propagation]:
        """A function that makes a pass over examples that are not trained on, whenever called."""
        image, work = self.first.other(X), Propagation(*self._kinds, self.upper, X.shape[1])

        def forward() -> Propagation:
            work.Z1[...] = image()
            work.forward()
            return work

        return forward

    def squared_norm(self) -> Any:
        """sum_l ||W[l]||^2, () or (R,)."""
        total = self.first.squared_norm()
        for W in self._upper_weights:
            total = total + namespace(W).einsum("...ij,...ij->...", W, W)
        return total

    def decay(self, l2: Any) -> None:
        """Add the penalty's gradient, l2 times the weights. l2 : a number, or (R, 1)."""
        floats = isinstance(l2, float) and isinstance(self._l2, float)
        if l2 is not self._l2 and not (floats and l2 == self._l2):
            self._l2, self._rates = l2, [l2 * decayed for _, _, decayed, _ in self._decayed]
        for (p, g, _, room), rate in zip(self._decayed, self._rates, strict=True):
            g += self._multiply(p, rate, out=room)

    def evaluate(self, batch: Batch, l2: float, scale: float = 1.0) -> Any:
        """J over a batch, () or (R,), and its gradient in the blocks.

        scale : of the losses in J, not in the gradient: scikit-learn's way with several outputs.
        """
        work = self.forward(batch)
        cost = scale * np.vecdot(work.losses(batch.Y), batch.weight[..., 0, :])
        self.backward(work, batch)
        if l2:
            cost = cost + 0.5 * l2 * self.squared_norm()
            self.decay(l2)
        return cost

    def network(self) -> Network:
        """The network with the parameters reached so far (copies, NumPy's)."""
        above, biases = copies(*self.upper.weights), copies(*self.upper.biases)
        return Network((on_host(self.first.weights()), *above), biases, *self._kinds)
