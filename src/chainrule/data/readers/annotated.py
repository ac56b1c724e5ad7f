"""Features with what is known of examples and features beside them: which of it are the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import FEW, alike, encode_texts, merged
from chainrule.data.matrix.source import Source
from chainrule.data.readers.arrays import in_file
from chainrule.data.readers.columns import missing_as
from chainrule.data.readers.label_column import LABELS
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
    gone, _ = missing_as(reading.na)
    rows = [i for i, cell in enumerate(cells) if cell.strip().casefold() not in gone]
    if not rows:
        got, fix = "none for any example", "Choose others with --label."
        raise DataError(where, f"labels in '{label}'", got, fix)
    for option, name in reading.fact_columns.items():
        if lacking := sum(not columns[name][i] for i in rows):
            got = f"none for {lacking} of {len(rows)}"
            raise DataError(where, f"a text in '{name}' (--{option}) for each example", got)
    indices, classes = encode_texts([cells[i].strip() for i in rows])
    notes = ((f"labels from '{label}'",) if label else ()) + notes + merged(cells)
    if len(rows) < m:
        notes += (f"left out {m - len(rows)} examples without a label",)
    if isinstance(features, Source):
        X, said = in_file(where, features, m)
        X, notes = X if len(rows) == m else X.select(rows), (*notes, said)
    else:
        X = (features if len(rows) == m else features[rows]).T
    return Splits(
        Dataset(
            *(X, indices, classes, tuple(names[i] for i in rows)),
            source=where,
            feature_names=tuple(feature_names),
            notes=notes,
            reading=replace(reading, label=label) if reading.label else reading,
            facts={name: np.array(values, np.str_)[rows] for name, values in columns.items()},
        )
    )


def _refuse(where: str, reading: Reading, columns: Mapping[str, Any]) -> None:
    """Options of a table that say nothing here, and columns that are not there."""
    given = [name for name, value in vars(reading).items() if value != getattr(Reading, name)]
    if unheard := [name for name in given if name not in OPTIONS]:
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
