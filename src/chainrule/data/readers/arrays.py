"""Arrays as data sets: X and y, or X_train, y_train, X_val, y_val, X_test, y_test, by the names
that people give them.

Rows are examples in a file, as everywhere outside this library; X comes out with one column
per example.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from posixpath import basename, join
from typing import Any

import numpy as np

from chainrule.checks import memory_bytes
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
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.source import Source
from chainrule.data.readers.sources import SETS
from chainrule.errors import DataError

KINDS = {
    "x": ("x", "data", "image", "images", "imgs", "pictures", "features", "inputs"),
    "y": ("y", "label", "labels", "target", "targets"),
    "classes": ("classes", "class_names", "target_names", "label_names"),
    "image_shape": ("image_shape",),
}
WORDS = {word: what for group in (KINDS, SETS) for what, some in group.items() for word in some}
LAYOUT = (
    "X and y, or X_train, y_train[, X_val, y_val], X_test, y_test (images or data for X, labels or "
    "target for y, in any case and order of the words), and perhaps classes and image_shape"
)
POSITION = re.compile(r"arr_\d+")  # as numpy.savez calls what is given without a name
EXACT = 2**53  # floats hold every whole number up to here
KIND, ROLE = ("|".join(word for some in group.values() for word in some) for group in (KINDS, SETS))
NAME = re.compile(rf"(?:({ROLE})[_ .-]?)?({KIND})(?:[_ .-]?({ROLE}))?")
SHARE = 1 / 16  # of the memory, above which a table of features stays in its file
OF_FEATURES = ("y_train", "classes")  # what belongs to features
Arrays = Mapping[str, Any]  # NumPy's, or of X a Source, where it stays in its file


class Places(Mapping[str, Any]):
    """Arrays by names, read where they are when they are asked for. read : given a place."""

    def __init__(self, places: Mapping[str, Any], read: Callable[[Any], Any]) -> None:
        self._places, self._read = dict(places), read

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> Any:
        return self._read(self._places[name])

    def features_at(self, name: str) -> "Places":
        """That one as the features, and the labels beside it."""
        beside = {n: place for n, place in self._places.items() if _known(n) in OF_FEATURES}
        return Places({"X": self._places[name]} | beside, self._read)


def open_group(
    path: Path,
    at: str,
    group: str,
    names: Iterable[str],
    read: Callable[[str], Any],
    task: str | None,
) -> Splits:
    """The data sets in the arrays of a group of a file (`open_arrays`), or where `at` is an array
    in it, that one as the features and the labels beside it. read : given a path in the file."""
    arrays = Places({name: join(group or "/", name) for name in names}, read)
    if group != at:
        arrays = arrays.features_at(basename(at))
    return open_arrays(f"{path}:{at}" if at else str(path), arrays, task)


def open_arrays(where: str, arrays: Arrays, task: str | None = None) -> Splits:
    """The data sets in several arrays, by their names. task : see `Dataset.with_task`.

    X : (m, n_x), or (n_x, m) if only its last axis is as long as the labels (if both are, rows
        are examples); or pictures (m, height, width[, 3]) uint8; or a Source (m, n_x).
    y : (m,), (1, m) or (m, 1), numbers or texts; with `classes`, indices into them or names.
    classes : (n_classes,) names. image_shape : of the pictures whose pixels are the rows of X.

    Other usual names are understood, too (`LAYOUT`). Pictures of other numbers, from 0 to 1 or
    from 0 to 255, become 8-bit pixels, which is noted.

    X of dtype uint8 stays uint8 (a view), float32 and float64 stay, other numbers become float64.
    """
    found, notes = _named(arrays, where)
    x = found["x_train"]
    top = isinstance(x, np.ndarray) and x.dtype.kind in "iufb" and x.size and x.max() <= 1
    white = 1 if top else 255  # in all sets
    sets = {role: _dataset(found, role, where, white) for role in SETS if f"x_{role}" in found}
    return matched_splits(sets | {"train": sets["train"].noted(*notes)}, task)


def _dataset(arrays: Arrays, role: str, where: str, white: int) -> Dataset:
    x, y, suffix = f"x_{role}", f"y_{role}", "" if role == "train" else f"_{SETS[role][0]}"
    if y not in arrays:
        raise DataError(where, f"the arrays {LAYOUT}", f"X{suffix} without y{suffix}")
    labels, classes, said = labels_of(f"{where}: y{suffix}", arrays[y], arrays.get("classes"))
    shape = arrays.get("image_shape")
    if isinstance(source := arrays[x], Source):
        large, note = in_file(f"{where}: X{suffix}", source, len(labels))
        return Dataset(large, labels, classes, source=where, notes=(*said, note))
    rows, notes = rows_of(f"{where}: X{suffix}", arrays[x], len(labels), shape, white)
    X, picture = rows.reshape(len(labels), -1).T, rows.shape[1:] if rows.ndim > 2 else None
    return Dataset(X, labels, classes, None, picture, source=where, notes=said + notes)


def stays(shape: tuple[int, ...], dtype: np.dtype) -> bool:
    """Whether an array is a table so large that it stays in its file."""
    size = math.prod(shape) * dtype.itemsize
    return len(shape) == 2 and min(shape) > 1 and size > SHARE * memory_bytes()


def in_file(where: str, source: Source, m: int) -> tuple[BlockMatrix, str]:
    """The features of m examples that stay in their file, and a note; DataError for what cannot be
    features."""
    n_x, rows = source.shape
    if m != rows or source.dtype.kind not in "iufb":
        fix = "Save it transposed: examples are rows." if m == n_x else ""
        got = f"shape {(rows, n_x)}, {source.dtype}"
        raise DataError(where, f"{m} rows of numbers, one per label", got, fix)
    said = f"{source.n_bytes / 1e9:.2g} GB of features stay in their file, and are read as needed"
    if source.reads > 1:
        said += f", {source.reads} times a pass: {source.together:,} of them lie together in it"
    return BlockMatrix(source), said


def labels_of(
    where: str, values: np.ndarray, classes: np.ndarray | None
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Labels as indices (m,), class names, and notes."""
    if values.ndim > 2 or values.size == 0 or not along_one_axis(values):
        expected, fix = "one label per example, (m,), (1, m) or (m, 1)", "y.argmax(axis=1)."
        raise DataError(where, expected, f"shape {values.shape}", f"From one-hot rows take {fix}")
    if values.dtype.kind not in "iubfUS":
        raise DataError(where, "labels that are numbers or texts", str(values.dtype))
    values = values.reshape(-1)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        missing = np.flatnonzero(~np.isfinite(values))
        got = f"{len(missing)} missing, first row {missing[0]}"
        raise DataError(where, "a label for each example", got)
    texts, notes = decoded(where, values)
    notes += merged(texts)
    if classes is None:
        return *encode(texts), notes
    names, said = class_names(f"{where}: classes", classes)
    notes += said
    if values.dtype.kind in "iub":
        return check_indices(where, values.astype(np.int64), names), names, notes
    found, own = encode(texts)
    unknown = [name for name in own if name not in names]
    if unknown:
        raise DataError(where, f"labels among {', '.join(names)}", ", ".join(unknown))
    return np.array([names.index(name) for name in own])[found], names, notes


