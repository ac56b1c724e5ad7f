"""Ctrl-C while computing: finish the step, then stop with what was reached."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

PATIENCE = 10.0  # seconds


@contextmanager
def interruptible(stop: Callable[[], object]) -> Iterator[None]:
    """Within `with interruptible(stop)`, Ctrl-C calls `stop()` instead of raising.

    So does every other signal that is handled as Ctrl-C is. A step is never left half done, so
    what was reached can be kept and resumed exactly. A second Ctrl-C raises KeyboardInterrupt when
    the block is done; at once only if that takes longer than PATIENCE. Signals belong to the main
    thread; in any other nothing is changed, and neither is a handler of someone else's.
    """
    began, again = 0.0, False

    def on_signal(signum: int, frame: FrameType | None) -> None:
        nonlocal began, again
        if not began:
            began = time.monotonic()
            stop()
        elif time.monotonic() < began + PATIENCE:
            again = True
        else:
            raise KeyboardInterrupt

    ours: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():
        handler = signal.default_int_handler
        ours = [s for s in signal.Signals if signal.getsignal(s) is handler]
    for number in ours:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.default_int_handler)
    if again:
        raise KeyboardInterrupt
