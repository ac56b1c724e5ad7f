"""Checks of shapes, labels and hyperparameters, with one form of message.

Each check returns what it checked, in the form the caller computes with, or raises
InputError with where, expected, got and fix.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.wording import describe as describe
from chainrule.wording import did_you_mean as did_you_mean
from chainrule.wording import listed as listed
from chainrule.wording import printable as printable

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
MANY = 100_000  # elements, of which a second array is not made lightly


def path(where: str, value: Any) -> Path:
    """`value` as a path, which is text or a Path."""
    if isinstance(value, (str, os.PathLike)) and isinstance(os.fspath(value), str):
        return Path(value)
    raise InputError(where, "the path of a file", describe(value))


# The Gram matrix may take this part of the memory: the features, the matrices of validation and all
# other programs need room as well. One of features in a file then lies in a file, too.
GRAM_SHARE = 0.25
_bound: ContextVar[float] = ContextVar("_bound", default=float("inf"))


def memory_bytes() -> float:
    """The machine's memory, or what of it `memory_within` leaves; infinite where the system does
    not say. What is taken of it by one part of the program is a share of this."""
    try:
        there = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        there = float("inf")
    return min(there, _bound.get())


@contextmanager
def memory_within(gigabytes: float | None) -> Iterator[None]:
    """A block in which no more memory is counted on, in this thread; None for all that there is.

    InputError unless it is a number above 0.
    """
    if gigabytes is not None:
        number("memory", "--memory in GB", gigabytes, least=0, open_below=True)
    before = _bound.set(_bound.get() if gigabytes is None else gigabytes * 2**30)
    try:
        yield
    finally:
        _bound.reset(before)


def room(
    where: str,
    n_bytes: float,
    error: type[InputError] = InputError,
    fix: str = "Choose a smaller size or fewer.",
) -> None:
    """An `error` if so many bytes, which are yet to be taken, are more than the machine has, or is
    counted on."""
    if n_bytes > memory_bytes():
        if memory_bytes() == _bound.get():
            fix += " Or give it more --memory."
        expected = f"what fits into memory, {memory_bytes() / 2**30:.3g} GiB"
        got = f"{n_bytes / 2**30:.3g} GiB"
        raise error(where, expected, got, fix)


def kind(where: str, name: str, value: Any, wanted: type) -> None:
    """InputError unless `value`, the argument called `name`, is one of `wanted`."""
    if not isinstance(value, wanted):
        raise InputError(where, f"{name} to be of type {wanted.__name__}", type(value).__name__)


def listing(where: str, name: str, value: Any) -> tuple[Any, ...]:
    """`value`, several of something, as a tuple; a text is not."""
    try:
        if not isinstance(value, (str, bytes)):
            return tuple(value)
    except TypeError:
        pass
    raise InputError(where, f"a list of {name}", describe(value))


def one_of(where: str, name: str, value: Any, allowed: Collection[str]) -> str:
    """`value` if it is one of `allowed`; the error suggests the nearest name."""
    if isinstance(value, str) and value in allowed:
        return value
    expected = f"{name} to be one of {', '.join(allowed)}"
    raise InputError(where, expected, describe(value), did_you_mean(str(value), allowed))


def whole_number(
    where: str, name: str, value: Any, *, least: int = 0, most: int | None = None
) -> int:
    """`value` as an int of at least `least`, and at most `most`."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if whole and least <= value and (most is None or value <= most):
        return int(value)
    above = "" if most is None else f" and at most {most}"
    expected = f"{name} to be a whole number of at least {least}{above}"
    raise InputError(where, expected, describe(value))


def unmasked(where: str, name: str, value: Any) -> None:
    """InputError for a masked array, alone or in a list, that hides something: other arrays and
    NumPy's own products would take what it hides."""
    if hidden := _hidden(value):
        fix = f"Fill them, as {name}.filled(0) does, or leave their examples out."
        raise InputError(where, f"{name} without masked values", f"{hidden} masked", fix)


def _hidden(value: Any) -> int:
    """How many numbers masks hide."""
    if isinstance(value, (list, tuple)):
        return sum(_hidden(one) for one in value if not isinstance(one, float))
    masked = isinstance(value, np.ndarray) and hasattr(value, "mask")
    return int(np.sum(np.broadcast_to(value.mask, value.shape))) if masked else 0


def plain_array(where: str, name: str, value: Any, expected: str) -> np.ndarray:
    """`value` as an array of whatever it holds; masked and sparse ones and ragged lists are
    refused."""
    unmasked(where, name, value)
    if hasattr(value, "toarray"):
        raise InputError(where, expected, "a sparse matrix", f"Pass {name}.toarray().")
    try:
        return np.asarray(value)
    except ValueError:
        raise InputError(where, expected, "lists of different lengths") from None


def real(where: str, name: str, array: np.ndarray) -> np.ndarray:
    """`array` itself, if it holds real numbers."""
    if array.dtype.kind not in "fiub":
        fix = "Fill or drop what is missing, then pass numbers: astype(float)."
        fix = fix if array.dtype == object else ""
        raise InputError(where, f"{name} to hold numbers", f"dtype {array.dtype}", fix)
    return array


