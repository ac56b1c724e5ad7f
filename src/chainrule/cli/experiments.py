"""The commands of experiments: each starts its job and says what was found."""

import shlex
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule import experiments
from chainrule.cli import show
from chainrule.cli.options import COMMON, TRAINING, Common, Training
from chainrule.cli.progress import AnyJob, Facts, Report, carried_out
from chainrule.jobs import experiments as jobs
from chainrule.jobs import held_out as parts
from chainrule.jobs.job import NOTHING, Job
from chainrule.jobs.options import Options, command_line
from chainrule.wording import percent, setting_value, setting_words

if TYPE_CHECKING:
    from chainrule.display import Table
    from chainrule.influence.ranking import Importance

SHOWN = 20  # trials or suspects in the terminal; the table in the folder has all
INFLUENTIAL = 10  # examples
ERRORS = {"rmse": "RMSE", "mae": "MAE", "r2": "R²"}


# Beside `Asked` these are dataclasses by what they inherit: making each one anew takes its time.
class Stratified:
    """What must be known of folds to type them."""

    stratified: Annotated[bool, Parameter(negative="--no-stratified")] = True


@Parameter(name="*")
class Nested(Stratified, jobs.Nested):
    """As it is typed."""


@Parameter(name="*")
class Review(Stratified, parts.Review):
    """As it is typed."""


@Parameter(name="*")
class Named(Stratified, parts.Named):
    """As they are typed."""


@Parameter(name="*")
class Search(Stratified, jobs.Search):
    """As it is typed."""


@Parameter(name="*")
class Rates(jobs.Rates):
    """As they are typed."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What all of them are asked."""

    options: Training = TRAINING
    common: Common = COMMON


# Where nothing is given.
ASKED, NESTED, REVIEW = Asked(), Nested(), Review()
NAMED, SEARCH, RATES = Named(), Search(), Rates()


def _start(
    kind: type[AnyJob], data: str | None, own: Any, asked: Asked, report: Report[AnyJob]
) -> int:
    job = kind(data, asked.options, own, asked.common)
    return carried_out(job, report, json=asked.common.json)


def lr_find(data: str | None = None, *, search: Rates = RATES, asked: Asked = ASKED) -> int:
    """Suggest a learning rate by a range test, or compare a list of them.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    """
    return _start(jobs.LearningRatesJob, data, search, asked, _rates)


def _rates(job: jobs.LearningRatesJob, found: "experiments.RateComparison", facts: Facts) -> str:
    if warning := found.warning(job.splits.train):
        show.print_note(warning)
    if not isinstance(found, experiments.RateSuggestion):
        show.print_table(found.table())
    elif found.histories:
        show.console().print(f"Suggested  --learning-rate {found.rate:.2g}")
        show.print_set_in(found.reason, margin=11)
        options = replace(job.options, learning_rate=float(f"{found.rate:.2g}"))
        return show.safe(command_line("train", job.data, options))
    return ""


def sweep(data: str | None = None, *, search: Search = SEARCH, asked: Asked = ASKED) -> int:
    """Train many settings at once, compare them on held-out examples, train the best on all.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes.
    """
    return _start(jobs.SweepJob, data, search, asked, _trials)


def _trials(job: jobs.SweepJob, found: "experiments.Sweep", facts: Facts) -> str:
    import numpy as np

    out = show.console()
    if not found.trials:
        return ""
    # The standard error of the score alone: the table in the folder has all deviations.
    more = [name for name in experiments.SCORES[found.task] if name != found.score]
    more.append("training_cost")
    show.print_table(*(_trials_table(found, more[:n]) for n in range(len(more), -1, -1)))
    if len(found.trials) > SHOWN:
        out.print(f"and {len(found.trials) - SHOWN} more: {job.folder.table}")
    best = found.trials[0]
    if not np.isfinite(best.value(found.score)):
        out.print("Every setting diverged: try lower learning rates, or chainrule lr-find.")
        return ""
    then = "" if found.best is None else " It was trained on all the training data."
    chosen = f"{setting_words(best.setting, found.varied)}. {found.choice}{then}"
    show.print_set_in(show.safe(chosen), "Chosen", 9)
    show.print_verdict(facts["verdict"])
    if found.best is None:
        return ""
    if job.splits.test is not None and job.options.hold_out is None:
        return show.safe(job.evaluation(job.options))
    own = {one.name: getattr(job.own, one.name) for one in fields(jobs.Choice)}
    nested = jobs.Nested(nested=True, leave_group_out=job.own.leave_group_out, **own)
    plain = replace(job.options, hold_out=None)
    return f"{show.safe(command_line('crossval', job.data, nested, plain))}  # the choice, measured"


