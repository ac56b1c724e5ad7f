"""One training of the studio: what is known of it, and the moments that are kept."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from chainrule.data import Splits
from chainrule.errors import ChainruleError, InputError
from chainrule.jobs.options import Options, absolute, command_line, restored, written
from chainrule.jobs.run_folder import RunFolder
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.studio.library import State
from chainrule.studio.worker import Worker
from chainrule.training import moment as moments_file
from chainrule.training.changes import changes_of
from chainrule.training.moment import Moment

ROOM = 128 << 20  # bytes of one run's moments
MOMENTS = 400
COLUMNS = ("iteration", "cost", "accuracy", "validation_cost", "validation_accuracy",
           "learning_rate", "penalty")  # fmt: skip


@dataclass(eq=False)
class Run:
    """One training.

    options : as given, and as chosen once it has begun, with all that was changed on the way, so
    that the command from them repeats it. name : as it is shown. made : whether its folder is the
    studio's own. state : waiting, training, paused, finished, stopped,
    failed, killed. history : columns. facts : what settings.json says at the end.
    """

    id: str
    data: str
    options: Options
    folder: RunFolder
    splits_of: Callable[..., Splits]
    parent: dict[str, Any] | None = None
    name: str = ""
    made: bool = True
    state: str = "waiting"
    iteration: int = 0
    iterations: int = 0
    said: str = ""
    error: str = ""
    history: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    told: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    worker: Worker | None = None
    data_state: State = None
    _clock: tuple[float, int] = (0.0, 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.name = self.name or self.id
        self._model = lru_cache(8)(self._model_of)

    @property
    def splits(self) -> Splits:
        """The data as they are trained on."""
        return self.splits_of(self.data, self.options, self.data_state)

    @property
    def command(self) -> str:
        """What to type to do it again, to the bit, as far as it went."""
        options, steady = self.options, self.options.schedule == "constant"
        if self.state == "stopped" and steady and options.epochs is None and self.iteration:
            options = replace(options, iterations=self.iteration)
        return command_line("train", absolute(self.data), options)

    def summary(self) -> dict[str, Any]:
        """What lists of runs show."""
        last = {name: (self.history[name] or [None])[-1] for name in COLUMNS[1:5]}
        return {
            "id": self.id,
            "name": self.name,
            "made": self.made,
            "data": self.data,
            "title": Path(self.data).name,
            "state": self.state,
            "iteration": self.iteration,
            "iterations": self.iterations,
            **last,
            "options": written(self.options),
            "parent": self.parent,
            "command": self.command,
            "folder": str(self.folder.path),
            "said": self.said,
            "error": self.error,
        }

    def everything(self) -> dict[str, Any]:
        """The same with its history, and what is known at its end."""
        own = ("results", "verdict")
        return self.summary() | {
            "history": self.history,
            "told": self.told,
            "warnings": self.warnings,
            "moments": sorted(self.moments),
            **{name: self.facts.get(name) for name in own},
        }

    def take(self, word: str, given: tuple[Any, ...]) -> tuple[str, dict[str, Any]] | None:
        """What the worker says; the event that the page is told."""
        if word == "record":
            self._record(given[0])
            return word, {"run": self.id, **{name: given[0][name] for name in COLUMNS}}
        if word == "moment":
            self.keep(given[0])
            return None
        if word == "progress":
            return self._progressed(*given)
        if word == "said":
            self.said = given[0]
        elif word == "warned":
            self.warnings.append(given[0])
        elif word == "started":
            self.told, self.said = given[0], ""
            self._now(given[1])
        elif word == "changed":
            self._now(given[0])
        elif word == "paused":
            self.state, self.iteration = word, given[0]
        elif word == "finished":
            self.facts, complete = given
            self.iteration = self.facts["iterations"]
            self.state, self.said = "finished" if complete else "stopped", ""
        elif word == "failed":
            self.state, self.error = "failed", given[0]
        return "run", self.summary()

    def _record(self, record: dict[str, Any]) -> None:
        """Where a training goes on from a checkpoint some come again."""
        past = self.history["iteration"]
        while past and past[-1] >= record["iteration"]:
            for column in self.history.values():
                column.pop()
        for name in COLUMNS:
            self.history[name].append(record[name])

    def _progressed(self, done: float, total: float, unit: str) -> tuple[str, dict[str, Any]]:
        if self.said or unit != "iterations":  # beside the training
            return "said", {"run": self.id, "words": self.said, "done": done, "total": total}
        now, before = time.monotonic(), self._clock
        self._clock = now, int(done)
        speed = (done - before[1]) / (now - before[0]) if now > before[0] else 0.0
        self.iteration, self.iterations = int(done), int(total)
        facts = {"run": self.id, "iteration": int(done), "iterations": int(total)}
        return "progress", facts | {"per_second": max(0.0, round(speed, 1))}

    def _now(self, options: dict[str, Any]) -> None:
        self.options = restored(options, Options(), "options")

    @cached_property
    def moments(self) -> dict[int, Moment]:
        """Those that are kept, by iteration; of before the studio began those in its folder."""
        with contextlib.suppress(ChainruleError):  # there are none, or not as they were written
            return moments_file.load(self.folder.moments)
        return {}

    def store(self) -> None:
        """Write the moments to its folder, for the next start."""
        with self._lock:
            kept = list(self.moments.values())
        if kept:
            with contextlib.suppress(ChainruleError, OSError):  # it is gone, or the disk is full
                moments_file.save(kept, self.folder.moments)

    def keep(self, moment: Moment) -> None:
        """The first and last stay; where there are too many, every other one goes."""
        with self._lock:
            self.moments[moment.iteration] = moment
            kept = sorted(self.moments)
            if len(kept) > MOMENTS or sum(m.nbytes for m in self.moments.values()) > ROOM:
                for iteration in kept[1:-1:2]:
                    del self.moments[iteration]

    @cached_property
    def start(self) -> Network:
        """Where it begins."""
        data = self.splits.train
        return self.options.setting().network(data.features.shape[0], len(data.Y), data.task)

    def l2_at(self, iteration: int) -> float:
        """The penalty of the update of that number."""
        changes = changes_of("changes", self.options.changes)
        found = [values["l2"] for at, values in changes if at <= iteration and "l2" in values]
        return found[-1] if found else self.options.l2 or 0.0

    def share_at(self, iteration: int) -> float | None:
        """a of W[1] = a W0 + what was learned, at a moment; None where it is not known."""
        first = self.moments[iteration].first if iteration in self.moments else ()
        if len(first) == 2:
            return float(first[0].item())
        penalized = self.options.l2 or "l2" in (self.options.changes or "")
        return None if penalized else 1.0

    def model_at(self, iteration: int | None = None) -> tuple[int, Model]:
        """The network of the last moment kept at or before an iteration, by default of all, as a
        model; and its iteration. InputError where none is kept."""
        with self._lock:
            kept = [k for k in self.moments if iteration is None or k <= iteration]
            moment = self.moments[max(kept)] if kept else None
        if moment is None:
            if self.folder.model.exists():  # of a run that was there before this program
                from chainrule.jobs.sources import loaded

                return self.iteration, loaded(self.folder.path)
            raise InputError(self.id, "a moment that was kept", "none yet", "Let it train first.")
        return moment.iteration, self._model(moment)

    def _model_of(self, moment: Moment) -> Model:
        network = moment.network(self.start, self.splits.train)
        facts = {"options": written(self.options), "data": absolute(self.data)}
        return Model.of(network, self.splits, facts | {"iterations": moment.iteration})