def rows_of(
    where: str, X: np.ndarray, m: int, shape: Any = None, white: int = 255
) -> tuple[np.ndarray, tuple[str, ...]]:
    """X with examples on the first axis, of a dtype that data sets hold, and notes.

    shape : of one picture, where the rows of X are pictures. white : of pictures, 1 or 255.
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
        expected = f"{m} rows of numbers, one per label, or {m} pictures (m, height, width[, 3])"
        fix = "Colors come last: X.transpose(0, 2, 3, 1)." if X.shape[1:2] in ((1,), (3,)) else ""
        raise DataError(where, expected, f"shape {X.shape}, {X.dtype}", fix)
    if X.dtype.kind in "iu" and max(int(X.max()), -int(X.min())) > EXACT:
        notes += ("whole numbers of more than 16 digits are rounded",)
    if X.dtype not in (np.uint8, np.float32, np.float64):
        with np.errstate(over="ignore"):
            X = X.astype(np.float64)
    bad = np.argwhere(~np.isfinite(X) if pictures else np.isinf(X))  # a table may lack values
    if len(bad):
        place = f"the first at row {bad[0][0]}, column {bad[0][1]} (from 0)"
        got = f"{len(bad)} missing or infinite, {place}"
        raise DataError(where, "a finite number in every place", got, "Fill or drop them.")
    if shape is not None and X.ndim == 2:
        X = X.reshape(m, *_image_shape(where, X, shape))
    if X.ndim > 2:
        X, said = _pixels(where, X, white)
        notes += said
    return X, notes


def _pixels(where: str, X: np.ndarray, top: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pictures of numbers from 0 to `top` as 8-bit pixels."""
    if X.dtype == np.uint8 and top == 255:
        return X, ()
    if X.min() < 0 or X.max() > top:
        expected = "pictures of numbers from 0 to 255, or all from 0 to 1"
        fix = "Bring them there; or pass plain numbers: X.reshape(len(X), -1)."
        raise DataError(where, expected, f"numbers from {X.min():g} to {X.max():g}", fix)
    exact = X * (255.0 / top)
    pixels = np.rint(exact).astype(np.uint8)
    rounded = "" if np.allclose(exact, pixels, rtol=0, atol=1e-3) else ", rounded"
    return pixels, (f"pictures of numbers from 0 to {top} taken as 8-bit pixels{rounded}",)


