"""How far runs in training are, said while they train, and the wish to stop."""

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from chainrule.training import Callback, Record, Session, save_checkpoint

Progress = Callable[[float, float], None]
EVERY = 32  # steps of a group between two words of progress


class Tally:
    """Iterations done, of all that are planned; and the wish to stop.

    planned : updates that each run takes at most; fewer if it diverges.
    """

    def __init__(
        self, progress: Progress | None, stop: threading.Event | None, planned: Sequence[int]
    ) -> None:
        self._progress, self._asked, self._planned = progress, stop, planned
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

    def finish(self, found: Iterable[int]) -> None:
        self.move({k: self._planned[k] for k in found})

    def move(self, to: dict[int, int]) -> None:
        """The runs `to` are that far."""
        with self._lock:
            for k, at in to.items():
                self._done += at - self._at[k]
                self._at[k] = at
            if self._progress is not None:
                self._progress(self._done, self._total)


class Watch(Callback):
    """Says how far a group is, and ends it on request; what it reached is kept at `path`, then and
    every minute."""

    INTERVAL = 60.0  # seconds

    def __init__(
        self, tally: Tally, group: dict[int, int], path: Path | None, before: int = 0
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
