"""A text file of rows and columns as records: its encoding, its separator, its first lines."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chainrule.errors import DataError

SEPARATORS = ",;\t|"  # tried by themselves, a space only where none of them is in the header
NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}
MARKS = (  # UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_ROWS, SAMPLE_CELLS = 50, 100_000  # looked at before all is read, whichever is less
NUMBER = re.compile(r"\s*[-+\u2212\u2013]?[\d.,]*\d[.,]?(e[-+]?\d+)?\s*%?\s*", re.IGNORECASE)


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

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        lines = self.lines()
        for _ in range(self.skip):
            next(lines)
        spaced = self.spaced or self.separator == " "
        reader = csv.reader(lines, delimiter=self.separator, skipinitialspace=spaced, strict=True)
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield self.skip + reader.line_num, cells
        except csv.Error as error:
            place = f"{self.where}, line {self.skip + reader.line_num}"
            raise DataError(place, "a CSV row", str(error)) from None

    def hollow(self) -> int:
        """How many lines are separators and nothing else, which are left out as blank ones are."""
        nothing = f"{self.separator} \t\r\n"
        return sum(self.separator in line and not line.strip(nothing) for line in self.lines())

    def lines(self) -> Iterator[str]:
        return iter(io.TextIOWrapper(io.BytesIO(self.raw), self.encoding, newline=""))


def sampled(rows: Iterable[tuple[int, list[str]]]) -> list[list[str]]:
    """The cells of the first rows: two at least, if there are so many."""
    found: list[list[str]] = []
    for _, cells in itertools.islice(rows, SAMPLE_ROWS):
        found.append(cells)
        if len(found) > 1 and len(found) * len(cells) > SAMPLE_CELLS:
            break
    return found


def read_records(raw: bytes, where: str, separator: str | None = None) -> Records:
    """The records of a file's bytes.

    The encoding is the one that a byte order mark names, else UTF-8, else Windows-1252, and then
    that is said. The separator is `separator`, or the one of a first line sep=; (Excel), or the
    one by which all rows have as many cells as the header. Lines at the start that begin with #
    are left out, but for a header that does.

    Raises DataError for other encodings and for separators that fit equally well.
    """
    encoding, notes = encoding_of(raw, where)
    records = Records(raw, where, encoding)
    lines = records.lines()
    first = next(lines, "")
    said = re.fullmatch(r'"?sep=(.)"?\s*', first)
    every = itertools.chain([first], lines)
    comments = list(itertools.takewhile(lambda line: line.startswith("#"), every))
    records = replace(records, skip=1 if said else len(comments))
    if separator is None:
        separator = said[1] if said else _separator(records)
    found = _one_character(separator, where)
    start = itertools.islice(records.lines(), records.skip, records.skip + 3)
    spaced = any(f'{found} "' in line for line in start)
    records = replace(records, separator=found, spaced=spaced)
    if comments and _is_header(records):
        records, comments = replace(records, skip=records.skip - 1), comments[:-1]
    if comments:
        notes += (f"left out {len(comments)} lines of comments at the start",)
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


def _one_character(separator: str, where: str) -> str:
    found = NAMED.get(separator, separator)
    if len(found) != 1 or found in '"\r\n':
        raise DataError(where, "--separator of one character, tab or space", repr(separator))
    return found


def _separator(records: Records) -> str:
    """The separator by which all rows of the sample are as long as the header."""
    lines = records.lines()
    start = next(itertools.dropwhile(str.isspace, itertools.islice(lines, records.skip, None)), "")
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
            cells = list(itertools.islice(itertools.chain.from_iterable(rows[1:]), 1000))
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


def _is_header(records: Records) -> bool:
    """Whether the line before the first record is as long as that."""
    rows = [cells for _, cells in itertools.islice(replace(records, skip=records.skip - 1), 2)]
    return len(rows) == 2 and len(rows[0]) > 1 and _even(rows)