def _image_shape(where: str, rows: np.ndarray, given: Any) -> tuple[int, ...]:
    """The pictures' shape that the archive gives."""
    n, shape = rows.shape[1], np.ravel(given)
    whole = shape.dtype.kind in "iu" and len(shape) in (2, 3) and (len(shape) == 2 or shape[2] == 3)
    if not whole or min(shape) < 1 or np.prod(shape) != n:
        expected = f"image_shape (height, width[, 3]) of pictures of {n} pixels"
        raise DataError(where, expected, f"{tuple(shape.tolist())}")
    return tuple(int(side) for side in shape)


def _known(name: str) -> str | None:
    """x_train, y_test, classes, ... for the name of an array, or None: X and images_train are
    x_train, trainLabels is y_train."""
    found = NAME.fullmatch(name.lower())
    if found is None:
        return None
    before, kind, after = (WORDS.get(word or "", "") for word in found.groups())
    if kind in ("classes", "image_shape"):
        return None if before or after else kind
    return None if before and after else f"{kind}_{before or after or 'train'}"


def holds_sets(names: Iterable[str]) -> bool:
    """Whether arrays of these names are features and labels."""
    return {"x_train", "y_train"} <= set(map(_known, names))


def _named(arrays: Arrays, where: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The arrays by what they are, and what is to be said of that.

    Arrays without names are told apart by their shapes: labels are those along one axis.

    Raises DataError for two arrays that are the same, and for none that are X.
    """
    if arrays and all(map(POSITION.fullmatch, arrays)):
        return _by_place(dict(arrays), where)
    names = {name: _known(name) for name in arrays}
    places = {what: name for name, what in names.items() if what is not None}
    if len(places) < sum(what is not None for what in names.values()):
        raise DataError(where, "one array of each name", ", ".join(arrays))
    if "x_train" not in places:
        got = ", ".join(arrays) or "an empty archive"
        raise DataError(where, f"the arrays {LAYOUT}", got, "Name them so.")
    foreign = [name for name, what in names.items() if what is None]
    # Only what is known is asked for: an archive unpacks nothing else.
    found = {what: arrays[name] for what, name in places.items()}
    return found, (f"left out the arrays {', '.join(foreign)}",) if foreign else ()


def _by_place(arrays: Arrays, where: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    labels = [name for name, a in arrays.items() if along_one_axis(a)]
    features = [name for name in arrays if name not in labels]
    if not 1 <= len(labels) == len(features) <= 2:
        shapes = ", ".join(f"{name} of shape {a.shape}" for name, a in arrays.items())
        raise DataError(where, f"the arrays {LAYOUT}", shapes, "Name them so.")
    found: dict[str, np.ndarray] = {}
    words = []
    for role, x, y in zip(("train", "test"), features, labels, strict=False):
        found |= {f"x_{role}": arrays[x], f"y_{role}": arrays[y]}
        words.append(f"{x} and {y} as X and y of the {role}ing set".replace("testing", "test"))
    return found, (f"taken {'; '.join(words)}",)
