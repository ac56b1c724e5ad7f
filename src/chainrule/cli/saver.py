"""A callback that keeps a run folder: made when training begins, checkpoints while it goes on."""

import time
from typing import Any

from chainrule.run_folder import RunFolder
from chainrule.training import Callback, Session, save_checkpoint


class Saver(Callback):
    """Makes the folder before the first step, so that bad settings leave no folder behind."""

    INTERVAL = 60.0  # seconds between checkpoints

    def __init__(self, folder: RunFolder, settings: dict[str, Any], *, resuming: bool) -> None:
        self._folder, self._settings, self._resuming = folder, settings, resuming
        self._next = 0.0

    def on_start(self, session: Session) -> None:
        if not self._resuming:
            # With these two a training that is killed at any later moment can be resumed.
            self._folder.create()
            self._folder.write_settings(self._settings)
            save_checkpoint(session, self._folder.checkpoint)
        self._next = time.monotonic() + self.INTERVAL

    def on_step(self, session: Session) -> None:
        if time.monotonic() >= self._next:
            save_checkpoint(session, self._folder.checkpoint)
            self._next = time.monotonic() + self.INTERVAL

    def on_end(self, session: Session) -> None:
        save_checkpoint(session, self._folder.checkpoint)

    def undo(self) -> None:
        """Leave nothing behind of a training that failed; a resumed run stays as it was."""
        if not self._resuming and self._next:
            self._folder.remove()
