"""How sets belong together: the same features and classes as the training set, no example twice."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import FEW, alike
from chainrule.data.matrix import feature_matrix
from chainrule.errors import DataError
from chainrule.files.digest import digest


def matched(data: Dataset, train: Dataset, known_by: str = "the training set") -> Dataset:
    """`data` with the features and classes of `train`, matched by name; else a DataError.

    known_by : whose they are, for the error.
    """
    checks.kind("matched", "data", data, Dataset)
    checks.kind("matched", "train", train, Dataset)
    if data.feature_names and train.feature_names:
        data = _same_columns(data, train.feature_names, known_by)
    if data.encoder != train.encoder:
        fix = "Read both with the same --features."
        raise DataError(data.source, f"what {known_by} has: {_made(train)}", _made(data), fix)
    data = _same_numbers(data, train)
    if _kind(data) != _kind(train):
        expected = f"the features of {known_by}: {_features(train)}"
        fix = "Both sets need the same features, scaled alike."
        raise DataError(data.source, expected, _features(data), fix)
    return data.aligned(train.classes, known_by)


def matched_splits(sets: Mapping[str, Dataset], task: str | None = "classification") -> Splits:
    """Sets by name (train, validation, test) as the splits of one source, the others brought to the
    training set. task : see `Dataset.with_task`."""
    train = sets["train"].with_task(task)
    others = {name: matched(data, train) for name, data in sets.items() if name != "train"}
    return Splits(train, **others)  # type: ignore[arg-type]


def _kind(data: Dataset) -> tuple[Any, ...]:
    """What two sets must share. Pixels and floats cannot share one scaling."""
    return data.picture_shape, data.features.shape[0], data.dtype == np.uint8


def _made(data: Dataset) -> str:
    """How features were made, in words."""
    if data.encoder is None:
        return _features(data)
    return f"features of {data.encoder.name} ({data.encoder.digest[:8]})"


def _features(data: Dataset) -> str:
    if data.picture_shape:
        return f"pictures {data.picture_shape}, {data.dtype}"
    return f"{data.features.shape[0]} numbers an example, {data.dtype}"


def _same_numbers(data: Dataset, train: Dataset) -> Dataset:
    """Bytes and floats of the same table hold the same numbers; of pictures they would not."""
    pictures = data.image_shape or train.image_shape
    differ = (data.dtype == np.uint8) != (train.dtype == np.uint8)
    small = not (data.in_file or train.in_file)
    if differ and not pictures and small and all(map(_holds_bytes, (data.raw, train.raw))):
        return replace(data, features=feature_matrix(data.raw.astype(train.dtype), missing=True))
    return data


def _holds_bytes(raw: np.ndarray) -> bool:
    """Whether all are whole numbers from 0 to 255."""
    return raw.dtype == np.uint8 or bool(((raw >= 0) & (raw <= 255) & (raw == np.rint(raw))).all())


def _same_columns(data: Dataset, names: tuple[str, ...], known_by: str) -> Dataset:
    """A table with its columns in the order of `names`."""
    place = {alike(name): k for k, name in enumerate(data.feature_names or ())}
    wanted = list(map(alike, names))
    lacking = [name for name in wanted if name not in place]
    foreign = sorted(place.keys() - set(wanted))
    if lacking:
        expected = f"the {len(names)} columns of {known_by}"
        got = f"{len(lacking)} missing ({checks.listed(lacking, FEW)}), "
        got += f"{len(foreign)} others ({checks.listed(foreign, FEW)})"
        fix = "Name the columns alike, and the label column if it was not recognized."
        raise DataError(data.source, expected, got, fix)
    if names == data.feature_names:
        return data
    if data.in_file:
        expected = f"the columns of {known_by} in their order, since they stay in their file"
        fix = "Give it more --memory, or write them in that order."
        raise DataError(data.source, expected, "another order", fix)
    features = feature_matrix(data.raw[[place[name] for name in wanted]], missing=True)
    data = replace(data, features=features, feature_names=names)
    left = f"left out {checks.listed(foreign, FEW)}: no features of {known_by}"
    return data.noted(left) if foreign else data


def with_overlaps(splits: Splits) -> Splits:
    """The same, each set noting how many of its examples are exactly in one before it, too.

    Their raw features are compared, of one dtype, by digest. None is left out but where a model is
    judged (`Splits.tested`).
    """
    if len(splits.sets) == 1:
        return splits
    if any(data.in_file for data in splits.sets.values()):
        said = "sets that stay in their files were not searched for examples in several of them"
        return splits.noted(said)
    dtype = np.result_type(*(data.dtype for data in splits.sets.values()))
    names, seen, zero = iter(splits.sets), dict[str, set[str]](), dtype.type(0)
    repeated: dict[str, list[int]] = {}

    def noted(data: Dataset) -> Dataset:
        columns = (x.astype(dtype, copy=False) for x in data.raw.T)
        name, own = next(names), [digest(x + zero) for x in columns]  # -0.0 is 0.0
        notes = [
            f"{count} of the {len(data)} {name} examples {'is' if count == 1 else 'are'} in the "
            f"{other} set, too"
            for other, theirs in seen.items()
            if (count := sum(one in theirs for one in own))
        ]
        if notes:
            before = set().union(*seen.values())
            repeated[name] = [i for i, one in enumerate(own) if one in before]
        seen[name] = set(own)
        return data.noted(*notes)

    return replace(splits.changed(noted), repeated=repeated)
