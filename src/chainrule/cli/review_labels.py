"""`chainrule review-labels`."""

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.carried_out import carried_out
from chainrule.cli.options import COMMON, TRAINING, Common, Stratified, Training
from chainrule.jobs.label_review import LabelReviewJob, Review
from chainrule.jobs.options import command_line
from chainrule.wording import percent

if TYPE_CHECKING:
    from chainrule.experiments import CrossValidation, LeaveOneOut


SHOWN = 20  # suspects in the terminal; the table in the folder has all


@dataclass(frozen=True, kw_only=True)
class Typed(Stratified, Review):
    """As it is typed."""


def review_labels(
    data: str | None = None,
    *,
    review: Annotated[Typed, Parameter(name="*")] = Typed(),
    options: Annotated[Training, Parameter(name="*", group="Training")] = TRAINING,
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Find examples whose labels look wrong, by networks trained without them.

    Writes labels.csv: decide there on each (keep, relabel or drop), then train with --labels.
    No file of the data is changed or moved.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is reviewed.
    """
    job = LabelReviewJob(data, options, review, common)
    return carried_out(job, _report, json=common.json)


def _report(
    job: LabelReviewJob, found: "LeaveOneOut | CrossValidation", facts: dict[str, Any]
) -> str:
    if not found.complete:
        return ""
    from chainrule.show.tables import terminal

    out, suspects = show.console(), facts["suspects"]
    accuracy = facts["accuracy_held_out"]
    out.print(f"Accuracy  {percent(accuracy)} of the examples by networks trained without them")
    show.print_baseline(job.splits.train, accuracy, "That")
    title = f"{len(suspects)} labels to look at, the most suspicious first"
    columns = ("name", "given", "suggested", "probability_of_given")
    table = job.reviewed.table().only(*columns).first(SHOWN)
    show.print_table(terminal(table.titled(title)))
    if len(suspects) > SHOWN:
        out.print(f"and {len(suspects) - SHOWN} more: {show.safe(str(job.labels))}")
    if facts["unjudged"]:
        out.print(f"{len(facts['unjudged'])} examples were not judged: without them it diverged.")
    labels = str(job.labels)
    then = command_line("train", job.data, replace(job.options, labels=labels))
    return show.safe(f"decide in {shlex.quote(labels)}, then {then}")
