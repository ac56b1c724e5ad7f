"""`chainrule crossval`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.carried_out import carried_out
from chainrule.cli.options import COMMON, TRAINING, Common, Stratified, Training
from chainrule.jobs.crossval import CrossValidationJob
from chainrule.jobs.held_out import Folds

if TYPE_CHECKING:
    from chainrule.experiments import CrossValidation


@dataclass(frozen=True, kw_only=True)
class Typed(Stratified, Folds):
    """As it is typed."""


def crossval(
    data: str | None = None,
    *,
    folds: Annotated[Typed, Parameter(name="*")] = Typed(),
    options: Annotated[Training, Parameter(name="*", group="Training")] = TRAINING,
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Cross-validate: train once for each fold without it, all together, and measure there.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is divided into folds.
    """
    job = CrossValidationJob(data, options, folds, common)
    return carried_out(job, _report, json=common.json)


def _report(job: CrossValidationJob, found: "CrossValidation", facts: dict[str, Any]) -> str:
    from chainrule.show.tables import terminal

    if not found.folds:
        return ""
    show.print_table(terminal(found.table()))
    show.print_baseline(job.splits.train, found.accuracy.mean, "The mean accuracy")
    return ""
