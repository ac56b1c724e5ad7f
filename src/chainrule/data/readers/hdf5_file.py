"""What lies in an HDF5 file: opened with plain errors, and nothing read from outside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.readers.chunks import ChunkedSource
from chainrule.errors import DataError

COPY = "Only what is in the file is read: copy the numbers into it."


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file; DataError for another one, and for what h5py meets in a damaged one."""
    import h5py

    path.open("rb").close()  # a file that may not be read says so more plainly than HDF5 does
    if not h5py.is_hdf5(path):
        raise DataError(str(path), "an HDF5 file", "something else", "Is the download complete?")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, TypeError, KeyError) as error:  # h5py's errors for damaged data
        raise DataError(str(path), "an undamaged HDF5 file", str(error)) from None


class H5Source(ChunkedSource):
    """A dataset (m, n_x) of an HDF5 file, all of it written."""

    def __init__(self, path: Path, inside: str) -> None:
        super().__init__(path, inside)
        with self._opened() as found:
            refuse_holes(found, str(path))

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        with opened(self.path) as file:
            yield dataset(file, self.inside, str(self.path))


def dataset(file: Any, name: str, where: str, layout: str = "") -> Any:
    """The dataset at a path of an open file, if its numbers are in this very file. layout : the
    names that are expected, for the error."""
    import h5py

    found = inside(file, name, where)
    if not isinstance(found, h5py.Dataset):
        expected = f"the datasets {layout}" if layout else f"a dataset {name}"
        raise DataError(where, expected, f"no dataset {name}: {', '.join(file)}")
    if found.external or found.is_virtual:
        outside = "in other files" if found.external else "put together from others (virtual)"
        raise DataError(where, f"{name} in the file itself", outside, COPY)
    return found


def refuse_holes(found: Any, where: str) -> None:
    """DataError for a dataset some of which was never written."""
    import h5py

    if found.size and found.id.get_space_status() != h5py.h5d.SPACE_STATUS_ALLOCATED:
        name, got = found.name.lstrip("/"), "a data set of which some or all was never written"
        raise DataError(where, f"{name} written in full", got, "It would be read as zeros.")


def whole(file: Any, name: str, where: str, layout: str = "") -> np.ndarray:
    """All numbers, or texts as bytes, of a `dataset`."""
    found = dataset(file, name, where, layout)
    checks.room(f"{where}: {name}", float(found.size or 0) * found.dtype.itemsize, DataError)
    refuse_holes(found, where)
    values = np.asarray(found[()])
    of_texts = values.dtype == object and all(isinstance(one, bytes) for one in values.flat)
    return values.astype(np.bytes_) if of_texts else values


def inside(file: Any, path: str, where: str, links: int = 0) -> Any:
    """What lies at a path, or None; its links are followed by hand, none out of the file."""
    import h5py

    here = file
    for part in filter(None, path.split("/")):
        link = here.get(part, getlink=True) if isinstance(here, h5py.Group) else None
        if isinstance(link, h5py.ExternalLink):
            got = f"a link to {checks.describe(link.filename)}"
            raise DataError(where, f"{path} in the file itself", got, COPY)
        if isinstance(link, h5py.SoftLink):
            start = "" if link.path.startswith("/") else here.name
            target = f"{start}/{link.path}"
            here = None if links > 9 else inside(file, target, where, links + 1)
        else:
            here = None if link is None else here[part]
    return here
