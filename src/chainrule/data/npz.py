"""NumPy archives: X and y, or X_train, y_train, X_val, y_val, X_test, y_test.

Rows are examples in a file, as everywhere outside this library; X comes out with one column
per example.
"""

import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import check_indices, class_names, encode
from chainrule.data.matching import matched
from chainrule.errors import DataError

Arrays = dict[str, np.ndarray]
LAYOUT = (
    "X and y, or X_train, y_train[, X_val, y_val], X_test, y_test, in any case (labels for y), "
    "and perhaps classes and image_shape"
)
ROLES = {"train": ("", "_train"), "validation": ("_val",), "test": ("_test",)}


def open_npz(path: Path) -> Splits:
    """The data sets in an archive.

    X : (m, n_x), or (n_x, m) if only its last axis is as long as the labels (if both are, rows
        are examples); or pictures (m, height, width[, 3]) uint8.
    y : (m,), (1, m) or (m, 1), numbers or texts; with `classes`, indices into them or names.
    classes : (n_classes,) names. image_shape : of the pictures whose pixels are the rows of X.

    X of dtype uint8 stays uint8 (a view), float32 and float64 stay, other numbers become float64.
    Object arrays are never unpickled.
    """
    arrays = _load(path)
    sets = {
        role: _dataset(arrays, suffix, str(path))
        for role, suffixes in ROLES.items()
        for suffix in suffixes
        if f"x{suffix}" in arrays
    }
    if "train" not in sets:
        raise DataError(str(path), f"the arrays {LAYOUT}", ", ".join(arrays) or "an empty archive")
    train = sets["train"]
    validation, test = (
        matched(sets[role], train) if role in sets else None for role in ("validation", "test")
    )
    return Splits(train, validation, test)


def _load(path: Path) -> Arrays:
    """Every array of the archive by its name in lower case; labels are known as y."""
    where = str(path)
    # NumPy and zipfile raise what they meet in damaged files: BadZipFile, zlib.error, EOFError,
    # struct.error, SyntaxError and more. The system's own errors are told apart by the caller.
    try:
        with path.open("rb") as file:
            return _arrays(file, where)
    except (DataError, OSError, MemoryError):
        raise
    except Exception as error:
        pickled = "Object arrays" in str(error)
        raise DataError(
            where,
            "an .npz archive of numbers and texts, as numpy.savez writes it",
            "arrays of Python objects" if pickled else str(error) or type(error).__name__,
            "Objects could run code when loaded: save plain numbers or texts." if pickled else "",
        ) from None


def _arrays(file: BinaryIO, where: str) -> Arrays:
    if not zipfile.is_zipfile(file):
        raise DataError(where, "an .npz archive, as numpy.savez writes it", "something else")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        names = [name.lower().replace("labels", "y") for name in archive.files]
        if len(set(names)) != len(names):
            raise DataError(where, "one array of each name", ", ".join(archive.files))
        found = {name: archive[key] for name, key in zip(names, archive.files, strict=True)}
    for name, array in found.items():
        if not isinstance(array, np.ndarray):
            raise DataError(where, "arrays, as numpy.savez writes them", f"{name}, another file")
    return found


def _dataset(arrays: Arrays, suffix: str, where: str) -> Dataset:
    x, y = f"x{suffix}", f"y{suffix}"
    if y not in arrays:
        raise DataError(where, f"the arrays {LAYOUT}", f"{x} without {y}")
    labels, classes = _labels(f"{where}: {y}", arrays[y], arrays.get("classes"))
    rows = _rows(f"{where}: {x}", arrays[x], len(labels))
    image_shape = _image_shape(where, rows, arrays.get("image_shape"))
    return Dataset(
        raw=rows.reshape(len(labels), -1).T,
        labels=labels,
        classes=classes,
        image_shape=image_shape,
        source=where,
    )


def _labels(
    where: str, values: np.ndarray, classes: np.ndarray | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as indices (m,) and class names."""
    if values.ndim not in (1, 2) or values.size != max(values.shape) or values.size == 0:
        raise DataError(
            where,
            "one label per example, (m,), (1, m) or (m, 1)",
            f"shape {values.shape}",
            "From one-hot rows take y.argmax(axis=1).",
        )
    if values.dtype.kind not in "iubfUS":
        raise DataError(where, "labels that are numbers or texts", str(values.dtype))
    values = values.reshape(-1)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        missing = np.flatnonzero(~np.isfinite(values))
        raise DataError(
            where, "a label for each example", f"{len(missing)} missing, first row {missing[0]}"
        )
    if classes is None:
        return encode(values)
    names = class_names(f"{where}: classes", classes)
    if values.dtype.kind in "iub":
        return check_indices(where, values.astype(np.int64), names), names
    found, own = encode(values)
    unknown = [name for name in own if name not in names]
    if unknown:
        raise DataError(where, f"labels among {', '.join(names)}", ", ".join(unknown))
    return np.array([names.index(name) for name in own])[found], names


def _rows(where: str, X: np.ndarray, m: int) -> np.ndarray:
    """X with examples on the first axis, of a dtype that data sets hold."""
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    if X.ndim == 2 and X.shape[0] != m == X.shape[1]:
        X = X.T
    pictures = X.dtype == np.uint8 and (X.ndim == 3 or (X.ndim == 4 and X.shape[3] == 3))
    if X.dtype.kind not in "iufb" or not (X.ndim == 2 or pictures) or len(X) != m or 0 in X.shape:
        raise DataError(
            where,
            f"{m} rows of numbers, one per label, or {m} pictures (m, height, width[, 3]) of uint8",
            f"shape {X.shape}, {X.dtype}",
        )
    if X.dtype.kind == "f" and not np.isfinite(X).all():
        bad = np.argwhere(~np.isfinite(X))
        raise DataError(
            where,
            "a finite number in every place",
            f"{len(bad)} missing or infinite, the first at row {bad[0][0]}, column {bad[0][1]} "
            "(from 0)",
            "Fill or drop them.",
        )
    return X if X.dtype in (np.uint8, np.float32, np.float64) else X.astype(np.float64)


def _image_shape(where: str, rows: np.ndarray, given: Any) -> tuple[int, ...] | None:
    """The pictures' own shape, or the one the archive gives."""
    if rows.ndim > 2:
        return rows.shape[1:]
    if given is None:
        return None
    shape = np.ravel(given)
    whole = shape.dtype.kind in "iu" and len(shape) in (2, 3) and (len(shape) == 2 or shape[2] == 3)
    if not whole or np.prod(shape) != rows.shape[1] or rows.dtype != np.uint8:
        raise DataError(
            where,
            f"image_shape (height, width[, 3]) of pictures of {rows.shape[1]} pixels, uint8",
            f"{tuple(shape.tolist())} for {rows.dtype}",
        )
    return tuple(int(side) for side in shape)
