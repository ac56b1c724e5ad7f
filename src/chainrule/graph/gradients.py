"""Gradients of functions: their arguments become nodes, and the cost is swept back to them."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph import trees
from chainrule.graph.backward import derivatives, in_order
from chainrule.graph.calls import positional
from chainrule.graph.node import Node, floats
from chainrule.graph.operations.definition import Args, Function, Options

Array = Any
_OF_OBJECTS = re.compile(
    r"ufunc '(\w+)'.*(?:dtype\('O'\)|safely coerced)|no callable (\w+) method"
    r"|'(?:int|float|bool)' object has no attribute '(\w+)'"
)


def called(f: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """f(*args, **options), without the box that np.squeeze(np.array(cost)) makes around a node.

    Its errors say what to do: of a node that NumPy wrapped (z[0] = x), and of arrays of objects,
    np.array([x, y]) of nodes.
    """
    try:
        found = f(*args, **options)
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error.__cause__, InputError):
            raise error.__cause__ from None
        if match := _OF_OBJECTS.search(str(error)):
            name = next(filter(None, match.groups()))
            fix = "Make one array of several nodes with np.stack."
            got = f"{name} of an array of nodes or other objects"
            raise InputError("graph", "arrays of numbers", got, fix) from None
        raise
    boxed = isinstance(found, np.ndarray) and found.dtype == object and found.size == 1
    return found.item() if boxed else found


def value_and_grad(
    f: Callable[..., Any], argnums: int | str | Sequence[int | str] = 0
) -> Callable[..., tuple[Any, Any]]:
    """A function that gives f's value and its gradient.

    f : any function of numbers, arrays, and lists, tuples or dictionaries of them, written with
        NumPy's functions, that gives one number (of shape (), (1,) or (1, 1)).
    argnums : with respect to which argument, by position (0 is the first) or by name; of several
        arguments the gradient is a tuple.

    The gradient has the structure of the argument, a float array in the place of each number or
    array. Where an argument, or anything else that f sees, is a node, the value is a node, and so
    is every gradient that depends on it: this is how derivatives are differentiated again.
    """
    several = isinstance(argnums, (list, tuple))
    places: tuple[Any, ...] = tuple(argnums) if several else (argnums,)  # type: ignore[arg-type]

    @wraps(f)
    def differentiated(*args: Any, **options: Any) -> tuple[Any, Any]:
        nodes: list[Node] = []

        def fresh(leaf: Any, path: str) -> Node:
            # A node that is given stays connected, but derivatives are taken at this one.
            node = +leaf if isinstance(leaf, Node) else _Argument(floats(f"grad{path}", leaf))
            nodes.append(node)
            return node

        given, named, inputs = list(args), dict(options), list[Any]()
        for place in (_place(f, place, args, options) for place in places):
            holder: Any = given if isinstance(place, int) else named
            try:
                inputs.append(holder[place])
            except (IndexError, KeyError):
                got = f"{len(args)} positional and the named arguments {sorted(options)}"
                raise InputError("grad", f"an argument {place!r}", got) from None
            holder[place] = trees.mapped(fresh, inputs[-1])
        try:
            value, gradients = _with_respect_to(nodes, _cost(called(f, given, named)))
        finally:
            for node in nodes:
                if isinstance(node, _Argument):
                    node.closed = True
        rest = iter(gradients)
        found = tuple(trees.mapped(lambda leaf, path: next(rest), tree) for tree in inputs)
        return value, found if several else found[0]

    return differentiated


def grad(f: Callable[..., Any], argnums: int | str | Sequence[int | str] = 0) -> Callable[..., Any]:
    """A function that gives the gradient of f: see `value_and_grad`.

    >>> grad(grad(lambda x: x**3))(2.0)
    array(12.)
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return gradient


def _place(f: Function, place: int | str, args: Args, options: Options) -> int | str:
    """Where the argument stands in this call: given by its position, or by its name."""
    if place in options or (isinstance(place, int) and place < len(args)):
        return place
    names = positional(f)
    if place in names:
        return names.index(place)
    return names[place] if isinstance(place, int) and place < len(names) else place


class _Argument(Node):
    """What a function gets while it is differentiated.

    closed : whether that is over; in a gradient that is a node it is then a constant.
    """

    __slots__ = ("closed",)
    closed: bool


def _cost(result: Any) -> Any:
    """The one number that f gave: a node if it depends on one."""
    if isinstance(result, (Node, int, float, np.number, np.ndarray)) and np.size(result) == 1:
        return result
    arrays = isinstance(result, (Node, np.ndarray))
    got = f"a result of shape {result.shape}" if arrays else f"a {type(result).__name__}"
    fix = "Sum it, or differentiate one element." if arrays else "Return the cost alone."
    raise InputError("grad", "a function that gives one number", got, fix)


def _with_respect_to(nodes: list[Node], J: Any) -> tuple[Any, list[Array]]:
    """J's value, and dJ/dx for the nodes x; zeros where J does not depend on one."""
    if not isinstance(J, Node):
        return J, [np.zeros(node.shape, node.dtype) for node in nodes]
    order = in_order(J)
    mine = set(map(id, nodes))
    # Variables of somebody else: value and gradient may depend on them, and must not forget it.
    traced = any(
        node.operation is None and id(node) not in mine and not getattr(node, "closed", False)
        for node in order
    )
    found, _ = derivatives(order, np.ones(J.shape, J.dtype), mine, traced=traced)
    value = J if traced else J.value.copy()
    return value, [_own(found.get(id(node)), node) for node in nodes]


def _own(gradient: Any, node: Node) -> Array:
    """A gradient that shares its memory with nothing, in the dtype of what it belongs to."""
    if gradient is None:
        return np.zeros(node.shape, node.dtype)
    return gradient if isinstance(gradient, Node) else np.array(gradient, node.dtype)
