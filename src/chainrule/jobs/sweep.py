"""A sweep over settings, as a job."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chainrule import experiments
from chainrule.errors import InputError
from chainrule.jobs import texts
from chainrule.jobs.held_out import groups
from chainrule.jobs.job import Job
from chainrule.wording import setting_name, setting_words

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.experiments import Execution, Sweep


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
    stratified: bool = True
    group_by: str | None = None


class SweepJob(Job[Search, "Sweep"]):
    """Train many settings at once, compare them on held-out examples, train the best on all."""

    command = "sweep"

    def __init__(self, *planned: Any) -> None:
        super().__init__(*planned)
        self.space = self._space()

    def _space(self) -> dict[str, Any]:
        """What is varied: values by the name of a field of Setting."""
        if not self.own.vary:
            fix = "Such as --vary learning_rate=0.001,0.01,0.1."
            raise InputError("sweep", "--vary NAME=VALUES at least once", "none", fix)
        space = texts.space(self.own.vary)
        drawn = [name for name, values in space.items() if hasattr(values, "rvs")]
        if drawn and self.own.trials is None:
            fix = "Add --trials N, or LOW..HIGH:N for N numbers of a range."
            raise InputError("--vary", f"a list for {drawn[0]} in a grid", "a range", fix)
        return space

    @property
    def validation(self) -> "Dataset | None":
        """What the trials are scored on, if not by cross-validation."""
        return self.splits.validation if self.own.folds is None else None

    def plan(self) -> dict[str, str]:
        from chainrule.experiments.sweep import FOLDS

        count = self.own.trials or math.prod(len(values) for values in self.space.values())
        folds = f"{self.own.folds or FOLDS} folds"
        held_out = folds if self.validation is None else "the validation set"
        names = ", ".join(map(setting_name, self.space))
        return {"Plan": f"{count} settings of {names}, each on {held_out}"}

    def work(self, how: "Execution") -> "Sweep":
        own = self.own
        return experiments.sweep(
            self.splits.train,
            self.space,
            base=self.setting,
            trials=own.trials,
            search=own.search,
            folds=own.folds,
            repeats=own.repeats,
            stratified=own.stratified,
            groups=groups(self.splits.train, own.group_by),
            validation=self.validation,
            score=own.score,
            seed=self.options.seed,
            execution=how,
        )

    def write_more(self, found: "Sweep") -> dict[str, Any]:
        from chainrule.jobs.sources import trained_on
        from chainrule.model.evaluation import evaluate
        from chainrule.model.model_file import Model, save

        if found.best is None:
            return {}
        setting = setting_words(found.trials[0].setting, found.varied)
        how = {"setting": setting, **trained_on(self.splits.train)}
        model = Model.of(found.best.network, self.splits, how)
        save(model, self.folder.model)
        if self.splits.test is None:
            return {}
        return {"test_accuracy_of_best": evaluate(model, self.splits.test).accuracy}
