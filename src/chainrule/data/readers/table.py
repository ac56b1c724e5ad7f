"""Tables: one example a row, a label column.

Read in steps, each in a file of its own: formats (what it is kept in), grid (encoding, separator,
header), columns (numbers or text), roles (label, names, features), samples (what else is known of
the examples), written (how the numbers are written), and here all of them.
"""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import alike
from chainrule.data.readers import expression
from chainrule.data.readers.columns import Text, missing_as, read_columns
from chainrule.data.readers.formats import grid_of
from chainrule.data.readers.grid import Grid
from chainrule.data.readers.labeled import labeled
from chainrule.data.readers.roles import candidates, roles_of
from chainrule.data.readers.samples import read_samples
from chainrule.data.readers.written import Written
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files.csv_file import number

UNLABELED = "unlabeled"  # the one class of a table that is read without its labels


def open_table(
    source: Path | Any, reading: Reading | None = None, features: Sequence[str] | None = None
) -> Splits:
    """The examples of a table as float64 (n_x, m).

    source : a file, or a data frame of pandas or polars.
    reading : what decides where the table is doubtful.
    features : the columns of the training set, if this is to go with one: they are the features
        then, and others are left out.

    Dataset.feature_names are the features' columns, Dataset.names the row names if there are
    any; Dataset.notes say what was understood: the label column, what was left out and why, how
    numbers are written where that is not plain.

    Raises DataError, with line and column, for missing values, cells that are no finite number,
    rows of another length; and, with the option that decides it, for whatever is doubtful.
    """
    reading = reading or Reading()
    if reading.decimal not in (None, ".", ","):
        raise DataError("--decimal", ". or ,", repr(reading.decimal))
    grid = _oriented(source, reading, features)
    if expression.CLASS in grid.facts and str(reading.label).lower().endswith(".cls"):
        reading = replace(reading, label=expression.CLASS)
    return Splits(_examples(grid, reading, features))


def _oriented(source: Path | Any, reading: Reading, features: Sequence[str] | None) -> Grid:
    """The grid, with rows and columns changed where only so it has most of the `features`."""
    grid, wanted = grid_of(source, reading), set(map(alike, features or ()))
    if 2 * len(wanted & set(map(alike, grid.names))) < len(wanted):
        with contextlib.suppress(DataError):
            turned = grid_of(source, replace(reading, transpose=not reading.transpose))
            if 2 * len(wanted & set(map(alike, turned.names))) >= len(wanted):
                return turned
    return grid


def _examples(grid: Grid, reading: Reading, features: Sequence[str] | None) -> Dataset:
    sheet = None if reading.samples is None else read_samples(reading.samples)
    known = [*grid.facts, *(sheet.columns if sheet else ())]
    table, decimal = _numbered(grid, reading, features, known)
    X, called, notes = table.measured(decimal or ".", reading, features)
    roles, texts = table.roles, table.columns.texts
    names = None if roles.names is None else list(map(str.strip, texts[roles.names].cells))
    facts = {name: list(map(str.strip, cells)) for name, cells in grid.facts.items()}
    if sheet is not None:
        joined, said = sheet.joined(names, grid.where)
        facts, notes = facts | joined, notes + said
    facts |= {name: list(map(str.strip, texts[k].cells)) for name, k in roles.facts.items()}
    label, labels, said = _labels(table, facts, reading)
    notes = (*said, *roles.notes, *notes)
    asked = reading.fact_columns if features is None else {}
    as_read = replace(reading, label=label, decimal=decimal)
    known_of = names, facts, asked, as_read, called, notes
    found = labeled(grid.where, X.T, label, labels, *known_of)
    return found.noted(*_same_values(found.classes), *grid.notes)


def _labels(
    table: Written, facts: dict[str, list[str]], reading: Reading
) -> tuple[str, Text, tuple[str, ...]]:
    """The label's name, its cells, and a note; of what is one of the `facts`, from which it is
    taken out, or none."""
    found, columns = table.roles.label, table.columns
    if isinstance(found, int):
        name = columns.grid.names[found]
        return name, columns.texts[found], (f"label column '{name}'",)
    if found is None:
        return "", Text([UNLABELED] * len(columns)), ()
    if found in reading.fact_columns.values():
        got, fix = f"'{found}', which another option takes", "Name another."
        raise DataError(columns.grid.where, "a label", got, fix)
    cells = Text(facts.pop(found), *missing_as(reading.na))
    return found, cells, (f"label '{found}' of the samples",)


def _numbered(
    grid: Grid, reading: Reading, features: Sequence[str] | None, facts: Collection[str]
) -> tuple[Written, str | None]:
    """The columns and their roles, and the decimal sign of their numbers if they have any."""
    table = _understood(grid, reading, features, candidates(grid.names), facts)
    if grid.separator == ";" and reading.decimal is None and (more := table.perhaps_thousands()):
        table = _understood(grid, reading, features, {*table.columns.texts, *more}, facts)
    decimal = reading.decimal or table.decimal()
    if decimal == ",":  # 1.500 is read as text, then, too: no plain number
        table = _understood(grid, reading, features, range(len(grid.names)), facts)
        if reading.decimal is None:
            table.decimal()  # all columns say the same
    return table, decimal


def _understood(
    grid: Grid,
    reading: Reading,
    features: Sequence[str] | None,
    texts: Collection[int],
    facts: Collection[str],
) -> Written:
    """The columns, those at `texts` as text, and their roles; label, names and facts are text.
    facts : the names of what is known of the examples beside the table."""
    columns = read_columns(grid, reading.na, texts)
    roles = roles_of(columns, reading, features, facts)
    if lacking := roles.as_written - columns.texts.keys():
        return _understood(grid, reading, features, lacking | columns.texts.keys(), facts)
    return Written(columns, roles)


def _same_values(classes: Sequence[str]) -> tuple[str, ...]:
    """A word on classes that differ in writing only, as 1 and 1.0 do."""
    return tuple(
        f"classes '{a}' and '{b}' are two, since they are written differently"
        for a, b in pairwise(classes)
        if number(a) is not None and number(a) == number(b)
    )[:1]
