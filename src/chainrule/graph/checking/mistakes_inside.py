"""Known mistakes inside a backward: what gradients become when one step of the way back is wrong.

The graph of a person's forward is walked back with the share of one operation replaced, such as
that of an activation whose derivative is left out. What comes out is compared with what was got: so
the mistake is found where it was made, together with all the results that it spoils.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from chainrule.graph.backward import in_order, share, sweep
from chainrule.graph.checking.forward import Pair
from chainrule.graph.functions import leaky_relu, relu, sigmoid
from chainrule.graph.gradients import called
from chainrule.graph.node import Node, variable
from chainrule.graph.operations.definition import OPERATIONS, Args, Function, plain
from chainrule.graph.text import expression, with_names

Array = np.ndarray
Inside = tuple[str, Mapping[Any, Array]]
"""A mistake in words, and what it makes of the gradients, by the key of the variable."""

MOST_NODES = 1000  # each mistake that is tried walks through all of them
LONGEST = 12  # operations in a row that may make one activation
# Their derivative is a number or an array of numbers: leaving it out is another mistake.
LINEAR = ("add", "subtract", "negative", "positive", "multiply", "divide", "where")
SLOPES: dict[Function, dict[str, Callable[[Array, Array], Array]]] = {
    sigmoid: {"lacks its factor 1 - A": lambda Z, A: A, "lacks its factor A": lambda Z, A: 1 - A},
    np.tanh: {"lacks the square": lambda Z, A: 1 - A, "lacks the 1 -": lambda Z, A: A**2},
    relu: {
        "has A in the place of Z > 0": lambda Z, A: A,
        "is taken on the wrong side, Z < 0": lambda Z, A: (Z < 0).astype(float),
    },
    leaky_relu: {},
}
"""Of an activation A = g(Z) alone: what is said, and what stands in the place of its slope."""


# ---- the graph of the forward ------------------------------------------------------------------


def traced(pair: Pair, keys: set[str]) -> tuple[Node, dict[str, Node]] | None:
    """The output and, of `keys`, the variables; None where there is no such graph.

    forward is first called on nodes. Code that these stop (an in-place write, np.array) may still
    be g(W A + b), or g(A), with an activation g that is known: if the values are these, that is it.
    """
    leaves = pair.arguments.leaves
    nodes = {leaf.key: variable(leaf.value, leaf.name) for leaf in leaves if leaf.key in keys}
    parts = [nodes.get(leaf.key, leaf.value) for leaf in leaves]
    for output in _possible(pair, nodes, parts):
        # One number may have come in a box of shape (1, 1).
        if isinstance(output, Node) and (
            (output.shape == pair.output.shape or output.size * pair.output.size == 1)
            and np.allclose(output.value, pair.output, rtol=1e-9, atol=1e-12)
        ):
            return output, nodes
    return None


def _possible(pair: Pair, nodes: Mapping[str, Node], parts: list[Any]) -> Iterator[Any]:
    with suppress(Exception):  # a person's code on what it was not written for may raise anything
        found = called(pair.function, pair.arguments.with_values(nodes), {})
        yield pair.unpacked(found)[0]
    known: list[Function] = [np.positive, *SLOPES]
    for Z in _linear(parts, pair.output.shape):
        yield from (g(Z) for g in known)


def _linear(parts: list[Any], shape: tuple[int, ...]) -> Iterator[Any]:
    """What has that shape: each of the parts, and W @ A, W.T @ A, each with and without + b."""
    yield from (part for part in parts if np.shape(part) == shape)
    for W, A in permutations([part for part in parts if np.ndim(part) == 2], 2):
        for left in (W, W.T):
            if left.shape[1] == A.shape[0] and (left.shape[0], A.shape[1]) == shape:
                Z = left @ A
                yield Z
                for b in parts:
                    if b is not W and b is not A and _broadcasts(np.shape(b), shape):
                        yield Z + b


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


# ---- walked back, with mistakes ----------------------------------------------------------------


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


def insides(output: Node, variables: Mapping[Any, Node], seed: Array) -> Iterator[Inside]:
    """The gradients as they should be, of which nothing is said, then what each mistake that may
    have been made gives.

    output : of a traced forward, from `variables` (by any key). seed : dJ/d(output).
    """
    order = in_order(output)
    if len(order) > MOST_NODES:
        return
    seed = np.reshape(seed, output.shape)
    zeros = {id(node): np.zeros(node.shape) for node in variables.values()}

    def inside(said: str, swept: dict[int, Array]) -> Inside:
        found = zeros | swept
        return said, {key: found[id(node)] for key, node in variables.items()}

    right = _swept(order, seed)
    yield inside("", right)
    alike: dict[str | None, list[Change]] = {}
    for changes in (_wrong_slopes(order), _transpositions(order), _omissions(order)):
        for change in changes:
            yield inside(change.said, _swept(order, seed, [change]))
            alike.setdefault(change.kind, []).append(change)
    alike.pop(None, None)
    for kind, several in alike.items():  # a backward pass is a loop, and so the mistake is in each
        if len(several) > 1:
            yield inside(f"in every layer {kind}", _swept(order, seed, several))
    for key, node in variables.items():
        for said, wrong in _wrong_sums(node, order, right):
            yield said, {key: wrong}


def _swept(order: list[Node], seed: Array, changes: Sequence[Change] = ()) -> dict[int, Array]:
    """dJ/dx by id(x), with those changes."""
    changed = {(id(change.node), change.place): change for change in changes}

    def targets(node: Node) -> tuple[Any, ...]:
        whole = changed.get((id(node), None))
        return node.args if whole is None else (whole.target,)

    def changed_share(node: Node, place: int, g: Array, z: Array, args: Args) -> Array:
        change = changed.get((id(node), None)) or changed.get((id(node), place))
        return change.share(g) if change else share(node, place, g, z, args)

    return sweep(order, seed, changed_share, targets=targets)


# ---- the derivative of an activation: left out, another one's, at a wrong place ------------------


def _wrong_slopes(order: list[Node]) -> Iterator[Change]:
    """dZ = dA * D in the place of dA * g'(Z).

    An activation may be one operation, such as tanh, or a few in a row, such as 1 / (1 + exp(-Z));
    it is recognized by its values.
    """
    within = _rows_of_operations(order)
    found = [
        (g, start, end)
        for end in order
        for start in within[id(end)]
        for g in SLOPES
        if np.allclose(g(start.value), end.value, rtol=1e-9, atol=1e-12)
    ]
    ends = {end for _, _, end in found}
    for g, start, end in found:
        place = _after(start, ends) if len(found) > 1 else ""
        for said, D in _of_activation(g, start.value, end.value):
            texts = [f"the derivative of {g.__name__}{at} {said}." for at in (place, "")]
            yield Change(texts[0], end, start, lambda g, D=D: g * D, kind=texts[1])  # type: ignore[misc]
    for node in order:
        if node.operation and node.operation.name not in LINEAR and node not in ends:
            said = f"the derivative of {node.operation.name} is left out."
            for start in within[id(node)]:
                if any(arg is start for arg in node.args):
                    yield Change(said, node, start, np.copy, kind=said)


def _of_activation(g: Function, Z: Array, A: Array) -> Iterator[tuple[str, Array]]:
    expected = f"(expected dZ = dA * {_formula(g)})"
    yield f"is left out (dZ = dA; {expected[1:]}", np.ones_like(A)
    yield f"is taken at A instead of Z {expected}", _slope(g, A, np.asarray(g(A)))
    yield f"has Z in the place of A {expected}", _slope(g, Z, Z)
    for said, mistake in SLOPES[g].items():
        yield f"{said} {expected}", mistake(Z, A)
    for other in (sigmoid, np.tanh, relu):
        if other is not g:
            said = f"is that of {other.__name__}, {_formula(other)} {expected}"
            yield said, _slope(other, Z, A)


def _slope(g: Function, Z: Array, A: Array) -> Array:
    """g' by its rule in the graph."""
    return OPERATIONS[g].derivative(0, np.ones_like(A), A, (Z,), {})


