"""Pictures of a regression's answers: predictions against the truth, and what is left of it.

Both take a `Regression`, as `evaluate` gives it of a model of numbers.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule.model.regression import Regression
from chainrule.show import plots
from chainrule.show.names_in_plots import name_diagonal

SIZE = (5.0, 4.8)  # inches
POINTS: dict[str, Any] = {"fmt": "o", "markersize": 4, "elinewidth": 0.8, "color": plots.TRAINING}


def predictions_plot(found: Regression, axes: Axes | None = None, title: str = "") -> Figure:
    """Each example's prediction against its target: on the diagonal if it is right. Bars are the
    deviation of an ensemble's members, where there are any."""
    axes = plots.axes_or_new(axes, SIZE)
    both = np.concatenate([found.targets, found.predictions])
    ends = [both.min(), both.max()]
    axes.plot(ends, ends, color=plots.CHANCE, linestyle=":")
    axes.errorbar(found.targets, found.predictions, yerr=found.spread, **POINTS)
    figure = plots.finished(axes, title, xlabel="target", ylabel="predicted", xmargin=0.05)
    name_diagonal(axes, "exactly right", np.stack([found.targets, found.predictions]))
    return figure


def residuals_plot(found: Regression, axes: Axes | None = None, title: str = "") -> Figure:
    """Prediction less target against the prediction: around 0 without a pattern, if nothing that
    the features tell was missed. The dotted lines are one RMSE away."""
    axes = plots.axes_or_new(axes, SIZE)
    axes.axhline(0, color=plots.CHANCE, linewidth=0.8)
    for side in (-found.rmse, found.rmse):
        axes.axhline(side, color=plots.CHANCE, linestyle=":")
    axes.errorbar(found.predictions, found.predictions - found.targets, **POINTS)
    axes.set(xlabel="predicted", ylabel="predicted - target")
    return plots.finished(axes, title, xmargin=0.05)
