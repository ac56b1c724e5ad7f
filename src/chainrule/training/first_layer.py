"""The first layer's forms: weights on features (primal), examples (dual) or their span (rotated).

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
4 n_1 n_x m, there is one parameter fewer, and rounding does not pile up over the steps. Only where
||W||^2 is needed at every mini-batch is it carried, see `Carried`.

All forms stand in this one file because they are one idea, to be compared, and offer the same:
`parts` (what the optimizer updates), `D` (where dJ/dZ1 should be written, or None), `forward`
(Z1 = W X for all examples or a batch), `backward` (from D), `other` (W X for other examples),
`squared_norm` (||W||^2), `weights` (W); the primal and the carried one, which scikit-learn's
solvers train, `as_weights` (parameters, or the optimizer's memory of them, as W); the dual ones `a`
and `coefficients` (C).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.data import FeatureMatrix, SparseMatrix, resident
from chainrule.data.matrix.verbs import Gram, Times
from chainrule.device import HOST, NUMPY, namespace, on_host
from chainrule.training.parameters import Part

Array = np.ndarray
Index = Array | None  # examples of a batch: (B,), or (R, B) where runs differ; None for all

# Features at a time where a Fortran-ordered W0 is added to W: whole they take ten times as long,
# out of the processor's cache.
FEATURES = 512


def _product(W: Array, X: Array, out: Array) -> None:
    """W X for W (..., n, k) and one X (k, B), or X (F, k, B) of as many runs each: runs merged
    into large products.

    W and out are contiguous, so that the merged shapes are views.
    """
    xp = namespace(W)
    if X.ndim > 2:
        W, out = (A.reshape(len(X), -1, A.shape[-1]) for A in (W, out))
        xp.matmul(W, X, out=out)
        return
    if W.ndim > 2:
        W, out = W.reshape(-1, W.shape[-1]), out.reshape(-1, out.shape[-1])
    (np.dot if xp is NUMPY else xp.matmul)(W, X, out=out)


def _flat(W: Array) -> Array:
    """(..., n, k) as (..., n k)."""
    return W.reshape(*W.shape[:-2], -1)


def squares(W: Array) -> Array:
    """||W||^2 over the last two axes, in any memory order: () or (R,)."""
    return np.einsum("...ij,...ij->...", W, W)


def distinct(W0: Array) -> Array:
    """W0 (R, n, k) as (1, n, k) where all runs are views of the same weights."""
    return W0[:1] if W0.ndim == 3 and W0.strides[0] == 0 else W0


def spanned(X: FeatureMatrix, W0: Array, a: Array, C: Array) -> Array:
    """W = a W0 + C X^T (..., n_1, n_x), NumPy's: one pass over X.

    W0 : (..., n_1, n_x). a : (..., 1, 1). C : (..., n_1, m), where X lies.
    """
    return _added(on_host(X.outer(C)), distinct(W0), a)


def _added(W: Array, W0: Array, a: Any) -> Array:
    """W with a W0 added, in place."""
    if not np.any(a) or not W0.any():
        return W
    step = W.shape[-1] if W0.flags.c_contiguous else FEATURES
    decayed = np.any(np.not_equal(a, 1))  # else no product needs to be made
    for start in range(0, W.shape[-1], step):
        part = slice(start, start + step)
        W[..., part] += a * W0[..., part] if decayed else W0[..., part]
    return W


class Primal:
    """W itself is the parameter: gradient D X^T, 4 n_1 n_x B operations a step.

    decays : of no matter here.
    """

    D, decays = None, False
    _batch: Any  # its features, from forward to backward

    def __init__(self, X: FeatureMatrix, W0: Array) -> None:
        self._X = resident(X)
        self._shape: tuple[int, ...] = W0.shape
        self.parts = [Part(_flat(W0), 1.0, self._bind)]

    def _bind(self, p: Array, g: Array) -> None:
        self._p, self._W, self._dW = p, p.reshape(self._shape), g.reshape(self._shape)

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is None:
            self._X.times(self._W, out=Z1)
        elif batch.ndim == 1:
            self._batch = self._X.columns(batch)
            # (X^T W^T)^T: two BLAS threads share it better than W X, in these layouts.
            merged = self._W.reshape(-1, self._W.shape[-1])
            Z1.reshape(len(merged), -1)[...] = (self._batch.T @ merged.T).T
        else:
            columns = self._X.columns(batch.ravel())
            xp = namespace(Z1)
            self._batch = xp.moveaxis(columns.reshape(-1, *batch.shape), 0, 1)
            xp.matmul(self._W, self._batch, out=Z1)

    def backward(self, D: Array, batch: Index) -> None:
        if batch is None:
            self._X.outer(D, out=self._dW)
            return
        if batch.ndim == 1:
            _product(D, self._batch.T, self._dW)
        else:
            namespace(D).matmul(D, self._batch.mT, out=self._dW)
        del self._batch  # before the next one is made

    def other(self, X: FeatureMatrix) -> Callable[[], Array]:
        """W X for examples that are not trained on: a function to call at any later step."""
        return lambda: X.times(self.as_weights(self._p)[0])

    def squared_norm(self) -> Array:
        """||W||^2, shape () or (R,)."""
        return namespace(self._p).vecdot(self._p, self._p)

    def weights(self) -> Array:
        """W (..., n_1, n_x): a copy in C order."""
        return np.array(on_host(self.as_weights(self._p)[0]), order="C")

    def as_weights(self, *vectors: Array) -> list[Array]:
        """Parameters, or anything that lies as they do, as (n_1, n_x): views."""
        return [v.reshape(self._shape) for v in vectors]

    def as_parameters(self, W: Array) -> Array:
        """What (n_1, n_x) becomes where the parameters lie."""
        return W.ravel()


class SparsePrimal(Primal):
    """W itself is the parameter, kept as W^T (..., n_x, n_1), which sparse products read."""

    def __init__(self, X: SparseMatrix, W0: Array) -> None:
        self._rows, self._shape = X.rows, W0.mT.shape
        self.parts = [Part(_flat(W0.mT), 1.0, self._bind)]

    def _bind(self, p: Array, g: Array) -> None:
        self._p, (n_x, n_1) = p, self._shape[-2:]
        # The runs one after the other, one for a single network.
        self._WT, self._dWT = p.reshape(-1, n_x, n_1), g.reshape(-1, n_x, n_1)

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is not None and batch.ndim == 2:
            self._batch = [self._rows[index] for index in batch]
        else:
            rows = self._rows if batch is None else self._rows[batch]
            self._batch = [rows] * len(self._WT)
        Z1 = Z1.reshape(-1, *Z1.shape[-2:])
        for Z, rows, WT in zip(Z1, self._batch, self._WT, strict=True):
            Z[...] = (rows @ WT).T

    def backward(self, D: Array, batch: Index) -> None:
        D = D.reshape(-1, *D.shape[-2:])
        for dWT, rows, of_run in zip(self._dWT, self._batch, D, strict=True):
            dWT[...] = rows.T @ of_run.T
        del self._batch

    def as_weights(self, *vectors: Array) -> list[Array]:
        """Parameters, or anything that lies as they do, as (..., n_1, n_x): views."""
        return [v.reshape(self._shape).mT for v in vectors]

    def as_parameters(self, W: Array) -> Array:
        """What (n_1, n_x) becomes where the parameters lie."""
        return W.T.ravel()


class Dual:
    """a and C are the parameters: gradients 0 and D, 2 n_1 m B operations a step.

    W0 : (..., n_1, n_x), kept, not copied.
    decays : whether a penalty shrinks the weights, or did; may be set before any step. Until then
        a is 1, and is not multiplied by.
    """

    def __init__(self, X: FeatureMatrix, W0: Array, *, decays: bool) -> None:
        self._X, self.decays = X, decays
        # Weights that all runs start from are multiplied once, and seen by each.
        self._W0 = distinct(W0)
        start_norm = squares(self._W0)
        # The norm is at hand; of weights whose squares are nothing the weights themselves say it.
        self._zero_start = not (start_norm.any() or self._W0.any())
        shape = self._shape = (*W0.shape[:-1], X.shape[1])
        if self._zero_start:
            self._K, self._Z0 = X.gram(), X.device.put(np.zeros(shape, W0.dtype))
        else:
            self._K, Z0 = X.once(Gram(), Times(self._W0))
            self._Z0 = np.ascontiguousarray(Z0) if X.device is HOST else Z0
        a = np.ones((*W0.shape[:-2], 1, 1), W0.dtype)
        self.a, self._start_norm = X.device.put(a), X.device.put(start_norm)
        self.parts = [
            Part(_flat(np.zeros(shape, W0.dtype)), 1.0, self._bind),
            Part(_flat(a), 1.0, self._bind_a, small=True),
        ]

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
            xp = namespace(Z1)
            xp.matmul(self.C, self._K[batch].mT, out=Z1)
            Z0 = xp.broadcast_to(self._Z0, self._shape)
            Z0 = xp.take_along_axis(Z0, batch[:, None, :], axis=-1)
        if not self._zero_start:
            Z1 += self.a * Z0 if self.decays else Z0

    def backward(self, D: Array, batch: Index) -> None:
        """Full batch: D already stands in C's gradient. Mini-batch: only B columns are not 0."""
        self._da[...] = 0
        if batch is None:
            return
        self.D[...] = 0
        if batch.ndim == 1:
            self.D[..., batch] = D
        else:
            runs = namespace(D).arange(len(D), device=D.device)[:, None]
            self.D.mT[runs, batch] = D.mT

    def other(self, X: FeatureMatrix) -> Callable[[], Array]:
        """W X for examples that are not trained on: a function to call at any later step.

        X is read here, once, and not again.
        """
        Z0, K = X.once(Times(self._W0), Gram(self._X))
        return lambda: self.a * Z0 + self.coefficients() @ K.mT

    def squared_norm(self) -> Array:
        """||W||^2 = a^2 ||W0||^2 + 2 a <W0 X, C> + <C K, C>, shape () or (R,)."""
        a = self.a[..., 0, 0]
        CK = namespace(self.C).empty_like(self.C)
        _product(self.C, self._K, CK)
        crossed = 2 * a * (self._Z0 * self.C).sum(axis=(-2, -1))
        return a * a * self._start_norm + crossed + (CK * self.C).sum(axis=(-2, -1))

    def coefficients(self) -> Array:
        """C (..., n_1, m), a view."""
        return self.C

    def weights(self) -> Array:
        """W = a W0 + C X^T (..., n_1, n_x)."""
        W = spanned(self._X, self._W0, on_host(self.a), self.coefficients())
        self._X.remember(W, self._times)
        return W

    def _times(self) -> Array:
        """W X (..., n_1, m)."""
        Z = namespace(self.C).empty_like(self.C)
        self.forward(Z, None)
        return Z


