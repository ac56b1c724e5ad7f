"""`chainrule sweep`."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from chainrule import experiments
from chainrule.cli import parse, show
from chainrule.cli.experiment import COMMON, Common, Job, carried_out, planned
from chainrule.cli.options import Options, evaluation, trained_on, with_setting
from chainrule.errors import InputError
from chainrule.wording import percent, setting_name, setting_words

if TYPE_CHECKING:
    from chainrule.experiments import Sweep


SHOWN = 20  # trials in the terminal; the table in the folder has all


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is varied, and how the trials are scored.

    Parameters
    ----------
    vary
        NAME=VALUES, once for each name: learning_rate=0.001,0.01,0.1 or l2=1e-4..1 (a range to
        draw from) or learning_rate=1e-4..0.1:10 (ten of them, evenly in the logarithm) or
        layers=20-7-5,20,none or seed=0..9. Also momentum, initializer, activation, iterations,
        epochs, batch_size, optimizer, schedule.
    trials
        Draw so many settings at random instead of trying every combination.
    search
        How they are drawn: random, or optuna (by what was seen so far; needs the package).
    score
        What the trials are sorted by.
    folds
        Parts of the cross-validation; 5 by default. With data that have a validation set of their
        own, that is used unless this is given.
    repeats
        Repetitions of the cross-validation, with other folds.
    stratified
        Whether every class is in each fold in its share.
    group_by
        A regular expression: examples in whose names (CLASS/FILE of pictures) it finds the same
        text stay together, for example '(patient[0-9]+)'.
    """

    vary: tuple[str, ...] = ()
    trials: int | None = None
    search: Literal["grid", "random", "optuna"] | None = None
    score: Literal["accuracy", "cost", "auc"] = "accuracy"
    folds: int | None = None
    repeats: int = 1
    stratified: Annotated[bool, Parameter(negative="--no-stratified")] = True
    group_by: str | None = None


def sweep(
    data: str | None = None,
    *,
    search: Annotated[Search, Parameter(name="*")] = Search(),
    options: Annotated[Options, Parameter(name="*", group="Training")] = Options(),
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Train many settings at once, compare them on held-out examples, train the best on all.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes.
    """
    job = planned("sweep", data, options, search, common)
    own = job.own
    if not own.vary:
        fix = "Such as --vary learning_rate=0.001,0.01,0.1."
        raise InputError("sweep", "--vary NAME=VALUES at least once", "none", fix)
    space = parse.space(own.vary)
    drawn = [name for name, values in space.items() if hasattr(values, "rvs")]
    if drawn and own.trials is None:
        fix = "Add --trials N, or LOW..HIGH:N for N numbers of a range."
        raise InputError("--vary", f"a list for {drawn[0]} in a grid", "a range", fix)
    from chainrule.experiments.sweep import FOLDS

    validation = job.splits.validation if own.folds is None else None
    held_out = f"{own.folds or FOLDS} folds" if validation is None else "the validation set"
    return carried_out(
        job,
        f"{_counted(space, own)} of {', '.join(map(setting_name, space))}, each on {held_out}",
        lambda execution: experiments.sweep(
            job.splits.train,
            space,
            base=job.setting,
            trials=own.trials,
            search=own.search,
            folds=own.folds,
            repeats=own.repeats,
            stratified=own.stratified,
            groups=job.groups(own.group_by),
            validation=validation,
            score=own.score,
            seed=job.options.seed,
            execution=execution,
        ),
        _written,
        _report,
    )


def _counted(space: dict[str, Any], own: Search) -> str:
    """How many settings are going to be tried."""
    count = own.trials or math.prod(len(values) for values in space.values())
    return f"{count} settings"


def _written(job: Job[Search], found: "Sweep") -> dict[str, Any]:
    from chainrule.model.evaluation import evaluate
    from chainrule.model.model_file import Model, save
    from chainrule.show.report import sweep_report

    facts = found.facts()
    if not found.trials:
        return facts
    job.write(found)
    if found.best is not None:
        setting = setting_words(found.trials[0].setting, found.varied)
        how = {"setting": setting, **trained_on(job.splits.train)}
        model = Model.of(found.best.network, job.splits, how)
        save(model, job.folder.model)
        if job.splits.test is not None:
            facts["test_accuracy_of_best"] = evaluate(model, job.splits.test).accuracy
    job.write_report(sweep_report(found, job.splits))
    return facts


def _report(job: Job[Search], found: "Sweep", facts: dict[str, Any]) -> str:
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
    options = with_setting(job.options, best.setting, found.varied)
    return evaluation(job.folder.path, job.data, options, tested=job.splits.test is not None)


def _table(found: "Sweep", more: list[str]) -> Any:
    """The best trials: their settings, the score, and what else there is room for."""
    from chainrule.show.tables import terminal

    columns = ("rank", *found.varied, found.score, f"{found.score}_deviation", *more)
    diverged = ["diverged"] if any(trial.diverged for trial in found.trials[:SHOWN]) else []
    table = found.table().first(SHOWN).only(*columns, *diverged)
    return terminal(table.titled(f"Trials by {found.score} on {found.held_out}"))
