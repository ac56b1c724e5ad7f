"""Four operations as loops; NumPy has each as one call.

The loops are those of the course: over NumPy arrays, one element at a time. Each element that is
asked for becomes a Python object first; that is why loops over Python lists, whose elements are
objects already, take less.
"""

import math
from collections.abc import Sequence

import numpy as np

Array = np.ndarray


def dot_loops(a: Array | Sequence[float], b: Array | Sequence[float]) -> float:
    """sum_i a_i b_i, for a and b (n,), arrays or lists: np.dot."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


def matrix_vector_loops(A: Array, v: Array) -> Array:
    """u_i = sum_j A_ij v_j, for A (n, k) and v (k,); u is (n,): A @ v."""
    u = np.zeros(A.shape[0])
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            u[i] += A[i, j] * v[j]
    return u


def exp_loops(v: Array) -> Array:
    """u_i = exp(v_i), for v (n,): np.exp."""
    u = np.zeros(len(v))
    for i in range(len(v)):
        u[i] = math.exp(v[i])
    return u


def outer_loops(u: Array, v: Array) -> Array:
    """C_ij = u_i v_j, for u (n,) and v (k,); C is (n, k): np.outer."""
    C = np.zeros((len(u), len(v)))
    for i in range(len(u)):
        for j in range(len(v)):
            C[i, j] = u[i] * v[j]
    return C
