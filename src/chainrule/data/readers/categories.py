"""Columns of texts as features: one of 0 and 1 for each level (one-hot)."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from chainrule import checks
from chainrule.data.labels import FEW, alike, class_order
from chainrule.data.readers.columns import Text
from chainrule.wording import counted

Array = np.ndarray


def column_of(name: str, columns: Mapping[str, int]) -> str:
    """The column that a feature comes from: `color` of "color=red", where no column is called as
    the feature is."""
    ends = [k for k, sign in enumerate(name) if sign == "="]
    found = (name[:k] for k in reversed(ends) if name[:k] in columns)
    return name if name in columns else next(found, name)


def one_hot(
    X: Array, names: Sequence[str], texts: Mapping[int, Text], features: Sequence[str] | None
) -> tuple[Array, list[str], tuple[str, ...]]:
    """X (m, n) and its names with a column for each level instead of those at the places `texts`;
    and notes.

    features : those of the training set, if there is one, whose levels count: an example of another
        has 0 in all. A missing text is NaN in all.
    """
    parts, found, notes = [], [], []
    for j, name in enumerate(names):
        if j not in texts:
            parts.append(X[:, j : j + 1])
            found.append(name)
            continue
        cells = np.array([alike(cell) for cell in texts[j].cells])
        gone = np.array(texts[j].gone)
        own = class_order(cells[~gone].tolist())
        levels = own if features is None else list(_levels(name, features))
        parts.append(np.where(gone[:, None], np.nan, cells[:, None] == np.array(levels, str)))
        found += [f"{name}={level}" for level in levels]
        if features is None:
            shown = checks.listed(levels, FEW)
            notes.append(f"column '{name}' is {len(levels)} features, 1 or 0: {shown}")
        elif other := [level for level in own if level not in levels]:
            count = int(np.isin(cells[~gone], other).sum())
            said = f"'{name}' of {counted(count, 'example')} is {checks.listed(other, FEW)}"
            notes.append(f"{said}, which the training set does not have: 0 in all its features")
    return np.concatenate(parts, axis=1), found, tuple(notes)


def _levels(column: str, features: Sequence[str]) -> Iterator[str]:
    start = f"{alike(column)}="
    return (alike(name).removeprefix(start) for name in features if alike(name).startswith(start))
