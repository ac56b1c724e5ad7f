"""One entry of one matrix of a network's pass, spelled out term by term."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.text import columns, short
from chainrule.network import ACTIVATIONS

if TYPE_CHECKING:
    from chainrule.tracing.network_trace import NetworkGraph

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Entry:
    """name = sum over the terms of (weight * product of factors) + rest.

    running : the name of the index that is summed over, or "". factors : by name, the numbers that
    are multiplied, each (terms,). rest : by name, what is added. weights : by which each term is
    multiplied, 1/m for all or one for each; None for none. note : ends the formula.
    """

    name: str
    running: str
    factors: dict[str, Array]
    rest: dict[str, float] = field(default_factory=dict)
    weights: Any = None
    note: str = ""

    @property
    def formula(self) -> str:
        """The same in names: dW[2][0, 1] = 1/m sum_i dZ[2][0, i] A[1][1, i]."""
        sums = [f"sum_{self.running}"] if self.running else []
        if self.weights is not None:
            sums = [*sums, "w_i"] if np.ndim(self.weights) else ["1/m", *sums]
        parts = [" ".join([*sums, *self.factors]), *self.rest]
        return f"{self.name} = {' + '.join(parts)}{self.note}".replace(" + -", " - ")

    @property
    def terms(self) -> Array:
        """Each term of the sum, before its weight (terms,)."""
        product: Array = np.prod(list(self.factors.values()), axis=0)
        return product

    @property
    def value(self) -> float:
        """The entry itself: the sum of its weighted terms, and of the rest."""
        weights = 1 if self.weights is None else self.weights
        return float(np.sum(weights * self.terms) + sum(self.rest.values()))

    def table(self, most: int | None = 12) -> str:
        """The formula and its terms in lines; of more than `most` terms the first and last."""
        if not self.running:
            return self._one_line()
        terms, n = self.terms, len(self.terms)
        each = [self.weights] if np.ndim(self.weights) else []
        head = [self.running, *self.factors, *(["w_i"] if each else []), "product"]
        numbers = [*self.factors.values(), *each, terms * self.weights if each else terms]
        shown = range(n)
        if most is not None and n > most:
            shown = [*range(most - most // 2), -1, *range(n - most // 2, n)]  # type: ignore
        rows = [
            [str(k), *(short(column[k]) for column in numbers)]
            if k >= 0
            else ["...", f"({n - most} more)" if most else "", *[""] * (len(head) - 2)]
            for k in shown
        ]
        return "\n".join([self.formula, "", columns([head, *rows], str.rjust), "", self._total()])

    def _one_line(self) -> str:
        product = " x ".join(short(column[0]) for column in self.factors.values())
        if len(self.factors) == 1 and not self.rest:
            return f"{self.formula} = {short(self.value, digits=10)}"
        rest = "".join(f" + {short(number)}" for number in self.rest.values()).replace("+ -", "- ")
        return f"{self.formula} = {product}{rest} = {short(self.value, digits=10)}"

    def _total(self) -> str:
        each = self.weights if np.ndim(self.weights) else 1
        total = float(np.sum(each * self.terms))
        text = f"sum {short(total)}"
        if not np.ndim(self.weights) and self.weights not in (None, 1):
            text += f", times {short(self.weights)}: {short(self.weights * total)}"
        for name, number in self.rest.items():
            text += f", plus {name} {short(number)}"
        return f"{text}  =  {short(self.value, digits=10)}"

    __str__ = table


def entry_of(graph: "NetworkGraph", name: str, index: tuple[int, ...]) -> Entry:
    """See NetworkGraph.entry."""
    array = r"J|L|Y|d?X|d?[WZAb]\^?\[\d+\]"
    whole = re.fullmatch(rf"({array})\s*\[(\d+(?:\s*,\s*\d+)*)\]", str(name))
    if whole and not index:
        name, index = whole[1], tuple(map(int, whole[2].split(",")))
    index = tuple(map(_whole, index))
    kind, label, layer = array_called(name, len(graph.layers))
    if kind in ("J", "L"):
        return (_J if kind == "J" else _L)(graph, *index)
    place = (*index, 0) if kind[-1] == "b" and len(index) == 1 else index
    if label not in graph.numbers:
        raise InputError(
            "entry",
            "a derivative that the pass computes",
            label,
            f"The loss is computed from Z[{layer}], so that dZ[{layer}] comes first, unless it is "
            "asked for as loss_of_outputs.",
        )
    shape = graph.numbers[label].shape
    if len(place) != 2 or not all(0 <= k < n for k, n in zip(place, shape, strict=True)):
        raise InputError("entry", f"a row and a column of {label} {shape}, from 0", f"{index}")
    shown = place[:1] if kind[-1] == "b" else place
    return _SPELLED[kind](graph, f"{label}{_indexed(shown)}", layer, *place)


def array_called(name: str, depth: int) -> tuple[str, str, int]:
    """Kind, name and layer of an array: "dW", "dW[2]", 2; of J, L, X, dX and Y the layer 0."""
    if name in ("J", "L", "X", "dX", "Y"):
        return name, name, 0
    found = re.fullmatch(r"(d?[WZAb])\^?\[?(\d+)\]?", str(name))
    if not found or not 1 <= int(found[2]) <= depth:
        arrays = "Z[l], A[l], dZ[l], dA[l], W[l], b[l], dW[l] or db[l]"
        raise InputError("entry", f"J, L, X, dX, Y, {arrays} with l from 1 to {depth}", repr(name))
    return found[1], f"{found[1]}[{int(found[2])}]", int(found[2])


def _whole(k: Any) -> int:
    if isinstance(k, (bool, np.bool_)) or not hasattr(k, "__index__"):
        raise InputError("entry", "whole numbers for row and column, from 0", repr(k))
    return int(k)


def _indexed(index: tuple[int | str, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _part(graph: "NetworkGraph", name: str, *index: int | str) -> dict[str, Array]:
    """By their name the numbers of an array that index names; a letter runs along a whole axis."""
    place = tuple(slice(None) if isinstance(k, str) else k for k in index)
    return {f"{name}{_indexed(index)}": np.atleast_1d(graph.numbers[name][place])}


def _J(graph: "NetworkGraph", *index: int) -> Entry:
    """The cost, from each example's loss."""
    if index:
        raise InputError("entry", "J without an index: it is one number", f"{index}")
    weights, losses = graph.weights, graph.numbers["L"]
    rest = {}
    if graph.l2:
        rest["l2/2 sum_l ||W[l]||^2"] = float(graph.numbers["J"]) - float(np.sum(weights * losses))
    return Entry("J", "i", {"L[i]": losses}, rest, weights)


