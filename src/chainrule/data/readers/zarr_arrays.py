"""Zarr: a folder, or a zip file of one, that holds a table of features and labels."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from posixpath import dirname
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Splits
from chainrule.data.readers.arrays import open_group, stays
from chainrule.data.readers.chunks import ChunkedSource, taken
from chainrule.errors import DataError, needing
from chainrule.files.atomic import refused

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
    with _opened(path, at) as found:
        group = at if hasattr(found, "array_keys") else dirname(at)
    with _opened(path, group) as found:
        if not hasattr(found, "array_keys"):
            raise DataError(str(path), "a group that has features and labels", "an array alone")
        with _damage_said(path, group):
            names = sorted(found.array_keys())

    absent: list[str] = []

    def read(place: str) -> Any:
        with _opened(path, place) as array:
            if lacking := array.nchunks - array.nchunks_initialized:
                of = f"{lacking:,} of {array.nchunks:,} chunks of {array.basename}"
                absent.append(f"{of} are not there: they are read as {array.fill_value}")
            if stays(array.shape, array.dtype):
                return ZarrSource(path, place)
            checks.room(f"{path}:{place}", array.nbytes, DataError)
            values = taken(array, f"{path}:{place}")
        return values.astype(np.str_) if values.dtype.kind in "OT" else values

    splits = open_group(path, at, group, names, read, task)
    return replace(splits, train=splits.train.noted(*absent))


class ZarrSource(ChunkedSource):
    """An array (m, n_x) of a Zarr group."""

    def _opened(self) -> Any:
        return _opened(self.path, self.inside)

    @cached_property
    def _folders(self) -> list[str]:
        """In which the chunks lie, none in a zip file."""
        array = self.path / self.inside.strip("/")
        return [os.path.relpath(folder, self.path) for folder, _, _ in os.walk(array)]

    def _state_now(self) -> tuple[int, int]:
        """Chunks are replaced by Zarr, not written over: their folder has another time then."""
        if not self._folders:
            return super()._state_now()
        with refused(self.path, "the file that was opened", DataError):
            times = [os.stat(self.path / folder).st_mtime_ns for folder in self._folders]
        return len(times), sum(times)


@contextmanager
def _opened(path: Path, at: str) -> Iterator[Any]:
    """The array or group at a path."""
    with needing(str(path), "zarr", "zarr", DataError):
        import zarr
    zipped, storage = path.is_file(), zarr.storage
    store = storage.ZipStore(path, mode="r") if zipped else storage.LocalStore(path, read_only=True)
    try:
        with _damage_said(path, at):
            found = zarr.open(store=store, path=at.strip("/"), mode="r")
        yield found
    finally:
        store.close()


@contextmanager
def _damage_said(path: Path, at: str) -> Iterator[None]:
    """DataError for what Zarr meets in what is no array or group, or in damaged metadata."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        got = str(error) or type(error).__name__
        raise DataError(str(path), f"an array or a group at {at or '/'}", got) from None
