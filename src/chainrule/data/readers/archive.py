"""The arrays in a NumPy archive, each unpacked when it is asked for."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import DataError

EXPECTED = "an .npz archive of numbers and texts, as numpy.savez writes it"


class Archive(Mapping[str, np.ndarray]):
    """An .npz file: arrays by their names in it. What nobody asks for is not unpacked.

    DataError for another file; and, once an array is asked for, for a damaged one, for objects,
    which are never unpickled, and for more than the memory holds, before it is taken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise DataError(str(path), EXPECTED, "something else")
        try:
            with zipfile.ZipFile(path) as archive:
                files = [name for name in archive.namelist() if name.endswith(".npy")]
        except Exception as error:
            raise self._damaged(error) from None
        self._files = {name.removesuffix(".npy"): name for name in files}
        if len(self._files) < len(files):
            raise DataError(str(path), "one array of each name", ", ".join(files))

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __getitem__(self, name: str) -> np.ndarray:
        file = self._files[name]
        # NumPy and zipfile raise what they meet in damaged files: BadZipFile, zlib.error,
        # EOFError, struct.error, SyntaxError and more.
        try:
            with zipfile.ZipFile(self._path) as archive:
                self._check(archive, name, file)
                with archive.open(file) as content:
                    array: np.ndarray = np.lib.format.read_array(content, allow_pickle=False)
            return array
        except (DataError, OSError, MemoryError):
            raise
        except Exception as error:
            raise self._damaged(error) from None

    def _check(self, archive: zipfile.ZipFile, name: str, file: str) -> None:
        shape, dtype, start = _header(archive, file)
        size = float(np.prod(shape, dtype=np.float64)) * dtype.itemsize
        if size > archive.getinfo(file).file_size - start and not dtype.hasobject:
            raise ValueError(f"{name} says it is larger than it is")
        checks.room(f"{self._path}: {name}", size, DataError)

    def _damaged(self, error: Exception) -> DataError:
        if "Object arrays" in str(error):
            fix = "Objects could run code when loaded: save plain numbers or texts."
            return DataError(str(self._path), EXPECTED, "arrays of Python objects", fix)
        return DataError(str(self._path), EXPECTED, str(error) or type(error).__name__)


def _header(archive: zipfile.ZipFile, file: str) -> tuple[tuple[int, ...], Any, int]:
    """Shape and dtype, as the array says, and how many bytes it takes to say so."""
    with archive.open(file) as content:
        if np.lib.format.read_magic(content) == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(content)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(content)
        return shape, dtype, content.tell()
