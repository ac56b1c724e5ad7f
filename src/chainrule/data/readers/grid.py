"""A text file as a table: a name for each column, and rows of as many cells.

First records (encoding, separator, comments), then what is the header, and how long rows are.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, dropwhile, islice, pairwise, takewhile

from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files.csv_file import number
from chainrule.wording import counted

SEPARATORS = ",;\t|"  # tried by themselves, a space only where none of them is in the header
NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}
MARKS = (  # UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE = tuple(mark for mark, name in MARKS if name != "utf-8-sig")  # texts with zero bytes
SAMPLE_ROWS, SAMPLE_CELLS = 50, 100_000  # looked at before all is read, whichever is less
NUMBER = re.compile(r"\s*[-+\u2212\u2013]?[\d.,]*\d[.,]?(e[-+]?\d+)?\s*%?\s*", re.IGNORECASE)
EXPECTED = "a header and one row per example"
Rows = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Grid:
    """names : of the columns, "" for row names without one. rows : (line, cells), read anew by
    each call. hollow : lines of nothing but separators, which are left out as blank ones are.
    line : what the numbers of rows count in the file. facts : what the file says of the examples
    beside the table, a text for each by name."""

    where: str
    names: tuple[str, ...]
    rows: Callable[[], Rows]
    notes: tuple[str, ...]
    hollow: int
    separator: str
    line: str
    named: bool  # by the file, not by their places
    facts: Mapping[str, list[str]] = field(default_factory=dict)


def read_grid(raw: bytes, where: str, reading: Reading) -> Grid:
    """The grid of a file's bytes; the first row is the header unless `reading` has another say.

    Raises DataError for other encodings, separators that fit equally well, rows of another length,
    a header that looks like an example, names that are not there or repeat.
    """
    records = _records(raw, where, reading.separator)
    found = made_grid(records, where, reading)
    notes = records.notes + found.notes
    return replace(found, notes=notes, hollow=records.hollow(), separator=records.separator)


def made_grid(records: Iterable[tuple[int, list[str]]], where: str, reading: Reading) -> Grid:
    """The grid of records (line, cells), which can be looped over again and again."""
    sample = sampled(records)
    if not any(sample):
        raise DataError(where, EXPECTED, "an empty file" if not sample else "no columns")
    header, width = _squared(sample, reading.header is not False)

    def rows() -> Rows:
        if header is not None:
            yield 1, header
        for line, cells in islice(records, header is not None, None):
            if len(cells) != width:
                cells = _cut(cells, width, f"{where}, line {line}")
            yield line, cells

    notes: tuple[str, ...] = ()
    if reading.transpose:
        columns = list(zip(*(cells for _, cells in rows()), strict=True))
        notes += ("columns of the file are the examples",)

    def turned() -> Rows:
        yield from ((k, list(cells)) for k, cells in enumerate(columns, 1))

    found = turned if reading.transpose else rows
    first, *body = sampled(found())
    if named := reading.header is not False:
        names = [name.strip() for name in first]
        names[0] = names[0].lstrip("# ")
        if reading.header is None:
            _refuse_example(where, names, body)
        names[1:] = [name or f"column {k}" for k, name in enumerate(names[1:], 2)]
    else:
        names = [f"column {k}" for k in range(1, len(first) + 1)]
        notes += ("no header: columns are named by their places",)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if len(names) < 2 or twice:
        expected = "a header of two or more column names, all different, separated by , ; or tab"
        got = f"'{twice[0]}' more than once" if twice else f"{len(names)} names"
        raise DataError(where, expected, got)

    def examples() -> Rows:
        return islice(found(), named, None)

    line = "column" if reading.transpose else "line"
    return Grid(where, tuple(names), examples, notes, 0, ",", line, named)


@dataclass(frozen=True)
class Records:
    """The records of a file, read anew by each loop over it: (line, cells), blank ones left out.

    skip : lines before the first record. spaced : whether spaces follow separators.
    notes : what is to be said of how it was understood.
    """

    raw: bytes
    where: str
    encoding: str
    separator: str = ","
    skip: int = 0
    spaced: bool = False
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Rows:
        spaced = self.spaced or self.separator == " "
        lines = self.lines()
        reader = csv.reader(lines, delimiter=self.separator, skipinitialspace=spaced, strict=True)
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield self.skip + reader.line_num, cells
        except csv.Error as error:
            place = f"{self.where}, line {self.skip + reader.line_num}"
            raise DataError(place, "a CSV row", str(error)) from None

    def lines(self) -> Iterator[str]:
        """The lines from the first record on."""
        text = io.TextIOWrapper(io.BytesIO(self.raw), self.encoding, newline="")
        return islice(text, self.skip, None)

    def hollow(self) -> int:
        """How many lines are separators and nothing else."""
        nothing, lines = f"{self.separator} \t\r\n", replace(self, skip=0).lines()
        return sum(self.separator in line and not line.strip(nothing) for line in lines)


def sampled(rows: Iterable[tuple[int, list[str]]]) -> list[list[str]]:
    """The cells of the first rows: two at least, if there are so many."""
    found: list[list[str]] = []
    for _, cells in islice(rows, SAMPLE_ROWS):
        found.append(cells)
        if len(found) > 1 and len(found) * len(cells) > SAMPLE_CELLS:
            break
    return found


def _records(raw: bytes, where: str, separator: str | None) -> Records:
    """The records of a file's bytes.

    The encoding is the one that a byte order mark names, else UTF-8, else Windows-1252, and then
    that is said. The separator is `separator`, or the one of a first line sep=; (Excel), or the
    one by which all rows have as many cells as the header. Lines at the start that begin with #
    are left out, but for a header that does.
    """
    encoding, notes = encoding_of(raw, where)
    records = Records(raw, where, encoding)
    said = re.fullmatch(r'"?sep=(.)"?\s*', next(records.lines(), ""))
    comments = sum(1 for _ in takewhile(lambda line: line.startswith("#"), records.lines()))
    records = replace(records, skip=1 if said else comments)
    if separator is None:
        separator = said[1] if said else _separator(records)
    found = NAMED.get(separator, separator)
    if len(found) != 1 or found in '"\r\n':
        raise DataError(where, "--separator of one character, tab or space", repr(separator))
    spaced = any(f'{found} "' in line for line in islice(records.lines(), 3))
    records = replace(records, separator=found, spaced=spaced)
    before = replace(records, skip=max(0, records.skip - 1))
    start = [cells for _, cells in islice(before, 2)] if comments else []
    if len(start) == 2 and len(start[0]) > 1 and _even(start):  # the last comment is the header
        records, comments = before, comments - 1
    if comments:
        notes += (f"left out {counted(comments, 'line')} of comments at the start",)
    return replace(records, notes=notes)


def encoding_of(raw: bytes, where: str) -> tuple[str, tuple[str, ...]]:
    """UTF-8, unless a mark at the start names another or the bytes are none: then Windows-1252,
    and that is said."""
    marked = next((name for mark, name in MARKS if raw.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1252"]:
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        note = "read as Windows-1252, since it is no UTF-8"
        return encoding, (note,) if encoding == "cp1252" else ()
    raise DataError(where, "text in UTF-8", "bytes that are not", "Save it in UTF-8.")


def _separator(records: Records) -> str:
    """The separator by which all rows of the sample are as long as the header."""
    start = next(dropwhile(str.isspace, records.lines()), "")
    start = re.sub(r'"[^"]*"', "quoted", start).strip(" \r\n")
    candidates = [s for s in SEPARATORS if s in start] or [s for s in " " if s in start]
    if candidates in ([], [","], [";"], ["\t"]):
        return candidates[0] if candidates else ","
    shares: dict[str, float] = {}
    for one in candidates:
        try:
            rows = sampled(replace(records, separator=one))
        except DataError:
            continue
        if _even(rows):
            cells = list(islice(chain.from_iterable(rows[1:]), 1000))
            shares[one] = sum(map(bool, map(NUMBER.fullmatch, cells))) / max(1, len(cells))
    best = [one for one, share in shares.items() if share == max(shares.values())]
    if len(best) > 1:
        got = " and ".join(map(repr, best)) + ", which fit equally well"
        raise DataError(records.where, "one separator", got, "Name it with --separator.")
    return best[0] if best else max(",;\t|", key=start.count)


def _even(rows: Sequence[list[str]]) -> bool:
    """Whether rows go with their header; it may lack the name of the first column (as R writes
    it), and separators may end lines."""
    header, *body = rows
    if not body:
        return len(header) > 1
    width = len(body[0])
    fits = all(len(row) == width or (len(row) > width and not any(row[width:])) for row in body)
    known = len(header) in (width, width - 1) or not any(header[width:])
    return width > 1 and fits and known


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
    while not header[-1] and not any(any(row[len(header) - 1 :]) for row in body):
        header = header[:-1]
    return header, len(header)


def _cut(cells: list[str], width: int, where: str) -> list[str]:
    """Cells without the empty ones that separators at the end of a line make."""
    if len(cells) > width and not any(cells[width:]):
        return cells[:width]
    fix = "Quote cells that hold the separator, complete the row, or remove lines above the header."
    raise DataError(where, f"{width} cells, as in the header", str(len(cells)), fix)


def _refuse_example(where: str, header: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """A first line with numbers among its names is a header if these rise (years, wavelengths)
    and no text in it is a cell of its column as well; all numbers are none."""
    values = [number(name.replace(",", ".")) for name in header]
    found = [value for value in values if value is not None]
    if not found:
        return
    rising = all(a < b for a, b in pairwise(found))
    texts = [k for k, value in enumerate(values) if value is None and header[k]]
    again = any(header[k] == row[k].strip() for k in texts for row in body)
    if again or not rising or not texts:
        got = "numbers only" if not texts else f"{len(found)} numbers among them"
        fix = "If there is none, add --no-header; if these are the names, --header."
        raise DataError(where, "a header of column names", got, fix)
