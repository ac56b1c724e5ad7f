"""`chainrule crossval`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.experiment import COMMON, Common, Folds, Job, carried_out, planned
from chainrule.cli.options import Options

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.experiments import CrossValidation, Execution


def crossval(
    data: str | None = None,
    *,
    folds: Annotated[Folds, Parameter(name="*")] = Folds(),
    options: Annotated[Options, Parameter(name="*", group="Training")] = Options(),
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Cross-validate: train once for each fold without it, all together, and measure there.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is divided into folds.
    """
    job = planned("crossval", data, options, folds, common)
    times = f", {job.own.repeats} times" if job.own.repeats > 1 else ""
    return carried_out(
        job,
        f"hold out each of {job.own.folds} folds{times}",
        lambda execution: cross_validated(job, execution),
        _written,
        _report,
    )


def cross_validated(job: Job[Folds], execution: "Execution") -> "CrossValidation":
    """Of the training set, as the options say."""
    from chainrule.experiments import cross_validate

    return cross_validate(
        job.splits.train,
        job.setting,
        folds=job.own.folds,
        repeats=job.own.repeats,
        stratified=job.own.stratified,
        groups=job.groups(job.own.group_by),
        seed=job.options.seed,
        execution=execution,
    )


def _written(job: Job[Folds], found: "CrossValidation") -> dict[str, Any]:
    from chainrule.show.report import cross_validation_report

    if found.folds:
        job.write(found)
        write_predictions(found.probabilities, job.splits.train, job.folder.path)
        job.write_report(cross_validation_report(found, job.splits))
    return found.facts()


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


def _report(job: Job[Folds], found: "CrossValidation", facts: dict[str, Any]) -> str:
    from chainrule.show.tables import terminal
    from chainrule.training.warnings import warnings_of_runs

    if not found.folds:
        return ""
    show.print_table(terminal(found.table()))
    show.print_baseline(job.splits.train, found.accuracy.mean, "The mean accuracy")
    show.print_warnings(warnings_of_runs(found.histories))
    return ""
