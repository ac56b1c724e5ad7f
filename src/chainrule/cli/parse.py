"""Option values that are more than one number or name."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import DataError, InputError
from chainrule.wording import describe

if TYPE_CHECKING:
    import numpy as np

LARGEST = 10**6  # units: beyond this the weights fit into no machine


def whole(text: str) -> int:
    """A whole number however it is written, 1000 or 1e3; ValueError for 2.5: nothing is rounded."""
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        found = float(text)
        if found.is_integer() and abs(found) < 2**53:  # beyond that floats skip whole numbers
            return int(found)
    raise ValueError(f"expected a whole number; got {describe(text)}.")


def layer_sizes(text: str) -> tuple[int, ...]:
    """Hidden units from "20,7,5"; () from "none"."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1 or max(sizes) > LARGEST:
        raise InputError(
            "--layers",
            f"hidden units as whole numbers up to {LARGEST} like 20,7,5, or none",
            repr(text),
        )
    return sizes


def activations(text: str, n: int) -> tuple[str, ...]:
    """Of n hidden layers, from "relu,tanh,..."."""
    found = tuple(part.strip() for part in text.split(","))
    if len(found) != n:
        raise InputError("--activation", f"one name, or {n}, one per hidden layer", f"{len(found)}")
    return found


def absolute(data: str) -> str:
    """A path as seen from anywhere: what is resumed may be resumed from another folder."""
    path = Path(data)
    return str(path.resolve()) if path.exists() else data


def stem(data: str) -> str:
    """A folder name from a data source's."""
    name = Path(data).resolve().stem if Path(data).exists() else data
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:40] or "run"


def groups(names: Sequence[str] | None, pattern: str, source: str) -> "np.ndarray":
    """For each name the text that a regular expression finds in it: its first group, or all."""
    import numpy as np

    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError("--group-by", "a regular expression", f"{pattern!r} ({error})") from None
    if names is None:
        raise DataError(source, "examples with names to group by", "none", "Leave --group-by out.")
    found = [compiled.search(name) for name in names]
    if missing := [name for name, match in zip(names, found, strict=True) if match is None]:
        raise InputError(
            "--group-by",
            "a regular expression that matches every name",
            f"{len(missing)} names without a match, such as {missing[0]!r}",
        )
    return np.array([match[match.re.groups and 1] or "" for match in found if match])


def rates(text: str) -> list[float]:
    """Learning rates from "0.01,0.001"."""
    return [_float("--rates", part) for part in text.split(",")]


def space(vary: Sequence[str]) -> dict[str, Any]:
    """What a sweep varies, from texts like "learning_rate=0.001,0.01" and "l2=1e-4..1".

    LOW..HIGH is a range to draw from, LOW..HIGH:N means N numbers in it; both evenly in the
    logarithm if LOW > 0. Whole numbers LOW..HIGH are all of them where that is a hundred or less.
    """
    found: dict[str, Any] = {}
    for text in vary:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if name not in KINDS or not equals or not values.strip():
            raise InputError(
                "--vary",
                f"NAME=VALUES with one of {', '.join(KINDS)}",
                repr(text),
                "Such as --vary learning_rate=0.001,0.01,0.1 --vary layers=20-7-5,20,none.",
            )
        if name in found:
            raise InputError("--vary", "each name once", f"{name} twice")
        kind = KINDS[name]
        if ".." in values and kind in (_float, _whole):
            found[_field(name)] = _range(name, values, whole=kind is _whole)
        else:
            found[_field(name)] = [kind(name, part.strip()) for part in values.split(",")]
    return found


def _field(name: str) -> str:
    return "hidden" if name == "layers" else name


def _range(name: str, text: str, *, whole: bool) -> Any:
    import numpy as np

    from chainrule import checks
    from chainrule.experiments import Between
    from chainrule.experiments.runs import MOST

    ends, colon, count = text.partition(":")
    kind = _whole if whole else _float
    low, high = (kind(name, part.strip()) for part in ends.split("..", 1))
    if not low < high:
        raise InputError("--vary", f"{name} from a lower to a higher number", repr(text))
    between = Between(low, high, log=low > 0)  # which refuses numbers that are not finite
    if colon:
        n = checks.whole_number(
            "--vary", f"the count of {name}", _whole(name, count), least=1, most=MOST
        )
        points = np.geomspace(low, high, n) if low > 0 else np.linspace(low, high, n)
        return list(dict.fromkeys(np.rint(points).astype(int) if whole else points))
    if whole and high - low < 100:
        return list(range(int(low), int(high) + 1))
    return between


def _layers(name: str, text: str) -> tuple[int, ...]:
    return layer_sizes(text.replace("-", ","))


def _activation(name: str, text: str) -> str | tuple[str, ...]:
    return tuple(text.split("-")) if "-" in text else text


def _text(name: str, text: str) -> str:
    return text


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(_place(name), f"a number for {name}", repr(text)) from None


def _whole(name: str, text: str) -> int:
    try:
        return whole(text)
    except ValueError:
        raise InputError(_place(name), f"a whole number for {name}", repr(text)) from None


def _place(name: str) -> str:
    return name if name.startswith("--") else "--vary"


KINDS: dict[str, Callable[[str, str], Any]] = {
    "learning_rate": _float,
    "l2": _float,
    "momentum": _float,
    "seed": _whole,
    "initializer": _text,
    "layers": _layers,
    "activation": _activation,
    "iterations": _whole,
    "epochs": _whole,
    "batch_size": _whole,
    "optimizer": _text,
    "schedule": _text,
}
