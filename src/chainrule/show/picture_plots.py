"""Pictures for a network that looks at pictures: its weights, its activations, its mistakes, and
an explanation of one answer. One file, as all are panels of pictures without axes."""

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
from chainrule.influence.explanation import ACCIDENTAL, Explanation
from chainrule.model.evaluation import Evaluation, evaluate
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.show import plots
from chainrule.wording import shortened

Array = np.ndarray
# Blue through gray to yellow: its lightness rises all the way, so that signs show in gray, too.
SIGNED = "cividis"
COLUMNS = 6
LEAST_WIDTH = 4.6  # inches of a figure, which has a title
NAMED = 12  # output units whose classes can be written below their bars
TITLE, ROW = 0.45, 2.1  # inches high, of an explanation
LONGEST = 18  # characters of a name in an explanation
PALE, COVERED = 90, 0.85  # of 255, the darkest of a picture below a map; the most it is covered
UNITS_SEEN = (
    "Hidden units that move the answer most, and by how much; light places raise the unit, dark "
    "ones lower it"
)
BAR: dict[str, Any] = {"linewidth": 4, "solid_capstyle": "butt", "clip_on": False}


def unit_effects(network: Network, X: Any) -> Array:
    """How much each unit of the first layer moves the next one, (n_1,), in units of its logits.

        effect_k = sum_j |W[2]_jk| std_i(A[1]_ki)

    The standard deviation is over the examples of X (n_x, m), an array or a feature matrix: a unit
    that is always equally on moves nothing. Without hidden layers the units are the outputs, and
    the effect is std_i(Z[1]_ki).
    """
    cache = network.forward(X)
    if len(network.weights) == 1:
        return cache.Z[0].std(axis=1)
    return np.abs(network.weights[1]).sum(axis=0) * cache.A[0].std(axis=1)


def strongest_units(model: Model, data: Dataset, most: int) -> tuple[Array, Array]:
    """The first layer's units of the greatest effect on `data`, and the effects of all."""
    effects = unit_effects(model.network, model.prepare(data).matrix(model.network.dtype))
    return np.argsort(-effects, kind="stable")[:most], effects


def unit_name(model: Model, k: int) -> str:
    """Of unit k of the first layer: the class whose output it is, if there is no other layer."""
    if len(model.network.weights) > 1 or not model.classes:
        return f"unit {k}"
    return model.classes[k if len(model.classes) > 2 else 1]


def beside(values: Array) -> Array:
    """Numbers of red, green and blue (height, width, 3) side by side, (height, 3 width); of gray
    ones these."""
    return values if values.ndim == 2 else np.concatenate(list(np.moveaxis(values, -1, 0)), axis=1)


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
    order, effects = strongest_units(model, data, most)
    color = len(shape) == 3
    columns = min(3 if color else COLUMNS, len(order))
    figure, panels = _panels(len(order), columns, (3.4 if color else 1.5, 1.6), title)
    for axes, k in zip(panels.flat, order, strict=False):
        for edge in (1, 2) if color else ():
            axes.axvline(edge * shape[1] - 0.5, color="white", linewidth=2)
        image, size_of = _signed(axes, beside(network.weights[0][k].reshape(shape)))
        name = plots.literal(unit_name(model, k), LONGEST)
        axes.set_title(f"{name}: effect {effects[k]:.2g}\nmax |w| {size_of:.2g}", fontsize=7)
    bar = figure.colorbar(image, ax=panels, ticks=[-size_of, 0, size_of], shrink=0.8, aspect=30)
    bar.ax.set_yticklabels(["-max |w|", "0", "max |w|"])
    note = "weights of scaled pixels" + (", left to right: red, green, blue" if color else "")
    figure.supxlabel(note, fontsize=8)
    return figure


