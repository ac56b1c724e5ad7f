"""One number of a network's pass, and what there is to know of it: the formula with its numbers,
the derivative, what it is made of and what uses it, and the derivative beside the slope of what is
computed anew. Longer than most, for each fact of it has a few lines."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.studio.passes import OF_EXAMPLE, Pass
from chainrule.tracing.chain import Link, Place, check_entry, made_of, used_by
from chainrule.tracing.entry import Entry, array_called
from chainrule.tracing.network_trace import NetworkGraph
from chainrule.wording import counted

Array = np.ndarray
TERMS, LINKED = 12, 5  # of a sum that are shown, and entries of an array that are named


def node(found: Pass, array: str, place: Place) -> dict[str, Any]:
    """What there is to know of an entry, as JSON has it.

    array : J, L, X, Y, W[l], b[l], Z[l], A[l], or dX, dW[l], db[l], dZ[l], dA[l]. place : row and
    column from 0; of b and db the row, of L the example, of J nothing. Columns of X, Y, Z and A are
    examples of the whole set. InputError for what there is not.
    """
    graph = found.graph
    kind, array, _ = array_called(array, len(graph.layers))
    own = _shifted(array, place, -found.first)
    entry = graph.entry(array, *own)
    own = own[:1] if kind[-1] == "b" else own
    place = _shifted(array, own, found.first)
    derivative = _derivative(graph, kind, array, own)
    return {
        "array": array,
        "place": place,
        "label": _label(array, place),
        "shape": _whole_shape(found, array),
        "said": said(found, array, place),
        "set": found.of,
        "first": found.first,
        "value": entry.value,
        "formula": _renumbered(entry.formula, found.first),
        "terms": _terms(found, entry),
        "derivative": derivative,
        "made_of": [_link(found, one, entry) for one in made_of(graph, array, own)],
        "used_by": [_link(found, one) for one in used_by(graph, array, own)],
        "lit": _lit(found, entry, array, own),
        "check": _check(graph, array, own, derivative, entry.value),
        "notes": [*found.notes, *_switched_off(found, kind, array, own)],
    }


# Places: in the graph the first example is 0, on the page it has its number in the set.


def _shifted(array: str, place: Place, by: int) -> Place:
    """The same place where examples are counted from elsewhere."""
    if not place or (array != "L" and array.split("[")[0] not in OF_EXAMPLE):
        return place
    return (*place[:-1], place[-1] + by)


def _renumbered(text: str, by: int) -> str:
    """A formula with examples as they are counted in the set."""
    arrays = r"(?:[XYL]|dX|d?[ZA]\[\d+\])\[(?:[^],]+, )?"
    return re.sub(rf"({arrays})(\d+)\]", lambda m: f"{m[1]}{int(m[2]) + by}]", text) if by else text


def _label(array: str, place: Sequence[int]) -> str:
    return f"{array}[{', '.join(map(str, place))}]" if place else array


def _whole_shape(found: Pass, array: str) -> tuple[int, ...]:
    """Of the array, with all examples of the set."""
    shape = found.graph.numbers[array].shape
    shape = shape[:1] if array.split("[")[0][-1] == "b" else shape
    every = array == "L" or array.split("[")[0] in OF_EXAMPLE
    return (*shape[:-1], len(found.data)) if every else shape


# Words.


def feature(data: Dataset, k: int) -> str:
    """What a row of X is."""
    if (shape := data.picture_shape) is None:
        return data.column_names[k]
    row, column, *color = np.unravel_index(k, shape)
    of = f"{('red', 'green', 'blue')[color[0]]} of " if color and shape[-1] == 3 else ""
    return f"{of}the pixel in row {row}, column {column}"


def said(found: Pass, array: str, place: Place) -> str:
    """An entry in words."""
    kind, _, layer = array_called(array, len(found.graph.layers))
    some = f"{counted(found.here, 'example')} of the {found.of} set"
    only = "" if found.of == "training" else "; no update is made from it"
    if kind == "J":
        return f"the cost, of {some}{only}"
    if kind[0] == "d":
        by, what = _label(array[1:], place), said(found, array[1:], place)
        if kind in ("dW", "db"):
            return f"how J, of {some}, changes with {by}, {what}{only}"
        example = _example(found, place[-1])
        return (
            f"how the loss of {example} changes with {by}, {what.removesuffix(f', of {example}')}"
        )
    if kind == "L":
        return f"the loss of {_example(found, place[0])}"
    unit = f"{_unit(found, layer, place[0])}"
    if kind == "X":
        return f"{feature(found.data, place[0])}, of {_example(found, place[1])}"
    if kind == "Y":
        return f"the label of {_example(found, place[1])}, output {place[0]}"
    if kind == "b":
        return f"the bias of {unit}"
    if kind == "W":
        start = feature(found.data, place[1]) if layer == 1 else _unit(found, layer - 1, place[1])
        return f"the weight by which {unit} takes {start}"
    g = found.graph.network.activations[layer - 1]
    return f"{unit} {'before' if kind == 'Z' else 'after'} its {g}, of {_example(found, place[1])}"


def _switched_off(found: Pass, kind: str, array: str, own: Place) -> list[str]:
    """Why dZ of a unit is 0 where relu is, and at which unit one goes on."""
    layer = array_called(array, len(found.graph.layers))[2]
    numbers, activations = found.graph.numbers, found.graph.network.activations
    off = kind == "dZ" and activations[layer - 1] == "relu" and numbers[f"Z[{layer}]"][own] <= 0
    if not off:
        return []
    column = np.abs(numbers[array][:, own[1]])
    k = int(column.argmax())
    on = f"Unit {k} is on: {_label(array, (k, own[1] + found.first))} is the largest."
    why = f"Unit {own[0]} is switched off at this example: relu's slope is 0 where Z is not above 0"
    return [f"{why}. {on if column[k] else 'No unit of this layer passes anything on here.'}"]


def _unit(found: Pass, layer: int, j: int) -> str:
    last = layer == len(found.graph.layers)
    return f"output {j}" if last else f"unit {j} of layer {layer}"


def _example(found: Pass, i: int) -> str:
    return f"{found.data.example_names[i]} ({found.data.label_of(i)})"


# Numbers.


def _derivative(graph: NetworkGraph, kind: str, array: str, own: Place) -> dict[str, Any] | None:
    """dJ/d of an entry; where that is written, and what it is there multiplied by. None of a label,
    and of what is a derivative itself."""
    if kind[0] == "d" or kind == "Y":
        return None
    by, weight = None, None
    gradient = np.asarray(graph.gradients[graph[array]])
    value = float((gradient[:, 0] if kind == "b" else gradient)[own])
    if kind not in ("J", "L"):
        by = f"d{array}"
    if kind in OF_EXAMPLE or kind == "L":
        weight = float(np.broadcast_to(graph.weights, graph.numbers["L"].shape)[own[-1]])
    return {"value": value, "by": by, "weight": weight}


def _check(
    graph: NetworkGraph, array: str, own: Place, derivative: Any, value: float
) -> dict[str, Any] | None:
    """The derivative, or the entry that is one, beside the slope; None of J and a label."""
    if array in ("J", "Y"):
        return None
    given = value if derivative is None else derivative["value"]
    return asdict(check_entry(graph, array, own, given))


def _terms(found: Pass, entry: Entry) -> dict[str, Any]:
    """The largest terms of an entry's sum, what the others come to, and what is added."""
    rest = {_renumbered(name, found.first): number for name, number in entry.rest.items()}
    heads = [_renumbered(name, found.first) for name in entry.factors]
    weights: Any = 1.0 if entry.weights is None else entry.weights
    products = weights * entry.terms
    order = np.argsort(-np.abs(products), kind="stable")[:TERMS]
    shift = found.first if entry.running == "i" else 0
    rows = []
    for k in order.tolist():
        numbers = [float(factor[k]) for factor in entry.factors.values()]
        row = {"factors": numbers, "product": float(products[k]), "k": k + shift}
        rows.append(row | {"said": _running(found, entry, k + shift)})
    others = np.delete(products, order)
    return {
        "running": entry.running,
        "heads": heads,
        "weight": None if entry.weights is None else "w_i" if np.ndim(weights) else float(weights),
        "rows": rows,
        "others": {"count": len(others), "sum": float(others.sum())},
        "rest": rest,
    }


