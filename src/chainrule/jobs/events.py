"""What a job tells while it runs, and how it is paused and stopped.

A face gives a job one function, which is called with each event, in the thread that the job runs
in or in one of its own, one at a time.
"""

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


@dataclass(frozen=True, eq=False)
class Started:
    """All settings have been found good. sets : what is trained and tested on, by name.

    facts : what is trained, in words, by what they are about.
    """

    splits: "Splits"
    sets: "Mapping[str, Dataset]"
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Progressed:
    """What is done, and of how much: iterations, over all runs; photos that are encoded before
    these; or GB of a pass over features that stay in their file."""

    done: float
    total: float
    unit: str = "iterations"


@dataclass(frozen=True, eq=False)
class Answered:
    """Some more examples have been answered."""

    found: "Predictions"


@dataclass(frozen=True, eq=False)
class Recorded:
    """A record of the history of one training."""

    record: "Record"


@dataclass(frozen=True)
class Noted:
    """What is done next beside what was asked for, in words; its progress follows.

    head : a word before it, by which it is known when that is."""

    words: str
    head: str = "Also"


@dataclass(frozen=True)
class Warned:
    """Something looks wrong in what was trained."""

    warning: "TrainingWarning"


@dataclass(frozen=True)
class PictureReady:
    """A picture of what was found has been written."""

    path: Path


@dataclass(frozen=True, eq=False)
class Finished:
    """found : the result. facts : the same as plain facts, as they are in the folder."""

    found: Any
    facts: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Failed:
    """The error is raised as well."""

    error: BaseException


Event = (
    Started | Progressed | Answered | Recorded | Noted | Warned | PictureReady | Finished | Failed
)
Tell = Callable[[Event], None]


class Control(threading.Event):
    """Set, it stops a job after its present step, as Ctrl-C does: what was reached is kept.

    Between `pause` and `go_on` (or `set`) a job waits before its next step.
    """

    def __init__(self) -> None:
        super().__init__()
        self._going = threading.Event()
        self._going.set()

    def pause(self) -> None:
        self._going.clear()

    def go_on(self) -> None:
        self._going.set()

    def set(self) -> None:
        super().set()
        self._going.set()

    def is_set(self) -> bool:
        """Asked before every step; waits while the job is paused."""
        self._going.wait()
        return super().is_set()
