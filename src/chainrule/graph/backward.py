"""The chain rule, from the end of a graph back to its start; and gradients of functions.

    dJ/dx = sum over everything z that was computed from x of  dJ/dz dz/dx

A graph is put in order without recursion, so that long chains work, and walked back once. Where
derivatives are to be differentiated again, the same rules are applied to nodes instead of arrays,
and give nodes.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import Parameter, signature
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import trees
from chainrule.graph.node import Node, floats
from chainrule.graph.operations import plain

Array = Any
_OF_OBJECTS = re.compile(
    r"ufunc '(\w+)'.*(?:dtype\('O'\)|safely coerced)|no callable (\w+) method"
    r"|'(?:int|float|bool)' object has no attribute '(\w+)'"
)
_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def in_order(output: Node) -> list[Node]:
    """Every node that `output` was computed from and itself, each after what it is made of."""
    order: list[Node] = []
    seen: set[int] = set()
    waiting: list[tuple[Node, bool]] = [(output, False)]
    while waiting:
        node, parts_are_done = waiting.pop()
        if parts_are_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((a, False) for a in reversed(node.args) if isinstance(a, Node))
    return order


class Gradients(Mapping[Node, Array]):
    """dJ/dx for every node x of a graph, by node: arrays of x's shape and dtype, each a copy."""

    def __init__(self, found: list[tuple[Node, Array]], used: Mapping[int, Array]) -> None:
        self._found = {id(node): (node, gradient) for node, gradient in found}
        self._used = used

    def share(self, node: Node, place: int) -> Array:
        """What of dJ/d(node) comes to node.args[place]."""
        return _share(node, place, self[node], node.value, tuple(map(plain, node.args)), self._used)

    def __getitem__(self, node: Node) -> Array:
        if id(node) not in self._found:
            raise KeyError(f"{node!r} is no part of this graph")
        return np.array(self._found[id(node)][1])

    def __iter__(self) -> Iterator[Node]:
        return (node for node, _ in self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"Gradients of {len(self)} nodes"


def backward(output: Node, seed: Any = None) -> Gradients:
    """dJ/dx for every node x that `output` = J was computed from.

    seed : dJ/d(output), of its shape; 1 by default, which needs an output of one number.

    >>> from chainrule.graph import variable
    >>> a, b, c = variable(5.0), variable(3.0), variable(2.0)
    >>> d = backward(3 * (a + b * c))
    >>> float(d[a]), float(d[b]), float(d[c])
    (3.0, 6.0, 9.0)
    """
    if not isinstance(output, Node):
        raise InputError("backward", "a node", checks.describe(output), "See variable().")
    order = in_order(output)
    found, used = _sweep(order, _seed(output, seed), set(map(id, order)), traced=False)
    nodes = [node for node in reversed(order) if id(node) in found]
    return Gradients([(node, found[id(node)]) for node in nodes], used)


def _seed(output: Node, seed: Any) -> np.ndarray:
    if seed is None:
        if output.size != 1:
            raise InputError(
                "backward",
                "a cost, one number",
                f"an output of shape {output.shape}",
                "Sum it, or say what weight each of its elements has: backward(output, seed).",
            )
        return np.ones(output.shape, output.dtype)
    seed = floats("backward: seed", seed)
    if seed.shape != output.shape:
        raise InputError("backward", f"a seed of shape {output.shape}", f"{seed.shape}")
    return seed.astype(output.dtype, copy=False)


def _sweep(
    order: list[Node], seed: Array, wanted: set[int], *, traced: bool
) -> tuple[dict[int, Array], dict[int, Array]]:
    """dJ/dx by id(x) for the wanted x of `order`; and where J depends on each, or {}.

    traced : whether gradients are nodes, so that they can be differentiated in turn.

    Where a finite J has NaN among its derivatives, inf or NaN may stand where nothing was used, as
    in the other branch of np.where: then they are found again, and 0 there (Operation.gradient).
    """
    with np.errstate(all="ignore"):  # inf and NaN are seen in the result
        found = _once(order, seed, wanted, {}, traced=traced)
        doubtful = any(np.isnan(plain(found[k])).any() for k in wanted & found.keys())
        if not doubtful or not np.isfinite(order[-1].value).all():
            return found, {}
        used = _used(order)
        return _once(order, seed, wanted, used, traced=traced), used


def _share(
    node: Node, place: int, g: Array, z: Array, args: tuple, used: Mapping[int, Array]
) -> Array:
    assert node.operation is not None
    share = node.operation.gradient(place, g, z, args, node.options, used.get(id(node)))
    return np.where(used[id(node.args[place])], share, 0.0) if used else share


def _used(order: list[Node]) -> dict[int, Array]:
    """By id(x), True at those elements of x on which the last node depends."""
    used = {id(order[-1]): np.ones(order[-1].shape, bool)}
    for node in reversed(order):
        if node.operation is not None and id(node) in used:
            values = tuple(map(plain, node.args))
            for place, arg in enumerate(node.args):
                if isinstance(arg, Node):
                    there = used[id(node)], node.value, values, node.options
                    mine = node.operation.uses(place, *there)
                    used[id(arg)] = used.get(id(arg), False) | mine
    return used


def _once(
    order: list[Node], seed: Array, wanted: set[int], used: dict[int, Array], *, traced: bool
) -> dict[int, Array]:
    leads: set[int] = set()
    for node in order:
        if id(node) in wanted or any(id(arg) in leads for arg in node.args):
            leads.add(id(node))
    gradients = {id(order[-1]): seed}
    for node in reversed(order):
        g = gradients.get(id(node))
        if g is None or node.operation is None:
            continue
        args = node.args if traced else tuple(map(plain, node.args))
        z = node if traced else node.value
        for place, arg in enumerate(node.args):
            if id(arg) in leads and isinstance(arg, Node):
                share = _share(node, place, g, z, args, used)
                before = gradients.get(id(arg))
                gradients[id(arg)] = share if before is None else before + share
        if id(node) not in wanted:
            del gradients[id(node)]
    return gradients


def called(f: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """f(*args, **options), with errors that say what to do: of a node that NumPy wrapped
    (z[0] = x), and of arrays of objects, np.array([x, y]) of nodes."""
    try:
        return f(*args, **options)
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error.__cause__, InputError):
            raise error.__cause__ from None
        if found := _OF_OBJECTS.search(str(error)):
            name = next(filter(None, found.groups()))
            fix = "Make one array of several nodes with np.stack."
            got = f"{name} of an array of nodes or other objects"
            raise InputError("graph", "arrays of numbers", got, fix) from None
        raise


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
    places: tuple = tuple(argnums) if several else (argnums,)  # type: ignore[arg-type]

    @wraps(f)
    def differentiated(*args: Any, **options: Any) -> tuple[Any, Any]:
        inputs = _Inputs([_place(f, place, args, options) for place in places], args, options)
        try:
            J = _cost(called(f, inputs.args, inputs.options))
            value, gradients = _with_respect_to(inputs.nodes, J)
        finally:
            inputs.close()
        found = inputs.rebuilt(gradients)
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


def _place(f: Callable, place: int | str, args: tuple, options: dict) -> int | str:
    """Where the argument stands in this call: given by its position, or by its name."""
    if place in options or (isinstance(place, int) and place < len(args)):
        return place
    try:
        names = [p.name for p in signature(f).parameters.values() if p.kind in _BY_POSITION]
    except (TypeError, ValueError):
        return place
    if place in names:
        return names.index(place)
    return names[place] if isinstance(place, int) and place < len(names) else place


class _Argument(Node):
    """What a function gets while it is differentiated.

    closed : whether that is over; in a gradient that is a node it is then a constant.
    """

    __slots__ = ("closed",)
    closed: bool


class _Inputs:
    """f's arguments with a fresh node in the place of every number that is differentiated."""

    def __init__(self, places: list, args: tuple, options: dict) -> None:
        self.args, self.options = list(args), dict(options)
        self.nodes: list[Node] = []
        self._trees: list[Any] = []
        for place in places:
            holder: Any = self.args if isinstance(place, int) else self.options
            try:
                tree = holder[place]
            except (IndexError, KeyError):
                got = f"{len(args)} positional and the named arguments {sorted(options)}"
                raise InputError("grad", f"an argument {place!r}", got) from None
            self._trees.append(tree)
            holder[place] = trees.mapped(self._fresh, tree)

    def _fresh(self, leaf: Any, path: str) -> Node:
        # A node that is given stays connected, but derivatives are taken at this one.
        node = +leaf if isinstance(leaf, Node) else _Argument(floats(f"grad{path}", leaf))
        self.nodes.append(node)
        return node

    def close(self) -> None:
        for node in self.nodes:
            if isinstance(node, _Argument):
                node.closed = True

    def rebuilt(self, gradients: list[Array]) -> tuple:
        """The gradients in the structure of the arguments."""
        rest = iter(gradients)
        return tuple(trees.mapped(lambda leaf, path: next(rest), tree) for tree in self._trees)


def _cost(result: Any) -> Any:
    """The one number that f gave: a node if it depends on one."""
    if isinstance(result, np.ndarray) and result.dtype == object and result.size == 1:
        result = result.item()  # np.squeeze(np.array(cost)) is such a box
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
    found, _ = _sweep(order, np.ones(J.shape, J.dtype), mine, traced=traced)
    value = J if traced else J.value.copy()
    return value, [_own(found.get(id(node)), node) for node in nodes]


def _own(gradient: Any, node: Node) -> Array:
    """A gradient that shares its memory with nothing, in the dtype of what it belongs to."""
    if gradient is None:
        return np.zeros(node.shape, node.dtype)
    return gradient if isinstance(gradient, Node) else np.array(gradient, node.dtype)
