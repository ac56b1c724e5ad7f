"""`chainrule crossval`."""

import csv
import io
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from chainrule import tensor_file
from chainrule.cli import show
from chainrule.cli.experiment import (
    Folds,
    Job,
    Machine,
    carried_out,
    closed,
    groups_of,
    introduce,
    planned,
)
from chainrule.cli.options import Options
from chainrule.data import Dataset
from chainrule.experiments import CrossValidation, cross_validate
from chainrule.inspection.experiment_plots import fold_curves
from chainrule.inspection.plots import save_figure


def crossval(
    data: str | None = None,
    *,
    folds: Annotated[Folds, Parameter(name="*")] = Folds(),
    options: Annotated[Options, Parameter(name="*")] = Options(),
    machine: Annotated[Machine, Parameter(name="*")] = Machine(),
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Cross-validate: train once for each fold without it, all together, and measure there.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is divided into folds.
    out
        The folder to make; runs/NAME-crossval-1, -2, ... by default. Never overwritten.
    resume
        The folder of an interrupted cross-validation to go on in.
    json
        Print one JSON object instead of text.
    """
    began = time.perf_counter()
    job = planned("crossval", data, options, folds, machine, out, resume)
    setting, splits = job.options.setting(), job.options.open(job.data)
    if not json:
        times = f", {job.own.repeats} times" if job.own.repeats > 1 else ""
        introduce(splits, setting, f"hold out each of {job.own.folds} folds{times}")
    found: CrossValidation = carried_out(
        job,
        lambda execution: cross_validate(
            splits.train,
            setting,
            folds=job.own.folds,
            repeats=job.own.repeats,
            groups=groups_of(splits.train, job.own.group_by),
            seed=job.options.seed,
            execution=execution,
        ),
        shown=not json,
    )
    facts = closed(job, _written(job, found, splits.train), began, complete=found.complete)
    if json:
        show.print_json(facts)
    else:
        _report(found, facts, job)
    return 0 if found.complete else 1


def _written(job: Job, found: CrossValidation, data: Dataset) -> dict[str, Any]:
    """The folder's files; what was reached, as plain facts."""
    facts = {
        name: {"mean": spread.mean, "deviation": spread.deviation}
        for name in ("accuracy", "cost", "auc")
        for spread in [getattr(found, name)]
    }
    if found.folds:
        found.to_csv(job.folder.table)
        write_predictions(found.probabilities, data, job.folder.path / "predictions.csv")
        histories = [fold.history for fold in found.folds]
        title = f"{Path(job.data).name}: {len(histories)} folds"
        save_figure(fold_curves(histories, title=title), job.folder.path / "learning-curves.png")
    return facts | {"folds": found.rows()}


def write_predictions(P: Any, data: Dataset, path: Path) -> None:
    """A row for each example: its class, and what networks trained without it say."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name", "class", *(f"probability of {name}" for name in data.classes)])
    for name, label, p in zip(data.example_names, data.labels, P.T, strict=True):
        writer.writerow([name, data.classes[label], *(repr(float(x)) for x in p)])
    tensor_file.write_bytes(path, out.getvalue().encode())


def _report(found: CrossValidation, facts: dict[str, Any], job: Job) -> None:
    out = show.console()
    columns = ("examples", "accuracy", "cost", "auc", "training cost")
    table = show.table("", "fold", *columns, numbers=len(columns))
    for k, (fold, row) in enumerate(zip(found.folds, found.rows(), strict=True), start=1):
        if fold.diverged >= 0:
            table.add_row(str(k), str(row["examples"]), f"diverged at {fold.diverged}", "", "", "")
            continue
        numbers = [show.number(row[name.replace(" ", "_")]) for name in columns[1:]]
        table.add_row(str(k), str(row["examples"]), *numbers)
    for label, part in (("mean", "mean"), ("deviation", "deviation")):
        values = [facts[name][part] for name in ("accuracy", "cost", "auc")]
        table.add_row(label, "", *("-" if v is None else show.number(v) for v in values), "")
    out.print(table)
    show.ending(job.folder.path, facts["seconds"], job.command, complete=found.complete)
