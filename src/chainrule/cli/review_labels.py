"""`chainrule review-labels`."""

import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.experiment import (
    Folds,
    Job,
    Machine,
    carried_out,
    closed,
    groups_of,
    introduce,
    planned,
)
from chainrule.cli.options import Options
from chainrule.data import Splits
from chainrule.experiments import Execution, Setting, cross_validate, leave_one_out
from chainrule.experiments.label_review import LabelReview, review_labels
from chainrule.inspection.experiment_plots import gallery
from chainrule.inspection.plots import save_figure

SHOWN = 20
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
    options: Annotated[Options, Parameter(name="*")] = Options(),
    machine: Annotated[Machine, Parameter(name="*")] = Machine(),
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Find examples whose labels look wrong, by networks trained without them.

    Writes labels.csv: decide there on each (keep, relabel or drop), then train with --labels.
    No file of the data is changed or moved.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is reviewed.
    out
        The folder to make; runs/NAME-review-labels-1, -2, ... by default. Never overwritten.
    resume
        The folder of an interrupted review to go on in.
    json
        Print one JSON object instead of text.
    """
    began = time.perf_counter()
    job = planned("review-labels", data, options, review, machine, out, resume)
    setting, splits = job.options.setting(), job.options.open(job.data)
    if not json:
        left = "each example" if job.own.leave_one_out else f"each of {job.own.folds} folds"
        introduce(splits, setting, f"leave out {left}, and look at what is said of it then")
    P, complete = carried_out(
        job, lambda execution: _probabilities(job, splits, setting, execution), shown=not json
    )
    facts: dict[str, Any] = {"suspects": []}
    found = review_labels(splits.train, P) if complete else None
    if found is not None:
        facts = _written(job, found, splits)
    facts = closed(job, facts, began, complete=complete)
    if json:
        show.print_json(facts)
    else:
        _report(found, facts, job)
    return 0 if complete else 1


def _probabilities(
    job: Job, splits: Splits, setting: Setting, execution: Execution
) -> tuple[Any, bool]:
    """Of each class (n_classes, m) by networks trained without the example; whether of all."""
    own = job.own
    if own.leave_one_out:
        alone = leave_one_out(splits.train, setting, execution=execution)
        return alone.probabilities, alone.complete
    groups = groups_of(splits.train, own.group_by)
    found = cross_validate(
        splits.train,
        setting,
        folds=own.folds,
        repeats=own.repeats,
        groups=groups,
        seed=job.options.seed,
        execution=execution,
    )
    return found.probabilities, found.complete


def _written(job: Job, found: LabelReview, splits: Splits) -> dict[str, Any]:
    """The folder's files; what was found, as plain facts."""
    path = job.folder.path / "labels.csv"
    if not path.exists():  # somebody may have decided already
        found.to_csv(path)
    data = splits.train
    if data.image_shape and found.suspects:
        pictures = found.suspects[:PICTURES]
        texts = [
            f"{s.name}\nlabeled {s.given} ({s.probability_of_given:.3f})\nsuggested: {s.suggested}"
            for s in pictures
        ]
        figure = gallery(data, [s.index for s in pictures], texts, title="Labels to look at")
        save_figure(figure, job.folder.path / "suspects.png")
    return {
        "suspects": [vars(suspect) for suspect in found.suspects],
        "unjudged": found.unjudged.tolist(),
    }


def _report(found: LabelReview | None, facts: dict[str, Any], job: Job) -> None:
    out = show.console()
    if found is not None:
        table = show.table(
            f"{len(found.suspects)} labels look wrong, the most suspicious first",
            "example",
            "is",
            "suggested",
            "probability of label",
            numbers=1,
        )
        for one in found.suspects[:SHOWN]:
            texts = (show.safe(text) for text in (one.name, one.given, one.suggested))
            table.add_row(*texts, f"{one.probability_of_given:.4f}")
        out.print(table)
        if len(found.unjudged):
            out.print(f"{len(found.unjudged)} examples were not judged: their fold diverged.")
    show.ending(job.folder.path, facts["seconds"], job.command, complete=found is not None)
    if found is not None:
        path, data = shlex.quote(str(job.folder.path / "labels.csv")), shlex.quote(job.data)
        out.print(f"Next:   decide in {path}, then chainrule train {data} --labels {path}")
