"""Ctrl-C while training: finish the step, then stop with what was reached."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """Within `with Interrupt() as interrupt`, Ctrl-C sets `interrupt.requested`.

    A step is never left half done, so what was reached can be kept and resumed exactly. A second
    Ctrl-C raises KeyboardInterrupt at once. Signals belong to the main thread; in any other the
    flag simply stays False.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: Any = None

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.getsignal(signal.SIGINT)
            # A handler of someone else's, or none at all (a background job), is left alone.
            if self._previous is signal.default_int_handler:
                signal.signal(signal.SIGINT, self._on_signal)
        return self

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._previous is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._previous)
