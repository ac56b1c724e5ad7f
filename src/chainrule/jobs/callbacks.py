"""What a job hangs onto the training of one network: its events, its checkpoints."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chainrule.errors import InputError, ModelFileError
from chainrule.jobs.events import Changed, Control, Noted, Paused, Progressed, Recorded, Tell
from chainrule.jobs.run_folder import RunFolder
from chainrule.training import Callback, Record, Session, save_checkpoint
from chainrule.training.changes import Changes
from chainrule.training.checkpoint import read
from chainrule.training.plan import Plan


class BeginsFrom(Callback):
    """Begins at a checkpoint of another training of the same data and settings, where this one
    would come by it; else at the start. The numbers are the same."""

    def __init__(self, checkpoint: Path) -> None:
        self._checkpoint = checkpoint

    def on_start(self, session: Session) -> None:
        if session.iteration == 0:
            with suppress(ModelFileError):
                read(self._checkpoint).restore(session)


class Saver(Callback):
    """Keeps checkpoints in a run folder."""

    INTERVAL = 60.0  # seconds between checkpoints

    def __init__(self, folder: RunFolder, every: float | None = None) -> None:
        self._folder, self._next, self._every = folder, 0.0, every or self.INTERVAL

    def on_start(self, session: Session) -> None:
        if session.iteration == 0 or not self._folder.checkpoint.exists():
            # Also of what was killed before. From here on it can be resumed at any moment.
            self.save(session)
        self._next = time.monotonic() + self._every

    def on_step(self, session: Session) -> None:
        if time.monotonic() >= self._next:
            self.save(session)
            self._next = time.monotonic() + self._every

    def on_end(self, session: Session) -> None:
        self.save(session)

    def save(self, session: Session) -> None:
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


class Controlled(Callback):
    """Does what a control asks of a training; it is asked by `StopOn`, which comes after.

    saver : keeps a checkpoint at a pause. changed : called with all changes, after each.
    """

    def __init__(
        self,
        control: Control,
        tell: Tell,
        saver: Saver | None,
        changed: Callable[[Changes], None],
    ) -> None:
        self._control, self._tell, self._saver, self._changed = control, tell, saver, changed

    def on_start(self, session: Session) -> None:
        def paused() -> None:
            if self._saver is not None:
                self._saver.save(session)
            self._tell(Paused(session.iteration))

        def change(values: dict[str, float]) -> None:
            try:
                session.change(**values)
            except InputError as error:
                self._tell(Noted(f"not changed: expected {error.expected}; got {error.got}"))
                return
            self._changed(session.changes)
            self._tell(Changed(session.iteration, values))

        self._control.obeyed_by(paused, change)

    def on_end(self, session: Session) -> None:
        self._control.obeyed_by(lambda: None, lambda values: None)  # they hold the session
