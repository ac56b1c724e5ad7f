"""Watch it learn: the network as it was at some iterations, on a slider; and the first layer's
weights, as they were drawn and as what was learned of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.influence.feature_measures import learned
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.show.data import drawable
from chainrule.show.report.asking import layers_of, steps_of
from chainrule.show.report.examples import sheet
from chainrule.show.report.live import Live, packed
from chainrule.show.report.page import Section
from chainrule.show.seen import strongest_units, unit_name
from chainrule.training import History, Training

Array = np.ndarray
PLANES, PICTURES = 40, 12  # iterations that are kept
POINTS = 1000
UNITS = 6  # of the first layer, that are shown
NUMBERS = 1600  # of a picture of weights, as they are or as means over squares
ASKED = 6  # examples whose answers are followed
SIDE = 32  # pixels, of the pictures that are parts of a unit
PARTS = 4  # training pictures of the largest coefficients, of either sign
OF_LAYER = 64  # activations of one that are shown
NEEDS = ("network", "chart", "signed")  # of scripts/watch.js


@dataclass(frozen=True, eq=False)
class Followed:
    """A training done again.

    start : where it began. frames : {updates done: network}. share : of the start that is left in
    W[1] where the dual form does not say it, as for `feature_measures.learned`.
    """

    start: Network
    frames: Mapping[int, Network]
    training: Training
    share: float | None = 1.0

    def learned(self, network: Network) -> Array:
        """What of W[1] (n_1, n_x) of one of the frames was learned until then."""
        return learned(network, self.start, self.share)


def can_be_watched(model: Model, data: Dataset) -> bool:
    """Whether there is something to see: a plane of two features, or first-layer weights that are
    pictures."""
    pictures = model.picture_shape is not None and drawable(data)
    plane = not model.image_shape and data.features.shape[0] == 2 and steps_of(model) is not None
    return bool(model.classes) and model.n_members == 1 and (pictures or plane)


def moments(model: Model, iterations: int) -> list[int]:
    """Which updates to keep the network after: the earlier the denser."""
    n = (PICTURES if model.image_shape else PLANES) - 1
    return sorted({0, *np.geomspace(1, max(1, iterations), n).round().astype(int).tolist()})


def cost_curves(history: History, held: str) -> dict[str, Any]:
    """Of the training as it was first. held : whose its other cost is."""
    return {
        "held": held,
        "iteration": history.iteration,
        "cost": history.loss,
        "held_out": history.validation_cost,
    }


def watched_plane(model: Model, data: Dataset, found: Followed, curves: Mapping[str, Any]) -> Live:
    """The boundary of a model of two features among examples, in the place of its picture, beside
    `cost_curves`."""
    index, data = np.arange(0, len(data), -(-len(data) // POINTS)), model.prepare(data)
    own = {
        "frames": [{"t": t, "layers": layers_of(network)} for t, network in found.frames.items()],
        "steps": steps_of(model),
        "classes": model.classes,
        "threshold": model.threshold,
        "points": np.asarray(data.features.stored(index), np.float64),
        "labels": data.labels[index],
        "names": [data.example_names[i] for i in index],
        "axes": data.feature_names or ("x1", "x2"),
    }
    return Live("watch", {**curves, **own}, needs=NEEDS, instead=True)


def watching_sections(
    model: Model, data: Dataset, tested: Dataset, found: Followed, curves: Mapping[str, Any]
) -> list[Section]:
    """The first layer's weights as pictures, beside `cost_curves`.

    data : the training set. tested : examples whose answers are followed, prepared for the model.
    """
    if not model.image_shape:
        return []
    units, _ = strongest_units(model, data, UNITS)
    own = {
        **curves,
        "classes": model.classes,
        "frames": [{"t": t} for t in found.frames],
        "units": weight_pictures(model, units, list(map(found.learned, found.frames.values()))),
        "followed": _answers(model, tested, found.frames),
    }
    part = Live("watch", own, needs=NEEDS)
    words = ["The pictures are what was learned until then of the weights of some units."]
    sections = [Section("Watch it learn", words, live=part)]
    # Of weights that began as zeros all was learned.
    drawn = found.start.weights[0].any()
    return [*sections, _emerging(model, data, units, found)] if drawn else sections


def weight_pictures(model: Model, units: Array, of: Sequence[Array]) -> dict[str, Any]:
    """Some units' weights in several W (n_1, n_x) as pictures of bytes around 0, each unit at one
    scale in all."""
    assert model.image_shape is not None
    height, width, *colors = model.image_shape
    pool = math.ceil(math.sqrt(height * width * math.prod(colors) / NUMBERS))
    h, w = -(-height // pool), -(-width // pool)
    each = np.stack([W[units] for W in of]).reshape(len(of), len(units), height, width, -1)
    padded = np.pad(each, [(0, 0), (0, 0), (0, h * pool - height), (0, w * pool - width), (0, 0)])
    small = padded.reshape(len(of), len(units), h, pool, w, pool, -1).mean(axis=(3, 5))
    largest = np.maximum(np.abs(small).max(axis=(0, 2, 3, 4), keepdims=True), 1e-300)
    bytes_ = np.rint(small / largest * 127).astype(np.int8)
    return {
        "names": [unit_name(model, k) for k in units],
        "shape": (h, w, *colors),
        "weights": packed(bytes_, np.int8),
    }


def _answers(model: Model, data: Dataset, frames: Mapping[int, Network]) -> dict[str, Any]:
    """What the network said of some examples, and their activations, at each of the frames: half
    of them those that it is wrong about at the end, most confidently."""
    P = model.predict_proba(data)
    p, right = P[data.labels, np.arange(len(data))], model.predict(data) == data.labels
    wrong = [i for i in np.argsort(p, kind="stable") if not right[i]][: ASKED // 2]
    index = np.array([*wrong, *np.flatnonzero(right)[: ASKED - len(wrong)]], np.int64)
    some = data.select(index)
    X = some.matrix(np.float64)
    caches = [network.astype(np.float64).forward(X) for network in frames.values()]
    asked = range(len(index))
    return {
        "names": some.example_names,
        "labels": some.labels,
        "sheet": sheet(some, np.arange(len(index))),
        "P": [model.probabilities(cache.A[-1]).T.round(5) for cache in caches],
        "A": [[[_few(A[:, i]) for A in cache.A[:-1]] for i in asked] for cache in caches],
    }


def _few(a: Array) -> list[float]:
    return [float(f"{x:.3g}") for x in a[:OF_LAYER]]


def _emerging(model: Model, data: Dataset, units: Array, found: Followed) -> Section:
    """W = a W0 + C X^T: what was drawn, and what was learned, whose largest parts are shown."""
    W, dual = model.network.weights[0], found.training.dual
    new = found.learned(model.network) if dual is None else W - dual.a * found.start.weights[0]
    own = weight_pictures(model, units, [W - new, new])
    words = ["Fade out what was drawn of a unit's weights W, and fade in what was learned."]
    if dual is not None:
        C, most = dual.C[units], min(PARTS, len(data) // 2)
        order = np.argsort(C, axis=1, kind="stable")
        picked = np.concatenate([order[:, ::-1][:, :most], order[:, :most]], axis=1)
        index, place = np.unique(picked, return_inverse=True)
        own |= {
            "sheet": sheet(data, index, SIDE),
            "parts": place.reshape(picked.shape),
            "C": np.take_along_axis(C, picked, axis=1),
            "examples": [data.example_names[i] for i in index],
        }
        words.append(
            "W = a W0 + C X^T: of what was drawn a share a is left, and what was learned is a sum "
            "of training pictures. Those with the largest coefficients in C stand below each unit."
        )
    return Section("Weights emerging", words, live=Live("emerge", own, needs=("signed",)))
