"""Of square matrices, or stacks of them: determinants, inverses, systems, Cholesky factors.

The formulas are those of Giles (2008), "An extended collection of matrix derivative results for
forward and reverse mode algorithmic differentiation", and for the factor those of Murray (2016),
"Differentiation of the Cholesky decomposition", equation 10.
"""

import numpy as np

from chainrule.graph.operations.definition import Array, define, traceable, unbroadcast


def _matrices(g: Array) -> Array:
    """A number for each matrix, to be multiplied with its elements."""
    return np.expand_dims(g, (-2, -1))


def _cofactors(x: Array) -> Array:
    """(-1)**(i + j) times the determinant of x without row i and column j: of singular x, too."""
    n = np.shape(x)[-1]
    minors = [
        (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, -2), j, -1))
        for i in range(n)
        for j in range(n)
    ]
    return np.reshape(np.stack(minors, axis=-1), np.shape(x))


def _of_det(g: Array, z: Array, x: Array) -> Array:
    try:
        return _matrices(g * z) * np.linalg.inv(x).mT
    except np.linalg.LinAlgError:
        return _matrices(g) * _cofactors(x)


def _of_log(g: Array, z: Array, x: Array) -> Array:
    try:
        return _matrices(g) * np.linalg.inv(x).mT
    except np.linalg.LinAlgError:
        return _matrices(g / np.linalg.det(x)) * _cofactors(x)


@traceable
def log_of_det(a: Array) -> Array:
    """log |det a|, the second result of np.linalg.slogdet."""
    return np.linalg.slogdet(a).logabsdet


def _of_solve(g: Array, z: Array, a: Array, b: Array) -> Array:
    if np.ndim(b) == 1:
        g, z = np.expand_dims(g, -1), np.expand_dims(z, -1)
    return unbroadcast(-np.linalg.solve(a.mT, g) @ z.mT, np.shape(a))


def _of_right_side(g: Array, z: Array, a: Array, b: Array) -> Array:
    if np.ndim(b) == 1:
        return unbroadcast(np.linalg.solve(a.mT, np.expand_dims(g, -1))[..., 0], np.shape(b))
    return unbroadcast(np.linalg.solve(a.mT, g), np.shape(b))


def _of_cholesky(g: Array, z: Array, x: Array) -> Array:
    """Of the lower half of x, the only one that is read. phi: that half, of the diagonal 1/2."""
    n = np.shape(x)[-1]
    half = np.tri(n) - 0.5 * np.eye(n)
    share = np.linalg.solve(z.mT, np.linalg.solve(z.mT, (z.mT @ g * half).mT).mT)
    return (share + share.mT) * half


define(np.linalg.det, "det(x)", ("g * z * inv(x).T", _of_det))
define(log_of_det, "log_of_det(x)", ("g * inv(x).T", _of_log))
define(np.linalg.inv, "inv(x)", ("-z.T @ g @ z.T", lambda g, z, x: -z.mT @ g @ z.mT))
define(
    np.linalg.solve,
    "solve(x, y)",
    ("-solve(x.T, g) @ z.T", _of_solve),
    ("solve(x.T, g)", _of_right_side),
)
define(
    np.linalg.cholesky,
    "cholesky(x)",
    ("phi(s + s.T), s = inv(z).T @ phi(z.T @ g) @ inv(z)", _of_cholesky),
)
