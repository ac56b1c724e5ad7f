"""What puts elements elsewhere, repeats them or leaves some out: shapes, pieces, orders.

Such a function does with the numbers 1, 2, 3, ... what it does with x. So they say where each
element of z came from, and g is put back there: one rule for all of them.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.operations.definition import (
    OPERATIONS,
    Array,
    define,
    plain,
    traceable,
    unbroadcast,
)

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


define(
    getitem,
    "x[index]",
    ("g put at index", lambda g, z, x, index: put(g, index, np.shape(x))),
    parameters=("index",),
    routes=True,
)
define(
    put,
    "put(x)",
    ("g[index]", lambda g, z, x, index, shape: getitem(g, index)),
    parameters=("index", "shape"),
    routes=True,
)

# ---- shapes ------------------------------------------------------------------------------------


def _transpose_back(g: Array, z: Array, x: Array, axes: Any = None) -> Array:
    if axes is None:
        return np.transpose(g)
    n = np.ndim(x)
    return np.transpose(g, tuple(int(k) for k in np.argsort([a % n for a in axes])))


def _back_to_shape(g: Array, z: Array, x: Array, *unused: Any, **also_unused: Any) -> Array:
    return np.reshape(g, np.shape(x))


_function: Any
for _function, _option in (
    (np.reshape, "shape"), (np.squeeze, "axis"), (np.expand_dims, "axis"), (np.ravel, "")
):  # fmt: skip
    define(
        _function,
        f"{_function.__name__}(x)",
        ("g in x's shape", _back_to_shape),
        parameters=(_option,) if _option else (),
        routes=True,
    )
define(np.transpose, "x.T", ("g.T", _transpose_back), parameters=("axes",), routes=True)
define(
    np.broadcast_to,
    "broadcast_to(x)",
    ("g summed over the repeats", lambda g, z, x, shape: unbroadcast(g, np.shape(x))),
    parameters=("shape",),
    routes=True,
)


def _piece_of_concatenation(g: Array, z: Array, place: int, *xs: Array, axis: int = 0) -> Array:
    if axis is None:
        ends = np.cumsum([np.size(x) for x in xs])
        return np.reshape(g[ends[place] - np.size(xs[place]) : ends[place]], np.shape(xs[place]))
    ends = np.cumsum([np.shape(x)[axis] for x in xs])
    part = slice(int(ends[place]) - np.shape(xs[place])[axis], int(ends[place]))
    return g[(slice(None),) * (axis % np.ndim(g)) + (part,)]


def _layer_of_stack(g: Array, z: Array, place: int, *xs: Array, axis: int = 0) -> Array:
    return g[(slice(None),) * (axis % np.ndim(g)) + (place,)]


define(
    np.concatenate,
    "[x, y, ...]",
    ("its part of g", _piece_of_concatenation),
    parameters=("axis",),
    routes=True,
)
define(
    np.stack, "[x, y, ...]", ("its part of g", _layer_of_stack), parameters=("axis",), routes=True
)

# ---- rearrangements ----------------------------------------------------------------------------


def rearrangement(
    function: Callable, where_from: Callable | None = None, inverse: Callable | None = None
) -> None:
    """Define a function that puts the elements of its first argument elsewhere, or zeros.

    where_from : the same for 1, 2, 3, ..., if function itself would not do. inverse : a function of
    g and the options that puts them back, where there is one, which spares the numbers.
    """
    numbered = where_from or function

    def back(g: Array, z: Array, x: Array, **options: Any) -> Array:
        if inverse is not None:
            return inverse(g, **options)
        n, shape = np.size(x), np.shape(x)
        places = numbered(np.arange(1, n + 1).reshape(shape), **options)
        return np.reshape(put(g, places, (n + 1,))[1:], shape)  # at 0 what came from nowhere

    _, *parameters = inspect.signature(function).parameters
    define(
        function,
        f"{function.__name__}(x)",
        ("g put where x stood", back),
        parameters=tuple(name for name in parameters if name != "out"),
        routes=True,
    )


for _function in (
    np.repeat, np.tile, np.roll, np.flip, np.flipud, np.fliplr, np.rot90, np.diag, np.diagflat,
    np.diagonal, np.tril, np.triu, np.rollaxis,
    np.take, np.take_along_axis, np.delete, np.atleast_1d, np.atleast_2d, np.atleast_3d,
):  # fmt: skip
    rearrangement(_function)
rearrangement(np.swapaxes, inverse=np.swapaxes)
rearrangement(np.matrix_transpose, inverse=np.matrix_transpose)
rearrangement(
    np.moveaxis, inverse=lambda g, source, destination: np.moveaxis(g, destination, source)
)

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


define(np.sort, "sort(x)", ("g put where x stood", _unsorted),
       parameters=("axis", "kind", "stable"), routes=True)  # fmt: skip
define(np.partition, "partition(x)", ("g put where x stood", _unsorted),
       parameters=("kth", "axis", "kind"), routes=True)  # fmt: skip
