"""A sweep: many settings trained on the same data, scored on examples that they were not trained
on, and the best of them trained on all.

Settings of one architecture train together, all folds of all of them.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import Column, Result, Table
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments.choosing import RULES, in_order, near_best
from chainrule.experiments.cross_validation import CrossValidation, held_out
from chainrule.experiments.examples import Examples, joined
from chainrule.experiments.execute import Execution
from chainrule.experiments.folds import draw_folds
from chainrule.experiments.measures import MEASURES, SCORES, TRAINING_COST, score_of
from chainrule.experiments.setting import Setting, given
from chainrule.experiments.space import Space, settings_to_try
from chainrule.experiments.watching import Progress
from chainrule.training import Training, train
from chainrule.wording import setting_name

FOLDS = 5  # where there is no validation set


@dataclass(frozen=True, eq=False)
class Sweep(Result):
    """trials : cross-validations that were finished, or the same of a validation set, the chosen
        one first, then the best. varied : names of what differs between their settings.

    score : what they are sorted by. held_out : what the scores were measured on, in words.
    best : the best setting trained on all the data, as it prepares them (`Setting.prepared`, also
        for a model of it); None if that was not asked for, if it was interrupted or diverged, or if
        no trial has a score.
    complete : whether all trials were finished, and that training too.
    """

    trials: tuple[CrossValidation, ...]
    varied: tuple[str, ...]
    score: str
    held_out: str
    best: Training | None
    complete: bool = True

    @property
    def task(self) -> str:
        """Of the trials: "classification" or "regression"."""
        return self.trials[0].task if self.trials else "classification"

    @property
    def near(self) -> tuple[CrossValidation, ...]:
        """The trials within one standard error of the best, which comes first."""
        return near_best(self.trials, self.score)

    def __repr__(self) -> str:
        if not self.trials:
            return "Sweep(no trials)"
        top = self.trials[0]
        values = ", ".join(f"{name} {getattr(top.setting, name)}" for name in self.varied)
        found = top.spread(self.score)
        return f"Sweep({len(self.trials)} trials; best {self.score} {found} at {values})"

    def table(self) -> Table:
        """A row for each trial, the best first."""
        names, near = SCORES[self.task], self.near
        measures = [
            column
            for one in MEASURES[self.task]
            for column in (one, Column(f"{one.name}_deviation", one.kind, "deviation"))
        ]
        kind = next(one.kind for one in MEASURES[self.task] if one.name == self.score)
        columns = (
            Column("rank", "whole"),
            *(Column(name, "value", setting_name(name)) for name in self.varied),
            *measures,
            Column("standard_error", kind),
            Column("near_best"),
            TRAINING_COST,
            Column("diverged", "whole"),
        )
        rows = [
            (
                rank,
                *(getattr(trial.setting, name) for name in self.varied),
                *(value for name in names for value in vars(trial.spread(name)).values()),
                trial.standard_error(self.score),
                "yes" if trial in near else "",
                float(np.mean([h.loss[-1] for h in trial.histories])),
                trial.diverged,
            )
            for rank, trial in enumerate(self.trials, start=1)
        ]
        return Table(columns, rows)

    @property
    def choice(self) -> str:
        """Why the first trial was chosen, a sentence."""
        top, near, score = self.trials[0], self.near, self.score
        if len(near) < 2:
            return f"It has the best {score}, and no other is within one standard error of it."
        of = f"of {len(near)} settings within one standard error of the best {score}"
        best, own = (one.spread(score).mean for one in (near[0], top))
        if top is near[0]:
            return f"It has the best {score}; it is one {of}: chance may have ordered these."
        said = f"a tie at {best:.4g}" if own == best else f"{best:.4g}; this one {own:.4g}"
        return f"The simplest {of} ({said}): chance may have ordered these."

    def facts(self) -> dict[str, Any]:
        return {"scored_on": self.held_out, "trials": self.rows()}


def sweep(
    data: Any,
    space: Space,
    *,
    base: Setting | None = None,
    trials: int | None = None,
    search: str | None = None,
    folds: Any = None,
    repeats: int = 1,
    stratified: bool = True,
    groups: Any = None,
    validation: Any = None,
    score: str | None = None,
    rule: str = "one-se",
    seed: int = 0,
    execution: Execution | None = None,
    refit: bool = True,
) -> Sweep:
    """Train and compare many settings.

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m).
    space : values by name, of the fields of Setting: {"learning_rate": [0.01, 0.03], "l2":
        Between(1e-4, 1.0, log=True), "hidden": [(20, 7, 5), ()]}; SciPy's distributions too.
    base : all other settings.
    search : "grid" (every combination), "random" (`trials` of them) or "optuna" (`trials` chosen
        by what was seen so far; the package optuna must be installed). Random where `trials` are
        given, else the grid.
    folds, repeats, stratified, groups : cross-validation, see `draw_folds`; 5 folds by default.
    validation : a Dataset or (X, Y) to score on instead.
    score : what the trials are sorted by: "accuracy" (the default), "auc" (more is better) or
        "cost" (less is); of a regression "rmse" (the default), "mae", "cost" (less) or "r2" (more).
        Of equals the one of lower cost comes first.
    rule : which trial is chosen: "one-se", the simplest of those within one standard error of the
        best (`choosing`), or "best".
    seed : of drawing the folds and the settings.
    refit : whether the best setting is trained on all the data at the end.

    After Ctrl-C the trials that were finished.
    """
    checks.one_of("sweep", "rule", rule, RULES)
    base, how = given("sweep", Setting, base), given("sweep", Execution, execution)
    if validation is not None and (folds is not None or groups is not None or repeats != 1):
        raise InputError("sweep", "a validation set or folds", "both", "Leave one out.")
    if validation is None:
        examples, count = Examples("sweep", data), FOLDS if folds is None else folds
        held = draw_folds(examples, count, repeats, stratified, groups, seed)
        words = f"{len(held)} folds" if repeats == 1 else f"{len(held)} folds, {repeats} repeats"
    else:
        both, index = joined("sweep", data, validation)
        examples, held, words = Examples("sweep", both), [index], "the validation set"
    score = score_of("sweep", base.task_of(examples), score)
    found: list[CrossValidation] = []
    complete = True
    asked = before = 0
    for settings, tell in settings_to_try(space, base, search, trials, seed):
        asked += len(settings)
        scale = trials / asked if search == "optuna" and trials else 1.0
        own = replace(how, progress=_over_all(how.progress, before, scale))
        before += sum(one.updates(examples.m - index.size) for one in settings for index in held)
        tried = held_out("sweep", examples, settings, held, own)
        some = [trial for trial in tried if trial.complete]
        tell([trial.value(score) for trial in some])
        found += some
        complete = len(some) == len(settings)
        if not complete:
            break
    ordered = in_order(found, score, rule)
    best = None
    if refit and complete and ordered and np.isfinite(ordered[0].value(score)):
        best = _trained_on_all(ordered[0].setting, examples, data, validation, how)
        complete = best is None or best.complete
    return Sweep(ordered, tuple(space), score, words, best if complete else None, complete)


def _trained_on_all(
    setting: Setting, examples: Examples, data: Any, validation: Any, how: Execution
) -> Training | None:
    """None if that diverges, as it may where no fold does."""
    network = setting.network(examples.shape[0], len(examples.Y), examples.task)
    data = setting.prepared(data)
    if setting.prepare is not None and validation is not None:
        validation = replace(validation, scaling=data.scaling)
    more = {"validation": validation, "callbacks": how.callbacks, "device": how.device}
    with suppress(DivergenceError):
        return train(network, data, **more, **setting.arguments())
    return None


def _over_all(progress: Progress | None, before: int, scale: float) -> Progress | None:
    """Of the trials asked for next, the progress of all.

    before : updates of those asked for earlier. scale : how many times as many trials as those
        asked for so far there will be; those to come as if they took the mean of the others.
    """
    if progress is None:
        return None
    return lambda done, total: progress(before + done, (before + total) * scale)
