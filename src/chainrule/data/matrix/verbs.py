"""What training asks of X, and nothing else.

    columns(index)     some examples, as floats          (n_x, k)
    times(W)           W X                               (..., n_1, m)
    outer(D)           D X^T                             (..., n_1, n_x)
    gram(other=None)   X^T X, or X^T X_other             (m, m) or (m, m_other)

And four that prepare it: select(index), some examples as a matrix of their own; blocks(), all of X
some features at a time; astype(dtype), which changes the dtype of the floats only; digest().

Nothing above this package knows whether X lies in memory as floats, as 8-bit pixels, or elsewhere.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np

# Floats made from pixels at any one time: small beside the pixels, but with 1 MB the Gram matrix of
# 1000 pictures of 12288 numbers takes about a third longer. From 4 MB up it hardly changes.
BLOCK_BYTES = 16 * 2**20


@runtime_checkable
class FeatureMatrix(Protocol):
    """Examples as columns. `shape` is (n_x, m); `dtype` that of the floats it yields."""

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> np.dtype: ...
    def columns(self, index: Any) -> np.ndarray: ...
    def times(self, W: np.ndarray) -> np.ndarray: ...
    def outer(self, D: np.ndarray) -> np.ndarray: ...
    def gram(self, other: "FeatureMatrix | None" = None) -> np.ndarray: ...
    def select(self, index: Any) -> "FeatureMatrix": ...
    def astype(self, dtype: Any) -> "FeatureMatrix": ...


def flat(W: np.ndarray) -> np.ndarray:
    """Runs and rows merged, (..., n_1, k) -> (R n_1, k): one large product instead of R small."""
    return W.reshape(-1, W.shape[-1])


def cross_gram(X: FeatureMatrix, other: FeatureMatrix) -> np.ndarray:
    """X^T X_other (m, m_other), some columns of `other` at a time."""
    m_other = other.shape[1]
    K = np.empty((X.shape[1], m_other), X.dtype)
    step = max(1, BLOCK_BYTES // (X.dtype.itemsize * max(1, X.shape[0])))
    for start in range(0, m_other, step):
        part = slice(start, min(start + step, m_other))
        K[:, part] = X.times(other.columns(part).T).T
    return K
