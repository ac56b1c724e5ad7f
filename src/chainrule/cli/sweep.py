"""`chainrule sweep`."""

import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from chainrule.cli import parse, show
from chainrule.cli.experiment import (
    Job,
    Machine,
    carried_out,
    closed,
    groups_of,
    introduce,
    planned,
)
from chainrule.cli.options import Options
from chainrule.errors import InputError
from chainrule.experiments import SCORES, Setting, Sweep
from chainrule.experiments import sweep as run_sweep
from chainrule.inspection.evaluation import evaluate
from chainrule.inspection.experiment_plots import learning_curves, score_plot
from chainrule.inspection.plots import save_figure
from chainrule.model_file import Model, save

SHOWN = 20  # trials in the terminal; the table in the folder has all


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is varied, and how the trials are scored.

    Parameters
    ----------
    vary
        NAME=VALUES, once for each name: learning_rate=0.001,0.01,0.1 or l2=1e-4..1 (a range to
        draw from) or learning_rate=1e-4..0.1:10 (ten of them, evenly in the logarithm) or
        layers=20-7-5,20,none or seed=0..9. Also momentum, initializer, activation, iterations,
        epochs, batch_size, optimizer, schedule.
    trials
        Draw so many settings at random instead of trying every combination.
    search
        How they are drawn: random, or optuna (by what was seen so far; needs the package).
    score
        What the trials are sorted by.
    folds
        Parts of the cross-validation; 5 by default. With data that have a validation set of their
        own, that is used unless this is given.
    repeats
        Repetitions of the cross-validation, with other folds.
    group_by
        A regular expression: examples in whose names it finds the same text stay together, for
        example '^(patient[0-9]+)'.
    """

    vary: tuple[str, ...] = ()
    trials: int | None = None
    search: Literal["grid", "random", "optuna"] | None = None
    score: Literal["accuracy", "cost", "auc"] = "accuracy"
    folds: int | None = None
    repeats: int = 1
    group_by: str | None = None


def sweep(
    data: str | None = None,
    *,
    search: Annotated[Search, Parameter(name="*")] = Search(),
    options: Annotated[Options, Parameter(name="*")] = Options(),
    machine: Annotated[Machine, Parameter(name="*")] = Machine(),
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Train many settings at once, compare them on held-out examples, train the best on all.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes.
    out
        The folder to make; runs/NAME-sweep-1, -2, ... by default. Never overwritten.
    resume
        The folder of an interrupted sweep to go on in.
    json
        Print one JSON object instead of text.
    """
    began = time.perf_counter()
    job = planned("sweep", data, options, search, machine, out, resume)
    if not job.own.vary:
        fix = "Such as --vary learning_rate=0.001,0.01,0.1."
        raise InputError("sweep", "--vary NAME=VALUES at least once", "none", fix)
    space, base = parse.space(job.own.vary), job.options.setting()
    splits = job.options.open(job.data)
    by_set = splits.validation is not None and job.own.folds is None
    if not json:
        scored = "the validation set" if by_set else f"{job.own.folds or 5} folds"
        names = ", ".join(space)
        introduce(splits, base, f"vary {names} of that; score by {job.own.score} on {scored}")
    found: Sweep = carried_out(
        job,
        lambda execution: run_sweep(
            splits.train,
            space,
            base=base,
            trials=job.own.trials,
            search=job.own.search,
            folds=None if by_set else job.own.folds,
            repeats=job.own.repeats,
            groups=groups_of(splits.train, job.own.group_by),
            validation=splits.validation if by_set else None,
            score=job.own.score,
            seed=job.options.seed,
            execution=execution,
        ),
        shown=not json,
    )
    facts = closed(job, _written(job, found, splits, base), began, complete=found.complete)
    if json:
        show.print_json(facts)
    else:
        _report(found, facts, job)
    return 0 if found.complete else 1


def _written(job: Job, found: Sweep, splits: Any, base: Setting) -> dict[str, Any]:
    """The folder's files; what was reached, as plain facts."""
    folder, title = job.folder, f"{Path(job.data).name}: sweep"
    facts: dict[str, Any] = {"scored_on": found.held_out, "trials": found.rows()}
    if not found.trials:
        return facts
    found.to_csv(folder.table)
    save_figure(
        score_plot(found.rows(), found.varied, found.score, title), folder.path / "scores.png"
    )
    curves = [trial.histories[0] for trial in found.trials]
    names = [_values(trial.setting, found.varied) for trial in found.trials]
    save_figure(
        learning_curves(curves, names, title=f"{title}, best first"),
        folder.path / "learning-curves.png",
    )
    if found.best is not None:
        model = Model.of(
            found.best.network, splits, {"setting": _values(found.trials[0].setting, found.varied)}
        )
        save(model, folder.model)
        if splits.test is not None:
            facts["test_accuracy_of_best"] = evaluate(model, splits.test).accuracy
    return facts


def _values(setting: Setting, varied: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {show.value(getattr(setting, name))}" for name in varied)


def _report(found: Sweep, facts: dict[str, Any], job: Job) -> None:
    out = show.console()
    # The deviation of the score alone: the table in the folder has the others.
    measures = (found.score, "deviation", *(name for name in SCORES if name != found.score))
    varied = [name.replace("_", " ") for name in found.varied]
    columns = (*varied, *measures, "training cost")
    title = f"Trials by {found.score} on {found.held_out}"
    table = show.table(title, "", *columns, numbers=len(columns))
    for rank, (trial, row) in enumerate(zip(found.trials[:SHOWN], found.rows(), strict=False), 1):
        values = [show.safe(show.value(getattr(trial.setting, name))) for name in found.varied]
        row = row | {"deviation": row[f"{found.score}_deviation"]}
        numbers = [show.number(row[name]) for name in measures]
        last = (
            f"diverged ({trial.diverged})" if trial.diverged else show.number(row["training_cost"])
        )
        table.add_row(str(rank), *values, *numbers, last)
    out.print(table)
    if len(found.trials) > SHOWN:
        out.print(f"and {len(found.trials) - SHOWN} more: {job.folder.table}")
    if "test_accuracy_of_best" in facts:
        accuracy = show.percent(facts["test_accuracy_of_best"])
        out.print(f"Best, trained on all the training data: {accuracy} right on the test set.")
    show.ending(job.folder.path, facts["seconds"], job.command, complete=found.complete)
    if found.best is not None:
        folder = shlex.quote(str(job.folder.path))
        out.print(f"Next:   chainrule evaluate {folder} {shlex.quote(show.safe(job.data))}")