def _running(found: Pass, entry: Entry, k: int) -> str:
    """What an index of a sum stands for: an example, a feature, or nothing that has a name."""
    if entry.running == "i":
        return found.data.example_names[k]
    return feature(found.data, k) if any("X[k" in name for name in entry.factors) else ""


def _link(found: Pass, link: Link, entry: Entry | None = None) -> dict[str, Any]:
    """Entries that are linked, the first few by name: those with the largest terms of the entry's
    sum, else the largest."""
    values = link.values(found.graph)
    sizes, order = np.abs(values), "the largest"
    if entry is not None and entry.running and entry.terms.shape == values.shape:
        sizes = np.abs(entry.terms * (1.0 if entry.weights is None else entry.weights))
        order = "those of the largest terms"
    first = np.argsort(-sizes, axis=None, kind="stable")[:LINKED]
    nodes = []
    for flat in first.tolist():
        k = tuple(int(n) for n in np.unravel_index(flat, values.shape))
        place = _shifted(link.array, link.at(k), found.first)
        nodes.append({"array": link.array, "place": place, "value": float(values[k])})
    label = _renumbered(link.label, found.first)
    return {"label": label, "count": int(values.size), "order": order, "nodes": nodes}


def _lit(found: Pass, entry: Entry, array: str, own: Place) -> dict[str, Any] | None:
    """Numbers that belong to the features of a picture, as a picture: the terms of Z[1], or the row
    of W[1] or dW[1], or the column of X or dX, that the entry is in. None of all else."""
    if (shape := found.data.picture_shape) is None:
        return None
    if array == "Z[1]":
        label = _renumbered(" ".join(entry.factors), found.first)
        return picture(shape, entry.terms, label, "W[1]", (own[0], None))
    if array in ("W[1]", "dW[1]"):
        row = found.graph.numbers[array][own[0]]
        return picture(shape, row, f"{array}[{own[0]}, k]", array, (own[0], None), own[1])
    if array in ("X", "dX"):
        place = (None, own[1] + found.first)
        column = found.graph.numbers[array][:, own[1]]
        return picture(shape, column, f"{array}[k, {place[1]}]", array, place, own[0])
    return None


def picture(
    shape: Sequence[int],
    values: Array,
    label: str,
    array: str,
    place: Sequence[int | None],
    at: int = -1,
) -> dict[str, Any]:
    """Numbers (n_x,) of features that are pixels, as a picture that can be clicked.

    values : row by row, as shares of `most`; of colors their sum, with `colors` the one that is
    largest. array, place : the entry of a pixel, k in the place of None. at : the marked feature.
    """
    height, width, *colors = shape
    planes = np.reshape(values, (height * width, -1))
    total = planes.sum(axis=1)
    most = float(np.abs(total).max()) or 1.0
    return {
        "label": label,
        "shape": [height, width],
        "most": most,
        "values": np.round(total / most, 4).tolist(),
        "n_colors": planes.shape[1],
        "colors": np.abs(planes).argmax(axis=1).tolist() if colors else None,
        "array": array,
        "place": list(place),
        "at": None if at < 0 else at // planes.shape[1],
    }
