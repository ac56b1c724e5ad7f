"""A permutation test: could labels that have nothing to do with the features be predicted as well?

    p = (1 + #{s_k >= s}) / (1 + n)

s is the score on held-out examples, s_k that of the k-th of n trainings again from permuted
labels; the observed labels count as one permutation, so that p is never 0 (Phipson & Smyth 2010,
Stat. Appl. Genet. Mol. Biol. 9:39). All permutations of a fold train together: labels are an axis
of runs.

Only what may be exchanged is (Good 2005, chapter 3): whole groups, where each has one label;
examples of a group with each other, where groups have several; in stratified folds examples of a
fold, so that every permutation is as stratified as the observed labels; else all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.folds import DrawnFolds
from chainrule.experiments.runs import Run, form_of, group_size, parted
from chainrule.experiments.setting import Setting
from chainrule.model.intervals import area_under_curve

Array = np.ndarray
MOST = 100_000  # permutations
CHOSEN = (
    "Each fold kept the setting that it had chosen by the labels as they are: chosen anew for each "
    "permutation, more of them might reach it, so p may be too small."
)


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """measure : "auc" or "r2", of all held-out examples together, in the folds of the first repeat.
        The AUC knows no threshold, and where classes are not alike common it tells what was
        learned where as many are right by always saying the commonest one.
    observed : of the labels as they are. permuted : (n,) of the others; not a number where a
        training diverged, which counts as reaching the observed.
    exchanged : what was, in words.
    chosen : whether the settings were chosen by the labels as they are, fold by fold.
    """

    measure: str
    observed: float
    permuted: Array
    exchanged: str
    chosen: bool = False

    @property
    def name(self) -> str:
        """What was measured, as it is written: AUC or R²."""
        return {"auc": "AUC", "r2": "R²"}[self.measure]

    @property
    def p_value(self) -> float:
        """(1 + how many permutations were as good) / (1 + permutations), in (0, 1]."""
        return float((1 + np.sum(~(self.permuted < self.observed))) / (1 + len(self.permuted)))

    @property
    def caution(self) -> str:
        """What must be known beside p, or ""."""
        return CHOSEN if self.chosen else ""

    def facts(self) -> dict[str, Any]:
        """As plain numbers; of the permuted scores their mean and 95 % point."""
        known = self.permuted[np.isfinite(self.permuted)]
        mean, most = (known.mean(), np.quantile(known, 0.95)) if known.size else (np.nan, np.nan)
        return {
            "measure": self.measure,
            "observed": self.observed,
            "p_value": self.p_value,
            "permutations": len(self.permuted),
            "exchanged": self.exchanged,
            "caution": self.caution,
            "mean_of_permuted": float(mean),
            "95_percent_point_of_permuted": float(most),
        }

    def __repr__(self) -> str:
        n = len(self.permuted)
        return f"PermutationTest({self.measure} {self.observed:.4f}, p {self.p_value:.3g} of {n})"


def exchangeable(
    examples: Examples, groups: Array | None, blocks: Array | None
) -> tuple[str, Array | None, Array | None]:
    """What is exchanged, in words; the blocks within which labels are, or the groups that exchange
    them as wholes, (m,) each or None.

    groups : (m,) numbers from 0. blocks : (m,) the fold of each example where folds are stratified.
    """
    if groups is None:
        where = "" if blocks is None else " within each fold"
        return f"the labels{where}", blocks, None
    Y = examples.Y.T
    first = np.unique(groups, return_index=True)[1]
    if (Y[first[groups]] == Y).all():
        return "the labels of whole groups", None, groups
    return "the labels within each group", groups, None


def permutations(n: int, m: int, rng: Any, blocks: Array | None, whole: Array | None) -> Array:
    """(n, m) which example each takes its label from."""
    if whole is not None:
        first = np.unique(whole, return_index=True)[1]
        return rng.permuted(np.tile(first, (n, 1)), axis=1)[:, whole]
    found = np.tile(np.arange(m), (n, 1))
    for block in [np.zeros(m)] if blocks is None else [blocks]:
        for one in np.unique(block):
            index = np.flatnonzero(block == one)
            found[:, index] = rng.permuted(found[:, index], axis=1)
    return found


def score(A: Array, Y: Array, *, classes: bool) -> float:
    """The AUC, or R², of outputs A and labels Y (n_y, m); not a number where one of A is none."""
    if classes:
        return area_under_curve(A, (Y > 0.5).astype(float))
    squares = np.square(Y - Y.mean(axis=1, keepdims=True)).sum()
    return float(1 - np.square(A - Y).sum() / squares)


def permutation_test(
    where: str,
    examples: Examples,
    settings: Sequence[Setting],
    drawn: DrawnFolds,
    outputs: Sequence[Array],
    n: int,
    how: Execution,
) -> PermutationTest | None:
    """Train each fold again from n permutations of the labels; None if that was interrupted.

    settings, outputs : of each fold of the first repeat that was drawn what is trained, and its
        outputs (n_y, k) there from the observed labels.
    """
    held = drawn.held[: drawn.first]
    n, m = checks.whole_number(where, "permutations", n, least=1, most=MOST), examples.m
    fold = np.full(m, -1)
    for k, index in enumerate(held):
        fold[index] = k
    words, blocks, whole = exchangeable(examples, drawn.groups, fold if drawn.stratified else None)
    order = permutations(n, m, np.random.default_rng([2, drawn.seed]), blocks, whole)
    if (order == order[:, :1]).all() or (examples.Y[:, order] == examples.Y[:, None]).all():
        raise InputError(where, f"{words} that differ, to permute", "none", "Take fewer folds.")
    Y = np.moveaxis(examples.Y[:, order], 0, 1)
    runs, parts = [], []
    for setting, index in zip(settings, held, strict=True):
        for part in _parts(setting, examples, n, how, where):
            runs.append(Run(setting, index, labels=np.ascontiguousarray(Y[part])))
            parts.append(part)
    classes = settings[0].task_of(examples) == "classification"

    def keep(run: Run, A: Array) -> Array:
        return A[..., run.held_out].copy()

    # Nothing but the end is looked at.
    every = max(1, *(setting.updates(m) for setting in settings))
    outcomes = execute(where, examples, runs, how, keep=keep, record_every=every)
    if len(outcomes) < len(runs):
        return None
    answers = np.empty((n, *examples.Y.shape))
    for k, (run, part) in enumerate(zip(runs, parts, strict=True)):
        answers[part, :, run.held_out] = outcomes[k].kept
    index = np.concatenate(held)
    own = score(np.concatenate(outputs, axis=-1), examples.Y[:, index], classes=classes)
    permuted = [
        score(A[:, index], labels[:, index], classes=classes)
        for A, labels in zip(answers, Y, strict=True)
    ]
    return PermutationTest("auc" if classes else "r2", own, np.array(permuted), words)


def _parts(setting: Setting, examples: Examples, n: int, how: Execution, where: str) -> list[slice]:
    """Of n permutations, those that train together: what the processor's cache has room for (on a
    device all), and the memory where the weights themselves are trained."""
    threads, memory = how.limits(where)
    dual = form_of(setting, examples, n) == "dual"
    room, cached = 1e18 if dual else memory / threads, how.device == "cpu"
    size = group_size(setting, examples, room, cached=cached)
    return [slice(part[0], part[-1] + 1) for part in parted(range(n), size)]
