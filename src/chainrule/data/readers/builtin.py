"""Data that come with the library, by name."""

from importlib import resources

import numpy as np

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.readers.planar import open_planar


def open_builtin(name: str, seed: int = 0) -> Splits:
    """The built-in data set called `name`, one of NAMES; `seed` draws the planar ones."""
    if name == "fashion":
        return open_fashion()
    return open_planar(name.partition(":")[2] or "flower", seed)


def open_fashion() -> Splits:
    """A balanced part of Fashion-MNIST: 100 training and 50 test pictures of each of 10 classes.

    28 x 28 gray uint8, white on black. Han Xiao, Kashif Rasul, Roland Vollgraf, "Fashion-MNIST:
    a Novel Image Dataset for Benchmarking Machine Learning Algorithms", arXiv:1708.07747; MIT
    license, Zalando SE 2017. tools/make_fashion.py chose the pictures. Names tell the place in
    the original files: "train[16]", "t10k[0]".
    """
    place = resources.files("chainrule.data").joinpath("files", "fashion.npz")
    with place.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    train, test = (_fashion(arrays, part) for part in ("train", "t10k"))
    return Splits(train, test=test)


def _fashion(arrays: dict[str, np.ndarray], part: str) -> Dataset:
    pictures = arrays[f"{part}_pictures"]
    return Dataset(
        features=pictures.reshape(len(pictures), -1).T,
        labels=arrays[f"{part}_labels"].astype(np.int64),
        classes=tuple(arrays["classes"].tolist()),
        names=tuple(f"{part}[{place}]" for place in arrays[f"{part}_places"]),
        image_shape=pictures.shape[1:],
        source="fashion",
    )
