"""`chainrule review-labels`."""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.experiment import COMMON, Common, Folds, Job, carried_out, planned
from chainrule.cli.options import Options, command_line
from chainrule.wording import number, percent

if TYPE_CHECKING:
    from chainrule.experiments import CrossValidation, Execution, LabelReview, LeaveOneOut


SHOWN = 20  # suspects in the terminal; the table in the folder has all
PICTURES = 24


@dataclass(frozen=True, kw_only=True)
class Review(Folds):
    """Where the probabilities come from.

    Parameters
    ----------
    leave_one_out
        Train without each single example instead of without each fold.
    """

    leave_one_out: bool = False


def review(
    data: str | None = None,
    *,
    review: Annotated[Review, Parameter(name="*")] = Review(),
    options: Annotated[Options, Parameter(name="*", group="Training")] = Options(),
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
    job = planned("review-labels", data, options, review, common)
    left = "each example" if job.own.leave_one_out else f"each of {job.own.folds} folds"
    return carried_out(
        job,
        f"leave out {left}, and look at what is said of it then",
        lambda execution: _predicted(job, execution),
        _written,
        _report,
    )


def _predicted(job: Job[Review], execution: "Execution") -> "LeaveOneOut | CrossValidation":
    """Each example's probabilities by networks trained without it."""
    from chainrule.cli.crossval import cross_validated
    from chainrule.experiments import leave_one_out as run_leave_one_out

    if job.own.leave_one_out:
        return run_leave_one_out(job.splits.train, job.setting, execution=execution)
    return cross_validated(job, execution)


def _written(job: Job[Review], found: "LeaveOneOut | CrossValidation") -> dict[str, Any]:
    from chainrule.experiments import review_labels
    from chainrule.show.report import label_review_report

    if not found.complete:  # decisions are made on a whole review
        return {"suspects": []}
    reviewed = review_labels(job.splits.train, found.probabilities)
    if not _labels(job).exists():  # somebody may have decided already
        reviewed.to_csv(_labels(job))
    if job.splits.train.image_shape and reviewed.suspects:
        _write_pictures(job, reviewed)
    decide = (
        f"Decide in {_labels(job).name} (keep, relabel or drop), then train with --labels. No file "
        "of the data is changed."
    )
    histories = found.histories
    job.write_report(label_review_report(reviewed, job.splits, decide=decide, histories=histories))
    return reviewed.facts()


def _labels(job: Job[Review]) -> Path:
    return job.folder.path / "labels.csv"


def _write_pictures(job: Job[Review], reviewed: "LabelReview") -> None:
    from chainrule.show.picture_plots import gallery
    from chainrule.show.saving import save_figure

    shown = reviewed.suspects[:PICTURES]
    texts = [
        f"{s.name}\nlabeled {s.given} ({s.probability_of_given:.3f})\nsuggested: {s.suggested}"
        for s in shown
    ]
    index = [suspect.index for suspect in shown]
    figure = gallery(job.splits.train, index, texts, title="Labels to look at")
    save_figure(figure, job.folder.path / "suspects.png")


def _report(job: Job[Review], found: "LeaveOneOut | CrossValidation", facts: dict[str, Any]) -> str:
    from chainrule.training.warnings import warnings_of_runs

    if not found.complete:
        return ""
    out, suspects = show.console(), facts["suspects"]
    accuracy = facts["accuracy_held_out"]
    out.print(f"Accuracy  {percent(accuracy)} of the examples by networks trained without them")
    show.print_baseline(job.splits.train, accuracy, "That")
    title = f"{len(suspects)} labels to look at, the most suspicious first"
    table = show.table(title, "example", "is", "suggested", "probability of label", numbers=1)
    for one in suspects[:SHOWN]:
        texts = (show.safe(one[name]) for name in ("name", "given", "suggested"))
        table.add_row(*texts, number(one["probability_of_given"]))
    show.print_table(table)
    if len(suspects) > SHOWN:
        out.print(f"and {len(suspects) - SHOWN} more: {show.safe(str(_labels(job)))}")
    if facts["unjudged"]:
        out.print(f"{len(facts['unjudged'])} examples were not judged: without them it diverged.")
    show.print_warnings(warnings_of_runs(found.histories))
    labels = str(_labels(job))
    then = command_line("train", job.data, replace(job.options, labels=labels))
    return f"decide in {shlex.quote(labels)}, then {then}"