def activation_pictures(model: Model, data: Dataset, index: int, title: str = "") -> Figure:
    """One picture and what each layer makes of it: a bar for every unit's activation.

    index : of the example in `data`. The output's bars are probabilities, in [0, 1].
    """
    where = "activation_pictures"
    network, _ = _single(where, model), _shape(where, model)
    data = model.prepare(data)
    if not -len(data) <= index < len(data):
        raise InputError(where, f"index of one of {len(data)} examples", str(index))
    data = data.select([index])
    cache = network.forward(data.matrix(network.dtype))
    figure, panels = _panels(len(cache.A) + 1, len(cache.A) + 1, (2.5, 2.7), title)
    first, *rest = panels[0]
    names = data.example_names[0], data.label_of(0)
    _show(first, pictures(data)[0], "\n".join(shortened(name, 24) for name in names))
    for layer, (axes, A) in enumerate(zip(rest, cache.A, strict=True), start=1):
        kind, output = network.activations[layer - 1], layer == len(cache.A)
        a = model.probabilities(A)[:, 0] if output else A[:, 0]
        zeros = f", {(a == 0).sum()} of {len(a)} at 0" if kind == "relu" else ""
        axes.set_axis_on()
        axes.bar(range(len(a)), a, color=plots.TRAINING, width=0.9 if len(a) < 60 else 1.0)
        if output:
            plots.finished(axes, f"output, {kind}", xlabel="class", ylabel="probability")
        else:
            plots.finished(axes, f"layer {layer}, {kind}{zeros}", xlabel="unit", ylabel="a")
        if output and len(a) <= NAMED:
            classes = [plots.literal(name, 14) for name in model.classes]
            turn = {"rotation": 45, "ha": "right"} if len(a) > 2 else {}
            axes.set_xticks(range(len(a)), classes, fontsize=8, **turn)
            axes.set(xlabel="", ylim=(0, 1))
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
    for axes in panels.flat:
        axes.title.set_fontsize(9)
    return figure


