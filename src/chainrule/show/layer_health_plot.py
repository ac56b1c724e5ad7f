"""What a layer-by-layer watch of a training saw, as a picture."""

from typing import TYPE_CHECKING

import numpy as np

from chainrule.errors import InputError
from chainrule.show.plots import finished, grid_of_axes, look
from chainrule.training.layer_health import LayerHealth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray
DEAD_LABEL = "dead ReLUs (%)"


def layer_health_plot(health: LayerHealth, title: str = "") -> "Figure":
    """Sizes of gradients and activations by layer, and dead ReLU units, over the training.

    Sizes are on a logarithmic axis, where a size of 0 has no place and leaves a gap.
    """
    if not health.records:
        fix = "Pass it to train: callbacks=[health]."
        raise InputError("layer_health_plot", "at least one record", "none", fix)
    iteration = [record.iteration for record in health.records]
    gradients, activations, dead = (
        np.array([getattr(record, name) for record in health.records])
        for name in ("gradients", "activations", "dead")
    )
    n = 2 if np.isnan(dead).all() else 3
    figure, grid = grid_of_axes(n, 1, (6.4, 0.9 + 2.1 * n), title, sharex=True)
    panels = grid[:, 0]
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
                **look(layer),
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
    return figure


def _positive(values: Array) -> Array:
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)
