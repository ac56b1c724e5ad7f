"""Tables that know their columns' types: data frames of pandas and polars, Parquet, Feather, Excel.

pandas, pyarrow and openpyxl are the extra `tables`. Cells become text as they would stand in a CSV
file, row by row, so that all tables are understood by one set of rules.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from chainrule import wording
from chainrule.data.readers.grid import Grid, Rows, made_grid
from chainrule.data.reading import Reading, listed
from chainrule.errors import DataError, needing

CELLS = 2**21  # made text of at a time
ASKING = ("label", "names", "drop", "keep", "group_column", "batch_column")  # options for columns
GONE = ("<NA>", "NaT")  # what pandas has for missing values beside nan and None


def of_frame(frame: Any, reading: Reading, where: str = "") -> Grid:
    """A data frame's grid: examples are rows. An index that counts from 0 is none, any other names
    the examples."""
    if hasattr(frame, "collect"):  # of polars, lazy
        frame = frame.collect()
    where = where or "{} ({} x {})".format(type(frame).__name__, *frame.shape)
    header, index = list(map(str, frame.columns)), None
    if hasattr(frame, "iloc"):  # of pandas
        if frame.columns.nlevels > 1:
            got, fix = "columns of several levels", "Join them: frame.columns.map('_'.join)."
            raise DataError(where, "a name for each column", got, fix)
        if getattr(frame.index, "step", None) != 1 or frame.index.start != 0:
            index = frame.index.to_frame(index=False)
            if index.shape[1] > 1:
                fix = "Make columns of them, frame.reset_index(), and name or drop these."
                raise DataError(where, "an index of one level", f"{index.shape[1]} levels", fix)
            name = _cell(frame.index.name)
            asked = {one for option in ASKING for one in listed(getattr(reading, option))}
            header = [name if name in asked else "", *header]  # "" names the examples
    step = max(1, CELLS // max(1, len(header)))

    @lru_cache(1)
    def rendered(start: int) -> list[tuple[str, ...]]:
        part = slice(start, start + step)
        if index is None and hasattr(frame, "get_columns"):
            columns = [one.to_list() for one in frame[part].get_columns()]
        else:
            some = [frame] if index is None else [index, frame]
            columns = [one.tolist() for f in some for _, one in f.iloc[part].items()]
        decimal = reading.decimal or "."
        return list(zip(*(_cells(values, decimal) for values in columns), strict=True))

    records = _Records(header, len(frame), step, rendered)
    found = made_grid(records, where, replace(reading, header=True))
    return found if reading.transpose else replace(found, line="row")


def of_file(path: Path, reading: Reading) -> Grid:
    """The grid of a file of one of the READERS; DataError for one that cannot be read, and where
    what reads it is not installed."""
    where = str(path)
    try:
        with needing(where, f"that reads {path.suffix} files", "tables", DataError):
            return READERS[path.suffix.lower()](path, reading)
    except (DataError, OSError, MemoryError):
        raise
    except Exception as error:  # of three packages, each with errors of its own
        got = f"a damaged or another file ({' '.join(str(error).split())[:80]})"
        raise DataError(where, f"a {path.suffix} file", got) from None


def _by_pandas(name: str) -> Callable[[Path, Reading], Grid]:
    def read(path: Path, reading: Reading) -> Grid:
        import pandas
        import pyarrow  # noqa: F401 - which pandas needs for it

        return of_frame(getattr(pandas, name)(path), reading, str(path))

    return read


def _excel(path: Path, reading: Reading) -> Grid:
    """The sheet that is asked for by its name, or by its number from 1; else the first that is not
    empty. Of others it is said that they are there."""
    import openpyxl

    where, wanted, sheets = str(path), reading.sheet, {}
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for k, sheet in enumerate(book.worksheets, 1):
            sheet.reset_dimensions()  # which some programs write wrongly
            rows = [list(map(_cell, row)) for row in sheet.iter_rows(values_only=True)]
            if any(map(any, rows)):
                sheets[sheet.title] = rows
                wanted = sheet.title if wanted == str(k) else wanted
    if wanted not in sheets and (wanted or not sheets):
        expected = f"a sheet '{wanted}'" if wanted else "a sheet with a table"
        raise DataError(where, expected, wording.listed(list(sheets)) or "empty sheets")
    name = wanted or next(iter(sheets))
    rows, others = sheets[name], [f"'{other}'" for other in sheets if other != name]
    width = max(map(len, rows))
    full = ((line, row + [""] * (width - len(row))) for line, row in enumerate(rows, 1))
    records = [record for record in full if any(record[1])]
    try:
        made = made_grid(records, where, reading)
    except DataError as error:
        if not others or reading.sheet:
            raise
        fix = f"This is sheet '{name}' of {len(sheets)}: take another with --sheet, such as "
        raise DataError(where, error.expected, error.got, f"{fix}{others[0]}.") from None
    if others:
        left = f"left out others: {wording.listed(others, 3)} (--sheet)"
        made = replace(made, notes=(*made.notes, f"sheet '{name}'; {left}"))
    return made


READERS: dict[str, Callable[[Path, Reading], Grid]] = {
    ".parquet": _by_pandas("read_parquet"),
    ".feather": _by_pandas("read_feather"),
    ".xlsx": _excel,
    ".xlsm": _excel,
}


@dataclass(frozen=True)
class _Records:
    """A header and m rows as records of text, of which `step` are made at a time."""

    header: Sequence[str]
    m: int
    step: int
    rendered: Callable[[int], Sequence[Sequence[str]]]

    def __iter__(self) -> Rows:
        yield 0, list(self.header)
        for start in range(0, self.m, self.step):
            for line, cells in enumerate(self.rendered(start), start + 1):
                yield line, list(cells)


def _cells(values: Sequence[Any], decimal: str) -> Sequence[str]:
    """Cells of a column as a CSV file would have them."""
    kinds = set(map(type, values))
    if kinds == {float} and decimal == "." and not any(map(math.isnan, values)):
        return [text.removesuffix(".0") for text in map(repr, values)]
    return values if kinds == {str} else [_cell(value, decimal) for value in values]


def _cell(value: Any, decimal: str = ".") -> str:
    """A cell as a CSV file would have it; nothing where it is missing."""
    if isinstance(value, str):
        return value
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, (bool, int)):
        return str(int(value))
    text = str(value)
    if isinstance(value, float):
        return text.replace(".", decimal)
    return "" if text in GONE else text
