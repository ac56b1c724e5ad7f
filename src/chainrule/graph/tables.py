"""Rows of words as lines of text, column under column."""

from collections.abc import Callable, Sequence

Rows = Sequence[Sequence[str]]


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
