"""What a job hangs onto the training of one network: its events, its checkpoints."""

import time
from collections.abc import Callable

from chainrule.jobs.events import Progressed, Recorded, Tell
from chainrule.jobs.run_folder import RunFolder
from chainrule.training import Callback, Record, Session, save_checkpoint
from chainrule.training.plan import Plan


class Saver(Callback):
    """Keeps checkpoints in a run folder."""

    INTERVAL = 60.0  # seconds between checkpoints

    def __init__(self, folder: RunFolder) -> None:
        self._folder, self._next = folder, 0.0

    def on_start(self, session: Session) -> None:
        if session.iteration == 0:
            # Also of what was killed before. From here on it can be resumed at any moment.
            self._save(session)
        self._next = time.monotonic() + self.INTERVAL

    def on_step(self, session: Session) -> None:
        if time.monotonic() >= self._next:
            self._save(session)
            self._next = time.monotonic() + self.INTERVAL

    def on_end(self, session: Session) -> None:
        self._save(session)

    def _save(self, session: Session) -> None:
        save_checkpoint(session, self._folder.checkpoint)


class Telling(Callback):
    """Tells how far a training is, and its records."""

    INTERVAL = 0.1  # seconds between two words of progress

    def __init__(self, tell: Tell, planned: Callable[[Plan], None] = lambda plan: None):
        """planned : called before anything is computed."""
        self._tell, self._planned, self._next = tell, planned, 0.0

    def on_plan(self, plan: Plan) -> None:
        self._planned(plan)

    def on_start(self, session: Session) -> None:
        self._progressed(session)

    def on_step(self, session: Session) -> None:
        if time.perf_counter() >= self._next:
            self._progressed(session)

    def on_record(self, session: Session, record: Record) -> None:
        self._tell(Recorded(record))

    def _progressed(self, session: Session) -> None:
        self._next = time.perf_counter() + self.INTERVAL
        self._tell(Progressed(session.iteration, session.plan.iterations))
