"""Tables: one example a row, a label column.

Read in steps, each in a file of its own: formats (what it is kept in), grid (encoding, separator,
header), columns (numbers or text), roles (label, names, features), samples (what else is known of
the examples), and here how the numbers are written.
"""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import FEW, alike, encode_texts, merged
from chainrule.data.readers import expression
from chainrule.data.readers.categories import one_hot
from chainrule.data.readers.columns import (
    EXACT,
    Columns,
    Text,
    missing_as,
    numbers,
    read_columns,
)
from chainrule.data.readers.formats import grid_of
from chainrule.data.readers.grid import Grid
from chainrule.data.readers.roles import Roles, candidates, column_key, roles_of
from chainrule.data.readers.samples import read_samples
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files.csv_file import number

Array = np.ndarray
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
    if isinstance(roles.label, int):
        label, labels = grid.names[roles.label], texts[roles.label]
        notes = (f"label column '{label}'", *roles.notes, *notes)
    elif roles.label is not None:
        label, labels = roles.label, Text(facts.pop(roles.label), *missing_as(reading.na))
        notes = (f"label '{label}' of the samples", *roles.notes, *notes)
    else:
        label, labels = "", Text([UNLABELED] * len(X), (), ())
        notes = (*roles.notes, *notes)
    rows = [i for i, gone in enumerate(labels.gone) if not gone]
    if len(rows) < len(X):
        notes += (f"left out {len(X) - len(rows)} examples without a label",)
        X = X[rows]
    for option, name in reading.fact_columns.items() if features is None else ():
        if lacking := sum(not facts[name][i] for i in rows):
            expected = f"a text in '{name}' (--{option}) for each example"
            fix = "Fill them in, or leave these examples out."
            raise DataError(grid.where, expected, f"none for {lacking} of {len(rows)}", fix)
    indices, classes = encode_texts([labels.cells[i].strip() for i in rows])
    return Dataset(
        X.T,
        indices,
        classes,
        None if names is None else tuple(names[i] for i in rows),
        source=grid.where,
        feature_names=tuple(called),
        reading=replace(reading, label=label, decimal=decimal),
        notes=(*notes, *_same_values(classes), *merged(labels.cells), *grid.notes),
        facts={name: np.array(values, np.str_)[rows] for name, values in facts.items()},
    )


def _numbered(
    grid: Grid, reading: Reading, features: Sequence[str] | None, facts: Collection[str]
) -> tuple["_Table", str | None]:
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
) -> "_Table":
    """The columns, those at `texts` as text, and their roles; label, names and facts are text.
    facts : the names of what is known of the examples beside the table."""
    columns = read_columns(grid, reading.na, texts)
    roles = roles_of(columns, reading, features, facts)
    if lacking := roles.as_written - columns.texts.keys():
        return _understood(grid, reading, features, lacking | columns.texts.keys(), facts)
    return _Table(columns, roles)


def _same_values(classes: Sequence[str]) -> tuple[str, ...]:
    """A word on classes that differ in writing only, as 1 and 1.0 do."""
    return tuple(
        f"classes '{a}' and '{b}' are two, since they are written differently"
        for a, b in pairwise(classes)
        if number(a) is not None and number(a) == number(b)
    )[:1]


