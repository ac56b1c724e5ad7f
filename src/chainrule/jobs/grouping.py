"""Examples that belong together, as the options of a job name them; and those that nothing keeps
together although their names look like it."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.data import Dataset, Splits
    from chainrule.jobs.options import Options
    from chainrule.training.warnings import TrainingWarning


def groups(data: "Dataset", options: "Options") -> Any:
    """(m,) the group of each example; None where none are named."""
    from chainrule.data.groups import groups_of

    if options.group_column is None and options.group_by is None:
        return None
    return groups_of(data, options.group_column, options.group_by)


def most_folds(data: "Dataset", options: "Options", *, stratified: bool = True) -> tuple[int, str]:
    """Into how many the examples can be divided, groups whole and, stratified, each class in its
    share; and what there are so many of."""
    import numpy as np

    held = groups(data, options)
    if held is not None:
        return len(np.unique(held)), "groups"
    if data.task == "regression" or not stratified:
        return len(data), "examples"
    return int(np.unique(data.labels, return_counts=True)[1].min()), "examples of the rarest class"


def seen_groups(data: "Sequence[Dataset]", options: "Options") -> tuple[str, str]:
    """Where names look like replicates, patients or batches and no groups are named: in words, and
    the regular expression that finds them; else "" twice. data : one set, or the training set and
    what is held out of it; then nothing where no group is in both."""
    import numpy as np

    from chainrule.data.groups import visible_groups

    if options.group_column is not None or options.group_by is not None:
        return "", ""
    names = [name for one in data for name in one.names or ()]
    labels = np.concatenate([one.labels for one in data])
    found = visible_groups(names, labels) if len(names) == len(labels) else None
    if len(set(names)) < len(names):
        found = "(.*)", np.array(names)  # the same example more than once
    if found is None:
        return "", ""
    pattern, each = found
    n = len(data[0])
    if len(data) > 1 and not set(each[:n]) & set(each[n:]):
        return "", ""
    kinds, count = np.unique(each, return_counts=True)
    largest = str(kinds[np.argmax(count)])
    first, second = (names[i] for i in np.flatnonzero(each == largest)[:2])
    alike = f"names such as {first} and {second} look like {len(kinds)} groups"
    if first == second:
        alike = f"{len(names) - len(kinds)} names come again, such as {first}"
    return alike, pattern


def kept_whole(data: "Dataset", options: "Options") -> "tuple[Options, str]":
    """The same options, by which groups that names show are held out whole, too; and which these
    are, a sentence, or ""."""
    alike, pattern = seen_groups([data], options)
    if not alike:
        return options, ""
    said = f"{alike[:1].upper()}{alike[1:]}: each was held out whole."
    return replace(options, group_by=pattern), said


def ignored_groups(splits: "Splits", options: "Options") -> "tuple[TrainingWarning, ...]":
    """A warning where the test set, or where there is none folds, tear such groups apart."""
    from chainrule.training.warnings import TrainingWarning

    held = [data for data in (splits.train, splits.test) if data is not None]
    alike, pattern = seen_groups(held, options)
    if not alike:
        return ()
    found = (
        f"{alike}, which what is held out tears apart: where examples of a group are alike, "
        "accuracy looks better than it is."
    )
    advice = f"Hold groups out whole: --group-by {shlex.quote(pattern)}, or name a --group-column."
    return (TrainingWarning("groups ignored", found, advice),)
