"""Features with what is known of examples and features beside them: which of it are the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chainrule import checks
from chainrule.data.dataset import Splits
from chainrule.data.labels import FEW, alike
from chainrule.data.matrix.source import Source
from chainrule.data.readers.arrays import in_file
from chainrule.data.readers.columns import Text, missing_as
from chainrule.data.readers.label_column import LABELS
from chainrule.data.readers.labeled import labeled
from chainrule.data.readers.samples import read_samples
from chainrule.data.readers.table import UNLABELED
from chainrule.data.reading import Reading
from chainrule.errors import DataError

OPTIONS = ("label", "na", "missing", "samples", "group_column", "batch_column")  # that are heard


def annotated(
    where: str,
    features: Any,
    names: Sequence[str],
    feature_names: Sequence[str],
    facts: Mapping[str, Sequence[str]],
    reading: Reading,
    usual: str = "",
) -> Splits:
    """The examples that have a label.

    features : (m, n_x) of floats or bytes, or a Source. facts : what the file says of the examples,
    (m,) texts by name, "" where it is not known. usual : the fact that is the label, unless
    `reading` names another, of the file or of its table of samples.
    """
    columns, notes = {name: list(map(str, cells)) for name, cells in facts.items()}, tuple[str]()
    if reading.samples is not None:
        joined, notes = read_samples(reading.samples).joined(names, where)
        columns |= joined
    _refuse(where, reading, columns)
    label, m = _label(where, columns, reading.label, usual), len(names)
    cells = columns.pop(label) if label else [UNLABELED] * m
    notes = ((f"labels from '{label}'",) if label else ()) + notes
    X, *said = in_file(where, features, m) if isinstance(features, Source) else (features.T,)
    notes += tuple(said)
    labels = Text(cells, *missing_as(reading.na))
    asked, as_read = reading.fact_columns, replace(reading, label=reading.label and label)
    known_of = names, columns, asked, as_read, feature_names, notes
    return Splits(labeled(where, X, label, labels, *known_of))


def _refuse(where: str, reading: Reading, columns: Mapping[str, Any]) -> None:
    """Options of a table that say nothing here, and columns that are not there."""
    if unheard := [name for name in reading.given if name not in OPTIONS]:
        expected = f"a table, since --{unheard[0].replace('_', '-')} is given"
        raise DataError(where, expected, "another kind of file", "Leave it out.")
    for option, name in reading.fact_columns.items():
        if name not in columns:
            got, near = checks.listed(list(columns), FEW), checks.did_you_mean(name, columns)
            raise DataError(where, f"'{name}' (--{option}) among what is known", got, near)


def _label(where: str, columns: Mapping[str, Sequence[str]], wanted: str | None, usual: str) -> str:
    """Which of the columns is the label; "" for none."""
    folded = {alike(name).casefold(): name for name in columns}
    if wanted is not None:
        found = folded.get(alike(wanted).casefold(), "")
        if wanted and not found:
            got, near = checks.listed(list(columns), FEW), checks.did_you_mean(wanted, columns)
            raise DataError(where, f"'{wanted}' (--label) among what is known", got, near)
        return found
    found = next((folded[name] for name in (usual, *LABELS) if name in folded), "")
    if not found:
        got = checks.listed(list(columns), FEW) or "nothing known of the examples"
        raise DataError(where, "which label is meant", got, "Name one with --label.")
    return found
