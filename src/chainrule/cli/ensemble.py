"""`chainrule train --runs R`: an ensemble, by the same command."""

import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli import show
from chainrule.cli.experiment import Job, Machine, carried_out, closed, introduce, planned
from chainrule.cli.options import Options
from chainrule.data import Splits
from chainrule.experiments import Ensemble, train_ensemble
from chainrule.experiments.measures import write_table
from chainrule.inspection.evaluation import evaluate
from chainrule.inspection.experiment_plots import learning_curves
from chainrule.inspection.plots import save_figure
from chainrule.model_file import Model, save
from chainrule.run_folder import Folder

COMMAND = "train"


@dataclass(frozen=True, kw_only=True)
class Members:
    """runs : how many networks, which differ in their seed."""

    runs: int = 1


def is_ensemble(folder: Path) -> bool:
    """Whether a folder to go on in is of an ensemble."""
    return Folder(folder).read_settings().get("command") == COMMAND


def train_members(
    data: str | None,
    options: Options,
    runs: int,
    out: Path | None,
    resume: Path | None,
    *,
    json: bool,
) -> int:
    """Train an ensemble and write its folder; the exit code."""
    began = time.perf_counter()
    job = planned(COMMAND, data, options, Members(runs=runs), Machine(), out, resume)
    setting, splits = job.options.setting(), job.options.open(job.data)
    if not json:
        first = job.options.seed
        introduce(splits, setting, f"{job.own.runs} networks, seeds {first}, {first + 1}, ...")
    found: Ensemble = carried_out(
        job,
        lambda execution: train_ensemble(splits.train, setting, job.own.runs, execution=execution),
        shown=not json,
    )
    facts = closed(job, _written(job, found, splits), began, complete=found.complete)
    if json:
        show.print_json(facts)
    else:
        _report(found, facts, job)
    return 0 if found.complete else 1


def _written(job: Job, found: Ensemble, splits: Splits) -> dict[str, Any]:
    """The folder's files; what was reached, as plain facts."""
    facts = {"members": len(found.seeds), "seeds": found.seeds, "diverged": found.diverged}
    model = Model.of(found.network, splits, facts | {"options": job.options.as_json()})
    save(model, job.folder.model)
    sets = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    results, columns = {}, {}
    for name, data in sets.items():
        if data is None:
            continue
        own = [
            evaluate(Model.of(found.network.run(r), splits), data) for r in range(len(found.seeds))
        ]
        whole, each = evaluate(model, data), np.array([one.accuracy for one in own])
        columns[name] = own
        results[name] = {
            "examples": len(data),
            "accuracy": whole.accuracy,
            "accuracy_of_commonest_class": whole.baseline,
            "cost": whole.cost,
            "mean_accuracy_of_members": float(each.mean()),
        }
    rows = [
        {"seed": seed}
        | {
            f"{name}_{what}": getattr(own[r], what)
            for name, own in columns.items()
            for what in ("accuracy", "cost")
        }
        for r, seed in enumerate(found.seeds)
    ]
    write_table(rows, job.folder.table)
    names = [f"seed {seed}" for seed in found.seeds]
    title = f"{Path(job.data).name}: {len(names)} members"
    figure = learning_curves(found.histories, names, title=title)
    save_figure(figure, job.folder.path / "learning-curves.png")
    return facts | {"results": results}


def _report(found: Ensemble, facts: dict[str, Any], job: Job) -> None:
    out = show.console()
    columns = ("examples", "accuracy", "one member", "commonest class", "cost")
    table = show.table("", "set", *columns, numbers=len(columns))
    for name, one in facts["results"].items():
        table.add_row(
            name,
            str(one["examples"]),
            show.percent(one["accuracy"]),
            show.percent(one["mean_accuracy_of_members"]),
            show.percent(one["accuracy_of_commonest_class"]),
            f"{one['cost']:.6f}",
        )
    out.print(table)
    if found.diverged:
        out.print(f"Left out, since they diverged: seeds {', '.join(map(str, found.diverged))}")
    show.ending(job.folder.path, facts["seconds"], COMMAND, complete=found.complete)
    folder = shlex.quote(str(job.folder.path))
    out.print(f"Next:   chainrule evaluate {folder} {shlex.quote(show.safe(job.data))}")
