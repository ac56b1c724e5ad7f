"""An explanation as one picture: what was seen, where it looked, and the training pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.influence.explanation import Explanation
from chainrule.show.picture_plots import SIGNED, pictures
from chainrule.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray
COLUMNS = 6
TITLE, ROW = 0.45, 2.1  # inches high
LONGEST = 18  # characters of a name below a picture


def explanation_plot(found: Explanation, raw: Array, data: Dataset, title: str = "") -> "Figure":
    """Rows of pictures: the input (n_x,) as the network saw it and the maps over it; the training
    pictures that contributed to the answer and against it; those without which it would be less
    and more probable; the nearest ones.

    data : the training set, or any with the picture's shape and no rows of training pictures.
    InputError where these are no pictures.
    """
    from chainrule.show.figure import Figure

    shape = data.picture_shape
    if shape is None:
        raise InputError("explanation_plot", "pictures", "examples of another kind")
    rows = _rows(found, data)
    # Placed by hand: a layout that measures each text takes as long as all the drawing.
    heights = [TITLE, *[ROW] * (len(rows) + 1)]
    figure = Figure(figsize=(1.5 * COLUMNS, sum(heights)))
    head, *parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    head.suptitle(checks.printable(title), y=0.6, va="center", parse_math=False)
    seeing = "What the network sees, and how each pixel moves its answer"
    if found.neighborhood is not None and found.neighborhood.out_of_distribution:
        seeing += ".  UNLIKE ANY TRAINING PICTURE: do not rely on the answer"
    panels = _panels(parts[0], seeing)
    seen = data.unlabeled("explanation_plot", raw[:, None])
    _show(panels[0], pictures(seen)[0], "as it is seen")
    maps = {"saliency": found.saliency, "w o x": found.product}
    for axes, (name, values) in zip(
        panels[1:], ((n, v) for n, v in maps.items() if v is not None), strict=False
    ):
        _map(axes, values.reshape(shape), name)
    shown = pictures(data)
    for part, (label, index, texts) in zip(parts[1:], rows, strict=True):
        for axes, i, text in zip(_panels(part, label), index, texts, strict=False):
            _show(axes, shown[i], f"{shortened(data.example_names[i], LONGEST)}\n{text}")
    return figure


def _rows(found: Explanation, data: Dataset) -> list[tuple[str, Array, list[str]]]:
    """(label, indices, texts) of the rows of training pictures."""
    rows: list[tuple[str, Array, list[str]]] = []

    def label_of(i: int) -> str:
        return data.classes[data.labels[i]]

    def ranked(values: Array, towards: str, against: str) -> None:
        """Rows of those that are positive and of those that are negative, the largest first."""
        for label, sizes in ((towards, values), (against, -values)):
            order = np.argsort(-sizes, kind="stable")
            index = order[sizes[order] > 0][:COLUMNS]
            texts = [f"{shortened(label_of(i), LONGEST)} {values[i]:+.3f}" for i in index]
            rows.append((label, index, texts))

    if found.contributions is not None:
        parts = found.contributions.of_examples
        ranked(parts, "Contributions to it (log-odds)", "Contributions against it (log-odds)")
    if found.exact is not None:
        how = ": exactly, trained without it"
        ranked(found.exact, f"Makes it more probable{how}", f"Makes it less probable{how}")
    if found.neighborhood is not None:
        near = found.neighborhood
        texts = [
            f"{shortened(label_of(i), LONGEST)} {d:.3g}"
            for i, d in zip(near.nearest, near.distances, strict=True)
        ]
        rows.append(("Nearest training pictures (distance)", near.nearest, texts))
    return rows


def _panels(part: Any, label: str) -> Sequence["Axes"]:
    part.suptitle(label, fontsize=9, x=0.01, y=0.98, ha="left", va="top", fontweight="bold")
    place = {"left": 0.01, "right": 0.99, "bottom": 0.03, "top": 0.74, "wspace": 0.06}
    panels: Sequence[Axes] = part.subplots(1, COLUMNS, gridspec_kw=place)
    for axes in panels:
        axes.set_axis_off()
    return panels


def _show(axes: "Axes", picture: Array, text: str) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes.set_title(text, fontsize=7, parse_math=False)


def _map(axes: "Axes", values: Array, name: str) -> None:
    """Values of pixels, colors added up, around 0: bright for, dark against."""
    flat = values.sum(axis=2) if values.ndim == 3 else values
    size = float(np.abs(flat).max()) or 1.0
    axes.imshow(flat, cmap=SIGNED, vmin=-size, vmax=size)
    axes.set_title(f"{name}\n(light: for, dark: against)", fontsize=7, parse_math=False)
