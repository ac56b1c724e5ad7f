"""`chainrule leave-one-out`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

from chainrule import tensor_file
from chainrule.cli import show
from chainrule.cli.crossval import write_predictions
from chainrule.cli.experiment import (
    Job,
    Machine,
    carried_out,
    closed,
    introduce,
    planned,
)
from chainrule.cli.options import Options
from chainrule.data import Dataset
from chainrule.experiments import LeaveOneOut
from chainrule.experiments import leave_one_out as run_leave_one_out
from chainrule.inspection.experiment_plots import left_out_plot
from chainrule.inspection.plots import save_figure

SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """Leaving one out has no settings of its own."""


def leave_one_out(
    data: str | None = None,
    *,
    options: Annotated[Options, Parameter(name="*")] = Options(),
    machine: Annotated[Machine, Parameter(name="*")] = Machine(),
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Train once without each example: its own prediction then, and its exact influence on others.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    out
        The folder to make; runs/NAME-leave-one-out-1, -2, ... by default. Never overwritten.
    resume
        The folder of an interrupted run to go on in.
    json
        Print one JSON object instead of text.
    """
    began = time.perf_counter()
    job = planned("leave-one-out", data, options, Nothing(), machine, out, resume)
    setting, splits = job.options.setting(), job.options.open(job.data)
    if not json:
        introduce(splits, setting, f"{len(splits.train) + 1} trainings: all, and all but one")
    found: LeaveOneOut = carried_out(
        job,
        lambda execution: run_leave_one_out(splits.train, setting, execution=execution),
        shown=not json,
    )
    facts = closed(job, _written(job, found, splits.train), began, complete=found.complete)
    if json:
        show.print_json(facts)
    else:
        _report(found, facts, job)
    return 0 if found.complete else 1


def _written(job: Job, found: LeaveOneOut, data: Dataset) -> dict[str, Any]:
    """The folder's files; what was reached, as plain facts."""
    folder = job.folder.path
    found.to_csv(job.folder.table)
    write_predictions(found.probabilities, data, folder / "predictions.csv")
    tensor_file.write(
        folder / "influence.safetensors",
        {"full": found.full, "without": found.without, "outputs": found.outputs},
        {"format": "chainrule influence", "version": 1, "names": found.names},
    )
    left_out = found.probabilities[found.labels, np.arange(len(found.labels))]
    done = np.isfinite(left_out) & np.isfinite(found.full)
    title = f"{Path(job.data).name}: each example left out"
    figure = left_out_plot(found.full[done], left_out[done], title=title)
    save_figure(figure, folder / "left-out.png")
    return {
        "accuracy": found.accuracy,
        "cost": found.cost,
        "accuracy_when_trained_on": float((found.full > 0.5).mean()) if done.any() else None,
        "diverged": int((found.diverged >= 0).sum()),
    }


def _report(found: LeaveOneOut, facts: dict[str, Any], job: Job) -> None:
    out = show.console()
    done = int(np.isfinite(found.losses).sum())
    out.print(f"Accuracy  {show.percent(found.accuracy)} of {done} examples when left out")
    out.print(f"Cost      {found.cost:.6f} nats an example")
    if facts["diverged"]:
        out.print(f"Diverged  {facts['diverged']} trainings")
    rows = [row for row in found.rows() if np.isfinite(row["loss"])]
    rows.sort(key=lambda row: -row["mean_change_of_others"])
    columns = ("left out", "trained on", "change of others")
    title = "The most influential examples (probability of their class; mean change of others)"
    table = show.table(title, "example", "class", *columns, numbers=3)
    for row in rows[:SHOWN]:
        names = ("probability_of_class", "probability_when_trained_on", "mean_change_of_others")
        texts = (show.safe(row["name"]), show.safe(row["class"]))
        table.add_row(*texts, *(show.number(row[name]) for name in names))
    out.print(table)
    show.ending(job.folder.path, facts["seconds"], job.command, complete=found.complete)
