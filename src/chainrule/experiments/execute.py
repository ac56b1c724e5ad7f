"""Train many runs: groups of stacked runs, the groups in parallel on the cores.

NumPy leaves the interpreter's lock while it computes, so threads suffice; each has one BLAS thread
then. Ctrl-C keeps what is finished.
"""

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import blas, checks
from chainrule.data.matrix import StackedMatrix
from chainrule.device import HOST, device_named
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments.examples import Examples, Subset
from chainrule.experiments.outcomes import Outcome, keys, read_outcomes, write_outcomes
from chainrule.experiments.reached import network_of, outputs_of, shares_of
from chainrule.experiments.reading import SHARE, prepared
from chainrule.experiments.runs import Group, Run, groups, operations, run_bytes, worth_threads
from chainrule.experiments.setting import Setting, arguments, given, networks
from chainrule.experiments.watching import Progress, Tally, Watch
from chainrule.files.digest import digest
from chainrule.interrupt import interruptible
from chainrule.network import Network
from chainrule.training import Callback, Session, StopOn
from chainrule.training.targets import fits
from chainrule.training.train import trained

Array = np.ndarray
Kept = Callable[[Run, Array], Array]
Measure = Callable[[Run, Network, float | None, Subset], Array]
Found = dict[int, Outcome]  # by the index of the run
MEMORY = 2**30  # bytes that the groups in training may take beside the data, unless told otherwise


@dataclass(frozen=True, eq=False)
class Execution:
    """How runs are carried out; nothing here changes a number, but for a device's rounding.

    memory : bytes for groups in training, beside the data and the results.
    threads : cores that may be used: by groups of runs, one each, or by a group that is alone, as
        `train` does. By default all of them, or one where steps are too small to gain by more.
    progress : called with the iterations done and the iterations in all, over all runs.
    folder : where finished runs are kept as files, and after Ctrl-C what the others reached; those
        found there are not trained again, or go on.
    stop : an event; once it is set, by whichever thread, the runs in training stop after their
        present step, as at Ctrl-C, which sets it, too: no later part of an experiment begins.
    device : where runs are trained, see `train`; there a group is as large as `memory` has room
        for, and one trains after the other. "auto" goes by all runs together.
    watching : callbacks of a training beside the runs.
    """

    memory: float = MEMORY
    threads: int | None = None
    progress: Progress | None = None
    folder: str | Path | None = None
    stop: threading.Event | None = None
    device: str = "cpu"
    watching: tuple[Callback, ...] = ()

    @property
    def callbacks(self) -> tuple[Callback, ...]:
        """Of `train`, for a training beside the runs."""
        return self.watching + (() if self.stop is None else (StopOn(self.stop),))

    def parts(self, *updates: float) -> "list[Execution]":
        """One for each of several parts of an experiment, of so many updates: the progress of each
        is that of the whole, and what stops one stops all."""
        whole, total = replace(self, stop=self.stop or threading.Event()), float(sum(updates))
        if self.progress is None:
            return [whole] * len(updates)
        starts = accumulate(updates[:-1], initial=0.0)
        told = (partial(_over_all, self.progress, before, total) for before in starts)
        return [replace(whole, progress=one) for one in told]

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


