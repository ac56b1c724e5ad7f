"""A Dask cluster, and what may befall it, in words."""

import json
import math
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from itertools import zip_longest
from multiprocessing import resource_tracker
from typing import Any

from chainrule import checks
from chainrule.data.matrix.source import Source
from chainrule.errors import ChainruleError, ClusterError, InputError, needing
from chainrule.files.atomic import read_bytes, refused
from chainrule.wording import counted

ADDRESS = "DASK_SCHEDULER_ADDRESS"
KINDS = "local:N, the address of a scheduler (tcp://HOST:PORT), or its .json file"
SECONDS = 30  # after which a scheduler does not answer, or no worker comes any more
VERSIONS = ("python", "numpy", "chainrule")
# By which workers give memory back at once, and ask for it anew at each block: a quarter of D X^T.
TRIM = "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_"
LOGS = ("distributed", "distributed.client", "tornado.application")
Key = tuple[str | int, ...]


class Cluster:
    """A Dask cluster, connected to when it is first used.

    asked : "local:N" for N processes on this machine, the address of a scheduler, its .json file,
        or a `distributed.Client`. told : is given what there is to say of it, in words. default :
        whether nobody asked, see `of`: what it cannot be is refused when it is used.

    InputError for what is none of these, or does not answer.
    """

    def __init__(
        self, asked: Any, told: Callable[[str], object] | None = None, *, default: bool = False
    ) -> None:
        self._asked, self._told, self.default = asked, told, default
        self.name = asked if isinstance(asked, str) else "cluster"
        self._checked: set[tuple[str, str]] = set()
        if not default:
            self._refuse_others()

    def _refuse_others(self) -> None:
        """InputError for what is no cluster."""
        asked = self._asked
        if isinstance(asked, str) and "://" not in asked and not asked.endswith(".json"):
            kind, _, n = asked.partition(":")
            if kind != "local" or not n.isdecimal() or not 0 < int(n) < 1000:
                fix = "Or unset the variable." if self.default else ""
                raise InputError(ADDRESS if fix else "cluster", KINDS, repr(asked), fix)
        elif not isinstance(asked, str) and not hasattr(asked, "scheduler_info"):
            raise InputError("cluster", f"{KINDS}, or a Client", checks.describe(asked))

    @classmethod
    def of(cls, asked: Any, told: Callable[[str], object] | None = None) -> "Cluster | None":
        """What is asked for, else what DASK_SCHEDULER_ADDRESS names, else none."""
        if asked is None or isinstance(asked, cls):
            found = None if asked else os.environ.get(ADDRESS)
            return cls(found, told, default=True) if found else asked
        return cls(asked, told)

    @cached_property
    def client(self) -> Any:
        self._refuse_others()
        client = _client(self._asked) if isinstance(self._asked, str) else self._asked
        try:
            client.wait_for_workers(1, timeout=SECONDS)
        except TimeoutError:
            raise InputError(self.name, "a worker", f"none within {SECONDS} s") from None
        if self._told is not None:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            each = [one["nthreads"] for one in workers.values()]
            said = f"{counted(len(each), 'worker')} with {counted(sum(each), 'thread')}"
            self._told(f"dashboard {client.dashboard_link}, {said}")
        return client

    @property
    def _workers(self) -> dict[str, Any]:
        """What the scheduler says of each worker, by its address."""
        known = self.client.scheduler_info(n_workers=-1)
        if "workers" not in known:
            raise ConnectionError
        return known["workers"]

    def submit(self, key: Key, task: Callable[..., Any], *given: Any, priority: int = 1) -> Any:
        """A task's future. key : unlike all others'; of a range of features with both its ends."""
        import dask

        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            return self.client.submit(task, *given, key=key, priority=priority)

    def together(self, of_two: Callable[..., Any], tasks: Sequence[Any]) -> Any:
        """The future of what all tasks give together, each with the one after it, in a tree."""
        while len(tasks) > 1:
            name, pairs = f"sums-{uuid.uuid4().hex}", zip_longest(tasks[::2], tasks[1::2])
            tasks = [
                a if b is None else self.submit((name, k), of_two, a, b)
                for k, (a, b) in enumerate(pairs)
            ]
        return tasks[0]

    def finished(self, source: Source, tasks: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
        """What tasks are called, and they, as they are done; no longer held in `tasks` then."""
        from distributed import wait

        while tasks:
            with self.clear(source):
                try:
                    with self.client.as_current():
                        done, _ = wait(list(tasks), SECONDS, "FIRST_COMPLETED")
                except TimeoutError:
                    if not self._workers:
                        raise ClusterError(f"{self.name}: no worker is left.") from None
                    continue
                for future in done:
                    if future.status == "error":
                        raise _in_words(source, future.exception())
            while done:
                future = done.pop()
                yield tasks.pop(future), future

    def result(self, source: Source, future: Any) -> Any:
        """What a task gave."""
        with self.clear(source):
            return future.result()

    @contextmanager
    def clear(self, source: Source) -> Iterator[None]:
        """A scheduler that is lost within is a ClusterError, of one line."""
        client = self.client
        try:
            yield
        except ChainruleError:
            raise
        except Exception as error:
            from distributed import CancelledError

            lost = isinstance(error, (CancelledError, OSError, TimeoutError))
            if lost or client.status != "running":
                said = f"{self.name}: the scheduler does not answer any more"
                raise ClusterError(f"{said}, while {source} was read.") from error
            raise

    def check(self, source: Source, room: float) -> None:
        """InputError, which names the worker, unless each sees the file as it is here, with the
        versions that are here, and has so many bytes for each of its threads."""
        workers = self._workers
        for address, one in workers.items():
            limit, threads = one.get("memory_limit") or math.inf, one["nthreads"]
            if room * threads > limit:
                expected = f"{room / 2**30:.3g} GiB for each of {threads} threads"
                fix = "Start workers with more memory, or fewer threads each."
                raise InputError(f"worker {address}", expected, f"{limit / 2**30:.3g} GiB", fix)
        new = [one for one in workers if (str(source), one) not in self._checked]
        if not new:
            return
        found = self.client.get_versions(packages=["chainrule"])
        here = _versions(found["client"])
        for address, one in found["workers"].items():
            if (there := _versions(one)) != here:
                raise InputError(f"worker {address}", here, there, "Install the same there.")
        seen = self.client.run(_seen, source, workers=new, on_error="return")
        for address, got in seen.items():
            if got and not isinstance(got, OSError):  # of a worker that is no more
                expected = f"{source} as it is here, at the same path"
                raise InputError(f"worker {address}", expected, str(got))
        self._checked.update((str(source), one) for one in new)


def _in_words(source: Source, error: Exception) -> Exception:
    """What to raise for the error of a task."""
    from distributed.scheduler import KilledWorker

    if isinstance(error, ChainruleError):
        return error
    if isinstance(error, MemoryError):
        return ClusterError(f"{source}: a worker has too little memory ({error}).")
    if not isinstance(error, KilledWorker):
        return ClusterError(f"{source}: a worker failed: {type(error).__name__}: {error}")
    key: Any = error.task
    place = source.place(slice(*key[1:])) if len(key) == 3 else str(source)
    said = f"{error.allowed_failures + 1} workers died one after the other of these"
    last = error.last_worker.address
    return ClusterError(f"{place}: {said}, of too little memory perhaps; the last was {last}.")


def _versions(of: dict[str, Any]) -> str:
    return ", ".join(f"{name} {of['packages'].get(name)}" for name in VERSIONS)


def _seen(source: Source) -> str:
    """What is wrong with the file, as this worker sees it; "" if nothing."""
    try:
        with source.unchanged():
            return ""
    except InputError as error:
        return error.got


def _address(path: str) -> str:
    """The scheduler's, in the file that it wrote."""
    expected = "the file that a scheduler wrote"
    with refused(path, expected):
        text = read_bytes(path)
    try:
        found = json.loads(text)["address"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    if not isinstance(found, str):
        raise InputError(path, expected, "a file without its address", "Start the scheduler anew.")
    return found


@contextmanager
def _deaf() -> Iterator[None]:
    """A block in which Ctrl-C waits for its end; what is started in it never hears one, which a
    terminal sends to all."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it unblocks the signal when it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@cache
def _client(asked: str) -> Any:
    """Connected to what is asked for, once in a process; closed with it."""
    with needing(asked, "distributed", "cluster"):
        import dask

        # What goes wrong is said in one line, where it is known what it means.
        dask.config.set({"logging": dict.fromkeys(LOGS, "critical")})
        from distributed import Client, LocalCluster
        from distributed.system import MEMORY_LIMIT
    how: dict[str, Any]
    if asked.endswith(".json"):
        how = {"address": _address(asked)}
    elif "://" in asked:
        how = {"address": asked}
    else:
        n = int(asked.partition(":")[2])
        local = {"threads_per_worker": 1, "memory_limit": MEMORY_LIMIT // n}
        own = {"dashboard_address": "127.0.0.1:0", "silence_logs": 60, "host": "127.0.0.1"}
        with _deaf(), dask.config.set({TRIM: None}):
            how = {"address": LocalCluster(n_workers=n, **local, **own)}
    try:
        return Client(**how, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        got = f"none ({error})"
        raise InputError(asked, "a scheduler that answers", got) from None
