"""Ctrl-C while training: finish the step, then stop with what was reached."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

PATIENCE = 10.0  # seconds


class Interrupt:
    """Within `with Interrupt(stop)`, Ctrl-C calls `stop()` instead of raising.

    So does every other signal that is handled as Ctrl-C is. A step is never left half done, so
    what was reached can be kept and resumed exactly. A second Ctrl-C raises KeyboardInterrupt when
    the block is done; at once only if that takes longer than PATIENCE. Signals belong to the main
    thread; in any other nothing is changed, and neither is a handler of someone else's.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop, self._began, self._again = stop, 0.0, False
        self._ours: list[signal.Signals] = []
        if threading.current_thread() is threading.main_thread():
            handler = signal.default_int_handler
            self._ours = [s for s in signal.Signals if signal.getsignal(s) is handler]

    def __enter__(self) -> "Interrupt":
        for number in self._ours:
            signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if not self._began:
            self._began = time.monotonic()
            self._stop()
        elif time.monotonic() < self._began + PATIENCE:
            self._again = True
        else:
            raise KeyboardInterrupt

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number in self._ours:
            signal.signal(number, signal.default_int_handler)
        if self._again and kind is None:
            raise KeyboardInterrupt
