"""The chain rule, from the end of a graph back to its start.

    dJ/dx = sum over everything z that was computed from x of  dJ/dz dz/dx

A graph is put in order without recursion, so that long chains work, and walked back once. Where
derivatives are to be differentiated again, the same rules are applied to nodes instead of arrays,
and give nodes.
"""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.node import Node, floats
from chainrule.graph.operations.definition import Args, plain

Array = Any


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


def sweep(
    order: list[Node],
    seed: Array,
    share: Callable[..., Array],
    wanted: Collection[int] | None = None,
    *,
    join: Callable[[Array, Array], Array] = operator.add,
    targets: Callable[[Node], tuple[Any, ...]] = operator.attrgetter("args"),
    traced: bool = False,
) -> dict[int, Array]:
    """By id(x), what comes back to x from the last node of `order`, which has `seed`.

    share(node, place, g, z, args) : what of g, that of the node, comes to node.args[place]; z and
    args are the node's value and arguments, which are nodes if `traced`. join : of several shares.
    targets : to what shares of a node go, its arguments but for those who try mistakes.
    wanted : by id, the nodes that are kept; None for all.
    """
    leads = set(map(id, order))  # to one of them
    if wanted is not None:
        leads = set()
        for node in order:
            if id(node) in wanted or not leads.isdisjoint(map(id, node.args)):
                leads.add(id(node))
    found = {id(order[-1]): seed}
    for node in reversed(order):
        if node.operation is None or id(node) not in found:
            continue
        g = found[id(node)] if wanted is None or id(node) in wanted else found.pop(id(node))
        z, args = (node, node.args) if traced else (node.value, tuple(map(plain, node.args)))
        for place, arg in enumerate(targets(node)):
            if isinstance(arg, Node) and id(arg) in leads:
                mine, before = share(node, place, g, z, args), found.get(id(arg))
                found[id(arg)] = mine if before is None else join(before, mine)
    return found


def derivatives(
    order: list[Node], seed: Array, wanted: Collection[int] | None = None, *, traced: bool = False
) -> tuple[dict[int, Array], dict[int, Array]]:
    """dJ/dx by id(x) for the wanted x of `order`; and where J depends on each, or {}.

    traced : whether gradients are nodes, so that they can be differentiated in turn.

    Where a finite J has NaN among its derivatives, inf or NaN may stand where nothing was used, as
    in the other branch of np.where: then they are found again, and 0 there (Operation.gradient).
    """
    with np.errstate(all="ignore"):  # inf and NaN are seen in the result
        found = sweep(order, seed, share, wanted, traced=traced)
        doubtful = any(np.isnan(plain(g)).any() for g in found.values())
        if not doubtful or not np.isfinite(order[-1].value).all():
            return found, {}
        used = sweep(order, np.ones(order[-1].shape, bool), _uses, join=operator.or_)
        again = partial(share, used=used)
        return sweep(order, seed, again, wanted, traced=traced), used


def share(
    node: Node, place: int, g: Array, z: Array, args: Args, used: Mapping[int, Array] | None = None
) -> Array:
    """What of g = dJ/d(node) comes to node.args[place], by the rule of its operation."""
    if not used:
        return node.operation.gradient(place, g, z, args, node.options)
    mine = node.operation.gradient(place, g, z, args, node.options, used.get(id(node)))
    return np.where(used[id(node.args[place])], mine, 0.0)


def _uses(node: Node, place: int, used: Array, z: Array, args: Args) -> Array:
    """True at those elements of node.args[place] on which the used ones of the node depend."""
    return node.operation.uses(place, used, z, args, node.options)


class Gradients(Mapping[Node, Array]):
    """dJ/dx for every node x of a graph, by node: arrays of x's shape and dtype, each a copy."""

    def __init__(self, found: Mapping[Node, Array], used: Mapping[int, Array]) -> None:
        self._found, self._used = found, used

    def share(self, node: Node, place: int) -> Array:
        """What of dJ/d(node) comes to node.args[place]."""
        return share(node, place, self[node], node.value, tuple(map(plain, node.args)), self._used)

    def __getitem__(self, node: Node) -> Array:
        if node not in self._found:
            raise KeyError(f"{node!r} is no part of this graph")
        return np.array(self._found[node])

    def __iter__(self) -> Iterator[Node]:
        return iter(self._found)

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
    found, used = derivatives(order, _seed(output, seed))
    return Gradients({n: found[id(n)] for n in reversed(order) if id(n) in found}, used)


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
