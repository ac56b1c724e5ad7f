"""Which column of a table is the label."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from chainrule import checks
from chainrule.data.labels import FEW, alike
from chainrule.data.readers.columns import Columns
from chainrule.errors import DataError

LABELS = ("label", "class", "target")  # the usual names of a label column, in any case
WEAK = "y"  # a label's name, or a coordinate's
# Row numbers under the names that they usually have: sample_id, PassengerId, Unnamed: 0.
NUMBERED = re.compile(r"(.*[^a-zA-Z])?(?i:id)|.*[a-z]I[dD]|(?i:index|unnamed: \d+)")


def label_of(
    columns: Columns,
    wanted: str | None,
    facts: Collection[str],
    free: Sequence[int],
    features: Sequence[int] | None,
) -> int | str | None:
    """The label's place, one of `free` unless it is `wanted`, or the fact that it is; a question
    where it may be another. features : the places of those that are known."""
    where, names = columns.grid.where, columns.grid.names
    known = {alike(name).casefold(): name for name in facts}
    if wanted is not None:
        return _wanted(columns, wanted, known, features) if wanted else None
    if not called(names, free, LABELS) and (
        usual := [known[name] for name in LABELS if name in known]
    ):
        return usual[0]
    if not free:
        raise DataError(where, "a label column", "none beside features and what is left out")
    if features is not None:
        others = [k for k in free if not naming(columns, k)]
        return [*free, *others, *called(names, free, LABELS)][-1]
    likely = next(filter(None, _likely(columns, free, facts)))
    if len(likely) > 1:
        got = " or ".join(f"'{names[k]}'" for k in likely)
        fix = f"Name it, such as --label {quoted(names[likely[0]])}."
        raise DataError(where, "one label column", got, fix)
    return likely[0]


def _wanted(
    columns: Columns, wanted: str, facts: Mapping[str, str], features: Sequence[int] | None
) -> int | str:
    """The label that is asked for. facts : their names, by what they are compared by."""
    where, names, key = columns.grid.where, columns.grid.names, alike(wanted).casefold()
    own = key in {alike(name).casefold() for name in names}
    if key in facts and not own:
        return facts[key]
    if features is not None and not own:
        fix = "Name it with --label, or ask chainrule predict, which needs none."
        raise DataError(where, f"a label column '{wanted}'", "none that is called so", fix)
    place = place_of(names, wanted, where, "a label column", list(facts.values()))
    if place in (features or ()):
        got = f"'{names[place]}', which is a feature"
        raise DataError(where, "a label column", got, "Name another with --label.")
    return place


def _likely(columns: Columns, free: Sequence[int], facts: Collection[str]) -> Iterator[list[int]]:
    """The columns that may be the label, by one rule after the other: the first that finds any
    decides, and several are a question."""
    grid, names, last = columns.grid, columns.grid.names, free[-1]
    yield called(names, free, LABELS)
    weak = called(names, free, (WEAK,))[:1]
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


def called(names: Sequence[str], free: Sequence[int], usual: Sequence[str]) -> list[int]:
    return [k for k in free if names[k].casefold() in usual]


def place_of(
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


def naming(columns: Columns, k: int) -> bool:
    """Whether a column that is no feature may name the examples."""
    if NUMBERED.fullmatch(columns.grid.names[k]):
        return True
    return k in columns.texts and not columns.numeric(k) and columns.texts[k].different


def quoted(name: str) -> str:
    """A column's name as a shell takes it."""
    text = f'"{name}"' if "," in name else name
    return f"'{text}'" if re.search(r"[^\w.:-]", text) else text
