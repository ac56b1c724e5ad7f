"""What the graph is made of: each operation's value, and beside it its derivatives.

    define(np.multiply, "x * y", ("g * y", lambda g, z, x, y: g * y),
                                 ("g * x", lambda g, z, x, y: g * x))

z = f(x, y, ...) is the operation's value and g = dJ/dz what comes back to it; a rule turns g into
that argument's share of dJ/dx. It is a few NumPy operations on g, z and the arguments, so it runs
on arrays, and on nodes when the derivative itself is to be differentiated. Beside the rule stands
what it computes, in words that a person reads; a test holds the two together, and another demands
a check against central differences for every operation that is defined here.

At kinks: |x| at 0 has derivative 0, as sign(0) does; of equal numbers in a maximum each gets the
same share, but a constant beside a node gets all of it, so that maximum(0, z) has derivative 0 at
z = 0, as the course's relu does; clip has derivative 0 at its bounds, and so has the norm of a
zero vector.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

Array = Any  # an array or a node; rules do not ask which
Derivative = Callable[..., Array]


@dataclass(frozen=True)
class Rule:
    """The derivative with respect to one argument: dJ/dx from g = dJ/dz, z and the arguments."""

    text: str
    derivative: Derivative


@dataclass(frozen=True, eq=False)
class Operation:
    """A function of arrays with its derivatives.

    name : as NumPy says it. value : computes it. text : how to write it, of x, y, ....
    rules : one for each array argument, None for one that is never differentiated (a condition,
        labels). elementwise : arguments are broadcast; their gradients are summed back.
    parameters : names of the options (axis, shape, ...), in the order of their positions.
    """

    name: str
    value: Callable[..., np.ndarray]
    text: str
    rules: tuple[Rule | None, ...]
    elementwise: bool = False
    parameters: tuple[str, ...] = ()

    def rule(self, place: int) -> Rule | None:
        """Of the argument at `place`; an operation of any number of arguments has one for all."""
        return self.rules[min(place, len(self.rules) - 1)]

    @property
    def any_number(self) -> bool:
        """Whether the array arguments come as one list."""
        return self.text.startswith("[")

    def gradient(self, place: int, g: Array, z: Array, args: tuple, options: Mapping) -> Array:
        """The share of dJ/d(args[place]), of its shape and dtype."""
        rule, x = self.rule(place), args[place]
        assert rule is not None
        if self.any_number:
            found = rule.derivative(g, z, place, *args, **options)
        else:
            found = rule.derivative(g, z, *args, **options)
        if self.elementwise:
            found = unbroadcast(found, x.shape)
        return found if found.dtype == x.dtype else astype(found, x.dtype)


OPERATIONS: dict[Callable, Operation] = {}


def define(
    function: Callable,
    text: str,
    *rules: tuple[str, Derivative] | None,
    parameters: tuple[str, ...] = (),
    elementwise: bool | None = None,
    name: str | None = None,
) -> Operation:
    """Make `function` known to the graph."""
    operation = Operation(
        name or function.__name__,
        function,
        text,
        tuple(rule if rule is None else Rule(*rule) for rule in rules),
        isinstance(function, np.ufunc) if elementwise is None else elementwise,
        parameters,
    )
    OPERATIONS[function] = operation
    return operation


def traceable(function: Callable) -> Callable:
    """Lets a function of ours be recorded when it is given a node, as NumPy's functions are."""

    @wraps(function)
    def recorded(*args: Any, **options: Any) -> Any:
        for arg in (*args, *options.values()):
            record = getattr(arg, "__array_function__", None)
            if record is not None and not isinstance(arg, np.ndarray):
                return record(recorded, (), args, options)
        return function(*args, **options)

    return recorded


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """g summed over the axes along which an argument of `shape` was repeated."""
    if np.shape(g) == shape:
        return g
    lead = g.ndim - len(shape)
    repeated = tuple(k for k, n in enumerate(shape, start=lead) if n == 1 and g.shape[k] != 1)
    return np.reshape(np.sum(g, axis=(*range(lead), *repeated)), shape)


