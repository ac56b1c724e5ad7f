"""Pictures of how good a classifier's answers are: which classes it confuses, whether its
probabilities are true, and what other thresholds than 0.5 would do.

All but the first take P (n_classes, m), the probability of each class in [0, 1], and labels (m,),
indices into `classes`: `model.predict_proba(data.features)` and `data.labels`, with
`data = model.prepare(...)`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule import checks
from chainrule.errors import InputError
from chainrule.model.calibration import calibration
from chainrule.model.evaluation import Evaluation
from chainrule.show import plots

Array = np.ndarray
NUMBERED, NAMED = 20, 60  # classes of which there is room for numbers, and for names
DARK = 0.55  # a share of a row above which its cell needs white text
CURVES = 12  # in one picture
SIZE = (5.0, 4.8)  # inches
SQUARE: dict[str, Any] = {"xlim": (-0.02, 1.02), "ylim": (-0.02, 1.03)}  # of shares


def confusion_plot(evaluation: Evaluation, axes: Axes | None = None, title: str = "") -> Figure:
    """Counts of actual classes (rows) against predicted ones (columns), and percent of the row.

    The shade is the percentage. Percentages of 0 are left out; of more than 20 classes all numbers,
    of more than 60 the names, too.
    """
    counts, n = evaluation.confusion, len(evaluation.classes)
    side = 2.2 + 0.62 * max(n, 3) if n <= NUMBERED else 14.0
    axes = plots.axes_or_new(axes, size=(side + 0.6, side))
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros((n, n)), where=totals > 0)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts if n <= NUMBERED else counts[:0]):
        percent = f"\n{100 * share[i, j]:.0f} %" if count else ""
        color = "white" if share[i, j] > DARK else "black"
        axes.text(j, i, f"{count}{percent}", ha="center", va="center", color=color, fontsize=8)
    if n <= NAMED:
        names = [plots.literal(name, 18) for name in evaluation.classes]
        upright = n <= 3 and max(map(len, names)) <= 10
        turned: dict[str, Any] = {} if upright else {"rotation": 45, "ha": "right"}
        axes.set_xticks(range(n), names, **turned)
        axes.set_yticks(range(n), names)
    return plots.finished(axes, title, grid=False, xlabel="predicted class", ylabel="actual class")


def reliability_plot(
    P: Array,
    labels: Array,
    classes: Sequence[str],
    bins: int | None = None,
    axes: Axes | None = None,
    title: str = "",
) -> Figure:
    """What share of the answers given with probability p is right: on the diagonal if p is true.

    A point for each bin of `chainrule.model.calibration`, of about equally many examples, with a
    95 % interval. bins : at most; 10, or fewer of few examples.
    """
    P, labels = _fitting("reliability_plot", P, labels, classes)
    found, two = calibration(P, labels, bins), len(P) == 2
    axes = plots.axes_or_new(axes, SIZE)
    axes.plot([0, 1], [0, 1], color=plots.CHANCE, linestyle=":", label="as sure as it is right")
    # The interval's ends may miss a share of 0 or 1 by a rounding.
    spans = np.maximum(0, [found.share - found.low, found.high - found.share])
    label = f"about {found.m / len(found.p):.0f} examples each, 95 %"
    style: dict[str, Any] = {"fmt": "o", "color": plots.TRAINING, "elinewidth": 0.8, "capsize": 2}
    axes.errorbar(found.p, found.share, spans, label=label, **style)
    axes.legend(frameon=False, fontsize="small", loc="best")
    name = plots.literal(classes[1]) if two else "the predicted class"
    share = f"share that are {name}" if two else "share predicted rightly"
    return plots.finished(axes, title, xlabel=f"probability of {name}", ylabel=share, **SQUARE)


def roc_plot(
    P: Array, labels: Array, classes: Sequence[str], axes: Axes | None = None, title: str = ""
) -> Figure:
    """Of those of a class the share found, against the share of the others taken for it.

    One point for each threshold. Of two classes the second is looked for, of several each against
    all the rest. The legend has the area under each curve: the probability that an example of the
    class gets a higher p than one of the others (Fawcett 2006, section 7).
    """

    def curve(hit: Array, p: Array) -> tuple[Array, Array, float]:
        found, taken = _counts(hit, p)
        found, taken = found / found[-1], taken / taken[-1]
        return taken, found, float(np.trapezoid(found, taken))

    P, labels = _fitting("roc_plot", P, labels, classes)
    axes = plots.axes_or_new(axes, SIZE)
    axes.plot([0, 1], [0, 1], color=plots.CHANCE, linestyle=":")
    _one_against_rest(axes, curve, P, labels, classes, "area")
    axes.set(xlabel="share of the others taken for it", ylabel="share found (recall)")
    return plots.finished(axes, title, **SQUARE)


def precision_recall_plot(
    P: Array, labels: Array, classes: Sequence[str], axes: Axes | None = None, title: str = ""
) -> Figure:
    """Of those taken for a class the share that are, against the share of the class found.

    One step for each threshold, of the classes as in `roc_plot`; the legend has each curve's
    average precision, its area in steps. The dotted line, for two classes, is what guessing
    reaches: the class's share of the examples.
    """

    def curve(hit: Array, p: Array) -> tuple[Array, Array, float]:
        found, taken = _counts(hit, p)
        recall, precision = found / found[-1], np.ones(len(found))
        precision[1:] = found[1:] / (found + taken)[1:]
        return recall[::-1], precision[::-1], float(np.sum(np.diff(recall) * precision[1:]))

    P, labels = _fitting("precision_recall_plot", P, labels, classes)
    axes = plots.axes_or_new(axes, SIZE)
    if len(classes) == 2:
        axes.axhline(np.mean(labels == 1), color=plots.CHANCE, linestyle=":")
    _one_against_rest(axes, curve, P, labels, classes, "average precision", drawstyle="steps-post")
    axes.set(xlabel="share found (recall)", ylabel="share right of those found (precision)")
    return plots.finished(axes, title, **SQUARE)


def _counts(hit: Array, p: Array) -> tuple[Array, Array]:
    """How many of a class are found, and how many others are taken for it, above each threshold:
    (k + 1,) each, from none to all.

    hit : (m,) whether each is of the class. p : (m,). The counts of scikit-learn's roc_curve, whose
    import takes longer than all other curves of a report.
    """
    order = np.argsort(-p, kind="stable")
    last = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    found = np.cumsum(hit[order])[last]
    return np.insert(found, 0, 0), np.insert(last + 1 - found, 0, 0)


def _one_against_rest(
    axes: Axes,
    curve: Callable[[Array, Array], tuple[Array, Array, float]],
    P: Array,
    labels: Array,
    classes: Sequence[str],
    measure: str,
    **line: Any,
) -> None:
    """A curve and a line of the legend for each class, of many for those of the lowest values; one
    without examples has no curve. line : how curves are drawn."""
    shown = [1] if len(P) == 2 else list(range(len(P)))
    told = [k for k in shown if 0 < (labels == k).sum() < len(labels)]
    if len(shown) > CURVES:
        shown = sorted(told, key=lambda k: curve(labels == k, P[k])[2])[:CURVES]
        measure = f"{measure}, lowest of {len(P)}"
    for place, k in enumerate(shown):
        style = plots.look(place) | {
            "color": plots.COLORS[(place + 1) % len(plots.COLORS)],
            "markevery": (0.05 + 0.03 * (place % 7), 0.3),
            "markersize": 4,
        }
        # In gray colors are no help: seven markers and four styles tell 28 curves apart.
        if len(shown) <= len(plots.STYLES):
            style["marker"] = None
        name = plots.literal(classes[k], 24)
        if k in told:
            x, y, value = curve(labels == k, P[k])
            # The number first: matplotlib leaves labels out that begin with an underscore.
            axes.plot(x, y, label=f"{value:.3f}  {name}", **style, **line)
        else:
            axes.plot([], [], label=f"–  {name} (all or no examples)", **style)
    axes.legend(title=measure, fontsize="small", loc="best", framealpha=0.9)


def _fitting(where: str, P: Array, labels: Array, classes: Sequence[str]) -> tuple[Array, Array]:
    """P (n_classes, m) and labels (m,), if they fit each other and the classes; else InputError."""
    P, labels = checks.matrix(where, "P", P), np.asarray(labels)
    m = P.shape[1]
    if P.shape[0] != len(classes) or m == 0 or labels.shape != (m,):
        expected = f"P ({len(classes)}, m) and labels (m,) of at least one example"
        raise InputError(where, expected, f"{P.shape} and {labels.shape}")
    if P.min() < 0 or P.max() > 1 or labels.min() < 0 or labels.max() >= len(classes):
        expected = "probabilities in [0, 1] and labels that are indices into the classes"
        got = f"P in [{P.min():.3g}, {P.max():.3g}], labels {labels.min()} to {labels.max()}"
        raise InputError(where, expected, got)
    return P, labels
