"""The queue before one model: what waits is answered together, and there is an end to waiting."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.service.served import Served

Array = np.ndarray
TOGETHER = 1024  # examples that are computed at once
PIXELS = 32 << 20  # numbers of them
QUICK = 5_000_000  # multiplications, that take some milliseconds
Answers = dict[str, Array | Sequence[str]]
Waiting = tuple[Array, "asyncio.Future[Answers]"]


class BusyError(ChainruleError):
    """As many requests wait as may."""


class Desk:
    """Answers requests to a model in the order in which they come.

    Those that came while others were computed are computed together: one product for all of them.
    limit : requests that may be here at a time. thread : which computes what takes long, one at a
    time; the loop goes on meanwhile. What is quick the loop computes itself: of a small model that
    is a tenth to a quarter more requests a second (`python -m benchmarks.serving`).
    """

    def __init__(self, served: Served, limit: int, thread: ThreadPoolExecutor) -> None:
        self.served, self.limit, self.thread = served, limit, thread
        self.here = 0
        self._waiting: list[Waiting] = []
        self._worker: asyncio.Task[None] | None = None

    async def infer(self, rows: Array) -> Answers:
        """The model's answers to rows (N, ...), see `Served.answers`. Raises BusyError."""
        with self._counted():
            waiting = rows, asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            if self._worker is None or self._worker.done():
                self._worker = asyncio.create_task(self._work())
            return await waiting[1]

    async def predict(self, body: bytes) -> dict[str, Any]:
        """The answers to a file, see `Served.predicted`. Raises BusyError."""
        with self._counted():
            return await self._aside(self.served.predicted, body)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """A block in which a request is one of those that are here."""
        if self.here >= self.limit:
            raise BusyError(f"{self.limit} requests to {self.served.name} are waiting")
        self.here += 1
        try:
            yield
        finally:
            self.here -= 1

    async def _aside(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work, *given)

    async def _answers(self, rows: Array) -> Answers:
        model = self.served.model
        if model.encoder is None and len(rows) * model.network.n_parameters <= QUICK:
            return self.served.answers(rows)
        return await self._aside(self.served.answers, rows)

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # others that have arrived join them
            some = self._waiting[: _alike(self._waiting)]
            del self._waiting[: len(some)]
            together = np.concatenate([rows for rows, _ in some]) if len(some) > 1 else some[0][0]
            try:
                answers = await self._answers(together)
            except Exception as error:
                if len(some) == 1:
                    _fail(some[0][1], error)
                else:  # one of them is at fault: each is answered by itself
                    for rows, future in some:
                        try:
                            _give(future, await self._answers(rows))
                        except Exception as own:
                            _fail(future, own)
                continue
            start = 0
            for rows, future in some:
                part = slice(start, start := start + len(rows))
                _give(future, {name: values[part] for name, values in answers.items()})


def _alike(waiting: Sequence[Waiting]) -> int:
    """How many of the first can be computed together: of one shape, and not too many."""
    shape, most = waiting[0][0].shape[1:], TOGETHER
    most = min(most, max(1, PIXELS // max(1, int(np.prod(shape)))))
    count = 0
    for k, (rows, _) in enumerate(waiting):
        count += len(rows)
        if k and (rows.shape[1:] != shape or count > most):
            return k
    return len(waiting)


def _give(future: "asyncio.Future[Answers]", answers: Answers) -> None:
    if not future.done():  # the client is gone
        future.set_result(answers)


def _fail(future: "asyncio.Future[Answers]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