def _trials_table(found: "experiments.Sweep", more: list[str]) -> "Table":
    """The best trials: their settings, the score, and what else there is room for."""
    columns = ("rank", *found.varied, found.score, "standard_error", "near_best", *more)
    diverged = ["diverged"] if any(trial.diverged for trial in found.trials[:SHOWN]) else []
    table = found.table().first(SHOWN).only(*columns, *diverged)
    return table.titled(f"Trials by {found.score} on {found.held_out}")


def crossval(data: str | None = None, *, folds: Nested = NESTED, asked: Asked = ASKED) -> int:
    """Cross-validate: train once for each fold without it, all together, and measure there.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is divided into folds.
    """
    return _start(jobs.CrossValidationJob, data, folds, asked, _folds)


def _folds(job: jobs.CrossValidationJob, found: "experiments.CrossValidation", facts: Facts) -> str:
    from chainrule.model.regression import errors

    out = show.console()
    if not found.folds:
        return ""
    table, aside = found.table(), ("training_cost", "examples", "cost")
    show.print_table(*(table.without(*aside[:n]) for n in range(len(aside) + 1)))
    if found.diverged == len(found.folds):
        out.print("Every fold diverged: try lower learning rates, or chainrule lr-find.")
        return ""
    if (sure := found.intervals) is not None:
        title = f"All held-out answers pooled, with {percent(sure.confidence, 0)} intervals by the "
        title += f"bootstrap of {sure.resampled}"
        show.print_table(sure.table().titled(title))
    if (test := found.permutation) is not None:
        n = len(test.permuted)
        words = f"p = {test.p_value:.3g} of the {test.name}, {test.observed:.4f}, by {n:,} "
        words += f"permutations of {test.exchanged}. {test.caution}"
        show.print_set_in(words.strip(), "Chance")
    if found.task == "regression":
        done = found.outputs[0] == found.outputs[0]
        together = errors(found.outputs[0, done], job.splits.train.labels[done])
        said = ", ".join(f"{ERRORS[name]} {setting_value(v)}" for name, v in together.items())
        if sure is None:
            out.print(f"All {done.sum()} held-out predictions together: {said}.")
    _judge(found, job)
    if isinstance(found, experiments.NestedCrossValidation) and found.varied:
        words = show.safe(setting_words(found.setting, found.varied))
        out.print(f"On all examples the same choice among {found.tried} settings gives: {words}.")
        options = job.options.chosen(found.setting, found.varied)
        if job.options.to_choose:  # as train does by itself
            options = replace(job.given, threshold=Options.threshold)
        return show.safe(command_line("train", job.data, options))
    return ""


def _judge(found: parts.Predicted, job: Job[Any, Any]) -> None:
    """What the held-out answers say."""
    from chainrule.experiments.answers import held_out_answers

    if (answers := held_out_answers(found, job.splits.train)) is not None:
        show.print_verdict(answers.verdict.facts())


def leave_one_out(data: str | None = None, *, asked: Asked = ASKED) -> int:
    """Train once without each example: its own prediction then, and its exact influence on others.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    """
    return _start(parts.LeaveOneOutJob, data, NOTHING, asked, _left_out)


