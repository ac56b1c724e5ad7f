"""Cross-validation: every example is once, in each repeat, predicted by a network that was trained
without it.

All folds train together: an example that a fold holds out has weight zero there, and one Gram
matrix serves all. Nothing of a held-out example enters its fold's training: its weight is zero
in every gradient, and a scaling that is learned from data is learned from the rest alone, fold by
fold (`examples.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from chainrule import checks
from chainrule.display import Column, Result, Table
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.folds import DrawnFolds
from chainrule.experiments.measures import (
    DIVERGED,
    LESS_IS_BETTER,
    MEASURES,
    SCORES,
    TRAINING_COST,
    Measures,
    Spread,
    iteration,
    measured,
)
from chainrule.experiments.outcomes import Outcome, mean_outputs
from chainrule.experiments.permutation import PermutationTest, permutation_test
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting, given
from chainrule.model.intervals import Intervals, bootstrap_intervals, of_single
from chainrule.model.model_file import class_probabilities, decided
from chainrule.training import History

Array = np.ndarray
AnyValidation = TypeVar("AnyValidation", bound="CrossValidation")


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold: the examples it held out, what was reached on them, and its learning curves.

    outputs : (n_y, k) of those held out. diverged : the iteration at which the cost stopped being
    finite, or -1.
    """

    held_out: Array
    outputs: Array
    measures: Measures
    history: History
    diverged: int


class _OverFolds:
    """The spread of the measure of this name over the folds."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, found: "CrossValidation", owner: type | None = None) -> Spread:
        return found.spread(self._name)


@dataclass(frozen=True, eq=False)
class CrossValidation(Result):
    """folds : of the first repeat, then of the second, ...

    outputs : (n_y, m) each example's output by the networks trained without it, averaged over the
        repeats; not a number for one that no finished fold held out.
    classes : names, () of a regression, or None. complete : whether all folds were finished.
    task : "classification" or "regression".
    labels : (m,) class indices, or the numbers of a regression; None of several numbers.
    groups : (m,) the group of each example, where whole groups were held out.
    thresholds : of each fold, above which probability the second of two classes was answered; none
        where that is 1/2.
    permutation : the test by permuted labels, where one was asked for.
    """

    setting: Setting
    folds: tuple[Fold, ...]
    outputs: Array
    classes: tuple[str, ...] | None = None
    complete: bool = True
    task: str = "classification"
    labels: Array | None = None
    groups: Array | None = None
    thresholds: tuple[float, ...] = ()
    permutation: PermutationTest | None = None

    def spread(self, score: str) -> Spread:
        """Of a measure over the folds, by its name."""
        return Spread.of(getattr(fold.measures, score) for fold in self.folds)

    def standard_error(self, score: str) -> float:
        """Of the mean of a measure over the folds, as if these were independent: a rule of thumb,
        see `Spread`. Not a number of one fold."""
        return self.spread(score).deviation / float(np.sqrt(len(self.folds)))

    accuracy = _OverFolds()
    cost = _OverFolds()
    auc = _OverFolds()
    rmse = _OverFolds()
    mae = _OverFolds()
    r2 = _OverFolds()

    @property
    def histories(self) -> tuple[History, ...]:
        """Each fold's learning curves."""
        return tuple(fold.history for fold in self.folds)

    @property
    def diverged(self) -> int:
        """How many of the folds did."""
        return sum(fold.diverged >= 0 for fold in self.folds)

    def value(self, score: str) -> float:
        """The mean of a score, to be compared: more is better, minus infinity where a fold
        diverged."""
        mean = self.spread(score).mean
        return (-mean if score in LESS_IS_BETTER else mean) if np.isfinite(mean) else -np.inf

    @property
    def probabilities(self) -> Array:
        """Out-of-fold probability of each class (n_classes, m)."""
        return class_probabilities(self.outputs)

    @property
    def predicted(self) -> Array:
        """(m,) the class that each example is given, by the folds' thresholds, in their majority
        where there are repeats."""
        if not self.thresholds:
            return decided(self.probabilities)
        votes = np.zeros(self.outputs.shape[1])
        for fold, threshold in zip(self.folds, self.thresholds, strict=True):
            votes[fold.held_out] += np.where(fold.outputs[0] > threshold, 1, -1)
        return (votes > 0).astype(np.int64)

    @cached_property
    def intervals(self) -> Intervals | None:
        """Of the measures of all held-out answers, by the bootstrap, whole groups where there are
        any (`bootstrap_intervals`, `of_single`); None where too little was finished."""
        index = np.flatnonzero(np.isfinite(self.outputs).all(axis=0))
        if self.labels is None or len(index) < 2:
            return None
        answers = self.outputs if self.task == "regression" else self.probabilities
        groups = None if self.groups is None else self.groups[index]
        predicted = None if self.task == "regression" else self.predicted[index]
        labels = self.labels[index]
        found = bootstrap_intervals(answers[:, index], labels, groups, predicted=predicted)
        if predicted is None:
            return found
        counts = np.bincount(labels, minlength=len(answers)).tolist()
        units = None if groups is None else len(np.unique(groups))
        return of_single(found, int((predicted == labels).sum()), counts, units)

    def __repr__(self) -> str:
        n, first = len(self.folds), SCORES[self.task][0]
        return f"CrossValidation({n} folds: {first} {self.spread(first)}, cost {self.cost})"

    @cached_property
    def group_of_folds(self) -> list[str]:
        """The name of the group that each fold holds out; none where one holds out several."""
        if self.groups is None:
            return []
        found = [np.unique(self.groups[fold.held_out]) for fold in self.folds]
        return [str(one[0]) for one in found] if all(len(one) == 1 for one in found) else []

    def table(self) -> Table:
        """A row for each fold, with its group where it holds out one; below them their mean and
        deviation."""
        names, both = SCORES[self.task], (TRAINING_COST, DIVERGED)
        group = [Column("group")] if self.group_of_folds else []
        columns = (Column("fold"), Column("examples", "whole"), *group, *MEASURES[self.task], *both)
        rows = []
        for k, fold in enumerate(self.folds, start=1):
            measures = [getattr(fold.measures, name) for name in names]
            cost = float(fold.history.loss[-1])
            own = self.group_of_folds[k - 1 : k]
            rows.append((k, fold.held_out.size, *own, *measures, cost, iteration(fold.diverged)))
        spreads = [vars(self.spread(name)) for name in names]
        blank = [None] * (1 + len(group))
        parts = ("mean", "deviation")
        foot = [(part, *blank, *(one[part] for one in spreads), None, None) for part in parts]
        return Table(columns, rows, foot)

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: vars(self.spread(name)) for name in SCORES[self.task]}
        found["folds"] = self.rows()
        if self.intervals is not None:
            found["intervals"] = self.intervals.facts()
        if self.permutation is not None:
            found["permutation_test"] = self.permutation.facts()
        return found


