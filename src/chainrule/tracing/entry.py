"""One entry of one matrix of a network's pass, spelled out term by term."""

import re
from dataclasses import dataclass
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
    """value = scale * sum(product of factors) + rest.

    formula : the same in names. running : the name of the index that is summed over, or "".
    factors : by name, the numbers that are multiplied, each (terms,). weights : by which each term
        is multiplied, a number (1/m, or 1) or one for each. rest : by name, what is added.
    """

    formula: str
    running: str
    factors: dict[str, Array]
    weights: Any
    rest: dict[str, float]

    @property
    def terms(self) -> Array:
        """Each term of the sum, before its weight (terms,)."""
        product: Array = np.prod(list(self.factors.values()), axis=0)
        return product

    @property
    def value(self) -> float:
        return float(np.sum(self.weights * self.terms) + sum(self.rest.values()))

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
        total = float(np.sum(self.weights * self.terms)) if np.ndim(self.weights) else None
        plain = float(np.sum(self.terms))
        text = f"sum {short(plain if total is None else total)}"
        if total is None and self.weights != 1:
            text += f", times {short(self.weights)}: {short(self.weights * plain)}"
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
    weights, sign = _weights(graph)
    losses = graph.numbers["L"]
    rest: dict[str, float] = {}
    if graph.l2:
        total = float(graph.numbers["J"]) - float(np.sum(weights * losses))
        rest["l2/2 sum_l ||W[l]||^2"] = total
    tail = "".join(f" + {name}" for name in rest)
    return Entry(f"J = {sign} L[i]{tail}", "i", {"L[i]": losses}, weights, rest)


def _L(graph: NetworkPass, *index: int) -> Entry:
    """One example's loss, from its outputs."""
    losses, layer = graph.numbers["L"], len(graph.layers)
    if len(index) != 1 or not 0 <= index[0] < len(losses):
        raise InputError("entry", f"an example of L {losses.shape}, from 0", f"{index}")
    i = index[0]
    source = f"Z[{layer}]" if graph.network.loss_function.output else f"A[{layer}]"
    said = f"{graph.network.loss}({source}[:, {i}], Y[:, {i}])"
    return Entry(f"L[{i}] = {said}", "", {said: losses[i : i + 1]}, 1, {})


def _input_name(layer: int) -> str:
    return f"A[{layer - 1}]" if layer > 1 else "X"


