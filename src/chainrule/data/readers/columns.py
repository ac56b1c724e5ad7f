"""The columns of a grid: numbers where the cells are plain numbers, else text.

Text may hold numbers, too, as people and spreadsheets write them: 1.234,5 and 1,234.5 and 1 234.5;
12 %; -3 with a real minus sign; EUR 3.50 with its sign.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, islice

import numpy as np

from chainrule.data.readers.grid import EXPECTED, Grid
from chainrule.data.reading import listed
from chainrule.errors import DataError
from chainrule.files.csv_file import number

MISSING = ("", "na", "n/a", "nan", "null", "?")  # how a missing value is written, in any case
EXACT = 2.0**53  # floats hold every whole number below
ONE_BY_ONE = 64  # cells that are looked at one by one
FEW_TEXTS = 16  # columns of text up to which single cells are taken out of a row
LEAST_RUN = 5  # rows from which on numbers that count upwards are no chance
SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
AFFIX = re.compile(r"([-+]?)\s*([$€£¥]?)\s*([-+]?[\d.,][^%$€£¥]*?)\s*([%$€£¥]?)")
# Groups of three digits: spaces of all widths, or apostrophes (Switzerland).
GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:[ '\u2019\u00a0\u202f\u2009]\d{3})+(?![\d])(.*)", re.S)
GROUPS = re.compile(r"[ '\u2019\u00a0\u202f\u2009]")
STYLES = {  # numbers by their decimal sign; the other one separates groups
    ".": re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(,\d{3})+|(?=\.\d))(\.\d*)?([eE][-+]?\d+)?"),
    ",": re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+|(?=,\d))(,\d*)?([eE][-+]?\d+)?"),
}
Array = np.ndarray


def numbers(cells: list[str]) -> Array:
    """Cells (n,) as float64, NaN for whatever is no finite number.

    All at once first, which spares a check of each cell; where that fails by halves, and only few
    cells one by one.
    """
    if "_" not in "".join(cells):
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
        else:
            values[np.isinf(values)] = np.nan
            return values
    if len(cells) > ONE_BY_ONE:
        half = len(cells) // 2
        return np.concatenate([numbers(cells[:half]), numbers(cells[half:])])
    found = map(number, cells)
    return np.array([math.nan if value is None else value for value in found], np.float64)


@dataclass(eq=False)
class Text:
    """A column of cells (m,) that is no column of plain numbers.

    missing : what says that a value is missing, folded; numbers_missing : those among that.
    """

    cells: list[str]
    missing: Collection[str] = ()
    numbers_missing: Collection[float] = ()

    @cached_property
    def gone(self) -> list[bool]:
        """(m,) which cells are missing."""
        found = [cell.strip().casefold() in self.missing for cell in self.cells]
        if self.numbers_missing:  # -999.0 is -999
            values = map(number, self.cells)
            found = [a or b in self.numbers_missing for a, b in zip(found, values, strict=True)]
        return found

    @cached_property
    def different(self) -> bool:
        """Whether no two cells are alike, and none is missing."""
        return len(set(map(str.strip, self.cells))) == len(self.cells) and not any(self.gone)

    @property
    def tidy(self) -> list[str]:
        """The cells without groups of digits, minus signs of other kinds, and the affix that all
        have."""
        return self._written[0]

    @property
    def affix(self) -> str:
        """% or a currency's sign, if all cells that are not missing have it."""
        return self._written[1]

    @cached_property
    def _written(self) -> tuple[list[str], str]:
        tidy = [_ungrouped(cell.strip().translate(SIGNS)) for cell in self.cells]
        found = {k: AFFIX.fullmatch(tidy[k]) for k, gone in enumerate(self.gone) if not gone}
        affixes = {(m[2] or m[4]) if m and not (m[2] and m[4]) else None for m in found.values()}
        affix = (affixes.pop() or "") if len(affixes) == 1 else ""
        if affix:
            tidy = [
                _ungrouped(m[1] + m[3]) if (m := found.get(k)) else cell
                for k, cell in enumerate(tidy)
            ]
        return tidy, affix

    @cached_property
    def _fits(self) -> list[set[str]]:
        """The decimal signs with which a cell is a number, of each cell that is one."""
        present = (cell for cell, gone in zip(self.tidy, self.gone, strict=True) if not gone)
        fits = ({sign for sign, style in STYLES.items() if style.fullmatch(c)} for c in present)
        return [signs for signs in fits if signs]

    @cached_property
    def styles(self) -> set[str]:
        """The decimal signs with which every cell that is a number at all is one."""
        return set(STYLES).intersection(*self._fits)

    @property
    def numeric(self) -> bool:
        """Whether at least half of the cells that are not missing are numbers."""
        return 2 * len(self._fits) >= max(1, len(self.cells) - sum(self.gone))

    def doubtful(self, signs: str) -> bool:
        """Whether it depends on the decimal sign which numbers they are. signs : those of which
        that is asked, "," or ".,"."""
        return len(self.styles) == 2 and any(s in cell for cell in self.tidy for s in signs)

    def plain(self, decimal: str) -> list[str]:
        """The cells with a point as decimal sign, as `float` reads them; empty where one is no
        number with this sign."""
        other, style = "." if decimal == "," else ",", STYLES[decimal]
        return [
            cell.replace(other, "").replace(",", ".") if style.fullmatch(cell) else ""
            for cell in self.tidy
        ]