class Carried(Dual):
    """C, a and the image Z = W X are the parameters.

    scikit-learn's loss contains the penalty at every mini-batch, so ||W||^2 is needed at every
    step. `Dual` pays a product C K for it, m / B times the work of the step itself. Here Z is
    carried along, a third parameter that obeys the same recurrence:

        Z = a W0 X + C K,   gradient D K;     ||W||^2 = a^2 ||W0||^2 + a <W0 X, C> + <Z, C>

    One product a step as before, 2 n_1 m B operations, and two inner products of n_1 m.
    """

    def __init__(self, X: FeatureMatrix, W0: Array, *, decays: bool) -> None:
        super().__init__(X, W0, decays=decays)
        Z = np.broadcast_to(self._Z0, self._shape)
        self.parts.insert(1, Part(_flat(Z), 1.0, self._bind_Z))

    def _bind_Z(self, p: Array, g: Array) -> None:
        self._Z, self._dZ = p.reshape(self._shape), g.reshape(self._shape)

    def forward(self, Z1: Array, batch: Index) -> None:
        if batch is None:
            np.copyto(Z1, self._Z)
        elif batch.ndim == 1:
            np.take(self._Z, batch, axis=-1, out=Z1, mode="clip")
        else:
            Z1[...] = np.take_along_axis(self._Z, batch[:, None, :], axis=-1)

    def backward(self, D: Array, batch: Index) -> None:
        super().backward(D, batch)
        K = self._K if batch is None else self._K[batch]
        if K.ndim == 2:
            _product(D, K, self._dZ)
        else:
            np.matmul(D, K, out=self._dZ)

    def squared_norm(self) -> Array:
        a, C = self.a[..., 0, 0], _flat(self.C)
        crossed = a * np.vecdot(_flat(self._Z0), C) + np.vecdot(_flat(self._Z), C)
        return a * a * self._start_norm + crossed

    def as_weights(self, *vectors: Array) -> list[Array]:
        """Parameters, then the optimizer's memory of them, as (n_1, n_x) each: X is read once."""
        C = np.stack([v[: self.C.size].reshape(self._shape) for v in vectors])
        shares = [v[-1] for v in vectors]
        return [_added(W, self._W0, a) for W, a in zip(self._X.outer(C), shares, strict=True)]


