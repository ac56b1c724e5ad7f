"""Zarr: a folder, or a zip file of one, that holds a table of features and labels."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from posixpath import basename, dirname
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Splits
from chainrule.data.readers.arrays import Places, open_arrays, stays
from chainrule.data.readers.chunks import ChunkedSource
from chainrule.errors import DataError, needing

FILES = ("zarr.json", ".zgroup", ".zarray")  # of versions 3 and 2


def is_zarr(path: Path) -> bool:
    """Whether a folder or a zip file is one of Zarr's, by a file that each of them has."""
    if path.is_dir():
        return any((path / name).is_file() for name in FILES)
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return not set(FILES).isdisjoint(archive.namelist())


def open_zarr(path: Path, at: str = "", task: str | None = None) -> Splits:
    """The data sets in it: X (m, n_x) and y, or as `open_arrays` knows them, at the root or in the
    group at a path; or the features at that path, and y beside them. What is large stays there."""
    where, at = str(path), at.strip("/")
    with _opened(path, at) as found:
        group = at if hasattr(found, "array_keys") else dirname(at)
    with _opened(path, group) as found:
        if not hasattr(found, "array_keys"):
            raise DataError(where, "a group that has features and labels", "an array alone")
        places = {name: f"{group}/{name}".strip("/") for name in sorted(found.array_keys())}

    def read(place: str) -> Any:
        with _opened(path, place) as array:
            if stays(array.shape, array.dtype):
                return ZarrSource(path, place)
            checks.room(f"{where}: {place}", array.nbytes, DataError)
            try:
                values = np.asarray(array[...])
            except MemoryError:
                raise
            except Exception as error:  # whatever a damaged chunk meets on its way
                raise DataError(f"{where}: {place}", "undamaged values", str(error)) from None
        return values.astype(np.str_) if values.dtype.kind in "OT" else values

    arrays = Places(places, read)
    if group != at or at in places.values():
        arrays = arrays.features_at(basename(at))
    return open_arrays(f"{where}:/{at}" if at else where, arrays, task)


class ZarrSource(ChunkedSource):
    """An array (m, n_x) of a Zarr group."""

    def _opened(self) -> Any:
        return _opened(self.path, self.inside)


@contextmanager
def _opened(path: Path, at: str) -> Iterator[Any]:
    """The array or group at a path."""
    with needing(str(path), "zarr", "zarr", DataError):
        import zarr
    zipped, storage = path.is_file(), zarr.storage
    store = storage.ZipStore(path, mode="r") if zipped else storage.LocalStore(path, read_only=True)
    try:
        found = zarr.open(store=store, path=at, mode="r")
    except (OSError, KeyError, ValueError) as error:
        got = str(error) or type(error).__name__
        raise DataError(str(path), f"an array or a group at /{at}", got) from None
    try:
        yield found
    finally:
        store.close()
