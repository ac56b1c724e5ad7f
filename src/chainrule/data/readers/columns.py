"""The columns of a grid: numbers where the cells are plain numbers, else text."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import Any

import numpy as np

from chainrule.data.readers.cells import EXACT, MISSING, is_missing, numbers
from chainrule.data.readers.grid import Grid
from chainrule.data.readers.number_format import Written, written
from chainrule.data.reading import listed
from chainrule.errors import DataError
from chainrule.files.csv_file import number

FEW_TEXTS = 16  # columns of text up to which single cells are taken out of a row
LEAST_RUN = 5  # rows from which on numbers that count upwards are no chance
Array = np.ndarray


@dataclass
class Columns:
    """The columns of a grid of m rows.

    X : (m, k) float64, finite: the columns of plain numbers, at the `places` (k,) of the grid.
    texts : the cells of the others, by place. lines : (m,) of the file.
    missing : what says that a value is missing, folded; also the numbers among that.
    """

    grid: Grid
    X: Array
    places: Array
    texts: dict[int, list[str]]
    lines: list[int]
    missing: Collection[str]
    numbers_missing: Collection[float]
    _gone: dict[int, list[bool]] = field(default_factory=dict)
    _written: dict[int, Written] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def gone(self, place: int) -> list[bool]:
        """(m,) which cells of a text column are missing."""
        if place not in self._gone:
            self._gone[place] = [self._is_gone(cell) for cell in self.texts[place]]
        return self._gone[place]

    def _is_gone(self, cell: str) -> bool:
        if is_missing(cell, self.missing):
            return True
        return bool(self.numbers_missing) and number(cell) in self.numbers_missing

    def written(self, place: int) -> Written:
        """How the numbers of a text column are written."""
        if place not in self._written:
            self._written[place] = written(self.texts[place], self.gone(place))
        return self._written[place]

    def numeric(self, place: int) -> bool:
        """Whether the column holds numbers, in at least half of the cells that are not missing."""
        if place not in self.texts:
            return True
        present = len(self) - sum(self.gone(place))
        return 2 * self.written(place).numeric >= max(1, present)

    def cells(self, place: int) -> Sequence[Any]:
        """The cells of a column, numbers or texts."""
        if place in self.texts:
            return self.texts[place]
        return self.X[:, int(np.searchsorted(self.places, place))].tolist()

    def whole(self, place: int) -> Array | None:
        """(m,) of a column of whole numbers, or None."""
        values = numbers(self.texts[place]) if place in self.texts else np.array(self.cells(place))
        return values if (values == np.rint(values)).all() else None

    def different(self, place: int) -> bool:
        """Whether no two cells of a text column are alike, and none is missing."""
        cells = [cell.strip() for cell in self.texts[place]]
        return len(set(cells)) == len(cells) and not any(self.gone(place))


def read_columns(grid: Grid, na: str | None, texts: Collection[int]) -> Columns:
    """The columns; those at the places `texts` as text in any case.

    Of the others only the numbers are kept, so the rows are read a second time where some turn out
    to be no plain numbers, or numbers whose digits are needed: running ones, which are names, and
    those beyond what floats hold.
    """
    missing = MISSING if na is None else {"", *(text.casefold() for text in listed(na))}
    texts = set(texts) | _texts_of([cells for _, cells in islice(grid.rows(), 3)])
    while True:
        columns = _read(grid, texts, missing)
        if not len(columns):
            raise DataError(grid.where, "a header and one row per example", "a header only")
        X = columns.X
        odd = ~((X.max(axis=0) < EXACT) & (X.min(axis=0) > -EXACT)) | runs(X)  # NaN, too
        for value in columns.numbers_missing:
            odd |= np.equal(X, value).any(axis=0)
        if not odd.any():
            return columns
        texts |= set(columns.places[odd].tolist())


def _texts_of(rows: Sequence[list[str]]) -> set[int]:
    return {k for cells in rows for k in np.flatnonzero(np.isnan(numbers(cells))).tolist()}


def _read(grid: Grid, texts: Collection[int], missing: Collection[str]) -> Columns:
    plain = [k not in texts for k in range(len(grid.names))]
    found: dict[int, list[str]] = {k: [] for k in sorted(texts)}
    rows, lines = [], []
    for line, cells in grid.rows():
        lines.append(line)
        for k, column in found.items():
            column.append(cells[k])
        rows.append(numbers(_without(cells, found, plain)))
    X = np.stack(rows) if rows else np.empty((0, sum(plain)))
    values = {value for value in map(number, missing) if value is not None}
    return Columns(grid, X, np.flatnonzero(plain), found, lines, missing, values)


def _without(cells: list[str], few: Collection[int], plain: Sequence[bool]) -> list[str]:
    """The cells at places that are `plain`, all but those at `few`."""
    if len(few) > FEW_TEXTS:
        return list(compress(cells, plain))
    for k in sorted(few, reverse=True):
        del cells[k]
    return cells


def runs(X: Array) -> Array:
    """(k,) which columns of X (m, k) count upwards by one: nothing that was measured does."""
    if len(X) < LEAST_RUN:
        return np.zeros(X.shape[1], bool)
    with np.errstate(over="ignore"):
        found = X[1] - X[0] == 1
    found[found] = (np.diff(X[:, found], axis=0) == 1).all(axis=0)
    return found
