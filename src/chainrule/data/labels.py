"""Class names: how labels as they came become indices, and in which order.

Of two classes the second is the positive one (label 1), so the order has a meaning.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.readers.columns import Text, numbers
from chainrule.data.readers.grid import encoding_of
from chainrule.errors import DataError
from chainrule.files.csv_file import number

FEW = 5  # names or places listed in a message before it says how many more there are


def natural(name: str) -> tuple[list[str], str]:
    """Sort key that reads digits as numbers: "img2" before "img10", case only as a last resort."""
    parts = re.split(r"(\d+)", name)
    # Digits by their number, then one by one: Python makes no whole number of more than 4300.
    parts[1::2] = (f"{len(p):09}{p}" for p in (p.lstrip("0") for p in parts[1::2]))
    return [p.casefold() for p in parts], name


def alike(name: str) -> str:
    """What names of classes, columns and examples are compared by; they are shown as given.

    Unicode writes many letters in two ways, macOS in the longer one (NFD), most others in the
    shorter one (NFC). Case counts; spaces around do not.
    """
    return unicodedata.normalize("NFC", name).strip()


def comparison(*sets: Sequence[str]) -> Callable[[str], Any]:
    """What names of several sets are compared by: where all are numbers, and no set writes one in
    two ways, their values (1 is 1.0), else `alike`."""
    values = [[number(name) for name in names] for names in sets]
    plain = all(None not in found and len(set(found)) == len(found) for found in values)
    return number if plain else alike


def denies(name: str, other: str) -> bool:
    """Whether `name` says "not `other`": non-cat, not_cat, no cat, noncat for cat."""
    denied = rf"(non|not|no)[-_ ]?{re.escape(alike(other))}"
    return re.fullmatch(denied, alike(name), re.IGNORECASE) is not None


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names in their order: numbers by value, else sorted naturally.

    One exception: of (cat, non-cat) the denied class is the positive one, thus second.
    """
    values = {name: number(name) for name in names}
    if None in values.values():
        ordered = sorted(values, key=natural)
    else:
        ordered = sorted(values, key=lambda name: (values[name], name))
    if len(ordered) == 2 and denies(ordered[1], ordered[0]):
        ordered.reverse()
    return tuple(ordered)


def class_names(where: str, values: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Class names from a file's texts or integers, in the file's order; and notes."""
    found, notes = decoded(where, values)
    names = tuple(str(value).strip() for value in found)
    if len(set(map(alike, names))) != len(names) or not all(names):
        raise DataError(where, "class names that differ and are not empty", ", ".join(names))
    return names, notes


def decoded(where: str, values: Any) -> tuple[list[Any], tuple[str, ...]]:
    """Labels or class names with bytes as texts: all UTF-8 or all Windows-1252, which is said."""
    found = np.ravel(values).tolist()
    whole = (value for value in found if isinstance(value, bytes))
    encoding, said = encoding_of(b"\n".join([b"", *whole]), where)  # no mark at the start
    texts = [value.decode(encoding) if isinstance(value, bytes) else value for value in found]
    return texts, ("labels read as Windows-1252, since they are no UTF-8",) if said else ()


def merged(texts: Iterable[Any]) -> tuple[str, ...]:
    """A word on texts that are one class but for spaces around or the spelling in Unicode."""
    ways: dict[str, list[str]] = {}
    for text in filter(lambda one: isinstance(one, str), dict.fromkeys(texts)):
        ways.setdefault(alike(text), []).append(text)
    several = []
    for some in filter(lambda one: len(one) > 1, ways.values()):
        written = repr if len(set(map(str.strip, some[:FEW]))) == 1 else ascii
        several.append(" and ".join(map(written, some[:FEW])))
    return (f"classes {checks.listed(several, FEW, '; ')} are one",) if several else ()


def encode(values: Sequence[Any] | np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as they came, (m,) texts or numbers: indices (m,) int64 and class names.

    Whole numbers are classes of whatever dtype: 1 and 1.0 and True are "1". Texts stay as written.
    """
    return encode_texts([_name(value) for value in values])


def encode_texts(texts: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class names of the examples (m,): indices (m,) int64 and the class names in their order."""
    spellings: dict[str, str] = {}
    names = [spellings.setdefault(alike(text), text) for text in texts]
    classes = class_order(names)
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[name] for name in names], dtype=np.int64), classes


def along_one_axis(values: np.ndarray) -> bool:
    """Whether an array is as labels are: (m,), (1, m), (m, 1), and no single number."""
    return values.size == max(values.shape, default=0)


def check_indices(where: str, labels: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Whole-number labels (m,) as int64, if each is an index into `classes`."""
    outside, n = (labels < 0) | (labels >= len(classes)), len(classes)
    if outside.any():
        expected = f"labels from 0 to {n - 1}, one for each of the {n} class names"
        got = f"{outside.sum()} outside, from {labels.min()} to {labels.max()}"
        raise DataError(where, expected, got)
    return labels.astype(np.int64)


def _name(label: Any) -> str:
    """A label as a class name; a number in its shortest form, if a float holds it exactly."""
    if isinstance(label, str):
        return label.strip()
    value = float(label)
    if abs(value) > 2**53 or value.is_integer():
        return str(int(label))
    return str(value)


def targets(where: str, classes: Sequence[str], decimal: str | None = None) -> np.ndarray:
    """Class names (n,) as the finite numbers that they write, in a table with that decimal sign;
    DataError for texts."""
    values = _values(classes, decimal)
    if (bad := np.isnan(values)).any():
        got, more = repr(classes[int(bad.argmax())]), int(bad.sum()) - 1
        got += f", and {more} other texts" if more else ""
        fix = "Leave --task regression out, or choose another label column with --label."
        raise DataError(where, "numbers as the targets of a regression", got, fix)
    return values


def numbers_kind(classes: Sequence[str], decimal: str | None = None) -> str:
    """ "whole" or "fractional" where all class names are numbers, else "". Of labels some of which
    have a fraction scikit-learn's `type_of_target` says that they are continuous."""
    values = _values(classes, decimal)
    if not len(values) or not np.isfinite(values).all():
        return ""
    return "whole" if (values == np.rint(values)).all() else "fractional"


def _values(classes: Sequence[str], decimal: str | None) -> np.ndarray:
    """What the names are as numbers; not a number where one is none."""
    text = Text(list(classes))
    return numbers(text.plain(decimal or ("," if text.styles == {","} else ".")))


def refuse_targets(where: str, classes: tuple[str, ...], m: int) -> None:
    """Refuse a table's labels of so many values that they measure or name rather than classify.

    Numbers may have 20 values, anything else as many until most examples are alone in their class.
    """
    n = len(classes)
    numeric = all(number(name) is not None for name in classes)
    fix = "choose another label column with --label."
    if numeric and n > max(20, m // 2):
        got = f"{n} different numbers in {m} examples"
        fix = f"If they are measured: --task regression; else cut them into classes, or {fix}"
        raise DataError(where, "labels that name a few classes", got, fix)
    if n > max(20, m // 2) or n == m > 2:
        got, fix = f"{n} classes in {m} examples", f"This looks like a column of names: {fix}"
        raise DataError(where, "labels that several examples share", got, fix)