def _L(graph: "NetworkGraph", *index: int) -> Entry:
    """One example's loss, from its outputs."""
    losses, layer = graph.numbers["L"], len(graph.layers)
    if len(index) != 1 or not 0 <= index[0] < len(losses):
        raise InputError("entry", f"an example of L {losses.shape}, from 0", f"{index}")
    i = index[0]
    said = f"{graph.network.loss}({graph.loss_of}[{layer}][:, {i}], Y[:, {i}])"
    return Entry(f"L[{i}]", "", {said: losses[i : i + 1]})


def _input_name(layer: int) -> str:
    return f"A[{layer - 1}]" if layer > 1 else "X"


def _given(graph: "NetworkGraph", name: str, layer: int, j: int, i: int) -> Entry:
    """What nothing in the pass computes."""
    array = name[: name.rindex("[")]
    what = {"X": "input", "Y": "label"}.get(array, "parameter")
    return Entry(name, "", {what: graph.numbers[array][j, i : i + 1]})


def _Z(graph: "NetworkGraph", name: str, layer: int, j: int, i: int) -> Entry:
    factors = _part(graph, f"W[{layer}]", j, "k") | _part(graph, _input_name(layer), "k", i)
    return Entry(
        name, "k", factors, {f"b[{layer}][{j}]": float(graph.numbers[f"b[{layer}]"][j, 0])}
    )


