"""NumPy archives (.npz), and folders of NumPy's arrays (.npy)."""

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Splits
from chainrule.data.matrix.source import NpySource, mapped
from chainrule.data.readers.arrays import Places, open_arrays, stays
from chainrule.errors import DataError

ARCHIVE = "an .npz archive of numbers and texts, as numpy.savez writes it"


def open_npz(path: Path, task: str | None = None) -> Splits:
    """The data sets in an archive (`open_arrays`): arrays by their names in it. What nobody asks
    for is not unpacked.

    DataError for another file; and, once an array is asked for, for a damaged one, for objects,
    which are never unpickled, and for more than the memory holds, before it is taken.
    """
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise DataError(str(path), ARCHIVE, "something else")
    try:
        with zipfile.ZipFile(path) as archive:
            files = [name for name in archive.namelist() if name.endswith(".npy")]
    except Exception as error:
        raise _damaged(path, error) from None
    places = {name.removesuffix(".npy"): name for name in files}
    if len(places) < len(files):
        raise DataError(str(path), "one array of each name", ", ".join(files))
    return open_arrays(str(path), Places(places, partial(_unpacked, path)), task)


def open_npy(path: Path, task: str | None = None) -> Splits:
    """The data sets in a folder of .npy files, X.npy and y.npy or as `open_arrays` knows them; or
    those beside one of them. What is large stays in its file."""
    folder = path if path.is_dir() else path.parent
    files = {file.stem: file for file in sorted(folder.glob("*.npy"))}
    return open_arrays(str(path), Places(files, _read), task)


def _read(path: Path) -> Any:
    """An array in memory, or what stays in its file."""
    array = mapped(path)
    if stays(array.shape, array.dtype):
        return NpySource(path)
    checks.room(str(path), array.nbytes, DataError)
    return np.array(array, order="K")


def _unpacked(path: Path, file: str) -> np.ndarray:
    """An array of an archive."""
    # NumPy and zipfile raise what they meet in damaged files: BadZipFile, zlib.error, EOFError,
    # struct.error, SyntaxError and more.
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open(file) as content:
                _check(path, content, file.removesuffix(".npy"), archive.getinfo(file).file_size)
            with archive.open(file) as content:
                array: np.ndarray = np.lib.format.read_array(content, allow_pickle=False)
        return array
    except (DataError, OSError, MemoryError):
        raise
    except Exception as error:
        raise _damaged(path, error) from None


def _check(path: Path, content: Any, name: str, n_bytes: int) -> None:
    """That an array of so many bytes, its header included, is as large as this says, and not too
    large."""
    form = np.lib.format
    first = form.read_magic(content) == (1, 0)
    read = form.read_array_header_1_0 if first else form.read_array_header_2_0
    shape, _, dtype = read(content)
    size = float(np.prod(shape, dtype=np.float64)) * dtype.itemsize
    if size > n_bytes - content.tell() and not dtype.hasobject:
        raise ValueError(f"{name} says it is larger than it is")
    checks.room(f"{path}: {name}", size, DataError)


def _damaged(path: Path, error: Exception) -> DataError:
    if "Object arrays" in str(error):
        fix = "Objects could run code when loaded: save plain numbers or texts."
        return DataError(str(path), ARCHIVE, "arrays of Python objects", fix)
    return DataError(str(path), ARCHIVE, str(error) or type(error).__name__)