def reals(where: str, expected: str, value: Any) -> np.ndarray:
    """`value` as float64 of its own shape; text, complex numbers and ragged lists are refused."""
    unmasked(where, "values", value)
    try:
        return np.asarray(value).astype(np.float64, casting="same_kind", copy=False)
    except (TypeError, ValueError):
        raise InputError(where, expected, describe(value)) from None


def numbers(
    where: str,
    name: str,
    value: Any,
    *,
    least: float = -np.inf,
    most: float = np.inf,
    open_below: bool = False,
    open_above: bool = False,
    per_run: bool = True,
) -> np.ndarray:
    """`value`, a number or one number per run, as float64 of shape () or (R,) within bounds."""
    sign_below, sign_above = ("<" if open_below else "<="), ("<" if open_above else "<=")
    bounds = (f"{least:g} {sign_below} " if least > -np.inf else "") + name
    bounds += f" {sign_above} {most:g}" if most < np.inf else ""
    expected = f"{bounds}, a finite number" + (" or one per run" if per_run else "")
    array = reals(where, expected, value)
    if array.ndim > per_run:
        raise InputError(where, expected, f"shape {array.shape}")
    above = array > least if open_below else array >= least
    below = array < most if open_above else array <= most
    fine = np.isfinite(array) & above & below
    if not fine.all() or array.size == 0:
        bad = f"{array[~fine].flat[0]:g}" if array.size else "no number"
        raise InputError(where, expected, bad)
    return array


def number(where: str, name: str, value: Any, **bounds: Any) -> float:
    """`value` as a float within `bounds`, those of `numbers`."""
    return float(numbers(where, name, value, per_run=False, **bounds))


def float_dtype(where: str, dtype: Any) -> np.dtype:
    """float64 or float32; anything else is an error."""
    try:
        found = np.dtype(dtype) if isinstance(dtype, (str, type, np.dtype)) else None
    except TypeError:
        found = None
    if found is not None and found in FLOATS:
        return found
    raise InputError(where, "dtype to be float64 or float32", describe(dtype))


def all_finite(array: np.ndarray) -> bool:
    """Whether every element is finite.

    A sum is not finite if an element is not, and of many needs no second array; only where it is
    not, which a sum that overflows may be as well, are the elements looked at one by one.
    """
    if array.size > MANY:
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(array.sum()):
                return True
    return bool(np.isfinite(array).all())


def two_axes(
    where: str, name: str, value: Any, *, columns: str = "one column per example"
) -> np.ndarray:
    """`value` as a two-dimensional numeric array; a rank-1 array is refused.

    A rank-1 array is neither a row nor a column, so nothing is guessed.
    """
    expected = f"{name} with two axes, {columns}"
    array = plain_array(where, name, value, expected)
    if array.ndim == 1:
        n = array.shape[0]
        fix = f"Make the axis explicit: {name}.reshape(1, {n}) for one row of {n} examples, "
        fix += f"{name}.reshape({n}, 1) for one example."
        raise InputError(where, expected, f"a rank-1 array of shape ({n},)", fix)
    if array.ndim != 2:
        raise InputError(where, expected, f"shape {array.shape}")
    return real(where, name, array)


def in_range(where: str, name: str, array: np.ndarray, dtype: Any) -> np.ndarray:
    """A finite array as floats of `dtype`; InputError for numbers beyond these."""
    with np.errstate(over="ignore"):
        found = array.astype(dtype, copy=False)
    if found.dtype.itemsize < array.dtype.itemsize and not all_finite(found):
        expected = f"{name} within the range of {found.dtype}"
        raise InputError(where, expected, "numbers beyond it", "Scale them, or take float64.")
    return found


def no_overflow(where: str, layer: int, Z: np.ndarray) -> None:
    """InputError unless Z, computed from finite weights and features, is finite."""
    if not all_finite(Z):
        expected, got = f"layer {layer} to give finite numbers", "an overflow: weights or features"
        fix = "Scale the features, or train again with a smaller learning rate."
        raise InputError(where, expected, f"{got} are too large", fix)


def matrix(
    where: str,
    name: str,
    value: Any,
    *,
    columns: str = "one column per example",
    missing: bool = False,
) -> np.ndarray:
    """`value` as `two_axes` gives it, of finite numbers; or, if they may be `missing`, NaN."""
    array = two_axes(where, name, value, columns=columns)
    if array.dtype.kind == "f" and not all_finite(array):
        bad = np.argwhere(np.isinf(array) if missing else ~np.isfinite(array))
        if not len(bad):
            return array
        got = f"{len(bad)} missing or infinite, the first at row {bad[0][0]}, column {bad[0][1]}"
        fix = "Fill or drop them before training."
        raise InputError(where, f"{name} to hold finite numbers only", got, fix)
    return array


def features(where: str, shape: tuple[int, int], n_x: int, name: str = "X") -> None:
    """InputError unless `shape`, that of the matrix called `name`, is (n_x, any m)."""
    if shape[0] != n_x:
        expected = f"{name} with {n_x} rows (features), one column per example"
        fix = f"The examples look like rows: pass {name}.T." if shape[1] == n_x else ""
        raise InputError(where, expected, f"{shape}", fix)