def _ungrouped(cell: str) -> str:
    if " " not in cell and cell.isascii() and "'" not in cell:
        return cell
    found = GROUPED.fullmatch(cell)
    return GROUPS.sub("", cell[: found.start(1)]) + found[1] if found else cell


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a grid of m rows.

    X : (m, k) float64, finite: the columns of plain numbers, at the `places` (k,) of the grid.
    texts : the others, by place. lines : (m,) of the file.
    """

    grid: Grid
    X: Array
    places: Array
    texts: dict[int, Text]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)

    def numeric(self, place: int) -> bool:
        """Whether the column holds numbers, in at least half of the cells that are not missing."""
        return place not in self.texts or self.texts[place].numeric

    def classlike(self, place: int) -> bool:
        """Whether few values are shared by many examples."""
        text = self.texts.get(place)
        values = self._column(place).tolist() if text is None else text.cells
        return len(set(values)) <= max(2, min(20, len(self) // 2))

    def whole(self, place: int) -> Array | None:
        """(m,) of a column of whole numbers, or None."""
        text = self.texts.get(place)
        values = self._column(place) if text is None else numbers(text.cells)
        return values if (values == np.rint(values)).all() else None

    def _column(self, place: int) -> Array:
        return self.X[:, int(np.searchsorted(self.places, place))]


def missing_as(na: str | None) -> tuple[Collection[str], Collection[float]]:
    """What says that a value is missing, folded; the numbers among that."""
    missing = MISSING if na is None else {"", *(text.casefold() for text in listed(na))}
    return missing, {value for value in map(number, missing) if value is not None}


def read_columns(grid: Grid, na: str | None, texts: Collection[int]) -> Columns:
    """The columns; those at the places `texts` as text in any case.

    Of the others only the numbers are kept, so the rows are read a second time where some turn out
    to be no plain numbers, or numbers whose digits are needed: running ones, which are names, and
    those beyond what floats hold.
    """
    missing, values = missing_as(na)
    texts = set(texts)
    for _, cells in islice(grid.rows(), 3):
        texts |= set(np.flatnonzero(np.isnan(numbers(cells))).tolist())
    while True:
        X, found, lines = _read(grid, texts)
        if not lines:
            raise DataError(grid.where, EXPECTED, "a header only")
        places = np.array([k for k in range(len(grid.names)) if k not in texts], np.intp)
        odd = ~((X.max(axis=0) < EXACT) & (X.min(axis=0) > -EXACT)) | runs(X)  # NaN, too
        for value in values:
            odd |= np.equal(X, value).any(axis=0)
        if not odd.any():
            held = {k: Text(cells, missing, values) for k, cells in found.items()}
            return Columns(grid, X, places, held, lines)
        texts |= set(places[odd].tolist())


def _read(grid: Grid, texts: Collection[int]) -> tuple[Array, dict[int, list[str]], list[int]]:
    """The numbers of all rows, the cells of the columns `texts`, and where rows stand."""
    plain = [k not in texts for k in range(len(grid.names))]
    found: dict[int, list[str]] = {k: [] for k in sorted(texts)}
    rows, lines = [], []
    for line, cells in grid.rows():
        lines.append(line)
        for k, column in found.items():
            column.append(cells[k])
        if len(found) > FEW_TEXTS:
            cells = list(compress(cells, plain))
        else:
            for k in reversed(found):
                del cells[k]
        rows.append(numbers(cells))
    return np.stack(rows) if rows else np.empty((0, sum(plain))), found, lines


def runs(X: Array) -> Array:
    """(k,) which columns of X (m, k) count upwards by one: nothing that was measured does."""
    if len(X) < LEAST_RUN:
        return np.zeros(X.shape[1], bool)
    with np.errstate(over="ignore"):
        found = X[1] - X[0] == 1
    found[found] = (np.diff(X[:, found], axis=0) == 1).all(axis=0)
    return found
