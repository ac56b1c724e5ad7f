"""The layers above the first linear step, forward and backward, in buffers they own.

The same equations as `network/network.py`, arranged for speed: no array is made while training,
activations overwrite their Z, and parameters and gradients are views of two vectors that the
optimizer sees whole. Tests hold this file to the plain one.
"""

from collections.abc import Sequence

import numpy as np

from chainrule.network import ACTIVATIONS, LOSSES, correct

Array = np.ndarray


class Propagation:
    """One forward and backward pass over m examples, from Z[1] on.

    layers : W, b, dW, db; W and dW views (..., n_l, n_{l-1}) for the layers 2 ... L, b and db
        (..., n_l, 1) for 1 ... L.
    D : where dJ/dZ[1] (..., n_1, m) is to be written; a buffer of its own by default.
    """

    def __init__(
        self,
        activations: Sequence[str],
        loss: str,
        layers: tuple[list[Array], list[Array], list[Array], list[Array]],
        m: int,
        D: Array | None = None,
    ) -> None:
        self._W, self._b, self._dW, self._db = layers
        self._g = [ACTIVATIONS[name] for name in activations]
        self._loss, self._output = LOSSES[loss], activations[-1]
        dtype = self._b[0].dtype
        shapes = [(*layer.shape[:-1], m) for layer in self._b]
        self.Z1 = np.empty(shapes[0], dtype)
        hidden = [self.Z1, *(np.empty(shape, dtype) for shape in shapes[1:])]
        self.Z = hidden[-1]  # the logits, kept beside the outputs
        self._A = [*hidden[:-1], np.empty(shapes[-1], dtype)]
        self._dZ = [np.empty(shape, dtype) for shape in shapes]
        if D is not None:
            self._dZ[0] = D
        # Sums over examples as products with a column of ones: twice as fast as np.sum on rows
        # this short.
        self._ones = np.ones((m, 1), dtype)

    @property
    def D(self) -> Array:
        """dJ/dZ[1] (..., n_1, m), after `backward`."""
        return self._dZ[0]

    @property
    def outputs(self) -> Array:
        """A[L] (..., n_y, m), after `forward`."""
        return self._A[-1]

    def forward(self) -> None:
        """From Z1, which holds W[1] X without the bias, to the logits and outputs."""
        A, last = self._A, len(self._A) - 1
        Z = self.Z1
        for layer, (b, g) in enumerate(zip(self._b, self._g, strict=True)):
            if layer:
                Z = self.Z if layer == last else A[layer]
                np.matmul(self._W[layer - 1], A[layer - 1], out=Z)
            np.add(Z, b, out=Z)
            if layer < last:
                g.value(Z, out=Z)
            else:
                np.copyto(A[last], Z)
                g.value(A[last], out=A[last])

    def losses(self, Y: Array) -> Array:
        """The loss of each example (..., m), after `forward`."""
        return self._loss.per_example(self.Z, self.outputs, Y)

    @property
    def classifies(self) -> bool:
        return self._loss.classifies

    def correct(self, Y: Array) -> Array:
        """Which examples are classified rightly (..., m), after `forward`."""
        return correct(self.outputs, Y, self._output)

    def backward(self, Y: Array, weight: Array) -> None:
        """Fill every gradient and D. Y (..., n_y, m); weight (..., 1, m)."""
        A, dZ, W = self._A, self._dZ, self._W
        last = len(A) - 1
        dZ[last][...] = self._loss.derivative(A[last], Y, weight)
        if self._loss.output is None:
            self._g[last].backward(dZ[last], A[last], out=dZ[last])
        for layer in range(last, 0, -1):
            np.matmul(dZ[layer], A[layer - 1].mT, out=self._dW[layer - 1])
            np.matmul(dZ[layer], self._ones, out=self._db[layer])
            np.matmul(W[layer - 1].mT, dZ[layer], out=dZ[layer - 1])
            self._g[layer - 1].backward(dZ[layer - 1], A[layer - 1], out=dZ[layer - 1])
        np.matmul(dZ[0], self._ones, out=self._db[0])
