"""Which examples belong together: patients, replicates, batches. By a column of facts, or by what a
regular expression finds in their names."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from chainrule import checks
from chainrule.errors import DataError, InputError

if TYPE_CHECKING:
    from chainrule.data.dataset import Dataset

# What of a name may say to which group its example belongs: mayo01_spectrum3 and patient1_a by what
# they begin with, GSM71019_batch3 by its end.
IN_NAMES = ("(.*)_", "(.*)-", "(.*) ", r"[_ -]([A-Za-z]+[0-9]+)\b")
MOST_IN_GROUPS = 0.75  # of the examples share theirs with another one, or it is no group


def groups_of(data: "Dataset", column: str | None = None, pattern: str | None = None) -> np.ndarray:
    """(m,) the group of each example, as text: a fact's column of that name, or what the regular
    expression, its first group or all of it, finds in the example's name.

    InputError or DataError where there is no such column, no names, or one without a match.
    """
    if column is not None and pattern is not None:
        raise InputError("--group-by", "--group-by or --group-column", "both", "Leave one out.")
    if column is not None:
        if column not in data.facts:
            known = list(data.facts)
            fix = checks.did_you_mean(column, known, "Join them: --samples FILE.")
            got = f"{column!r}, of {checks.listed(known) or 'no facts'}"
            raise DataError(data.source or "Dataset", "the name of a fact to group by", got, fix)
        return data.facts[column]
    return _found_in(data, pattern or "")


def _found_in(data: "Dataset", pattern: str) -> np.ndarray:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError("--group-by", "a regular expression", f"{pattern!r} ({error})") from None
    if data.names is None:
        fix = "Leave --group-by out."
        raise DataError(data.source, "examples with names to group by", "none", fix)
    found = [compiled.search(name) for name in data.names]
    if missing := [name for name, one in zip(data.names, found, strict=True) if one is None]:
        got = f"{len(missing)} names without a match, such as {missing[0]!r}"
        raise InputError("--group-by", "a regular expression that matches every name", got)
    return np.array([match[match.re.groups and 1] or "" for match in found if match])


def visible_groups(names: Sequence[str], labels: np.ndarray) -> tuple[str, np.ndarray] | None:
    """The groups that the names of examples look like, and the regular expression that finds them;
    None where they look like none.

    Groups are at most half as many as the examples, most of which share theirs, and more than the
    labels, whose names they may be.
    """
    for pattern in IN_NAMES:
        found = [re.search(pattern, name) for name in names]
        if not names or not all(found):
            continue
        groups = np.array([match[1] for match in found if match])
        _, place, count = np.unique(groups, return_inverse=True, return_counts=True)
        n, shared = len(count), np.mean(count[place] > 1)
        classes = len(np.unique(labels)) if labels.dtype.kind in "iub" else 1
        if classes < n <= len(groups) / 2 and shared >= MOST_IN_GROUPS:
            return pattern, groups
    return None
