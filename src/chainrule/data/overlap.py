"""Examples that are in the training set and in another set, too."""

from dataclasses import replace

import numpy as np

from chainrule.data.dataset import Dataset, Splits
from chainrule.files.digest import digest


def with_overlaps(splits: Splits) -> Splits:
    """The same, each set noting how many of its examples are exactly in one before it, too.

    Their raw features are compared, by digest; nothing is left out.
    """
    seen: dict[str, set[str]] = {}
    found: dict[str, Dataset] = {}
    several = len(splits.sets) > 1
    dtype = np.result_type(*(data.dtype for data in splits.sets.values()))
    for name, data in splits.sets.items() if several else ():
        own = _digests(data.raw, dtype)
        notes = [
            f"{count} of the {len(data)} {name} examples are in the {other} set, too"
            for other, theirs in seen.items()
            if (count := sum(one in theirs for one in own))
        ]
        found[name], seen[name] = data.noted(*notes), set(own)
    if not several:
        return splits
    return replace(splits, validation=found.get("validation"), test=found.get("test"))


def _digests(raw: np.ndarray, dtype: np.dtype) -> list[str]:
    """Of each example of raw (n_x, m), as `dtype`: equal numbers, equal digests, -0.0 being 0.0."""
    zero, columns = dtype.type(0), (x.astype(dtype, copy=False) for x in raw.T)
    return [digest(x + zero) for x in columns]
