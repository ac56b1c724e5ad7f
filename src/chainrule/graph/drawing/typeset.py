"""Expressions as a mathematician sets them: W^[1] raised, x_1 lowered, names in italics.

There are no font metrics where an SVG is written, so widths are estimated from above: each
character is taken as wide as in DejaVu Serif, the widest font that a browser falls back to.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

SMALLER, RAISED, LOWERED = 0.7, 0.36, 0.22
"""Of what is raised or lowered: its size and by how much, in units of the font's size."""

_NARROW = frozenset("iljftrI.,:;'|!()[] ·-/")
_WIDE = frozenset("mwMW@…QOGDHNU%&")
_TOKEN = re.compile(
    r" \*\* (?P<power>\d+)(?!\.)|(?P<word>[^\W\d]\w*)(?P<layer>\[\d+\])?(?P<T>⊤)?|(?P<rest>.)", re.S
)
_NUMBERED = re.compile(r"([^\W\d_]+)_?(\d+)")
_SIGNS = ((" * ", " · "), (" @ ", " "), (" - ", " − "), (".T", "⊤"))


@dataclass(frozen=True)
class Run:
    """Characters in one style: "italic", "roman", "up" or "down"."""

    text: str
    style: str = "roman"


def typeset(text: str, names: Collection[str] = ()) -> list[Run]:
    """An expression, in which the given names are names.

    >>> [run.text for run in typeset("W[1] @ X1", {"W[1]", "X1"})]
    ['W', '[1]', ' ', 'X', '1']
    """
    for sign, set_as in _SIGNS:
        text = text.replace(sign, set_as)
    text = re.sub(r"\bsigmoid\(", "σ(", text)
    runs = (run for token in _TOKEN.finditer(text) for run in _runs(token, names) if run.text)
    joined = groupby(runs, key=lambda run: run.style)
    return [Run("".join(run.text for run in same), style) for style, same in joined]


def _runs(token: re.Match[str], names: Collection[str]) -> Iterable[Run]:
    power, word, layer, transposed, rest = token.groups()
    if power or rest:
        return [Run(power, "up") if power else Run("−" if rest == "-" else rest)]
    raised = Run("T" if transposed else "", "up")
    if f"{word}{layer or ''}" in names:
        return [*_name(word), Run(layer or "", "up"), raised]
    named = _name(word) if word in names else [Run(word)]
    return [*named, Run(layer or ""), raised]


def _name(word: str) -> list[Run]:
    numbered = _NUMBERED.fullmatch(word)
    if numbered is None:
        return [Run(word, "italic")]
    return [Run(numbered[1], "italic"), Run(numbered[2], "down")]


def width(text: Iterable[Run] | str, size: float) -> float:
    """At most so wide is the text in pixels, in a font of that size."""
    if isinstance(text, str):
        return size * sum(map(_em, text))
    return sum(
        width(run.text, size * (SMALLER if run.style in ("up", "down") else 1)) for run in text
    )


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.42
    if character in _WIDE:
        return 1.05
    return 0.66 if character.isdigit() or character.islower() else 0.86
