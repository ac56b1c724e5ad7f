"""What there is to see in a network that looks at pictures, as arrays and words for figures and
reports: what its units do, what parts of a picture add to an answer, which training pictures do."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.influence.explanation import ACCIDENTAL, Explanation
from chainrule.model.model_file import Model
from chainrule.network import Network

Array = np.ndarray
# Blue through gray to yellow: its lightness rises all the way, so that signs show in gray, too.
SIGNED = "cividis"
COLUMNS = 6  # training pictures in a row
PALE, COVERED = 90, 0.85  # of 255, the darkest of a picture below a map; the most it is covered
UNITS_SEEN = (
    "Hidden units that move the answer most, and by how much; light places raise the unit, dark "
    "ones lower it"
)


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


def as_seen(asked: Dataset) -> Array:
    """The picture of a data set of one, as the network sees it: a photo at its encoder's size."""
    if asked.photos is not None and asked.encoder is not None:
        return asked.photos.at(0, asked.encoder.side)
    return pictures(asked)[0]


def maps_of(found: Explanation) -> Iterator[tuple[tuple[str, str], Array]]:
    """What parts of the picture add to the answer, with its names."""
    photo = found.covered is not None
    if found.effects is not None:
        words = ("light: for it", "dark: against it")
        yield ("each place adds", "against the mean") if photo else words, found.effects
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


def training_pictures(found: Explanation) -> Iterator[tuple[str, Array, list[str], Array]]:
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
    if (near := found.neighborhood) is not None:
        distances = [f"{distance:.3g}" for distance in near.distances]
        none = np.zeros(len(distances))
        yield "Nearest training pictures (distance)", near.nearest, distances, none
