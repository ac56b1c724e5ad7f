"""Ctrl-C while training: finish the step, then stop with what was reached."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interrupt:
    """Within `with Interrupt(stop)`, Ctrl-C calls `stop()` instead of raising.

    A step is never left half done, so what was reached can be kept and resumed exactly. A second
    Ctrl-C raises KeyboardInterrupt at once. Signals belong to the main thread; in any other
    nothing is changed, and neither is a handler of someone else's.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop, self._requested = stop, False
        main = threading.current_thread() is threading.main_thread()
        self._ours = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def __enter__(self) -> "Interrupt":
        if self._ours:
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        self._stop()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
