"""What the columns of a table are: the label, names of examples, features, left out."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule import checks
from chainrule.data.labels import FEW, alike
from chainrule.data.readers.categories import column_of
from chainrule.data.readers.columns import Columns, runs
from chainrule.data.readers.grid import Grid
from chainrule.data.readers.label_column import (
    LABELS,
    NUMBERED,
    WEAK,
    called,
    label_of,
    naming,
    place_of,
    quoted,
)
from chainrule.data.reading import Reading, listed
from chainrule.errors import DataError
from chainrule.files.csv_file import number

UNIT = re.compile(r" \[[%$€£¥]\]$")  # what a feature's name has from its cells


@dataclass(frozen=True)
class Roles:
    """Places of columns. label : a place, the name of a fact that is known from elsewhere, or None.
    facts : columns that are neither, by name. notes : what was decided, and how to decide
    otherwise."""

    label: int | str | None
    names: int | None
    features: tuple[int, ...]
    facts: dict[str, int]
    notes: tuple[str, ...]

    @property
    def as_written(self) -> set[int]:
        """Places whose cells are needed as they are written."""
        found = {self.label, self.names, *self.facts.values()}
        return {place for place in found if isinstance(place, int)}


def candidates(names: Sequence[str]) -> set[int]:
    """Places that are likely to be the label or names, whose cells are needed as written."""
    return {*called(names, range(len(names)), (*LABELS, WEAK)), 0, len(names) - 1}


def roles_of(
    columns: Columns,
    reading: Reading,
    features: Sequence[str] | None = None,
    facts: Collection[str] = (),
) -> Roles:
    """The roles of all columns.

    features : the columns that a model or a training set has, whose order is taken; all others are
        left out. Without it these are all that are neither label nor names, nor left out.
    facts : the names of what is known of the examples beside the table; the label may be among it.

    Raises DataError where a column's role is doubtful, with the option that decides it.
    """
    where, names = columns.grid.where, columns.grid.names
    known = {alike(name): k for k, name in enumerate(names)}
    fits, fixed = features is not None, _places(columns.grid, features or (), reading)
    folded = {name.casefold() for name in known}
    asked = {
        option: [
            place_of(names, one, where, f"a column for --{option},")
            for one in listed(getattr(reading, option), names)
            if not fits or alike(one).casefold() in folded
        ]
        for option in ("names", "drop", "keep")
    }
    for one, other in (("drop", "keep"), ("drop", "names"), ("keep", "names")):
        if both := set(asked[one]) & set(asked[other]):
            got = f"'{names[min(both)]}' in both"
            raise DataError(where, f"--{one} or --{other} of a column", got, "Leave one out.")
    own_facts = _facts(columns, reading, facts, optional=fits)
    aside = {*asked["drop"], *asked["names"], *own_facts.values(), *(fixed if fits else ())}
    free = [k for k in range(len(names)) if k not in aside]
    label = label_of(columns, reading.label, facts, free, fixed if fits else None)
    if isinstance(label, int) and label in aside:
        got = f"'{names[label]}', which --drop, --names or another option takes"
        raise DataError(where, "a label column", got, "Name another, or leave it there.")
    asked["drop"] += own_facts.values()
    found = _known(columns, label, fixed, asked) if fits else _sorted(columns, label, asked)
    return replace(found, facts=own_facts)


def column_key(name: str) -> str | float:
    """What columns are known by: their number, such as a wavelength, or their name."""
    value = number(name)
    return alike(name) if value is None else value


def _places(grid: Grid, features: Sequence[str], reading: Reading) -> list[int]:
    """Where these features are, in their order; DataError if some are not."""
    known = {alike(name): k for k, name in enumerate(grid.names)}
    bare = [UNIT.sub("", alike(name)) for name in features]
    if reading.categories == "onehot":
        bare = list(dict.fromkeys(column_of(name, known) for name in bare))
    by_value = {column_key(name): k for name, k in known.items()}
    places = {name: known.get(name, by_value.get(column_key(name))) for name in bare}
    found = [place for place in places.values() if place is not None]
    if len(found) == len(places):
        return found
    lacking = [name for name, place in places.items() if place is None]
    label = alike(reading.label or "").casefold()
    plain = ("", label, *LABELS, *map(alike, listed(reading.drop, grid.names)))
    free = (name for name, k in known.items() if k not in found and name.casefold() not in plain)
    others = list(free)
    got = f"{len(lacking)} missing ({checks.listed(lacking, FEW)})"
    if others:
        got += f", {len(others)} others ({checks.listed(others, FEW)})"
    expected = f"the {len(bare)} columns of the training set"
    raise DataError(grid.where, expected, got, "Name the columns alike.")


def _facts(
    columns: Columns, reading: Reading, others: Collection[str], optional: bool
) -> dict[str, int]:
    """Places of the columns that are asked for as facts, by name as asked, but for those that are
    known from elsewhere. optional : whether they may be missing, as from what a model is tried
    on."""
    names, where = columns.grid.names, columns.grid.where
    folded = {alike(name).casefold() for name in names}
    return {
        wanted: place_of(names, wanted, where, f"a column for --{option},", others)
        for option, wanted in reading.fact_columns.items()
        if wanted not in others and (not optional or alike(wanted).casefold() in folded)
    }


def _known(
    columns: Columns, label: int | str | None, features: Sequence[int], asked: dict[str, list[int]]
) -> Roles:
    """The roles where the features are known."""
    names = columns.grid.names
    rest = [k for k in range(len(names)) if k not in {*features, label}]
    held = [k for k in rest if not _empty(columns, k)]
    named = asked["names"] or [k for k in held if not names[k] or naming(columns, k)]
    out = [f"'{names[k]}'" for k in held if k not in (*named[:1], *asked["drop"])]
    notes = (f"left out {checks.listed(out, FEW)}: no features of the training set",) if out else ()
    return Roles(label, named[0] if named else None, tuple(features), {}, notes)


def _sorted(columns: Columns, label: int | str | None, asked: dict[str, list[int]]) -> Roles:
    """The roles of all columns beside the label by what they hold."""
    where, names = columns.grid.where, columns.grid.names
    features: list[int] = []
    named = asked["names"][0] if asked["names"] else None
    others = [k for k in range(len(names)) if k not in {label, named, *asked["drop"]}]
    numbered: dict[int, str] = {}
    empty = []
    for k in others:
        text = columns.texts.get(k)
        if k in asked["keep"]:
            features.append(k)
        elif _empty(columns, k):
            empty.append(k)
        elif not names[k] and named is None:
            named = k
        elif why := _numbered(columns, k):
            numbered[k] = why
        elif not text or text.numeric or not text.different:
            features.append(k)  # of texts that repeat, too, which are then named one by one
        else:  # cells with letters are names; others may be numbers of some kind
            worded = any(map(str.isalpha, "".join(text.cells)))
            if worded and k == others[0] and named is None:
                named = k
                continue
            what = "texts are all different" if worded else "cells are no plain numbers"
            fix = f"Names of the examples: --names {quoted(names[k])}; else --drop it, or mend it."
            got = f"'{names[k]}', whose {what}"
            raise DataError(where, "columns of numbers beside the label", got, fix)
    first = next(iter(numbered), None)
    named = first if named is None else named
    if not features:
        fix = "" if first is None else f"If it is a feature: --keep {quoted(names[first])}."
        if columns.grid.facts:
            fix = "Give the file that has the values, and this one as --samples."
        raise DataError(where, "columns of features beside names and labels", "none", fix)
    notes = tuple(_left_out(names, numbered, empty))
    if named is not None and named not in numbered:
        column = f"column '{names[named]}'" if names[named] else "the column without a name"
        notes = (f"names of the examples from {column}", *notes)
    return Roles(label, named, tuple(features), {}, notes)


def _empty(columns: Columns, k: int) -> bool:
    text = columns.texts.get(k)
    return bool(text and all(text.gone) and re.fullmatch(r"|column \d+", columns.grid.names[k]))


def _left_out(names: Sequence[str], numbered: dict[int, str], empty: list[int]) -> Iterator[str]:
    """Of the columns left out one sentence for each reason. numbered : why, by place."""
    for why in dict.fromkeys(numbered.values()):
        some = [names[k] for k in numbered if numbered[k] == why]
        if len(some) == 1:
            yield f"left out column '{some[0]}', {why} (--keep {quoted(some[0])})"
        else:
            of = why.replace("a running number", "running numbers")
            shown = checks.listed([f"'{name}'" for name in some], FEW)
            yield f"left out {len(some):,} columns of {of}: {shown} (--keep NAME)"
    if len(empty) == 1:
        yield f"left out column {empty[0] + 1}, which is empty"
    elif empty:
        shown = checks.listed([str(k + 1) for k in empty], FEW)
        yield f"left out {len(empty):,} columns that are empty: {shown}"


def _numbered(columns: Columns, k: int) -> str:
    """Why a column of whole numbers numbers the examples, or ""."""
    name = columns.grid.names[k]
    called = columns.grid.named and NUMBERED.fullmatch(name)
    if not called and k not in columns.texts:  # of numbers that run the cells are text
        return ""
    values = columns.whole(k)
    if values is None:
        return ""
    if runs(values[:, None])[0]:
        return "a running number"
    if called and len(np.unique(values)) == len(values):
        return "whole numbers that are all different"
    if called:
        got = f"'{name}', whole numbers of which some are alike"
        fix = f"Leave it out with --drop {quoted(name)}, or --keep it as a feature."
        raise DataError(columns.grid.where, "features that measure", got, fix)
    return ""
