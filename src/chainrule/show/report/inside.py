"""What a network of pictures looks like inside: what its first layer looks for, and why it answers
as it does, as galleries that wrap."""

import io
from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.data import Dataset
from chainrule.influence.explanation import Explanation
from chainrule.model.model_file import Model
from chainrule.show import seen
from chainrule.show.report.page import Card, Gallery, Image, Section, card
from chainrule.show.tables import data_uri
from chainrule.wording import isolated

Array = np.ndarray
MOST = 12  # units whose weights are shown
SIDE = 64  # pixels of a picture of weights: noise of more takes much room


def weights_section(model: Model, data: Dataset, learned: Array | None) -> Section | None:
    """The first layer's weights in the pictures' shape, the units of the greatest effect on `data`
    first; None where they are no pictures.

    learned : (n_1, n_x) what of W was not drawn but learned, W - a W0 (`feature_measures.learned`):
        shown before W, where the noise of the draw mostly hides it.
    """
    shape = model.picture_shape
    if shape is None or model.n_members > 1:
        return None
    units, effects = seen.strongest_units(model, data, MOST if learned is None else MOST // 2)
    color, squares = len(shape) == 3, -(-max(shape[:2]) // SIDE)
    words = [
        "Weights of scaled pixels. Gray is 0, yellow above and blue below, each picture up to the "
        "size that stands below it. A unit's effect is by how much it moves "
        + ("the next layer." if len(model.network.weights) > 1 else "its class's logit."),
        "From left to right: of red, green and blue." if color else "",
        f"Shown are means over {squares} x {squares} pixels." if squares > 1 else "",
    ]
    W, kinds = model.network.weights[0], {"": model.network.weights[0]}
    if learned is not None:
        kinds = {"What was learned: W - a W0": learned, "With its start: W": W}

    def cards(W: Array) -> Iterator[Card]:
        for k in units:
            values = seen.beside(_means(W[k].reshape(shape), squares))
            sizes = f"effect {effects[k]:.2g}", f"up to {seen.largest(values):.2g}"
            yield signed_card(values, (seen.unit_name(model, k), *sizes))

    galleries = [Gallery([*cards(W)], name, broad=color) for name, W in kinds.items()]
    said = " ".join(filter(None, words))
    return Section("What the first layer looks for", [said], galleries=galleries)


def explained(
    found: Explanation, asked: Dataset, data: Dataset, heading: str, words: str
) -> Iterator[Gallery]:
    """What the network sees in the one example that is asked about, what its answer owes to each
    part of it, and training pictures that change the answer and that are near.

    data : the training set. words : below the heading.
    """
    picture = seen.as_seen(asked)
    cards = [card(picture, ["what it sees"])]
    for lines, values in seen.maps_of(found):
        size = f"up to {seen.largest(values):.2g} of log-odds"
        cards.append(card(seen.over(picture, values), (*lines, size)))
    near = found.neighborhood
    unlike = f"Unlike any training picture: {near.reason}." if near and near.reason else ""
    yield Gallery(cards, heading, [*filter(None, (words, unlike))], seen.what_it_sees(found))
    units = [card(seen.over(picture, values), words) for words, values in seen.maps_of_units(found)]
    if units:
        yield Gallery(units, label=seen.UNITS_SEEN, folded="Hidden units")
    shown = seen.pictures(data)
    for label, index, numbers, shares in seen.training_pictures(found):
        cards = []
        for i, number, share in zip(index, numbers, shares, strict=True):
            lines = data.example_names[i], *f"{isolated(data.label_of(i))} {number}".split("\n")
            cards.append(card(shown[i], lines, float(share)))
        if cards:
            yield Gallery(cards, label=label)


def signed_card(values: Array, lines: Sequence[str]) -> Card:
    """Numbers around 0 (height, width) as shades, each card with its own scale."""
    import matplotlib
    from PIL import Image as Picture

    shades = np.rint(127.5 + 127.5 * values / seen.largest(values)).astype(np.uint8)
    made = Picture.fromarray(shades, "P")
    palette = matplotlib.colormaps[seen.SIGNED](np.arange(256), bytes=True)[:, :3]
    made.putpalette(palette.tobytes())
    out = io.BytesIO()
    made.save(out, "PNG", optimize=True)
    return Card(Image(data_uri(out.getvalue(), "png"), ", ".join(lines)), lines)


def _means(values: Array, squares: int) -> Array:
    """Over squares of so many pixels (height, width, ...); those at the edges may be smaller."""
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], squares)
        counts = np.diff([*starts, values.shape[axis]])
        counts = counts.reshape(-1, *[1] * (values.ndim - 1 - axis))
        values = np.add.reduceat(values, starts, axis=axis) / counts
    return values
