"""Examples that are in the training set and in another set, too."""

import numpy as np

from chainrule.data.dataset import Dataset, Splits
from chainrule.files.digest import digest


def with_overlaps(splits: Splits) -> Splits:
    """The same, each set noting how many of its examples are exactly in one before it, too.

    Their raw features are compared, by digest; nothing is left out.
    """
    if len(splits.sets) == 1:
        return splits
    dtype = np.result_type(*(data.dtype for data in splits.sets.values()))
    names, seen = iter(splits.sets), dict[str, set[str]]()

    def noted(data: Dataset) -> Dataset:
        name, own = next(names), _digests(data.raw, dtype)
        notes = [
            f"{count} of the {len(data)} {name} examples are in the {other} set, too"
            for other, theirs in seen.items()
            if (count := sum(one in theirs for one in own))
        ]
        seen[name] = set(own)
        return data.noted(*notes)

    return splits.changed(noted)


def _digests(raw: np.ndarray, dtype: np.dtype) -> list[str]:
    """Of each example of raw (n_x, m), as `dtype`: equal numbers, equal digests, -0.0 being 0.0."""
    zero, columns = dtype.type(0), (x.astype(dtype, copy=False) for x in raw.T)
    return [digest(x + zero) for x in columns]
