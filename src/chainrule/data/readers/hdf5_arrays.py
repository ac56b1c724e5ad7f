"""HDF5 files that hold a table of features and labels, at the root or in a group."""

from pathlib import Path
from posixpath import dirname
from typing import Any

from chainrule.data.dataset import Splits
from chainrule.data.readers.arrays import open_group, stays
from chainrule.data.readers.hdf5_file import H5Source, dataset, inside, opened, whole
from chainrule.errors import DataError


def open_hdf5_arrays(path: Path, at: str = "", task: str | None = None) -> Splits:
    """The data sets in a file: X (m, n_x) and y, or as `open_arrays` knows them, at the root or in
    the group at a path; or the features at that path, and y beside them. What is large stays in
    its file."""
    with opened(path) as file:
        found = inside(file, at, str(path))
        group = at if found is None or hasattr(found, "keys") else dirname(at)
        if found is None:
            raise DataError(str(path), f"a table or a group at {at}", ", ".join(file) or "nothing")
        names = list(inside(file, group, str(path)))

    def read(place: str) -> Any:
        with opened(path) as file:
            there = dataset(file, place, str(path))
            stay = stays(there.shape or (), there.dtype)
            return H5Source(path, place) if stay else whole(file, place, str(path))

    return open_group(path, at, group, names, read, task)
