"""Experiments that measure and choose, as jobs: what each is asked for, what it trains, and which
files are its own. Those about single examples and features are in `held_out.py`.

They are of one shape, so they stand side by side: options, a plan in words, a function of
`chainrule.experiments`, and what is written beside the table, the pictures and the report that
`Job.write` makes of every result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from chainrule import experiments
from chainrule.errors import InputError
from chainrule.jobs import texts
from chainrule.jobs.held_out import (
    Folds,
    HeldOutJob,
    held_out,
    held_out_words,
    unseen_classes,
    warnings_of_folds,
)
from chainrule.jobs.job import Job
from chainrule.jobs.options import AUTO, Options, absolute, written
from chainrule.wording import setting_name, setting_words

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.training.warnings import TrainingWarning

Score = Literal["accuracy", "cost", "auc", "rmse", "mae", "r2"]
Rule = Literal["best", "one-se"]
CHOSEN = (
    "The best of {} settings was chosen by the same examples that measure it, so it looks better "
    "than it is. A test set, or chainrule crossval --nested, tells how good it is."
)
RANGE = "The others are of the range test, in which no rates are named."


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Several settings, and which of them is taken.

    Parameters
    ----------
    vary
        NAME=VALUES, once for each name: learning_rate=0.001,0.01,0.1 or l2=1e-4..1 (a range to
        draw from) or learning_rate=1e-4..0.1:10 (ten of them, evenly in the logarithm) or
        layers=20-7-5,20,none or seed=0..9 or prepare=standard,snv+standard (steps with + between
        them). Also momentum, initializer, activation, iterations, epochs, batch_size, dropout,
        loss, optimizer, schedule.
    trials
        Draw so many settings at random instead of trying every combination.
    score
        By which they are compared: accuracy by default, of a regression rmse.
    rule
        Which is the best: that of the best score, or the simplest within one standard error of it
        (fewer units, then larger l2, fewer updates, smaller rate).
    """

    vary: tuple[str, ...] = ()
    trials: int | None = None
    score: Score | None = None
    rule: Rule = "best"


@dataclass(frozen=True, kw_only=True)
class Nested(Choice, Folds):
    """What is measured: one setting, or the choice among several.

    Parameters
    ----------
    nested
        Choose a setting of --vary in each fold, by a cross-validation of the examples that it
        trains on, and measure that choice.
    inner_folds
        Parts of each fold's training examples; 5 by default, or each group.
    permutations
        Train so many times again from permuted labels, for a p-value; such as 1000.
    """

    nested: bool = False
    inner_folds: int | None = None
    permutations: int = 0


def space_of(command: str, own: Any, options: Options) -> dict[str, Any]:
    """What is varied: values by the name of a field of Setting."""
    if not own.vary:
        fix = "Such as --vary learning_rate=0.001,0.01,0.1."
        raise InputError(command, "--vary NAME=VALUES at least once", "none", fix)
    space = texts.space(own.vary)
    if "prepare" in space:
        from chainrule.data.open import with_batches

        space["prepare"] = [with_batches(one, options) for one in space["prepare"]]
    drawn = [name for name, values in space.items() if hasattr(values, "rvs")]
    if drawn and own.trials is None:
        fix = "Add --trials N, or LOW..HIGH:N for N numbers of a range."
        raise InputError("--vary", f"a list for {drawn[0]} in a grid", "a range", fix)
    return space


def settings_words(space: dict[str, Any], trials: int | None) -> str:
    """How many settings of what, for a plan."""
    count = trials or math.prod(len(values) for values in space.values())
    return f"{count} settings of {', '.join(map(setting_name, space))}"


