"""The data of an experiment, in memory, before any clock starts."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.idx import read_idx
from chainrule.data import open_data

COURSE_SHAPE = (64, 64, 3)
COURSE_EXAMPLES = (209, 50)
# Random pictures are kept dark. At full brightness the learning rate of logistic regression exceeds
# what gradient descent can bear at its start (2 / largest eigenvalue of the Hessian), and the cost
# rises and falls; at half brightness neither.
DARK = 128


@dataclass(frozen=True)
class Sources:
    """Where data lie on this machine. course : the course's two files, or None for a stand-in."""

    course: str | None
    fashion: str


@dataclass(frozen=True, eq=False)
class Problem:
    """Examples and labels, one buffer for every peer.

    rows : (m, n_x), C order: floats in [0, 1], or uint8 pixels. chainrule and the textbook loop
    take its transpose, a view. labels : (m,) int. test_rows, test_labels : likewise, or None.
    """

    rows: np.ndarray
    labels: np.ndarray
    n_classes: int
    test_rows: np.ndarray | None = None
    test_labels: np.ndarray | None = None

    @property
    def X(self) -> np.ndarray:
        """(n_x, m), a view of rows."""
        return self.rows.T

    @cached_property
    def Y(self) -> np.ndarray:
        """(1, m) for two classes, else one-hot (n_classes, m); the dtype of rows, or float64."""
        dtype = np.float64 if self.rows.dtype == np.uint8 else self.rows.dtype
        if self.n_classes == 2:
            return self.labels.reshape(1, -1).astype(dtype)
        return np.eye(self.n_classes, dtype=dtype)[:, self.labels]

    def as_floats(self, dtype: str) -> "Problem":
        """Pixels divided by 255."""
        return replace(self, rows=np.divide(self.rows, 255, dtype=dtype))


def load(data: str, sources: Sources) -> Problem:
    """8-bit pixels and labels of "course", "fashion", "fashion:CLASS" (against all the rest),
    "fashion-mnist" or "random:M"."""
    kind, _, detail = data.partition(":")
    if kind == "course":
        return _course(Path(sources.course)) if sources.course else _stand_in()
    if kind == "fashion":
        return _builtin(detail)
    if kind == "fashion-mnist":
        return _fashion_mnist(Path(sources.fashion))
    return Problem(*_random_pictures(int(detail), seed=0), n_classes=2)


def missing(data: str, sources: Sources) -> str | None:
    """Why the data cannot be loaded, and what to do; None where they can."""
    if data == "fashion-mnist" and not os.path.isdir(sources.fashion):
        return (
            f"skipped: no folder {sources.fashion}. Install Debian's package "
            "dataset-fashion-mnist, or pass --fashion-data DIR with the four *-ubyte.gz files."
        )
    return None


def described(data: str, sources: Sources) -> str:
    """A remark for the table where data are not what a reader expects."""
    if data == "course" and not sources.course:
        return "random stand-in of the course's shape, NOT its pictures (no --course-data)"
    return ""


def _course(folder: Path) -> Problem:
    import h5py

    arrays = {}
    for path in sorted(folder.glob("*.h5")):
        with h5py.File(path) as file:
            arrays |= {name: file[name][()] for name in file}
    return Problem(
        _flattened(arrays["train_set_x"]),
        arrays["train_set_y"].astype(int),
        2,
        _flattened(arrays["test_set_x"]),
        arrays["test_set_y"].astype(int),
    )


def _stand_in() -> Problem:
    train, test = (_random_pictures(m, seed) for seed, m in enumerate(COURSE_EXAMPLES))
    return Problem(*train, 2, *test)


def write_stand_in(folder: Path) -> None:
    """The stand-in as two HDF5 files in the course's layout, for the command line."""
    import h5py

    for role, (seed, m) in zip(("train", "test"), enumerate(COURSE_EXAMPLES), strict=True):
        rows, labels = _random_pictures(m, seed)
        with h5py.File(folder / f"{role}_standin.h5", "w") as file:
            file[f"{role}_set_x"] = rows.reshape(-1, *COURSE_SHAPE)
            file[f"{role}_set_y"] = labels
            file["list_classes"] = np.array([b"non-cat", b"cat"])


def _random_pictures(m: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, DARK, (m, int(np.prod(COURSE_SHAPE))), dtype=np.uint8)
    return pixels, rng.integers(0, 2, m)


def _builtin(positive: str) -> Problem:
    splits = open_data("fashion", positive=positive or None)
    train, test = splits.train, splits.test
    return Problem(
        _flattened(train.raw.T),
        train.labels,
        len(train.classes),
        _flattened(test.raw.T),
        test.labels,
    )


def _fashion_mnist(folder: Path) -> Problem:
    parts = []
    for part in ("train", "t10k"):
        parts.append(_flattened(read_idx(folder / f"{part}-images-idx3-ubyte.gz")))
        parts.append(read_idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(int))
    rows, labels, test_rows, test_labels = parts
    return Problem(rows, labels, 10, test_rows, test_labels)


def _flattened(pictures: np.ndarray) -> np.ndarray:
    """(m, height, width, ...) to (m, n_x)."""
    return np.ascontiguousarray(pictures.reshape(len(pictures), -1))
