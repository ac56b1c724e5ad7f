"""`chainrule lr-find`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.carried_out import carried_out
from chainrule.cli.options import COMMON, TRAINING, Common, Training
from chainrule.jobs.learning_rates import LearningRatesJob, Rates
from chainrule.jobs.options import command_line

if TYPE_CHECKING:
    from chainrule.experiments import RateComparison, RateSuggestion


def lr_find(
    data: str | None = None,
    *,
    search: Annotated[Rates, Parameter(name="*")] = Rates(),
    options: Annotated[Training, Parameter(name="*", group="Training")] = TRAINING,
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Suggest a learning rate by a range test, or compare a list of them.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    """
    job = LearningRatesJob(data, options, search, common)
    return carried_out(job, _report, json=common.json)


def _report(
    job: LearningRatesJob, found: "RateSuggestion | RateComparison", facts: dict[str, Any]
) -> str:
    from chainrule.experiments import RateSuggestion

    return _suggested(job, found) if isinstance(found, RateSuggestion) else _compared(found)


def _compared(found: "RateComparison") -> str:
    from chainrule.show.tables import terminal

    show.print_table(terminal(found.table()))
    return ""


def _suggested(job: LearningRatesJob, found: "RateSuggestion") -> str:
    if not found.histories:
        return ""
    show.console().print(f"Suggested  --learning-rate {found.rate:.2g}")
    show.print_set_in(found.reason, margin=11)
    options = replace(job.options, learning_rate=float(f"{found.rate:.2g}"))
    return show.safe(command_line("train", job.data, options))
