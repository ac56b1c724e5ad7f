"""What a job tells while it runs, and how it is paused, changed and stopped.

A face gives a job one function, which is called with each event, in the thread that the job runs
in or in one of its own, one at a time.
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.data import Dataset, Splits
    from chainrule.influence.predictions import Predictions
    from chainrule.training import Record
    from chainrule.training.warnings import TrainingWarning


class Event:
    """What a job tells."""


@dataclass(frozen=True, eq=False)
class Started(Event):
    """All settings have been found good. sets : what is trained and tested on, by name.

    facts : what is trained, in words, by what they are about.
    """

    splits: "Splits"
    sets: "Mapping[str, Dataset]"
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Progressed(Event):
    """What is done, and of how much: iterations, over all runs; photos that are encoded before
    these; or GB of a pass over features that stay in their file."""

    done: float
    total: float
    unit: str = "iterations"


@dataclass(frozen=True, eq=False)
class Answered(Event):
    """Some more examples have been answered."""

    found: "Predictions"


@dataclass(frozen=True, eq=False)
class Recorded(Event):
    """A record of the history of one training."""

    record: "Record"


@dataclass(frozen=True)
class Noted(Event):
    """What is done next beside what was asked for, in words; its progress follows.

    head : a word before it, by which it is known when that is."""

    words: str
    head: str = "Also"


@dataclass(frozen=True)
class Paused(Event):
    """It waits before the update of this number."""

    iteration: int


@dataclass(frozen=True)
class Changed(Event):
    """A training was changed to these values, by name, from the update of this number on."""

    iteration: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Warned(Event):
    """Something looks wrong in what was trained."""

    warning: "TrainingWarning"


@dataclass(frozen=True)
class PictureReady(Event):
    """A picture of what was found has been written."""

    path: Path


@dataclass(frozen=True, eq=False)
class Finished(Event):
    """found : the result. facts : the same as plain facts, as they are in the folder."""

    found: Any
    facts: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Failed(Event):
    """The error is raised as well."""

    error: BaseException


Tell = Callable[[Event], None]


class Control(threading.Event):
    """What is asked of a job in its course, from whichever thread.

    Set, it stops a job after its present step, as Ctrl-C does: what was reached is kept. Between
    `pause` and `go_on` (or `set`) a job waits before its next step. What a training is to be
    changed to it is between two steps.

    ended : is set with it, and waits for nothing: for what has no steps of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()
        self._asked = threading.Condition()  # guards what follows, and tells of it
        self._steps = math.inf  # that may be made until it pauses
        self._changes: dict[str, float] = {}
        self._idle = True  # whether none of them asks for anything
        self.obeyed_by(lambda: None, lambda values: None)

    def obeyed_by(self, paused: Callable[[], None], change: Callable[[Any], None]) -> None:
        """How a job does it, called in its own thread: `paused` before it waits, `change` with
        values by name."""
        self._paused, self._change = paused, change

    def pause(self) -> None:
        self._ask(0)

    def step(self, n: int = 1) -> None:
        """Make n steps more, and pause."""
        with self._asked:
            self._ask(n if self._steps == math.inf else self._steps + n)

    def go_on(self) -> None:
        self._ask(math.inf)

    def set(self) -> None:
        super().set()
        self.ended.set()
        self._ask(math.inf)

    def change(self, **values: float) -> None:
        """Train on with this learning_rate or l2; InputError for what cannot be."""
        from chainrule.training.changes import checked

        new = checked("change", values)
        with self._asked:
            self._changes |= new
            self._ask(self._steps)

    def _ask(self, steps: float) -> None:
        with self._asked:
            self._steps, self._idle = steps, False
            self._asked.notify_all()

    def is_set(self) -> bool:
        """Asked before every step: does what was asked for, and waits while the job is paused."""
        if self._idle:
            return False
        told = False
        while True:
            with self._asked:
                changes, self._changes = self._changes, {}
                stops = super().is_set()
                if not changes and (stops or self._steps > 0):
                    self._steps -= 1
                    self._idle = self._steps == math.inf and not stops
                    return stops
                if not changes and told:
                    self._asked.wait()
                    continue
            # Without the lock: meanwhile more may be asked for.
            if changes:
                self._change(changes)
            else:
                told = True
                self._paused()
