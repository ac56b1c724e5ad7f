"""Nodes in words: expressions, short values, names; and rows of words as tables."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Label = Callable[[Any], str | None]
Rows = Sequence[Sequence[str]]


def short(value: Any, digits: int = 6, most: int = 6) -> str:
    """A number; of an array a few numbers, and its shape where it is not all there.

    >>> short(np.float64(33)), short(np.arange(12.0).reshape(3, 4))
    ('33', '[0, 1, 2, ...] 3 x 4')
    """
    array = np.asarray(value)
    if array.size <= most:
        return _nested(array, digits)
    few = ", ".join(_number(v.item(), digits) for v in array.reshape(-1)[:3])
    return f"[{few}, ...] {shape_of(array)}"


def shape_of(value: Any) -> str:
    """'3x4', or 'number'."""
    shape = np.shape(value)
    if len(shape) == 1:
        return f"({shape[0]},)"
    return " x ".join(map(str, shape)) or "number"


def _number(value: Any, digits: int) -> str:
    return f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)  # -0 is 0


def _nested(array: np.ndarray, digits: int) -> str:
    if array.ndim == 0:
        return _number(array.item(), digits)
    return "[" + ", ".join(_nested(a, digits) for a in array) + "]"


# How tightly an operation's text binds, by the sign in it; calls and names bind tightest.
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "%": 2, "-x": 3, "+x": 3, "**": 4}
_TIGHTEST = 5


def _binding(text: str) -> int:
    if text in _BINDING:
        return _BINDING[text]
    parts = text.split(" ")
    return _BINDING.get(parts[1], _TIGHTEST) if len(parts) == 3 else _TIGHTEST


def _name(part: Any) -> str | None:
    return getattr(part, "name", None)


def expression(node: Any, label: Label = _name, depth: int = 1) -> str:
    """How the node was computed, in terms of what has a label, at most `depth` operations deep.

    label : of nodes and of plain arrays beside them; None for those without.

    >>> from chainrule.graph import variable
    >>> a, b = variable(5, "a"), variable(3, "b")
    >>> expression(2 * (a + b), depth=2)
    '2 * (a + b)'
    """
    return _written(node, label, depth, top=True)[0]


def _written(node: Any, label: Label, depth: int, *, top: bool = False) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    known = None if top else label(node)
    if not hasattr(node, "operation"):
        return (known, _TIGHTEST) if known else constant(node)
    if known is None and node.operation is None:
        known = node.name or label(node) or short(node.value)
    if known is not None:
        return known, _TIGHTEST
    if depth == 0:
        return "...", _TIGHTEST
    operation = node.operation
    parts = [_written(arg, label, depth - 1) for arg in node.args]
    return filled(operation, parts, node.options), _binding(operation.text)


def constant(value: Any) -> tuple[str, int]:
    """A number as it is, an array by its shape."""
    if np.ndim(value):
        return f"array({shape_of(value)})" if np.size(value) > 4 else short(value), _TIGHTEST
    text = short(value)
    return text, _BINDING["-x"] if text.startswith("-") else _TIGHTEST


def filled(operation: Any, parts: list[tuple[str, int]], options: Any) -> str:
    """The operation's text with its arguments' texts in place, and its options at the end."""
    if operation.any_number:
        listed = ", ".join(text for text, _ in parts)
        return f"{operation.name}([{listed}]{_options(options)})"
    if operation.name == "getitem":
        (text, binding), *_ = parts
        inner = text if binding == _TIGHTEST else f"({text})"
        return f"{inner}[{_index(options['index'])}]"
    mine = _binding(operation.text)
    texts = {}
    for name, (text, binding) in zip(operation.letters, parts, strict=True):
        # a - b - c is (a - b) - c, but a ** b ** c is a ** (b ** c).
        leads = operation.text.startswith(name) and mine < _BINDING["**"]
        loose = binding < mine or (binding == mine and not leads)
        alone = operation.text.endswith(")")
        texts[name] = f"({text})" if loose and not alone and binding < _TIGHTEST else text
    return with_names(operation.text, texts, options)


def with_names(text: str, names: dict[str, str], options: Any = None) -> str:
    """A rule's or operation's text with x, y, g, ... replaced by names."""
    words = "".join(c if c.isalnum() or c == "_" else f"\0{c}\0" for c in text).split("\0")
    written = "".join(names.get(word, word) for word in words)
    if options and written.endswith(")"):
        return written[:-1] + _options(options) + ")"
    return written


def _options(options: Any) -> str:
    """As in ", axis=0"; arrays by their shape, long lists not at all."""
    texts = {k: constant(v)[0] if isinstance(v, np.ndarray) else str(v) for k, v in options.items()}
    return "".join(f", {k}={v if len(v) <= 40 else '...'}" for k, v in texts.items())


def _index(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(_index(part) for part in index) or "()"
    if isinstance(index, slice):
        start, stop = ("" if end is None else str(end) for end in (index.start, index.stop))
        return f"{start}:{stop}" + ("" if index.step is None else f":{index.step}")
    if index is Ellipsis or index is None:
        return "..." if index is Ellipsis else "None"
    return str(index) if np.ndim(index) == 0 else f"array({shape_of(index)})"


def table(head: Sequence[str], *rows: Sequence[str]) -> str:
    """The head, a rule, and the rows."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return columns([head, ["-" * width for width in widths], *rows])


def columns(rows: Rows, justify: Callable[[str, int], str] = str.ljust) -> str:
    """A line for each row; columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(justify(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