def mistakes_gallery(model: Model, data: Dataset, most: int = 12, title: str = "") -> Figure:
    """The mislabeled pictures, the most confident mistakes first.

    Below each its name, what it was taken for and what it is, and the probability of the latter.
    """
    _shape("mistakes_gallery", model)
    checks.whole_number("mistakes_gallery", "most", most, least=1)
    data = model.prepare(data)
    evaluated = evaluate(model, data)
    if not isinstance(evaluated, Evaluation):
        raise InputError("mistakes_gallery", "a model of classes", "a regression")
    mistakes = evaluated.mistakes[:most]
    if not mistakes:
        figure, panels = _panels(1, 1, (4.0, 1.2), title)
        panels[0, 0].text(0.5, 0.5, f"no mistakes among {len(data)} pictures", ha="center")
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
    shown = pictures(data)
    figure, panels = _panels(len(index), columns, (1.6, 2.1), title, margin=0.0)
    for axes, i, text in zip(panels.flat, index, texts, strict=False):
        lines = [
            line if len(line) <= 26 else f"{line[:12]}...{line[-11:]}" for line in text.split("\n")
        ]
        _show(axes, shown[i], "\n".join(lines))
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
    checks.whole_number("pixels_plot", "the number of pictures", len(ratios), least=1)
    columns = min(len(ratios), COLUMNS if max(ratios) == 1 else 3)
    size = 1.8 * sum(ratios[:columns]), 2.1 * -(-len(ratios) // columns) + 0.5
    figure, panels = plots.grid_of_axes(
        -(-len(ratios) // columns), columns, size, title, width_ratios=ratios[:columns]
    )
    for axes in panels.flat:
        axes.set_axis_off()
    rest = iter(panels.flat)
    for name, values in photographs.items():
        picture = np.rint(255 * np.clip(np.reshape(values, shape), 0, 1)).astype(np.uint8)
        _show(axes := next(rest), picture, name)
        axes.title.set_fontsize(9)
    for name, values in signed.items():
        _, largest = _signed(axes := next(rest), beside(np.reshape(values, shape)))
        axes.set_title(f"{name}\nup to {largest:.2g}", fontsize=9, parse_math=False)
    return figure


def pictures(data: Dataset) -> Array:
    """The examples as pictures (m, height, width[, 3]) uint8, to be looked at.

    Numbers that are not bytes are stretched over 0 to 255, from the least to the greatest of all.
    """
    found = data.pictures()
    if found is None:
        raise InputError("pictures", "examples that are pictures", "features alone")
    if found.dtype != np.uint8:
        low, high = float(found.min()), float(found.max())
        found = ((found - low) * (255 / ((high - low) or 1))).astype(np.uint8)
    return found


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
    rows = list(training_pictures(found, data))
    # Placed by hand: a layout that measures each text takes as long as all the drawing.
    heights = [TITLE, *[ROW] * (len(rows) + (2 if found.units else 1))]
    figure = plots.Figure(figsize=(1.5 * COLUMNS, sum(heights)))
    head, first, *parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[
        :, 0
    ]
    head.suptitle(checks.printable(title), y=0.6, va="center", parse_math=False)
    panels = _row_of_panels(first, what_it_sees(found))
    seen = raw
    if not isinstance(seen, Dataset):
        seen = data.unlabeled("explanation_plot", seen[:, None])
    picture = as_seen(seen)
    _show(next(panels), picture, "what it sees")
    for words, values in maps_of(found):
        axes = next(panels)
        size = largest(values)
        axes.imshow(over(picture, values))
        image = ScalarMappable(Normalize(-size, size), SIGNED)
        axes.set_title("\n".join(words), fontsize=7)
        scale = axes.inset_axes((1.08, 0.0, 0.08, 1.0))
        bar = figure.colorbar(image, cax=scale, ticks=[-size, 0, size])
        bar.ax.set_yticklabels([f"{v:+.2g}" for v in (-size, 0, size)], fontsize=7)
        bar.ax.set_title("log-odds", fontsize=7)
        next(panels)  # in whose place the scale is
    if found.units:
        for axes, (words, values) in zip(
            _row_of_panels(parts.pop(0), UNITS_SEEN), maps_of_units(found), strict=False
        ):
            axes.imshow(over(picture, values))
            axes.set_title("\n".join(words), fontsize=7)
    shown = pictures(data)
    for part, (label, index, numbers, bars) in zip(parts, rows, strict=True):
        cells = zip(_row_of_panels(part, label), index, numbers, bars, strict=False)
        for axes, i, number, share in cells:
            names = data.example_names[i], data.label_of(i)
            name, of_class = (shortened(each, LONGEST) for each in names)
            _show(axes, shown[i], f"{name}\n{of_class} {number}")
            ends, color = [0.5, 0.5 + share / 2], plots.TRAINING if share > 0 else plots.VALIDATION
            axes.plot(ends, [-0.06] * 2, color=color, transform=axes.transAxes, **BAR)
    return figure


def as_seen(asked: Dataset) -> Array:
    """The picture of a data set of one, as the network sees it: a photo at its encoder's size."""
    if asked.photos is not None and asked.encoder is not None:
        return asked.photos.at(0, asked.encoder.side)
    found: Array = pictures(asked)[0]
    return found


def maps_of(found: Explanation) -> Iterator[tuple[tuple[str, str], Array]]:
    """What parts of the picture add to the answer, with its names."""
    photo = found.covered is not None
    if found.effects is not None and photo:
        yield ("each place adds", "against the mean"), found.effects
    elif found.effects is not None:
        yield ("light: for it", "dark: against it"), found.effects
    if found.covered is not None:
        yield ("each part adds", "against gray"), found.covered


def maps_of_units(found: Explanation) -> Iterator[tuple[tuple[str, str], Array]]:
    """What each place of a photo adds to hidden units, with their names."""
    for one in found.units:
        yield (f"unit {one.k}", f"{one.effect:+.2g} of log-odds"), one.places


def over(picture: Array, values: Array) -> Array:
    """Numbers around 0 (h, w) as shades over a picture (height, width[, 3]) of bytes, which is gray
    and pale beneath: the larger a number, the more it covers. (height, width, 3) bytes."""
    from matplotlib import colormaps

    gray = picture if picture.ndim == 2 else picture @ np.array([0.299, 0.587, 0.114])
    rows, columns = (np.arange(n) * k // n for n, k in zip(gray.shape, values.shape, strict=True))
    part = values[np.ix_(rows, columns)] / largest(values)
    shade = 255 * colormaps[SIGNED]((part + 1) / 2)[..., :3]
    alpha = COVERED * np.abs(part)[..., None]
    below = (PALE + (1 - PALE / 255) * gray)[..., None]
    return np.rint(alpha * shade + (1 - alpha) * below).astype(np.uint8)


def largest(values: Array) -> float:
    """The size that shades go up to, of numbers around 0."""
    return float(np.abs(values).max()) or 1.0


def what_it_sees(found: Explanation) -> str:
    """The label of the picture that is asked about, and of what its parts add."""
    seeing, near = "What the network sees", found.neighborhood
    if found.effects is not None:
        seeing += ", and what each part adds to the answer"
    if found.known:
        return f"{seeing}.  IT IS IN THE TRAINING DATA"
    if near is not None and near.out_of_distribution:
        return f"{seeing}.  UNLIKE ANY TRAINING PICTURE: do not rely on it"
    return seeing if found.effects is None else f"{seeing} (against the mean picture)"


def training_pictures(
    found: Explanation, data: Dataset
) -> Iterator[tuple[str, Array, list[str], Array]]:
    """The rows of training pictures: a label, their indices, a number for each, in a second line
    that of other starts, and the length of its bar in [-1, 1]. Of what counts for and against the
    answer a row each, the largest first."""
    if found.changes is not None and found.changes[0].any():
        own, *others = found.changes
        most = float(np.nanmax(np.abs(own), initial=0.0)) or 1.0
        told = ", found by training without it" + (" (others: other starts)" if others else "")
        told += ".  OTHER STARTS DISAGREE" if found.agreement < ACCIDENTAL else ""
        for label, sizes in (("more", own), ("less", -own)):
            order = np.argsort(-sizes, kind="stable")
            index = order[sizes[order] > 0][:COLUMNS]
            both = ((f"{own[i]:+.2g}", found.elsewhere(i)) for i in index)
            numbers = ["\nothers ".join(filter(None, one)) for one in both]
            yield f"Makes the answer {label} probable{told}", index, numbers, own[index] / most
    if found.neighborhood is not None:
        near = found.neighborhood
        distances = [f"{distance:.3g}" for distance in near.distances]
        none = np.zeros(len(distances))
        yield "Nearest training pictures (distance)", near.nearest, distances, none


def _row_of_panels(part: Any, label: str) -> Iterator[Axes]:
    part.suptitle(label, fontsize=9, x=0.01, y=0.98, ha="left", va="top", fontweight="bold")
    place = {"left": 0.01, "right": 0.99, "bottom": 0.03, "top": 0.74, "wspace": 0.06}
    panels = part.subplots(1, COLUMNS, gridspec_kw=place)
    for axes in panels:
        axes.set_axis_off()
    return iter(panels)


def _show(axes: Axes, picture: Array, text: str) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes.set_title(text, fontsize=7, parse_math=False)


def _signed(axes: Axes, values: Array) -> tuple[Any, float]:
    """Numbers around 0 as shades, and the largest of their sizes."""
    size = largest(values)
    return axes.imshow(values, cmap=SIGNED, vmin=-size, vmax=size), size


def _single(where: str, model: Model) -> Network:
    if model.network.n_runs is not None:
        got = f"an ensemble of {model.n_members}"
        raise InputError(where, "a single network", got, "Pass model.member(r).")
    return model.network


def _shape(where: str, model: Model) -> tuple[int, ...]:
    if model.image_shape is None:
        raise InputError(where, "a model of pictures", "one of tables or points: no picture shape")
    return model.image_shape


def _panels(
    n: int, columns: int, size: tuple[float, float], title: str, margin: float = 0.8
) -> tuple[Figure, Array]:
    """A figure of n panels of `size` inches each, in rows of `columns`, all without an axis."""
    rows = -(-n // columns)
    # Wide enough for a title, however few the panels are.
    width = max(size[0] * columns + margin, LEAST_WIDTH)
    figure, panels = plots.grid_of_axes(rows, columns, (width, size[1] * rows + 0.5), title)
    for axes in panels.flat:
        axes.set_axis_off()
    return figure, panels
