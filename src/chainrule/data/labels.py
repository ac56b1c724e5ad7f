"""Class names: how labels as they came become indices, and in which order.

Of two classes the second is the positive one (label 1), so the order has a meaning.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.errors import DataError


def natural(name: str) -> tuple[list[Any], str]:
    """Sort key that reads digits as numbers: "img2" before "img10", case only as a last resort."""
    parts = re.split(r"(\d+)", name)
    return [int(p) if p.isdecimal() else p.casefold() for p in parts], name


def denies(name: str, other: str) -> bool:
    """Whether `name` says "not `other`": non-cat, not_cat, no cat, noncat for cat."""
    return re.fullmatch(rf"(non|not|no)[-_ ]?{re.escape(other)}", name, re.IGNORECASE) is not None


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names in their order: numbers by value, else sorted naturally.

    One exception: of (cat, non-cat) the denied class is the positive one, thus second.
    """
    distinct = set(names)
    try:
        ordered = sorted(distinct, key=float)
    except ValueError:
        ordered = sorted(distinct, key=natural)
    if len(ordered) == 2 and denies(ordered[1], ordered[0]):
        ordered.reverse()
    return tuple(ordered)


def class_names(where: str, values: Any) -> tuple[str, ...]:
    """Class names from a file's array of strings, bytes or integers, in the file's order."""
    names = tuple(_text(value) for value in np.ravel(values))
    if len(set(names)) != len(names) or not all(names):
        raise DataError(where, "class names that differ and are not empty", ", ".join(names))
    return names


def encode(values: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as they came, (m,) texts or numbers: indices (m,) int64 and the class names.

    Whole numbers are classes however they are written: 1, 1.0 and "01" are one class, "1".
    """
    names = _names(values)
    classes = class_order(names)
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[name] for name in names], dtype=np.int64), classes


def check_indices(where: str, labels: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Whole-number labels (m,) as int64, if each is an index into `classes`."""
    outside = (labels < 0) | (labels >= len(classes))
    if outside.any():
        raise DataError(
            where,
            f"labels from 0 to {len(classes) - 1}, one for each of the {len(classes)} class names",
            f"{outside.sum()} outside, from {labels.min()} to {labels.max()}",
        )
    return labels.astype(np.int64)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()


def _names(values: Any) -> list[str]:
    """One class name per label; numbers in their shortest form."""
    if getattr(values, "dtype", None) == np.bool_:
        values = values.astype(np.int64)
    texts = [_text(value) for value in values]
    try:
        numbers = np.array([float(text) for text in texts])
    except ValueError:
        return texts
    if not np.isfinite(numbers).all():  # "nan" and "inf" among texts are texts
        return texts
    if (numbers == np.round(numbers)).all():
        return [str(int(number)) for number in numbers]
    return [str(number) for number in numbers.tolist()]


def refuse_targets(where: str, classes: tuple[str, ...], m: int) -> None:
    """Refuse a table's labels of so many values that they measure or name rather than classify.

    Fractions name no classes beyond 20, or beyond one for two examples; anything else may until
    most examples are alone in their class.
    """
    numeric, whole = _are(float, classes), _are(int, classes)
    most = max(20, m // 2) if whole or not numeric else min(20, m // 2)
    if numeric and len(classes) > most:
        raise DataError(
            where,
            "labels that name a few classes",
            f"{len(classes)} different numbers in {m} examples",
            "This looks like a regression target, and chainrule's command line classifies: "
            "cut it into classes, or choose another label column.",
        )
    if len(classes) > most or len(classes) == m > 2:
        raise DataError(
            where,
            "labels that several examples share",
            f"{len(classes)} classes in {m} examples",
            "This looks like a column of names: choose another label column.",
        )


def _are(kind: Callable[[str], Any], names: tuple[str, ...]) -> bool:
    """Whether each name reads as a number of this kind."""
    try:
        return all(kind(name) is not None for name in names)
    except ValueError:
        return False
