"""A table of what is known of examples, joined to another one by the examples' names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule import checks
from chainrule.data.labels import FEW, alike
from chainrule.data.readers.formats import grid_of
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


def read_samples(source: str | Any) -> Samples:
    """The table of samples in a file or a data frame; DataError for one that cannot be read."""
    with atomic.refused(source, "a table of samples", DataError):
        grid = grid_of(source, Reading())
    where = grid.where
    rows = [list(map(unguarded, map(str.strip, cells))) for _, cells in grid.rows()]
    if not rows:
        raise DataError(where, "a header and a row for each sample", "a header only")
    cells = [list(column) for column in zip(*rows, strict=True)]
    if grid.facts:  # of expression data these, and the samples' names
        return Samples(where, {grid.names[0]: cells[0]} | dict(grid.facts))
    return Samples(where, dict(zip(grid.names, cells, strict=True)))