class CrossValidationJob(HeldOutJob[Nested, "experiments.CrossValidation"]):
    """Train once for each fold without it, all together, and measure there."""

    command = "crossval"
    decides = True

    def __init__(self, *planned: Any) -> None:
        self.chooses = not planned[2].nested  # what is varied is not chosen otherwise
        super().__init__(*planned)
        own, plain = self.own, Nested()
        inner = ("vary", "trials", "inner_folds", "score", "rule")
        given = [name for name in inner if getattr(own, name) != getattr(plain, name)]
        if given and not own.nested:
            fix = "Add --nested: the choice is made within each fold."
            raise InputError(f"--{given[0].replace('_', '-')}", "--nested beside it", "none", fix)
        self.space = space_of("crossval --nested", own, self.options) if own.nested else {}

    def choose(self, how: "experiments.Execution") -> None:
        """That is done in each fold."""

    def plan(self) -> str:
        own = self.own
        words = f"hold out {held_out_words(self)}"
        if self.options.to_choose:
            words += "; in each choose a setting on folds of the others"
        if own.nested:
            words += f"; in each choose among {settings_words(self.space, own.trials)}"
        if own.permutations:
            words += f"; {own.permutations} permutations of the labels"
        if self.looked_for:
            words += f"; {self.looked_for}"
        return words

    def check(self) -> None:
        super().check()
        unseen_classes(self)

    def work(self, how: "experiments.Execution") -> "experiments.CrossValidation":
        data, own = self.splits.train, self.own
        plain = held_out(self) | {"permutations": own.permutations, "execution": how}
        more = plain | {"threshold": self.options.threshold, "cost_ratio": self.options.cost_ratio}
        chooses = self.options.to_choose
        if not (chooses or own.nested) and self.options.threshold == "0.5":
            return experiments.cross_validate(data, self.setting, **plain)
        return experiments.nested_cross_validate(
            data,
            AUTO if chooses else self.space or None,
            base=self.options.decided if chooses else self.setting,
            trials=own.trials,
            inner_folds=own.inner_folds,
            score=own.score,
            rule=own.rule,
            **more,
        )

    def warnings(self, found: "experiments.CrossValidation") -> "Sequence[TrainingWarning]":
        return (*super().warnings(found), *warnings_of_folds(self))


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Which learning rates are tried.

    Parameters
    ----------
    low
        The lowest learning rate of the range test.
    high
        The highest one.
    count
        How many rates, evenly in their logarithm.
    test_iterations
        Updates of the range test.
    rates
        Compare these rates over all --iterations instead, such as 0.01,0.001,0.0001.
    """

    low: float = 1e-5  # the defaults of find_learning_rate, which is not imported for --help
    high: float = 10.0
    count: int = 60
    test_iterations: int = 100
    rates: str | None = None


class LearningRatesJob(Job[Rates, "experiments.RateComparison"]):
    """A range test that suggests a rate, or where rates are named their comparison."""

    command = "lr-find"
    chooses = False
    rates: list[float] | None = None  # that are named

    def __init__(self, *planned: Any) -> None:
        super().__init__(*planned)
        own = self.own
        if own.rates is not None:
            if replace(own, rates=None) != type(own)():
                fix, got = RANGE, "some of the range's options, too"
                raise InputError("--rates", "--rates alone", got, fix)
            self.rates = texts.rates(own.rates)

    @property
    def used(self) -> dict[str, Any]:
        named = {"learning_rate": None, "rates": self.own.rates}
        if self.rates is not None:
            return super().used | named
        return named | self.of_range | {"epochs": None}

    @property
    def of_range(self) -> dict[str, Any]:
        """What the range test is asked, as `find_learning_rate` takes it."""
        own = self.own
        ends = {"low": own.low, "high": own.high, "count": own.count}
        return ends | {"iterations": own.test_iterations}

    def plan(self) -> str:
        own = self.own
        if self.rates is not None:
            return f"compare {len(self.rates)} rates"
        span = f"{own.count} rates from {own.low:g} to {own.high:g}"
        return f"{span}, {own.test_iterations} updates"

    def work(self, how: "experiments.Execution") -> "experiments.RateComparison":
        data = self.splits.train
        if self.rates is not None:
            return experiments.compare_learning_rates(data, self.rates, self.setting, execution=how)
        return experiments.find_learning_rate(data, self.setting, execution=how, **self.of_range)


@dataclass(frozen=True, kw_only=True)
class Search(Folds, Choice):
    """What is varied, and how the trials are scored.

    Parameters
    ----------
    folds
        Parts of the cross-validation; 5 by default, or as many as the rarest class or the groups
        allow. With data that have a validation set of their
        own, that is used unless this is given.
    search
        How trials are drawn: random, or optuna (by what was seen so far; needs the package).
    """

    search: Literal["grid", "random", "optuna"] | None = None
    rule: Rule = "one-se"  # the best of many looks better than it is


class SweepJob(Job[Search, "experiments.Sweep"]):
    """Train many settings at once, compare them on held-out examples, train the best on all."""

    command = "sweep"
    chooses = False
    usual_folds = 5

    def __init__(self, *planned: Any) -> None:
        super().__init__(*planned)
        self.space = space_of("sweep", self.own, self.options)

    @property
    def used(self) -> dict[str, Any]:
        """What is varied stands in the table."""
        varied = {setting_name(name).replace(" ", "_"): None for name in self.space}
        return super().used | varied

    @property
    def validation(self) -> "Dataset | None":
        """What the trials are scored on, if not by cross-validation."""
        folds = self.own.folds is not None or self.own.leave_group_out
        return None if folds else self.splits.validation

    def plan(self) -> str:
        words = f"{settings_words(self.space, self.own.trials)}, each on "
        if self.validation is not None:
            return f"{words}the validation set"
        return f"{words}{held_out_words(self)}"

    def check(self) -> None:
        if self.validation is None:
            unseen_classes(self)

    def work(self, how: "experiments.Execution") -> "experiments.Sweep":
        return experiments.sweep(
            self.splits.train,
            self.space,
            base=self.setting,
            trials=self.own.trials,
            search=self.own.search,
            validation=self.validation,
            score=self.own.score,
            rule=self.own.rule,
            execution=how,
            **held_out(self) | ({} if self.validation is None else {"groups": None, "folds": None}),
        )

    def warnings(self, found: "experiments.Sweep") -> "Sequence[TrainingWarning]":
        """Of the best trial's trainings, too."""
        from chainrule.training.warnings import warnings_of_runs

        of_best = warnings_of_runs(found.trials[0].histories) if found.trials else ()
        held = self.validation is None
        return (*of_best, *(warnings_of_folds(self) if held else ()))

    def write_more(self, found: "experiments.Sweep") -> dict[str, Any]:
        from chainrule.model.evaluation import evaluate
        from chainrule.model.verdict import UNKNOWN, verdict_of

        if found.best is None:
            return {"verdict": UNKNOWN.facts("No setting was trained on all examples.")}
        best = found.trials[0].setting
        facts = {
            "setting": setting_words(best, found.varied),
            "data": absolute(self.data),
            "options": written(self.options.chosen(best, found.varied)),
            "iterations": found.best.iterations,
        }
        model = self.write_model(found.best.network, facts, best.prepared(self.splits))
        if self.splits.test is None:
            return {"verdict": UNKNOWN.facts(CHOSEN.format(len(found.trials)))}
        measure, reached = experiments.SCORES[found.task][0], evaluate(model, self.splits.test)
        scored = {f"test_{measure}_of_best": reached.scores[measure]}
        return scored | {"verdict": verdict_of(reached).facts()}
