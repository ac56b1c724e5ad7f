"""Arrays larger than the memory, in a file of the temporary folder (the variable TMPDIR names
another), which is gone once nobody uses them, however the process ends."""

import os
import shutil
import tempfile
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.files.atomic import reason


def folder() -> str:
    """Where such files lie."""
    return tempfile.gettempdir()


def free_bytes() -> float:
    """That there are in that folder."""
    try:
        return float(shutil.disk_usage(folder()).free)
    except OSError:
        return 0.0


def empty(where: str, shape: tuple[int, ...], dtype: Any, *, in_file: bool) -> np.ndarray:
    """An array to be filled, in memory, or where that has no room in such a file."""
    return zeros(where, shape, dtype) if in_file else np.empty(shape, dtype)


def zeros(where: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Zeros in a file of their own, all of whose room is taken at once: InputError if the disk is
    too small for it (to write into what it lacks would kill the process)."""
    n_bytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    try:
        with tempfile.TemporaryFile() as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            elif n_bytes > free_bytes():
                raise OSError("the disk is too small")
            return np.memmap(file, dtype, "w+", shape=shape)
    except OSError as error:
        expected = f"{n_bytes / 1e9:.3g} GB free in {folder()}"
        fix = "Set TMPDIR to a folder on a larger disk."
        raise InputError(where, expected, reason(error), fix) from None