def _spread(g: Array, x: Array, axis: Any, keepdims: bool) -> Array:
    """The result of a reduction of x, or its gradient, with the reduced axes back at length 1."""
    if axis is None:
        return np.reshape(g, (1,) * np.ndim(x))
    return g if keepdims else np.expand_dims(g, axis)


# ---- arithmetic --------------------------------------------------------------------------------


def _log_where_positive(x: Array) -> Array:
    """log x, and 0 where x = 0: there x**y does not change with y > 0."""
    return np.log(np.where(_plain(x) == 0, 1.0, x))


def _plain(x: Array) -> Any:
    """The numbers of an array or node, for conditions, which have no derivative."""
    return getattr(x, "value", x)


def _power_slope(x: Array, y: Array) -> Array:
    """y x**(y - 1), and 0 where y = 0, also at x = 0."""
    return y * x ** np.where(_plain(y) == 0, 1.0, y - 1)


define(np.add, "x + y", ("g", lambda g, z, x, y: g), ("g", lambda g, z, x, y: g))
define(np.subtract, "x - y", ("g", lambda g, z, x, y: g), ("-g", lambda g, z, x, y: -g))
define(
    np.multiply,
    "x * y",
    ("g * y", lambda g, z, x, y: g * y),
    ("g * x", lambda g, z, x, y: g * x),
)
define(
    np.divide,
    "x / y",
    ("g / y", lambda g, z, x, y: g / y),
    ("-g * x / y**2", lambda g, z, x, y: -g * z / y),
)
define(
    np.power,
    "x ** y",
    ("g * y * x ** (y - 1)", lambda g, z, x, y: g * _power_slope(x, y)),
    ("g * z * log(x)", lambda g, z, x, y: g * z * _log_where_positive(x)),
)
define(np.negative, "-x", ("-g", lambda g, z, x: -g))
define(np.positive, "+x", ("g", lambda g, z, x: g))
define(np.square, "square(x)", ("g * 2 * x", lambda g, z, x: g * 2 * x))
define(np.reciprocal, "1 / x", ("-g * z**2", lambda g, z, x: -g * z * z))

# ---- functions of every element ----------------------------------------------------------------

define(np.exp, "exp(x)", ("g * z", lambda g, z, x: g * z))
define(np.expm1, "expm1(x)", ("g * (z + 1)", lambda g, z, x: g * (z + 1)))
define(np.log, "log(x)", ("g / x", lambda g, z, x: g / x))
define(np.log2, "log2(x)", ("g / (x * log(2))", lambda g, z, x: g / (x * np.log(2.0))))
define(np.log10, "log10(x)", ("g / (x * log(10))", lambda g, z, x: g / (x * np.log(10.0))))
define(np.log1p, "log1p(x)", ("g / (1 + x)", lambda g, z, x: g / (1 + x)))
define(np.sqrt, "sqrt(x)", ("g / (2 * z)", lambda g, z, x: g / (2 * z)))
define(np.absolute, "abs(x)", ("g * sign(x)", lambda g, z, x: g * np.sign(x)))
define(np.sin, "sin(x)", ("g * cos(x)", lambda g, z, x: g * np.cos(x)))
define(np.cos, "cos(x)", ("-g * sin(x)", lambda g, z, x: -g * np.sin(x)))
define(np.tan, "tan(x)", ("g * (1 + z**2)", lambda g, z, x: g * (1 + z * z)))
define(np.arcsin, "arcsin(x)", ("g / sqrt(1 - x**2)", lambda g, z, x: g / np.sqrt(1 - x * x)))
define(np.arccos, "arccos(x)", ("-g / sqrt(1 - x**2)", lambda g, z, x: -g / np.sqrt(1 - x * x)))
define(np.arctan, "arctan(x)", ("g / (1 + x**2)", lambda g, z, x: g / (1 + x * x)))
define(np.sinh, "sinh(x)", ("g * cosh(x)", lambda g, z, x: g * np.cosh(x)))
define(np.cosh, "cosh(x)", ("g * sinh(x)", lambda g, z, x: g * np.sinh(x)))
define(np.tanh, "tanh(x)", ("g * (1 - z**2)", lambda g, z, x: g * (1 - z * z)))
define(
    np.logaddexp,
    "logaddexp(x, y)",
    ("g * exp(x - z)", lambda g, z, x, y: g * np.exp(x - z)),
    ("g * exp(y - z)", lambda g, z, x, y: g * np.exp(y - z)),
)


