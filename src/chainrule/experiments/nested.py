"""Nested cross-validation: how good is what is chosen?

In each outer fold a setting is chosen by a cross-validation within the examples that the fold
trains on, and the fold measures that choice on examples that took no part in it (Varma & Simon
2006, BMC Bioinformatics 7:91; Cawley & Talbot 2010, JMLR 11:2079). All inner trainings of all folds
and settings train together, on one Gram matrix or one for each set of examples that a scaling is
learned from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.experiments.auto import choose_setting
from chainrule.experiments.choosing import RULES, in_order
from chainrule.experiments.cross_validation import (
    CrossValidation,
    cross_validate,
    gathered,
    keep,
    with_permutations,
)
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.folds import DrawnFolds, draw_folds
from chainrule.experiments.measures import score_of
from chainrule.experiments.outcomes import Outcome
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting
from chainrule.experiments.setting import given as checked
from chainrule.experiments.space import Space, settings_to_try
from chainrule.experiments.thresholds import by_thresholds, check_threshold, threshold_of
from chainrule.experiments.watching import Progress
from chainrule.wording import setting_name

Array = np.ndarray
FOLDS = 5  # inner ones


@dataclass(frozen=True, eq=False)
class NestedCrossValidation(CrossValidation):
    """setting : what the same way of choosing chooses on all examples; what was measured is the
        way, not this setting.
    varied : names of what differs between the settings. tried : how many there were.
    chosen : by each fold. score, rule : by which.
    inner : the mean score of the chosen setting in the inner folds of each fold: a little too good.
    """

    varied: tuple[str, ...] = ()
    tried: int = 0
    chosen: tuple[Setting, ...] = ()
    score: str = "accuracy"
    rule: str = "best"
    inner: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return f"Nested{super().__repr__()[:-1]}, each of {self.tried} settings chosen inside)"

    def table(self) -> Table:
        """A row for each fold, with what it chose; below them their mean and deviation."""
        table = super().table()
        own = [Column(name, "value", setting_name(name)) for name in self.varied]
        cells = [[getattr(one, name) for name in self.varied] for one in self.chosen]
        if self.thresholds:
            own.append(Column("threshold", "number"))
            cells = [[*some, t] for some, t in zip(cells, self.thresholds, strict=True)]
        rows = [(*row[:2], *some, *row[2:]) for row, some in zip(table.rows, cells, strict=True)]
        foot = [(*row[:2], *(None for _ in own), *row[2:]) for row in table.foot]
        return Table([*table.columns[:2], *own, *table.columns[2:]], rows, foot)

    def facts(self) -> dict[str, Any]:
        mean = float(np.mean(self.inner)) if self.inner else np.nan
        return super().facts() | {
            "settings": self.tried,
            "chosen_on_all": {name: getattr(self.setting, name) for name in self.varied},
            "rule": self.rule,
            f"mean_inner_{self.score}": mean,
        }


def nested_cross_validate(
    data: Any,
    space: Space | None,
    *,
    base: Setting | None = None,
    trials: int | None = None,
    folds: Any = 10,
    inner_folds: Any = None,
    repeats: int = 1,
    stratified: bool = True,
    groups: Any = None,
    score: str | None = None,
    rule: str = "best",
    threshold: str = "0.5",
    cost_ratio: float = 1.0,
    permutations: int = 0,
    seed: int = 0,
    record_every: int | None = None,
    execution: Execution | None = None,
) -> NestedCrossValidation:
    """Choose a setting inside each fold, and measure it there.

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m).
    space, base, trials : the settings, as for `sweep`; a grid, or `trials` drawn at random. Without
        a space it is `base` alone, of which there is nothing but a threshold to choose.
    folds, repeats, stratified, groups : of the outer folds, see `draw_folds`.
    inner_folds : parts of each fold's training examples, 5 by default, drawn by the same rules;
        where groups are left out one by one, these are by default.
    score : by which, as for `sweep`. rule : "best" or "one-se", see `choosing`.
    threshold, cost_ratio : of two classes, by which rule a fold's threshold is chosen, on the inner
        folds' answers of what it chose (`choose_threshold`). The cost and AUC know no threshold.
    permutations : of a test of what the folds chose, as in `cross_validate`. The choice is not
        made again for permuted labels.
    seed : of drawing folds, settings and permutations.

    After Ctrl-C the outer folds that were finished; none before all inner ones are.
    """
    where = "nested_cross_validate"
    checks.one_of(where, "rule", rule, RULES)
    base, how = checked(where, Setting, base), checked(where, Execution, execution)
    settings = [base]
    if space is not None:
        ((settings, _),) = settings_to_try(space, base, None, trials, seed)
    examples = Examples(where, data)
    check_threshold(where, examples, threshold, cost_ratio)
    score = score_of(where, base.task_of(examples), score)
    n = checks.whole_number(where, "permutations", permutations)
    drawn = DrawnFolds.of(examples, folds, repeats, stratified, groups, seed)
    if inner_folds is None:
        inner_folds = folds if isinstance(folds, str) else FOLDS
    # The last one is of all examples: what is chosen for use.
    outer = [*drawn.held, np.empty(0, np.intp)]
    inner = [_inside(examples, one, inner_folds, stratified, drawn) for one in outer]
    runs = [
        Run(setting, np.union1d(aside, one), one)
        for aside, parts in zip(outer, inner, strict=True)
        for setting in settings
        for one in parts
    ]
    most = max(one.updates(examples.m) for one in settings)
    inside = sum(run.updates(examples.m) for run in runs)
    choosing, measuring, again = how.parts(inside, most * len(drawn.held), n * most * drawn.first)
    # Of inner trainings nothing but the end is looked at.
    tried = execute(where, examples, runs, choosing, keep=keep, record_every=max(1, most))
    if len(tried) < len(runs):
        nothing, task = np.full(examples.Y.shape, np.nan), base.task_of(examples)
        return NestedCrossValidation(base, (), nothing, examples.classes, False, task)
    best = _best(examples, settings, inner, tried, score, rule)
    way = tuple(space or ()), len(settings), score, rule
    limits = []
    if threshold != "0.5":
        limits = [threshold_of(one, threshold, cost_ratio) for one in best[:-1]]
    found = _measured(where, examples, drawn, best, way, (record_every, measuring), limits)
    return with_permutations(
        where, found, examples, drawn, n, again, [b.setting for b in best[:-1]]
    )


def choose_in_folds(
    data: Any,
    given: Mapping[str, Any] | None = None,
    *,
    folds: Any = 10,
    repeats: int = 1,
    stratified: bool = True,
    groups: Any = None,
    threshold: str = "0.5",
    cost_ratio: float = 1.0,
    permutations: int = 0,
    seed: int = 0,
    record_every: int | None = None,
    execution: Execution | None = None,
) -> NestedCrossValidation:
    """The same of what `choose_setting` chooses for the training examples of each fold.

    given : see there; all others as for `nested_cross_validate`. A fold's threshold is chosen on a
        cross-validation of its choice. After Ctrl-C KeyboardInterrupt while something is chosen.
    """
    where = "choose_in_folds"
    how = checked(where, Execution, execution)
    examples, given = Examples(where, data), dict(given or {})
    check_threshold(where, examples, threshold, cost_ratio)
    n = checks.whole_number(where, "permutations", permutations)
    drawn = DrawnFolds.of(examples, folds, repeats, stratified, groups, seed)
    found, limits = [], []
    outer = [*drawn.held, np.empty(0, np.intp)]
    for k, aside in enumerate(outer):
        kept = np.setdiff1d(np.arange(examples.m), aside)
        part = examples.part(kept)
        own = part.data.rescaled() if part.data is not None else (data[0][:, kept], part.Y)
        numbers = None if drawn.groups is None else drawn.groups[kept]
        folder = None if how.folder is None else Path(how.folder) / f"chosen-{k}"
        told = replace(how, folder=folder, progress=_share(how.progress, k, len(outer)))
        found.append(choose_setting(own, given, groups=numbers, execution=told))
        if threshold != "0.5" and k < len(drawn.held):
            more: dict[str, Any] = {"stratified": stratified, "groups": numbers, "seed": seed}
            inside = cross_validate(own, found[-1].setting, folds=FOLDS, execution=told, **more)
            limits.append(threshold_of(inside, threshold, cost_ratio))
    best = [replace(one.trials[0], setting=one.setting) for one in found]
    score = score_of(where, best[0].task, None)
    way = found[-1].varied, found[-1].tried, score, "one-se"
    quiet = replace(how, progress=None)
    measured = _measured(where, examples, drawn, best, way, (record_every, quiet), limits)
    settings = [one.setting for one in best[:-1]]
    return with_permutations(where, measured, examples, drawn, n, quiet, settings)


def _share(progress: Progress | None, k: int, n: int) -> Progress | None:
    """Of one of n alike, the progress of all."""
    if progress is None:
        return None
    return lambda done, total: progress(k * total + done, n * total)


def _measured(
    where: str,
    examples: Examples,
    drawn: DrawnFolds,
    best: Sequence[CrossValidation],
    way: tuple[tuple[str, ...], int, str, str],
    how: tuple[int | None, Execution],
    thresholds: Sequence[float],
) -> NestedCrossValidation:
    """Each fold by the setting that was chosen in it. best : what chose it, the last of all
    examples. way : what was varied, how many settings, by which score and rule. how : updates
    between records, and the execution. thresholds : of each fold, or none."""
    record_every, execution = how
    varied, tried, score, rule = way
    own = [Run(one.setting, index) for one, index in zip(best, drawn.held, strict=False)]
    done = execute(where, examples, own, execution, keep=keep, record_every=record_every)
    outcomes = [done.get(k) for k in range(len(own))]
    found = gathered(best[-1].setting, examples, drawn.held, outcomes)
    measured = NestedCrossValidation(
        **vars(found) | {"groups": drawn.names},  # fields
        varied=varied,
        tried=tried,
        chosen=tuple(own[k].setting for k in sorted(done)),
        inner=tuple(best[k].spread(score).mean for k in sorted(done)),
        score=score,
        rule=rule,
    )
    if not thresholds:
        return measured
    return by_thresholds(measured, examples, [thresholds[k] for k in sorted(done)])


def _best(
    examples: Examples,
    settings: Sequence[Setting],
    inner: Sequence[Sequence[Array]],
    tried: dict[int, Outcome],
    score: str,
    rule: str,
) -> list[CrossValidation]:
    """The chosen setting's inner cross-validation, of each set of inner folds.

    tried : outcomes in the order of the runs: by set, by setting, by inner fold.
    """
    found, following = [], iter(range(len(tried)))
    for parts in inner:
        trials = [
            gathered(setting, examples, parts, [tried.pop(next(following)) for _ in parts])
            for setting in settings
        ]
        found.append(in_order(trials, score, rule)[0])
    return found


def _inside(
    examples: Examples, aside: Array, folds: Any, stratified: bool, drawn: DrawnFolds
) -> Sequence[Array]:
    """The inner folds of an outer one that holds `aside` out, as indices of all examples."""
    kept = np.setdiff1d(np.arange(examples.m), aside)
    groups = None if drawn.groups is None else drawn.groups[kept]
    try:
        found = draw_folds(examples.part(kept), folds, 1, stratified, groups, drawn.seed)
    except InputError as error:
        fix = error.fix.replace("ewer folds", "ewer inner_folds (--inner-folds)", 1)
        raise InputError("inner folds", error.expected, error.got, fix) from None
    return [kept[index] for index in found]