def _Z(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    n, A = graph.numbers, _input_name(layer)
    formula = f"Z[{layer}][{j}, {i}] = sum_k W[{layer}][{j}, k] {A}[k, {i}] + b[{layer}][{j}]"
    factors = {f"W[{layer}][{j}, k]": n[f"W[{layer}]"][j], f"{A}[k, {i}]": n[A][:, i]}
    bias = {f"b[{layer}][{j}]": float(n[f"b[{layer}]"][j, 0])}
    return Entry(formula, "k", factors, 1, bias)


def _A(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    name = graph.network.activations[layer - 1]
    units = f"Z[{layer}][:, {i}])[{j}]" if name == "softmax" else f"Z[{layer}][{j}, {i}])"
    value = graph.numbers[f"A[{layer}]"][j, i]
    formula = f"A[{layer}][{j}, {i}] = {name}({units}"
    if name != "softmax":
        formula += f" = {name}({short(graph.numbers[f'Z[{layer}]'][j, i])})"
    return Entry(formula, "", {f"{name}({units}": np.array([value])}, 1, {})


def _dZ(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    n, name = graph.numbers, graph.network.activations[layer - 1]
    label = f"dZ[{layer}][{j}, {i}]"
    if f"dA[{layer}]" not in n:
        A, y = f"A[{layer}][{j}, {i}]", float(n["Y"][j, i])
        formula = f"{label} = {A} - Y[{j}, {i}]"
        return Entry(formula, "", {A: n[f"A[{layer}]"][j, i : i + 1]}, 1, {f"-Y[{j}, {i}]": -y})
    if name == "softmax":
        return _dZ_of_softmax(graph, layer, j, i)
    slope = f"{name}'(Z[{layer}][{j}, {i}])"
    dA = f"dA[{layer}][{j}, {i}]"
    ones = np.ones((1, 1), graph.network.dtype)
    value = ACTIVATIONS[name].backward(ones, n[f"A[{layer}]"][j : j + 1, i : i + 1])[0]
    factors = {dA: n[f"dA[{layer}]"][j, i : i + 1], slope: value}
    return Entry(f"{label} = {dA} {slope}", "", factors, 1, {})


def _dZ_of_softmax(graph: NetworkPass, layer: int, j: int, i: int) -> Entry:
    """dz_j = sum_k da_k a_k ((k = j) - a_j)."""
    A = graph.numbers[f"A[{layer}]"][:, i]
    dA = graph.numbers[f"dA[{layer}]"][:, i]
    jacobian = A * ((np.arange(len(A)) == j) - A[j])
    slope = f"dA[{layer}][k, {i}]", f"A[{layer}][k, {i}] ((k = {j}) - A[{layer}][{j}, {i}])"
    formula = f"dZ[{layer}][{j}, {i}] = sum_k {slope[0]} {slope[1]}"
    return Entry(formula, "k", {slope[0]: dA, slope[1]: jacobian}, 1, {})


def _dA(graph: NetworkPass, layer: int, k: int, i: int) -> Entry:
    n = graph.numbers
    label = f"dA[{layer}][{k}, {i}]"
    if layer == len(graph.layers):
        error = {f"dL/dA[{layer}][{k}, {i}]": n[f"dA[{layer}]"][k, i : i + 1]}
        return Entry(f"{label} = {next(iter(error))} ({graph.network.loss})", "", error, 1, {})
    W, dZ = f"W[{layer + 1}]", f"dZ[{layer + 1}]"
    formula = f"{label} = sum_j {W}[j, {k}] {dZ}[j, {i}]"
    return Entry(formula, "j", {f"{W}[j, {k}]": n[W][:, k], f"{dZ}[j, {i}]": n[dZ][:, i]}, 1, {})


def _dW(graph: NetworkPass, layer: int, j: int, k: int) -> Entry:
    n, A, dZ = graph.numbers, _input_name(layer), f"dZ[{layer}]"
    weights, sign = _weights(graph)
    penalty, tail = {}, ""
    if graph.l2:
        W = f"W[{layer}][{j}, {k}]"
        penalty = {f"l2 {W}": float(graph.l2 * n[f"W[{layer}]"][j, k])}
        tail = f" + l2 {W}"
    formula = f"dW[{layer}][{j}, {k}] = {sign} {dZ}[{j}, i] {A}[{k}, i]{tail}"
    factors = {f"{dZ}[{j}, i]": n[dZ][j], f"{A}[{k}, i]": n[A][k]}
    return Entry(formula, "i", factors, weights, penalty)


def _db(graph: NetworkPass, layer: int, j: int, _: int) -> Entry:
    weights, sign = _weights(graph)
    dZ = f"dZ[{layer}][{j}, i]"
    row = graph.numbers[f"dZ[{layer}]"][j]
    return Entry(f"db[{layer}][{j}] = {sign} {dZ}", "i", {dZ: row}, weights, {})


def _weights(graph: NetworkPass) -> tuple[Any, str]:
    """1/m, or each example's own weight; and how the sum is written."""
    w = graph.weight[0]
    if (w == w[0]).all() and np.isclose(w.sum(), 1):
        return float(w[0]), "1/m sum_i"
    return w, "sum_i w_i"


_SPELLED = {"Z": _Z, "A": _A, "dZ": _dZ, "dA": _dA, "dW": _dW, "db": _db}
_SUMS = {"J": _J, "L": _L}
