"""`chainrule sweep`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.carried_out import carried_out
from chainrule.cli.options import COMMON, TRAINING, Common, Stratified, Training
from chainrule.jobs.options import evaluation
from chainrule.jobs.sweep import Search, SweepJob
from chainrule.wording import percent, setting_words

if TYPE_CHECKING:
    from chainrule.experiments import Sweep


SHOWN = 20  # trials in the terminal; the table in the folder has all


@dataclass(frozen=True, kw_only=True)
class Typed(Stratified, Search):
    """As it is typed."""


def sweep(
    data: str | None = None,
    *,
    search: Annotated[Typed, Parameter(name="*")] = Typed(),
    options: Annotated[Training, Parameter(name="*", group="Training")] = TRAINING,
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Train many settings at once, compare them on held-out examples, train the best on all.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes.
    """
    return carried_out(SweepJob(data, options, search, common), _report, json=common.json)


def _report(job: SweepJob, found: "Sweep", facts: dict[str, Any]) -> str:
    import numpy as np

    from chainrule.experiments import SCORES

    out = show.console()
    if not found.trials:
        return ""
    # The deviation of the score alone: the table in the folder has the others.
    more = [*(name for name in SCORES if name != found.score), "training_cost"]
    table = _table(found, more)
    while more and not show.fitted(table):
        table = _table(found, more := more[:-1])
    show.print_table(table)
    if len(found.trials) > SHOWN:
        out.print(f"and {len(found.trials) - SHOWN} more: {job.folder.table}")
    best = found.trials[0]
    if not np.isfinite(best.value(found.score)):
        out.print("Every setting diverged: try lower learning rates, or chainrule lr-find.")
        return ""
    then = "" if found.best is None else "; trained on all the training data"
    out.print(f"Best: {show.safe(setting_words(best.setting, found.varied))}{then}.")
    show.print_baseline(job.splits.train, best.accuracy.mean, "Its accuracy")
    if "test_accuracy_of_best" in facts:
        accuracy = percent(facts["test_accuracy_of_best"])
        out.print(f"On the test set {accuracy} are right.")
    if found.best is None:
        return ""
    options = job.options.with_setting(best.setting, found.varied)
    tested = job.splits.test is not None
    return show.safe(evaluation(job.folder.path, job.data, options, tested=tested))


def _table(found: "Sweep", more: list[str]) -> Any:
    """The best trials: their settings, the score, and what else there is room for."""
    from chainrule.show.tables import terminal

    columns = ("rank", *found.varied, found.score, f"{found.score}_deviation", *more)
    diverged = ["diverged"] if any(trial.diverged for trial in found.trials[:SHOWN]) else []
    table = found.table().first(SHOWN).only(*columns, *diverged)
    return terminal(table.titled(f"Trials by {found.score} on {found.held_out}"))
