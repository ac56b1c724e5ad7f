"""A source as it lies there: which of the readers reads it, and what is missing in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.encode import encoded_splits
from chainrule.data.encoders.encoding import Encoding
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.cluster import ClusterMatrix
from chainrule.data.matrix.source import Progress
from chainrule.data.matrix.workers import Cluster
from chainrule.data.readers import (
    builtin,
    folder,
    h5ad,
    hdf5,
    hdf5_arrays,
    npz,
    plink,
    sources,
    table,
    tree,
    zarr_arrays,
)
from chainrule.data.readers.arrays import holds_sets
from chainrule.data.reading import Reading, is_frame
from chainrule.errors import DataError
from chainrule.files import atomic


def open_raw(
    source: str | Path | Any,
    shape: tuple[int, ...],
    reading: Reading | None = None,
    strict: bool = False,
    seed: int = 0,
    least_classes: int = 1,
    bits: int | None = None,
    columns: Sequence[str] | None = None,
    task: str | None = None,
    encoding: Encoding | None = None,
    progress: Progress | None = None,
    cluster: Cluster | None = None,
) -> Splits:
    """The splits of a source as they lie there, one class only included; nothing is scaled or
    filled; how much is missing is said, or refused.

    For data that a model is to be tried on. shape : of pictures from folders, (height, width, 3)
    or, for gray ones, (height, width). bits : see `open_folder`. reading : of tables; columns :
    those of the model's or the training set's table, if there is one. task : of archives of
    several sets, see `Dataset.with_task`. encoding : by which pictures become features, if they do.
    progress : told of each pass over what stays in its file. cluster : by which that is read.
    What the system refuses becomes a DataError.
    """
    checks.whole_number("open_data", "seed", seed)
    refused = reading is None or reading.missing == "refuse"
    in_memory = is_frame(source) or sources.is_builtin(source)
    path, at = sources.parted(source) if isinstance(source, (str, Path)) else (source, "")
    of_folder = shape, strict, least_classes, bits, encoding
    readers: dict[str, Callable[[Any], Splits]] = {
        "table": partial(table.open_table, reading=reading, features=columns),
        "builtin": partial(builtin.open_builtin, seed=seed),
        "hdf5": partial(hdf5_arrays.open_hdf5_arrays, at=at, task=task),
        "course": hdf5.open_hdf5,
        "zarr": partial(zarr_arrays.open_zarr, at=at, task=task),
        "h5ad": partial(h5ad.open_h5ad, reading=reading),
        "bed": partial(plink.open_plink, reading=reading),
        "hdf5 folder": hdf5.open_hdf5_folder,
        "npz": partial(npz.open_npz, task=task),
        "npy": partial(npz.open_npy, task=task),
        "folder": lambda path: folder.open_folder(path, *of_folder),
    }
    try:
        splits = readers[_kind(source)](source if in_memory else path)
    except OSError as error:
        raise DataError(str(source), "a source that can be read", atomic.reason(error)) from None
    except MemoryError:
        if in_memory:
            raise
        fix = "Choose a smaller size or fewer."
        raise DataError(str(source), "data that fit into memory", "more", fix) from None
    if encoding is not None:
        splits = encoded_splits(splits, encoding)
    splits = splits.changed(lambda data: _read_by(data, progress, cluster))
    return splits.changed(lambda data: _missing_said(data, refused=refused))


def _read_by(data: Dataset, progress: Progress | None, cluster: Cluster | None) -> Dataset:
    """The same; what stays in its file tells how far it is read, and is read by a cluster."""
    X = data.features
    if not isinstance(X, BlockMatrix):
        return data
    X.source.progress = progress
    if cluster is None:
        return data
    return replace(data, features=ClusterMatrix(cluster, X.source, X.scaling, X.dtype, X.index))


def _kind(source: str | Path | Any) -> str:
    """Which reader reads it; DataError if none does."""
    if is_frame(source):
        return "table"
    if not isinstance(source, (str, Path)):
        raise DataError("open_data", sources.ACCEPTED, checks.describe(source))
    if sources.is_builtin(source):
        return "builtin"
    sources.refuse_missing(source)
    path, at = sources.parted(source)
    if zarr_arrays.is_zarr(path):
        return "zarr"
    if path.is_dir():
        files = hdf5.hdf5_files(path)
        of_sets = files and (not tree.subfolders(path) or any(map(hdf5.holds_course_sets, files)))
        names = [] if of_sets else [file.stem for file in path.glob("*.npy")]
        # A folder in it may be that of runs, which were begun there.
        if names and (holds_sets(names) or not tree.subfolders(path)):
            return "npy"
        return "hdf5 folder" if of_sets else "folder"
    suffix, is_file = path.suffix.lower(), path.is_file()
    if is_file and suffix in hdf5.SUFFIXES:
        return "course" if not at and hdf5.holds_course_sets(path) else "hdf5"
    if is_file and suffix in (".npz", ".npy", ".h5ad", ".bed"):
        return suffix[1:]
    if is_file and sources.is_table(path):
        checks.room(str(source), path.stat().st_size, DataError)
        return "table"
    got = f"a file ending in {suffix or 'nothing'}" if is_file else "no regular file"
    fix = "Rename the file if its ending is wrong."
    if suffix in sources.SPREADSHEETS:
        fix = "Save it as .xlsx or .csv."
    raise DataError(str(source), sources.ACCEPTED, got, fix)


def _missing_said(data: Dataset, *, refused: bool) -> Dataset:
    """The same with a note of how much is missing; DataError where that is refused."""
    if data.dtype.kind != "f" or data.in_file or checks.all_finite(data.raw):
        return data
    gone = np.isnan(data.raw)
    count, features = int(gone.sum()), int(gone.any(axis=1).sum())
    said = f"{count:,} of {gone.size:,} values ({count / gone.size:.2g} of all)"
    said += f", in {features:,} of {len(gone):,} features"
    if refused:
        fix = "--missing mean, median or zero fills them."
        raise DataError(data.source, "no missing values", said, fix)
    return data.noted(f"missing: {said}")