def _formula(g: Function) -> str:
    """Such as A * (1 - A)."""
    text = OPERATIONS[g].rule(0).text.removeprefix("g * ")
    return with_names(text, {"x": "Z", "z": "A", "where": "np.where"})


def _rows_of_operations(order: list[Node]) -> dict[int, list[Node]]:
    """By id of a node, the nodes of which it is a function of every element, nearest first."""
    within: dict[int, list[Node]] = {}
    for node in order:
        parts = [arg for arg in node.args if isinstance(arg, Node)]
        rows = [[part, *within[id(part)]] for part in parts if part.shape == node.shape]
        within[id(node)] = []
        if node.operation and node.operation.elementwise and len(rows) == len(parts) > 0:
            shared = set.intersection(*map(set, rows))
            within[id(node)] = [n for n in rows[0] if n in shared][:LONGEST]
    return within


def _after(start: Node, ends: set[Node]) -> str:
    """The variables from which Z is computed since the activation before: " after W1, b1"."""
    before = in_order(start)
    earlier = {n for end in ends.intersection(before) for n in in_order(end)}
    names = [n.name for n in before if n.operation is None and n.name and n not in earlier]
    return f" after {', '.join(names)}" if names else ""


# ---- products, uses, sums ----------------------------------------------------------------------


PRODUCTS = (
    "dZ.T @ x.T", "dZ @ x.T", "x.T @ dZ.T", "x.T @ dZ", "dZ.T @ x", "dZ @ x", "x @ dZ.T", "x @ dZ",
)  # fmt: skip


def _transpositions(order: list[Node]) -> Iterator[Change]:
    for node in order:
        product = node.operation and node.operation.name in ("matmul", "dot")
        if product and all(np.ndim(arg) == 2 for arg in node.args):
            for place, arg in enumerate(node.args):
                if isinstance(arg, Node):
                    yield from _other_products(node, place, arg)


def _other_products(node: Node, place: int, target: Node) -> Iterator[Change]:
    """Those that have the right shape: of z = y @ x, dZ @ x for dZ @ x.T, and so on."""
    other, right = node.args[1 - place], "x.T @ dZ" if place else "dZ @ x.T"
    for text in PRODUCTS:
        share = partial(eval(f"lambda dZ, x: {text}"), x=plain(other))
        if text != right and _shape(share, node.shape) == target.shape:
            said, kind = (
                with_names(f"{text}, where {right} belongs.", {"x": name})
                for name in (_name_of_factor(other), "W" if place else "A")
            )
            mistake = "a transpose is missing, or one too many: "
            yield Change(mistake + said, node, target, share, place, mistake + kind)


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
                yield Change(said, node, arg, lambda g, of=arg: np.zeros(of.shape), place)  # type: ignore[misc]


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
    names = {(0,): "axis 0", (1,): "axis 1", (0, 1): "everything"}
    for axes, name in names.items():
        if right and axes != right:
            said = f"summed over {name}; the sum over {names[right]} belongs there."
            yield said, np.sum(G, axis=axes, keepdims=True)
            yield said, np.sum(G, axis=axes)
