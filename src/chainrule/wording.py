"""Numbers, names and settings as people read them: in messages, tables, reports and pictures."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

FEW = 3  # files that are named of those with one reason
CROSSED = "cross-validation"  # what stands for a set where no examples are held out
RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "PDF", "FSI", "PDI"}


def describe(value: Any) -> str:
    """A value for an error message: an array by shape and dtype, anything else short."""
    numpy = sys.modules.get("numpy")  # without which nothing is an array
    if numpy and isinstance(value, numpy.ndarray):
        return f"an array of shape {value.shape}, {value.dtype}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def listed(names: Sequence[str], few: int = 10, separator: str = ", ") -> str:
    """The first few names for a message, and how many more there are."""
    more = [f"and {len(names) - few:,} more"] if len(names) > few else []
    return separator.join([*names[:few], *more])


def printable(path: str | Path) -> str:
    """A path as text, fit to be written, printed and drawn: bytes that are no UTF-8 as shells write
    them, such as \\xe9."""
    try:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character, which is not from a path
        return str(path).encode("utf-8", "backslashreplace").decode()


def did_you_mean(
    name: str, known: Iterable[str], otherwise: str = "", shown: Callable[[str], str] = str
) -> str:
    """The nearest of the known names as a question, or what else there is to say."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"Did you mean {shown(near[0])}?" if near else otherwise


def counted(n: int, noun: str) -> str:
    """Such as 1,234 files, 1 file."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def percent(fraction: float, decimals: int = 2) -> str:
    """Such as 93.50 %; - for not a number."""
    return "-" if fraction != fraction else f"{100 * fraction:.{decimals}f} %"


def chance(probability: float) -> str:
    """Such as 93.5 %; < 0.1 % and > 99.9 % rather than none or all, which no network is sure of."""
    said = percent(probability, 1)
    return {"0.0 %": "< 0.1 %", "100.0 %": "> 99.9 %"}.get(said, said)


def number(found: float) -> str:
    """A measure with four decimals; - for not a number."""
    return "-" if found != found else f"{found:.4f}" if abs(found) < 1e4 else f"{found:.1e}"


def setting_value(value: Any) -> str:
    """Hidden units as 20-7-5, numbers with four digits."""
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def setting_name(name: str) -> str:
    """As the command line has it: the units of the hidden layers are its layers."""
    return "layers" if name == "hidden" else name.replace("_", " ")


def setting_words(setting: Any, names: Sequence[str]) -> str:
    """Those of a Setting's values that are named; L-BFGS has no learning rate."""
    if setting.optimizer == "lbfgs":
        names = [name for name in names if name != "learning_rate"]
    return ", ".join(f"{setting_name(n)} {setting_value(getattr(setting, n))}" for n in names)


def safe(text: str) -> str:
    """Text from data with control characters escaped: a file name must not paint the terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def counted_by_reason(skipped: Sequence[str]) -> list[str]:
    """Of files, each "path: reason", the first few for each reason, and how many more there are."""
    examples: dict[str, list[str]] = {}
    for path, reason in (one.split(": ", 1) for one in skipped):
        examples.setdefault(reason, []).append(path)
    return [f"{listed(paths, FEW)}: {reason}" for reason, paths in examples.items()]


def isolated(name: object) -> str:
    """A name from data within a sentence: one written from right to left, or with characters that
    turn the direction, must not carry the rest along (Unicode's isolates)."""
    return f"\u2068{name}\u2069"


def shortened(text: object, most: int = 40) -> str:
    """A name from data on one line of at most `most` characters, to stand among other text.

    One with characters that are written from right to left, or turn the direction, is set apart
    (Unicode's isolates): it would carry the numbers beside it along.
    """
    line = " ".join(printable(str(text)).split())
    if len(line) > most:
        line = f"{line[: most - most // 2 - 1]}…{line[-(most // 2) :]}"
    turned = any(bidirectional(c) in RIGHT_TO_LEFT for c in line)
    return isolated(line) if turned else line


def duration(seconds: float) -> str:
    """Such as 40 seconds, 3 minutes or 2 hours."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}s"
    return f"{seconds:.0f} seconds"
