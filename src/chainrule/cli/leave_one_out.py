"""`chainrule leave-one-out`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.experiment import COMMON, Common, Job, carried_out, planned
from chainrule.cli.options import Options
from chainrule.wording import percent

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
    from chainrule.cli.crossval import write_predictions
    from chainrule.files import tensor_file
    from chainrule.show.report import leave_one_out_report

    folder = job.folder.path
    job.write(found)
    write_predictions(found.probabilities, job.splits.train, folder)
    tensor_file.write(
        folder / "influence.safetensors",
        {"full": found.full, "without": found.without, "outputs": found.outputs},
        {"format": "chainrule influence", "version": 1, "names": found.names},
    )
    job.write_report(leave_one_out_report(found, job.splits))
    return found.facts()


def _report(job: Job[Nothing], found: "LeaveOneOut", facts: dict[str, Any]) -> str:
    import numpy as np

    from chainrule.show.tables import terminal
    from chainrule.training.warnings import warnings_of_runs

    out = show.console()
    if not np.isfinite(found.losses).any():
        return ""
    done = np.isfinite(found.losses).sum()
    out.print(f"Accuracy  {percent(found.accuracy)} of {done} examples when left out")
    out.print(f"          {percent(found.accuracy_when_trained_on)} when trained on")
    show.print_baseline(job.splits.train, found.accuracy)
    out.print(f"Cost      {found.cost:.6f} nats an example when left out")
    if facts["diverged"]:
        out.print(f"Diverged  {facts['diverged']} trainings")
    title = "The most influential of them (probabilities of their own class)"
    table = found.table().sorted_by("mean_change_of_others").first(min(SHOWN, done))
    shown = table.titled(title).without("example", "predicted", "loss", "diverged")
    show.print_table(terminal(shown))
    show.print_warnings(warnings_of_runs(found.histories))
    return ""