def _A(graph: "NetworkGraph", name: str, layer: int, j: int, i: int) -> Entry:
    n, g = graph.numbers, graph.network.activations[layer - 1]
    units, note = f"Z[{layer}][:, {i}])[{j}]", ""
    if g != "softmax":
        units, note = f"Z[{layer}][{j}, {i}])", f" = {g}({short(n[f'Z[{layer}]'][j, i])})"
    return Entry(name, "", {f"{g}({units}": n[f"A[{layer}]"][j, i : i + 1]}, note=note)


def _dZ(graph: "NetworkGraph", name: str, layer: int, j: int, i: int) -> Entry:
    n, g, place = graph.numbers, graph.network.activations[layer - 1], f"[{layer}][{j}, {i}]"
    A = n[f"A[{layer}]"]
    if f"dA[{layer}]" not in n:
        label = {f"-Y[{j}, {i}]": -float(n["Y"][j, i])}
        return Entry(name, "", _part(graph, f"A[{layer}]", j, i), label)
    if g == "softmax":  # dz_j = sum_k da_k a_k ((k = j) - a_j)
        jacobian = A[:, i] * ((np.arange(len(A)) == j) - A[j, i])
        slope = f"A[{layer}][k, {i}] ((k = {j}) - A{place})"
        return Entry(name, "k", _part(graph, f"dA[{layer}]", "k", i) | {slope: jacobian})
    ones = np.ones((1, 1), graph.network.dtype)
    slopes = ACTIVATIONS[g].backward(ones, A[j : j + 1, i : i + 1])[0]
    return Entry(name, "", _part(graph, f"dA[{layer}]", j, i) | {f"{g}'(Z{place})": slopes})


def _dA(graph: "NetworkGraph", name: str, layer: int, k: int, i: int) -> Entry:
    """Of A[l], and of X = A[0]."""
    if layer == len(graph.layers):
        slope, slopes = _slope_of_loss(graph, f"[{k}, {i}]"), graph.numbers[f"dA[{layer}]"]
        return Entry(name, "", {slope: slopes[k, i : i + 1]})
    above = f"[{layer + 1}]"
    return Entry(name, "j", _part(graph, f"W{above}", "j", k) | _part(graph, f"dZ{above}", "j", i))


def _slope_of_loss(graph: "NetworkGraph", place: str) -> str:
    """The derivative of one example's loss, as it is written with A[L]."""
    a, y = f"A[{len(graph.layers)}]{place}", f"Y{place}"
    spelled = {
        "binary_cross_entropy": f"-{y} / {a} + (1 - {y}) / (1 - {a})",
        "softmax_cross_entropy": f"-{y} / {a}",
        "poisson_deviance": f"1 - {y} / {a}",
        "squared_error": f"{a} - {y}",
    }
    return spelled.get(graph.network.loss, f"dL/d{a} ({graph.network.loss})")


def _dW(graph: "NetworkGraph", name: str, layer: int, j: int, k: int) -> Entry:
    factors = _part(graph, f"dZ[{layer}]", j, "i") | _part(graph, _input_name(layer), k, "i")
    weight = float(graph.l2 * graph.numbers[f"W[{layer}]"][j, k])
    penalty = {f"l2 W[{layer}][{j}, {k}]": weight} if graph.l2 else {}
    return Entry(name, "i", factors, penalty, graph.weights)


def _db(graph: "NetworkGraph", name: str, layer: int, j: int, _: int) -> Entry:
    return Entry(name, "i", _part(graph, f"dZ[{layer}]", j, "i"), weights=graph.weights)


_SPELLED = dict.fromkeys(("X", "Y", "W", "b"), _given) | {
    "Z": _Z, "A": _A, "dZ": _dZ, "dA": _dA, "dX": _dA, "dW": _dW, "db": _db,
}  # fmt: skip
