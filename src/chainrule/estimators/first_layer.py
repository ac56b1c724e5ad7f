"""The first layer's forms as the estimators train it: examples are columns here.

All offer the same: `parts` (what the optimizer updates), `D` (where dJ/dZ1 should be written, or
None), `forward` (Z1 = W X for all examples or a batch), `backward` (from D), `other` (W X for
other examples), `squared_norm` (||W||^2) and `as_weights` (parameters, or the optimizer's memory of
them, as W).

scikit-learn's loss contains the penalty at every batch, so ||W||^2 is needed at every step. The
engine's dual form would pay a product C K for it, (m / B) times the work of the step itself. Here
the image Z = W X is carried along instead, as a third parameter that obeys the same recurrence:

    W = a W0 + C X^T,   Z = a W0 X + C K,   K = X^T X
    gradients:  a: 0,   C: D,   Z: D K;     ||W||^2 = a^2 ||W0||^2 + a <W0 X, C> + <Z, C>

One product a step as before, 2 n_1 m B operations, and two inner products of n_1 m.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.training.first_layer import Primal
from chainrule.training.parameters import Part

Array = np.ndarray
Index = Array | None

# Features at a time where W0 is added to W: one is Fortran-ordered, the other is not, and whole
# they take ten times as long, out of the processor's cache.
FEATURES = 512


class DensePrimal(Primal):
    """W itself is the parameter: the engine's own form, but for products of all examples.

    These are written where they belong, not copied there: scikit-learn has no second one either.
    """

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is None:
            np.dot(self._W, self._X.columns(slice(None)), out=Z1)
        else:
            super().forward(Z1, batch)

    def backward(self, D: Array, batch: Index) -> None:
        if batch is None:
            np.dot(D, self._X.columns(slice(None)).T, out=self._dW)
            return
        super().backward(D, batch)
        del self._batch  # before the next one is made

    def as_weights(self, vectors: list[Array]) -> list[Array]:
        """Parameters, or anything that lies as they do, as (n_1, n_x) each: views."""
        return [v.reshape(self._shape) for v in vectors]

    def as_parameters(self, W: Array) -> Array:
        """What (n_1, n_x) becomes where the parameters lie."""
        return W.ravel()


class CarriedDual:
    """C, Z and, where a penalty shrinks the weights, a are the parameters.

    W0 : (n_1, n_x), kept, not copied.
    """

    def __init__(self, X: Any, W0: Array, *, decays: bool) -> None:
        self._X, self._W0, self._K = X, W0, X.gram()
        self._Z0 = np.ascontiguousarray(X.times(W0))
        self._W0_squared = float(np.einsum("ij,ij->", W0, W0))  # in any memory order
        self._decays, self._a = decays, np.ones(1, W0.dtype)
        self.parts = [
            Part(np.zeros(self._Z0.size, W0.dtype), 1.0, self._bind_C),
            Part(self._Z0.ravel(), 1.0, self._bind_Z),
        ]
        if decays:
            self.parts.append(Part(self._a, 1.0, self._bind_a))

    def _bind_C(self, p: Array, g: Array) -> None:
        # D is C's gradient: where a step sees all examples, the layers above write it in place.
        self.C, self.D = p.reshape(self._Z0.shape), g.reshape(self._Z0.shape)

    def _bind_Z(self, p: Array, g: Array) -> None:
        self._Z, self._dZ = p.reshape(self._Z0.shape), g.reshape(self._Z0.shape)

    def _bind_a(self, p: Array, g: Array) -> None:
        self._a, self._da = p, g

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is None:
            np.copyto(Z1, self._Z)
        else:
            np.take(self._Z, batch, axis=1, out=Z1, mode="clip")

    def backward(self, D: Array, batch: Index) -> None:
        if self._decays:
            self._da[...] = 0
        if batch is None:
            np.dot(D, self._K, out=self._dZ)
            return
        self.D[...] = 0
        self.D[:, batch] = D
        np.dot(D, self._K[batch], out=self._dZ)

    def other(self, X: Any) -> Callable[[], Array]:
        """W X for examples that are not trained on, read here, once: a function for any step."""
        Z0, K = X.times(self._W0), self._X.gram(X)
        return lambda: self._a * Z0 + self.C @ K

    def squared_norm(self) -> float:
        a = float(self._a[0])
        crossed = a * np.vdot(self._Z0, self.C) + np.vdot(self._Z, self.C)
        return float(a * a * self._W0_squared + crossed)

    def as_weights(self, vectors: list[Array]) -> list[Array]:
        """Parameters, then the optimizer's memory of them, as (n_1, n_x) each: X is read once."""
        n = self._Z0.size
        C = np.stack([v[:n].reshape(self._Z0.shape) for v in vectors])
        weights = list(self._X.outer(C))
        # Without decay a stays 1, and what follows W has no part of W0.
        shares = [v[-1] if self._decays else float(k == 0) for k, v in enumerate(vectors)]
        for start in range(0, self._W0.shape[1], FEATURES):
            part = slice(start, start + FEATURES)
            for W, a in zip(weights, shares, strict=True):
                if a:
                    W[:, part] += a * self._W0[:, part]
        return weights

    def coefficients(self) -> Array:
        """C (n_1, m): a copy."""
        return self.C.copy()
