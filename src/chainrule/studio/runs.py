"""All trainings of the studio: each in a process of its own while it runs."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from chainrule.errors import ChainruleError, InputError
from chainrule.files.atomic import writable
from chainrule.jobs.options import Options, Running, restored, written
from chainrule.jobs.run_folder import RunFolder
from chainrule.studio.kept import Kept, number_of, plain, refuse_used, remove, shown
from chainrule.studio.library import Library, state_of
from chainrule.studio.run import COLUMNS, Run
from chainrule.studio.worker import Worker
from chainrule.training import checkpoint
from chainrule.training.changes import before, changes_of, text_of
from chainrule.training.warnings import TrainingWarning

RUNNING = ("waiting", "training", "paused")
Told = Callable[[str, dict[str, Any]], None]


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
        self._kept = Kept(folder)  # what runs are called, and what of those is known that wait
        self._followers: list[threading.Thread] = []
        self._lock = threading.RLock()
        self._spare: Worker | None = None
        self._ended = False
        for place in (
            sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime) if folder.is_dir() else []
        ):
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
            if options.optimizer == "lbfgs":
                raise InputError("fork", "an optimizer that takes its steps one by one", "lbfgs")
            options.planned(True).setting().check_changes("fork", len(parent.splits.train))
        run = self._enter(parent.data, options, {"run": parent.id, "iteration": at})
        if change is not None:  # up to there it is the same training
            run.moments = {k: m for k, m in dict(parent.moments).items() if k <= at} | run.moments
        return run

    def _enter(self, path: str, options: Options, parent: dict[str, Any] | None = None) -> Run:
        options.planned(True).setting()  # whose mistakes are said at once
        stem = plain(Path(path).stem or path) or "run"
        with self._lock:
            number = next(n for n in range(1, 1 << 20) if not self._taken(f"{stem}-{n}"))
            folder = RunFolder(self.folder / f"{stem}-{number}")
            run = Run(folder.path.name, path, options, folder, self.library.splits, parent)
            with writable(folder.path):
                folder.path.mkdir(parents=True)  # nobody else takes the name while it waits
            facts = {"data": path, "options": written(options), "parent": parent, "name": ""}
            self._kept.put(run.id, **facts, made=number_of(folder.path))
            self.runs[run.id] = run
        self.tell("run", run.summary())
        self._next()
        return run

    def _taken(self, name: str) -> bool:
        return name in self.runs or (self.folder / name).exists()

    def resume(self, run: Run) -> None:
        """Go on with a run that was stopped or killed, from its checkpoint."""
        going_on = run.state in ("stopped", "killed")
        if not going_on and not (run.state == "failed" and run.folder.checkpoint.exists()):
            raise InputError(run.id, "a run that was stopped", f"one that is {run.state}")
        if (worker := run.worker) is not None:  # which still writes its last
            worker.process.join()
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
                spare, self._spare = self._spare, None
                worker = spare if spare and spare.process.is_alive() else Worker()
                run.worker, run.state = worker, "training"
                run.data_state = run.data_state or state_of(run.data)
                path, begun = run.folder.path, run.folder.begun
                running = Running(resume=path) if begun else Running(out=path)
                parent = self.runs.get(run.parent["run"]) if run.parent else None
                options = Options() if begun else run.options
                worker.begin(run.data, options, running, parent.folder.path if parent else None)
                follower = threading.Thread(target=self._follow, args=(run, worker), daemon=True)
                self._followers = [one for one in self._followers if one.is_alive()] + [follower]
                follower.start()
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
        with self._lock:
            if run.worker is not worker:  # it was gone on with
                return
            run.worker = None
            if run.state == "failed" and not run.folder.begun:  # its name is free for anybody
                run.folder.remove()
                self._kept.put(run.id)
                run.made = False
            if run.state in RUNNING:
                run.state, code = "killed", worker.process.exitcode
                run.error = f"The process that trained it has ended ({code}); it can be resumed."
            run.store()
        if not self._ended:
            self.tell("run", run.summary())
            self._next()

    def rename(self, run: Run, given: Any) -> None:
        """Another name to be shown; its folder and address stay."""
        run.name = shown(given) or run.id
        self._kept.put(run.id, name=run.name)
        self.tell("run", run.summary())

    def delete(self, run: Run) -> None:
        """Delete a run that was begun here, and its folder; InputError for one that is running, or
        that others were forked from, and for a folder that is not the studio's own."""
        if run.state not in RUNNING and (worker := run.worker) is not None:
            worker.process.join()  # it still writes its last
        with self._lock:
            if run.state in RUNNING:
                raise InputError(run.name, "a run that has ended", run.state, "Stop it first.")
            parents = {one.name: (one.parent or {}).get("run") for one in self.runs.values()}
            refuse_used(run.name, [fork for fork, parent in parents.items() if parent == run.id])
            if not run.made and run.folder.path.exists():
                fix = f"It may be removed by hand: {run.folder.path}"
                raise InputError(run.name, "a run that was begun here", "another one's folder", fix)
            run.worker = None
            remove(run.folder.path)
            del self.runs[run.id]
            self._kept.put(run.id)
        self.tell("gone", {"kind": "runs", "name": run.id})
        self._next()

    def end(self) -> None:
        """Stop all that runs, what was reached kept."""
        with self._lock:
            self._ended = True
            workers = [run.worker for run in self.runs.values() if run.worker is not None]
            workers += [self._spare] if self._spare else []
        for worker in workers:
            worker.say("stop")
        until = time.monotonic() + 10
        for one in self._followers:
            one.join(max(0.1, until - time.monotonic()))
        for worker in workers:
            worker.end(max(0.1, until - time.monotonic()))

    def _found(self, place: Path) -> None:
        """A run that an earlier studio, or `chainrule train`, left in the folder."""
        folder, known = RunFolder(place), self._kept.get(place.name)
        made = "made" in known and known["made"] == number_of(place)
        facts = folder.read_settings() if folder.begun or not made else known  # it waited
        if facts.get("command", "train") != "train" or "options" not in facts:
            return
        if "train" in facts:  # many networks at once, of which no record is kept
            return
        options = restored(facts["options"], Options(), str(folder.settings))
        name, parent = known.get("name") or place.name, known.get("parent")
        own: Any = {"parent": parent, "name": name, "made": made}
        run = Run(place.name, str(facts.get("data")), options, folder, self.library.splits, **own)
        warnings = [TrainingWarning(**one) for one in facts.get("warnings", [])]
        run.facts, run.warnings = facts, list(map(str, warnings))
        run.state = "finished" if facts.get("complete") else "stopped"
        run.iteration = int(facts.get("iterations") or 0)
        run.iterations = options.iterations or run.iteration
        run.history = _history(folder) or run.history
        if not run.facts.get("iterations") and folder.checkpoint.exists():  # it was killed
            saved = checkpoint.read(folder.checkpoint).facts
            run.iteration = saved["iteration"]
            records = saved["records"]
            run.history = {name: [one[name] for one in records] for name in COLUMNS}
        self.runs[run.id] = run


def _history(folder: RunFolder) -> dict[str, list[Any]] | None:
    from chainrule.training import History

    if not folder.history.exists():
        return None
    read = History.from_csv(folder.history)
    return {name: [vars(record)[name] for record in read.records] for name in COLUMNS}
