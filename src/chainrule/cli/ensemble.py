"""`chainrule train --runs R`: an ensemble, by the same command."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli import show
from chainrule.cli.experiment import Common, Job, carried_out, planned
from chainrule.cli.options import Options, evaluation, trained_on
from chainrule.cli.results import results, results_table
from chainrule.display import Table
from chainrule.experiments import Ensemble, train_ensemble
from chainrule.files.run_folder import Folder
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model, save
from chainrule.show import tables
from chainrule.show.results import figures
from chainrule.show.saving import save_figure

COMMAND = "train"


@dataclass(frozen=True, kw_only=True)
class Members:
    """runs : how many networks, which differ in their seed."""

    runs: int = 1


def is_ensemble(folder: Path) -> bool:
    """Whether a folder to go on in is of an ensemble."""
    return Folder(folder).read_settings().get("command") == COMMAND


def train_members(data: str | None, options: Options, runs: int, common: Common) -> int:
    """Train an ensemble and write its folder; the exit code."""
    job = planned(COMMAND, data, options, Members(runs=runs), common)
    first = job.options.seed
    return carried_out(
        job,
        f"{job.own.runs} networks, seeds {first} to {first + job.own.runs - 1}",
        lambda execution: train_ensemble(
            job.splits.train, job.setting, job.own.runs, execution=execution
        ),
        _written,
        _report,
    )


def _written(job: Job[Members], found: Ensemble) -> dict[str, Any]:
    if found.network is None:
        return {"members": 0}
    facts = {"members": len(found.seeds), "seeds": found.seeds, "diverged": found.diverged}
    how = {"options": asdict(job.options), **trained_on(job.splits.train)}
    model = Model.of(found.network, job.splits, facts | how)
    save(model, job.folder.model)
    reached = results(model, job.splits)
    rows: list[dict[str, Any]] = [{"seed": seed} for seed in found.seeds]
    for name, data in job.splits.sets.items():
        own = [evaluate(model.member(r), data) for r in range(len(rows))]
        reached[name]["mean_accuracy_of_members"] = float(np.mean([one.accuracy for one in own]))
        for row, one in zip(rows, own, strict=True):
            row |= {f"{name}_accuracy": one.accuracy, f"{name}_cost": one.cost}
    tables.write(Table.of(rows), job.folder.table)
    for drawn in figures(found, job.data_name):
        save_figure(drawn.figure, job.folder.path / f"{drawn.name}.png")
    return facts | {"results": reached}


def _report(job: Job[Members], found: Ensemble, facts: dict[str, Any]) -> str:
    if found.network is None:
        return ""
    out = show.console()
    show.print_table(results_table(facts["results"]))
    if found.diverged:
        out.print(f"Left out, since they diverged: seeds {', '.join(map(str, found.diverged))}")
    tested = job.splits.test is not None
    return evaluation(job.folder.path, job.data, job.options, tested=tested)
