"""Decisions about doubtful labels: a CSV file that is edited by hand, applied when data are opened.

A label review writes one row for each suspect, with the decision "keep". Files and arrays of the
data stay as they are, so whatever was decided is taken back by writing "keep" again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset
from chainrule.data.labels import alike
from chainrule.data.readers.grid import read_grid
from chainrule.data.reading import Reading
from chainrule.errors import DataError, InputError
from chainrule.files import atomic
from chainrule.files.csv_file import unguarded, write_csv
from chainrule.wording import counted

ACTIONS = ("keep", "relabel", "drop")
NEEDED = ("name", "given", "decision")
COLUMNS = (
    *("name", "index", "given", "suggested", "probability_of_given", "probability_of_suggested"),
    *("decision", "relabel_as", "reason"),
)


@dataclass(frozen=True)
class Decision:
    """What is to become of one example.

    name, given : the example and its class as they were reviewed.
    index : its place then (from 0), by which examples of one name are told apart, or None.
    action : "keep", "relabel" or "drop". target : the class to relabel to, else "".
    where : file and line, for messages.
    """

    name: str
    given: str
    index: int | None
    action: str
    target: str
    where: str


@dataclass(frozen=True)
class Decisions:
    """The decisions of one file; `source` is its path."""

    source: str
    rows: tuple[Decision, ...]


def read_decisions(path: str | Path) -> Decisions:
    """The decisions of a CSV file, of any encoding and separator that tables may have.

    name, given : which example, and the class that it has in the data.
    decision : keep, relabel or drop.
    relabel_as : the class to relabel to; where it is empty, or no such column, the one in the
        column suggested.
    index : needed only where several examples have one name.

    Other columns are not looked at. An apostrophe before what a spreadsheet would take for a
    formula is no part of the text.

    Raises DataError for a file that cannot be read, columns that are not there, other decisions,
    and a class to relabel to where the decision is another.
    """
    where = str(path)
    with atomic.refused(path, "a file of decisions about labels", DataError):
        content = atomic.read_bytes(path)
    grid = read_grid(content, where, Reading(header=True))
    header = [name.casefold() for name in grid.names]
    if lacking := [name for name in NEEDED if header.count(name) != 1]:
        expected = f"a header with {', '.join(NEEDED)}, once each"
        raise DataError(where, expected, f"one without, or with several, {', '.join(lacking)}")
    found = []
    for line, cells in grid.rows():
        row = dict(zip(header, map(unguarded, cells), strict=True))
        found.append(_decision(row, f"{where}, line {line}"))
    return Decisions(where, tuple(found))


def write_decisions(rows: Iterable[Mapping[str, object]], path: str | Path) -> None:
    """Rows of COLUMNS as a CSV file that survives spreadsheets; probabilities with 4 digits.

    It begins with a byte order mark, by which they know UTF-8. InputError if the file exists:
    its decisions are somebody's work.
    """
    if Path(path).exists():
        fix = "Its decisions are not overwritten: choose another name, or remove it."
        raise InputError(str(path), "a file that does not exist yet", "one that does", fix)
    write_csv(path, COLUMNS, decision_cells(rows), "utf-8-sig")


def decision_cells(rows: Iterable[Mapping[str, object]]) -> list[list[str]]:
    """The cells of such a file, as text."""
    values = ([row.get(name, "") for name in COLUMNS] for row in rows)
    return [[f"{one:.4f}" if isinstance(one, float) else str(one) for one in v] for v in values]


def apply_decisions(data: Dataset, decisions: Decisions) -> Dataset:
    """A new data set with some labels changed and some examples left out; `source` says how many.

    Its scaling is the old one; `open_data(..., labels=path)` learns it from what remains.

    Raises DataError for an example that is not there, or of another class than the file says, or
    twice in the file; and for a class to relabel to that the data do not have.
    """
    checks.kind("apply_decisions", "data", data, Dataset)
    checks.kind("apply_decisions", "decisions", decisions, Decisions)
    return applied(data, decided(data, decisions), decisions.source)


def applied(data: Dataset, found: Mapping[int, Decision], source: str) -> Dataset:
    """The same by decisions of the file `source` that were `found` for these examples."""
    labels, stays = data.labels.copy(), np.ones(len(data), dtype=bool)
    for i, one in found.items():
        if one.action == "relabel":
            labels[i] = data.class_called(one.target, "relabel_as", one.where)
        stays[i] = one.action != "drop"
    n, dropped = int((labels != data.labels).sum()), int((~stays).sum())
    source = f"{data.source} ({n} relabeled, {dropped} dropped by {source})".lstrip()
    doubted = f"{counted(n, 'label')} changed, {counted(dropped, 'example')} left out, as networks "
    doubted = f"{doubted}doubted them" if n or dropped else ""
    return replace(data, labels=labels, source=source, doubted=doubted).select(stays)


def decided(data: Dataset, decisions: Decisions) -> dict[int, Decision]:
    """By the examples' places in the data; raises what `apply_decisions` does."""
    if data.task == "regression":
        expected = "classes, for decisions about doubtful labels (--labels)"
        raise DataError(data.source or "apply_decisions", expected, "a regression's numbers")
    places: dict[str, list[int]] = {}
    for i, name in enumerate(data.example_names):
        places.setdefault(alike(name), []).append(i)
    found: dict[int, Decision] = {}
    for one in decisions.rows:
        i = _place(one, places)
        if i in found:
            got = f"{one.name!r} again, decided in {found[i].where}"
            raise DataError(one.where, "each example once", got, "Leave one of the rows out.")
        found[i] = one
        label = data.classes[data.labels[i]]
        if alike(one.given) != alike(label):
            expected = f"{one.name!r} to be of the class {one.given!r}"
            fix = "This file was made for other data, or for classes made otherwise (positive)."
            raise DataError(one.where, expected, repr(label), fix)
    return found


def _decision(row: dict[str, str], where: str) -> Decision:
    action = row["decision"].strip().casefold()
    if action not in ACTIONS:
        expected = f"the decision to be one of {', '.join(ACTIONS)}"
        near = checks.did_you_mean(action, ACTIONS)
        raise DataError(where, expected, checks.describe(action), near)
    target = row.get("relabel_as", "")
    if target and action != "relabel":
        fix = "Write relabel for the decision, or empty relabel_as."
        raise DataError(where, "relabel_as with the decision relabel", action, fix)
    if action == "relabel":
        target = target or row.get("suggested", "")
    index = row.get("index", "").strip()
    if index and not (index.isdecimal() and len(index) < 20):
        raise DataError(where, "index to be a whole number", checks.describe(index))
    place = int(index) if index else None
    return Decision(row["name"], row["given"], place, action, target, where)


def _place(one: Decision, places: dict[str, list[int]]) -> int:
    """Where the example is in the data, whose names are at `places`."""
    found = places.get(alike(one.name), [])
    if len(found) == 1:
        return found[0]
    if one.index in found:
        return one.index
    if found:
        expected = f"the index of one of {len(found)} examples called {one.name!r}"
        got = "none" if one.index is None else str(one.index)
        fix = f"They are at {checks.listed([str(i) for i in found])}."
        raise DataError(one.where, expected, got, fix)
    fix = checks.did_you_mean(one.name, places, "This file was made for other data.", repr)
    raise DataError(one.where, "an example of the training set", repr(one.name), fix)
