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
from chainrule.wording import number, percent, setting_name, setting_value, setting_words

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
    from chainrule.show.experiment_plots import learning_curves, score_plot
    from chainrule.show.report import sweep_report
    from chainrule.show.saving import save_figure

    facts: dict[str, Any] = {"scored_on": found.held_out, "trials": found.rows()}
    if not found.trials:
        return facts
    found.to_csv(job.folder.table)
    title = f"{job.data_name}: sweep"
    figure = score_plot(found.rows(), found.varied, found.score, title)
    save_figure(figure, job.folder.path / "scores.png")
    curves = [trial.histories[0] for trial in found.trials]
    names = [setting_words(trial.setting, found.varied) for trial in found.trials]
    figure = learning_curves(curves, names, title=f"{title}, best first")
    save_figure(figure, job.folder.path / "learning-curves.png")
    if found.best is not None:
        how = {"setting": names[0], **trained_on(job.splits.train)}
        model = Model.of(found.best.network, job.splits, how)
        save(model, job.folder.model)
        if job.splits.test is not None:
            facts["test_accuracy_of_best"] = evaluate(model, job.splits.test).accuracy
    job.write_report(sweep_report, found, job.splits)
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
    heads = [*found.varied, found.score, "deviation", *more]
    title = f"Trials by {found.score} on {found.held_out}"
    table = show.table(title, "", *map(setting_name, heads), numbers=len(heads))
    for trial, row in zip(found.trials[:SHOWN], found.rows(), strict=False):
        settings = [show.safe(setting_value(row[name])) for name in found.varied]
        measures = [row[name] for name in (found.score, f"{found.score}_deviation", *more)]
        numbers = [number(measure) for measure in measures]
        if trial.diverged:
            numbers[:2] = ["diverged", ""]
        table.add_row(str(row["rank"]), *settings, *numbers)
    return table
