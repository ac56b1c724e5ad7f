"""Figures of a network that looks at pictures: its weights, its activations, its mistakes, and
an explanation of one answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from chainrule import checks
from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.influence.explanation import Explanation
from chainrule.model.evaluation import Evaluation, evaluate
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.show import plots, seen
from chainrule.show.seen import COLUMNS
from chainrule.wording import shortened

Array = np.ndarray
NAMED = 12  # output units whose classes can be written below their bars
TITLE, ROW = 0.45, 2.1  # inches high, of an explanation
LONGEST = 18  # characters of a name in an explanation
BAR: dict[str, Any] = {"linewidth": 4, "solid_capstyle": "butt", "clip_on": False}


def weight_pictures(model: Model, data: Dataset, most: int = 12, title: str = "") -> Figure:
    """First-layer weights in the pictures' shape, the units of the greatest effect first.

    data : over whose examples the effects are taken (`unit_effects`). The weights are those of
    scaled pixels. Gray is 0, and each unit has its own scale, from -max|w| to max|w|. A color
    picture's weights are three pictures side by side, for red, green and blue: their mean would
    hide a unit that sets red against green.
    """
    network, shape = _single("weight_pictures", model), model.picture_shape
    if shape is None:
        raise InputError("weight_pictures", "a model of pictures' pixels", "one of other features")
    checks.whole_number("weight_pictures", "most", most, least=1)
    order, effects = seen.strongest_units(model, data, most)
    color = len(shape) == 3
    columns = min(3 if color else COLUMNS, len(order))
    figure, panels = plots.panels(len(order), columns, (3.4 if color else 1.5, 1.6), title)
    for axes, k in zip(panels, order, strict=True):
        for edge in (1, 2) if color else ():
            axes.axvline(edge * shape[1] - 0.5, color="white", linewidth=2)
        image, size = _signed(axes, network.weights[0][k].reshape(shape))
        name = shortened(seen.unit_name(model, k), LONGEST)
        _title(axes, f"{name}: effect {effects[k]:.2g}\nmax |w| {size:.2g}")
    bar = figure.colorbar(image, ax=panels, ticks=[-size, 0, size], shrink=0.8, aspect=30)
    bar.ax.set_yticklabels(["-max |w|", "0", "max |w|"])
    note = "weights of scaled pixels" + (", left to right: red, green, blue" if color else "")
    figure.supxlabel(note, fontsize=8)
    return figure


def activation_pictures(model: Model, data: Dataset, index: int, title: str = "") -> Figure:
    """One picture and what each layer makes of it: a bar for every unit's activation.

    index : of the example in `data`. The output's bars are probabilities, in [0, 1].
    """
    where = "activation_pictures"
    network = _single(where, model)
    _need_pictures(where, model)
    data = model.prepare(data)
    if not -len(data) <= index < len(data):
        raise InputError(where, f"index of one of {len(data)} examples", str(index))
    data = data.select([index])
    cache = network.forward(data.matrix(network.dtype))
    n = len(cache.A)
    figure, (first, *rest) = plots.panels(n + 1, n + 1, (2.5, 2.7), title)
    names = data.example_names[0], data.label_of(0)
    _show(first, seen.pictures(data)[0], "\n".join(shortened(name, 24) for name in names), 9)
    for layer, (axes, A) in enumerate(zip(rest, cache.A, strict=True), start=1):
        kind, output = network.activations[layer - 1], layer == n
        a = model.probabilities(A)[:, 0] if output else A[:, 0]
        zeros = f", {(a == 0).sum()} of {len(a)} at 0" if kind == "relu" else ""
        axes.bar(range(len(a)), a, color=plots.TRAINING, width=0.9 if len(a) < 60 else 1.0)
        if output:
            plots.finished(axes, f"output, {kind}", xlabel="class", ylabel="probability")
        else:
            plots.finished(axes, f"layer {layer}, {kind}{zeros}", xlabel="unit", ylabel="a")
        axes.title.set_fontsize(9)
        if output and len(a) <= NAMED:
            classes = [plots.literal(name, 14) for name in model.classes]
            turn = {"rotation": 45, "ha": "right"} if len(a) > 2 else {}
            axes.set_xticks(range(len(a)), classes, fontsize=8, **turn)
            axes.set(xlabel="", ylim=(0, 1))
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def mistakes_gallery(model: Model, data: Dataset, most: int = 12, title: str = "") -> Figure:
    """The mislabeled pictures, the most confident mistakes first.

    Below each its name, what it was taken for and what it is, and the probability of the latter.
    """
    _need_pictures("mistakes_gallery", model)
    checks.whole_number("mistakes_gallery", "most", most, least=1)
    data = model.prepare(data)
    evaluated = evaluate(model, data)
    if not isinstance(evaluated, Evaluation):
        raise InputError("mistakes_gallery", "a model of classes", "a regression")
    mistakes = evaluated.mistakes[:most]
    if not mistakes:
        figure, (axes,) = plots.panels(1, 1, (4.0, 1.2), title)
        axes.set_axis_off()
        axes.text(0.5, 0.5, f"no mistakes among {len(data)} pictures", ha="center")
        return figure
    texts = [
        f"{shortened(one.name, 24)}\ntaken for {shortened(one.predicted, 14)}\n"
        f"is {shortened(one.actual, 14)}, p {one.probability_of_actual:.2g}"
        for one in mistakes
    ]
    wrong = [mistake.index for mistake in mistakes]
    return gallery(data, wrong, texts, title, columns=min(COLUMNS, len(wrong)))


def gallery(
    data: Dataset, index: Sequence[int], texts: Sequence[str], title: str = "", columns: int = 6
) -> Figure:
    """Pictures of a data set with a text above each, up to three lines."""
    shown = seen.pictures(data)
    figure, panels = plots.panels(len(index), columns, (1.6, 2.1), title, extra=(0.0, 0.5))
    for axes, i, text in zip(panels, index, texts, strict=True):
        lines = text.split("\n")
        short = (one if len(one) <= 26 else f"{one[:12]}...{one[-11:]}" for one in lines)
        _show(axes, shown[i], "\n".join(short))
    return figure


def pixels_plot(
    shape: Sequence[int],
    photographs: Mapping[str, Array] | None = None,
    signed: Mapping[str, Array] | None = None,
    title: str = "",
) -> Figure:
    """Numbers of each pixel in the shape of the pictures, by name, in rows of six; of three where
    the colors of signed ones stand side by side.

    photographs : of brightness in [0, 1], such as means. signed : of any size around 0, such as
    weights: gray is 0, yellow above, each with its own scale, which stands below its name.
    """
    photographs, signed = photographs or {}, signed or {}
    # Colors of weights stand side by side.
    ratios = [1] * len(photographs) + [3 if len(shape) == 3 else 1] * len(signed)
    n = checks.whole_number("pixels_plot", "the number of pictures", len(ratios), least=1)
    columns = min(n, COLUMNS if max(ratios) == 1 else 3)
    size, ratios = (1.8 * sum(ratios[:columns]) / columns, 2.1), ratios[:columns]
    how: dict[str, Any] = {"extra": (0.0, 0.5), "least": 0.0, "width_ratios": ratios}
    figure, panels = plots.panels(n, columns, size, title, **how)
    rest = iter(panels)
    for name, values in photographs.items():
        picture = np.rint(255 * np.clip(np.reshape(values, shape), 0, 1)).astype(np.uint8)
        _show(next(rest), picture, name, 9)
    for axes, (name, values) in zip(rest, signed.items(), strict=True):
        _, size_of = _signed(axes, np.reshape(values, shape))
        _title(axes, f"{name}\nup to {size_of:.2g}", 9)
    return figure


def explanation_plot(
    found: Explanation, raw: Array | Dataset, data: Dataset, title: str = ""
) -> Figure:
    """Rows of pictures: the input, (n_x,) or a data set of one, as the network saw it, and what its
    answer owes to each part of it; of a photo the hidden units that move it most; the training
    pictures without which it would be less and more probable, with a bar for how much; the nearest.

    data : the training set, or any with the picture's shape and no rows of training pictures.
    InputError where these are no pictures.
    """
    if data.pictures(slice(0)) is None:
        raise InputError("explanation_plot", "pictures", "examples of another kind")
    rows = list(seen.training_pictures(found))
    # Placed by hand: a layout that measures each text takes as long as all the drawing.
    heights = [TITLE, *[ROW] * (len(rows) + (2 if found.units else 1))]
    figure = plots.Figure(figsize=(1.5 * COLUMNS, sum(heights)))
    grid: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
    head, first, *parts = grid
    head.suptitle(checks.printable(title), y=0.6, va="center", parse_math=False)
    asked = raw
    if not isinstance(asked, Dataset):
        asked = data.unlabeled("explanation_plot", asked[:, None])
    picture = seen.as_seen(asked)
    panels = _row_of_panels(first, seen.what_it_sees(found))
    _show(next(panels), picture, "what it sees")
    for words, values in seen.maps_of(found):
        _show(axes := next(panels), seen.over(picture, values), "\n".join(words))
        _scale(axes, seen.largest(values))
        next(panels)  # in whose place the scale is
    if found.units:
        panels = _row_of_panels(parts.pop(0), seen.UNITS_SEEN)
        for axes, (words, values) in zip(panels, seen.maps_of_units(found), strict=False):
            _show(axes, seen.over(picture, values), "\n".join(words))
    shown = seen.pictures(data)
    for part, (label, index, numbers, bars) in zip(parts, rows, strict=True):
        cells = zip(_row_of_panels(part, label), index, numbers, bars, strict=False)
        for axes, i, number, share in cells:
            names = data.example_names[i], data.label_of(i)
            name, of_class = (shortened(each, LONGEST) for each in names)
            _show(axes, shown[i], f"{name}\n{of_class} {number}")
            ends, color = [0.5, 0.5 + share / 2], plots.TRAINING if share > 0 else plots.VALIDATION
            axes.plot(ends, [-0.06] * 2, color=color, transform=axes.transAxes, **BAR)
    return figure


def _scale(axes: Axes, size: float) -> None:
    """To the right of shades that go from -size to size."""
    image = ScalarMappable(Normalize(-size, size), seen.SIGNED)
    place, ticks = axes.inset_axes((1.08, 0.0, 0.08, 1.0)), [-size, 0, size]
    bar = axes.figure.colorbar(image, cax=place, ticks=ticks)
    bar.ax.set_yticklabels([f"{v:+.2g}" for v in ticks], fontsize=7)
    _title(bar.ax, "log-odds")


def _row_of_panels(part: Any, label: str) -> Iterator[Axes]:
    part.suptitle(label, fontsize=9, x=0.01, y=0.98, ha="left", va="top", fontweight="bold")
    place = {"left": 0.01, "right": 0.99, "bottom": 0.03, "top": 0.74, "wspace": 0.06}
    panels = part.subplots(1, COLUMNS, gridspec_kw=place)
    for axes in panels:
        axes.set_axis_off()
    return iter(panels)


def _show(axes: Axes, picture: Array, text: str, size: float = 7) -> None:
    axes.set_axis_off()
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    _title(axes, text, size)


def _title(axes: Axes, text: str, size: float = 7) -> None:
    axes.set_title(text, fontsize=size, parse_math=False)


def _signed(axes: Axes, values: Array) -> tuple[Any, float]:
    """Numbers around 0 (height, width[, 3]) as shades, and the largest of their sizes."""
    axes.set_axis_off()
    size = seen.largest(values)
    return axes.imshow(seen.beside(values), cmap=seen.SIGNED, vmin=-size, vmax=size), size


def _single(where: str, model: Model) -> Network:
    if model.network.n_runs is not None:
        got = f"an ensemble of {model.n_members}"
        raise InputError(where, "a single network", got, "Pass model.member(r).")
    return model.network


def _need_pictures(where: str, model: Model) -> None:
    if model.image_shape is None:
        raise InputError(where, "a model of pictures", "one of tables or points: no picture shape")
