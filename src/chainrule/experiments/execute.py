"""Train many runs: groups of stacked runs, the groups in parallel on the cores.

NumPy leaves the interpreter's lock while it computes, so threads suffice; each has one BLAS thread
then, since matrices this small gain nothing from two. Ctrl-C keeps what is finished.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from chainrule import checks
from chainrule.experiments.examples import Examples, Part
from chainrule.experiments.runs import Run, groups
from chainrule.experiments.setting import arguments, networks
from chainrule.network import Network
from chainrule.training import Callback, History, Record, Session, Training, train
from chainrule.training.interrupt import Interrupt

Array = np.ndarray
Keep = Callable[[Run, Array], Array]
Finished = Callable[[dict[int, "Outcome"]], None]
Progress = Callable[[float, float], None]
MEMORY = 2**30  # bytes that the groups in training may take beside the data, unless told otherwise


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one run.

    history : its records; the validation's numbers are those of the examples held out.
    diverged : the iteration at which its cost stopped being finite, or -1.
    kept : what the experiment keeps of the outputs A (n_y, m) of all examples.
    network : trained, where the experiment keeps networks.
    """

    history: History
    diverged: int
    kept: Array | None = None
    network: Network | None = None

    @property
    def last(self) -> Record:
        return self.history.records[-1]


@dataclass(frozen=True, eq=False)
class Execution:
    """How runs are carried out; nothing here changes a number.

    memory : bytes for groups in training, beside the data and the results.
    threads : groups at a time; the machine's cores by default.
    progress : called with the iterations done and the iterations in all, over all runs.
    finished : called with the outcomes of each group, in the calling thread, as it is finished.
    done : outcomes of an earlier, interrupted execution.
    """

    memory: float = MEMORY
    threads: int | None = None
    progress: Progress | None = None
    finished: Finished | None = None
    done: Mapping[int, Outcome] = field(default_factory=dict)

    def shifted(self, at: int) -> "Execution":
        """The same for runs that count from `at` in the whole experiment."""
        done = {k - at: outcome for k, outcome in self.done.items() if k >= at}
        finished = self.finished
        if not at or finished is None:
            return replace(self, done=done)
        tell = finished
        return replace(
            self, done=done, finished=lambda found: tell({k + at: o for k, o in found.items()})
        )


def execute(
    where: str,
    examples: Examples,
    runs: Sequence[Run],
    how: Execution,
    *,
    keep: Keep | None = None,
    networks_too: bool = False,
    record_every: int | None = None,
) -> dict[int, Outcome]:
    """Outcomes by index of `runs`; after Ctrl-C of those that were finished."""
    cores = os.cpu_count() or 1
    threads = cores if how.threads is None else how.threads
    threads = checks.whole_number(where, "threads", threads, least=1)
    memory = checks.number(where, "memory", how.memory, least=0, open_below=True)
    outcomes = {k: outcome for k, outcome in how.done.items() if k < len(runs)}
    todo = [k for k in range(len(runs)) if k not in outcomes]
    work = groups(runs, todo, examples, memory, threads)
    tally = _Tally(how.progress, {k: _iterations(runs[k], examples.m) for k in range(len(runs))})
    tally.finish(outcomes)

    def go(group: list[int]) -> dict[int, Outcome]:
        members = [runs[k] for k in group]
        watch = _Watch(tally, group)
        result, A = _train(examples, members, watch, record_every, bool(keep))
        if result.stopped == "interrupted":
            return {}
        return {
            k: Outcome(
                own.history,
                int(own.diverged),
                keep(run, A[r]) if keep else None,
                own.network if networks_too else None,
            )
            for r, (k, run) in enumerate(zip(group, members, strict=True))
            for own in [result.run(r)]
        }

    with Interrupt(tally.stop.set):
        for found in _in_threads(go, work, threads, tally.stop):
            outcomes |= found
            if found and how.finished:
                how.finished(found)
            tally.finish(found)
    return outcomes


def _in_threads(go: Any, work: list[Any], threads: int, stop: threading.Event) -> Any:
    """Results as they come. One group alone has BLAS's threads to itself."""
    if len(work) <= 1 or threads == 1:
        limit = None if len(work) <= 1 else 1
        with threadpool_limits(limit):
            for group in work:
                if not stop.is_set():
                    yield go(group)
        return
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        left = iter(work)
        running: set[Future] = set()
        try:
            while True:
                # Handed out one by one, so that what is not begun need not be called off.
                for group in left if not stop.is_set() else ():
                    running.add(pool.submit(go, group))
                    if len(running) == threads:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        finally:
            stop.set()


class _Tally:
    """Iterations done, of all that are planned; and the wish to stop."""

    def __init__(self, progress: Progress | None, planned: dict[int, int]) -> None:
        self._progress, self._planned = progress, planned
        self._at = dict.fromkeys(planned, 0)
        self._lock = threading.Lock()
        self.stop = threading.Event()

    def advance(self, group: Sequence[int], iteration: int) -> None:
        with self._lock:
            self._at |= dict.fromkeys(group, iteration)
            self._show()

    def finish(self, found: Mapping[int, Outcome]) -> None:
        with self._lock:
            self._at |= {k: self._planned[k] for k in found}
            self._show()

    def _show(self) -> None:
        if self._progress is not None:
            self._progress(sum(self._at.values()), sum(self._planned.values()))


class _Watch(Callback):
    """Says how far a group is, and ends it on request."""

    def __init__(self, tally: _Tally, group: list[int]) -> None:
        self._tally, self._group = tally, group

    def on_record(self, session: Session, record: Record) -> None:
        self._tally.advance(self._group, record.iteration)
        # What was reached with the last step is complete.
        if self._tally.stop.is_set() and session.iteration < session.plan.iterations:
            session.stop("interrupted")


def _train(
    examples: Examples,
    runs: Sequence[Run],
    watch: Callback,
    record_every: int | None,
    predict: bool,
) -> tuple[Training, Array]:
    """One group; and, if asked for, the outputs A (R, n_y, m) of all examples."""
    first = runs[0].setting
    batches, dtype = first.batch_size is not None, np.dtype(first.dtype)
    part = examples.part(runs[0].held_out, dtype, batches=batches)
    weight = held = None
    if part.index is None and any(run.held_out.size for run in runs):
        held = np.zeros((len(runs), examples.m))
        for row, run in zip(held, runs, strict=True):
            row[run.held_out] = 1
        weight = 1 - held
    settings = [run.setting for run in runs]
    result = train(
        networks(settings, examples.shape[0], len(examples.Y)),
        (part.X, part.Y),
        sample_weight=weight,
        validation=part.validation,
        validation_weight=held,
        record_every=record_every,
        callbacks=[watch],
        **arguments(settings),
    )
    nothing = np.empty((len(runs), len(examples.Y), 0))
    return result, _outputs(result.network, part, examples.m) if predict else nothing


def _outputs(network: Network, part: Part, m: int) -> Array:
    """A (R, n_y, m) of all examples, in their own order."""
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        A = network.predict_proba(part.X)
        if part.index is None or part.validation is None:
            return A
        whole = np.empty((*A.shape[:-1], m), A.dtype)
        held_out = np.setdiff1d(np.arange(m), part.index)
        whole[..., part.index] = A
        whole[..., held_out] = network.predict_proba(part.validation[0])
    return whole


def _iterations(run: Run, m: int) -> int:
    """Updates that a run takes at most."""
    one = run.setting
    if one.epochs is None:
        return 1000 if one.iterations is None else one.iterations
    kept = m - run.held_out.size
    return one.epochs * -(-kept // min(kept, one.batch_size or kept))
