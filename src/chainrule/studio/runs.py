"""Trainings of the studio: each a run folder, a worker while it runs, and its moments."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from chainrule.data import Splits
from chainrule.errors import ChainruleError, InputError
from chainrule.jobs.options import Options, Running, absolute, command_line, restored, written
from chainrule.jobs.run_folder import RunFolder
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.studio.kept import Kept
from chainrule.studio.library import Library
from chainrule.studio.worker import Worker
from chainrule.training import Callback, Record, Session, train
from chainrule.training.changes import before, changes_of, text_of
from chainrule.training.moment import Moment
from chainrule.training.warnings import TrainingWarning

ROOM = 512 << 20  # bytes of one run's moments
MOMENTS = 400
AGAIN = 10.0  # seconds of a training that is done again for its moments
COLUMNS = ("iteration", "cost", "accuracy", "validation_cost", "validation_accuracy",
           "learning_rate", "penalty")  # fmt: skip
RUNNING = ("waiting", "training", "paused")
Told = Callable[[str, dict[str, Any]], None]


@dataclass(eq=False)
class Run:
    """One training.

    options : as given, and as chosen once it has begun, with all that was changed on the way, so
    that the command from them repeats it. state : waiting, training, paused, finished, stopped,
    failed, killed. history : columns. facts : what settings.json says at the end.
    """

    id: str
    data: str
    options: Options
    folder: RunFolder
    splits_of: Callable[[str, Options], Splits]
    parent: dict[str, Any] | None = None
    state: str = "waiting"
    iteration: int = 0
    iterations: int = 0
    said: str = ""
    error: str = ""
    history: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    moments: dict[int, Moment] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    worker: Worker | None = None
    remembered: bool = False
    _clock: tuple[float, int] = (0.0, 0)
    _models: dict[int, Model] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def splits(self) -> Splits:
        """The data as they are trained on."""
        return self.splits_of(self.data, self.options)

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

    def keep(self, moment: Moment) -> None:
        """The first and last stay; where there are too many, every other one goes."""
        with self._lock:
            self.moments[moment.iteration] = moment
            self._models.pop(moment.iteration, None)
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
        if moment.iteration not in self._models:
            network = moment.network(self.start, self.splits.train)
            facts = {"options": written(self.options), "data": absolute(self.data)}
            found = Model.of(network, self.splits, facts | {"iterations": moment.iteration})
            while len(self._models) > 8:
                del self._models[next(iter(self._models))]
            self._models[moment.iteration] = found
        return moment.iteration, self._models[moment.iteration]


class Keeping(Callback):
    """Keeps the moments of a run's training that is done again, as far as it went."""

    def __init__(self, run: Run, over: Callable[[], bool]) -> None:
        self._run, self._over = run, over

    def on_start(self, session: Session) -> None:
        self._run.keep(Moment.of(session))

    def on_record(self, session: Session, record: Record) -> None:
        self._run.keep(Moment.of(session))

    def on_step(self, session: Session) -> None:
        if session.iteration >= self._run.iteration or self._over():
            session.stop("as far as it went")