def _share(mine: Array, other: Array, mine_wins: np.ndarray) -> np.ndarray:
    """1 where mine is taken, 1/2 where both are equal, else 0."""
    return np.where(_plain(mine) == _plain(other), 0.5, mine_wins)


define(
    np.maximum,
    "maximum(x, y)",
    ("g * (x > y)", lambda g, z, x, y: g * _share(x, y, _plain(x) > _plain(y))),
    ("g * (y > x)", lambda g, z, x, y: g * _share(y, x, _plain(y) > _plain(x))),
)
define(
    np.minimum,
    "minimum(x, y)",
    ("g * (x < y)", lambda g, z, x, y: g * _share(x, y, _plain(x) < _plain(y))),
    ("g * (y < x)", lambda g, z, x, y: g * _share(y, x, _plain(y) < _plain(x))),
)


def at_least(x: Array, c: Array) -> Array:
    """max(x, c) for a constant c."""
    return np.maximum(x, c)


def at_most(x: Array, c: Array) -> Array:
    """min(x, c) for a constant c."""
    return np.minimum(x, c)


AT_LEAST = define(
    traceable(at_least),
    "maximum(x, y)",
    ("g * (x > y)", lambda g, z, x, c: g * (_plain(x) > c)),
    None,
    elementwise=True,
    name="maximum",
)
AT_MOST = define(
    traceable(at_most),
    "minimum(x, y)",
    ("g * (x < y)", lambda g, z, x, c: g * (_plain(x) < c)),
    None,
    elementwise=True,
    name="minimum",
)
define(
    np.where,
    "where(c, x, y)",
    None,
    ("where(c, g, 0)", lambda g, z, c, x, y: np.where(c, g, 0.0)),
    ("where(c, 0, g)", lambda g, z, c, x, y: np.where(c, 0.0, g)),
    elementwise=True,
)


def _clip_gradient(
    g: Array, z: Array, x: Array, a_min: Array = None, a_max: Array = None, **bounds: Array
) -> Array:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    inside = np.ones(np.shape(x), bool)
    for bound, beyond in ((low, np.greater), (high, np.less)):
        if bound is not None:
            inside = inside & beyond(_plain(x), bound)
    return np.where(inside, g, 0.0)


define(
    np.clip,
    "clip(x)",
    ("where(inside, g, 0)", _clip_gradient),
    parameters=("a_min", "a_max", "min", "max"),
    elementwise=True,
)

# ---- products ----------------------------------------------------------------------------------


def _to_the_left(g: Array, z: Array, x: Array, y: Array) -> Array:
    """dJ/dx of z = x @ y: g @ y^T, where vectors are rows on the left and columns on the right."""
    if np.ndim(y) == 1:
        found = np.expand_dims(g, -1) * y
    elif np.ndim(x) == 1:
        found = (y @ np.expand_dims(g, -1))[..., 0]
    else:
        found = g @ y.mT
    return unbroadcast(found, np.shape(x))


def _to_the_right(g: Array, z: Array, x: Array, y: Array) -> Array:
    """dJ/dy of z = x @ y: x^T @ g."""
    if np.ndim(x) == 1:
        found = np.expand_dims(x, -1) * np.expand_dims(g, -2) if np.ndim(y) > 1 else g * x
    elif np.ndim(y) == 1:
        found = (np.expand_dims(g, -2) @ x)[..., 0, :]
    else:
        found = x.mT @ g
    return unbroadcast(found, np.shape(y))