def _left_out(job: parts.LeaveOneOutJob, found: "experiments.LeaveOneOut", facts: Facts) -> str:
    import numpy as np

    out = show.console()
    if not np.isfinite(found.losses).any():
        return ""
    done = np.isfinite(found.losses).sum()
    if found.task == "regression":
        said = ", ".join(f"{ERRORS[name]} {setting_value(v)}" for name, v in found.scores.items())
        out.print(f"Errors    {said} of {done} examples when left out")
    else:
        out.print(f"Accuracy  {percent(found.accuracy)} of {done} examples when left out")
        out.print(f"          {percent(found.accuracy_when_trained_on)} when trained on")
        out.print(f"Cost      {found.cost:.6f} nats an example when left out")
    _judge(found, job)
    if facts["diverged"]:
        out.print(f"Diverged  {facts['diverged']} trainings")
    show.print_set_in(found.influence, "Influence")
    of = "predictions" if found.task == "regression" else "probabilities of their own class"
    if (table := found.influential()).rows:
        aside = ["example", "loss", "diverged"]
        aside += ["predicted"] if found.task == "classification" else []
        most = table.first(INFLUENTIAL).titled(f"The most influential ({of})")
        show.print_table(most.without(*aside))
    return ""


def review_labels(data: str | None = None, *, review: Review = REVIEW, asked: Asked = ASKED) -> int:
    """Find examples whose labels look wrong, by networks trained without them.

    Writes labels.csv: decide there on each (keep, relabel or drop), then train with --labels.
    No file of the data is changed or moved.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is reviewed.
    """
    return _start(parts.LabelReviewJob, data, review, asked, _suspects)


def _suspects(job: parts.LabelReviewJob, found: parts.Predicted, facts: Facts) -> str:
    if not found.complete:
        return ""
    out, suspects = show.console(), facts["suspects"]
    accuracy = facts["accuracy_held_out"]
    out.print(f"Accuracy  {percent(accuracy)} of the examples by networks trained without them")
    show.print_verdict(facts["verdict"])
    if facts["too_weak"]:
        show.print_note(
            "The networks are too weak to judge labels: that they doubt one is no evidence "
            "against it."
        )
    title = f"{len(suspects)} labels to look at, the most suspicious first"
    columns = ("name", "given", "suggested", "probability_of_given")
    table = job.reviewed.table().only(*columns).first(SHOWN)
    show.print_table(table.titled(title))
    if len(suspects) > SHOWN:
        out.print(f"and {len(suspects) - SHOWN} more: {show.safe(str(job.labels))}")
    if facts["unscored"]:
        out.print(f"{len(facts['unscored'])} examples were not judged: without them it diverged.")
    labels = str(job.labels)
    then = command_line("train", job.data, replace(job.options, labels=labels))
    return show.safe(f"decide in {shlex.quote(labels)}, then {then}")


def importance(data: str | None = None, *, named: Named = NAMED, asked: Asked = ASKED) -> int:
    """Name the features that answers depend on, and say how sure that is.

    Networks are trained on many parts of the examples; each feature's importance is their mean,
    with how often it was in the top and which way it acts. What they answer of examples held out
    says whether there is anything to name.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes, whose training set is used; or a model or run
        folder, with whose data and settings the same is done.
    """
    return _start(parts.ImportanceJob, data, named, asked, _features)


def _features(job: parts.ImportanceJob, found: "Importance", facts: Facts) -> str:
    if not len(found.slopes):
        return ""
    from chainrule.influence.ranking import CAUTION, SHOWN

    show.print_set_in(found.held_out.words, "Held out")
    show.print_set_in(found.stability, "Stable")
    if found.diverged:
        n = found.diverged
        said = f"{n} of {n + len(found.slopes)} trainings, of which nothing is counted here."
        show.print_set_in(f"{said} Try a lower learning rate.", "Diverged")
    if found.stretches:
        show.print_set_in(show.safe(found.stretches), "Regions")
    if found.held_out.warning:
        show.print_note(found.held_out.warning)
    more = ["of_model", "low", "high", "loss_rise"]
    table = found.table().first(SHOWN)
    columns = ["rank", "feature", table.names[3], "importance", "in_top", "stable"]
    tables = [table.only(*columns, *more[:n]) for n in (4, 3, 1, 0)]
    n, runs = len(found.names), len(found.slopes)
    most = f"The {SHOWN} most important of {n} features" if n > SHOWN else "The features"
    title = f"{most} (mean of {runs} networks"
    titles = (f"{title}{'; low, high: 95 % of them' * ('low' in one.names)})" for one in tables)
    show.print_table(*(one.titled(said) for one, said in zip(tables, titles, strict=True)))
    if n > SHOWN:
        show.console().print(f"and {n - SHOWN} more: {show.safe(str(job.folder.table))}")
    show.print_note(CAUTION)
    return ""
