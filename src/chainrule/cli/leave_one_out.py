"""`chainrule leave-one-out`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.experiment import COMMON, Common, Job, carried_out, planned
from chainrule.cli.options import Options
from chainrule.wording import number, percent

if TYPE_CHECKING:
    from chainrule.experiments import LeaveOneOut


SHOWN = 10  # examples in the terminal; the table in the folder has all


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """Leaving one out has no options of its own."""


def leave_one_out(
    data: str | None = None,
    *,
    options: Annotated[Options, Parameter(name="*", group="Training")] = Options(),
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Train once without each example: its own prediction then, and its exact influence on others.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    """
    from chainrule.experiments import leave_one_out as run_leave_one_out

    job = planned("leave-one-out", data, options, Nothing(), common)
    return carried_out(
        job,
        f"{len(job.splits.train) + 1} trainings: on all, and on all but one",
        lambda execution: run_leave_one_out(job.splits.train, job.setting, execution=execution),
        _written,
        _report,
    )


def _written(job: Job[Nothing], found: "LeaveOneOut") -> dict[str, Any]:
    import numpy as np

    from chainrule.cli.crossval import write_predictions
    from chainrule.files import tensor_file
    from chainrule.show.experiment_plots import left_out_plot
    from chainrule.show.report import leave_one_out_report
    from chainrule.show.saving import save_figure

    folder = job.folder.path
    found.to_csv(job.folder.table)
    write_predictions(found.probabilities, job.splits.train, folder)
    tensor_file.write(
        folder / "influence.safetensors",
        {"full": found.full, "without": found.without, "outputs": found.outputs},
        {"format": "chainrule influence", "version": 1, "names": found.names},
    )
    left_out = found.probabilities[found.labels, np.arange(len(found.labels))]
    done = np.isfinite(left_out) & np.isfinite(found.full)
    title = f"{job.data_name}: each example left out"
    figure = left_out_plot(found.full[done], left_out[done], title=title)
    save_figure(figure, folder / "left-out.png")
    job.write_report(leave_one_out_report, found, job.splits.train)
    return {
        "accuracy": found.accuracy,
        "cost": found.cost,
        "accuracy_when_trained_on": found.accuracy_when_trained_on,
        "diverged": int((found.diverged >= 0).sum()),
    }


def _report(job: Job[Nothing], found: "LeaveOneOut", facts: dict[str, Any]) -> str:
    import numpy as np

    from chainrule.show.alarms import alarms_of_runs

    out = show.console()
    if not np.isfinite(found.losses).any():
        return ""
    rows = [row for row in found.rows() if np.isfinite(row["loss"])]
    out.print(f"Accuracy  {percent(found.accuracy)} of {len(rows)} examples when left out")
    out.print(f"          {percent(found.accuracy_when_trained_on)} when trained on")
    show.print_baseline(job.splits.train, found.accuracy)
    out.print(f"Cost      {found.cost:.6f} nats an example when left out")
    if facts["diverged"]:
        out.print(f"Diverged  {facts['diverged']} trainings")
    heads = {
        "left out": "probability_of_class",
        "trained on": "probability_when_trained_on",
        "mean |change| of others": "mean_change_of_others",
    }
    title = "The most influential of them (probabilities of their own class)"
    table = show.table(title, "example", "class", *heads, numbers=len(heads))
    rows.sort(key=lambda row: row["mean_change_of_others"], reverse=True)
    for row in rows[:SHOWN]:
        texts = (show.safe(row["name"]), show.safe(row["class"]))
        table.add_row(*texts, *(number(row[name]) for name in heads.values()))
    show.print_table(table)
    show.print_alarms(alarms_of_runs([found.history] if found.history else []))
    return ""
