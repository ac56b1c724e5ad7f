"""Text tables: one example a row, a label column.

Read in steps, each in a file of its own: records (encoding, separator), grid (header), columns
(numbers or text), roles (label, names, features), and here how the numbers are written.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import FEW, encode_texts, merged
from chainrule.data.readers.cells import loses_digits, numbers
from chainrule.data.readers.columns import Columns, read_columns
from chainrule.data.readers.grid import Grid, grid_of
from chainrule.data.readers.records import read_records
from chainrule.data.readers.roles import Roles, candidates, roles_of
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files import atomic
from chainrule.files.csv_file import number

Array = np.ndarray


def open_table(
    path: Path, reading: Reading | None = None, features: Sequence[str] | None = None
) -> Splits:
    """The examples of a text table as float64 (n_x, m).

    reading : what decides where the table is doubtful.
    features : the columns of the training set, if this is to go with one: they are the features
        then, and others are left out.

    Dataset.feature_names are the features' columns, Dataset.names the row names if there are
    any; Dataset.notes say what was understood: the label column, what was left out and why, how
    numbers are written where that is not plain.

    Raises DataError, with line and column, for missing values, cells that are no finite number,
    rows of another length; and, with the option that decides it, for whatever is doubtful.
    """
    where, reading = str(path), reading or Reading()
    if reading.decimal not in (None, ".", ","):
        raise DataError(where, "--decimal to be . or ,", repr(reading.decimal))
    records = read_records(atomic.read_bytes(path), where, reading.separator)
    if not records.encoding.startswith(("utf-16", "utf-32")) and b"\0" in records.raw[: 2**20]:
        raise DataError(where, "text in UTF-8", "zero bytes", "Save the table as CSV in UTF-8.")
    grid = grid_of(records, reading)
    columns, roles = _understood(grid, reading, features, candidates(grid.names))
    thousands = _perhaps_thousands(columns) if grid.separator == ";" else set()
    if thousands and reading.decimal is None:
        columns, roles = _understood(grid, reading, features, {*columns.texts, *thousands})
    decimal = reading.decimal or _decimal(columns, roles.features)
    if decimal == ",":  # 1.500 is read as text, then, too: no plain number
        columns, roles = _understood(grid, reading, features, range(len(grid.names)))
        if reading.decimal is None:
            _decimal(columns, roles.features)  # all columns say the same
    X, notes = _features(columns, roles.features, decimal or ".")
    if hollow := records.hollow():
        notes += (f"left out {hollow} lines of nothing but separators",)
    _check_cells(columns, roles, X, reading)
    cells, names = list(map(str.strip, columns.texts[roles.label])), roles.names
    labels, classes = encode_texts(cells)
    notes += _same_values(classes) + merged(columns.texts[roles.label])
    return Splits(
        Dataset(
            features=X.T,
            labels=labels,
            classes=classes,
            names=None if names is None else tuple(map(str.strip, columns.texts[names])),
            source=where,
            feature_names=tuple(
                f"{grid.names[k]} [{columns.written(k).affix}]"
                if k in columns.texts and columns.written(k).affix
                else grid.names[k]
                for k in roles.features
            ),
            reading=replace(reading, label=grid.names[roles.label], decimal=decimal),
            notes=(f"label column '{grid.names[roles.label]}'", *roles.notes, *notes, *grid.notes),
        )
    )


def _understood(
    grid: Grid, reading: Reading, features: Sequence[str] | None, texts: Collection[int]
) -> tuple[Columns, Roles]:
    """The columns, those at `texts` as text, and their roles; label and names are text."""
    columns = read_columns(grid, reading.na, texts)
    roles = roles_of(columns, reading, features)
    lacking = {k for k in (roles.label, roles.names) if k is not None} - columns.texts.keys()
    if lacking:
        return _understood(grid, reading, features, lacking | columns.texts.keys())
    return columns, roles


def _perhaps_thousands(columns: Columns) -> set[int]:
    """Places of columns of plain numbers such as 1.200, which may be 1200 where semicolons
    separate; none if some number has a point that can only be a decimal sign."""
    X = columns.X
    fractions = np.rint(X) != X
    groups = (np.abs(X) >= 1) & (np.abs(X) < 1000)
    groups[groups] = np.rint(1000 * X[groups]) == 1000 * X[groups]
    if (fractions & ~groups).any():
        return set()
    return set(columns.places[fractions.any(axis=0)].tolist())


def _decimal(columns: Columns, features: Sequence[int]) -> str | None:
    """The decimal sign of the whole table, by the columns that leave no doubt; None if no number
    has any."""
    forms = {k: columns.written(k) for k in features if k in columns.texts}
    only = {s: [k for k, form in forms.items() if form.styles == {s}] for s in ".,"}
    where, names = columns.grid.where, columns.grid.names
    if only["."] and only[","]:
        got = f". in '{names[only['.'][0]]}' and , in '{names[only[','][0]]}'"
        raise DataError(where, "one decimal sign", got, "Write all numbers alike, or --drop one.")
    if only[","]:
        return ","
    fractions = bool(only["."]) or bool(np.not_equal(columns.X, np.rint(columns.X)).any())
    signs = ".," if columns.grid.separator == ";" else ","
    doubtful = [k for k, form in forms.items() if form.doubtful(signs)]
    if doubtful and not fractions:
        got = f"'{names[doubtful[0]]}', whose numbers have a sign for decimals or for thousands"
        fix = "Say which: --decimal , if they are decimal signs, --decimal . if not."
        raise DataError(where, "columns of numbers", got, fix)
    return "." if fractions else None


def _features(
    columns: Columns, features: Sequence[int], decimal: str
) -> tuple[Array, tuple[str, ...]]:
    """X (m, n_x), NaN where a cell is no number; and what is to be said of how it is written."""
    plain = np.array([k not in columns.texts for k in features])
    at = np.searchsorted(columns.places, np.array(features)[plain])
    if plain.all() and np.array_equal(at, np.arange(columns.X.shape[1])):
        return columns.X, ()
    X = np.empty((len(columns), len(features)))
    X[:, plain] = columns.X[:, at]
    grouped, cut = [], []
    for j in np.flatnonzero(~plain).tolist():
        k, form = features[j], columns.written(features[j])
        cells = form.plain(decimal)
        X[:, j] = numbers(cells)
        X[columns.gone(k), j] = np.nan
        name = f"'{columns.grid.names[k]}'"
        if loses_digits(cells):
            cut.append(name)
        pairs = zip(columns.texts[k], cells, strict=True)
        if any(a.strip().replace(decimal, ".") != b for a, b in pairs):
            grouped.append(name)
    notes = ["decimal sign ','"] if decimal == "," else []
    if grouped:
        how = "without separators of thousands, signs of percent or currency, dashes for minus"
        notes.append(f"numbers of {checks.listed(grouped, FEW)} read {how}")
    if cut:
        notes.append(f"{checks.listed(cut, FEW)}: rounded, since floats hold 16 digits")
    return X, tuple(notes)


def _same_values(classes: Sequence[str]) -> tuple[str, ...]:
    """A word on classes that differ in writing only, as 1 and 1.0 do."""
    values = [number(name) for name in classes]
    pairs = zip(classes, classes[1:], values, values[1:], strict=False)
    return tuple(
        f"classes '{a}' and '{b}' are two, since they are written differently"
        for a, b, value, other in pairs
        if value is not None and value == other
    )[:1]


def _check_cells(columns: Columns, roles: Roles, X: Array, reading: Reading) -> None:
    """A number in every cell of X (m, n_x), and a label in every row."""
    grid, (m, n_x) = columns.grid, X.shape
    labels = columns.texts[roles.label]
    gone = columns.gone(roles.label)
    alike = [cell for cell, one in zip(labels, gone, strict=True) if one and cell.strip()]
    if alike and reading.na is None:
        raise DataError(
            grid.where,
            "a label in every row",
            f"{alike[0].strip()!r} in {len(alike)} of {m}, a class or a missing label",
            'If it is a class, add --na "" (only empty cells are missing); else drop these rows.',
        )
    bad = np.isnan(X)
    if not bad.any() and not any(gone):
        return
    lost = np.zeros((m, n_x + 1), bool)
    lost[:, n_x] = gone
    for j in np.flatnonzero(bad.any(axis=0)).tolist():
        lost[:, j] = columns.gone(roles.features[j])
    bad = np.column_stack([bad, gone])
    places = []
    for row, j in np.argwhere(bad)[:FEW].tolist():
        what = "missing" if lost[row, j] else "not a number"
        name = grid.names[(*roles.features, roles.label)[j]]
        places.append(f"{what} in row {row + 1} ({grid.line} {columns.lines[row]}), '{name}'")
    total, missing = int(bad.sum()), int(lost.sum())
    more = f"; and {total - FEW} more" if total > FEW else ""
    raise DataError(
        grid.where,
        "a number in every cell and a label in every row",
        f"{missing} missing values and {total - missing} cells that are no finite number: "
        + "; ".join(places)
        + more,
        "Fill missing values or drop their rows; write categories as numbers, and all decimals "
        "alike; --drop COLUMN leaves a column out.",
    )
