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
from typing import Any, Literal

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
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting
from chainrule.experiments.setting import given as checked
from chainrule.experiments.space import Space, settings_to_try
from chainrule.experiments.thresholds import by_thresholds, check_threshold, threshold_of
from chainrule.experiments.watching import Progress
from chainrule.wording import setting_name

Array = np.ndarray
FOLDS = 5  # inner ones
AUTO = "auto"  # of a space: what is chosen where nothing is named


@dataclass(frozen=True, eq=False)
class NestedCrossValidation(CrossValidation):
    """setting : what the same way of choosing chooses on all examples; what was measured is the
        way, not this setting.
    varied : names of what differs between the settings. tried : how many there were.
    chosen : by each fold. score, rule : by which.
    finished : indices of these folds among those that were drawn.
    inner : the mean score of the chosen setting in the inner folds of each fold: a little too good.
    """

    varied: tuple[str, ...] = ()
    tried: int = 0
    chosen: tuple[Setting, ...] = ()
    score: str = "accuracy"
    rule: str = "best"
    inner: tuple[float, ...] = ()
    finished: tuple[int, ...] = ()

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
    space: Space | Literal["auto"] | None,
    *,
    base: Setting | Mapping[str, Any] | None = None,
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
        a space it is `base` alone, of which there is nothing but a threshold to choose. "auto" is
        what `choose_setting` chooses; base is then what is given there, values by name.
    folds, repeats, stratified, groups : of the outer folds, see `draw_folds`.
    inner_folds, score, rule : of settings that are named. Parts of each fold's training examples, 5
        by default, drawn by the same rules; where groups are left out one by one, these are by
        default. By which score, as for `sweep`; "best" or "one-se", see `choosing`.
    threshold, cost_ratio : of two classes, by which rule a fold's threshold is chosen, on the inner
        folds' answers of what it chose (`choose_threshold`). The cost and AUC know no threshold.
    permutations : of a test of what the folds chose, as in `cross_validate`. The choice is not
        made again for permuted labels.
    seed : of drawing folds, settings and permutations.

    After Ctrl-C the outer folds that were finished; none before all choices are made.
    """
    where = "nested_cross_validate"
    checks.one_of(where, "rule", rule, RULES)
    how, examples = checked(where, Execution, execution), Examples(where, data)
    values = dict(base) if isinstance(base, Mapping) else {}
    base = Setting.named(values) if isinstance(base, Mapping) else checked(where, Setting, base)
    task = base.task_of(examples)
    score = score_of(where, task, score)
    check_threshold(where, examples, threshold, cost_ratio)
    n = checks.whole_number(where, "permutations", permutations)
    drawn = DrawnFolds.of(examples, folds, repeats, stratified, groups, seed)
    # The last one is of all examples: what is chosen for use.
    every = np.arange(examples.m)
    kept = [*(np.setdiff1d(every, aside) for aside in drawn.held), every]
    try:
        if isinstance(space, str):
            checks.one_of(where, "space", space, (AUTO,))
            own = _by_itself(examples, drawn, kept, values, threshold != "0.5", how)
            varied, tried, best, rule = *own, "one-se"
            measuring = again = replace(how, progress=None)
        else:
            settings = [base]
            if space is not None:
                ((settings, _),) = settings_to_try(space, base, None, trials, seed)
            if inner_folds is None:
                inner_folds = folds if isinstance(folds, str) else FOLDS
            inner = [_inside(examples, one, inner_folds, stratified, drawn) for one in kept]
            most = max(one.updates(examples.m) for one in settings)
            inside = sum(one.updates(examples.m) for one in settings) * sum(map(len, inner))
            updates = inside, most * len(drawn.held), n * most * drawn.first
            choosing, measuring, again = how.parts(*updates)
            varied, tried = tuple(space or ()), len(settings)
            best = _among(settings, examples, kept, inner, (score, rule), choosing)
    except KeyboardInterrupt:
        nothing = np.full(examples.Y.shape, np.nan)
        return NestedCrossValidation(base, (), nothing, examples.classes, False, task)
    way = {"varied": varied, "tried": tried, "score": score, "rule": rule}
    found = _measured(where, examples, drawn, best, way, record_every, measuring)
    if threshold != "0.5" and found.folds:
        limits = [threshold_of(best[k], threshold, cost_ratio) for k in found.finished]
        found = by_thresholds(found, examples, limits)
    settings = [one.setting for one in best[:-1]]
    return with_permutations(where, found, examples, drawn, n, again, settings)


def _measured(
    where: str,
    examples: Examples,
    drawn: DrawnFolds,
    best: Sequence[CrossValidation],
    way: dict[str, Any],
    record_every: int | None,
    how: Execution,
) -> NestedCrossValidation:
    """Each fold by the setting that was chosen in it. best : what chose it, the last of all
    examples. way : fields of what is found."""
    own = [Run(one.setting, index) for one, index in zip(best, drawn.held, strict=False)]
    done = execute(where, examples, own, how, keep=keep, record_every=record_every)
    outcomes = [done.get(k) for k in range(len(own))]
    found = gathered(best[-1].setting, examples, drawn.held, outcomes)
    return NestedCrossValidation(
        **vars(found) | {"groups": drawn.names},  # fields
        **way,
        chosen=tuple(own[k].setting for k in sorted(done)),
        inner=tuple(best[k].spread(way["score"]).mean for k in sorted(done)),
        finished=tuple(sorted(done)),
    )


def _by_itself(
    examples: Examples,
    drawn: DrawnFolds,
    kept: Sequence[Array],
    given: Mapping[str, Any],
    answers: bool,
    how: Execution,
) -> tuple[tuple[str, ...], int, list[CrossValidation]]:
    """What `choose_setting` varied, how many settings it tried, and its choice for each set of
    examples: a cross-validation there, once more where its answers are asked for."""
    found = []
    for k, index in enumerate(kept):
        part = examples.part(index)
        own = (part.features, part.Y) if part.data is None else part.data.rescaled()
        groups = None if drawn.groups is None else drawn.groups[index]
        folder = None if how.folder is None else Path(how.folder) / f"chosen-{k}"
        told = replace(how, folder=folder, progress=_share(how.progress, k, len(kept)))
        one = choose_setting(own, given, groups=groups, execution=told)
        trials = one.trials or (CrossValidation(one.setting, (), np.empty((len(part.Y), 0))),)
        found.append(replace(trials[0], setting=one.setting))
        if answers:
            more: dict[str, Any] = {"groups": groups, "seed": drawn.seed, "execution": told}
            found[-1] = cross_validate(own, one.setting, folds=FOLDS, **more)
    return one.varied, one.tried, found


def _share(progress: Progress | None, k: int, n: int) -> Progress | None:
    """Of one of n alike, the progress of all."""
    if progress is None:
        return None
    return lambda done, total: progress(k * total + done, n * total)


def _among(
    settings: Sequence[Setting],
    examples: Examples,
    kept: Sequence[Array],
    inner: Sequence[Sequence[Array]],
    by: tuple[str, str],
    how: Execution,
) -> list[CrossValidation]:
    """The chosen setting's inner cross-validation, of each set of examples that is kept and its
    inner folds. by : score and rule."""
    aside = [np.setdiff1d(np.arange(examples.m), one) for one in kept]
    runs = [
        Run(setting, np.union1d(out, one), one)
        for out, parts in zip(aside, inner, strict=True)
        for setting in settings
        for one in parts
    ]
    # Of inner trainings nothing but the end is looked at.
    every = max(1, *(one.updates(examples.m) for one in settings))
    tried = execute("nested_cross_validate", examples, runs, how, keep=keep, record_every=every)
    if len(tried) < len(runs):
        raise KeyboardInterrupt
    following, found = iter(range(len(runs))), []
    for parts in inner:
        trials = [
            gathered(setting, examples, parts, [tried.pop(next(following)) for _ in parts])
            for setting in settings
        ]
        found.append(in_order(trials, *by)[0])
    return found


def _inside(
    examples: Examples, kept: Array, folds: Any, stratified: bool, drawn: DrawnFolds
) -> Sequence[Array]:
    """The inner folds of an outer one that trains on what is kept, as indices of all examples."""
    groups = None if drawn.groups is None else drawn.groups[kept]
    try:
        found = draw_folds(examples.part(kept), folds, 1, stratified, groups, drawn.seed)
    except InputError as error:
        fix = error.fix.replace("ewer folds", "ewer inner_folds (--inner-folds)", 1)
        raise InputError("inner folds", error.expected, error.got, fix) from None
    return [kept[index] for index in found]
