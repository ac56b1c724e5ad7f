"""Settings as one types them: values that are more than one number or name."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal

from chainrule.errors import InputError
from chainrule.wording import describe

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


def layers(text: str) -> tuple[int, ...] | Literal["auto"]:
    """The same, or "auto"."""
    return "auto" if text.strip().lower() == "auto" else layer_sizes(text)


def layer_sizes(text: str) -> tuple[int, ...]:
    """Hidden units from "20,7,5"; () from "none"."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1 or max(sizes) > LARGEST:
        expected = f"hidden units as whole numbers up to {LARGEST} like 20,7,5, or none"
        raise InputError("--layers", expected, repr(text))
    return sizes


def activation(text: str) -> str | tuple[str, ...]:
    """One name for all hidden layers, or from "relu,tanh,..." one for each."""
    names = tuple(part.strip() for part in text.split(","))
    return names if len(names) > 1 else names[0]


def steps(text: str) -> str:
    """A preparation from "snv+standard"."""
    return ",".join(part.strip() for part in text.split("+"))


def typed(value: Any) -> Any:
    """Units and activations of layers as one types them: the inverse of the above."""
    return (",".join(map(str, value)) or "none") if isinstance(value, tuple) else value


def rates(text: str) -> list[float]:
    """Learning rates from "0.01,0.001"."""
    return [_number(float, "--rates", part, "--rates") for part in text.split(",")]


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
            expected = f"NAME=VALUES with one of {', '.join(KINDS)}"
            fix = "Such as --vary learning_rate=0.001,0.01,0.1 --vary layers=20-7-5,20,none."
            raise InputError("--vary", expected, repr(text), fix)
        field, kind = "hidden" if name == "layers" else name, KINDS[name]
        if field in found:
            raise InputError("--vary", "each name once", f"{name} twice")
        parts = [part.strip() for part in values.split(",")]
        if kind not in (int, float):
            # The comma separates the values here.
            of_layers = kind in (layer_sizes, activation)
            found[field] = [kind(one.replace("-", ",") if of_layers else one) for one in parts]
        elif ".." in values:
            found[field] = _range(kind, name, values)
        else:
            found[field] = [_number(kind, name, part) for part in parts]
    return found


def _range(kind: Any, name: str, text: str) -> Any:
    import numpy as np

    from chainrule import checks
    from chainrule.experiments import Between
    from chainrule.experiments.runs import MOST

    ends, colon, count = text.partition(":")
    low, high = (_number(kind, name, part) for part in ends.split("..", 1))
    if not low < high:
        raise InputError("--vary", f"{name} from a lower to a higher number", repr(text))
    between = Between(low, high, log=low > 0)  # which refuses numbers that are not finite
    if colon:
        n, of = _number(int, name, count), f"the count of {name}"
        checks.whole_number("--vary", of, n, least=1, most=MOST)
        points = np.geomspace(low, high, n) if low > 0 else np.linspace(low, high, n)
        return list(dict.fromkeys(np.rint(points).astype(int) if kind is int else points))
    if kind is int and high - low < 100:
        return list(range(low, high + 1))
    return between


def _number(kind: Any, name: str, text: str, where: str = "--vary") -> Any:
    """A whole number for `int`, any for `float`."""
    try:
        return whole(text) if kind is int else float(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InputError(where, f"{what} for {name}", repr(text.strip())) from None


KINDS: dict[str, Callable[[str], Any]] = {
    "learning_rate": float,
    "l2": float,
    "momentum": float,
    "seed": int,
    "initializer": str,
    "layers": layer_sizes,
    "activation": activation,
    "iterations": int,
    "epochs": int,
    "batch_size": int,
    "dropout": float,
    "loss": str,
    "optimizer": str,
    "schedule": str,
    "prepare": steps,
}