class Rotated:
    """The dual form for L-BFGS: the first layer of a single network in the coordinates of its span.

    The penalty adds a multiple of the start. So with the columns of Q an orthonormal basis of X and
    P the part of W0 outside it, of the examples that have a weight,

        W = B Q^T + s P,     B (n_1, r), s a number,

    holds all along, and L-BFGS, which sees its vectors through inner products only, walks the same
    path in the coordinates (B, s ||P||) as in W. From the Gram matrix's eigenvalues, K = V S V^T,

        Q = X V S^(-1/2),    R = Q^T X = S^(1/2) V^T,    Z1 = W X = B R + s P X,

    so that Q itself, as large as X, is never made. An iteration takes 4 n_1 r m operations in the
    place of 4 n_1 n_x m. Directions whose eigenvalue is rounding are left out; what W0 has there
    stays in P, because P X is taken as the difference Z0 - B0 R, whatever that leaves.

    W0 : float64; the eigenvalues are squares, in float32 directions would be lost.
    counted : (k,) which examples have a weight; all by default. One without may lie where features
        are a million times as large: beside its eigenvalue the others' would be rounding.
    """

    D, decays = None, False

    def __init__(self, X: FeatureMatrix, W0: Array, counted: Array | None = None) -> None:
        self._X, self._W0 = X, W0
        K, Z0 = X.once(Gram(), Times(W0))
        counted = np.arange(len(K)) if counted is None else counted
        eigenvalues, V = np.linalg.eigh(K[np.ix_(counted, counted)])
        real = eigenvalues > np.finfo(W0.dtype).eps * len(V) * max(eigenvalues[-1], 0)
        root = np.sqrt(eigenvalues[real])
        self._inverse, self._R = np.zeros((2, len(root), len(K)))
        self._inverse[:, counted] = V[:, real].T / root[:, None]  # S^(-1/2) V^T: Q^T = this X^T
        self._R[:, counted] = root[:, None] * V[:, real].T
        others = np.setdiff1d(np.arange(len(K)), counted)
        self._R[:, others] = self._inverse @ K[:, others]
        self._B0 = Z0 @ self._inverse.T
        whole = float(squares(W0))
        outside = whole - float(np.vdot(self._B0, self._B0))
        # Where W0 lies in the span but for rounding, P has no direction worth a parameter.
        self._has_P = outside > 1e-14 * whole
        self._length = np.sqrt(outside) if self._has_P else 1.0
        self._PX = (Z0 - self._B0 @ self._R) / self._length  # of P at length 1
        self._t = np.full(1, self._length)
        self.parts = [Part(self._B0.ravel(), 1.0, self._bind_B)]
        if self._has_P:
            self.parts.append(Part(self._t, 1.0, self._bind_t))

    def _bind_B(self, p: Array, g: Array) -> None:
        self._B, self._dB = p.reshape(self._B0.shape), g.reshape(self._B0.shape)

    def _bind_t(self, p: Array, g: Array) -> None:
        self._t, self._dt = p, g

    def forward(self, Z1: Array, batch: Index) -> None:
        assert batch is None
        np.dot(self._B, self._R, out=Z1)
        Z1 += self._t * self._PX

    def backward(self, D: Array, batch: Index) -> None:
        np.dot(D, self._R.T, out=self._dB)
        if self._has_P:
            self._dt[...] = np.vdot(D, self._PX)

    def other(self, X: FeatureMatrix) -> Callable[[], Array]:
        """W X for examples that are not trained on: a function to call at any later step."""
        Z0, K = X.once(Times(self._W0), Gram(self._X))
        return lambda: self.a * Z0 + self.coefficients() @ K.mT

    def squared_norm(self) -> float:
        return float(np.vdot(self._B, self._B)) + (float(self._t[0]) ** 2 if self._has_P else 0.0)

    @property
    def a(self) -> Array:
        """a (1, 1) of W = a W0 + C X^T."""
        return self._t[:, None] / self._length

    def coefficients(self) -> Array:
        """C (n_1, m) of W = a W0 + C X^T."""
        return (self._B - self.a * self._B0) @ self._inverse

    def weights(self) -> Array:
        """W (n_1, n_x)."""
        W = spanned(self._X, self._W0, self.a, self.coefficients())
        self._X.remember(W, lambda: self._B @ self._R + self._t * self._PX)
        return W

    def as_weights(self, *vectors: Array) -> list[Array]:
        """W (n_1, n_x) of the present parameters, which are the vectors; L-BFGS has no others."""
        return [self.weights()]

    def weight_gradient(self, D: Array, l2: float, features: Array | None = None) -> Array:
        """dJ/dW = D X^T + l2 W at some features, or all: (n_1, k), for a test of convergence."""
        C = D + l2 * self.coefficients()
        if features is None:
            return self._X.outer(C) + l2 * self.a * self._W0
        return C @ self._X.features(features).T + l2 * self.a * self._W0[:, features]


FirstLayer = Primal | Dual | Rotated


def first_layer(
    X: FeatureMatrix,
    W0: Array,
    form: str,
    *,
    decays: bool,
    lbfgs: bool = False,
    carried: bool = False,
    counted: Array | None = None,
) -> FirstLayer:
    """The first layer of weights W0 in a form: "primal", or "dual" as its optimizer needs it.

    counted : of L-BFGS, see `Rotated`.
    """
    if form == "primal":
        return SparsePrimal(X, W0) if isinstance(X, SparseMatrix) else Primal(X, W0)
    if lbfgs:
        return Rotated(X, W0, counted)
    return (Carried if carried else Dual)(X, W0, decays=decays)
