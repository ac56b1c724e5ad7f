"""Draw and ask: the network itself, in the page."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.data.steps import Affine, Log1p, Missing, OneHot
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.show.data import pixels
from chainrule.show.report.live import Live, packed
from chainrule.show.report.page import Section

Array = np.ndarray
WEIGHTS = 2**18  # of 32 bits: 1 MiB, 1.4 MB in the page
LARGEST = float(np.finfo(np.float32).max)
TYPED = 50  # features to type
ROWS = 200  # of a table, to begin with
SAME = 1e-5  # by which probabilities may differ from the model's
KINDS: dict[type, str] = {Affine: "affine", Missing: "fill", OneHot: "seen", Log1p: "log1p"}
HEADING = "Draw and ask"


def asking_section(model: Model, data: Dataset, shared: Mapping[str, Any]) -> Section | None:
    """The model's network, which the page asks; None where it has too many weights, or too
    large ones, or its preparation takes more than one feature of one sample.

    data : examples to begin with, prepared for the model. shared : of these (`examples`).
    """
    network, sheet = network_facts(model), shared["sheet"]
    pictures = model.image_shape is not None and data.picture_shape == model.image_shape
    shown = sheet if pictures else not model.image_shape and data.features.shape[0] <= TYPED
    if network is None or not shown or not len(data):
        return None
    # Some of very many examples, as elsewhere in the page.
    data = data.select(shared["index"])
    apart = rounded_apart(model, data)
    if not apart <= SAME:  # nor where it is not a number
        return None
    own: dict[str, Any] = {"classes": model.classes, "threshold": model.threshold}
    if pictures:
        own |= {"shape": model.image_shape, "exact": sheet["exact"], "empty": _border(data)}
        words = "Draw with the pen, or drop a picture of your own, and see what the network says."
        like = (
            "A drawing, or a picture of something else, is unlike the training pictures: it "
            "answers all the same."
        )
    else:
        own |= _table(data.select(slice(ROWS)))
        words = "Move a value, and see what the network says."
        like = "Sliders go as far as these examples; beyond them it answers, too."
    most = f" by more than 1e{math.ceil(math.log10(apart))}" if apart else ""
    most += "" if model.classes or not apart else " of the largest"
    exact = (
        "The network runs in this page, its weights rounded to 32 bits: that changes no "
        f"{'probability' if model.classes else 'prediction'} of {len(data):,} {shared['of']}{most}."
    )
    if pictures:
        exact += " What is dropped is made smaller as the program does it, but decoded by the "
        exact += "browser: of JPEGs probabilities differ by up to 0.001 or so."
    part = Live("ask", own, {"network": network, "examples": shared}, needs=("network",))
    return Section(HEADING if pictures else "Ask", [f"{words} {like}", exact], live=part)


def network_facts(model: Model) -> dict[str, Any] | None:
    """Steps of preparation, and layers, for scripts/network.js."""
    steps = steps_of(model)
    if model.n_members > 1 or model.network.n_parameters > WEIGHTS or steps is None:
        return None
    if max(float(np.abs(W).max()) for W in model.network.weights) > LARGEST:
        return None  # a training that diverged
    return {"steps": steps, "layers": layers_of(model.network)}


def layers_of(network: Network) -> list[dict[str, Any]]:
    """Weights of 32 bits, biases of 64, and what each layer's activation is."""
    return [
        {"W": packed(W, np.float32), "b": packed(b, np.float64), "g": g}
        for W, b, g in zip(network.weights, network.biases, network.activations, strict=True)
    ]


def steps_of(model: Model) -> list[dict[str, Any]] | None:
    """How features are prepared; None where numbers depend on more than one feature of one
    sample."""
    found = []
    for step in model.scaling.steps:
        if type(step) not in KINDS:
            return None
        arrays = {name: packed(array, np.float64) for name, array in step.arrays().items()}
        found.append({"kind": KINDS[type(step)], **arrays})
    return found


def rounded_apart(model: Model, data: Dataset) -> float:
    """By how much the largest answer of all changes when the weights are rounded to 32 bits; of a
    regression relative to the largest."""
    exact = replace(model, network=model.network.astype(np.float64))
    rounded = tuple(W.astype(np.float32).astype(np.float64) for W in exact.network.weights)
    page = replace(exact, network=replace(exact.network, weights=rounded))
    mine, its = (one.probabilities(one.outputs(data)[1]) for one in (exact, page))
    largest = 1.0 if model.classes else max(1.0, float(np.abs(mine).max()))
    return float(np.abs(mine - its).max()) / largest


def _border(data: Dataset) -> list[int]:
    """The median of each color along the edges of some pictures: what an empty one looks like."""
    found = [pixels(data, i) for i in range(min(len(data), ROWS))]
    seen = np.stack([one for one in found if one is not None])
    edges = np.concatenate([seen[:, 0], seen[:, -1], seen[:, :, 0], seen[:, :, -1]], axis=1)
    return [int(c) for c in np.atleast_1d(np.median(edges, axis=(0, 1)))]


def _table(data: Dataset) -> dict[str, Any]:
    """Names of the features, rows of examples, and between what they lie."""
    X = np.asarray(data.features.stored(), np.float64)
    names = data.column_names
    least, most = np.fmin.reduce(X, axis=1), np.fmax.reduce(X, axis=1)
    return {"names": names, "rows": X.T, "least": least, "most": most}
