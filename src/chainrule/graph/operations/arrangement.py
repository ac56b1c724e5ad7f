"""What puts elements elsewhere, repeats them or leaves some out: shapes, pieces, orders.

Such a function does with the numbers 1, 2, 3, ... what it does with x. So they say where each
element of z came from, and g is put back there: one rule for all of them. Where there is an
inverse, g is given to that, which spares the numbers.
"""

import inspect
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.operations.definition import (
    OPERATIONS,
    Array,
    Function,
    define,
    plain,
    traceable,
    unbroadcast,
)

_define = partial(define, routes=True)
_function: Any  # in loops

# ---- pieces ------------------------------------------------------------------------------------


@traceable
def getitem(x: Array, index: Any) -> Array:
    """x[index]."""
    return x[index]


@traceable
def put(g: Array, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape` with g added at index, again where index names a place again."""
    found = np.zeros(shape, np.asarray(g).dtype)
    np.add.at(found, index, g)
    return found


_define(
    getitem,
    "x[index]",
    ("g put at index", lambda g, z, x, index: put(g, index, np.shape(x))),
    parameters=("index",),
)
_define(
    put,
    "put(x)",
    ("g[index]", lambda g, z, x, index, shape: getitem(g, index)),
    parameters=("index", "shape"),
)


def _piece(g: Array, z: Array, place: int, *xs: Array, axis: Any = 0) -> Array:
    """Of a concatenation."""
    if axis is None:
        flat = [np.reshape(x, -1) for x in map(plain, xs)]
        return np.reshape(_piece(g, z, place, *flat), np.shape(xs[place]))
    start = sum(np.shape(x)[axis] for x in xs[:place])
    part = slice(start, start + np.shape(xs[place])[axis])
    return g[(slice(None),) * (axis % np.ndim(g)) + (part,)]


def _layer(g: Array, z: Array, place: int, *xs: Array, axis: int = 0) -> Array:
    return g[(slice(None),) * (axis % np.ndim(g)) + (place,)]


for _function, _part in ((np.concatenate, _piece), (np.stack, _layer)):
    _define(_function, "[x, y, ...]", ("its part of g", _part), parameters=("axis",))

# ---- rearrangements ----------------------------------------------------------------------------


def rearrangement(function: Function, where_from: Function | None = None) -> None:
    """Define a function that puts the elements of its first argument elsewhere, or zeros.

    where_from : the same for 1, 2, 3, ..., if function itself would not do.
    """
    numbered = where_from or function

    def back(g: Array, z: Array, x: Array, **options: Any) -> Array:
        n, shape = np.size(x), np.shape(x)
        places = numbered(np.arange(1, n + 1).reshape(shape), **options)
        return np.reshape(put(g, places, (n + 1,))[1:], shape)  # at 0 what came from nowhere

    _, *parameters = inspect.signature(function).parameters
    known = tuple(name for name in parameters if name != "out")
    name = function.__name__
    _define(function, f"{name}(x)", ("g put where x stood", back), parameters=known)


for _function in (
    np.repeat, np.tile, np.roll, np.flip, np.flipud, np.fliplr, np.rot90, np.diag, np.diagflat,
    np.diagonal, np.tril, np.triu, np.rollaxis,
    np.take, np.take_along_axis, np.delete, np.atleast_1d, np.atleast_2d, np.atleast_3d,
):  # fmt: skip
    rearrangement(_function)


def _transposed_back(g: Array, z: Array, x: Array, axes: Any = None) -> Array:
    if axes is None:
        return np.transpose(g)
    return np.transpose(g, tuple(int(k) for k in np.argsort([a % np.ndim(x) for a in axes])))


def _in_shape(g: Array, z: Array, x: Array, **unused: Any) -> Array:
    return np.reshape(g, np.shape(x))


for _function, _words, _inverse, *_options in (
    (np.reshape, "g in x's shape", _in_shape, "shape"),
    (np.squeeze, "g in x's shape", _in_shape, "axis"),
    (np.expand_dims, "g in x's shape", _in_shape, "axis"),
    (np.ravel, "g in x's shape", _in_shape),
    (np.broadcast_to, "g summed over the repeats",
     lambda g, z, x, shape: unbroadcast(g, np.shape(x)), "shape"),
    (np.swapaxes, "g put where x stood",
     lambda g, z, x, **axes: np.swapaxes(g, **axes), "axis1", "axis2"),
    (np.matrix_transpose, "g put where x stood", lambda g, z, x: np.matrix_transpose(g)),
    (np.moveaxis, "g put where x stood",
     lambda g, z, x, source, destination: np.moveaxis(g, destination, source),
     "source", "destination"),
):  # fmt: skip
    _text = f"{_function.__name__}(x)"
    _define(_function, _text, (_words, _inverse), parameters=tuple(_options))
_define(np.transpose, "x.T", ("g.T", _transposed_back), parameters=("axes",))

_PADDED = ("constant", "edge", "reflect", "symmetric", "wrap")


@traceable
def pad(array: Array, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Array:
    """np.pad, in the modes that put constants or elements of the array around it."""
    if mode not in _PADDED:
        raise InputError("graph", f"np.pad with mode {', '.join(_PADDED)}", repr(mode))
    values = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(array, pad_width, mode, **values)  # type: ignore[call-overload]


rearrangement(pad, lambda x, pad_width, mode="constant", **_: pad(x, pad_width, mode))
OPERATIONS[np.pad] = OPERATIONS[pad]

# ---- orders ------------------------------------------------------------------------------------


def _unsorted(g: Array, z: Array, x: Array, axis: Any = -1, **unused: Any) -> Array:
    """g to the element of x that has the rank of its own element in z."""
    if axis is None:
        return np.reshape(_unsorted(g, z, np.reshape(x, -1)), np.shape(x))
    order = np.argsort(plain(x), axis=axis, kind="stable")
    ranks = np.argsort(np.argsort(plain(z), axis=axis, kind="stable"), axis=axis)
    places = np.take_along_axis(np.arange(np.size(x)).reshape(np.shape(x)), order, axis)
    places = np.take_along_axis(places, ranks, axis)
    return np.reshape(put(g, places, (np.size(x),)), np.shape(x))


for _function, *_options in (
    (np.sort, "axis", "kind", "stable"),
    (np.partition, "kth", "axis", "kind"),
):
    _text = f"{_function.__name__}(x)"
    _define(_function, _text, ("g put where x stood", _unsorted), parameters=tuple(_options))
