"""NumPy archives: X and y, or X_train, y_train, X_val, y_val, X_test, y_test.

Rows are examples in a file, as everywhere outside this library; X comes out with one column
per example.
"""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import (
    along_one_axis,
    check_indices,
    class_names,
    decoded,
    encode,
    merged,
)
from chainrule.data.matching import matched_splits
from chainrule.data.readers.archive import Archive
from chainrule.data.readers.array_names import LAYOUT, named
from chainrule.data.readers.sources import SETS
from chainrule.errors import DataError

Arrays = dict[str, np.ndarray]
EXACT = 2**53  # floats hold every whole number up to here


def open_npz(path: Path) -> Splits:
    """The data sets in an archive.

    X : (m, n_x), or (n_x, m) if only its last axis is as long as the labels (if both are, rows
        are examples); or pictures (m, height, width[, 3]) uint8.
    y : (m,), (1, m) or (m, 1), numbers or texts; with `classes`, indices into them or names.
    classes : (n_classes,) names. image_shape : of the pictures whose pixels are the rows of X.

    Other usual names are understood, too (`array_names`). Pictures of other numbers, from 0 to 1 or
    from 0 to 255, become 8-bit pixels, which is noted.

    X of dtype uint8 stays uint8 (a view), float32 and float64 stay, other numbers become float64.
    Object arrays are never unpickled.
    """
    where = str(path)
    arrays, notes = named(Archive(path), where)
    top = _top(arrays["x_train"])
    sets = {role: _dataset(arrays, role, where, top) for role in SETS if f"x_{role}" in arrays}
    return matched_splits(sets | {"train": sets["train"].noted(*notes)})


def _dataset(arrays: Arrays, role: str, where: str, top: int) -> Dataset:
    x, y, suffix = f"x_{role}", f"y_{role}", "" if role == "train" else f"_{SETS[role][0]}"
    if y not in arrays:
        raise DataError(where, f"the arrays {LAYOUT}", f"X{suffix} without y{suffix}")
    labels, classes, said = _labels(f"{where}: y{suffix}", arrays[y], arrays.get("classes"))
    shape = arrays.get("image_shape")
    rows, notes = _rows(f"{where}: X{suffix}", arrays[x], len(labels), shape, top)
    return Dataset(
        features=rows.reshape(len(labels), -1).T,
        labels=labels,
        classes=classes,
        image_shape=rows.shape[1:] if rows.ndim > 2 else None,
        source=where,
        notes=said + notes,
    )


def _labels(
    where: str, values: np.ndarray, classes: np.ndarray | None
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Labels as indices (m,), class names, and notes."""
    if values.ndim > 2 or values.size == 0 or not along_one_axis(values):
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
    texts, notes = decoded(where, values)
    notes += merged(texts)
    if classes is None:
        return *encode(texts), notes
    given, said = decoded(f"{where}: classes", classes)
    names, notes = class_names(f"{where}: classes", given), notes + said
    if values.dtype.kind in "iub":
        return check_indices(where, values.astype(np.int64), names), names, notes
    found, own = encode(texts)
    unknown = [name for name in own if name not in names]
    if unknown:
        raise DataError(where, f"labels among {', '.join(names)}", ", ".join(unknown))
    return np.array([names.index(name) for name in own])[found], names, notes


def _rows(
    where: str, X: np.ndarray, m: int, shape: Any, top: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """X with examples on the first axis, of a dtype that data sets hold, and notes.

    shape : of one picture, where the rows of X are pictures. top : see `_pixels`.
    """
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    name, notes = where.rpartition(": ")[2], tuple[str, ...]()
    if X.ndim == 2 and X.shape[0] != m == X.shape[1]:
        X, notes = X.T, (f"{name} has its examples as columns: transposed",)
    elif X.ndim == 2 and X.shape == (m, m):
        notes = (f"{name} is square: its rows are taken as examples",)
    pictures = X.ndim == 3 or (X.ndim == 4 and X.shape[3] == 3)
    if X.dtype.kind not in "iufb" or not (X.ndim == 2 or pictures) or len(X) != m or 0 in X.shape:
        raise DataError(
            where,
            f"{m} rows of numbers, one per label, or {m} pictures (m, height, width[, 3])",
            f"shape {X.shape}, {X.dtype}",
            "Colors come last: X.transpose(0, 2, 3, 1)." if X.shape[1:2] in ((1,), (3,)) else "",
        )
    if X.dtype.kind in "iu" and max(int(X.max()), -int(X.min())) > EXACT:
        notes += ("whole numbers of more than 16 digits are rounded",)
    if X.dtype not in (np.uint8, np.float32, np.float64):
        with np.errstate(over="ignore"):
            X = X.astype(np.float64)
    if X.dtype.kind == "f" and not np.isfinite(X).all():
        bad = np.argwhere(~np.isfinite(X))
        raise DataError(
            where,
            "a finite number in every place",
            f"{len(bad)} missing or infinite, the first at row {bad[0][0]}, column {bad[0][1]} "
            "(from 0)",
            "Fill or drop them.",
        )
    if shape is not None and X.ndim == 2:
        X = X.reshape(m, *_image_shape(where, X, shape))
    if X.ndim > 2:
        X, said = _pixels(where, X, top)
        notes += said
    return X, notes


def _top(X: np.ndarray) -> int:
    """The number that is white in the training pictures X: 1 or 255."""
    return 1 if X.dtype.kind in "iufb" and X.size and X.max() <= 1 else 255


def _pixels(where: str, X: np.ndarray, top: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pictures of numbers from 0 to `top` as 8-bit pixels."""
    if X.dtype == np.uint8 and top == 255:
        return X, ()
    if X.min() < 0 or X.max() > top:
        raise DataError(
            where,
            "pictures of numbers from 0 to 255, or all from 0 to 1",
            f"numbers from {X.min():g} to {X.max():g}",
            "Bring them there; or pass plain numbers: X.reshape(len(X), -1).",
        )
    exact = X * (255.0 / top)
    pixels = np.rint(exact).astype(np.uint8)
    rounded = "" if np.allclose(exact, pixels, rtol=0, atol=1e-3) else ", rounded"
    return pixels, (f"pictures of numbers from 0 to {top} taken as 8-bit pixels{rounded}",)


def _image_shape(where: str, rows: np.ndarray, given: Any) -> tuple[int, ...]:
    """The pictures' shape that the archive gives."""
    shape = np.ravel(given)
    whole = shape.dtype.kind in "iu" and len(shape) in (2, 3) and (len(shape) == 2 or shape[2] == 3)
    if not whole or min(shape) < 1 or np.prod(shape) != rows.shape[1]:
        raise DataError(
            where,
            f"image_shape (height, width[, 3]) of pictures of {rows.shape[1]} pixels",
            f"{tuple(shape.tolist())}",
        )
    return tuple(int(side) for side in shape)
