"""Which examples are held out together: folds as scikit-learn's splitters draw them."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.groups import groups_of
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples

Array = np.ndarray
LEAVE_GROUP_OUT = "leave-group-out"
FOLDS = 10  # where nobody says how many


@dataclass(frozen=True, eq=False)
class DrawnFolds:
    """held : the examples that each fold holds out. first : how many folds the first repeat has.

    groups : (m,) numbers, where whole groups are held out; names : (m,) theirs. stratified :
    whether each fold has the classes in their shares, and was drawn so. seed : of all that is
    drawn.
    """

    held: list[Array]
    first: int
    groups: Array | None
    names: Array | None
    stratified: bool
    seed: int

    @classmethod
    def of(
        cls, examples: Examples, folds: Any, repeats: int, stratified: bool, groups: Any, seed: int
    ) -> "DrawnFolds":
        names, numbered = named_groups(examples, groups) or (None, None)
        held = draw_folds(examples, folds, repeats, stratified, numbered, seed)
        by_class = isinstance(folds, (int, np.integer)) and stratified and examples.has_classes
        return cls(held, len(held) // repeats, numbered, names, by_class, seed)


def draw_folds(
    examples: Examples,
    folds: Any = FOLDS,
    repeats: int = 1,
    stratified: bool = True,
    groups: Any = None,
    seed: int = 0,
) -> list[Array]:
    """The examples held out by each run, sorted: folds of the first repeat, of the second, ...

    folds : how many; or "leave-group-out" for each group alone; or a scikit-learn splitter, or
        (train, test) pairs of indices.
    stratified : whether each fold has every class in its share; of a regression it never is.
    groups : (m,) anything, or the name of a fact of the data; examples of one group are held out
        together.

    InputError for more folds than examples, groups or (stratified) members of a class, and where
    a fold would train on one class alone.
    """
    m, (_, groups) = examples.m, named_groups(examples, groups) or (None, None)
    checks.whole_number("folds", "seed", seed)
    if isinstance(folds, str) and folds == LEAVE_GROUP_OUT:
        folds = _each_group(groups)
    if isinstance(folds, (int, np.integer)):
        found = _drawn(examples, folds, repeats, stratified, groups, seed)
    elif repeats != 1:
        raise InputError("folds", "repeats with a number of folds", "with folds of your own")
    else:
        found = _held_out(_pairs(folds, examples, groups), m)
    if not found:
        raise InputError("folds", "at least one fold", "none")
    _refuse_one_class(examples, found, groups)
    return found


def _refuse_one_class(examples: Examples, held: list[Array], groups: Array | None) -> None:
    if not examples.has_classes or len(np.unique(examples.labels)) < 2:
        return
    for fold, index in enumerate(held, start=1):
        if len(np.unique(np.delete(examples.labels, index))) < 2:
            expected = "two classes or more to train on in every fold"
            fix = "Take stratified folds, or more of them."
            if groups is not None:
                fix = "Hold other groups out: with these all of a class are held out together."
            raise InputError("folds", expected, f"one class in fold {fold}", fix)


def never_trained_on(examples: Examples, held: list[Array]) -> dict[int, list[int]]:
    """Of each fold, from 1, that holds classes out whole: their indices."""
    if not examples.has_classes:
        return {}
    known, labels = np.unique(examples.labels), examples.labels
    lost = (np.setdiff1d(known, np.delete(labels, index)).tolist() for index in held)
    return {fold: classes for fold, classes in enumerate(lost, start=1) if classes}


def named_groups(examples: Examples, groups: Any) -> tuple[Array, Array] | None:
    """The group of each example (m,), and its number; None without groups."""
    if groups is None:
        return None
    m = examples.m
    if isinstance(groups, str):
        if examples.data is None:
            expected = "a Dataset, whose facts have names, to group by one"
            raise InputError("folds", expected, "(X, Y)", "Pass the groups themselves.")
        groups = groups_of(examples.data, column=groups)
    try:
        found = np.asarray(groups)
        if found.dtype.kind == "f" and np.isnan(found).any():
            got = "some that are missing (nan)"
        elif found.shape == (m,):
            return found, np.unique(found, return_inverse=True)[1]
        else:
            got = f"shape {found.shape}"
    except (TypeError, ValueError):  # of lists of different lengths, or None among numbers
        got = "values that cannot be compared"
    raise InputError("folds", f"groups of shape ({m},), all numbers or all text", got)


def _each_group(groups: Array | None) -> list[tuple[Array, Array]]:
    if groups is None:
        raise InputError("folds", "groups, to leave each of them out", "none", "Name them.")
    if groups.max() == 0:
        raise InputError("folds", "two groups or more, to leave each of them out", "one")
    return [(np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in np.unique(groups)]


def _drawn(
    examples: Examples, k: Any, repeats: Any, stratified: bool, groups: Any, seed: int
) -> list[Array]:
    repeats = checks.whole_number("folds", "repeats", repeats, least=1)
    k = checks.whole_number("folds", "folds", k, least=2)
    stratified = stratified and examples.task != "regression"
    if stratified and not examples.has_classes:
        expected = "labels of one class each for stratified folds"
        raise InputError("folds", expected, "other numbers in Y", "Pass stratified=False.")
    n, of, ways = examples.m, "examples", []
    if groups is not None:
        n, of = len(np.unique(groups)), "groups"
    elif stratified:
        n, of = int(np.unique(examples.labels, return_counts=True)[1].min()), "of the rarest class"
        ways.append("spread the class over fewer folds with stratified=False (--no-stratified)")
        ways.append("leave it out with drop_class (--drop-class NAME)")
    if n < 2:
        fix = ", or ".join(ways)
        fix = fix and f"{fix[0].upper()}{fix[1:]}."
        raise InputError("folds", f"at least two {of}", f"{n}", fix)
    if k > n:
        fix = ", or ".join(["Take fewer folds", *ways]) + "."
        raise InputError("folds", f"at most {n} folds, since there are {n} {of}", f"{k}", fix)
    seeds = [(seed + r) % 2**32 for r in range(repeats)]
    if groups is not None and stratified:
        from sklearn.model_selection import StratifiedGroupKFold

        own = (StratifiedGroupKFold(k, shuffle=True, random_state=s) for s in seeds)
        return [a for one in own for a in _held_out(_pairs(one, examples, groups), examples.m)]
    found = []
    for rng in map(np.random.RandomState, seeds):
        number = _by_class(examples.labels, k, rng) if stratified else _by_number(n, k, rng)
        number = number if groups is None else number[groups]
        found += [np.flatnonzero(number == fold) for fold in range(k)]
    return found


def _by_number(n: int, k: int, rng: np.random.RandomState) -> Array:
    """(n,) the fold of each, as KFold and, of groups, GroupKFold of scikit-learn draw them: that
    takes two seconds to import."""
    number = np.empty(n, np.intp)
    for fold, part in enumerate(np.array_split(rng.permutation(n), k)):
        number[part] = fold
    return number


def _by_class(labels: Array, k: int, rng: np.random.RandomState) -> Array:
    """(m,) the same as StratifiedKFold: the classes as they first appear are dealt out one after
    the other, and each is shuffled by itself."""
    number, dealt = np.empty(labels.size, np.intp), 0
    kinds, first, counts = np.unique(labels, return_index=True, return_counts=True)
    for c in np.argsort(first):
        own = np.sort(np.arange(dealt, dealt + counts[c]) % k)
        rng.shuffle(own)
        number[labels == kinds[c]] = own
        dealt += counts[c]
    return number


def _pairs(folds: Any, examples: Examples, groups: Any) -> list[Any]:
    """(train, test) pairs of indices, those of a splitter drawn."""
    if isinstance(folds, (str, type)) or not (hasattr(folds, "split") or np.iterable(folds)):
        expected = "a number of folds, a scikit-learn splitter, or (train, test) pairs of indices"
        raise InputError("folds", expected, checks.describe(folds))
    if not hasattr(folds, "split"):
        return list(folds)
    labels = examples.labels if examples.has_classes else None
    with warnings.catch_warnings():
        # Of groups that cannot be spread evenly over the classes: folds are still whole groups.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        try:
            return list(folds.split(np.zeros((examples.m, 1)), labels, groups))
        except (TypeError, ValueError) as error:
            expected = f"a splitter that can divide these {examples.m} examples"
            raise InputError("folds", expected, f"from it: {error}".rstrip(".")) from None


def _held_out(pairs: Iterable[Any], m: int) -> list[Array]:
    """The tested examples of (train, test) pairs, which must be all that are not trained on."""
    found = []
    for pair in pairs:
        try:
            trained, tested = (np.unique(np.arange(m)[index]) for index in pair)
        except (TypeError, ValueError, IndexError):
            expected = f"pairs of train and test indices below {m}"
            raise InputError("folds", expected, "something else") from None
        if not tested.size or not trained.size:
            raise InputError("folds", "examples on both sides of every fold", "none on one")
        if not np.array_equal(np.setdiff1d(np.arange(m), trained), tested):
            expected = "every fold to test on all examples that it does not train on"
            raise InputError("folds", expected, f"{trained.size} and {tested.size} of {m}")
        found.append(tested)
    return found
