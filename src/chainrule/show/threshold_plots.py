"""What other thresholds than 0.5 would do: ROC and precision-recall curves.

Both take P (n_classes, m), the probability of each class in [0, 1], and labels (m,), indices into
`classes`: `model.predict_proba(data.features)` and `data.labels`, with `data = model.prepare(...)`.
Of two classes the second is the one that is looked for; of several each is looked for against all
the rest.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.show.plots import CHANCE, COLORS, STYLES, axes_or_new, finished, literal, look
from chainrule.show.quality_plots import fitting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray
CURVES = 12  # in one picture


def roc_plot(
    P: Array, labels: Array, classes: Sequence[str], axes: "Axes | None" = None, title: str = ""
) -> "Figure":
    """Of those of a class the share found, against the share of the others taken for it.

    One point for each threshold. The legend has the area under each curve: the probability that
    an example of the class gets a higher p than one of the others (Fawcett 2006, section 7).
    """
    from sklearn.metrics import auc, roc_curve

    def curve(hit: Array, p: Array) -> tuple[Array, Array, float]:
        wrong, found, _ = roc_curve(hit, p)
        return wrong, found, auc(wrong, found)

    axes = axes_or_new(axes, size=(5.0, 4.8))
    axes.plot([0, 1], [0, 1], color=CHANCE, linestyle=":")
    _one_against_rest("roc_plot", axes, curve, P, labels, classes, "area", "default")
    axes.set(xlabel="share of the others taken for it", ylabel="share found (recall)")
    figure = finished(axes, title)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.03))
    return figure


def precision_recall_plot(
    P: Array, labels: Array, classes: Sequence[str], axes: "Axes | None" = None, title: str = ""
) -> "Figure":
    """Of those taken for a class the share that are, against the share of the class found.

    One step for each threshold; the legend has each curve's average precision, its area in steps.
    The dotted line, for two classes, is what guessing reaches: the class's share of the examples.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    def curve(hit: Array, p: Array) -> tuple[Array, Array, float]:
        precision, recall, _ = precision_recall_curve(hit, p)
        return recall, precision, average_precision_score(hit, p)

    axes = axes_or_new(axes, size=(5.0, 4.8))
    if len(classes) == 2:
        axes.axhline(np.mean(np.asarray(labels) == 1), color=CHANCE, linestyle=":")
    _one_against_rest(
        "precision_recall_plot", axes, curve, P, labels, classes, "average precision", "steps-post"
    )
    axes.set(xlabel="share found (recall)", ylabel="share right of those found (precision)")
    figure = finished(axes, title)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.03))
    return figure


def _one_against_rest(
    where: str,
    axes: "Axes",
    curve: Callable[[Array, Array], tuple[Array, Array, float]],
    P: Array,
    labels: Array,
    classes: Sequence[str],
    measure: str,
    drawstyle: Any,
) -> None:
    """A curve and a line of the legend for each class, of many for those of the lowest values; one
    without examples has no curve."""
    P, labels = fitting(where, P, labels, classes)
    shown = [1] if len(P) == 2 else list(range(len(P)))
    if len(shown) > CURVES:
        told = [k for k in shown if 0 < (labels == k).sum() < len(labels)]
        shown = sorted(told, key=lambda k: curve(labels == k, P[k])[2])[:CURVES]
        measure = f"{measure}, lowest of {len(P)}"
    for place, k in enumerate(shown):
        hit, name = labels == k, literal(classes[k], 24)
        style = look(place) | {
            "color": COLORS[(place + 1) % len(COLORS)],
            "markevery": (0.05 + 0.03 * (place % 7), 0.3),
            "markersize": 4,
        }
        # In gray colors are no help: seven markers and four styles tell 28 curves apart.
        if len(shown) <= len(STYLES):
            style["marker"] = None
        if 0 < hit.sum() < len(hit):
            x, y, value = curve(hit, P[k])
            # The number first: matplotlib leaves labels out that begin with an underscore.
            axes.plot(x, y, drawstyle=drawstyle, label=f"{value:.3f}  {name}", **style)
        else:
            axes.plot([], [], label=f"–  {name} (all or no examples)", **style)
    axes.legend(title=measure, fontsize="small", loc="best", framealpha=0.9)
