"""Learning-rate schedules: a factor on the learning rate as training goes on.

Each is called with the iteration (updates done so far), the epoch (passes over the data done so
far; the same as the iteration in full-batch training) and the planned number of iterations.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from chainrule import checks


class Schedule(Protocol):
    """The factor on the learning rate, a number.

    A schedule of one's own should be a frozen dataclass: a checkpoint knows it again by its repr.
    """

    def __call__(self, iteration: int, epoch: int, iterations: int) -> float: ...


@dataclass(frozen=True)
class Constant:
    """Always 1: the learning rate stays as it is."""

    def __call__(self, iteration: int, epoch: int, iterations: int) -> float:
        return 1.0


@dataclass(frozen=True)
class InverseDecay:
    """1 / (1 + rate epoch), the course's learning-rate decay."""

    rate: float = 0.01

    def __post_init__(self) -> None:
        checks.number("InverseDecay", "rate", self.rate, least=0)

    def __call__(self, iteration: int, epoch: int, iterations: int) -> float:
        return 1 / (1 + self.rate * epoch)


@dataclass(frozen=True)
class StepDecay:
    """factor^(epoch // every): multiplied by `factor` every `every` epochs."""

    factor: float = 0.5
    every: int = 100

    def __post_init__(self) -> None:
        checks.number("StepDecay", "factor", self.factor, least=0, most=1, open_below=True)
        checks.whole_number("StepDecay", "every", self.every, least=1)

    def __call__(self, iteration: int, epoch: int, iterations: int) -> float:
        return float(self.factor ** (epoch // self.every))


@dataclass(frozen=True)
class Cosine:
    """From 1 to `final` along half a cosine (Loshchilov & Hutter 2017, eq. 5)."""

    final: float = 0.0

    def __post_init__(self) -> None:
        checks.number("Cosine", "final", self.final, least=0, most=1)

    def __call__(self, iteration: int, epoch: int, iterations: int) -> float:
        cosine = math.cos(math.pi * iteration / max(1, iterations))
        return self.final + (1 - self.final) * (1 + cosine) / 2


SCHEDULES: dict[str, type] = {
    "constant": Constant,
    "inverse": InverseDecay,
    "step": StepDecay,
    "cosine": Cosine,
}


def schedule_named(schedule: str | Schedule) -> Schedule:
    """The schedule of that name with its usual settings, or the one given."""
    if callable(schedule) and not isinstance(schedule, type):
        return schedule
    made: Schedule = SCHEDULES[checks.one_of("train", "schedule", schedule, SCHEDULES)]()
    return made
