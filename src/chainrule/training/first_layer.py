"""The first layer's two forms: weights on features (primal) or on examples (dual).

Every gradient of the first layer is D X^T, with D = dJ/dZ[1] (n_1, m). Under an optimizer whose
update is a linear recurrence with scalar coefficients the weights therefore stay in the span of
the starting weights and the examples,

    W = a W0 + C X^T          a scalar, C (n_1, m) the dual coefficients

(the representer theorem: Kimeldorf & Wahba 1970; Schoelkopf, Herbrich & Smola 2001, applied to
the first layer of a network). So the dual form trains a and C, whose gradients are 0 and D, and
never touches W: what the layers above need is

    W X = a W0 X + C K,       K = X^T X, the Gram matrix.

Keeping C alone and taking the product C K is preferred to carrying W X along as a third
parameter: the work is the same, 2 n_1 m^2 operations a step instead of the primal form's
4 n_1 n_x m, there is one parameter fewer, and rounding does not pile up over the steps.

Both classes offer the same: `parts` (what the optimizer updates), `D` (where dJ/dZ1 should be
written, or None), `forward` (Z1 = W X for all examples or a batch), `backward` (from D), `other`
(W X for other examples), `squared_norm` (||W||^2) and `weights` (W).
"""

from collections.abc import Callable

import numpy as np

from chainrule.data import FeatureMatrix, resident
from chainrule.training.parameters import Part

Array = np.ndarray
Index = Array | None  # examples of a batch: (B,), or (R, B) where runs differ; None for all


def _product(W: Array, X: Array, out: Array) -> None:
    """W X for W (..., n, k) and one X (k, B): runs merged into one large product.

    W and out are contiguous, so that the merged shapes are views.
    """
    if W.ndim > 2:
        W, out = W.reshape(-1, W.shape[-1]), out.reshape(-1, out.shape[-1])
    np.dot(W, X, out=out)


def _flat(W: Array) -> Array:
    """(..., n, k) as (..., n k)."""
    return W.reshape(*W.shape[:-2], -1)


def distinct(W0: Array) -> Array:
    """W0 (R, n, k) as (1, n, k) where all runs are views of the same weights."""
    return W0[:1] if W0.ndim == 3 and W0.strides[0] == 0 else W0


class Primal:
    """W itself is the parameter: gradient D X^T, 4 n_1 n_x B operations a step."""

    D = None

    def __init__(self, X: FeatureMatrix, W0: Array) -> None:
        self._X = resident(X)
        self._shape: tuple[int, ...] = W0.shape
        self.parts = [Part(_flat(W0), 1.0, self._bind)]

    def _bind(self, p: Array, g: Array) -> None:
        self._W, self._dW = p.reshape(self._shape), g.reshape(self._shape)

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is None:
            Z1[...] = self._X.times(self._W)
        elif batch.ndim == 1:
            self._batch = self._X.columns(batch)
            # (X^T W^T)^T: two BLAS threads share it better than W X, in these layouts.
            merged = self._W.reshape(-1, self._W.shape[-1])
            Z1.reshape(len(merged), -1)[...] = (self._batch.T @ merged.T).T
        else:
            columns = self._X.columns(batch.ravel())
            self._batch = np.moveaxis(columns.reshape(-1, *batch.shape), 0, 1)
            np.matmul(self._W, self._batch, out=Z1)

    def backward(self, D: Array, batch: Index) -> None:
        if batch is None:
            self._dW[...] = self._X.outer(D)
        elif batch.ndim == 1:
            _product(D, self._batch.T, self._dW)
        else:
            np.matmul(D, self._batch.mT, out=self._dW)

    def other(self, X: FeatureMatrix) -> Callable[[], Array]:
        """W X for examples that are not trained on: a function to call at any later step."""
        return lambda: X.times(self._W)

    def squared_norm(self) -> Array:
        """||W||^2, shape () or (R,)."""
        return np.vecdot(_flat(self._W), _flat(self._W))

    def weights(self) -> Array:
        """W (..., n_1, n_x): a copy."""
        return self._W.copy()


class Dual:
    """a and C are the parameters: gradients 0 and D, 2 n_1 m B operations a step.

    decays : whether a penalty shrinks the weights; if not, a stays 1 and is no parameter.
    """

    def __init__(self, X: FeatureMatrix, W0: Array, *, decays: bool) -> None:
        self._X, self._decays = X, decays
        self._K = X.gram()
        # Weights that all runs start from are multiplied once, and seen by each.
        self._W0 = distinct(W0)
        self._zero_start = not self._W0.any()
        shape = self._shape = (*W0.shape[:-1], X.shape[1])
        self._Z0 = np.zeros(shape, W0.dtype) if self._zero_start else X.times(self._W0)
        self._start_norm = np.square(self._W0).sum(axis=(-2, -1))
        self.a = np.ones((*W0.shape[:-2], 1, 1), W0.dtype)
        self.parts = [Part(_flat(np.zeros(shape, W0.dtype)), 1.0, self._bind)]
        if decays:
            self.parts.append(Part(_flat(self.a), 1.0, self._bind_a))

    def _bind(self, p: Array, g: Array) -> None:
        # D is C's gradient: the layers above write it where the optimizer reads it.
        self.C, self.D = p.reshape(self._shape), g.reshape(self._shape)

    def _bind_a(self, p: Array, g: Array) -> None:
        self.a, self._da = p.reshape(self.a.shape), g.reshape(self.a.shape)

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is None:
            _product(self.C, self._K, Z1)
            Z0 = self._Z0
        elif batch.ndim == 1:
            _product(self.C, self._K[batch].T, Z1)
            Z0 = self._Z0[..., batch]
        else:
            np.matmul(self.C, self._K[batch].mT, out=Z1)
            Z0 = np.broadcast_to(self._Z0, self._shape)
            Z0 = np.take_along_axis(Z0, batch[:, None, :], axis=-1)
        if not self._zero_start:
            Z1 += self.a * Z0 if self._decays else Z0

    def backward(self, D: Array, batch: Index) -> None:
        """Full batch: D already stands in C's gradient. Mini-batch: only B columns are not 0."""
        if self._decays:
            self._da[...] = 0
        if batch is None:
            return
        self.D[...] = 0
        if batch.ndim == 1:
            self.D[..., batch] = D
        else:
            np.put_along_axis(self.D, batch[:, None, :], D, axis=-1)

    def other(self, X: FeatureMatrix) -> Callable[[], Array]:
        """W X for examples that are not trained on: a function to call at any later step.

        X is read here, once, and not again.
        """
        Z0, K = X.times(self._W0), self._X.gram(X)
        return lambda: self.a * Z0 + self.C @ K

    def squared_norm(self) -> Array:
        """||W||^2 = a^2 ||W0||^2 + 2 a <W0 X, C> + <C K, C>, shape () or (R,)."""
        a = self.a[..., 0, 0]
        CK = np.empty(self.C.shape, self.C.dtype)
        _product(self.C, self._K, CK)
        crossed = 2 * a * (self._Z0 * self.C).sum(axis=(-2, -1))
        return a * a * self._start_norm + crossed + (CK * self.C).sum(axis=(-2, -1))

    def weights(self) -> Array:
        """W = a W0 + C X^T (..., n_1, n_x)."""
        W = self._X.outer(self.C)
        if not self._zero_start:
            W += self.a * self._W0 if self._decays else self._W0
        return W
