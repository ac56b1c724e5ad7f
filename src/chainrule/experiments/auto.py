"""A setting that learns, found on folds of the training examples: rates, and where they are not
given sizes, a penalty and the number of iterations.

Settings are compared by successive halving (`halving`).

Nothing here looks at a clock: how much is trained follows from the sizes of the data, so that the
same data give the same choice.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.experiments.choosing import near_best
from chainrule.experiments.cross_validation import CrossValidation
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution
from chainrule.experiments.folds import draw_folds, named_groups
from chainrule.experiments.halving import RUNGS, WHERE, Halving
from chainrule.experiments.setting import Setting
from chainrule.experiments.sweep import Sweep
from chainrule.training.optimizers import optimizer_named
from chainrule.wording import percent, setting_words

Array = np.ndarray
OPTIMIZER = "nesterov"  # learned in a fifth of the iterations of gd what that did, or more
CHANCE = 0.5  # the area under the ROC curve of guesses
FOLDS = 5
# Examples that settings are compared on, at most: more where features are few, and in batches,
# whose updates take the same time; so many numbers in all.
SAMPLE, NARROW, NUMBERS = 400, 1000, (80_000, 2_000_000)
WHOLE = 2000  # examples that are trained on all at once, at most
BATCH = 128  # examples an update, of more than that
LONGEST = 1e11  # operations of the chosen training: some tens of seconds on one core
CHOSEN = ("hidden", "learning_rate", "l2", "iterations")  # what may be chosen, in this order


@dataclass(frozen=True, eq=False)
class Chosen(Sweep):
    """What was tried, the chosen first; see `Sweep`.

    setting : it, for a training on all examples. nothing : why nothing could be chosen, and it is
    the simplest one; or "". blind : whether accuracy on held-out examples said nothing; trials are
    those that trained longest then. tried : how many settings were. examples : how many they were
    compared on, and of how many. seconds : that it took.
    """

    setting: Setting = Setting()  # noqa: RUF009
    nothing: str = ""
    blind: bool = False
    tried: int = 0
    examples: tuple[int, int] = (0, 0)
    seconds: float = 0.0

    @property
    def near(self) -> tuple[CrossValidation, ...]:
        """The trials within one standard error of the best by the score and by the cost."""
        return near_best(self.trials, self.score, "cost")

    def __repr__(self) -> str:
        return f"Chosen({setting_words(self.setting, self.varied)})"

    @property
    def words(self) -> str:
        """What was chosen, why, and what it cost: a sentence."""
        start = () if self.setting.initializer == Setting.initializer else ("initializer",)
        words = f"{setting_words(self.setting, (*self.varied, *start))}: {self._why}"
        if not self.trials:
            return f"{words}."
        used, of = self.examples
        part = f" of {used:,} of {of:,} examples" if used < of else ""
        tried = f"{self.tried} settings tried on {self.held_out}{part}"
        return f"{words}; {tried}, {self.seconds:.1f} s."

    @property
    def _why(self) -> str:
        if self.nothing:
            return f"the simplest, as nothing could be chosen: {self.nothing}"
        one = self.trials[0].spread(self.score).mean
        # The best cost or AUC of many, beside nothing to compare it with, says little.
        said = f"accuracy {percent(one, 1)}" if self.score == "accuracy" else "cost"
        if self.blind:
            said = "AUC" if self.score == "auc" else said
            return f"the best held-out {said}, as none is right more often than the commonest class"
        if (near := len(self.near)) > 1:
            return f"the simplest of {near} within a standard error of the best, held-out {said}"
        return f"the best held-out {said}"

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"seconds": round(self.seconds, 3), "words": self.words}


def choose_setting(
    data: Any,
    given: Mapping[str, Any] | None = None,
    *,
    groups: Any = None,
    execution: Execution | None = None,
) -> Chosen:
    """Find a setting for `data`.

    data : a Dataset, Splits, of which the training set is used, or (X, Y) with X (n_x, m) and Y
        (n_y, m).
    given : values by name, of the fields of Setting, that are taken as they are; its "seed" draws
        the folds, too. Of `CHOSEN` what is not given is chosen, a penalty where sizes are; the
        optimizer is nesterov by default. A network without hidden layers starts from zeros.
    groups : (m,) whose examples are held out together, see `draw_folds`.

    After Ctrl-C KeyboardInterrupt. InputError where every setting diverges, and for features that
    stay in their file with an optimizer that would read it at each step of each setting.
    """
    began = time.perf_counter()
    given = dict(given or {})
    if hasattr(data, "train"):
        data = data.train
    base = Setting.named({"optimizer": OPTIMIZER} | given)
    if base.optimizer == "lbfgs" and base.epochs is None:  # which ends where it has converged
        given.setdefault("iterations", base.updates(1))
    whole = Examples(WHERE, data)
    linear = optimizer_named(base.optimizer).linear or base.first_layer == "primal"
    if whole.in_file and not linear:
        got = f"{base.optimizer}, which reads the file at each step of each setting"
        fix = "Take nesterov or lbfgs, or give a learning rate."
        raise InputError(WHERE, "an optimizer with a dual form", got, fix)
    examples, groups = _sample(whole, groups, base.seed)
    base = _in_batches(base, given, whole)
    start, how = given.get("initializer"), execution or Execution()
    search = Halving(examples, base, _varied(base, given), start, how)
    held, nothing = _folds(examples, groups, base.seed), "there are too few to hold any out"
    if held:
        search.search(held)
        best, nothing = search.trials[0].value(search.score), ""
        if not np.isfinite(best):
            fix = "Scale the features, or give a smaller learning rate or penalty (l2)."
            got = f"{search.tried} that do"
            raise InputError(WHERE, "a setting that does not diverge", got, fix)
        if search.score == "auc" and best <= CHANCE:
            nothing = f"what {len(held)} folds hold out is answered no better than by guessing"
    setting = search.simplest if nothing else search.trials[0].setting
    return Chosen(
        search.trials,
        search.varied,
        search.score,
        f"{len(held)} folds{' of whole groups' if groups is not None else ''}",
        None,
        setting=_for_all(setting, given, examples.m, whole),
        nothing=nothing,
        blind=search.blind,
        tried=search.tried,
        examples=(examples.m, whole.m),
        seconds=time.perf_counter() - began,
    )


def _varied(base: Setting, given: Mapping[str, Any]) -> tuple[str, ...]:
    settled = {
        "l2": "hidden" in given,
        "learning_rate": base.optimizer == "lbfgs",
        "iterations": base.epochs is not None,
    }
    return tuple(name for name in CHOSEN if name not in given and not settled.get(name))


def _sample(whole: Examples, groups: Any, seed: int) -> tuple[Examples, Any]:
    """Some of the examples, drawn at random, and their groups' numbers."""
    found = named_groups(whole, groups)
    numbers = None if found is None else found[1]
    most, numbers_of = (NARROW, NUMBERS[0]) if whole.m <= WHOLE else (WHOLE, NUMBERS[1])
    n = max(SAMPLE, min(most, numbers_of // whole.shape[0]))
    if whole.m <= n:
        return whole, numbers
    index = np.sort(np.random.default_rng([2, seed]).permutation(whole.m)[:n])
    return whole.part(index), None if numbers is None else numbers[index]


def _in_batches(base: Setting, given: Mapping[str, Any], whole: Examples) -> Setting:
    """More than WHOLE examples are trained on in batches, unless that is given."""
    if "batch_size" in given or whole.m <= WHOLE or base.optimizer == "lbfgs":
        return base
    return base.with_values({"batch_size": BATCH})


def _folds(examples: Examples, groups: Any, seed: int) -> list[Array]:
    """FOLDS, or as many as there can be; none where no example can be held out."""
    n, stratified = examples.m, examples.has_classes
    if groups is not None:
        n = len(np.unique(groups))
    elif stratified:
        rarest = int(np.unique(examples.labels, return_counts=True)[1].min())
        stratified = rarest > 2 or examples.m == 2 * rarest
        n = rarest if stratified else n
    for by_class in (stratified, False):
        try:
            return draw_folds(examples, min(FOLDS, n), 1, by_class, groups, seed)
        except InputError:
            continue
    return []


def _for_all(setting: Setting, given: Mapping[str, Any], compared: int, whole: Examples) -> Setting:
    """The chosen one, for all examples: in batches as many epochs as were best on the sample, as
    far as LONGEST goes."""
    setting = setting.with_values({"dtype": given.get("dtype", Setting.dtype)})
    if "epochs" in given or "iterations" in given:
        return setting.with_values({name: given.get(name) for name in ("epochs", "iterations")})
    n = setting.updates(compared)
    if setting.batch_size is not None:
        n = max(n, n * whole.m // compared)
    most = max(RUNGS[0], int(LONGEST / _operations(setting, whole)))
    return setting.with_values({"iterations": min(n, most)})


def _operations(setting: Setting, examples: Examples) -> float:
    """About how many an update takes: of the first layer those of the form that takes fewer."""
    (n_x, m), sizes = examples.shape, (*setting.hidden, len(examples.Y))
    batch = min(m, setting.batch_size or m)
    above = sum(a * b for a, b in pairwise(sizes))
    return batch * (sizes[0] * min(4.0 * n_x, 2.0 * m) + 6.0 * above)
