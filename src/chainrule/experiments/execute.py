"""Train many runs: groups of stacked runs, the groups in parallel on the cores.

NumPy leaves the interpreter's lock while it computes, so threads suffice; each has one BLAS thread
then. Ctrl-C keeps what is finished.
"""

import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chainrule import blas, checks
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples, Subset
from chainrule.experiments.outcomes import Outcome, keys, read_outcomes, write_outcomes
from chainrule.experiments.runs import Group, Run, groups
from chainrule.experiments.setting import arguments, given, networks
from chainrule.files.digest import digest
from chainrule.network import Network
from chainrule.training import Callback, Session, StopOn, Training, save_checkpoint, train
from chainrule.training.interrupt import Interrupt

Array = np.ndarray
Kept = Callable[[Run, Array], Array]
Progress = Callable[[float, float], None]
Found = dict[int, Outcome]  # by the index of the run
EVERY = 32  # steps of a group between two words of progress
MEMORY = 2**30  # bytes that the groups in training may take beside the data, unless told otherwise


@dataclass(frozen=True, eq=False)
class Execution:
    """How runs are carried out; nothing here changes a number.

    memory : bytes for groups in training, beside the data and the results.
    threads : cores that may be used, all of them by default: by groups of runs, one each, or by a
        group that is alone, as `train` does.
    progress : called with the iterations done and the iterations in all, over all runs.
    folder : where finished runs are kept as files, and after Ctrl-C what the others reached; those
        found there are not trained again, or go on.
    stop : an event; once it is set, by whichever thread, the runs in training stop after their
        present step, as at Ctrl-C.
    """

    memory: float = MEMORY
    threads: int | None = None
    progress: Progress | None = None
    folder: str | Path | None = None
    stop: threading.Event | None = None

    @property
    def callbacks(self) -> tuple[Callback, ...]:
        """Of `train`, for a training beside the runs."""
        return () if self.stop is None else (StopOn(self.stop),)


def execute(
    where: str,
    examples: Examples,
    runs: Sequence[Run],
    how: Execution | None,
    *,
    keep: Kept | None = None,
    networks_too: bool = False,
    record_every: int | None = None,
) -> Found:
    """Outcomes by index of `runs`; after Ctrl-C of those that were finished.

    where : the experiment, for messages and for the keys of kept outcomes.
    keep : what is kept of the outputs A (n_y, m) of all examples by a run; nothing if None.
    networks_too : whether trained networks are kept.
    record_every : updates between records; by default what `train` does.
    """
    how = given(where, Execution, how)
    threads, memory = _limits(where, how)
    folder = None if how.folder is None else Path(how.folder)
    names: list[str] = []
    outcomes: Found = {}
    if folder is not None:
        names = keys(where, examples, runs, record_every)
        there = read_outcomes(folder)
        outcomes = {k: there[name] for k, name in enumerate(names) if name in there}
    todo = [k for k in range(len(runs)) if k not in outcomes]
    if any(one.batch_size and not one.updates(examples.m) for one in (r.setting for r in runs)):
        raise InputError(where, "at least one update in mini-batches", "none")
    work = groups(runs, todo, examples, memory, threads)
    for group in work:
        if group.form == "dual" and not group.own_matrix:
            # Once, by all of them, before others would do it at the same time.
            with blas.at_most(threads):
                examples.matrix(runs[group.members[0]].setting.dtype).gram()
    tally = _Tally(how, _updates(examples, runs))

    def go(group: Group) -> Found:
        members = [runs[k] for k in group.members]
        path = folder and _checkpoint(folder, [names[k] for k in group.members])
        watch = _Watch(tally, group.members, path)
        result, A = _train(examples, members, group.form, watch, record_every, bool(keep))
        if result.stopped == "interrupted":
            return {}
        return {
            k: Outcome(
                own.history,
                int(own.diverged),
                keep(run, A[r]) if keep else None,
                own.network if networks_too else None,
            )
            for r, (k, run) in enumerate(zip(group.members, members, strict=True))
            for own in [result.run(r)]
        }

    in_threads = closing(_in_threads(go, work, threads, tally))
    with Interrupt(tally.stop.set), in_threads as results:
        tally.finish(outcomes)
        for found in results:
            outcomes |= found
            if found and folder is not None:
                write_outcomes(folder, {names[k]: outcome for k, outcome in found.items()})
                _checkpoint(folder, [names[k] for k in found]).unlink(missing_ok=True)
            tally.finish(found)
    return outcomes


def _checkpoint(folder: Path, names: Sequence[str]) -> Path:
    """Where a group is kept that is not finished; its name is from those of its members."""
    return folder / f"{digest(' '.join(names))[:32]}.checkpoint"


