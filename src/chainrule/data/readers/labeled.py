"""The examples that have a label, of features that are read and what is known of them beside."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.data.dataset import Dataset
from chainrule.data.labels import encode_texts, merged
from chainrule.data.readers.columns import Text
from chainrule.data.reading import Reading
from chainrule.errors import DataError


def labeled(
    where: str,
    X: Any,
    label: str,
    labels: Text,
    names: Sequence[str] | None,
    facts: Mapping[str, Sequence[str]],
    asked: Mapping[str, str],
    reading: Reading,
    feature_names: Sequence[str],
    notes: tuple[str, ...],
) -> Dataset:
    """X : (n_x, m), an array or a feature matrix. labels : (m,) cells of `label`. asked : the facts
    that no example may lack, by option. reading : with what was understood.

    DataError where no example has a label, and where one lacks such a fact.
    """
    rows = [i for i, gone in enumerate(labels.gone) if not gone]
    if not rows:
        got = "none for any example"
        raise DataError(where, f"labels in '{label}'", got, "Choose others with --label.")
    if (left := len(labels.cells) - len(rows)) > 0:
        notes += (f"left out {left} examples without a label",)
        X = X.T[rows].T if isinstance(X, np.ndarray) else X.select(rows)
    for option, name in asked.items():
        if lacking := sum(not facts[name][i] for i in rows):
            expected = f"a text in '{name}' (--{option}) for each example"
            fix = "Fill them in, or leave these examples out."
            raise DataError(where, expected, f"none for {lacking} of {len(rows)}", fix)
    indices, classes = encode_texts([labels.cells[i].strip() for i in rows])
    return Dataset(
        *(X, indices, classes, None if names is None else tuple(names[i] for i in rows)),
        source=where,
        feature_names=tuple(feature_names),
        notes=(*notes, *merged(labels.cells)),
        reading=reading,
        facts={name: np.array(values, np.str_)[rows] for name, values in facts.items()},
    )
