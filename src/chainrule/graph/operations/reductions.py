"""Sums, means, products, extremes, lengths and spreads along axes.

Of equal numbers in a maximum each gets the same share, unless `initial` is one of them. The norm
of a zero vector has derivative 0, and so has the standard deviation of equal numbers.
"""

from typing import Any

import numpy as np

from chainrule.graph.operations.definition import OPERATIONS, Array, define, plain
from chainrule.graph.operations.elementwise import length_or_1

_np: Any = np  # whose type hints do not know that its functions take nodes


def _spread(g: Array, x: Array, axis: Any, keepdims: bool) -> Array:
    """The result of a reduction of x, or its gradient, with the reduced axes back at length 1."""
    if axis is None:
        return np.reshape(g, (1,) * np.ndim(x))
    return g if keepdims else np.expand_dims(g, axis)


def _only(x: Array, where: Any, otherwise: float = 0.0) -> Array:
    return x if where is True else np.where(where, x, otherwise)


def _count(x: Array, axis: Any, where: Any) -> Any:
    """How many numbers are reduced to one, with the reduced axes at length 1."""
    return np.sum(np.broadcast_to(where, np.shape(x)), axis=axis, keepdims=True)


def _of_sum(
    g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, where: Any = True,
    **unused: Any,
) -> Array:  # fmt: skip
    return _only(np.broadcast_to(_spread(g, x, axis, keepdims), np.shape(x)), where)


def _of_mean(
    g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, where: Any = True,
    **unused: Any,
) -> Array:  # fmt: skip
    return _only(_spread(g, x, axis, keepdims) / _count(x, axis, where), where) * np.ones(
        np.shape(x), g.dtype
    )


def _of_extreme(
    g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, where: Any = True,
    initial: Any = None,
) -> Array:  # fmt: skip
    """g to the places where the extreme stands, shared between equals."""
    extreme = _spread(plain(z), x, axis, keepdims)
    there = (plain(x) == extreme) & where & (True if initial is None else extreme != initial)
    share = there / np.maximum(1, there.sum(axis=axis, keepdims=True))
    return _spread(g, x, axis, keepdims) * share


def _of_product(
    g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, where: Any = True,
    initial: Any = 1, **unused: Any,
) -> Array:  # fmt: skip
    g, z, x = _spread(g, x, axis, keepdims), _spread(z, x, axis, keepdims), _only(x, where, 1.0)
    others = z / x if np.all(plain(x)) else initial * _others(x, axis)
    return _only(g * others, where)


def _others(x: Array, axis: Any) -> Array:
    """Of each element the product of all the others, which z / x is unless there are zeros."""
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis) % np.ndim(x)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, tuple(axes), last)
    n = int(np.prod(moved.shape[np.ndim(x) - len(axes) :]))
    rows = np.reshape(moved, (*moved.shape[: np.ndim(x) - len(axes)], 1, n))
    product = np.prod(np.where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    return np.moveaxis(np.reshape(product, moved.shape), last, tuple(axes))


_REDUCTION = ("axis", "dtype", "keepdims", "where")
define(np.sum, "sum(x)", ("g spread over x", _of_sum),
       parameters=(*_REDUCTION, "initial"), routes=True)  # fmt: skip
define(np.mean, "mean(x)", ("g / n spread over x", _of_mean), parameters=_REDUCTION, routes=True)
define(np.prod, "prod(x)", ("g * z / x", _of_product), parameters=(*_REDUCTION, "initial"),
       mixes=True)  # fmt: skip
for _extreme, _word in ((np.max, "largest"), (np.min, "smallest")):
    define(
        _extreme,
        f"{_extreme.__name__}(x)",
        (f"g where x is {_word}", _of_extreme),
        parameters=("axis", "keepdims", "where", "initial"),
        routes=True,
    )
OPERATIONS[np.amax], OPERATIONS[np.amin] = OPERATIONS[np.max], OPERATIONS[np.min]


def _of_norm(
    g: Array, z: Array, x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Array:
    length = length_or_1(_spread(z, x, axis, keepdims))
    return _spread(g, x, axis, keepdims) * x / length


define(np.linalg.norm, "norm(x)", ("g * x / z", _of_norm),
       parameters=("ord", "axis", "keepdims"), mixes=True)  # fmt: skip


def _of_variance(
    g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, where: Any = True,
    ddof: float = 0, **unused: Any,
) -> Array:  # fmt: skip
    centered = x - _np.mean(x, axis=axis, keepdims=True, where=where)
    slope = 2 * centered / (_count(x, axis, where) - ddof)
    return _only(_spread(g, x, axis, keepdims) * slope, where)


def _of_deviation(
    g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, **options: Any
) -> Array:
    share = g / (2 * length_or_1(z))
    return _of_variance(share, z, x, axis=axis, keepdims=keepdims, **options)


define(np.var, "var(x)", ("g * 2 * (x - mean(x)) / n", _of_variance),
       parameters=(*_REDUCTION, "ddof"))  # fmt: skip
define(np.std, "std(x)", ("g * (x - mean(x)) / (n * z)", _of_deviation),
       parameters=(*_REDUCTION, "ddof"))  # fmt: skip

# ---- running sums and products -----------------------------------------------------------------


def _from_the_end(g: Array, axis: Any) -> Array:
    """Sums of g from each place to the end."""
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


def _of_cumsum(g: Array, z: Array, x: Array, axis: Any = None, **unused: Any) -> Array:
    return np.reshape(_from_the_end(g, 0 if axis is None else axis), np.shape(x))


def _of_cumprod(g: Array, z: Array, x: Array, axis: Any = None, **unused: Any) -> Array:
    if axis is None:
        return np.reshape(_of_cumprod(g, z, np.reshape(x, -1), 0), np.shape(x))
    if np.all(plain(x)):
        return _from_the_end(g * z, axis) / x
    rows = np.expand_dims(np.moveaxis(x, axis, -1), -2)  # row i holds the factors of z_i, then 1
    factors = np.tri(rows.shape[-1], dtype=bool)
    share = np.expand_dims(np.moveaxis(g, axis, -1), -1) * _others(np.where(factors, rows, 1.0), -1)
    return np.moveaxis(np.sum(np.where(factors, share, 0.0), axis=-2), -1, axis)


define(np.cumsum, "cumsum(x)", ("sums of g from each place to the end", _of_cumsum),
       parameters=("axis", "dtype"), routes=True)  # fmt: skip
define(np.cumprod, "cumprod(x)", ("sums of g * z from each place to the end / x", _of_cumprod),
       parameters=("axis", "dtype"))  # fmt: skip
