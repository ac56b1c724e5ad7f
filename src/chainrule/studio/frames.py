"""What is looked at while a network trains: its answers to some held-out examples, what the units
of its first layer have learned, or where in the plane it changes its mind."""

from typing import Any

import numpy as np

from chainrule.data import Dataset, Splits
from chainrule.influence.feature_measures import learned
from chainrule.model.model_file import Model, decided
from chainrule.network import Network
from chainrule.show.data import drawable, some_of
from chainrule.show.plane import plane_around
from chainrule.show.report.live import packed
from chainrule.show.report.watching import weight_pictures

ASKED, UNITS, GRID, POINTS = 24, 12, 72, 1000
LARGE = 2**25  # numbers that the cost of a moment is computed from


def scene(splits: Splits) -> dict[str, Any]:
    """What stays the same in all frames of a run: whose answers are shown, with their labels; of
    the plane its points, and how far it reaches."""
    name, data, index = followed(splits)
    return {
        "set": name,
        "indices": index,
        "labels": [int(label) for label in data.labels[index]] if data.classes else None,
        "names": [data.example_names[i] for i in index],
        "classes": list(data.classes),
        "drawable": drawable(data),
        "plane": plane(splits.train),
    }


def plane(train: Dataset) -> dict[str, Any] | None:
    """Points of the plane, with their labels, and how far it reaches; None of other data."""
    if not _is_plane(train):
        return None
    every = -(-len(train) // POINTS)
    at = np.asarray(train.features.stored(np.arange(0, len(train), every)), float)
    low, high = plane_around(np.asarray(train.features.stored(), float), 2)[0].T
    return {
        "x": at.tolist(),
        "labels": [int(label) for label in train.labels[::every]],
        "low": low.tolist(),
        "high": high.tolist(),
        "axes": list(train.feature_names or ("x1", "x2")),
    }


def frame(model: Model, splits: Splits, start: Network, share: float | None) -> dict[str, Any]:
    """A moment: `probabilities` of the examples that are followed (each with one a class, or its
    value); `units` of pictures' first layer, or None; `boundary` in the plane, or None.

    start : where the training began. share : of it that is left in W[1], see `learned`.
    """
    _, data, index = followed(splits)
    P = model.probabilities(model.outputs(data.select(index))[1])
    found: dict[str, Any] = {"probabilities": P.T.astype(float).round(4).tolist()}
    found["units"] = found["boundary"] = None
    if model.picture_shape is not None and drawable(splits.train):
        W = learned(model.network, start, share)
        units = np.arange(min(UNITS, len(W)))
        found["units"] = weight_pictures(model, units, [W])
    elif _is_plane(splits.train):
        found["boundary"] = _boundary(model, splits.train)
    return found


def cost(model: Model, splits: Splits, l2: float) -> float | None:
    """J over the whole training set; None of numbers, whose training has another unit, and where
    that takes long."""
    data = splits.train
    if not model.classes or data.in_file or data.features.shape[0] * len(data) > LARGE:
        return None
    X = model.prepare(data).matrix(model.network.dtype)
    return float(model.network.cost(X, data.Y.astype(model.network.dtype), l2=l2))


def followed(splits: Splits) -> tuple[str, Dataset, list[int]]:
    """Two dozen examples that are not trained on, of each class in turn, and the name of their set;
    where nothing is held out of the training set, whose name says it."""
    name, data = splits.watched
    if data is None:
        name, data = "training", splits.train
    return name, data, some_of(data, ASKED)


def _is_plane(data: Dataset) -> bool:
    return bool(data.classes) and data.image_shape is None and data.features.shape[0] == 2


def _boundary(model: Model, data: Dataset) -> dict[str, Any]:
    """Over a grid, row by row from below: the class that is answered, and how probable it is."""
    _, grid = plane_around(np.asarray(data.features.stored(), float), GRID)
    P = model.predict_proba(grid)
    answer = decided(P, model.threshold)
    sure = P[answer, np.arange(len(answer))]
    rounded = np.rint(255 * sure).astype(np.uint8)
    return {"side": GRID, "answer": packed(answer, np.uint8), "sure": packed(rounded, np.uint8)}
