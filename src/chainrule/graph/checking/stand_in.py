"""The graph of a person's forward: traced, or where it cannot be, that of a layer like it."""

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from chainrule.graph.checking.activations import KNOWN
from chainrule.graph.checking.arguments import Arguments, Key
from chainrule.graph.checking.forward import unpacked
from chainrule.graph.checking.handwritten import WHERE, Pair
from chainrule.graph.gradients import called
from chainrule.graph.node import Node, variable

Array = Any


def graph_of(
    forward: Callable[..., Any], pair: Pair, arguments: Arguments, keys: set[Key]
) -> tuple[Node, dict[Key, Node]] | None:
    """The output and, of `keys`, the variables; None where there is no such graph.

    forward is first called on nodes. Code that these stop (an in-place write, np.array) may still
    be g(W A + b), or g(A), with an activation g that is known: if the values are these, that is it.
    """
    nodes = {
        leaf.key: variable(leaf.value, leaf.name) for leaf in arguments.leaves if leaf.key in keys
    }
    output = _traced(forward, arguments, nodes)
    if output is None or not _is(output, pair.output):
        parts = [nodes.get(leaf.key, leaf.value) for leaf in arguments.leaves]
        known: list[Any] = [np.positive, *KNOWN]
        layers = (g(Z) for Z in _linear(parts, pair.output.shape) for g in known)
        output = next((A for A in layers if isinstance(A, Node) and _is(A, pair.output)), None)
    return None if output is None else (output, nodes)


def _is(node: Node, output: np.ndarray) -> bool:
    """One number may have come in a box of shape (1, 1)."""
    if node.shape != output.shape and node.size * output.size != 1:
        return False
    return np.allclose(node.value, output, rtol=1e-9, atol=1e-12)


def _traced(
    forward: Callable[..., Any], arguments: Arguments, nodes: Mapping[Key, Node]
) -> Node | None:
    try:
        given = arguments.with_values(nodes)
        output, _ = unpacked(WHERE, "forward", called(forward, given, {}))
    except Exception:  # a person's code on what it was not written for: anything may be raised
        return None
    return output if isinstance(output, Node) else None


def _linear(parts: list[Array], shape: tuple[int, ...]) -> Iterator[Array]:
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
