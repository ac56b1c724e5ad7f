"""Data sets of pictures as data sets of features."""

from dataclasses import replace

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.encoders.encoder import INSTALL, encoder, installed
from chainrule.data.encoders.encoding import KINDS, Encoding
from chainrule.data.matrix.source import Progress
from chainrule.data.photos import SAMPLE
from chainrule.errors import DataError


def encoding_of(
    features: str, cache: bool = True, progress: Progress | None = None
) -> tuple[Encoding | None, str]:
    """How photos are encoded by features "efficientnet-lite0" or "auto", None for "pixels"; and
    what is to be said of that, or ""."""
    if features == "pixels":
        return None, ""
    auto = features == "auto"
    if auto and not installed():
        return None, f"features: pixels, since what encodes photos is not installed. {INSTALL}"
    return Encoding(encoder("efficientnet-lite0" if auto else features), cache, progress, auto), ""


def encoded(data: Dataset, encoding: Encoding) -> Dataset:
    """Pictures as their features; what is encoded is itself. DataError for what are no pictures."""
    if data.encoder is not None:
        return data
    pictures = data.pictures()
    if pictures is None or pictures.dtype != np.uint8:
        got = f"{data.features.shape[0]} numbers an example, {data.dtype}"
        expected = f"pictures of 8 bits, for features of {encoding.encoder.name}"
        fix = "Of other data leave --features out."
        raise DataError(data.source or "Dataset", expected, got, fix)
    found = encoding.arrays(pictures)
    made = replace(data, features=found.features.T, photos=found.photos, encoder=encoding.encoder)
    return made.noted(*filter(None, [found.note]))


def encoded_splits(splits: Splits, encoding: Encoding) -> Splits:
    """All sets so; where the encoding is only of photos in color, by a look at some of the training
    set, the pixels as they are if these are gray, or no pictures."""
    train = splits.train
    if encoding.auto and train.encoder is None:
        pictures = train.pictures(np.arange(0, len(train), -(-len(train) // SAMPLE) or 1))
        if pictures is None or pictures.dtype != np.uint8:
            return splits
        own, why = encoding.decided(pictures)
        noted = splits.noted(why)
        return noted if own is None else encoded_splits(noted, own)
    return splits.changed(lambda data: encoded(data, encoding))


def with_features(
    data: Dataset | Splits,
    features: str = "efficientnet-lite0",
    *,
    cache: bool = True,
    progress: Progress | None = None,
) -> Splits:
    """The same pictures by these features, which are standardized by the training set; for data
    that are in memory already. features, cache, progress : see `open_data`.

    data : a training set, or splits. DataError for what are no 8-bit pictures.
    """
    checks.one_of("with_features", "features", features, KINDS)
    splits = data if isinstance(data, Splits) else Splits(data)
    encoding, said = encoding_of(features, cache, progress)
    if encoding is None:
        return splits.changed(lambda one: one.noted(said)) if said else splits
    found = encoded_splits(splits, encoding)
    return found if found.train.encoder is None else found.prepared("standard")
