"""A node: a number or array in a computation, which remembers what it was computed from.

Python's operators and NumPy's functions work on nodes as on arrays, through NumPy's own protocols
(`__array_ufunc__` and `__array_function__`, NEP 13 and 18), and give new nodes. So the graph is
recorded by computing; nothing else keeps track of it, and it goes when its nodes go.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import calls
from chainrule.graph.operations import arrangement, composed, definition, elementwise
from chainrule.graph.operations import reductions as reductions  # which makes its functions known
from chainrule.graph.operations.definition import Args, Function, Operation, Options

MOST_IN_AN_ARRAY = 10_000  # of objects; each of them needs a node, and later a whole gradient
_np: Any = np  # whose type hints do not know that its functions give nodes for nodes
REDUCED = {  # np.add.reduce is np.sum
    np.add: _np.sum, np.multiply: _np.prod, np.maximum: _np.max, np.minimum: _np.min,
}  # fmt: skip
WITH_A_CONSTANT = {np.maximum: elementwise.AT_LEAST, np.minimum: elementwise.AT_MOST}


def variable(value: Any, name: str | None = None) -> "Node":
    """A node that nothing was computed for: where a computation starts.

    value : a number or array of them (copied; integers and booleans become float64, float32 stays).
    name : for tables and drawings.

    >>> a, b, c = variable(5, "a"), variable(3, "b"), variable(2, "c")
    >>> 3 * (a + b * c)
    Node(3 * (a + b * c) = 33)
    """
    if isinstance(value, Node):
        raise InputError("variable", "numbers", "a node", "Use it as it is, or pass node.value.")
    array = floats("variable", value, copy=True)
    array.flags.writeable = False  # what was computed from it would no longer be true
    return Node(array, name=name)


def floats(where: str, value: Any, *, copy: bool = False) -> np.ndarray:
    """A number or array as floats; InputError for what is none."""
    fix = "Numbers, lists of numbers and NumPy arrays of them are taken."
    if isinstance(value, Node):
        raise InputError(where, "real numbers", "a node", fix)
    checks.unmasked(where, "values", value)
    try:
        array = np.array(value) if copy else np.asarray(value)
    except InputError:  # from a node in it
        raise
    except ValueError:
        raise InputError(where, "an array", "lists of different lengths", fix) from None
    if array.dtype.kind not in "fiub":
        raise InputError(where, "real numbers", checks.describe(value), fix)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def method(function: Function) -> Any:
    """The function as a method: x.sum(axis=0) is np.sum(x, axis=0)."""

    def of_node(self: Any, *others: Any, **options: Any) -> Any:
        return function(self, *others, **options)

    of_node.__doc__ = f"The same as `numpy.{function.__name__}` of the node."
    return of_node


def in_place(function: Function) -> Any:
    """As an operator: x += 1 changes an array for all who hold it, a number is only replaced."""

    def operator(self: Any, other: Any) -> Any:
        if self.ndim:
            raise refused_write(f"np.{function.__name__} in place, by an operator like +=")
        return function(self, other)

    return operator


def refused_write(how: str, fix: str = "Write y = x + 1 for x += 1.") -> InputError:
    """A value that was computed with must not change."""
    return InputError("graph", "functions that make new arrays", f"an in-place write, {how}", fix)


class Node(NDArrayOperatorsMixin):
    """A value and where it came from.

    value : the array or number. operation : that computed it, None for a variable.
    args : its array arguments, nodes and constants. options : the others (axis, shape, ...).
    name : what tables and drawings call it, or None; may be set.

    Comparisons give plain arrays of booleans, so that code may branch on values. There are no
    in-place changes: x[0] = 1, np.add(..., out=x) and, of arrays, x += 1 are refused.
    """

    __slots__ = ("__weakref__", "args", "name", "operation", "options", "value")
    __hash__ = object.__hash__

    def __init__(
        self,
        value: Any,
        operation: Any = None,
        args: Args = (),
        options: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.value, self.operation, self.args = value, operation, args
        self.options, self.name = options or {}, name

    def __repr__(self) -> str:
        from chainrule.graph.text import expression, short

        return f"Node({expression(self, depth=3)} = {short(self.value)})"

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else repr(self)

    def __copy__(self, memo: Any = None) -> "Node":
        """Itself, which is never changed: copied arguments stay connected."""
        return self

    __deepcopy__ = __copy__

    __iadd__, __isub__, __imul__ = map(in_place, (np.add, np.subtract, np.multiply))
    __itruediv__, __ipow__, __imatmul__ = map(in_place, (np.divide, np.power, np.matmul))
    __ifloordiv__, __imod__ = map(in_place, (np.floor_divide, np.remainder))
    sum, mean, max, min = map(method, (_np.sum, _np.mean, _np.max, _np.min))

    # ---- what arrays have -------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the value."""
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        """Of the value."""
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        """Of the value."""
        return np.size(self.value)

    @property
    def dtype(self) -> np.dtype:
        """Of the value, a float's."""
        return self.value.dtype

    @property
    def T(self) -> "Node":
        """With all axes in reverse order."""
        return _np.transpose(self)

    @property
    def mT(self) -> "Node":
        """With the last two axes exchanged."""
        return self.T if self.ndim == 2 else _np.matrix_transpose(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a node that holds one number has no len()")
        return self.shape[0]

    def __iter__(self) -> Iterator["Node"]:
        if not self.shape:
            raise TypeError("a node that holds one number cannot be iterated over")
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: Any) -> "Node":
        return arrangement.getitem(self, calls.without_nodes(index))

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        fix = "Build the new array with np.where, np.concatenate or np.stack."
        raise refused_write("x[...] = ...", fix)

    def astype(self, dtype: Any, copy: bool = True) -> "Node":
        """The same numbers as other floats; the derivative goes back in its own dtype."""
        if np.dtype(dtype) == self.dtype:
            return self
        return definition.astype(self, checks.float_dtype("astype", dtype))

    def reshape(self, *shape: Any) -> "Node":
        """The same numbers in another shape, as NumPy's `reshape`."""
        return _np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> "Node":
        """With axes in another order, as NumPy's `transpose`."""
        return _np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def item(self) -> NoReturn:
        """Refused: a number alone has no graph; see `value`."""
        self.__float__()

    # ---- what would lose the derivative ------------------------------------------------------

    def __float__(self) -> NoReturn:
        raise InputError(
            "graph",
            "NumPy's functions",
            "float(), a function of the math module, or a write into an array (z[0] = x), which "
            "see a number and no graph",
            "Use np.exp for math.exp and np.stack for z[0] = x; for the number alone, node.value.",
        )

    __int__ = __index__ = __complex__ = __float__

    def __round__(self, ndigits: int | None = None) -> NoReturn:
        raise calls.unknown("rounding", stepwise=True)

    __trunc__ = __floor__ = __ceil__ = __round__

    def __getattr__(self, name: str) -> Any:
        """NumPy asks each element of an array of objects, np.exp([x, y]), for a method exp."""
        ufunc = getattr(np, name, None)
        if isinstance(ufunc, np.ufunc):
            return partial(ufunc, self)
        raise AttributeError(f"a node has no attribute {name!r}")

    def __bool__(self) -> bool:
        return bool(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """np.array(x) holds a node for each number, which is slow: many are refused."""
        if self.size > MOST_IN_AN_ARRAY or (dtype is not None and np.dtype(dtype) != object):
            raise InputError(
                "graph",
                "functions that keep the graph",
                f"np.array or np.asarray of a node of shape {self.shape}, or a NumPy function of "
                "a list of nodes",
                "Leave the call out, make one array of several nodes with np.stack, or take "
                "node.value where no derivative is wanted.",
            )
        box = np.empty(self.shape, object)
        for index in np.ndindex(self.shape):
            box[index] = self[index] if self.shape else self
        return box

    # ---- computing ---------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if options.pop("out", None) is not None:
            raise refused_write(f"np.{ufunc.__name__} with out= or an operator like +=")
        if method == "reduce" and ufunc in REDUCED:
            return REDUCED[ufunc](*inputs, **{"axis": 0, **options})
        if method != "__call__":
            raise calls.unknown(f"np.{ufunc.__name__}.{method}")
        return self.__array_function__(ufunc, (), inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Args, options: Options) -> Any:
        if function in composed.LOOKING:
            return function(*map(calls.without_nodes, args), **calls.without_nodes(options))
        if spelled_out := composed.COMPOSED.get(function):
            known = calls.names_of(spelled_out)
            return spelled_out(**calls.by_name(function, known, args, options))
        operation = definition.OPERATIONS.get(function)
        if operation is None:
            raise calls.unknown(calls.name_of(function), stepwise=function in composed.STEPWISE)
        args, options = calls.arguments_of(function, operation, args, options)
        special = WITH_A_CONSTANT.get(function)
        if special is not None and len(args) == 2:
            one, other = (isinstance(arg, Node) for arg in args)
            if one != other:
                operation, args = special, args if one else args[::-1]
        return record(operation, args, options)


def record(operation: Operation, args: Args, options: Options | None = None) -> Node:
    """Compute, and remember how."""
    options = options or {}
    values = []
    for place, arg in enumerate(args):
        node = isinstance(arg, Node)
        if node and operation.rule(place) is None:
            raise InputError(
                "graph",
                f"a plain array as argument {place + 1} of {operation.name}",
                "a node, with respect to which it has no derivative",
                "Pass node.value where that is meant.",
            )
        values.append(arg.value if node else arg)
    compute = operation.value
    value = compute(values, **options) if operation.any_number else compute(*values, **options)
    return Node(value, operation, args, options)


for _function in (
    np.var, np.std, np.squeeze, np.swapaxes, np.ravel, np.dot, np.clip, np.argmax, np.argmin,
    np.all, np.any, np.copy, np.prod, np.cumsum, np.cumprod, np.repeat, np.take, np.diagonal,
    np.trace, np.round, np.argsort, np.nonzero,
):  # fmt: skip
    setattr(Node, _function.__name__, method(_function))
Node.flatten = Node.ravel  # type: ignore[attr-defined]