class Runs:
    """All runs, by name; as many train at a time as there are cores.

    tell : is given each event (its name and facts), in any thread. moved : a run of which there is
    a new moment.
    """

    def __init__(
        self, folder: Path, library: Library, cores: int, tell: Told, moved: Callable[[Run], None]
    ) -> None:
        self.folder, self.library, self.cores = folder, library, cores
        self.tell, self.moved = tell, moved
        self.runs: dict[str, Run] = {}
        self._parents = Kept(folder / ".forks.json")
        self._lock = threading.RLock()
        self._spare: Worker | None = None
        self._ended = False
        for place in sorted(folder.iterdir(), key=_age) if folder.is_dir() else []:
            with contextlib.suppress(ChainruleError):  # folders of something else
                self._found(place)

    def __getitem__(self, name: str) -> Run:
        if name not in self.runs:
            raise InputError("run", "a run that there is", repr(name))
        return self.runs[name]

    def warm(self) -> None:
        """Have a worker ready."""
        with self._lock:
            if self._spare is None and not self._ended:
                self._spare = Worker()

    def begin(self, source: str, given: Mapping[str, Any]) -> Run:
        """A new training on a data set of the library, by options as they are written; InputError
        for settings that are none."""
        found = self.library[source]
        options = restored(written(found.options) | dict(given), Options(), "options")
        return self._enter(found.path, options)

    def fork(
        self, parent: Run, given: Mapping[str, Any], at: int, change: dict[str, float] | None
    ) -> Run:
        """The training of another run up to an iteration, and from there on with a change; or with
        other options from its start. What was changed in the other one later is left out."""
        options = restored(written(parent.options) | dict(given), Options(), "options")
        if change is not None:
            kept = before(at, changes_of("fork", options.changes))
            options = replace(options, changes=text_of(changes_of("fork", [*kept, (at, change)])))
        run = self._enter(parent.data, options, {"run": parent.id, "iteration": at})
        if change is not None:  # up to there it is the same training
            run.moments = {k: m for k, m in dict(parent.moments).items() if k <= at} | run.moments
        return run

    def _enter(self, path: str, options: Options, parent: dict[str, Any] | None = None) -> Run:
        options.planned(True).setting()  # whose mistakes are said at once
        stem = re.sub(r"[^\w-]+", "-", Path(path).stem or path)[:40]
        with self._lock:
            number = next(n for n in range(1, 1 << 20) if not self._taken(f"{stem}-{n}"))
            folder = RunFolder(self.folder / f"{stem}-{number}")
            run = Run(folder.path.name, path, options, folder, self.library.splits, parent)
            self.runs[run.id] = run
        if parent is not None:
            self._parents.put(run.id, parent)
        self.tell("run", run.summary())
        self._next()
        return run

    def _taken(self, name: str) -> bool:
        return name in self.runs or (self.folder / name).exists()

    def resume(self, run: Run) -> None:
        """Go on with a run that was stopped or killed, from its checkpoint."""
        if run.state not in ("stopped", "killed"):
            raise InputError(run.id, "a run that was stopped", f"one that is {run.state}")
        run.state, run.error = "waiting", ""
        self._next()

    def say(self, run: Run, word: str, *given: Any) -> None:
        """pause, go, step, change or stop to a run that is running."""
        if run.state == "waiting" and word == "stop":
            run.state = "stopped"
            self.tell("run", run.summary())
            return
        if word == "change" and run.options.optimizer == "lbfgs":
            raise InputError("change", "an optimizer that takes its steps one by one", "lbfgs")
        if run.worker is None or run.state not in RUNNING:
            raise InputError(run.id, "a run that is training", f"one that is {run.state}")
        run.worker.say(word, *given)
        if word == "go" and run.state == "paused":
            run.state = "training"
            self.tell("run", run.summary())

    def _next(self) -> None:
        """Begin what waits, while there are cores."""
        with self._lock:
            waiting = [run for run in self.runs.values() if run.state == "waiting"]
            busy = sum(run.worker is not None for run in self.runs.values())
            for run in waiting[: max(0, self.cores - busy)]:
                worker, self._spare = self._spare or Worker(), None
                run.worker, run.state = worker, "training"
                path, begun = run.folder.path, run.folder.begun
                running = Running(resume=path) if begun else Running(out=path)
                parent = self.runs.get(run.parent["run"]) if run.parent else None
                options = Options() if begun else run.options
                worker.begin(run.data, options, running, parent.folder.path if parent else None)
                threading.Thread(target=self._follow, args=(run, worker), daemon=True).start()
                self.tell("run", run.summary())
        if waiting:
            self.warm()

    def _follow(self, run: Run, worker: Worker) -> None:
        """Hear a worker to its end."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                word, *given = worker.pipe.recv()
                event = run.take(word, tuple(given))
                if event is not None:
                    self.tell(*event)
                if word == "moment":
                    self.moved(run)
        worker.process.join()
        run.worker = None
        if run.state in RUNNING:
            run.state, code = "killed", worker.process.exitcode
            run.error = f"The process that trained it has ended ({code}); it can be resumed."
        if not self._ended:
            self.tell("run", run.summary())
            self._next()
            self.remember(run)

    def remember(self, run: Run) -> None:
        """Keep the moments of all records of a training that has ended, where it took seconds: it
        is done again, with the same bits, aside."""
        seconds = run.facts.get("training_seconds")
        if run.remembered or run.state not in ("finished", "stopped") or seconds is None:
            return
        if seconds <= AGAIN and len(run.moments) < len(run.history["iteration"]):
            run.remembered = True
            threading.Thread(target=self._remember, args=(run,), daemon=True).start()

    def _remember(self, run: Run) -> None:
        with contextlib.suppress(ChainruleError):  # the data are gone or others
            setting, data = run.options.setting(), run.splits.train
            keeping = Keeping(run, lambda: self._ended)
            train(run.start, data, callbacks=[keeping], threads=1, **setting.arguments())
            self.tell("run", run.summary())

    def end(self) -> None:
        """Stop all that runs, what was reached kept."""
        with self._lock:
            self._ended = True
            workers = [run.worker for run in self.runs.values() if run.worker is not None]
            workers += [self._spare] if self._spare else []
        for worker in workers:
            worker.say("stop")
        until = time.monotonic() + 10
        for worker in workers:
            worker.end(max(0.1, until - time.monotonic()))

    def _found(self, place: Path) -> None:
        """A run that an earlier studio, or `chainrule train`, left in the folder."""
        folder = RunFolder(place)
        facts = folder.read_settings()
        if facts.get("command", "train") != "train" or "options" not in facts:
            return
        options = restored(facts["options"], Options(), str(folder.settings))
        run = Run(place.name, str(facts.get("data")), options, folder, self.library.splits)
        warnings = [TrainingWarning(**one) for one in facts.get("warnings", [])]
        run.facts, run.warnings = facts, list(map(str, warnings))
        run.state = "finished" if facts.get("complete") else "stopped"
        run.iteration = int(facts.get("iterations") or 0)
        run.iterations = options.iterations or run.iteration
        run.parent = self._parents.get(run.id)
        run.history = _history(folder) or run.history
        self.runs[run.id] = run


def _age(place: Path) -> float:
    return place.stat().st_mtime


def _history(folder: RunFolder) -> dict[str, list[Any]] | None:
    from chainrule.training import History

    if not folder.history.exists():
        return None
    read = History.from_csv(folder.history)
    return {name: [vars(record)[name] for record in read.records] for name in COLUMNS}
