"""Early stopping: the rule, and what it has seen of each run so far."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.device import on_host
from chainrule.training.parameters import Block

Array = np.ndarray


@dataclass(frozen=True)
class EarlyStopping:
    """Stop once the validation cost has not improved for `patience` records; keep the best.

    patience : records without an improvement, at least 1.
    min_delta : the least decrease that counts as an improvement, in the cost's units.

    The network returned is the one with the lowest validation cost, whether training was
    stopped or ran to its end. Of R runs each stops by itself.
    """

    patience: int = 10
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        checks.whole_number("EarlyStopping", "patience", self.patience, least=1)
        checks.number("EarlyStopping", "min_delta", self.min_delta, least=0)


@dataclass
class Best:
    """Each run's lowest validation cost so far, and the parameters that gave it.

    cost : () or (R,). waited : records since it fell by `min_delta` or more. ended : the iteration
    at which the rule ended the run, or -1. parameters : NumPy's copies of every block's p.
    """

    cost: Array
    waited: Array
    ended: Array
    parameters: list[Array]

    @classmethod
    def of(cls, blocks: list[Block]) -> "Best":
        """Nothing seen yet."""
        lead = blocks[0].p.shape[:-1]
        copies = [on_host(block.p).copy() for block in blocks]
        return cls(np.full(lead, np.inf), np.zeros(lead, int), np.full(lead, -1), copies)

    def see(self, rule: EarlyStopping, cost: Any, iteration: int, blocks: list[Block]) -> None:
        """Take in one record's validation cost, () or (R,)."""
        cost, going = np.asarray(cost), self.ended < 0
        better = going & (cost < self.cost)
        enough = going & (cost < self.cost - rule.min_delta)
        self.waited = np.where(enough, 0, self.waited + 1)
        self.cost = np.where(better, cost, self.cost)
        for block, kept in zip(blocks, self.parameters, strict=True) if better.any() else ():
            kept[better] = on_host(block.p)[better]
        self.ended = np.where(going & (self.waited >= rule.patience), iteration, self.ended)
