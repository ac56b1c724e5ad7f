"""Train many runs: groups of stacked runs, the groups in parallel on the cores.

NumPy leaves the interpreter's lock while it computes, so threads suffice; each has one BLAS thread
then. Ctrl-C keeps what is finished.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import blas, checks
from chainrule.data.matrix import StackedMatrix
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments.examples import Examples, Subset
from chainrule.experiments.outcomes import Outcome, keys, read_outcomes, write_outcomes
from chainrule.experiments.runs import Group, Run, groups, worth_threads
from chainrule.experiments.setting import Setting, arguments, given, networks
from chainrule.files.digest import digest
from chainrule.network import Network
from chainrule.training import Callback, Record, Session, StopOn, save_checkpoint
from chainrule.training.first_layer import Primal
from chainrule.training.interrupt import interruptible
from chainrule.training.targets import fits
from chainrule.training.train import trained

Array = np.ndarray
Kept = Callable[[Run, Array], Array]
Measure = Callable[[Run, Network, float | None, Subset], Array]
Progress = Callable[[float, float], None]
Found = dict[int, Outcome]  # by the index of the run
EVERY = 32  # steps of a group between two words of progress
MEMORY = 2**30  # bytes that the groups in training may take beside the data, unless told otherwise


@dataclass(frozen=True, eq=False)
class Execution:
    """How runs are carried out; nothing here changes a number.

    memory : bytes for groups in training, beside the data and the results.
    threads : cores that may be used: by groups of runs, one each, or by a group that is alone, as
        `train` does. By default all of them, or one where steps are too small to gain by more.
    progress : called with the iterations done and the iterations in all, over all runs.
    folder : where finished runs are kept as files, and after Ctrl-C what the others reached; those
        found there are not trained again, or go on.
    stop : an event; once it is set, by whichever thread, the runs in training stop after their
        present step, as at Ctrl-C, which sets it, too: no later part of an experiment begins.
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

    def part(self, before: float, total: float) -> "Execution":
        """The same for one of several parts of an experiment, of `total` iterations in all: its
        progress is that of the whole."""
        progress = self.progress
        if progress is None:
            return self
        return replace(self, progress=lambda done, _: progress(before + done, total))

    def limits(self, where: str) -> tuple[int, float]:
        """Threads and bytes, checked as the rest is."""
        if self.progress is not None and not callable(self.progress):
            got = checks.describe(self.progress)
            raise InputError(where, "progress to be a function of two numbers", got)
        if self.stop is not None and not callable(getattr(self.stop, "is_set", None)):
            raise InputError(where, "stop to be a threading.Event", checks.describe(self.stop))
        if self.folder is not None and not isinstance(self.folder, (str, os.PathLike)):
            raise InputError(where, "folder to be a path", checks.describe(self.folder))
        threads = blas.cores() if self.threads is None else self.threads
        threads = checks.whole_number(where, "threads", threads, least=1)
        return threads, checks.number(where, "memory", self.memory, least=0, open_below=True)


def execute(
    where: str,
    examples: Examples,
    runs: Sequence[Run],
    how: Execution | None,
    *,
    keep: Kept | None = None,
    measure: Measure | None = None,
    networks_too: bool = False,
    record_every: int | None = None,
) -> Found:
    """Outcomes by index of `runs`; after Ctrl-C of those that were finished.

    where : the experiment, for messages and for the keys of kept outcomes.
    keep : what is kept of the outputs A (n_y, m) of all examples by a run, (P, n_y, m) where its
        labels are several; nothing if None.
    measure : in its place, what is kept of a run's network, the share of its start that is left in
        W[1] where it is known (else None), and what it was trained on; not called for one that
        diverged.
    networks_too : whether trained networks are kept.
    record_every : updates between records; by default what `train` does.
    """
    how = given(where, Execution, how)
    threads, memory = how.limits(where)
    folder = None if how.folder is None else Path(how.folder)
    names = [] if folder is None else keys(where, examples, runs, record_every)
    there = {} if folder is None else read_outcomes(folder)
    outcomes = {k: there[name] for k, name in enumerate(names) if name in there}
    todo = [k for k in range(len(runs)) if k not in outcomes]
    if any(one.batch_size and not one.updates(examples.m) for one in (r.setting for r in runs)):
        raise InputError(where, "at least one update in mini-batches", "none")
    for run in runs:  # what cannot be prepared is refused before anything trains
        examples.of(run.setting)
    tally = _Tally(how, [run.networks * run.updates(examples.m) for run in runs])
    kept = keep, measure, networks_too
    work = _Work(examples, runs, tally, folder, names, *kept, record_every)
    divided = groups(runs, todo, examples, memory, threads)
    for group in divided:
        if group.form == "dual" and not group.matrices:
            # Once, by all of them, before others would do it at the same time.
            with blas.at_most(threads):
                setting = runs[group.members[0]].setting
                examples.of(setting).matrix(setting.dtype).gram()
    if how.threads is None and not worth_threads(divided, runs, examples):
        threads = 1
    with interruptible(tally.interrupt), closing(_in_threads(work, divided, threads)) as results:
        tally.finish(outcomes)
        for found in filter(None, results):
            outcomes |= found
            if path := work.checkpoint(found):
                write_outcomes(path.parent, {names[k]: one for k, one in found.items()})
                path.unlink(missing_ok=True)
            tally.finish(found)
    return outcomes