def _limits(where: str, how: Execution) -> tuple[int, float]:
    """Threads and bytes, checked as the rest is."""
    if how.progress is not None and not callable(how.progress):
        got = checks.describe(how.progress)
        raise InputError(where, "progress to be a function of two numbers", got)
    if how.stop is not None and not callable(getattr(how.stop, "is_set", None)):
        raise InputError(where, "stop to be a threading.Event", checks.describe(how.stop))
    if how.folder is not None and not isinstance(how.folder, (str, os.PathLike)):
        raise InputError(where, "folder to be a path", checks.describe(how.folder))
    threads = blas.cores() if how.threads is None else how.threads
    threads = checks.whole_number(where, "threads", threads, least=1)
    return threads, checks.number(where, "memory", how.memory, least=0, open_below=True)


def _updates(examples: Examples, runs: Sequence[Run]) -> dict[int, int]:
    """Updates that each run takes at most, by its index; fewer if it diverges."""
    m = examples.m
    return {k: run.setting.updates(m - run.held_out.size) for k, run in enumerate(runs)}


def _in_threads(
    go: Callable[[Group], Found], work: Sequence[Group], threads: int, tally: "_Tally"
) -> Generator[Found, None, None]:
    """Results as they come. One group alone has all threads to itself."""
    if len(work) <= 1 or threads == 1:
        with blas.at_most(threads):
            for group in work:
                if not tally.stops:
                    yield go(group)
        return
    with blas.at_most(1), ThreadPoolExecutor(threads) as pool:
        left = iter(work)
        running: set[Future[Found]] = set()
        try:
            while True:
                # Handed out one by one, so that what is not begun need not be called off.
                for group in left if not tally.stops else ():
                    running.add(pool.submit(go, group))
                    if len(running) == threads:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        finally:
            tally.stop.set()


class _Tally:
    """Iterations done, of all that are planned; and the wish to stop."""

    def __init__(self, how: Execution, planned: dict[int, int]) -> None:
        self._progress, self._asked, self._planned = how.progress, how.stop, planned
        self._at, self._done = dict.fromkeys(planned, 0), 0
        self._total = sum(planned.values())
        self._lock, self.writing = threading.Lock(), threading.Lock()
        self.stop = threading.Event()  # by Ctrl-C, or since another group failed

    @property
    def stops(self) -> bool:
        return self.stop.is_set() or (self._asked is not None and self._asked.is_set())

    def advance(self, group: Sequence[int], iteration: int) -> None:
        self._move(dict.fromkeys(group, iteration))

    def finish(self, found: Found) -> None:
        self._move({k: self._planned[k] for k in found})

    def _move(self, to: dict[int, int]) -> None:
        """The runs `to` are that far."""
        with self._lock:
            self._done += sum(at - self._at[k] for k, at in to.items())
            self._at |= to
            if self._progress is not None:
                self._progress(self._done, self._total)


class _Watch(Callback):
    """Says how far a group is, and ends it on request; what it reached is kept at `path`, then and
    every minute."""

    INTERVAL = 60.0  # seconds

    def __init__(self, tally: _Tally, group: list[int], path: Path | None) -> None:
        self._tally, self._group, self.path = tally, group, path
        self._next = time.monotonic() + self.INTERVAL

    def on_step(self, session: Session) -> None:
        if session.iteration % EVERY == 0:
            self._tally.advance(self._group, session.iteration)
        # What was reached with the last step is complete.
        stops = session.iteration < session.plan.iterations and self._tally.stops
        if self.path is not None and (stops or time.monotonic() >= self._next):
            with self._tally.writing:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                save_checkpoint(session, self.path)
            self._next = time.monotonic() + self.INTERVAL
        if stops:
            session.stop("interrupted")


def _train(
    examples: Examples,
    runs: Sequence[Run],
    form: str,
    watch: "_Watch",
    record_every: int | None,
    predict: bool,
) -> tuple[Training, Array]:
    """One group; and, if asked for, the outputs A (R, n_y, m) of all examples."""
    first = runs[0].setting
    batches, dtype = first.batch_size is not None, np.dtype(first.dtype)
    subset = examples.subset(runs[0].held_out, dtype, batches=batches)
    weight = held = None
    if subset.index is None and any(run.held_out.size for run in runs):
        held = np.zeros((len(runs), examples.m))
        for row, run in zip(held, runs, strict=True):
            row[run.held_out] = 1
        weight = 1 - held
    settings = [run.setting for run in runs]
    result = train(
        networks(settings, examples.shape[0], len(examples.Y)),
        (subset.X, subset.Y),
        sample_weight=weight,
        validation=subset.validation,
        validation_weight=held,
        record_every=record_every,
        callbacks=[watch],
        resume=watch.path if watch.path and watch.path.exists() else None,
        **arguments(settings) | {"first_layer": form},
    )
    nothing = np.empty((len(runs), len(examples.Y), 0))
    return result, _outputs(result.network, subset, examples.m) if predict else nothing


def _outputs(network: Network, subset: Subset, m: int) -> Array:
    """A (R, n_y, m) of all examples, in their own order."""
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        A = network.predict_proba(subset.X)
        if subset.index is None or subset.validation is None:
            return A
        whole = np.empty((*A.shape[:-1], m), A.dtype)
        held_out = np.setdiff1d(np.arange(m), subset.index)
        whole[..., subset.index] = A
        whole[..., held_out] = network.predict_proba(subset.validation[0])
    return whole
