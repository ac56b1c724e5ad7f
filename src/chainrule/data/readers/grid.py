"""A table as a grid: a name for each column, and rows of as many cells."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from chainrule.data.readers.records import Records, sampled
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files.csv_file import number

Rows = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Grid:
    """names : of the columns, "" for row names without one. rows : (line, cells), read anew by
    each call. line : what the numbers of rows count in the file."""

    where: str
    names: tuple[str, ...]
    rows: Callable[[], Rows]
    notes: tuple[str, ...] = ()
    line: str = "line"
    named: bool = True  # by the file, not by their places
    separator: str = ","


def grid_of(records: Records, reading: Reading) -> Grid:
    """The grid of a file's records; its first row is the header unless `reading` has another say.

    Raises DataError for rows of another length, a header that looks like an example, names that
    are not there or repeat.
    """
    where, sample = records.where, sampled(records)
    if not sample:
        raise DataError(where, "a header and one row per example", "an empty file")
    header, width = _squared(sample, reading.header is not False)

    def rows() -> Rows:
        if header is not None:
            yield 1, header
        for line, cells in itertools.islice(records, header is not None, None):
            if len(cells) != width:
                cells = _cut(cells, width, f"{where}, line {line}")
            yield line, cells

    notes, line = records.notes, "line"
    if reading.transpose:
        columns = list(map(list, zip(*(cells for _, cells in rows()), strict=True)))
        notes += ("columns of the file are the examples",)
        grid = _headed(where, lambda: iter(enumerate(columns, 1)), reading, notes, "column")
    else:
        grid = _headed(where, rows, reading, notes, line)
    return replace(grid, separator=records.separator)


def _squared(sample: Sequence[list[str]], headed: bool) -> tuple[list[str] | None, int]:
    """The header, as long as the rows, or None without one; how long these are.

    R writes no name for the row names; lines may end in separators, with or without the header.
    """
    header, *body = sample
    if not headed or not body:
        return (header if headed else None), len(header)
    width = len(body[0])
    if len(header) == width - 1 and any(row[-1] for row in body if len(row) == width):
        return ["", *header], width
    if len(header) > width and not any(header[width:]):
        return header[:width], width
    while not header[-1] and not any(row[len(header) - 1 :] for row in map(_present, body)):
        header = header[:-1]
    return header, len(header)


def _present(cells: list[str]) -> list[str]:
    """Cells up to the last that is not empty."""
    return cells[: max((k for k, cell in enumerate(cells, 1) if cell), default=0)]


def _cut(cells: list[str], width: int, where: str) -> list[str]:
    """Cells without the empty ones that separators at the end of a line make."""
    if len(cells) > width and not any(cells[width:]):
        return cells[:width]
    fix = "Quote cells that hold the separator, complete the row, or remove lines above the header."
    raise DataError(where, f"{width} cells, as in the header", str(len(cells)), fix)


def _headed(
    where: str, rows: Callable[[], Rows], reading: Reading, notes: tuple[str, ...], line: str
) -> Grid:
    """The grid of rows of which the first may be the header."""
    sample = sampled(rows())
    first = [name.strip() for name in sample[0]]
    if reading.header is False:
        names = tuple(f"column {k}" for k in range(1, len(first) + 1))
        notes += ("no header: columns are named by their places",)
        return Grid(where, _checked(where, names), rows, notes, line, named=False)
    first[0] = first[0].lstrip("# ")
    if reading.header is None:
        _refuse_example(where, first, sample[1:])
    others = [name or f"column {k}" for k, name in enumerate(first[1:], 2)]
    names = _checked(where, (first[0], *others))
    return Grid(where, names, lambda: itertools.islice(rows(), 1, None), notes, line)


def _refuse_example(where: str, header: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """A first line with numbers among its names is a header if these rise (years, wavelengths)
    and no text in it is a cell of its column as well; all numbers are none."""
    values = [number(name.replace(",", ".")) for name in header]
    found = [value for value in values if value is not None]
    if not found:
        return
    rising = all(a < b for a, b in itertools.pairwise(found))
    texts = [k for k, value in enumerate(values) if value is None and header[k]]
    again = any(header[k] == row[k].strip() for k in texts for row in body)
    if again or not rising or not texts:
        raise DataError(
            where,
            "a header of column names",
            "numbers only" if not texts else f"{len(found)} numbers among them",
            "If there is none, add --no-header; if these are the names, --header.",
        )


def _checked(where: str, names: tuple[str, ...]) -> tuple[str, ...]:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if len(names) < 2 or twice:
        raise DataError(
            where,
            "a header of two or more column names, all different, separated by , ; or tab",
            f"'{twice[0]}' more than once" if twice else f"{len(names)} names",
        )
    return names
