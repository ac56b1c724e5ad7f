"""A table of what is known of examples, joined to another one by the examples' names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chainrule import checks
from chainrule.data.labels import FEW, alike
from chainrule.data.readers.grid import read_grid
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files import atomic
from chainrule.files.csv_file import unguarded


@dataclass(frozen=True, eq=False)
class Samples:
    """columns : of the file, by name, each with the cells of all its rows."""

    where: str
    columns: dict[str, list[str]]

    def joined(
        self, names: Sequence[str] | None, where: str
    ) -> tuple[dict[str, list[str]], tuple[str, ...]]:
        """Its columns in the order of the examples `names` (m,) of the table `where`, "" for those
        that it does not have; and what does not join, in both directions.

        The column that names the examples is the one in which most of these names are found.

        Raises DataError for examples without names, none of which it has any, and names that it
        has twice.
        """
        if names is None:
            fix = "Say which column names them: --names COLUMN."
            raise DataError(where, "names of the examples, since --samples is given", "none", fix)
        wanted, given = list(map(alike, names)), set(map(alike, names))
        hits = {key: len(given & set(map(alike, own))) for key, own in self.columns.items()}
        key = max(hits, key=lambda one: hits[one])
        own = list(map(alike, self.columns[key]))
        if not hits[key]:
            expected = f"a column with the names of the examples of {where}"
            got = f"none of {checks.listed(wanted, FEW)}"
            near = checks.did_you_mean(wanted[0], [c for one in self.columns.values() for c in one])
            raise DataError(self.where, expected, got, near)
        places = {name: row for row, name in enumerate(own)}
        if twice := [name for row, name in enumerate(own) if places[name] != row and name in given]:
            got = f"{twice[0]!r} more than once in '{key}'"
            raise DataError(self.where, "each example once", got, "Leave one of the rows out.")
        here = [name in places for name in wanted]
        facts = {
            column: [cells[places[name]] if name in places else "" for name in wanted]
            for column, cells in self.columns.items()
            if column != key
        }
        notes = [f"facts of {sum(here)} examples from {self.where}, by '{key}'"]
        lacking = [name for name, found in zip(wanted, here, strict=True) if not found]
        others = [name for name in own if name not in given]
        for some, what in (
            (lacking, f"of the {len(here)} examples are not in {self.where}"),
            (others, f"of the {len(own)} rows of {self.where} are no examples of {where}"),
        ):
            if some:
                notes.append(f"{len(some)} {what}: {checks.listed(some, FEW)}")
        return facts, tuple(notes)


def read_samples(path: str) -> Samples:
    """The table of samples at `path`; DataError for one that cannot be read."""
    try:
        content = atomic.read_bytes(Path(path))
    except (OSError, ValueError) as error:
        raise DataError(path, "a table of samples", atomic.reason(error)) from None
    grid = read_grid(content, path, Reading())
    rows = [list(map(unguarded, map(str.strip, cells))) for _, cells in grid.rows()]
    if not rows:
        raise DataError(path, "a header and a row for each sample", "a header only")
    columns = zip(grid.names, map(list, zip(*rows, strict=True)), strict=True)
    return Samples(path, dict(columns))
