"""CSV tables: a header, one example a row, a label column."""

import csv
import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from chainrule.data.cells import is_missing, number, numbers
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import encode
from chainrule.errors import DataError

LABELS = ("label", "class", "target", "y")  # the usual names of a label column, in any case
FEW = 5  # places listed in a message before it says how many more there are


def open_table(path: Path, label: str | None = None) -> Splits:
    """The examples of a CSV file, separated by comma, semicolon or tab, as float64 (n_x, m).

    label : the label column; without it the one called label, class, target or y, else the last.
        Dataset.source says which was taken.

    The first other column gives Dataset.names rather than a feature if it has no name, or if its
    cells are no numbers and all different. Dataset.feature_names are the remaining columns.

    Raises DataError, with line and column, for missing values, cells that are no finite number,
    rows of another length; for column names that repeat, text that is not UTF-8, no rows.
    """
    where = str(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return Splits(_read(file, where, label))
    except UnicodeDecodeError:
        fix = "Save the table as CSV in UTF-8."
        raise DataError(where, "text in UTF-8", "bytes that are not", fix) from None


@dataclass
class _Table:
    """The columns of a file as they fill up, row by row, and what is wrong in them.

    columns : names of the features; first and label stand apart.
    rows : (n_x,) floats each, NaN where a cell is no finite number.
    missing, wrong : how many such cells; places : where the first few are.
    """

    columns: list[str]
    rows: list[np.ndarray] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    missing: int = 0
    wrong: int = 0
    places: list[str] = field(default_factory=list)

    def blame(self, row: int, column: str, text: str) -> None:
        """Note a cell that is no number; row counts examples from 0."""
        if missing := is_missing(text):
            self.missing += 1
        else:
            self.wrong += 1
        if len(self.places) < FEW:
            what = "missing" if missing else "not a number"
            self.places.append(f"{what} in row {row + 1} (line {self.lines[row]}), '{column}'")

    def check(self, where: str) -> None:
        total = self.missing + self.wrong
        if total:
            more = f"; and {total - len(self.places)} more" if total > len(self.places) else ""
            raise DataError(
                where,
                "a number in every cell and a label in every row",
                f"{self.missing} missing values and {self.wrong} cells that are no finite number: "
                + "; ".join(self.places)
                + more,
                "Fill missing values or drop their rows; write categories as numbers, and "
                "decimals with a point.",
            )


def _read(file: TextIO, where: str, label: str | None) -> Dataset:
    records = table_records(file, where)
    header = [name.strip() for name in next(records, (0, []))[1]]
    place = _label_place(header, where, label)
    label_name, first_name, columns = _parts(header, place)
    table = _Table(columns)
    for line, cells in records:
        _add(table, line, cells, place, label_name)
    if not table.rows:
        raise DataError(where, "a header and one row per example", "a header only")
    named = _gives_names(first_name, table.first)
    X = np.stack(table.rows)
    if not named:
        X = np.column_stack([_column(table, first_name), X])
    table.check(where)
    feature_names = columns if named else [first_name, *columns]
    if not feature_names:
        raise DataError(where, "columns of features beside names and labels", "none")
    labels, classes = encode(table.labels)
    return Dataset(
        raw=X.T,
        labels=labels,
        classes=classes,
        names=tuple(table.first) if named else None,
        source=f"{where} (label column '{label_name}')",
        feature_names=tuple(feature_names),
    )


def table_records(file: TextIO, where: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the header and of each row that is not blank, all equally long."""
    start = file.readline()
    delimiter = max(",;\t", key=re.sub(r'"[^"]*"', "", start).count)
    reader = csv.reader(itertools.chain([start], file), delimiter=delimiter, strict=True)
    width = None
    try:
        for cells in reader:
            if not cells:
                continue
            width = width or len(cells)
            if len(cells) != width:
                raise DataError(
                    f"{where}, line {reader.line_num}",
                    f"{width} cells, as in the header",
                    str(len(cells)),
                    "Quote cells that hold the separator, or complete the row.",
                )
            yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{where}, line {reader.line_num}", "a CSV row", str(error)) from None


def _label_place(header: list[str], where: str, label: str | None) -> int:
    """Where the label column is; checks the header on the way."""
    twice = [name for name, count in Counter(header).items() if count > 1]
    if len(header) < 2 or twice:
        raise DataError(
            where,
            "a header of two or more column names, all different, separated by , ; or tab",
            f"'{twice[0]}' more than once" if twice else f"{len(header)} names",
        )
    if all(number(name) is not None for name in header):
        raise DataError(
            where,
            "a header of column names",
            "numbers only",
            "Add a first line that names columns.",
        )
    folded = [name.casefold() for name in header]
    if label is None:
        return next((folded.index(name) for name in LABELS if name in folded), len(header) - 1)
    if label in header:
        return header.index(label)
    if label.casefold() in folded:
        return folded.index(label.casefold())
    near = difflib.get_close_matches(label, header, n=1)
    raise DataError(
        where,
        f"a label column '{label}'",
        f"{len(header)} columns without it",
        f"Did you mean '{near[0]}'?" if near else f"The last column is '{header[-1]}'.",
    )


def _parts(header: list[str], place: int) -> tuple[str, str, list[str]]:
    """The label column's name, the first other one's, and the rest."""
    others = header[:place] + header[place + 1 :]
    return header[place], others[0], others[1:]


def _add(table: _Table, line: int, cells: list[str], place: int, label_name: str) -> None:
    """One row into the table."""
    label, first, rest = _parts(cells, place)
    row = len(table.rows)
    table.lines.append(line)
    table.labels.append(label.strip())
    table.first.append(first.strip())
    table.rows.append(numbers(rest))
    if is_missing(label):
        table.blame(row, label_name, label)
    for bad in np.flatnonzero(np.isnan(table.rows[-1])).tolist():
        table.blame(row, table.columns[bad], rest[bad])


def _gives_names(name: str, cells: list[str]) -> bool:
    """Whether the first column names the rows rather than measuring them."""
    if not name:
        return True
    texts = all(number(cell) is None and not is_missing(cell) for cell in cells)
    return texts and len(set(cells)) == len(cells)


def _column(table: _Table, name: str) -> np.ndarray:
    """The first column as a feature (m,)."""
    values = numbers(table.first)
    for bad in np.flatnonzero(np.isnan(values)).tolist():
        table.blame(bad, name, table.first[bad])
    return values