@dataclass(frozen=True)
class _Table:
    """The columns of a table, whose roles are known."""

    columns: Columns
    roles: Roles

    def perhaps_thousands(self) -> set[int]:
        """Places of columns of plain numbers such as 1.200, which may be 1200 where semicolons
        separate; none if some number has a point that can only be a decimal sign."""
        X = self.columns.X
        fractions = np.rint(X) != X
        groups = (np.abs(X) >= 1) & (np.abs(X) < 1000)
        groups[groups] = np.rint(1000 * X[groups]) == 1000 * X[groups]
        if (fractions & ~groups).any():
            return set()
        return set(self.columns.places[fractions.any(axis=0)].tolist())

    def decimal(self) -> str | None:
        """The decimal sign of the whole table, by the columns that leave no doubt; None if no
        number has any."""
        grid, X, texts = self.columns.grid, self.columns.X, self.columns.texts
        numeric = [k for k in self.roles.features if k in texts and texts[k].numeric]
        forms = {f"'{grid.names[k]}'": texts[k] for k in numeric}
        points, commas = ([k for k, form in forms.items() if form.styles == {s}] for s in ".,")
        if points and commas:
            got, fix = (
                f". in {points[0]} and , in {commas[0]}",
                "Write all numbers alike, or --drop one.",
            )
            raise DataError(grid.where, "one decimal sign", got, fix)
        if commas:
            return ","
        if points or np.not_equal(X, np.rint(X)).any():
            return "."
        signs = ".," if grid.separator == ";" else ","
        for name, form in forms.items():
            if form.doubtful(signs):
                got = f"{name}, whose numbers have a sign for decimals or for thousands"
                fix = "Say which: --decimal , if they are decimal signs, --decimal . if not."
                raise DataError(grid.where, "columns of numbers", got, fix)
        return None

    def measured(
        self, decimal: str, reading: Reading, features: Sequence[str] | None
    ) -> tuple[Array, list[str], tuple[str, ...]]:
        """X (m, n_x) with the names of its columns, texts as features where that is asked for; and
        notes. features : those of the training set, if there is one."""
        X, notes = self.features(decimal)
        grid, texts, places = self.columns.grid, self.columns.texts, self.roles.features
        if grid.hollow:
            notes += (f"left out {grid.hollow} lines of nothing but separators",)
        affixes = (texts[k].affix if k in texts else "" for k in places)
        columns = zip(places, affixes, strict=True)
        called = [grid.names[k] + (a and f" [{a}]") for k, a in columns]
        if features is not None and len(features) == len(called):  # 1200 is 1200.0
            same = map(column_key, features), map(column_key, called)
            both = zip(features, called, *same, strict=True)
            called = [theirs if a == b else own for theirs, own, a, b in both]
        if reading.categories != "onehot":
            self.check_cells(X, reading)
            return X, called, notes
        each = enumerate(places)
        levels = {j: texts[k] for j, k in each if k in texts and not texts[k].numeric}
        for j, text in levels.items():
            X[:, j] = np.where(text.gone, np.nan, 0)
        self.check_cells(X, reading)
        X, called, said = one_hot(X, called, levels, features)
        return X, called, notes + said

    def features(self, decimal: str) -> tuple[Array, tuple[str, ...]]:
        """X (m, n_x), NaN where a cell is no number; and what is to be said of how it is
        written."""
        columns, features = self.columns, self.roles.features
        plain = np.array([k not in columns.texts for k in features])
        at = np.searchsorted(columns.places, np.array(features)[plain])
        if plain.all() and np.array_equal(at, np.arange(columns.X.shape[1])):
            return columns.X, ()
        X = np.empty((len(columns), len(features)))
        X[:, plain] = columns.X[:, at]
        grouped, cut = [], []
        for j in np.flatnonzero(~plain).tolist():
            text, name = columns.texts[features[j]], f"'{columns.grid.names[features[j]]}'"
            cells = text.plain(decimal)
            X[:, j] = numbers(cells)
            X[text.gone, j] = np.nan
            if any(map(_loses_digits, cells)):
                cut.append(name)
            pairs = zip(text.cells, cells, strict=True)
            if text.numeric and any(a.strip().replace(decimal, ".") != b for a, b in pairs):
                grouped.append(name)
        notes = ["decimal sign ','"] if decimal == "," else []
        if grouped:
            how = "without separators of thousands, signs of percent or currency, dashes for minus"
            notes.append(f"numbers of {checks.listed(grouped, FEW)} read {how}")
        if cut:
            notes.append(f"{checks.listed(cut, FEW)}: rounded, since floats hold 16 digits")
        return X, tuple(notes)

    def check_cells(self, X: Array, reading: Reading) -> None:
        """A number in every cell of X (m, n_x) that may not be missing, and a label in every row if
        the table has any."""
        columns, roles, grid = self.columns, self.roles, self.columns.grid
        places, gone = roles.features, np.zeros((len(X), 0), bool)
        if isinstance(roles.label, int):
            places += (roles.label,)
            gone = np.array(columns.texts[roles.label].gone)[:, None]
        named = [columns.texts[places[-1]].cells[i].strip() for i in np.flatnonzero(gone)]
        named = list(filter(None, named))
        if named and reading.na is None:
            got = f"{named[0]!r} in {len(named)} of {len(X)}, a class or a missing label"
            fix = 'If it is a class, add --na "" (only empty cells are missing)'
            fix += "; else drop these rows."
            raise DataError(grid.where, "a label in every row", got, fix)
        bad = np.column_stack([np.isnan(X), gone])
        lost = np.zeros_like(bad)
        for j in np.flatnonzero(bad.any(axis=0)).tolist():
            lost[:, j] = columns.texts[places[j]].gone
        if reading.missing != "refuse":
            bad[:, : X.shape[1]] &= ~lost[:, : X.shape[1]]
        if not bad.any():
            return
        each = [
            f"{'missing' if lost[row, j] else 'not a number'} in "
            f"{_row(grid, row, columns.lines[row])}, '{grid.names[places[j]]}'"
            for row, j in np.argwhere(bad)[:FEW].tolist()
        ]
        total, missing = int(bad.sum()), int((lost & bad).sum())
        more = f"; and {total - FEW} more" if total > FEW else ""
        raise DataError(
            grid.where,
            "a number in every cell and a label in every row",
            f"{missing} missing values and {total - missing} cells that are no finite number: "
            f"{'; '.join(each)}{more}",
            "--missing mean, median or zero fills what is missing; --categories onehot makes "
            "features of a column's texts; --drop COLUMN leaves one out; write all decimals alike.",
        )


def _row(grid: Grid, row: int, line: int) -> str:
    """Which example, and where it stands if that is another count."""
    counted = grid.line not in ("line", "column")
    return f"{grid.line} {line}" if counted else f"row {row + 1} ({grid.line} {line})"


def _loses_digits(cell: str) -> bool:
    """Whether a cell is a whole number that no float holds."""
    if not cell.lstrip("-+").isdecimal() or (value := number(cell)) is None:
        return False
    return abs(value) >= EXACT and int(cell) != int(value)