def _over_all(progress: Progress, before: float, total: float, done: float, _: float) -> None:
    """What a part tells, as the progress of the whole."""
    progress(before + done, total)


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
    tally = Tally(how.progress, how.stop, [run.networks * run.updates(examples.m) for run in runs])
    kept = keep, measure, networks_too
    device, _ = device_named(how.device, operations(runs, examples))
    threads = threads if device is HOST else 1
    work = _Work(examples, runs, tally, folder, names, *kept, record_every, device.name)
    if examples.in_file:
        memory = min(memory, SHARE * examples.features.memory)
    divided = groups(runs, todo, examples, memory, threads, on_device=device is not HOST)
    at_once = threads if how.threads or worth_threads(divided, runs, examples) else 1
    if examples.in_file:  # groups of one run may be larger than the memory of a thread
        largest = max(run_bytes(run.setting, examples) for run in runs)
        at_once = min(at_once, int(memory // largest) or 1)
    with interruptible(tally.interrupt):
        tally.finish(outcomes)
    if tally.stops:
        return outcomes
    for some in prepared(examples, runs, divided, threads, on_device=device is not HOST):
        with interruptible(tally.interrupt), closing(_in_threads(work, some, at_once)) as results:
            for found in filter(None, results):
                outcomes |= found
                if path := work.checkpoint(found):
                    write_outcomes(path.parent, {names[k]: one for k, one in found.items()})
                    path.unlink(missing_ok=True)
                tally.finish(found)
        if tally.stops:
            break
    return outcomes


@dataclass(frozen=True, eq=False)
class _Work:
    """What the groups of an experiment have in common; called with one, it trains that.

    names : keys of the runs, where there is a folder to keep them in.
    """

    examples: Examples
    runs: Sequence[Run]
    tally: Tally
    folder: Path | None
    names: Sequence[str]
    keep: Kept | None
    measure: Measure | None
    networks_too: bool
    record_every: int | None
    device: str

    def checkpoint(self, members: Iterable[int]) -> Path | None:
        """Where a group is kept that is not finished; its name is from those of its members."""
        if self.folder is None:
            return None
        return self.folder / f"{digest(' '.join(self.names[k] for k in members))[:32]}.checkpoint"

    def __call__(self, group: Group) -> Found:
        """Outcomes of its runs; none where it is to stop before it is finished."""
        if self.tally.stops:
            return {}
        runs = [self.runs[k] for k in group.members]
        first, batches = runs[0].setting, runs[0].setting.batch_size is not None
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
        sessions = self._sessions(group, runs, subset)
        if any(session.stopped == "interrupted" for session in sessions):
            return {}
        trained_on = [subsets[r // share] for r in range(len(runs))]
        made = self._outcomes(runs, sessions, subset, trained_on)
        return dict(zip(group.members, made, strict=True))

    def _sessions(self, group: Group, runs: Sequence[Run], subset: Subset) -> list[Session]:
        """Trained on what `subset` has, each run with its own weights of the examples."""
        settings, labels, m = [run.setting for run in runs], runs[0].labels, self.examples.m
        weight, held = None, None
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
        return self._trained(group, settings, (subset.X, Y), given)

    def _outcomes(
        self,
        runs: Sequence[Run],
        sessions: Sequence[Session],
        subset: Subset,
        trained_on: Sequence[Subset],
    ) -> Iterator[Outcome]:
        """What became of each run. trained_on : of each run, `subset` or its own part of it."""
        n_y, m = self.examples.Y.shape
        network = network_of(sessions) if self.networks_too or self.measure else None
        shares = shares_of(sessions)
        A = np.concatenate([outputs_of(s, subset, n_y, m) for s in sessions]) if self.keep else None
        for r, run in enumerate(runs):
            diverged, kept = int(sessions[0].diverged.reshape(-1)[r]), None
            if self.keep and A is not None:
                kept = self.keep(run, A[r] if run.labels is None else A)
            if self.measure and network and diverged < 0:
                left = None if shares is None else float(shares[r])
                kept = self.measure(run, network.run(r), left, trained_on[r])
            history = sessions[0].history.run(r, None if diverged < 0 else diverged)
            own = network.run(r) if network and self.networks_too else None
            yield Outcome(history, diverged, kept, own)

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
            "device": self.device,
        }
        if settings[0].optimizer != "lbfgs":
            path = self.checkpoint(group.members)
            members = {k: self.runs[k].networks for k in group.members}
            how: dict[str, Any] = {"callbacks": [Watch(self.tally, members, path)]}
            how |= {"resume": path if path and path.exists() else None}
            return [trained(start, data, **how, **arguments(settings) | given)]
        found, each = [], {n for n, v in given.items() if n.endswith("weight") and np.ndim(v) == 2}
        for r, setting in enumerate(settings):
            weights = {name: given[name][r] for name in each}
            pair = data[0], data[1][r] if data[1].ndim == 3 else data[1]
            before = r * setting.updates(self.examples.m)
            watch = Watch(self.tally, {group.members[0]: 1}, None, before)
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
