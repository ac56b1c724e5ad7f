"""A network's pass over the examples of a set, as a graph that is kept while its numbers are looked
at; of large data over a part of them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data import Dataset, Splits
from chainrule.errors import InputError
from chainrule.jobs.options import Options
from chainrule.jobs.trained import as_trained
from chainrule.model.model_file import Model
from chainrule.tracing.entry import array_called
from chainrule.tracing.network_trace import NetworkGraph
from chainrule.training.arguments import example_weights
from chainrule.training.changes import changes_of
from chainrule.training.targets import fits as standardized

ROOM = 32 << 20  # bytes of X that are traced; the pass holds about four times as much
KEPT = 2  # passes
OF_EXAMPLE = ("X", "Y", "dX", "Z", "A", "dZ", "dA")  # whose columns are examples
SLIDES = (
    "Here the loss is written with A[L], as on slides. Training takes it from Z[L], which gives "
    "the same numbers, exact even where an output is rounded to 0 or 1."
)
UNIT = (
    "J and all derivatives are in the unit of the target, here; the training itself has "
    "standardized targets, with others."
)


@dataclass(frozen=True, eq=False)
class Pass:
    """A network's pass over examples of a set.

    data : the whole set, as the model takes it, whose name is `of`. first : which example is the
    graph's first. notes : what is to be said of it.
    """

    graph: NetworkGraph
    data: Dataset
    of: str
    first: int
    notes: tuple[str, ...] = ()

    @property
    def here(self) -> int:
        """How many examples were traced."""
        return int(self.graph.numbers["L"].size)

    def has(self, example: int | None) -> bool:
        """Whether an example is among these; None is any."""
        return example is None or self.first <= example < self.first + self.here


def set_called(splits: Splits, name: str) -> Dataset:
    """One of the sets; InputError for another."""
    if name not in splits.sets:
        raise InputError("set", f"one of {', '.join(splits.sets)}", repr(name))
    return splits.sets[name]


def traced(
    model: Model, splits: Splits, of: str, example: int = 0, *, of_outputs: bool = False
) -> Pass:
    """The pass over a set's examples, or, of a set too large for that, over as many as have room,
    among which is that one. Computed in float64, J with the training's penalty and weights.

    of_outputs : write the loss with A[L], and trace this example alone.
    """
    data = set_called(splits, of)
    if not 0 <= example < len(data):
        raise InputError("example", f"one of {len(data)} in the {of} set, from 0", f"{example}")
    data, m = model.prepare(data), len(data)
    setting = as_trained(model, Options(), "model", "data")[1].setting()
    most = 1 if of_outputs else max(1, ROOM // (8 * max(model.network.layer_sizes)))
    first = example // most * most if m > most else 0
    some = np.arange(first, min(m, first + most))
    balanced = setting.class_weight if of == "training" else None
    weight = example_weights(None, balanced, data.Y, np.dtype(np.float64))[:, some]
    if not of_outputs:
        weight /= weight.sum()
    network = model.network.astype(np.float64)
    Y, X = data.Y[:, some], data.select(some).matrix(np.float64)
    changes = changes_of("model", setting.changes)
    l2 = [setting.l2, *(values["l2"] for _, values in changes if "l2" in values)][-1]
    graph = network.trace(X, Y, weight, l2, loss_of_outputs=of_outputs)
    notes = [_of_some(first, len(some), m, data)] if len(some) < m and not of_outputs else []
    notes += [SLIDES] if of_outputs else []
    notes += [UNIT] if not data.classes and standardized(network) else []
    return Pass(graph, data, of, first, tuple(notes))


def _of_some(first: int, k: int, m: int, data: Dataset) -> str:
    room = 8 * m * data.features.shape[0] / 2**20
    return (
        f"Of {m:,} examples {first:,} to {first + k - 1:,} were traced, since all would take "
        f"{room:,.0f} MB: J and the derivatives of weights and biases are those of these examples."
    )


class Passes:
    """The last few passes, so that a click finds its number in one that is there."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Pass] = OrderedDict()
        self._lock = threading.Lock()

    def around(
        self, moment: Any, model: Model, splits: Splits, of: str, array: str, place: tuple[int, ...]
    ) -> Pass:
        """The pass that an entry is a number of. moment : by which the network is known again.

        A[L] and dA[L] are those of a loss that is written with A[L].
        """
        last = len(model.network.weights)
        kind, array, _ = array_called(array, last)
        example = (place or (0,))[-1] if kind in (*OF_EXAMPLE, "L") else None
        slides = bool(model.network.loss_function.output)
        of_outputs = slides and array in (f"A[{last}]", f"dA[{last}]")
        with self._lock:
            for key, one in self._kept.items():
                if key[:-1] == (moment, of, of_outputs) and one.has(example):
                    self._kept.move_to_end(key)
                    return one
            one = traced(model, splits, of, example or 0, of_outputs=of_outputs)
            one.graph.numbers  # noqa: B018 - computed before another thread asks
            self._kept[moment, of, of_outputs, one.first] = one
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return one
