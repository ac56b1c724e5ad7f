"""A callback that keeps a run folder: made when training begins, checkpoints while it goes on."""

import time
from typing import Any

from chainrule.errors import ChainruleError, DivergenceError
from chainrule.jobs.run_folder import RunFolder
from chainrule.training import Callback, Session, save_checkpoint


class Saver(Callback):
    """Makes the folder before the first step, so that bad settings leave no folder behind."""

    INTERVAL = 60.0  # seconds between checkpoints

    def __init__(self, folder: RunFolder, settings: dict[str, Any], *, resuming: bool) -> None:
        self._folder, self._settings, self._resuming = folder, settings, resuming
        self._made, self._reached, self._next = False, 0, 0.0

    def on_start(self, session: Session) -> None:
        if not self._resuming:
            self._folder.create(self._settings)
            self._made = True
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
        self._reached = session.iteration

    def undo(self, error: ChainruleError) -> None:
        """Leave nothing behind of a training that failed, but what can be gone on with."""
        if self._made and (not self._reached or isinstance(error, DivergenceError)):
            self._folder.remove()
