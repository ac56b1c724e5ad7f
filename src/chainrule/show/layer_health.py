"""How large each layer's gradients and activations are while a network trains.

Gradients that shrink or grow from layer to layer, and ReLU units that answer nothing, are why a
deep network does not learn (Glorot & Bengio 2010; Maas et al. 2013). The cost alone hides them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.model.model_file import EXAMPLES, Model
from chainrule.network import Network
from chainrule.show.plots import COLORS, MARKERS, STYLES, finished
from chainrule.training import Callback, Record, Session
from chainrule.training.arguments import Data, data_arrays

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
DEAD_LABEL = "dead ReLUs (%)"


@dataclass(frozen=True, eq=False)
class LayerSizes:
    """One record's measurements, each (L,): for layers 1 to L.

    iteration : updates done before it.
    gradients : root mean square of dJ/dW[l], penalty included.
    errors : length of dJ/dZ[l], the root of its sum of squares over units and examples: what
        backpropagation hands from layer to layer, whatever their widths.
    activations : root mean square of A[l] over units and examples.
    dead : fraction of units that are 0 on every example; not a number where there is no ReLU.
    """

    iteration: int
    gradients: Array
    errors: Array
    activations: Array
    dead: Array


class LayerHealth(Callback):
    """Measures a network's layers at every record of its training.

    data : what is trained on, a Dataset or (X, Y) as for `train`. All its examples count alike,
    with or without example weights, and also in mini-batch training.
    records : of `LayerSizes`, filled as training goes.

    Each record costs one forward and one backward pass over all of `data` by the plain equations,
    and in the dual form the product that forms W[1]: about as much as one or two iterations.
    """

    def __init__(self, data: Data) -> None:
        self._data = data
        self.records: list[LayerSizes] = []

    def on_start(self, session: Session) -> None:
        if session.start.n_runs is not None:
            got = f"{session.start.n_runs} runs"
            raise InputError("LayerHealth", "the training of a single network", got)
        # Once, as pixels would be turned into floats again at every record.
        self._X, self._Y = data_arrays("LayerHealth", self._data, session.start)

    def on_record(self, session: Session, record: Record) -> None:
        network = session.network()
        cache = network.forward(self._X)
        gradients = network.backward(cache, self._Y, l2=session.plan.l2)
        sizes = (
            np.array([_root_mean_square(dW) for dW in gradients.dW]),
            np.array([float(np.linalg.norm(dZ)) for dZ in gradients.dZ]),
            np.array([_root_mean_square(A) for A in cache.A]),
            dead_units(network, cache.A),
        )
        self.records.append(LayerSizes(record.iteration, *sizes))


def dead_units(network: Network, activations: tuple[Array, ...]) -> Array:
    """For each layer the fraction of ReLU units that no example activates (L,), nan for others.

    activations : A[l] (n_l, m). Such a unit has no gradient on these examples and stays as it is,
    unless the layers below it change.
    """
    return np.array(
        [
            (~(A > 0).any(axis=1)).mean() if kind == "relu" else np.nan
            for kind, A in zip(network.activations, activations, strict=True)
        ]
    )


def dead_relus(model: Model, data: Dataset) -> Array:
    """`dead_units` of a model of one network on all examples of `data` (L,), some at a time."""
    if model.n_members > 1:
        fix = "Pass model.member(r)."
        raise InputError("dead_relus", "a single network", f"{model.n_members} members", fix)
    features, network = model.prepare(data).features, model.network
    # The largest answer of each unit is all that matters, and is there block by block.
    largest = [np.full((n, 1), -np.inf) for n in network.layer_sizes[1:]]
    for start in range(0, features.shape[1], EXAMPLES):
        some = features.select(slice(start, start + EXAMPLES))
        some = some.scaled(model.scaling, network.dtype)
        for most, A in zip(largest, network.forward(some).A, strict=True):
            np.maximum(most, A.max(axis=1, keepdims=True), out=most)
    return dead_units(network, tuple(largest))


def layer_health_plot(health: LayerHealth, title: str = "") -> "Figure":
    """Sizes of gradients and activations by layer, and dead ReLU units, over the training.

    Sizes are on a logarithmic axis, where a size of 0 has no place and leaves a gap.
    """
    from chainrule.show.figure import Figure

    if not health.records:
        fix = "Pass it to train: callbacks=[health]."
        raise InputError("layer_health_plot", "at least one record", "none", fix)
    iteration = [record.iteration for record in health.records]
    gradients, activations, dead = (
        np.array([getattr(record, name) for record in health.records])
        for name in ("gradients", "activations", "dead")
    )
    n = 2 if np.isnan(dead).all() else 3
    figure = Figure(figsize=(6.4, 0.9 + 2.1 * n), layout="constrained")
    panels = figure.subplots(n, 1, sharex=True)
    named = (
        (_positive(gradients), "size of dJ/dW (rms)"),
        (_positive(activations), "size of A (rms)"),
        (100 * dead, DEAD_LABEL),
    )
    for axes, (values, label) in zip(panels, named, strict=False):
        for layer, column in enumerate(values.T):
            axes.plot(
                iteration,
                column,
                color=COLORS[layer % len(COLORS)],
                linestyle=STYLES[layer % len(STYLES)],
                marker=MARKERS[layer % len(MARKERS)],
                markevery=max(1, len(iteration) // 8),
                markersize=4,
                label=f"layer {layer + 1}",
            )
        axes.set(ylabel=label)
        finished(axes, "")
        if np.isnan(values).all():
            axes.text(0.5, 0.5, "0 in all layers", transform=axes.transAxes, ha="center")
            axes.set_yticks([])
        elif label != DEAD_LABEL:
            axes.set_yscale("log")
    if n == 3:
        panels[2].set_ylim(-3, 103)
    panels[-1].set(xlabel="iteration")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper", frameon=False)
    figure.suptitle(title, parse_math=False)
    return figure


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


def _positive(values: Array) -> Array:
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)
