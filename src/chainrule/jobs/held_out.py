"""Jobs that train without some examples: how these are chosen, and what is said of them then."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule import experiments
from chainrule.errors import DataError, InputError
from chainrule.jobs.job import Found, Job, Own

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.experiments import CrossValidation, Execution
    from chainrule.training.warnings import TrainingWarning


@dataclass(frozen=True, kw_only=True)
class Folds:
    """How examples are held out.

    Parameters
    ----------
    folds
        Parts of the data, each of which is held out once.
    repeats
        Repetitions, with other folds.
    stratified
        Whether every class is in each fold in its share; without, a class may be rarer than there
        are folds.
    group_by
        A regular expression: examples in whose names (CLASS/FILE of pictures) it finds the same
        text stay together, for example '(patient[0-9]+)'.
    """

    folds: int = 10
    repeats: int = 1
    stratified: bool = True
    group_by: str | None = None


class HeldOutJob(Job[Own, Found]):
    """A job that says what looks wrong in its trainings, which are all of one setting."""

    def warnings(self, found: Found) -> "Sequence[TrainingWarning]":
        from chainrule.training.warnings import warnings_of_runs

        return warnings_of_runs(found.histories)


def cross_validated(job: "Job[Any, Any]", own: Folds, how: "Execution") -> "CrossValidation":
    """Of the training set, as the options say."""
    return experiments.cross_validate(
        job.splits.train,
        job.setting,
        folds=own.folds,
        repeats=own.repeats,
        stratified=own.stratified,
        groups=groups(job.splits.train, own.group_by),
        seed=job.options.seed,
        execution=how,
    )


def groups(data: "Dataset", pattern: str | None) -> Any:
    """(m,) what a regular expression, its first group or all of it, finds in each example's name;
    None without one."""
    if pattern is None:
        return None
    import numpy as np

    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError("--group-by", "a regular expression", f"{pattern!r} ({error})") from None
    if data.names is None:
        fix = "Leave --group-by out."
        raise DataError(data.source, "examples with names to group by", "none", fix)
    found = [compiled.search(name) for name in data.names]
    if missing := [name for name, one in zip(data.names, found, strict=True) if one is None]:
        raise InputError(
            "--group-by",
            "a regular expression that matches every name",
            f"{len(missing)} names without a match, such as {missing[0]!r}",
        )
    return np.array([match[match.re.groups and 1] or "" for match in found if match])


def write_predictions(P: Any, data: "Dataset", folder: Path) -> None:
    """predictions.csv: each example's class, and the probabilities P (n_classes, m) of networks
    trained without it."""
    from chainrule.display import Table
    from chainrule.show import tables

    rows = [
        {"name": name, "class": data.classes[label]}
        | {f"probability of {k}": float(p) for k, p in zip(data.classes, column, strict=True)}
        for name, label, column in zip(data.example_names, data.labels, P.T, strict=True)
    ]
    tables.write(Table.of(rows), folder / "predictions.csv")
