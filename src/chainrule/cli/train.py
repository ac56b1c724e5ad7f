"""`chainrule train`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.options import TRAINING, Training
from chainrule.cli.progress import carried_out
from chainrule.display import Column, Table
from chainrule.jobs.ensemble import EnsembleJob, Members, is_ensemble
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running, command_line
from chainrule.jobs.training import TrainingJob

if TYPE_CHECKING:
    from chainrule import training
    from chainrule.experiments import Ensemble

ERRORS = (
    Column("set"),
    Column("examples", "whole"),
    Column("rmse", "value", "RMSE"),
    Column("mean_rmse_of_members", "value", "mean of members"),
    Column("rmse_of_mean", "value", "always the mean"),
    Column("mae", "value", "MAE"),
    Column("r2", "number", "R²"),
)
COLUMNS = (
    Column("set"),
    Column("examples", "whole"),
    Column("accuracy", "percent"),
    Column("mean_accuracy_of_members", "percent", "mean of members"),
    Column("accuracy_of_commonest_class", "percent", "commonest class"),
    Column("balanced_accuracy", "percent"),
    Column("auc", "number", "AUC"),
    Column("brier", "number", "Brier"),
    Column("cost", "number"),
)


def train(
    data: str | None = None,
    *,
    options: Training = TRAINING,
    runs: int = 1,
    threads: int | None = None,
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Train a network and write a run folder: model, settings, history, learning curve.

    Parameters
    ----------
    data
        An HDF5 file in the course's layout (or its folder), a folder of pictures with one folder
        per class, a table (.csv, .gct, .parquet, .xlsx and others) or .npz, or fashion,
        planar:flower, planar:moons, planar:circles, planar:xor.
    runs
        Train so many networks together, from the seeds --seed, --seed + 1, ..., and use them as one
        model whose probabilities are their mean.
    threads
        Cores that may be used; all of them by default.
    out
        The run folder to make; runs/NAME-1, -2, ... by default. Never overwritten.
    resume
        A run folder to go on in, with its own settings, from where it stopped.
    json
        Print one JSON object instead of text.
    """
    running = Running(threads=threads, out=out, resume=resume)
    if runs != 1 or (resume is not None and out is None and is_ensemble(resume)):
        ensemble = EnsembleJob(data, options, Members(runs=runs), running)
        return carried_out(ensemble, _report_members, json=json)
    return carried_out(TrainingJob(data, options, NOTHING, running), _report, json=json)


def _report(job: TrainingJob, found: "training.Training", facts: dict[str, Any]) -> str:
    out, reached = show.console(), facts["results"]
    _print_results(reached)
    trained, tested = reached["training"], reached.get("test")
    if "rmse" in trained:
        _judge_errors(job, trained, tested)
    elif trained["accuracy"] <= trained["accuracy_of_commonest_class"]:
        plain = replace(job.options, patience=None, learning_rate=Options.learning_rate)
        out.print("No better than always saying the commonest class: the network has not learned.")
        out.print(f"Look for a rate: {show.safe(command_line('lr-find', job.data, plain))}")
        out.print("Or try more --iterations, another --seed, --scale standard, or fewer --layers.")
    elif tested and tested["accuracy"] <= tested["accuracy_of_commonest_class"]:
        out.print("On the test set no better than always saying the commonest class: what it has")
        out.print("learned does not carry over. Try more data, --l2, or fewer --layers.")
    if "threshold" in facts:
        name = show.safe(job.splits.train.classes[1])
        out.print(f"Answers {name} where its probability is above {facts['threshold']:.4g}.")
    if found.stopped:
        out.print(f"Stopped after {found.iterations} iterations: {found.stopped}.")
    following = show.safe(job.evaluation(job.options))
    if facts["pictures"]:
        following += f"\n        chainrule predict {job.folder.quoted} PICTURE"
    return following


def _judge_errors(job: TrainingJob, trained: dict[str, Any], tested: dict[str, Any] | None) -> None:
    """Whether predictions of numbers are better than saying their mean, in words if not."""
    out = show.console()
    if trained["rmse"] is None or trained["rmse"] >= trained["rmse_of_mean"]:
        plain = replace(job.options, patience=None, learning_rate=Options.learning_rate)
        out.print("No better than always saying the mean: the network has not learned.")
        out.print(f"Look for a rate: {show.safe(command_line('lr-find', job.data, plain))}")
        out.print("Or try --optimizer lbfgs, more --iterations, another --seed, or fewer --layers.")
    elif tested and (tested["rmse"] is None or tested["rmse"] >= tested["rmse_of_mean"]):
        out.print("On the test set no better than always saying its mean: what it has learned does")
        out.print("not carry over. Try more data, --l2, or fewer --layers.")


def _report_members(job: EnsembleJob, found: "Ensemble", facts: dict[str, Any]) -> str:
    if found.network is None:
        return ""
    _print_results(facts["results"])
    if found.diverged:
        seeds = ", ".join(map(str, found.diverged))
        show.console().print(f"Left out, since they diverged: seeds {seeds}")
    return show.safe(job.evaluation(job.options))


def _print_results(reached: dict[str, dict[str, Any]]) -> None:
    """A row for each set."""
    rows = [{**one, "set": name} for name, one in reached.items()]
    if "rmse" in rows[0]:
        show.print_table(Table.of(rows, ERRORS))
        return
    rows = [{**row, "cost": f"{row['cost']:.6f}"} for row in rows]
    show.print_table(Table.of(rows, COLUMNS))