for _product in (np.matmul, np.dot):
    define(
        _product,
        "x @ y",
        ("g @ y.T", _to_the_left),
        ("x.T @ g", _to_the_right),
        elementwise=False,
    )

# ---- sums and extremes -------------------------------------------------------------------------


def _of_sum(g: Array, z: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return np.broadcast_to(_spread(g, x, axis, keepdims), np.shape(x))


def _of_mean(g: Array, z: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return _of_sum(g, z, x, axis, keepdims) / (np.size(x) / max(1, np.size(z)))


def _of_extreme(g: Array, z: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """g to the places where the extreme stands, shared between equals."""
    there = _plain(x) == _spread(_plain(z), x, axis, keepdims)
    share = there / there.sum(axis=axis, keepdims=True)
    return _spread(g, x, axis, keepdims) * share


_REDUCTION = ("axis", "keepdims")
define(np.sum, "sum(x)", ("g spread over x", _of_sum), parameters=_REDUCTION)
define(np.mean, "mean(x)", ("g / n spread over x", _of_mean), parameters=_REDUCTION)
define(np.max, "max(x)", ("g where x is largest", _of_extreme), parameters=_REDUCTION)
define(np.min, "min(x)", ("g where x is smallest", _of_extreme), parameters=_REDUCTION)


def _norm_gradient(
    g: Array, z: Array, x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Array:
    length = _spread(z, x, axis, keepdims)
    # Of the zero vector 0, which lies in the middle of all its slopes.
    length = np.where(_plain(length) == 0, 1.0, length)
    return _spread(g, x, axis, keepdims) * x / length


OPERATIONS[np.amax], OPERATIONS[np.amin] = OPERATIONS[np.max], OPERATIONS[np.min]
define(
    np.linalg.norm,
    "norm(x)",
    ("g * x / z", _norm_gradient),
    parameters=("ord", "axis", "keepdims"),
)

# ---- shapes ------------------------------------------------------------------------------------


def _transpose_back(g: Array, z: Array, x: Array, axes: Any = None) -> Array:
    if axes is None:
        return np.transpose(g)
    n = np.ndim(x)
    return np.transpose(g, tuple(int(k) for k in np.argsort([a % n for a in axes])))


def _back_to_shape(g: Array, z: Array, x: Array, *unused: Any, **also_unused: Any) -> Array:
    return np.reshape(g, np.shape(x))


define(np.reshape, "reshape(x)", ("g in x's shape", _back_to_shape), parameters=("shape",))
define(np.transpose, "x.T", ("g.T", _transpose_back), parameters=("axes",))
define(np.squeeze, "squeeze(x)", ("g in x's shape", _back_to_shape), parameters=("axis",))
define(np.expand_dims, "expand_dims(x)", ("g in x's shape", _back_to_shape), parameters=("axis",))
define(
    np.broadcast_to,
    "broadcast_to(x)",
    (
        "g summed over the repeats",
        lambda g, z, x, shape: unbroadcast(g, np.shape(x)),
    ),
    parameters=("shape",),
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
)
define(np.stack, "[x, y, ...]", ("its part of g", _layer_of_stack), parameters=("axis",))


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


@traceable
def astype(x: Array, dtype: Any) -> Array:
    """x in another float dtype (a copy)."""
    return np.asarray(x).astype(dtype)


define(
    getitem,
    "x[index]",
    ("g put at index", lambda g, z, x, index: put(g, index, np.shape(x))),
    parameters=("index",),
)
define(
    put,
    "put(x)",
    ("g[index]", lambda g, z, x, index, shape: getitem(g, index)),
    parameters=("index", "shape"),
)
define(
    astype,
    "astype(x)",
    ("g in x's dtype", lambda g, z, x, dtype: astype(g, x.dtype)),
    parameters=("dtype",),
)
