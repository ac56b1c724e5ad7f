"""What an operation is: its value, and beside it its derivatives.

    define(np.multiply, "x * y", "g * y", "g * x")

z = f(x, y, ...) is the operation's value and g = dJ/dz what comes back to it; a rule turns g into
that argument's share of dJ/dx. It is a few NumPy operations on g, z and the arguments, so it runs
on arrays, and on nodes when the derivative itself is to be differentiated. It is written once, as a
person reads it, and becomes a function, as in PyTorch's derivatives.yaml; x**2 becomes x * x, which
is exact, and differentiated again in one step. Where that will not do, a function stands beside the
words, and a test holds the two together. Another demands a check against central differences for
every operation that is defined here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

import numpy as np

Array = Any  # an array or a node; rules do not ask which
Function = Callable[..., Any]
Args = tuple[Any, ...]
Options = dict[str, Any]
LETTERS = ("", "x", "xy", "cxy")  # of so many arguments


@dataclass(frozen=True)
class Rule:
    """The derivative with respect to one argument: dJ/dx from g = dJ/dz, z and the arguments."""

    text: str
    derivative: Function


@dataclass(frozen=True, eq=False)
class Operation:
    """A function of arrays with its derivatives.

    name : as NumPy says it. value : computes it. text : how to write it, of x, y, ....
    rules : one for each array argument, None for one that is never differentiated (a condition,
        labels). elementwise : arguments are broadcast; their gradients are summed back.
    parameters : names of the options (axis, shape, ...), in the order of their positions.
    routes : g is only passed on, whole or in part; where its rule gives 0 nothing was used.
    mixes : elements are multiplied and summed; with 1 for all, the rule says which meet in z.
    smooth : of the arguments, where the derivative is finite but for overflow; None for nowhere.
    """

    name: str
    value: Callable[..., np.ndarray]
    text: str
    rules: tuple[Rule | None, ...]
    elementwise: bool = False
    parameters: tuple[str, ...] = ()
    routes: bool = False
    mixes: bool = False
    smooth: Callable[..., Any] | None = None

    @property
    def letters(self) -> str:
        """What the arguments are called in the texts."""
        return LETTERS[len(self.rules)]

    def rule(self, place: int) -> Any:
        """Of the argument at `place`, or None; where there may be any number, one for all."""
        return self.rules[0 if self.any_number else place]

    @cached_property
    def any_number(self) -> bool:
        """Whether the array arguments come as one list."""
        return self.text.startswith("[")

    def derivative(self, place: int, g: Array, z: Array, args: Args, options: Options) -> Array:
        """What the rule of args[place] gives, before what was broadcast is summed back."""
        which = (place,) if self.any_number else ()
        return self.rule(place).derivative(g, z, *which, *args, **options)

    def gradient(
        self, place: int, g: Array, z: Array, args: Args, options: Options, used: Any = None
    ) -> Array:
        """The share of dJ/d(args[place]), of its shape and dtype.

        used : where J depends on z at all; elsewhere the share is 0, also beside inf and NaN. None
            where that makes no difference.
        """
        found, x = self.derivative(place, g, z, args, options), args[place]
        if self.elementwise:
            if used is not None:
                if self.smooth:
                    used = used & ((plain(g) != 0) | ~np.asarray(self.smooth(*map(plain, args))))
                found = np.where(used, found, 0.0)
            found = unbroadcast(found, x.shape)
        return found if found.dtype == x.dtype else astype(found, x.dtype)

    def uses(self, place: int, used: Any, z: Array, args: Args, options: Options) -> np.ndarray:
        """Where args[place] matters to J, if `used` says where z does; of plain arrays."""
        x = args[place]
        if self.mixes:
            z, args = np.ones_like(z), tuple(np.ones(np.shape(arg)) for arg in args)
        if self.routes or self.mixes:
            found = self.derivative(place, used.astype(z.dtype), z, args, options) != 0
        else:
            found = used if self.elementwise else np.full(x.shape, used.any())
        return unbroadcast(found.astype(float), x.shape) != 0 if self.elementwise else found


OPERATIONS: dict[Function, Operation] = {}
_SQUARE, _PRODUCT = re.compile(r"(\w)\*\*2"), r"(\1 * \1)"
WORDS = dict(vars(np))  # what rules may name: NumPy's functions, and those that are defined


def define(
    function: Function,
    text: str,
    *rules: str | tuple[str, Function] | None,
    elementwise: bool | None = None,
    name: str | None = None,
    **facts: Any,
) -> Operation:
    """Make `function` known to the graph.

    rules : each as it reads, or in words and a function of g, z and the arguments. facts : see
    Operation.
    """
    name = name or function.__name__
    WORDS.setdefault(name, function)
    if elementwise is None:
        elementwise = isinstance(function, np.ufunc)
    letters = ", ".join(LETTERS[len(rules)])
    known = tuple(
        Rule(rule, eval(f"lambda g, z, {letters}, **_: {_SQUARE.sub(_PRODUCT, rule)}", WORDS))
        if isinstance(rule, str)
        else rule and Rule(*rule)
        for rule in rules
    )
    OPERATIONS[function] = Operation(name, function, text, known, elementwise, **facts)
    return OPERATIONS[function]


def traceable(function: Function) -> Function:
    """Lets a function of ours be recorded when it is given a node, as NumPy's functions are."""

    @wraps(function)
    def recorded(*args: Any, **options: Any) -> Any:
        for arg in (*args, *options.values()):
            for part in arg if isinstance(arg, (list, tuple)) else (arg,):
                record = getattr(part, "__array_function__", None)
                if record is not None and not isinstance(part, np.ndarray):
                    return record(recorded, (), args, options)
        return function(*args, **options)

    return recorded


def everywhere(*args: Any) -> bool:
    """For `smooth`, of functions without a singular point."""
    return True


def plain(x: Array) -> Any:
    """The numbers of an array or node, for conditions, which have no derivative."""
    return getattr(x, "value", x)


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """g summed over the axes along which an argument of `shape` was repeated."""
    if np.shape(g) == shape:
        return g
    lead = g.ndim - len(shape)
    repeated = tuple(k for k, n in enumerate(shape, start=lead) if n == 1 and g.shape[k] != 1)
    return np.reshape(np.sum(g, axis=(*range(lead), *repeated)), shape)


@traceable
def astype(x: Array, dtype: Any) -> Array:
    """x in another float dtype (a copy)."""
    return np.asarray(x).astype(dtype)


define(
    astype,
    "astype(x)",
    ("g in x's dtype", lambda g, z, x, dtype: astype(g, x.dtype)),
    parameters=("dtype",),
    routes=True,
)
