"""Known mistakes inside a backward: what gradients become when one step of the way back is wrong.

The graph of a traced forward is walked back with the share of one operation replaced, such as that
of an activation whose derivative is left out. What comes out is compared with what a person got:
so the mistake is found where it was made, together with all the results that it spoils.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph.backward import in_order, share, sweep
from chainrule.graph.checking.activations import mistaken_slopes
from chainrule.graph.node import Node
from chainrule.graph.operations import plain
from chainrule.graph.text import expression

Array = np.ndarray

MOST_NODES = 1000  # each mistake that is tried walks through all of them


@dataclass(frozen=True, eq=False)
class Change:
    """What goes back from `node` to `target` is share(g), g = dJ/d(node).

    place : of the target among the node's arguments; None where it stands for all that goes back
    from the node, and the target is what a few operations in a row started from.
    kind : what is said of it without the place, the same for the same mistake elsewhere; or None.
    """

    said: str
    node: Node
    target: Node
    share: Callable[[Array], Array]
    place: int | None = None
    kind: str | None = None


@dataclass(frozen=True, eq=False)
class Inside:
    """What a mistake makes of the gradients, by the key of the variable; said is empty for none."""

    said: str
    gradients: Mapping[Any, Array]


def insides(output: Node, variables: Mapping[Any, Node], seed: Array) -> Iterator[Inside]:
    """The gradients as they should be, then what each mistake that may have been made gives.

    output : of a traced forward, from `variables` (by any key). seed : dJ/d(output).
    """
    order = in_order(output)
    if len(order) > MOST_NODES:
        return
    seed = np.reshape(seed, output.shape)
    right = _swept(order, seed)
    yield Inside("", _of(variables, right))
    alike: dict[str, list[Change]] = {}
    for change in _changes(order):
        yield Inside(change.said, _of(variables, _swept(order, seed, [change])))
        if change.kind is not None:
            alike.setdefault(change.kind, []).append(change)
    for kind, changes in alike.items():  # a backward pass is a loop, and so the mistake is in each
        if len(changes) > 1:
            said = f"in every layer {kind}"
            yield Inside(said, _of(variables, _swept(order, seed, changes)))
    for key, node in variables.items():
        for said, wrong in _wrong_sums(node, order, right):
            yield Inside(said, {key: wrong})


def _of(variables: Mapping[Any, Node], gradients: dict[int, Array]) -> dict[Any, Array]:
    return {
        key: gradients[id(node)] if id(node) in gradients else np.zeros(node.shape)
        for key, node in variables.items()
    }


def _swept(order: list[Node], seed: Array, changes: Sequence[Change] = ()) -> dict[int, Array]:
    """dJ/dx by id(x), with those changes."""
    changed = {(id(change.node), change.place): change for change in changes}

    def targets(node: Node) -> tuple:
        whole = changed.get((id(node), None))
        return node.args if whole is None else (whole.target,)

    def changed_share(node: Node, place: int, g: Array, z: Array, args: tuple) -> Array:
        change = changed.get((id(node), None)) or changed.get((id(node), place))
        return change.share(g) if change else share(node, place, g, z, args)

    return sweep(order, seed, changed_share, targets=targets)


def _changes(order: list[Node]) -> Iterator[Change]:
    for said, kind, start, end, D in mistaken_slopes(order):
        yield Change(said, end, start, lambda g, D=D: g * D, kind=kind)  # type: ignore[misc]
    for node in order:
        yield from _transpositions(node)
    yield from _omissions(order)


def _transpositions(node: Node) -> Iterator[Change]:
    """Other products that have the right shape: of z = x @ y, g @ y for g @ y.T, and so on."""
    if node.operation is None or node.operation.name not in ("matmul", "dot"):
        return
    if any(np.ndim(arg) != 2 for arg in node.args):
        return
    for place, target in enumerate(node.args):
        if isinstance(target, Node):
            other = node.args[1 - place]
            name = _name_of_factor(other)
            right = f"dZ @ {name}.T" if place == 0 else f"{name}.T @ dZ"
            for text, share in _products(plain(other), name):
                if text != right and _shape(share, node.shape) == target.shape:
                    where = f"{text}, where {right} belongs."
                    said = f"a transpose is missing, or one too many: {where}"
                    kind = said.replace(name, "A" if place == 0 else "W")
                    yield Change(said, node, target, share, place, kind)


def _products(other: Array, name: str) -> Iterator[tuple[str, Callable[[Array], Array]]]:
    for factor, x in ((other.T, f"{name}.T"), (other, name)):
        yield f"dZ.T @ {x}", lambda g, factor=factor: g.T @ factor  # type: ignore[misc]
        yield f"dZ @ {x}", lambda g, factor=factor: g @ factor  # type: ignore[misc]
        yield f"{x} @ dZ.T", lambda g, factor=factor: factor @ g.T  # type: ignore[misc]
        yield f"{x} @ dZ", lambda g, factor=factor: factor @ g  # type: ignore[misc]


def _shape(share: Callable[[Array], Array], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return share(np.zeros(shape)).shape
    except ValueError:
        return None


def _name_of_factor(factor: Any) -> str:
    """W or w.T; A for what was computed in more steps, or is no variable."""
    if not isinstance(factor, Node):
        return "A"
    text = factor.name or expression(factor, depth=1)
    return text if len(text) <= 12 and " " not in text and "(" not in text else "A"


def _omissions(order: list[Node]) -> Iterator[Change]:
    """Of what is used more than once, one use at a time forgotten."""
    uses = Counter(id(arg) for node in order for arg in node.args)
    for node in order:
        for place, arg in enumerate(node.args):
            if isinstance(arg, Node) and uses[id(arg)] > 1:
                text = expression(node, depth=2)
                what = text if len(text) <= 60 else f"{text[:57]}..."
                said = f"what comes back through {what} is left out."
                zeros = np.zeros(arg.shape)
                yield Change(said, node, arg, lambda g, zeros=zeros: zeros, place)  # type: ignore[misc]


def _wrong_sums(
    variable: Node, order: list[Node], gradients: dict[int, Array]
) -> Iterator[tuple[str, Array]]:
    """For a variable that was broadcast, sums over other axes than those it was repeated along."""
    uses = [(node, k) for node in order for k, arg in enumerate(node.args) if arg is variable]
    if len(uses) != 1:
        return
    ((node, place),) = uses
    operation, g = node.operation, gradients.get(id(node))
    if operation is None or not operation.elementwise or node.ndim != 2 or g is None:
        return
    args = tuple(map(plain, node.args))
    G = np.broadcast_to(operation.derivative(place, g, node.value, args, node.options), node.shape)
    lead = (1,) * (2 - variable.ndim) + variable.shape
    right = tuple(k for k in (0, 1) if lead[k] == 1 != node.shape[k])
    for axes in ((0,), (1,), (0, 1)):
        if right and axes != right:
            said = f"summed over {_axes(axes)}; the sum over {_axes(right)} belongs there."
            yield said, np.sum(G, axis=axes, keepdims=True)
            yield said, np.sum(G, axis=axes)


def _axes(axes: tuple[int, ...]) -> str:
    return "everything" if len(axes) == 2 else f"axis {axes[0]}"
