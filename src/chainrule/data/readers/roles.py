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
from chainrule.data.reading import Reading, listed
from chainrule.errors import DataError
from chainrule.files.csv_file import number

LABELS = ("label", "class", "target")  # the usual names of a label column, in any case
WEAK = "y"  # a label's name, or a coordinate's
UNIT = re.compile(r" \[[%$€£¥]\]$")  # what a feature's name has from its cells
# Row numbers under the names that they usually have: sample_id, PassengerId, Unnamed: 0.
NUMBERED = re.compile(r"(.*[^a-zA-Z])?(?i:id)|.*[a-z]I[dD]|(?i:index|unnamed: \d+)")


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
    return {*_called(names, range(len(names)), (*LABELS, WEAK)), 0, len(names) - 1}


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
    bare = [UNIT.sub("", alike(name)) for name in features or ()]
    if reading.categories == "onehot":
        bare = list(dict.fromkeys(column_of(name, known) for name in bare))
    by_value = {column_key(name): k for name, k in known.items()}
    places = {name: known.get(name, by_value.get(column_key(name))) for name in bare}
    if lacking := [name for name, place in places.items() if place is None]:
        raise _lacking(columns.grid, bare, lacking, reading)
    fits, fixed = features is not None, [k for k in places.values() if k is not None]
    folded = {name.casefold() for name in known}
    asked = {
        option: [
            _place(names, one, where, f"a column for --{option},")
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
    label = _label(columns, reading.label, facts, free, fixed if fits else None)
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


def _lacking(
    grid: Grid, wanted: Sequence[str], lacking: Sequence[str], reading: Reading
) -> DataError:
    """What is said of a table without some of the columns that it should have."""
    own = {alike(name): name for name in grid.names}
    label = alike(reading.label or "").casefold()
    plain = ("", label, *LABELS, *map(alike, listed(reading.drop, grid.names)))
    others = [own[name] for name in own if name not in wanted and name.casefold() not in plain]
    got = f"{len(lacking)} missing ({checks.listed(lacking, FEW)})"
    if others:
        got += f", {len(others)} others ({checks.listed(others, FEW)})"
    expected = f"the {len(wanted)} columns of the training set"
    return DataError(grid.where, expected, got, "Name the columns alike.")


def _facts(
    columns: Columns, reading: Reading, others: Collection[str], optional: bool
) -> dict[str, int]:
    """Places of the columns that are asked for as facts, by name as asked, but for those that are
    known from elsewhere. optional : whether they may be missing, as from what a model is tried
    on."""
    names, where = columns.grid.names, columns.grid.where
    folded = {alike(name).casefold() for name in names}
    return {
        wanted: _place(names, wanted, where, f"a column for --{option},", others)
        for option, wanted in reading.fact_columns.items()
        if wanted not in others and (not optional or alike(wanted).casefold() in folded)
    }


def _place(
    names: Sequence[str], wanted: str, where: str, what: str, facts: Collection[str] = ()
) -> int:
    """Where the column `wanted` is, in any case if there is none in this. facts : what else there
    is, for the error."""
    if wanted in names:
        return names.index(wanted)
    folded = [alike(name).casefold() for name in names]
    if alike(wanted).casefold() in folded:
        return folded.index(alike(wanted).casefold())
    last = f"The last column is '{names[-1]}'."
    if facts:
        last = f"Known of the examples are {checks.listed(tuple(facts), FEW)}."
    fix = checks.did_you_mean(wanted, [*names, *facts], last, lambda name: f"'{name}'")
    raise DataError(where, f"{what} '{wanted}'", f"{len(names)} columns without it", fix)


def _label(
    columns: Columns,
    wanted: str | None,
    facts: Collection[str],
    free: Sequence[int],
    features: Sequence[int] | None,
) -> int | str | None:
    """The label's place, one of `free` unless it is `wanted`, or the fact that it is; a question
    where it may be another. features : the places of those that are known."""
    where, names = columns.grid.where, columns.grid.names
    if wanted == "":
        return None
    known = {alike(name).casefold(): name for name in facts}
    if wanted is not None:
        key = alike(wanted).casefold()
        own = key in {alike(name).casefold() for name in names}
        if key in known and not own:
            return known[key]
        if features is not None and not own:
            fix = "Name it with --label, or ask chainrule predict, which needs none."
            raise DataError(where, f"a label column '{wanted}'", "none that is called so", fix)
        place = _place(names, wanted, where, "a label column", facts)
        if place in (features or ()):
            got = f"'{names[place]}', which is a feature"
            raise DataError(where, "a label column", got, "Name another with --label.")
        return place
    if not _called(names, free, LABELS) and (
        called := [known[name] for name in LABELS if name in known]
    ):
        return called[0]
    if not free:
        raise DataError(where, "a label column", "none beside features and what is left out")
    if features is not None:
        others = [k for k in free if not _naming(columns, k)]
        return [*free, *others, *_called(names, free, LABELS)][-1]
    likely = next(filter(None, _likely(columns, free, facts)))
    if len(likely) > 1:
        got = " or ".join(f"'{names[k]}'" for k in likely)
        fix = f"Name it, such as --label {quoted(names[likely[0]])}."
        raise DataError(where, "one label column", got, fix)
    return likely[0]


def _likely(columns: Columns, free: Sequence[int], facts: Collection[str]) -> Iterator[list[int]]:
    """The columns that may be the label, by one rule after the other: the first that finds any
    decides, and several are a question."""
    grid, names, last = columns.grid, columns.grid.names, free[-1]
    yield _called(names, free, LABELS)
    weak = _called(names, free, (WEAK,))[:1]
    if weak and weak != [last]:
        if columns.numeric(last) and not columns.numeric(weak[0]):
            yield weak
        both = [last, *weak]
        yield [k for k in both if columns.classlike(k)] or both
    if weak or not columns.numeric(last):
        yield [last]
    if texts := [k for k in free if not columns.numeric(k) and columns.classlike(k)]:
        yield [*texts, last]
    if facts:
        got = f"numbers only, and beside them {checks.listed(tuple(facts), FEW)}"
        raise DataError(grid.where, "a label column", got, "Name it with --label.")
    stems = [re.sub(r"\d+", "0", name) for name in names]
    if grid.named and "0" in stems[last] and 2 * stems.count(stems[last]) > len(names):
        got = f"none that is called so, and a last one, '{names[last]}', called like the others"
        turn = "if the columns of the file are the examples, add --transpose and a row of labels"
        fix = "ROW" if grid.line == "column" else f"COLUMN; {turn}"
        raise DataError(grid.where, "a label column", got, f"Name it with --label {fix}.")
    yield [last]


def _called(names: Sequence[str], free: Sequence[int], usual: Sequence[str]) -> list[int]:
    return [k for k in free if names[k].casefold() in usual]


def _naming(columns: Columns, k: int) -> bool:
    """Whether a column that is no feature may name the examples."""
    if NUMBERED.fullmatch(columns.grid.names[k]):
        return True
    return k in columns.texts and not columns.numeric(k) and columns.texts[k].different


def _known(
    columns: Columns, label: int | str | None, features: Sequence[int], asked: dict[str, list[int]]
) -> Roles:
    """The roles where the features are known."""
    names = columns.grid.names
    rest = [k for k in range(len(names)) if k not in {*features, label}]
    named = asked["names"] or [k for k in rest if not names[k] or _naming(columns, k)]
    out = [f"'{names[k]}'" for k in rest if k not in (*named[:1], *asked["drop"])]
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
        elif not names[k] and named is None:
            named = k
        elif text and all(text.gone) and re.fullmatch(r"|column \d+", names[k]):
            empty.append(k)
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


def quoted(name: str) -> str:
    """A column's name as a shell takes it."""
    text = f'"{name}"' if "," in name else name
    return f"'{text}'" if re.search(r"[^\w.:-]", text) else text
