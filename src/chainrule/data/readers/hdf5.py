"""The course's HDF5 layout: pictures, labels and class names of a training and a test set.

    train_set_x (m, height, width[, 3]) uint8    train_set_y (m,) or (1, m), integers
    test_set_x, test_set_y                       the same
    list_classes (n_classes,)                    names, as bytes, or integers

All in one file, or in a pair such as train_catvnoncat.h5 and test_catvnoncat.h5.
"""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import FEW
from chainrule.data.matching import matched_splits
from chainrule.data.readers.arrays import labels_of, rows_of
from chainrule.data.readers.hdf5_file import opened, whole
from chainrule.errors import DataError

SUFFIXES = (".h5", ".hdf5", ".hdf")
ROLES = ("train", "test")
NAMES = {f"{role}_set_{kind}" for role in ROLES for kind in "xy"} | {"list_classes"}
LAYOUT = "train_set_x, train_set_y, test_set_x, test_set_y (or one pair of them) and list_classes"


def open_hdf5(path: Path) -> Splits:
    """The sets in one file, or in the pair it belongs to: "test" for "train" in its name.

    A file that holds nothing but a test set, and whose partner is not there, is the only set
    there is, thus `train`. Names are "train_set_x[17]". Pictures are read once, as uint8.
    """
    sets = _read(path)
    for mine, other in (ROLES, ROLES[::-1]):
        partner = path.with_name(path.name.replace(mine, other, 1))
        if mine in sets and other not in sets and partner != path and partner.is_file():
            sets = _read(partner) | sets
    return _splits(sets)


def open_hdf5_folder(folder: Path) -> Splits:
    """The one training set and the one test set in the HDF5 files of a folder."""
    sets: dict[str, Dataset] = {}
    for path in hdf5_files(folder):
        found = _read(path)
        if twice := sorted(found.keys() & sets.keys()):
            expected = "one training set" if twice[0] == "train" else "one test set"
            got = f"{sets[twice[0]].source} and {path}"
            raise DataError(str(folder), expected, got, "Name the file instead of the folder.")
        sets |= found
    return _splits(sets)


def hdf5_files(folder: Path) -> list[Path]:
    """The HDF5 files directly in a folder, sorted."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def holds_course_sets(path: Path) -> bool:
    """Whether an HDF5 file has a training or a test set under the course's names."""
    import h5py

    if not h5py.is_hdf5(path):
        return False
    with opened(path) as file:
        return any(f"{role}_set_x" in set(file) for role in ROLES)


def _splits(sets: dict[str, Dataset]) -> Splits:
    if "train" not in sets:
        return Splits(sets["test"].noted("no train_set_x: test_set_x is taken"))
    return matched_splits(sets)


def _read(path: Path) -> dict[str, Dataset]:
    """The data sets in one file, by role."""
    with opened(path) as file:
        # By the names alone: to ask the file for one would follow a link to anywhere.
        roles = [role for role in ROLES if f"{role}_set_x" in set(file)]
        if not roles:
            got = ", ".join(file) or "an empty file"
            raise DataError(str(path), f"the datasets {LAYOUT}", got)
        return {role: _read_set(file, role, str(path)) for role in roles}


def _read_set(file: Any, role: str, where: str) -> Dataset:
    x, y = f"{role}_set_x", f"{role}_set_y"
    pictures, values, called = (whole(file, n, where, LAYOUT) for n in (x, y, "list_classes"))
    labels, classes, notes = labels_of(f"{where}: {y}", values, called)
    if others := sorted(set(file) - NAMES):
        notes += (f"left out what has other names: {checks.listed(others, FEW)}",)
    if pictures.dtype != np.uint8 or pictures.ndim < 3:
        expected = f"{x} (m, height, width, 3) or (m, height, width) of dtype uint8"
        fix = "Pixels run from 0 to 255; chainrule scales them."
        raise DataError(where, expected, f"shape {pictures.shape}, {pictures.dtype}", fix)
    rows, said = rows_of(f"{where}: {x}", pictures, len(labels))
    X, names = rows.reshape(len(labels), -1).T, tuple(f"{x}[{i}]" for i in range(len(labels)))
    return Dataset(X, labels, classes, names, rows.shape[1:], source=where, notes=notes + said)
