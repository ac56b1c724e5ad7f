"""NumPy's functions that the graph spells out in others, and those that only look at numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import InputError

Array = Any


def _transposed(a: Array, function: Callable, *axes: Any) -> Array:
    """As `function` moves the axes: those of an array of nothing, of lengths 0, 1, 2, ..."""
    return np.transpose(a, function(np.empty(range(np.ndim(a))), *axes).shape)


def _variance(a: Array, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
    squares = np.square(a - np.mean(a, axis=axis, keepdims=True))
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    return total / (np.size(a) / np.size(total) - ddof)


def _deviation(a: Array, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Array:
    return np.sqrt(_variance(a, axis, ddof, keepdims))


def _inner(a: Array, b: Array) -> Array:
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        raise InputError(
            "graph",
            "np.inner and np.vdot of two vectors",
            f"shapes {np.shape(a)} and {np.shape(b)}",
            "np.matmul, the @ sign, multiplies matrices.",
        )
    return np.dot(a, b)


def _rows(arrays: Any) -> list[Array]:
    return [x if np.ndim(x) > 1 else np.reshape(x, (1, -1)) for x in arrays]


def _columns(arrays: Any) -> Array:
    parts = [x if np.ndim(x) else np.reshape(x, (1,)) for x in arrays]
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


COMPOSED: dict[Callable, Callable] = {
    np.ravel: lambda a: np.reshape(a, (-1,)),
    np.moveaxis: lambda a, source, destination: _transposed(a, np.moveaxis, source, destination),
    np.swapaxes: lambda a, axis1, axis2: _transposed(a, np.swapaxes, axis1, axis2),
    np.matrix_transpose: lambda x: _transposed(x, np.matrix_transpose),
    np.var: _variance,
    np.std: _deviation,
    np.outer: lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)),
    np.inner: _inner,
    np.vdot: _inner,
    np.vstack: lambda tup: np.concatenate(_rows(tup), axis=0),
    np.hstack: lambda tup: _columns(tup),
    np.copy: lambda a: +a,
}
"""Run as they stand here, on nodes; the parameters have NumPy's names."""

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
"""Their results do not follow small changes of x: they see the values and give plain arrays."""

STEPWISE: set[Callable] = {
    np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, np.floor_divide, np.remainder, np.fmod,
}  # fmt: skip
"""Refused: their derivative is 0 between jumps, which is hardly what was wanted."""
