"""Sums, means, products, extremes, lengths and spreads along axes.

Of equal numbers in a maximum each gets the same share, unless `initial` is one of them. The norm
of a zero vector has derivative 0, and so has the standard deviation of equal numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.graph.operations.definition import OPERATIONS, Array, Function, define, plain
from chainrule.graph.operations.elementwise import length_or_1

_np: Any = np  # whose type hints do not know that its functions take nodes


def _only(x: Array, where: Any, otherwise: float = 0.0) -> Array:
    return x if where is True else np.where(where, x, otherwise)


def _count(x: Array, axis: Any, where: Any) -> Any:
    """How many numbers are reduced to one, with the reduced axes at length 1."""
    return np.sum(np.broadcast_to(where, np.shape(x)), axis=axis, keepdims=True)


def _reduction(
    function: Function, words: str, share: Callable[..., Array], *parameters: str, **facts: Any
) -> None:
    """Define a reduction over `axis`.

    share : what comes to each element that `where` selects, of g with the reduced axes back at
    length 1, a function that gives z so, x, and axis, where and the parameters.
    """

    def back(
        g: Array, z: Array, x: Array, axis: Any = None, keepdims: Any = False, where: Any = True,
        **options: Any,
    ) -> Array:  # fmt: skip
        def spread(reduced: Array) -> Array:
            if axis is None:
                return np.reshape(reduced, (1,) * np.ndim(x))
            return reduced if keepdims else np.expand_dims(reduced, axis)

        return _only(share(spread(g), lambda: spread(z), x, axis, where, **options), where)

    text = f"{function.__name__}(x)"
    define(function, text, (words, back), parameters=parameters, **facts)


def _of_mean(g: Array, z: Any, x: Array, axis: Any, where: Any, **unused: Any) -> Array:
    return np.broadcast_to(g / _count(x, axis, where), np.shape(x))


def _of_extreme(g: Array, z: Any, x: Array, axis: Any, where: Any, initial: Any = None) -> Array:
    """g to the places where the extreme stands, shared between equals."""
    extreme = plain(z())
    there = (plain(x) == extreme) & where & (extreme != initial)
    return g * (there / np.maximum(1, there.sum(axis=axis, keepdims=True)))


def _of_product(
    g: Array, z: Any, x: Array, axis: Any, where: Any, initial: Any = 1, **unused: Any
) -> Array:
    x = _only(x, where, 1.0)
    return g * (z() / x if np.all(plain(x)) else initial * _others(x, axis))


def _others(x: Array, axis: Any) -> Array:
    """Of each element the product of all the others, which z / x is unless there are zeros."""
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis) % np.ndim(x)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, tuple(axes), last)
    n = int(np.prod(moved.shape[np.ndim(x) - len(axes) :]))
    rows = np.reshape(moved, (*moved.shape[: np.ndim(x) - len(axes)], 1, n))
    product = np.prod(np.where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    return np.moveaxis(np.reshape(product, moved.shape), last, tuple(axes))


def _of_norm(g: Array, z: Any, x: Array, axis: Any, where: Any, ord: Any = None) -> Array:
    return g * x / length_or_1(z())


def _of_variance(
    g: Array, z: Any, x: Array, axis: Any, where: Any, ddof: float = 0, **unused: Any
) -> Array:
    centered = x - _np.mean(x, axis=axis, keepdims=True, where=where)
    return g * (2 * centered / (_count(x, axis, where) - ddof))


def _of_deviation(g: Array, z: Any, x: Array, axis: Any, where: Any, **options: Any) -> Array:
    return _of_variance(g / (2 * length_or_1(z())), z, x, axis, where, **options)


def _of_sum(g: Array, z: Any, x: Array, axis: Any, where: Any, **unused: Any) -> Array:
    return np.broadcast_to(g, np.shape(x))


_OPTIONS = ("axis", "dtype", "keepdims", "where")
_OF_EXTREMES = ("axis", "keepdims", "where", "initial")
_reduction(np.sum, "g spread over x", _of_sum, *_OPTIONS, "initial", routes=True)
_reduction(np.mean, "g / n spread over x", _of_mean, *_OPTIONS, routes=True)
_reduction(np.prod, "g * z / x", _of_product, *_OPTIONS, "initial", mixes=True)
_reduction(np.max, "g where x is largest", _of_extreme, *_OF_EXTREMES, routes=True)
_reduction(np.min, "g where x is smallest", _of_extreme, *_OF_EXTREMES, routes=True)
OPERATIONS[np.amax], OPERATIONS[np.amin] = OPERATIONS[np.max], OPERATIONS[np.min]
_reduction(np.var, "g * 2 * (x - mean(x)) / n", _of_variance, *_OPTIONS, "ddof")
_reduction(np.std, "g * (x - mean(x)) / (n * z)", _of_deviation, *_OPTIONS, "ddof")
_reduction(np.linalg.norm, "g * x / z", _of_norm, "ord", "axis", "keepdims", mixes=True)

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
