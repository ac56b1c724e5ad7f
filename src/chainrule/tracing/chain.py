"""What each number of a network's pass is computed from, and what uses it: the chain rule's links,
and a derivative beside the slope of the values that are computed anew.

The rules are written once, as `Z[2] ji = W[2] jk, A[1] ki, b[2] j`, and read in both directions: a
letter of the known place is that number, another one runs along its axis.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.checking.differences import STEP, Settings, Slopes
from chainrule.network.network import forward_from
from chainrule.tracing.entry import array_called
from chainrule.tracing.network_trace import NetworkGraph

Array = np.ndarray
Place = tuple[int, ...]
TOLERANCE = 1e-6  # relative, of a derivative and a slope that agree


@dataclass(frozen=True)
class Link:
    """Entries of an array: their row and column, of b their row, of L their example.

    letters : "jk". place : a number for each letter, None where it runs along its axis.
    """

    array: str
    letters: str
    place: tuple[int | None, ...]

    @property
    def label(self) -> str:
        """W[2][3, k]."""
        known = zip(self.letters, self.place, strict=True)
        inside = ", ".join(letter if k is None else str(k) for letter, k in known)
        return f"{self.array}[{inside}]" if inside else self.array

    def values(self, graph: NetworkGraph) -> Array:
        """The numbers, an axis for each letter that runs."""
        array = graph.numbers[self.array]
        array = array[:, 0] if self.letters == "j" else array
        return np.asarray(array[tuple(slice(None) if k is None else k for k in self.place)])

    def at(self, k: Place) -> Place:
        """The place of one of its entries, by its index into `values`."""
        free = iter(k)
        return tuple(next(free) if one is None else one for one in self.place)


def _rules(graph: NetworkGraph) -> Iterator[tuple[str, ...]]:
    """Each array with its letters, then what it is computed from."""
    penalty = [f"W[{layer}] jk" for layer in range(1, len(graph.layers) + 1) if graph.l2]
    for n, activation in enumerate(graph.network.activations, start=1):
        below, d_below = (f"A[{n - 1}]", f"dA[{n - 1}]") if n > 1 else ("X", "dX")
        mixed = activation == "softmax"
        yield f"Z[{n}] ji", f"W[{n}] jk", f"{below} ki", f"b[{n}] j"
        yield f"A[{n}] ji", f"Z[{n}] {'ki' if mixed else 'ji'}"
        if f"dA[{n}]" not in graph.numbers:
            yield f"dZ[{n}] ji", f"A[{n}] ji", "Y ji"
        elif mixed:
            yield f"dZ[{n}] ji", f"dA[{n}] ki", f"A[{n}] ki"
        else:
            yield f"dZ[{n}] ji", f"dA[{n}] ji", f"Z[{n}] ji"
        yield f"{d_below} ki", f"W[{n}] jk", f"dZ[{n}] ji"
        yield f"dW[{n}] jk", f"dZ[{n}] ji", f"{below} ki", *penalty[n - 1 : n]
        yield f"db[{n}] j", f"dZ[{n}] ji"
    if f"dA[{n}]" in graph.numbers:
        yield f"dA[{n}] ji", f"A[{n}] ji", "Y ji"
    yield "L i", f"{graph.loss_of}[{n}] ji", "Y ji"
    yield "J ", "L i", *penalty


def made_of(graph: NetworkGraph, array: str, place: Place) -> list[Link]:
    """What an entry is computed from, in the order of its formula."""
    found = []
    for target, *sources in _rules(graph):
        name, letters = target.split(" ")
        if name == array:
            found += [_link(source, dict(zip(letters, place, strict=True))) for source in sources]
    return found


def used_by(graph: NetworkGraph, array: str, place: Place) -> list[Link]:
    """What is computed from an entry."""
    found = []
    for target, *sources in _rules(graph):
        for name, letters in (source.split(" ") for source in sources):
            if name == array:
                found.append(_link(target, dict(zip(letters, place, strict=True))))
    return found


def _link(pattern: str, known: dict[str, int]) -> Link:
    name, letters = pattern.split(" ")
    return Link(name, letters, tuple(map(known.get, letters)))


@dataclass(frozen=True)
class Check:
    """A derivative beside the central difference (J(x + h) - J(x - h)) / 2h.

    noise : what rounding may have done to the difference. error : |g - n| / (|g| + |n|), 0 where
    both are 0. kink : whether slopes to the left and right differ, and no one of them is right.
    """

    derivative: float
    numeric: float
    step: float
    noise: float
    error: float
    kink: bool
    agrees: bool


def check_entry(graph: NetworkGraph, array: str, place: Place, derivative: float) -> Check:
    """The derivative with respect to an entry, beside the slope of what is computed anew from it.

    array, place : W[l], b[l], Z[l], A[l], X or L, whose derivative is dJ/d of it; or dZ[l], dA[l]
    or dX, that of the example's own loss with respect to it; or dW[l] or db[l], as of W and b.
    Only what the entry can change is computed again, by the network's own functions, in float64.
    The step is 6e-6, or that times |x| where |x| is more; another where this one does not tell.

    InputError for A[L] where the loss is computed from Z[L].
    """
    F, x, weights = _after(graph, array, place)
    with np.errstate(all="ignore"):
        settings = Settings.valid("check", STEP, TOLERANCE, 1, 0)
        found = Slopes(F, np.array([x]), weights, settings).beside(np.array([derivative]))
    step = STEP * max(1.0, abs(x))
    kink, noise = bool(found.kink[0]), float(found.noise[0])
    numbers = derivative, float(found.numeric[0]), step, noise, found.relative_error
    return Check(*numbers, kink, found.agrees(TOLERANCE))


def _after(graph: NetworkGraph, array: str, place: Place) -> tuple[Any, float, Array]:
    """What follows from an entry: losses (and its penalty) as a function of it, from an array of
    one number; the number; and the weights by which they are summed."""
    kind, _, layer = array_called(array.removeprefix("d"), len(graph.layers))
    weights = np.broadcast_to(graph.weights, graph.numbers["L"].shape).astype(np.float64)
    if kind in "Wb":
        return _after_parameter(graph, kind, layer, place, weights)
    if kind == "L":
        return (lambda x: x), float(graph.numbers["L"][place]), weights[list(place)]
    j, i = place
    if kind == "A" and layer == len(graph.layers) and graph.loss_of == "Z":
        raise InputError(
            "check", "what the loss is computed from", f"A[{layer}], beside Z[{layer}]"
        )
    column = graph.numbers[array.removeprefix("d")][:, [i]].astype(np.float64)
    weights = np.ones(1) if array[0] == "d" else weights[[i]]

    def losses(x: Array) -> Array:
        changed = column.copy()
        changed[j] = x
        return _losses(graph, changed, kind, layer, [i])

    return losses, float(column[j, 0]), weights


def _after_parameter(
    graph: NetworkGraph, kind: str, layer: int, place: Place, weights: Array
) -> tuple[Any, float, Array]:
    j, n = place[0], graph.numbers
    below = n[f"A[{layer - 1}]" if layer > 1 else "X"]
    row, b = (n[f"{one}[{layer}]"][j].astype(np.float64) for one in "Wb")
    at = place[1] if kind == "W" else 0
    Z = n[f"Z[{layer}]"].astype(np.float64)

    def losses(x: Array) -> Array:
        changed, Z_changed = {"W": row.copy(), "b": b.copy()}, Z.copy()
        changed[kind][at] = x[0]
        Z_changed[j] = changed["W"] @ below + changed["b"]
        found = _losses(graph, Z_changed, "Z", layer, slice(None))
        return np.append(found, x**2)

    penalty = graph.l2 / 2 if kind == "W" else 0.0
    return losses, float((row if kind == "W" else b)[at]), np.append(weights, penalty)


def _losses(graph: NetworkGraph, x: Array, kind: str, layer: int, examples: Any) -> Array:
    """Each example's loss, from its X, Z[l] or A[l] on (n_l, k)."""
    network, last = graph.network, len(graph.layers)
    if kind != "Z" and layer < last:
        x, kind, layer = network.weights[layer] @ x + network.biases[layer], "Z", layer + 1
    if kind == "Z":
        above = network.weights[layer:], network.biases[layer:], network.activations[layer - 1 :]
        x = [found[-1] for found in forward_from(x, *above)]["ZA".index(graph.loss_of)]
    found: Array = graph.loss(x, graph.numbers["Y"][:, examples])
    return found
