"""A callback that keeps a run folder: made when training begins, checkpoints while it goes on."""

import shlex
import time
from typing import Any

from chainrule import tensor_file
from chainrule.errors import ChainruleError, DivergenceError, InputError
from chainrule.run_folder import Folder, RunFolder
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
        try:
            save_checkpoint(session, self._folder.checkpoint)
        except InputError as error:
            if self._made and not self._reached:
                raise
            raise go_on(error, "train", self._folder) from None
        self._reached = session.iteration

    def undo(self, error: ChainruleError) -> None:
        """Leave nothing behind of a training that failed, but what can be gone on with."""
        if self._made and (not self._reached or isinstance(error, DivergenceError)):
            self._folder.remove()


def go_on(error: ChainruleError, command: str, folder: Folder) -> ChainruleError:
    """The error of a full disk with the way to go on; any other as it is."""
    if not isinstance(error, InputError) or error.expected != tensor_file.ROOM:
        return error
    fix = f"Then go on with: chainrule {command} --resume {shlex.quote(str(folder.path))}"
    return InputError(error.where, error.expected, error.got, fix)
