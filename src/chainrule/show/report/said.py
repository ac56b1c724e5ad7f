"""What reports of classes and of numbers say of answers alike."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.model.intervals import Intervals
from chainrule.model.verdict import Verdict, verdict_of


@dataclass(frozen=True)
class Said:
    """found : answers to the examples called `name`, an Evaluation or a Regression.

    seen : whether they were trained on; of these no interval holds. intervals : where they are
    known better than of so many single examples. trained : the share of right answers, or R², on
    the training examples. p : of a permutation test.
    """

    name: str
    found: Any
    seen: bool = False
    intervals: Intervals | None = None
    trained: float | None = None
    p: float | None = None

    @cached_property
    def verdict(self) -> Verdict:
        return verdict_of(self.found, self.trained, self.intervals, self.p)

    @property
    def of(self) -> str:
        """Behind a heading: whose answers they are, where they were trained on."""
        return " on training examples" if self.seen else ""
