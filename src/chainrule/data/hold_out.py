"""A test set drawn from the training set, before anything is learned from either."""

from dataclasses import replace

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.groups import groups_of
from chainrule.data.label_decisions import Decisions, applied, decided
from chainrule.errors import InputError
from chainrule.wording import counted, percent


def drawn(
    splits: Splits,
    share: float,
    seed: int,
    column: str | None,
    pattern: str | None,
    decisions: Decisions | None = None,
) -> Splits:
    """The same with about this share of the training set as the test set, classes in their shares;
    whole groups where a column of facts or a pattern of names says which (`groups_of`).

    decisions : about labels, carried out once it is drawn, so that none of them changes which
        examples are held out.

    InputError for data that have a test set, and for too few examples or groups to draw from.
    """
    if splits.test is not None:
        fix = "Leave it out: the test set is used."
        raise InputError("--hold-out", "data without a test set", "data with one", fix)
    # Examples without names keep their numbers, by which they are found in the file.
    data = replace(splits.train, names=splits.train.example_names)
    test, groups = held_out(data, share, seed, column, pattern)
    train = np.setdiff1d(np.arange(len(data)), test)
    sets = [data.select(train), data.select(test)]
    if decisions is not None:
        found = decided(data, decisions)
        of = ({k: found[i] for k, i in enumerate(one) if i in found} for one in (train, test))
        sets = [applied(*one, decisions.source) for one in zip(sets, of, strict=True)]
    said = f"{len(test)} of {counted(len(data), 'example')} were drawn to test on"
    if groups is not None:
        said += f", {counted(len(np.unique(groups[test])), 'whole group')}"
    noted = sets[0].noted(f"{said} ({percent(share, 0)}, seed {seed})")
    return Splits(noted, splits.validation, sets[1], splits.skipped)


def held_out(
    data: Dataset, share: float, seed: int, column: str | None, pattern: str | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Indices of the test set, sorted; and the group of each example, or None."""
    bounds = {"least": 0, "most": 0.5, "open_below": True}
    share = checks.number("--hold-out", "the share of examples", share, **bounds)
    groups = None
    if column is not None or pattern is not None:
        groups = groups_of(data, column, pattern)
    from sklearn import model_selection as ways

    classes, state = data.task == "classification", seed % 2**32
    if groups is None:
        kind = ways.StratifiedShuffleSplit if classes else ways.ShuffleSplit
        splitter = kind(1, test_size=share, random_state=state)
    elif classes:  # about the share: one of so many parts
        splitter = ways.StratifiedGroupKFold(round(1 / share), shuffle=True, random_state=state)
    else:
        splitter = ways.GroupShuffleSplit(1, test_size=share, random_state=state)
    try:
        _, test = next(splitter.split(np.zeros((len(data), 1)), data.labels, groups))
    except ValueError as error:
        expected = f"{len(data)} examples of which {percent(share, 0)} can be held out"
        fix = "Hold more of them out, or cross-validate: chainrule crossval."
        raise InputError("--hold-out", expected, f"too few ({error})"[:200], fix) from None
    return np.sort(test), groups
