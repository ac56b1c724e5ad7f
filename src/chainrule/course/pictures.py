"""The course's pictures of cats and other things, from the user's own copy of its files."""

from os import PathLike
from pathlib import Path

import numpy as np

from chainrule.errors import DataError

Pictures = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def load_data(folder: str | PathLike[str] = "datasets") -> Pictures:
    """The training set, the test set and the class names, as the course's files hold them.

    folder : where train_catvnoncat.h5 and test_catvnoncat.h5 lie; like the course's, `datasets`
    in the current directory unless told otherwise. Returns train_x (m, height, width, 3) uint8,
    train_y (1, m) integers, test_x, test_y and classes (2,) bytes. Pixels are not scaled.
    Raises DataError where a file is missing or holds something else.
    """
    train = _read(Path(folder) / "train_catvnoncat.h5", ("train_set_x", "train_set_y"))
    test = _read(Path(folder) / "test_catvnoncat.h5", ("test_set_x", "test_set_y", "list_classes"))
    return train[0], train[1].reshape(1, -1), test[0], test[1].reshape(1, -1), test[2]


load_dataset = load_data  # its name in the course's logistic regression assignment


def _read(path: Path, names: tuple[str, ...]) -> list[np.ndarray]:
    """The datasets `names` of one HDF5 file, whole."""
    import h5py

    if not path.is_file():
        raise DataError(
            "load_data",
            f"the file {path}",
            "no such file",
            "Put the course's files there, or name their folder: load_data(folder).",
        )
    try:
        with h5py.File(path, "r") as file:
            return [np.array(file[name]) for name in names]
    except (OSError, KeyError) as error:
        raise DataError(
            "load_data", f"an HDF5 file {path} with {', '.join(names)}", str(error)
        ) from None
