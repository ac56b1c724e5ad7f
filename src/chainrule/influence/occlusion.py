"""What an answer owes to a feature, or to a part of a picture, being what it is.

    e_j(x) = f(x) - f(x with part j at its mean over the training set)

f is the log-odds of the answer, or the value of a regression. The part is a feature of a table; a
square of a picture around the pixel j (occlusion; Zeiler & Fergus 2014, section 4.2, with the mean
in the place of gray); or one of the 7 x 7 places of a photo, whose pretrained features are the mean
of what stands at these places: for logistic regression the e add up to the logit but for the bias.
What stands at a place comes from far around it: f of the photo with that part of it gray, encoded
again, says what the photo itself adds there.

Of the ways to draw where a network looked the first agreed best with what leaving the region out of
all pictures and training again says; the slope df/dx (saliency, Simonyan et al. 2014) did not agree
at all: docs/seeing.md.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.data import Dataset, FeatureMatrix
from chainrule.data.encoders import Encoder
from chainrule.influence.influence import log_odds
from chainrule.model.model_file import Model
from chainrule.network import forward_from

Array = np.ndarray
PATCH = 4  # of a picture's side a patch is this part
# Of the first hidden layer so many units are told of, whose effects are so much of the largest.
UNITS, LEAST = 5, 0.1
GRAY = 124, 116, 104  # the mean of the pixels that the encoder was trained on


class Unit(NamedTuple):
    """Unit k of the first hidden layer. effect : f less that with this unit as for the mean photo.
    places : (places, places) what each place of the photo adds to its Z, see `parts_of_places`."""

    k: int
    effect: float
    places: Array


def effects(model: Model, X: FeatureMatrix, x: Array, decision: int) -> Array:
    """e (n_x,) of the features of one example, or (height, width) of the patches of a picture.

    X, x : what the model was trained on (n_x, m), and the example (n_x,), prepared as the model is.
    decision : the class whose log-odds are meant.

    Exact, from Z[1] alone: W[1] (mean - x) of a patch is what covering it adds. The effects need
    not add up to anything: what several features say together is in each of theirs, or in none.
    """
    shape = model.picture_shape
    mean = np.concatenate([some.mean(axis=1) for _, some in X.blocks()])
    W = model.network.weights[0]
    added = W * (mean - x)
    if shape is not None:
        from scipy.ndimage import uniform_filter

        height, width = shape[:2]
        side = max(1, min(height, width) // PATCH)
        added = added.reshape(len(W), height, width, -1).sum(axis=3)
        size = (1, side, side)
        added = (uniform_filter(added, size, mode="constant") * side**2).reshape(len(W), -1)
    found = _changed(model, x, added, decision)
    return found if shape is None else found.reshape(shape[:2])


def parts_of_places(model: Model, maps: Array, mean: Array) -> Array:
    """(n_1, places, places) what each place of a photo adds to the first layer's Z, in the place of
    what stands there in the mean: for logistic regression to the logit.

    maps : (n_x, places, places) whose means are the photo's features. mean : (n_x,) features of the
    mean photo. Exact; where the preparation is linear in the features, and learned its means from
    the same photos, they add up to Z - b.
    """
    n_x, *places = maps.shape
    each = maps.reshape(n_x, -1).astype(np.float64)
    x = each.mean(axis=1, keepdims=True)
    without = x + (mean[:, None] - each) / each.shape[1]
    network = model.network
    scaled = model.scaling(np.concatenate([x, without], axis=1), np.float64)
    Z = network.weights[0].astype(np.float64) @ scaled
    return (Z[:, :1] - Z[:, 1:]).reshape(-1, *places)


def place_effects(
    model: Model, photo: Array, mean: Array, decision: int
) -> tuple[Array, tuple[Unit, ...]]:
    """e (places, places) of the places of a photo (side, side, 3), see `parts_of_places`; and the
    hidden units of the largest effects, if there are any."""
    maps = _encoder(model).maps(photo[None])[0]
    x = model.scaling(maps.mean(axis=(1, 2), dtype=np.float64)[:, None], np.float64)[:, 0]
    parts = parts_of_places(model, maps, mean)
    added = -parts.reshape(len(parts), -1)
    found = _changed(model, x, added, decision).reshape(parts.shape[1:])
    if len(model.network.weights) == 1:
        return found, ()
    each = _changed(model, x, np.diag(added.sum(axis=1)), decision)
    size = np.abs(each)
    order = [k for k in np.argsort(-size, kind="stable")[:UNITS] if size[k] > LEAST * size.max()]
    return found, tuple(Unit(int(k), float(each[k]), parts[k]) for k in order)


def covered(model: Model, photo: Array, decision: int) -> Array:
    """f less that of the photo (side, side, 3) with a square of gray around each of its places
    (places, places), encoded again."""
    encoder = _encoder(model)
    step, half = encoder.side // encoder.places, encoder.side // PATCH // 2
    centers = range(step // 2, encoder.side, step)
    photos = [photo]
    for row in centers:
        for column in centers:
            photos.append(photo.copy())
            photos[-1][max(0, row - half) : row + half, max(0, column - half) : column + half] = (
                GRAY
            )
    Z, A = model.outputs(encoder.features(np.stack(photos)).T)
    f = _answer(model, Z, A, decision)
    return (f[0] - f[1:]).reshape(encoder.places, encoder.places)


def photo_effects(
    model: Model, data: Dataset | None, asked: Dataset, decisions: Array
) -> dict[str, list[Any]]:
    """`covered` of each photo that is asked about and, against the training set `data`, its
    `place_effects` as "effects" and "units"."""
    assert asked.photos is not None
    side = _encoder(model).side
    photos = [asked.photos.at(i, side) for i in range(len(asked))]
    own = list(zip(photos, decisions.tolist(), strict=True))
    found: dict[str, list[Any]] = {
        "covered": [covered(model, photo, decision) for photo, decision in own]
    }
    if data is not None:
        mean = model.prepare(data).raw.mean(axis=1, dtype=np.float64)
        each = [place_effects(model, photo, mean, decision) for photo, decision in own]
        found["effects"], found["units"] = map(list, zip(*each, strict=True))
    return found


def _encoder(model: Model) -> Encoder:
    assert model.encoder is not None
    return model.encoder


def _changed(model: Model, x: Array, added: Array, decision: int) -> Array:
    """(k,) f(x) less f after `added` (n_1, k) came to the first layer's Z; x as the network sees
    it."""
    network = model.network
    start = network.weights[0] @ x[:, None] + network.biases[0]
    Z1 = np.concatenate([start, start + added], axis=1)
    Z, A = forward_from(Z1, network.weights[1:], network.biases[1:], network.activations)
    f = _answer(model, Z[-1], A[-1], decision)
    return f[0] - f[1:]


def _answer(model: Model, Z: Array, A: Array, decision: int) -> Array:
    """f (k,) of outputs (n_y, k): the log-odds of the decision, or the value."""
    found: Array = log_odds(Z, np.full(Z.shape[1], decision))[0] if model.classes else A[0]
    return found
