"""`chainrule leave-one-out`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.carried_out import carried_out
from chainrule.cli.options import COMMON, TRAINING, Common, Training
from chainrule.jobs.job import NOTHING
from chainrule.jobs.leave_one_out import LeaveOneOutJob
from chainrule.wording import percent

if TYPE_CHECKING:
    from chainrule.experiments import LeaveOneOut


SHOWN = 10  # examples in the terminal; the table in the folder has all


def leave_one_out(
    data: str | None = None,
    *,
    options: Annotated[Training, Parameter(name="*", group="Training")] = TRAINING,
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Train once without each example: its own prediction then, and its exact influence on others.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    """
    job = LeaveOneOutJob(data, options, NOTHING, common)
    return carried_out(job, _report, json=common.json)


def _report(job: LeaveOneOutJob, found: "LeaveOneOut", facts: dict[str, Any]) -> str:
    import numpy as np

    from chainrule.show.tables import terminal

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
    return ""