def cross_validate(
    data: Any,
    setting: Setting | None = None,
    *,
    folds: Any = 10,
    repeats: int = 1,
    stratified: bool = True,
    groups: Any = None,
    permutations: int = 0,
    seed: int = 0,
    record_every: int | None = None,
    execution: Execution | None = None,
) -> CrossValidation:
    """Train once for each fold without it, and measure there.

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m).
    setting : what is trained; the course's 4-layer network by default.
    folds, repeats, stratified, groups : see `draw_folds`. seed : of the folds' drawing.
    permutations : how many trainings of the first repeat's folds from permuted labels; the same
        p-value as a `PermutationTest` has.
    record_every : iterations between the points of the learning curves.
    execution : threads, memory and progress.

    After Ctrl-C the folds that were finished.
    """
    where = "cross_validate"
    setting, how = given(where, Setting, setting), given(where, Execution, execution)
    examples = Examples(where, data)
    drawn = DrawnFolds.of(examples, folds, repeats, stratified, groups, seed)
    n = checks.whole_number(where, "permutations", permutations)
    updates = [setting.updates(examples.m - index.size) for index in drawn.held]
    own, again = how.parts(sum(updates), n * sum(updates[: drawn.first]))
    (found,) = held_out(where, examples, [setting], drawn.held, own, record_every)
    found = replace(found, groups=drawn.names)
    return with_permutations(where, found, examples, drawn, n, again)


def with_permutations(
    where: str,
    found: AnyValidation,
    examples: Examples,
    drawn: DrawnFolds,
    n: int,
    how: Execution,
    settings: Sequence[Setting] = (),
) -> AnyValidation:
    """The same with a test by n permutations, where they are asked for and can be had.

    settings : of each fold, where they differ.
    """
    if not n or not found.complete:
        return found
    first = drawn.first
    settings = (settings or [found.setting] * first)[:first]
    outputs = [fold.outputs for fold in found.folds[:first]]
    permutation = permutation_test(where, examples, settings, drawn, outputs, n, how)
    if permutation is not None:
        permutation = replace(permutation, chosen=bool(getattr(found, "varied", ())))
    return replace(found, permutation=permutation, complete=permutation is not None)


def held_out(
    where: str,
    examples: Examples,
    settings: Sequence[Setting],
    held: Sequence[Array],
    execution: Execution | None,
    record_every: int | None = None,
) -> Iterator[CrossValidation]:
    """A cross-validation for each setting by the same folds; all of them train together.

    held : the examples that each fold holds out.
    """
    runs = [Run(setting, index) for setting in settings for index in held]
    outcomes = execute(where, examples, runs, execution, keep=keep, record_every=record_every)
    n = len(held)
    for k, setting in enumerate(settings):
        # What is gathered of a setting is not kept a second time.
        yield gathered(setting, examples, held, [outcomes.pop(k * n + j, None) for j in range(n)])


def keep(run: Run, A: Array) -> Array:
    """Of the outputs A (n_y, m) of a run those of the examples that measure it."""
    return A[:, run.measured].copy()


def gathered(
    setting: Setting, examples: Examples, held: Sequence[Array], outcomes: Sequence[Outcome | None]
) -> CrossValidation:
    """The finished folds of one setting; those of the others are None."""
    task = setting.task_of(examples)
    folds, answers = [], []
    for index, outcome in zip(held, outcomes, strict=True):
        if outcome is not None:
            A = outcome.kept
            assert A is not None
            measures = measured(outcome, A, examples.Y[:, index], task)
            folds.append(Fold(index, A, measures, outcome.history, outcome.diverged))
            answers.append((index, np.full_like(A, np.nan) if outcome.diverged >= 0 else A))
    mean = mean_outputs(examples.Y.shape, answers)
    complete, labels = len(folds) == len(held), None
    if task == "classification" and examples.has_classes:
        labels = examples.labels
    elif task == "regression" and len(examples.Y) == 1:
        labels = examples.Y[0]
    own = setting, tuple(folds), mean, examples.classes, complete, task, labels
    return CrossValidation(*own)
