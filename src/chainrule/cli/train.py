"""`chainrule train`."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.options import COMMON, TRAINING, Common, Training
from chainrule.cli.progress import carried_out
from chainrule.display import Column, Table
from chainrule.jobs.ensemble import EnsembleJob, Members, is_ensemble
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, command_line
from chainrule.jobs.training import TrainingJob
from chainrule.wording import CROSSED

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
    common: Common = COMMON,
) -> int:
    """Train a network and write a run folder: model, settings, history.

    Parameters
    ----------
    data
        An HDF5 file in the course's layout (or its folder), a folder of pictures with one folder
        per class, a table (.csv, .gct, .parquet, .xlsx and others) or .npz, or fashion,
        planar:flower, planar:moons, planar:circles, planar:xor.
    runs
        Train so many networks together, from the seeds --seed, --seed + 1, ..., and use them as one
        model whose probabilities are their mean.
    """
    resume, json = common.resume, common.json
    if runs != 1 or (resume is not None and common.out is None and is_ensemble(resume)):
        ensemble = EnsembleJob(data, options, Members(runs=runs), common)
        return carried_out(ensemble, _report_members, json=json)
    return carried_out(TrainingJob(data, options, NOTHING, common), _report, json=json)


def _report(job: TrainingJob, found: "training.Training", facts: dict[str, Any]) -> str:
    out, reached = show.console(), facts["results"]
    _print_results(reached)
    show.print_verdict(facts["verdict"])
    _advise(job, reached["training"], facts["verdict"])
    if "rounding" in facts:
        of = facts["rounding"]
        single, double = (math.nan if of[n] is None else of[n] for n in ("float32", "float64"))
        said = f"cost {single:.8g}, by the same weights in float64 {double:.8g}"
        show.print_beside("float32", f"{said}, {abs(single - double) / abs(double or 1):.1g} apart")
    if "threshold" in facts:
        name = show.safe(job.splits.train.classes[1])
        out.print(f"Answers {name} where its probability is above {facts['threshold']:.4g}.")
    if found.stopped:
        out.print(f"Stopped after {found.iterations} iterations: {found.stopped}.")
    known, folder = CROSSED in reached, job.folder.quoted
    few = facts["verdict"]["kind"] == "inconclusive"
    following = ["" if known else show.safe(job.evaluation(job.options, few=few))]
    # Without it they would be in memory, perhaps, and not known as those that it was trained on.
    in_file = job.splits.train.in_file and job.running.memory is not None
    memory = f" --memory {job.running.memory}" if in_file else ""
    following += [f"chainrule report {folder}{memory}"]
    if job.splits.train.feature_names is not None:
        following += [f"chainrule importance {folder}{memory}"]
    if facts["pictures"]:
        following += [f"chainrule predict {folder} PICTURE"]
    return "\n".join(filter(None, following))


def _advise(job: TrainingJob, trained: dict[str, Any], verdict: dict[str, Any]) -> None:
    """What to try where nothing was learned, or little that holds for others: of what applies."""
    setting, steps = job.setting, job.splits.train.scaling.kind
    lbfgs, layers = setting.optimizer == "lbfgs", ["fewer --layers"] if setting.hidden else []
    if not verdict["learned"]:
        tries = ["more --iterations", "another --seed"]
        tries += [] if lbfgs or "rmse" not in trained else ["--optimizer lbfgs"]
        tries += [] if "rmse" in trained or "standard" in steps else ["--scale standard"]
        head = "Not even the training examples are answered better than by guessing. "
        head += "Try" if lbfgs else "Look for a learning rate, or try"
        show.print_set_in(f"{head} {_or([*tries, *layers])}.", "Try", 9)
        if not lbfgs:
            plain = replace(job.options, patience=None, learning_rate=None)
            plain = replace(
                plain, changes=None, threshold=Options.threshold, cost_ratio=Options.cost_ratio
            )
            find = command_line("lr-find", job.data, plain)
            show.console().print(f"{' ' * 9}{show.folded(show.safe(find), 9)}")
    elif verdict["gap"] or verdict["kind"] in ("nothing", "worse"):
        penalty = "a larger --l2" if setting.l2 else "a penalty (--l2)"
        show.print_set_in(f"{_or(['More examples', penalty, *layers])}.", "Try", 9)


def _or(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])}, or {parts[-1]}"


def _report_members(job: EnsembleJob, found: "Ensemble", facts: dict[str, Any]) -> str:
    if found.network is None:
        return ""
    _print_results(facts["results"])
    show.print_verdict(facts["verdict"])
    if found.diverged:
        seeds = ", ".join(map(str, found.diverged))
        show.console().print(f"Left out, since they diverged: seeds {seeds}")
    few = facts["verdict"]["kind"] == "inconclusive"
    return show.safe(job.evaluation(job.options, few=few))


def _print_results(reached: dict[str, dict[str, Any]]) -> None:
    """A row for each set."""
    rows = [{**one, "set": name} for name, one in reached.items()]
    if "rmse" in rows[0]:
        show.print_table(Table.of(rows, ERRORS))
        return
    table = Table.of(rows, COLUMNS)
    # Without bound where an example's own class was given the probability 0, as floats round it.
    if any(row["cost"] is None for row in rows):
        table = table.without("cost")
    aside = ("brier", "auc", "balanced_accuracy")
    show.print_table(*(table.without(*aside[:n]) for n in range(len(aside) + 1)))
