"""Pictures of how good a classifier's answers are: which classes it confuses, and whether its
probabilities are true."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.model.evaluation import Evaluation, wilson_interval
from chainrule.show.plots import CHANCE, TRAINING, axes_or_new, finished, literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray
NUMBERED, NAMED = 20, 60  # classes of which there is room for numbers, and for names
DARK = 0.55  # a share of a row above which its cell needs white text


def confusion_plot(evaluation: Evaluation, axes: "Axes | None" = None, title: str = "") -> "Figure":
    """Counts of actual classes (rows) against predicted ones (columns), and percent of the row.

    The shade is the percentage. Percentages of 0 are left out; of more than 20 classes all numbers,
    of more than 60 the names, too.
    """
    counts, n = evaluation.confusion, len(evaluation.classes)
    side = 2.2 + 0.62 * max(n, 3) if n <= NUMBERED else 14.0
    axes = axes_or_new(axes, size=(side + 0.6, side))
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros((n, n)), where=totals > 0)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts if n <= NUMBERED else counts[:0]):
        percent = f"\n{100 * share[i, j]:.0f} %" if count else ""
        color = "white" if share[i, j] > DARK else "black"
        axes.text(j, i, f"{count}{percent}", ha="center", va="center", color=color, fontsize=8)
    names = [literal(name, 18) for name in evaluation.classes]
    upright = n <= 3 and max(map(len, names)) <= 10
    if n <= NAMED:
        turned: dict[str, Any] = (
            {"rotation": 0, "ha": "center"} if upright else {"rotation": 45, "ha": "right"}
        )
        axes.set_xticks(range(n), names, **turned)
        axes.set_yticks(range(n), names)
    axes.set(xlabel="predicted class", ylabel="actual class")
    figure = finished(axes, title)
    axes.grid(visible=False)
    return figure


def reliability_plot(
    P: Array,
    labels: Array,
    classes: Sequence[str],
    bins: int = 10,
    axes: "Axes | None" = None,
    title: str = "",
) -> "Figure":
    """What share of the answers given with probability p is right: on the diagonal if p is true.

    P : (n_classes, m) in [0, 1], labels : (m,) indices into `classes`, as
    `model.predict_proba(data.features)` and `data.labels` are, where `data = model.prepare(...)`.

    Two classes: p of the second, against the share that are of it (DeGroot & Fienberg 1983).
    Several: p of the predicted class, against the share predicted rightly (Guo et al. 2017,
    section 2). bins : of equal width over [0, 1]; a point stands at its bin's mean p, with a 95 %
    interval (Wilson 1927) and, below, the number of examples.
    """
    P, labels = fitting("reliability_plot", P, labels, classes)
    checks.whole_number("reliability_plot", "bins", bins, least=1)
    two = len(P) == 2
    p, hit = (P[1], labels == 1) if two else (P.max(axis=0), labels == P.argmax(axis=0))
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    axes = axes_or_new(axes, size=(5.0, 4.8))
    axes.plot([0, 1], [0, 1], color=CHANCE, linestyle=":", label="as sure as it is right")
    x, y, spans = [], [], []
    for k in np.unique(place):
        inside = place == k
        hits, size = int(hit[inside].sum()), int(inside.sum())
        low, high = wilson_interval(hits, size)
        x.append(p[inside].mean())
        y.append(hits / size)
        spans.append((y[-1] - low, high - y[-1]))
        axes.text((k + 0.5) / bins, -0.1, str(size), ha="center", va="center", fontsize=8)
    # The interval's ends may miss a share of 0 or 1 by a rounding.
    below_above = np.maximum(np.transpose(spans), 0)
    axes.errorbar(
        x,
        y,
        below_above,
        fmt="o-",
        color=TRAINING,
        linewidth=0.8,
        capsize=2,
        label="this model, 95 %",
    )
    name = literal(classes[1]) if two else "the predicted class"
    what = f"share that are {name}" if two else "share predicted rightly"
    axes.axhline(-0.05, color=CHANCE, linewidth=0.8)
    axes.set(xlabel=f"probability of {name}, and examples in each bin", ylabel=what)
    axes.legend(frameon=False, fontsize="small", loc="best")
    figure = finished(axes, title)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.15, 1.03), yticks=np.linspace(0, 1, 6))
    return figure


def fitting(where: str, P: Array, labels: Array, classes: Sequence[str]) -> tuple[Array, Array]:
    """P (n_classes, m) and labels (m,), if they fit each other and the classes; else InputError."""
    P, labels = checks.matrix(where, "P", P), np.asarray(labels)
    m = P.shape[1]
    if P.shape[0] != len(classes) or m == 0 or labels.shape != (m,):
        raise InputError(
            where,
            f"P ({len(classes)}, m) and labels (m,) of at least one example",
            f"{P.shape} and {labels.shape}",
        )
    if P.min() < 0 or P.max() > 1 or labels.min() < 0 or labels.max() >= len(classes):
        raise InputError(
            where,
            "probabilities in [0, 1] and labels that are indices into the classes",
            f"P in [{P.min():.3g}, {P.max():.3g}], labels {labels.min()} to {labels.max()}",
        )
    return P, labels
