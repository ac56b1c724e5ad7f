"""The layers above the first linear step, forward and backward, in buffers they own.

The same equations as `network/network.py`, arranged for speed: in buffers made once (a derivative
may need a temporary), and a bias is the weight of an input that is always 1, so that one product
[W b] [A; 1] gives Z and one product dZ [A; 1]^T gives dW and db together. Tests hold this file
to the plain one.
"""

from collections.abc import Sequence

import numpy as np

from chainrule.device import NUMPY, namespace
from chainrule.network import ACTIVATIONS, LOSSES, correct
from chainrule.training.parameters import UpperLayers

Array = np.ndarray


class Propagation:
    """One forward and backward pass over m examples, from Z[1] on.

    upper : parameters and gradients of the layers, views that the optimizer changes.
    D : where `backward` writes dJ/dZ[1] (..., n_1, m); a buffer of its own by default.
    Z1 : (..., n_1, m), contiguous, to be filled with W[1] X before `forward`.
    """

    def __init__(
        self,
        activations: Sequence[str],
        loss: str,
        upper: UpperLayers,
        m: int,
        D: Array | None = None,
    ) -> None:
        xp = self._xp = namespace(upper.b1)
        self._loss, self._output = LOSSES[loss].on(xp), activations[-1]
        self._g = [ACTIVATIONS[name].on(xp) for name in activations]
        self._add, self._multiply = xp.add, xp.multiply
        self._b1, self._db1 = upper.b1, upper.db1
        if upper.b1.size == 1:
            # As a 0-d view, added in a third of the time.
            self._b1 = upper.b1.reshape(())
        lead: tuple[int, ...] = upper.b1.shape[:-2]
        like = {"dtype": upper.b1.dtype, "device": upper.b1.device}
        units = [upper.b1.shape[-2], *(V.shape[-2] for V in upper.V)]
        self._dZ = [xp.empty((*lead, n, m), **like) for n in units]
        if D is not None:
            self._dZ[0] = D
        # One network's matrices are few and small, and np.dot asks less about them.
        self._product = xp.matmul if lead or xp is not NUMPY else np.dot
        with_ones = [xp.ones((*lead, n + 1, m), **like) for n in units[:-1]]
        self._A = [*(A[..., :-1, :] for A in with_ones), xp.empty((*lead, units[-1], m), **like)]
        # A hidden Z is not needed once A is known: it takes A's place, where that is contiguous.
        hidden = [xp.empty((*lead, n, m), **like) for n in units[:-1]] if lead else self._A[:-1]
        self._Z = [*hidden, xp.empty((*lead, units[-1], m), **like)]
        self.Z1, self.D = self._Z[0], self._dZ[0]
        # For each layer from the second on: Z = V [A; 1]; dV = dZ [A; 1]^T; dA = W^T dZ.
        self._up = list(zip(upper.V, with_ones, self._Z[1:], strict=True))
        self._down = [
            (dV, A.mT, V[..., :-1].mT)
            for V, dV, A in zip(upper.V, upper.dV, with_ones, strict=True)
        ]
        self._ones = xp.ones((m, 1), **like)
        self._masks: Sequence[Array | None] = ()

    @property
    def classifies(self) -> bool:
        return self._loss.classifies

    @property
    def A(self) -> tuple[Array, ...]:
        """A[1] ... A[L] (..., n_l, m) of the last `forward`: views."""
        return tuple(self._A)

    @property
    def logits(self) -> Array:
        """Z[L] (..., n_y, m) of the last `forward`: a view."""
        return self._Z[-1]

    def forward(self, masks: Sequence[Array | None] = ()) -> None:
        """From Z1, which holds W[1] X without the bias, to the logits and outputs.

        masks : for dropout, a factor on the outputs of each hidden layer, (..., n_l, m) of 0 and
            1 / (1 - rate); None for a layer without. `backward` goes back through the same. Of
            element-wise activations only: softmax would need what was dropped.
        """
        self._masks = masks
        g, A, product = self._g, self._A, self._product
        Z = self.Z1
        self._add(Z, self._b1, out=Z)
        g[0].value(Z, out=A[0])
        for layer, (V, A_prev, Z) in enumerate(self._up, start=1):
            if masks and masks[layer - 1] is not None:
                A[layer - 1] *= masks[layer - 1]
            product(V, A_prev, out=Z)
            g[layer].value(Z, out=A[layer])

    def losses(self, Y: Array) -> Array:
        """The loss of each example (..., m), after `forward`."""
        return self._loss.per_example(self._Z[-1], self._A[-1], Y)

    def correct(self, Y: Array) -> Array:
        """Which examples are classified rightly (..., m), after `forward`."""
        return correct(self._A[-1], Y, self._output, self._xp)

    def backward(self, Y: Array, weight: Array) -> None:
        """Fill every gradient and D. Y (..., n_y, m); weight (..., 1, m)."""
        g, A, dZs, product = self._g, self._A, self._dZ, self._product
        dZ = self._loss.derivative(A[-1], Y, weight, dZs[-1])
        if self._loss.output is None:
            g[-1].backward(dZ, A[-1], out=dZ)
        for layer in range(len(A) - 1, 0, -1):
            dV, A_T, W_T = self._down[layer - 1]
            product(dZ, A_T, out=dV)
            # Of one unit: an outer product, which matmul takes twice as long for with many runs.
            one = dZ.ndim > 2 and dZ.shape[-2] == 1
            dA = (self._multiply if one else product)(W_T, dZ, out=dZs[layer - 1])
            if self._masks:
                self._drop_back(layer - 1, dA)
            dZ = g[layer - 1].backward(dA, A[layer - 1], out=dA)
        # A sum over examples as a product with ones: faster than np.sum on rows this short.
        product(dZ, self._ones, out=self._db1)

    def _drop_back(self, layer: int, dA: Array) -> None:
        """dA through the mask, and A as it was before it where it was kept: derivatives are
        written with A. Where it was dropped dA is 0, whatever the derivative."""
        mask = self._masks[layer]
        if mask is not None:
            dA *= mask
            self._A[layer] /= self._xp.where(mask > 0, mask, 1)