@dataclass(frozen=True, eq=False)
class _Work:
    """What the groups of an experiment have in common; called with one, it trains that.

    names : keys of the runs, where there is a folder to keep them in.
    """

    examples: Examples
    runs: Sequence[Run]
    tally: "_Tally"
    folder: Path | None
    names: Sequence[str]
    keep: Kept | None
    measure: Measure | None
    networks_too: bool
    record_every: int | None

    def checkpoint(self, members: Iterable[int]) -> Path | None:
        """Where a group is kept that is not finished; its name is from those of its members."""
        if self.folder is None:
            return None
        return self.folder / f"{digest(' '.join(self.names[k] for k in members))[:32]}.checkpoint"

    def __call__(self, group: Group) -> Found:
        """Outcomes of its runs; none where it is to stop before it is finished."""
        if self.tally.stops:
            return {}
        runs, m = [self.runs[k] for k in group.members], self.examples.m
        settings = [run.setting for run in runs]
        first, n_y = settings[0], len(self.examples.Y)
        batches = first.batch_size is not None
        # Of each matrix, of which there is one where its runs share it.
        share = len(runs) // max(1, group.matrices)
        subsets = [
            self.examples.of(first).subset(run.held_out, first.dtype, batches=batches)
            for run in runs[::share]
        ]
        subset = subsets[0]
        if len(subsets) > 1:
            X = StackedMatrix([one.X for one in subsets], len(runs))
            subset = Subset(X, subset.Y)
        labels, weight, held = runs[0].labels, None, None
        if subset.index is None and any(run.held_out.size for run in runs):
            weight, held = np.ones((len(runs), m)), np.zeros((len(runs), m))
            for r, run in enumerate(runs):
                weight[r, run.held_out], held[r, run.measured] = 0, 1
        validation = {"validation": subset.scored(runs[0].measured), "validation_weight": held}
        Y = subset.Y
        if labels is not None:  # alone in its group, and measured by `keep` only
            settings, validation = settings * len(labels), {}
            weight = None if weight is None else weight[0]
            Y = labels if subset.index is None else labels[..., subset.index]
        given = {"sample_weight": weight, **validation}
        sessions = self._trained(group, settings, (subset.X, Y), given)
        if any(session.stopped == "interrupted" for session in sessions):
            return {}
        network = _network(sessions) if self.networks_too or self.measure else None
        shares = _shares(sessions)
        A = np.concatenate([_outputs(s, subset, n_y, m) for s in sessions]) if self.keep else None
        found = {}
        for r, (k, run) in enumerate(zip(group.members, runs, strict=True)):
            diverged, kept = int(sessions[0].diverged.reshape(-1)[r]), None
            if self.keep and A is not None:
                kept = self.keep(run, A[r] if labels is None else A)
            if self.measure and network and diverged < 0:
                left = None if shares is None else float(shares[r])
                kept = self.measure(run, network.run(r), left, subsets[r // share])
            history = sessions[0].history.run(r, None if diverged < 0 else diverged)
            own = network.run(r) if network and self.networks_too else None
            found[k] = Outcome(history, diverged, kept, own)
        return found

    def _trained(
        self, group: Group, settings: Sequence[Setting], data: Any, given: dict[str, Any]
    ) -> list[Session]:
        """One session for all runs; of L-BFGS, which chooses its steps by one cost, one for each.

        given : weights and validation of all runs, as `train` takes them.
        """
        n_x, n_y, task = self.examples.shape[0], len(self.examples.Y), self.examples.task
        start = networks(settings, n_x, n_y, task)
        given |= {
            "record_every": self.record_every,
            "first_layer": group.form,
            "standardize_targets": task == "regression" and fits(start),
        }
        if settings[0].optimizer != "lbfgs":
            path = self.checkpoint(group.members)
            members = {k: self.runs[k].networks for k in group.members}
            how: dict[str, Any] = {"callbacks": [_Watch(self.tally, members, path)]}
            how |= {"resume": path if path and path.exists() else None}
            return [trained(start, data, **how, **arguments(settings) | given)]
        found = []
        for r, setting in enumerate(settings):
            weights = {
                n: v[r] for n, v in given.items() if n.endswith("weight") and np.ndim(v) == 2
            }
            pair = data[0], data[1][r] if data[1].ndim == 3 else data[1]
            before = r * setting.updates(self.examples.m)
            watch = _Watch(self.tally, {group.members[0]: 1}, None, before)
            try:
                how = {"callbacks": [watch], **arguments(setting) | given | weights}
                found.append(trained(start.run(r), pair, **how))
            except DivergenceError:
                found.append(watch.diverged())
        return found


def _in_threads(
    work: _Work, divided: Sequence[Group], threads: int
) -> Generator[Found, None, None]:
    """Results as they come. One group alone has all threads to itself."""
    if len(divided) <= 1 or threads == 1:
        with blas.at_most(threads):
            yield from map(work, divided)
        return
    with blas.at_most(1), ThreadPoolExecutor(threads) as pool:
        try:
            for future in as_completed([pool.submit(work, group) for group in divided]):
                yield future.result()
        finally:
            work.tally.stop.set()  # of the others, where one has failed


class _Tally:
    """Iterations done, of all that are planned; and the wish to stop.

    planned : updates that each run takes at most; fewer if it diverges.
    """

    def __init__(self, how: Execution, planned: Sequence[int]) -> None:
        self._progress, self._asked, self._planned = how.progress, how.stop, planned
        self._at, self._done, self._total = [0] * len(planned), 0, sum(planned)
        self._lock, self.writing = threading.Lock(), threading.Lock()
        self.stop = threading.Event()  # by Ctrl-C, or since another group failed

    @property
    def stops(self) -> bool:
        return self.stop.is_set() or (self._asked is not None and self._asked.is_set())

    def interrupt(self) -> None:
        self.stop.set()
        if self._asked is not None:
            self._asked.set()

    def finish(self, found: Found) -> None:
        self.move({k: self._planned[k] for k in found})

    def move(self, to: dict[int, int]) -> None:
        """The runs `to` are that far."""
        with self._lock:
            for k, at in to.items():
                self._done += at - self._at[k]
                self._at[k] = at
            if self._progress is not None:
                self._progress(self._done, self._total)


class _Watch(Callback):
    """Says how far a group is, and ends it on request; what it reached is kept at `path`, then and
    every minute."""

    INTERVAL = 60.0  # seconds

    def __init__(
        self, tally: _Tally, group: dict[int, int], path: Path | None, before: int = 0
    ) -> None:
        """group : runs, each with how many networks it is. before : updates of networks of the run
        that trained before this one, where they train one by one."""
        self._tally, self._group, self.path, self._before = tally, group, path, before
        self._next = time.monotonic() + self.INTERVAL

    def on_start(self, session: Session) -> None:
        self._session: Session | None = session

    def on_end(self, session: Session) -> None:
        self._session = None  # it holds this callback, and is to be freed with its arrays

    def diverged(self) -> Session:
        """The session of a training alone, which raised that; with a record at least."""
        session, self._session = self._session, None
        assert session is not None
        if not session.history.records:
            nan = math.nan
            session.history.records.append(Record(0, 0, nan, nan, nan, nan, nan))
        return session

    def on_step(self, session: Session) -> None:
        if session.iteration % EVERY == 0:
            at = self._before + session.iteration
            self._tally.move({k: n * at for k, n in self._group.items()})
        # What was reached with the last step is complete.
        stops = session.iteration < session.plan.iterations and self._tally.stops
        if self.path is not None and (stops or time.monotonic() >= self._next):
            with self._tally.writing:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                save_checkpoint(session, self.path)
            self._next = time.monotonic() + self.INTERVAL
        if stops:
            session.stop("interrupted")


def _network(sessions: Sequence[Session]) -> Network:
    """Of all runs."""
    found = [session.network() for session in sessions]
    return found[0] if found[0].n_runs is not None else Network.stack(found)


def _shares(sessions: Sequence[Session]) -> Array | None:
    """Of each run what is left of its start in W[1]: all without a penalty; None where the first
    layer is primal and there is one."""
    found = []
    for session in sessions:
        first, targets = session.first, session.plan.targets
        if isinstance(first, Primal):
            if np.any(session.plan.l2):
                return None
            a = np.ones((session.start.n_runs or 1, 1, 1))
        else:
            a = first.a
        found += [a if targets is None else targets.of_dual(session.start, [a])[0]]
    return np.concatenate([a.reshape(-1) for a in found])


def _outputs(session: Session, subset: Subset, n_y: int, m: int) -> Array:
    """A (R, n_y, m) of all examples, in their own order."""
    if subset.index is None and session.seen is not None and session.start.n_runs is not None:
        A, targets = session.seen.A[-1], session.plan.targets  # of the last record
        return A if targets is None else targets.restored(A)  # no weights are needed
    return _answers(session, subset, m).reshape(-1, n_y, m)


def _answers(session: Session, subset: Subset, m: int) -> Array:
    """The same, of a session alone without the axis of runs, through its network."""
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        network = session.network()
        A = network.predict_proba(subset.X)
        if subset.index is None or subset.validation is None:
            return A
        whole = np.empty((*A.shape[:-1], m), A.dtype)
        whole[..., subset.index] = A
        whole[..., subset.left_out(m)] = network.predict_proba(subset.validation[0])
    return whole
