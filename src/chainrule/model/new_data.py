"""Data for a model: read as those that it was trained on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Reading, Splits, open_raw
from chainrule.data.encoders.encoding import Encoding
from chainrule.data.matrix.source import Progress
from chainrule.data.matrix.workers import Cluster
from chainrule.data.open import refuse_reading
from chainrule.data.readers.images import Pictures
from chainrule.data.readers.photos import EncodedPictures
from chainrule.data.readers.tree import Skip
from chainrule.errors import DataError
from chainrule.files.json_file import fits
from chainrule.model.model_file import Model

READING = Reading()


def open_for(
    model: Model,
    source: str | Path | Any,
    reading: Reading = READING,
    strict: bool = False,
    seed: int = 0,
    cache: bool = True,
    progress: Progress | None = None,
    memory: float | None = None,
) -> Splits:
    """Data that a model is to be tried on: pictures of its size, tables with its columns, in
    whatever order and format.

    Tables are read as `reading` says, and where it says nothing as the model's training read them;
    Reading(label="") reads no labels. See `open_raw` for the rest, and `open_data` for cache,
    progress and memory.

    Raises DataError for data that cannot be read, columns that are not there, and a label column
    that is not: no feature is taken for one.
    """
    checks.kind("open_for", "model", model, Model)
    hints = get_type_hints(Reading)
    trained = (model.training.get(name) for name in ("options", "reading"))
    before = dict(item for one in trained if isinstance(one, dict) for item in one.items())
    own = (*reading.given, "samples", "sheet")  # what is said, and what is of other examples
    kept = {n: v for n, v in before.items() if n in hints and n not in own and fits(v, hints[n])}
    shape, raw = model.image_shape or (64, 64, 3), partial(open_raw, columns=model.feature_names)
    encoding = None if model.encoder is None else Encoding(model.encoder, cache, progress)
    how: dict[str, Any] = {"strict": strict, "seed": seed, "bits": model.bits, "progress": progress}
    how["cluster"] = Cluster.of(None)

    def read(reading: Reading) -> Splits:
        with checks.memory_within(memory):
            return raw(source, shape, **how, reading=reading, encoding=encoding)

    as_trained = replace(reading, **kept)
    try:  # the file's own decimal sign first, which it may say itself
        splits = read(replace(as_trained, decimal=reading.decimal))
    except DataError as doubt:
        if "decimal" not in kept:
            raise
        try:
            splits = read(as_trained)
        except DataError:
            raise doubt from None
    if splits.train.feature_names is None:
        refuse_reading(source, replace(reading, label=reading.label or None))
    return splits


def pictures_for(model: Model, cache: bool = True) -> Pictures:
    """What reads picture files for a model: pixels, or features of its encoder."""
    shape = model.image_shape or ()
    if model.encoder is None:
        return Pictures(shape, model.bits)
    return EncodedPictures(shape, model.bits, Encoding(model.encoder, cache))


def read_pictures(
    model: Model, pictures: Pictures, paths: Sequence[Path], skip: Skip
) -> Dataset | None:
    """The pictures in files as a model takes them, named by their paths, without labels; None if
    none can be read. pictures : from `pictures_for`, for any number of such calls. skip : told of
    files that cannot be read, and why."""
    rows, read = pictures.read(paths, skip)
    if not read:
        return None
    names, none = tuple(str(paths[k]) for k in read), np.zeros(len(read), np.int64)
    return Dataset(
        *(np.ascontiguousarray(rows.T), none, model.classes, names, model.image_shape),
        bits=pictures.bits,
        encoder=pictures.encoder,
        photos=pictures.photos,
    )
