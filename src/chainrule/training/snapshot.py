"""Where a training stands between two steps, its parameters aside."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.training.early_stopping import Best
from chainrule.training.history import Record


@dataclass(frozen=True)
class Sums:
    """Over the mini-batches since the last record, each by its share of all weight."""

    cost: Any = 0.0
    accuracy: Any = 0.0
    share: Any = 0.0

    def plus(self, cost: Any, accuracy: Any, share: Any) -> "Sums":
        return Sums(self.cost + cost * share, self.accuracy + accuracy * share, self.share + share)

    def means(self) -> tuple[Any, Any]:
        """Cost and accuracy, () or (R,); 0 where nothing had any weight."""
        some = np.where(np.asarray(self.share) > 0, self.share, 1.0)
        return number(self.cost / some), number(self.accuracy / some)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a training needs beside its parameters to go on from between two steps."""

    records: list[Record]
    sums: Sums
    best: Best | None


def number(value: Any) -> Any:
    """A float, or an array of one per run."""
    return value if np.ndim(value) else float(value)
