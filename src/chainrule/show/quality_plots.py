"""Pictures of how good a classifier's answers are: which classes it confuses, whether its
probabilities are true, and what other thresholds than 0.5 would do.

All but the first take P (n_classes, m), the probability of each class in [0, 1], and labels (m,),
indices into `classes`: `model.predict_proba(data.features)` and `data.labels`, with
`data = model.prepare(...)`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule import checks
from chainrule.errors import InputError
from chainrule.model.calibration import calibration
from chainrule.model.evaluation import Evaluation
from chainrule.show import plots
from chainrule.show.names_in_plots import name_at, name_diagonal, name_from_corner
from chainrule.wording import shortened

Array = np.ndarray
NUMBERED, NAMED = 20, 60  # classes of which there is room for numbers, and for names
DARK = 0.55  # a share of a row above which its cell needs white text
TINTS = ("Blues", "Oranges")  # of right answers and of mistakes
# Curves in one picture; of more classes each has its own, of very many the worst.
TOGETHER = plots.IN_COLOR
CURVES, COLUMNS = 12, 3
SIZE = (5.0, 4.8)  # inches
SQUARE: dict[str, Any] = {"xlim": (-0.02, 1.02), "ylim": (-0.02, 1.03)}  # of shares


def confusion_plot(evaluation: Evaluation, axes: Axes | None = None, title: str = "") -> Figure:
    """Counts of actual classes (rows) against predicted ones (columns), and percent of the row.

    The shade is the percentage, of right answers in blue and of mistakes in orange; what never
    happened is blank. Of more than 20 classes all numbers are left out, of more than 60 the names.
    """
    counts, n = evaluation.confusion, len(evaluation.classes)
    side = 2.2 + 0.62 * max(n, 3) if n <= NUMBERED else 14.0
    axes = plots.axes_or_new(axes, size=(side + 0.6, side))
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros((n, n)), where=totals > 0)
    right = np.eye(n, dtype=bool)
    shades = np.where(right[..., None], *(colormaps[name](0.06 + 0.94 * share) for name in TINTS))
    axes.imshow(np.where(counts[..., None] > 0, shades, 1.0))
    for (i, j), count in np.ndenumerate(counts if n <= NUMBERED else counts[:0]):
        if count:
            percent = f"{100 * share[i, j]:.0f} %" if share[i, j] >= 0.005 else "< 1 %"
            color = "white" if share[i, j] > DARK else "black"
            plots.in_cell(axes, j, i, f"{count}\n{percent}", color, fontsize=8)
    if n <= NAMED:
        names = plots.literals(evaluation.classes, 18)
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
    axes.plot([0, 1], [0, 1], color=plots.CHANCE, linestyle=":")
    # The interval's ends may miss a share of 0 or 1 by a rounding.
    spans = np.maximum(0, [found.share - found.low, found.high - found.share])
    bars: dict[str, Any] = {"fmt": "o", "color": plots.TRAINING, "elinewidth": 0.8, "capsize": 2}
    axes.errorbar(found.p, found.share, spans, **bars)
    name = plots.literal(classes[1]) if two else "the predicted class"
    share = f"share that are {name}" if two else "share predicted rightly"
    each = f"(each dot {found.m / len(found.p):.0f} examples or so; bars: 95 %)"
    axes.set(xlabel=f"probability of {name}\n{each}", ylabel=share)
    figure = plots.finished(axes, title, **SQUARE)
    known = np.concatenate([(found.p, end) for end in (found.low, found.share, found.high)], axis=1)
    name_diagonal(axes, "as sure as it is right", known)
    return figure


def roc_plot(
    P: Array, labels: Array, classes: Sequence[str], axes: Axes | None = None, title: str = ""
) -> Figure:
    """Of those of a class the share found, against the share of the others taken for it.

    One point for each threshold. Of two classes the second is looked for, of several each against
    all the rest; of more than six a dot for each one's area and a curve of its own for the twelve
    lowest, unless `axes` are given. The area under a curve is the probability that an example of
    the class gets a higher p than one of the others (Fawcett 2006, section 7).
    """

    def curve(hit: Array, p: Array) -> tuple[Array, Array, float]:
        found, taken = _counts(hit, p)
        found, taken = found / found[-1], taken / taken[-1]
        return taken, found, float(np.trapezoid(found, taken))

    P, labels = _fitting("roc_plot", P, labels, classes)
    across, up = "share of the others taken for it", "share found (recall)"
    kind = _Curves(P, labels, classes, curve, "area", across, up, 0.5)
    return kind.together(axes, title)


def precision_recall_plot(
    P: Array, labels: Array, classes: Sequence[str], axes: Axes | None = None, title: str = ""
) -> Figure:
    """Of those taken for a class the share that are, against the share of the class found.

    One step for each threshold that finds some, of the classes as in `roc_plot`, with each curve's
    average precision, its area in steps. Dotted is what guessing reaches: the class's share of the
    examples.
    """

    def curve(hit: Array, p: Array) -> tuple[Array, Array, float]:
        found, taken = _counts(hit, p)
        some = found > 0  # where none is found yet, precision is 0, or nothing at all
        recall, precision = found[some] / found[-1], found[some] / (found + taken)[some]
        recall, precision = np.insert(recall, 0, 0.0), np.insert(precision, 0, precision[0])
        return recall[::-1], precision[::-1], float(np.sum(np.diff(recall) * precision[1:]))

    P, labels = _fitting("precision_recall_plot", P, labels, classes)
    across, up = "share found (recall)", "share right of those found (precision)"
    kind = _Curves(P, labels, classes, curve, "average precision", across, up, steps="steps-post")
    return kind.together(axes, title)


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


@dataclass(frozen=True, eq=False)
class _Curves:
    """A curve for each class.

    of : a curve (x, y) and its area, of whether each example is of a class, and p. measure : the
    area's name. across, up : what the axes are called. guess : the area that guessing has; None for
    the class's share of the examples, at which then is what guessing reaches. steps : between
    points, of matplotlib's drawing styles.
    """

    P: Array
    labels: Array
    classes: Sequence[str]
    of: Callable[[Array, Array], tuple[Array, Array, float]]
    measure: str
    across: str
    up: str
    guess: float | None = None
    steps: str = "default"

    def guessed(self, axes: Axes, hit: Array, color: str = plots.CHANCE) -> None:
        """The line of guessing."""
        style: dict[str, Any] = {"color": color, "linestyle": ":", "linewidth": 1}
        if self.guess is None:
            axes.axhline(float(np.mean(hit)), **style)
        else:
            axes.plot([0, 1], [0, 1], **style)

    def together(self, axes: Axes | None, title: str) -> Figure:
        """In one picture of few classes; a class without examples, or others, has none."""
        shown = [1] if len(self.P) == 2 else list(range(len(self.P)))
        if len(shown) > TOGETHER and axes is None:
            return self.apart(title)
        axes = plots.axes_or_new(axes, SIZE)
        alone, drawn = len(shown) == 1, list[tuple[float, Array, str, str]]()
        figure = plots.finished(axes, title, **SQUARE, xlabel=self.across, ylabel=self.up)
        for place, k in enumerate(shown):
            style = plots.STYLES[place % len(plots.STYLES)]
            color = plots.COLORS[(place + 1) % len(plots.COLORS)]
            name, hit = shortened(self.classes[k], 24), self.labels == k
            if not 0 < hit.sum() < len(hit):
                drawn.append((-1.0, np.zeros((2, 0)), f"–  {name} (all or no examples)", color))
                continue
            x, y, value = self.of(hit, self.P[k])
            if self.guess is None or not place:
                self.guessed(axes, hit, plots.CHANCE if alone or self.guess else color)
            axes.plot(x, y, color=color, linestyle=style, drawstyle=self.steps)
            words = f"{self.measure} {value:.3f}  {name}" if alone else f"{value:.3f}  {name}"
            drawn.append((value, np.stack([x, y]), words, color))
        if alone and self.guess is None:
            share = float(np.mean(self.labels == 1))
            name_at(axes, 0.0, share, f"by guessing {share:.3f}", plots.CHANCE, va="bottom")
        elif alone and drawn[0][1].size:
            name_diagonal(axes, "by guessing", drawn[0][1])
        else:
            axes.set_xlabel(f"{self.across}\n(number: {self.measure}; dotted: by guessing)")
        drawn.sort(key=lambda one: one[0])
        name_from_corner(axes, [one[1:] for one in drawn], left=self.guess is None)
        return figure

    def apart(self, title: str) -> Figure:
        """Of many classes a dot for each one's area, and small curves of those of the lowest."""
        hits = {k: self.labels == k for k in range(len(self.P))}
        curves = {k: self.of(hit, self.P[k]) for k, hit in hits.items() if 0 < hit.sum() < len(hit)}
        order = sorted(curves, key=lambda k: curves[k][2])
        lines = max(1, -(-len(order[:CURVES]) // COLUMNS))
        height = min(max(1.0 + 1.55 * lines, 1.2 + 0.2 * len(order)), 14.0)
        # Placed by hand: a layout that measures each text takes as long as all the drawing.
        figure = plots.Figure(figsize=(9.0, height))
        figure.suptitle(checks.printable(title), y=1 - 0.15 / height, va="top", parse_math=False)
        left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1, 2))[0]
        ends = {"bottom": 0.6 / height, "top": 1 - 0.75 / height}
        dots = left.subplots(gridspec_kw={"left": 0.42, "right": 0.97, **ends})
        dots.plot([curves[k][2] for k in order], range(len(order)), "o", color=plots.TRAINING)
        base = [self.guess or hits[k].mean() for k in order]
        dots.plot(base, range(len(order)), "|", color=plots.CHANCE, markersize=8)
        step = max(1, -(-len(order) // NAMED))
        names = [plots.literal(self.classes[k], 16) for k in order[::step]]
        dots.set_yticks(range(0, len(order), step), names, fontsize=8)
        dots.set_ylim(len(order) - 0.4, -0.6)
        label = f"{self.measure} (line: by guessing)"
        plots.finished(dots, "", xlabel=label, xlim=(-0.02, 1.02))
        place = {"left": 0.12, "right": 0.98, "wspace": 0.2, "hspace": 0.3, **ends}
        shared: dict[str, Any] = {"squeeze": False, "sharex": True, "sharey": True}
        grid = right.subplots(lines, COLUMNS, gridspec_kw=place, **shared)
        grid[0, 0].set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        for axes, k in zip_longest(grid.flat, order[:CURVES]):
            if k is None:
                axes.set_axis_off()
            else:
                self.small(axes, self.classes[k], hits[k], curves[k])
        right.supxlabel(self.across, fontsize=9)
        right.supylabel(self.up, fontsize=9)
        return figure

    def small(self, axes: Axes, name: str, hit: Array, curve: tuple[Array, Array, float]) -> None:
        """One class's curve, its name and area above it."""
        x, y, value = curve
        self.guessed(axes, hit)
        axes.plot(x, y, color=plots.TRAINING, drawstyle=self.steps)
        plots.finished(axes, f"{shortened(name, 16)} {value:.3f}", **SQUARE)
        axes.title.set_fontsize(8)


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
