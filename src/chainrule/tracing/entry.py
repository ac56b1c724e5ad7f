"""One entry of one matrix of a network's pass, spelled out term by term."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.tables import columns
from chainrule.graph.text import short
from chainrule.network import ACTIVATIONS
from chainrule.tracing.network_pass import NetworkPass

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


def entry_of(graph: NetworkPass, name: str, index: tuple[int, ...]) -> Entry:
    """See NetworkGraph.entry."""
    index = tuple(_whole(k) for k in index)
    if name in ("J", "L"):
        return _SUMS[name](graph, *index)
    found = re.fullmatch(r"(dW|db|dZ|dA|Z|A)\^?\[?(\d+)\]?", str(name))
    depth = len(graph.layers)
    if not found or not 1 <= int(found[2]) <= depth:
        known = f"J, L, Z[l], A[l], dZ[l], dA[l], dW[l] or db[l] with l from 1 to {depth}"
        raise InputError("entry", known, repr(name))
    kind, layer = found[1], int(found[2])
    place = (*index, 0) if kind == "db" and len(index) == 1 else index
    label = f"{kind}[{layer}]"
    if label not in graph.numbers:
        raise InputError(
            "entry",
            "a derivative that the pass computes",
            label,
            f"The loss is computed from Z[{layer}], so that dZ[{layer}] comes first.",
        )
    shape = graph.numbers[label].shape
    if len(place) != 2 or not all(0 <= k < n for k, n in zip(place, shape, strict=True)):
        raise InputError("entry", f"a row and a column of {label} {shape}, from 0", f"{index}")
    return _SPELLED[kind](graph, layer, *place)


def _whole(k: Any) -> int:
    if isinstance(k, (bool, np.bool_)) or not hasattr(k, "__index__"):
        raise InputError("entry", "whole numbers for row and column, from 0", repr(k))
    return int(k)


def _J(graph: NetworkPass, *index: int) -> Entry:
    """The cost, from each example's loss."""
    if index:
        raise InputError("entry", "J without an index: it is one number", f"{index}")
    weights, losses = graph.weights, graph.numbers["L"]
    rest = {}
    if graph.l2:
        rest["l2/2 sum_l ||W[l]||^2"] = float(graph.numbers["J"]) - float(np.sum(weights * losses))
    return Entry("J", "i", {"L[i]": losses}, rest, weights)


def _L(graph: NetworkPass, *index: int) -> Entry:
    """One example's loss, from its outputs."""
    losses, layer = graph.numbers["L"], len(graph.layers)
    if len(index) != 1 or not 0 <= index[0] < len(losses):
        raise InputError("entry", f"an example of L {losses.shape}, from 0", f"{index}")
    i = index[0]
    source = f"Z[{layer}]" if graph.network.loss_function.output else f"A[{layer}]"
    said = f"{graph.network.loss}({source}[:, {i}], Y[:, {i}])"
    return Entry(f"L[{i}]", "", {said: losses[i : i + 1]})


def _input_name(layer: int) -> str:
    return f"A[{layer - 1}]" if layer > 1 else "X"


def _Z(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    n, A = graph.numbers, _input_name(layer)
    factors = {f"W[{layer}][{j}, k]": n[f"W[{layer}]"][j], f"{A}[k, {i}]": n[A][:, i]}
    bias = {f"b[{layer}][{j}]": float(n[f"b[{layer}]"][j, 0])}
    return Entry(f"Z[{layer}][{j}, {i}]", "k", factors, bias)


def _A(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    n, name = graph.numbers, graph.network.activations[layer - 1]
    units, note = f"Z[{layer}][:, {i}])[{j}]", ""
    if name != "softmax":
        units, note = f"Z[{layer}][{j}, {i}])", f" = {name}({short(n[f'Z[{layer}]'][j, i])})"
    value = {f"{name}({units}": n[f"A[{layer}]"][j, i : i + 1]}
    return Entry(f"A[{layer}][{j}, {i}]", "", value, note=note)


def _dZ(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    n, name = graph.numbers, graph.network.activations[layer - 1]
    place, row = f"[{layer}][{j}, {i}]", slice(i, i + 1)
    A = n[f"A[{layer}]"]
    if f"dA[{layer}]" not in n:
        return Entry(
            f"dZ{place}", "", {f"A{place}": A[j, row]}, {f"-Y[{j}, {i}]": -float(n["Y"][j, i])}
        )
    dA = n[f"dA[{layer}]"]
    if name == "softmax":  # dz_j = sum_k da_k a_k ((k = j) - a_j)
        jacobian = A[:, i] * ((np.arange(len(A)) == j) - A[j, i])
        slope = f"A[{layer}][k, {i}] ((k = {j}) - A{place})"
        return Entry(f"dZ{place}", "k", {f"dA[{layer}][k, {i}]": dA[:, i], slope: jacobian})
    ones = np.ones((1, 1), graph.network.dtype)
    slope = ACTIVATIONS[name].backward(ones, A[j : j + 1, row])[0]
    return Entry(f"dZ{place}", "", {f"dA{place}": dA[j, row], f"{name}'(Z{place})": slope})


def _dA(graph: NetworkPass, layer: int, k: int, i: int) -> Entry:
    n, place = graph.numbers, f"[{layer}][{k}, {i}]"
    if layer == len(graph.layers):
        error = {f"dL/dA{place}": n[f"dA[{layer}]"][k, i : i + 1]}
        return Entry(f"dA{place}", "", error, note=f" ({graph.network.loss})")
    W, dZ = f"W[{layer + 1}]", f"dZ[{layer + 1}]"
    return Entry(f"dA{place}", "j", {f"{W}[j, {k}]": n[W][:, k], f"{dZ}[j, {i}]": n[dZ][:, i]})


def _dW(graph: NetworkPass, layer: int, j: int, k: int) -> Entry:
    n, A, dZ, W = graph.numbers, _input_name(layer), f"dZ[{layer}]", f"W[{layer}]"
    penalty = {f"l2 {W}[{j}, {k}]": float(graph.l2 * n[W][j, k])} if graph.l2 else {}
    factors = {f"{dZ}[{j}, i]": n[dZ][j], f"{A}[{k}, i]": n[A][k]}
    return Entry(f"dW[{layer}][{j}, {k}]", "i", factors, penalty, graph.weights)


def _db(graph: NetworkPass, layer: int, j: int, _: int) -> Entry:
    row = {f"dZ[{layer}][{j}, i]": graph.numbers[f"dZ[{layer}]"][j]}
    return Entry(f"db[{layer}][{j}]", "i", row, weights=graph.weights)


_SPELLED = {"Z": _Z, "A": _A, "dZ": _dZ, "dA": _dA, "dW": _dW, "db": _db}
_SUMS = {"J": _J, "L": _L}
