"""NumPy's functions that the graph spells out in others, and those that only look at numbers."""

import inspect
from typing import Any

import numpy as np

from chainrule.graph.operations.definition import Array, Function, plain
from chainrule.graph.operations.linear_algebra import log_of_det
from chainrule.graph.operations.products import einsum, subscripts_of


def _pieces(function: Function) -> Function:
    """np.split and the like: a list of parts."""

    def pieces(ary: Array, *args: Any, **options: Any) -> list[Array]:
        numbers = np.arange(np.size(ary)).reshape(np.shape(ary))
        parts = function(numbers, *map(plain, args), **options)
        return [np.take(ary, places) for places in parts]

    pieces.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return pieces


def _as_part(number: Array, a: Array, axis: int) -> Array:
    """A single number that is put before or behind, in a's shape but for length 1 along axis."""
    shape = list(np.shape(a))
    shape[axis] = 1
    return number if np.ndim(number) else np.broadcast_to(number, shape)


def _differences(
    a: Array, n: int = 1, axis: int = -1, prepend: Array = None, append: Array = None
) -> Array:
    parts = [a if part is a else _as_part(part, a, axis)
             for part in (prepend, a, append) if part is not None]  # fmt: skip
    x = np.moveaxis(np.concatenate(parts, axis=axis) if len(parts) > 1 else a, axis, -1)
    for _ in range(n):
        x = x[..., 1:] - x[..., :-1]
    return np.moveaxis(x, -1, axis)


def _kron(a: Array, b: Array) -> Array:
    """Each number of a times the whole of b."""
    n = max(np.ndim(a), np.ndim(b))
    a = np.reshape(a, (1,) * (n - np.ndim(a)) + np.shape(a))
    b = np.reshape(b, (1,) * (n - np.ndim(b)) + np.shape(b))
    even, odd = tuple(range(0, 2 * n, 2)), tuple(range(1, 2 * n, 2))
    return np.reshape(np.expand_dims(a, odd) * np.expand_dims(b, even),
                      [i * k for i, k in zip(np.shape(a), np.shape(b), strict=True)])  # fmt: skip


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Array:
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = np.where(condition, choice, found)
    return found


def _einsum(operands: tuple[Any, ...], optimize: Any = False) -> Array:
    subscripts, arrays = subscripts_of(operands)
    return einsum(arrays, subscripts=subscripts)


def _slogdet(a: Array) -> Any:
    """The sign as a plain number: it does not follow small changes of a."""
    found = np.linalg.slogdet(plain(a))
    return type(found)(found.sign, log_of_det(a))


COMPOSED: dict[Function, Function] = {
    np.outer: lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)),
    np.vdot: lambda a, b: np.dot(np.ravel(a), np.ravel(b)),
    np.kron: _kron,
    np.trace: lambda a, offset=0, axis1=0, axis2=1: np.sum(
        np.diagonal(a, offset, axis1, axis2), axis=-1
    ),
    np.einsum: _einsum,
    np.linalg.slogdet: _slogdet,
    np.diff: _differences,
    np.select: _select,
    np.append: lambda arr, values, axis=None: np.concatenate([arr, values], axis=axis),
    np.vstack: lambda tup: np.concatenate([np.atleast_2d(x) for x in tup], axis=0),
    np.hstack: lambda tup: _side_by_side([np.atleast_1d(x) for x in tup]),
    np.dstack: lambda tup: np.concatenate([np.atleast_3d(x) for x in tup], axis=2),
    np.column_stack: lambda tup: np.concatenate([_column(x) for x in tup], axis=1),
    **{
        function: _pieces(function)
        for function in (np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)
    },
    np.unstack: lambda x, axis=0: tuple(np.moveaxis(x, axis, 0)),
    np.copy: lambda a: +a,
    np.real: lambda val: +val,
    np.real_if_close: lambda a: +a,
    np.conjugate: lambda x: +x,
}
"""Run as they stand here, on nodes; the parameters have NumPy's names."""


def _column(x: Array) -> Array:
    return x if np.ndim(x) > 1 else np.reshape(x, (-1, 1))


def _side_by_side(parts: list[Array]) -> Array:
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


LOOKING: set[Function] = {
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
    np.argmax, np.argmin, np.argsort, np.argpartition, np.argwhere, np.flatnonzero, np.all, np.any,
    np.allclose, np.isclose, np.array_equal,
    np.count_nonzero, np.nonzero, np.iscomplexobj, np.isrealobj, np.result_type, np.array_repr,
    np.array_str, np.array2string, np.unravel_index, np.broadcast_shapes, np.shares_memory,
    np.may_share_memory, np.searchsorted, np.digitize,
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
    np.isfinite, np.isnan, np.isinf, np.signbit, np.sign,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
}  # fmt: skip
"""Their results do not follow small changes of x: they see the values and give plain arrays."""

STEPWISE: set[Function] = {
    np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, np.floor_divide, np.divmod, np.modf,
}  # fmt: skip
"""Refused: their derivative is 0 between jumps, which is hardly what was wanted."""
