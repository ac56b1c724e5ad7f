"""The dual form for L-BFGS: the first layer in the coordinates of its own span.

Examples are columns here. Every gradient of the first layer lies in the span of the examples, and
the penalty adds a multiple of the start. So with the columns of Q an orthonormal basis of X and P
the part of W0 outside it,

    W = B Q^T + s P,     B (n_1, r), s a number,

holds all along, and L-BFGS, which sees its vectors through inner products only, walks the same path
in the coordinates (B, s ||P||) as in W. From the Gram matrix's eigenvalues, K = V S V^T,

    Q = X V S^(-1/2),    R = Q^T X = S^(1/2) V^T,    Z1 = W X = B R + s P X,

so that Q itself, as large as X, is never made. An iteration takes 4 n_1 r m operations in the place
of 4 n_1 n_x m. Directions whose eigenvalue is rounding are left out; what W0 has there stays in P,
because P X is taken as the difference Z0 - B0 R, whatever that leaves.
"""

from typing import Any

import numpy as np

from chainrule.training.parameters import Part

Array = np.ndarray


class Rotated:
    """B and s ||P|| are the parameters. Offers what the other forms of the first layer do."""

    D = None

    def __init__(self, X: Any, W0: Array) -> None:
        self._X, self._W0 = X, W0
        eigenvalues, V = np.linalg.eigh(X.gram())
        real = eigenvalues > np.finfo(W0.dtype).eps * len(V) * max(eigenvalues[-1], 0)
        root = np.sqrt(eigenvalues[real])
        self._R = root[:, None] * V[:, real].T
        self._inverse = V[:, real].T / root[:, None]  # S^(-1/2) V^T: Q^T = this X^T
        Z0 = X.times(W0)
        self._B0 = Z0 @ self._inverse.T
        whole = float(np.einsum("ij,ij->", W0, W0))  # in any memory order
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

    def forward(self, Z1: Array, batch: None) -> None:
        np.dot(self._B, self._R, out=Z1)
        Z1 += self._t * self._PX

    def backward(self, D: Array, batch: None) -> None:
        np.dot(D, self._R.T, out=self._dB)
        if self._has_P:
            self._dt[...] = np.vdot(D, self._PX)

    def squared_norm(self) -> float:
        return float(np.vdot(self._B, self._B)) + (float(self._t[0]) ** 2 if self._has_P else 0.0)

    def coefficients(self) -> Array:
        """C (n_1, m) of W = s W0 + C X^T."""
        return (self._B - self._s * self._B0) @ self._inverse

    @property
    def _s(self) -> float:
        return float(self._t[0]) / self._length

    def as_weights(self, vectors: list[Array]) -> list[Array]:
        """W (n_1, n_x) of the present parameters, which `vectors` holds; L-BFGS has no others."""
        assert len(vectors) == 1
        return [self._s * self._W0 + self._X.outer(self.coefficients())]

    def weight_gradient(self, D: Array, decay: float, features: Any = None) -> Array:
        """dJ/dW = D X^T + decay W at some features, or all: (n_1, k), for a test of convergence.

        features : a function that gives X's rows there, (k, m), and the indices.
        """
        C = D + decay * self.coefficients()
        if features is None:
            return self._X.outer(C) + decay * self._s * self._W0
        rows, index = features
        return C @ rows.T + decay * self._s * self._W0[:, index]
