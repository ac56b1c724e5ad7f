"""NumPy's functions that the graph spells out in other ones, and those that only look at numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any


def _axes_moved(x: Array, source: Any, destination: Any) -> Array:
    axes = list(range(np.ndim(x)))
    sources = [k % len(axes) for k in np.atleast_1d(source)]
    targets = [k % len(axes) for k in np.atleast_1d(destination)]
    rest = iter([k for k in axes if k not in sources])
    moved = dict(zip(targets, sources, strict=True))
    return np.transpose(x, tuple(moved[k] if k in moved else next(rest) for k in axes))


def _axes_swapped(x: Array, axis1: int, axis2: int) -> Array:
    axes = list(range(np.ndim(x)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return np.transpose(x, tuple(axes))


def _variance(x: Array, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
    squares = np.square(x - np.mean(x, axis=axis, keepdims=True))
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    return total / (np.size(x) / np.size(total) - ddof)


def _inner(x: Array, y: Array) -> Array:
    if np.ndim(x) != 1 or np.ndim(y) != 1:
        raise TypeError("of two vectors only; np.matmul multiplies matrices")
    return np.dot(x, y)


def _rows(arrays: Any) -> list[Array]:
    return [x if np.ndim(x) > 1 else np.reshape(x, (1, -1)) for x in arrays]


def _columns(arrays: Any) -> Array:
    parts = [x if np.ndim(x) else np.reshape(x, (1,)) for x in arrays]
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


COMPOSED: dict[Callable, Callable] = {
    np.ravel: lambda x: np.reshape(x, (-1,)),
    np.moveaxis: _axes_moved,
    np.swapaxes: _axes_swapped,
    np.matrix_transpose: lambda x: _axes_swapped(x, -1, -2),
    np.var: _variance,
    np.std: lambda x, axis=None, ddof=0, keepdims=False: np.sqrt(
        _variance(x, axis, ddof, keepdims)
    ),
    np.outer: lambda x, y: np.reshape(x, (-1, 1)) * np.reshape(y, (1, -1)),
    np.inner: _inner,
    np.vdot: _inner,
    np.vstack: lambda arrays: np.concatenate(_rows(arrays), axis=0),
    np.hstack: _columns,
    np.copy: lambda x: +x,
}
"""Run as they stand here, on nodes."""

LOOKING: set[Callable] = {
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
    np.argmax, np.argmin, np.argsort, np.all, np.any, np.allclose, np.isclose, np.array_equal,
    np.count_nonzero, np.nonzero, np.iscomplexobj, np.isrealobj, np.result_type, np.array_repr,
    np.array_str, np.array2string, np.unravel_index, np.broadcast_shapes, np.shares_memory,
    np.may_share_memory,
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
    np.isfinite, np.isnan, np.isinf, np.signbit, np.sign,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
}  # fmt: skip
"""Their results do not change with small changes of x: they see the values and give plain arrays."""

STEPWISE: set[Callable] = {
    np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, np.floor_divide, np.remainder, np.fmod,
}  # fmt: skip
"""Refused: their derivative is 0 between jumps, which is hardly what was wanted."""
