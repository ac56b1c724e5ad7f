"""By which the same data are known again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

PIECE = 2**22  # bytes of an array that are copied at a time, where it does not lie in C order


def digest(*parts: "str | np.ndarray | float | Iterator[np.ndarray]") -> str:
    """SHA-256, in hexadecimal, of texts, of arrays' bytes in C order, and of what iterators give,
    one after the other.

    However an array lies, the same numbers have the same digest. Shapes and dtypes are not in it:
    put them in as text where others are possible.
    """
    import hashlib

    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(part.encode())
            continue
        for array in part if isinstance(part, Iterator) else [part]:
            for piece in _pieces(array):
                found.update(piece.data)
    return found.hexdigest()


def file_digest(path: "Path") -> str:
    """SHA-256, in hexadecimal, of a file's bytes."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pieces(array: "np.ndarray | float") -> "Iterator[np.ndarray]":
    import numpy as np

    array = np.atleast_1d(array)
    if array.flags.c_contiguous:
        yield array
        return
    step = max(1, PIECE // max(1, array[:1].nbytes))
    for start in range(0, len(array), step):
        yield np.ascontiguousarray(array[start : start + step])
