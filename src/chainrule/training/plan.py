"""Everything that is decided before the first step of a training."""

from dataclasses import dataclass
from typing import Any

from chainrule.training.callbacks import Callback
from chainrule.training.choice import Choice
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.optimizers import Optimizer
from chainrule.training.schedules import Schedule


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that was decided before the first step, checked and in the engine's shapes.

    learning_rate, l2 : float, or (R, 1) for R runs.
    """

    optimizer: Optimizer
    learning_rate: Any
    schedule: Schedule
    iterations: int
    l2: Any
    choice: Choice
    record_every: int
    early_stopping: EarlyStopping | None = None
    callbacks: tuple[Callback, ...] = ()
