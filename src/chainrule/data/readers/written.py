"""How the numbers of a table are written: its decimal sign, and that there is one in each cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule import checks
from chainrule.data.labels import FEW
from chainrule.data.readers.categories import one_hot
from chainrule.data.readers.columns import EXACT, Columns, Text, numbers
from chainrule.data.readers.label_column import quoted
from chainrule.data.readers.roles import Roles, column_key
from chainrule.data.reading import Reading, listed
from chainrule.errors import DataError
from chainrule.files.csv_file import number
from chainrule.wording import counted

Array = np.ndarray
LEVELS, REPEATED = 20, 10  # texts of a column, or rows of each, from which they are categories
SHOWN = 3  # bad cells: more would push their number out of a line


@dataclass(frozen=True)
class Written:
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
        named = {j: texts[k] for j, k in each if k in texts and not texts[k].numeric}
        levels = {j: text for j, text in named.items() if not all(text.gone)}
        if features is None:
            self.check_levels(levels, listed(reading.keep, grid.names))
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
            each = zip(text.cells, cells, text.gone, strict=True)
            other = (not gone and a.strip().replace(decimal, ".") != b for a, b, gone in each)
            if text.numeric and any(other):
                grouped.append(name)
        notes = ["decimal sign ','"] if decimal == "," else []
        if grouped:
            how = "without separators of thousands, signs of percent or currency, dashes for minus"
            notes.append(f"numbers of {checks.listed(grouped, FEW)} read {how}")
        if cut:
            notes.append(f"{checks.listed(cut, FEW)}: rounded, since floats hold 16 digits")
        return X, tuple(notes)

    def check_levels(self, texts: Mapping[int, Text], kept: Sequence[str]) -> None:
        """DataError for a column of so many texts that they name patients, say, not categories."""
        grid, m = self.columns.grid, len(self.columns)
        for j, text in texts.items():
            name, count = grid.names[self.roles.features[j]], len(set(text.cells))
            if count > max(LEVELS, m / REPEATED) and name not in kept:
                got = f"'{name}', {count} texts in {m} rows"
                fix = f"If it says which rows belong together: --group-column {quoted(name)}; "
                fix += "else --drop it, or --keep it."
                raise DataError(grid.where, "columns of few texts that repeat", got, fix)

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
            f"{'missing' if lost[row, j] else 'not a number'} in {self._row(row)}, "
            f"'{grid.names[places[j]]}'"
            for row, j in np.argwhere(bad)[:SHOWN].tolist()
        ]
        total, missing = int(bad.sum()), int((lost & bad).sum())
        more = f"; and {total - SHOWN} more" if total > SHOWN else ""
        texts = f"{counted(total - missing, 'cell')} without a finite number"
        counts = [counted(missing, "missing value")] * (missing > 0) + [texts] * (total > missing)
        ways = {
            "--missing mean, median or zero fills what is missing": lost[:, : X.shape[1]].any(),
            "--categories onehot takes texts; --drop COLUMN leaves one out; write all decimals "
            "alike": total > missing,
            "drop rows without a label": gone.any(),
        }
        fix = "; ".join(way for way, helps in ways.items() if helps)
        fix = f"{fix[0].upper()}{fix[1:]}."
        expected = "a number in every cell" + " and a label in every row" * bool(gone.any())
        got = f"{' and '.join(counts)}: {'; '.join(each)}{more}"
        raise DataError(grid.where, expected, got, fix)

    def _row(self, row: int) -> str:
        """Which example, and where it stands if that is another count; one of expression data by
        its name."""
        grid, line, names = self.columns.grid, self.columns.lines[row], self.roles.names
        if grid.line in ("line", "column"):
            return f"row {row + 1} ({grid.line} {line})"
        own = None if names is None or grid.line != "sample" else self.columns.texts.get(names)
        return f"{grid.line} {own.cells[row] if own else line}"


def _loses_digits(cell: str) -> bool:
    """Whether a cell is a whole number that no float holds."""
    if not cell.lstrip("-+").isdecimal() or (value := number(cell)) is None:
        return False
    return abs(value) >= EXACT and int(cell) != int(value)
