"""The command line: parse, call the library, show."""

import atexit
import contextlib
import gc
import io
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

# What asks a program to end, of those that the system has.
STOPS = [getattr(signal, s) for s in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, s)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `chainrule` with these arguments (the process's by default) and exit.

    Exit code 0: done. 1: interrupted, or nobody read the output to its end. 2: something given
    was wrong, or the output could not be written; one plain line on standard error says what, and
    what to do.
    """
    interrupted = False
    if arguments is None:
        sys.unraisablehook = _unraised
    _refuse_odd_sizes()
    os.environ["MPLBACKEND"] = "agg"  # pictures are files here, whatever windows others want
    with (
        _robust("stdout") as out,
        _robust("stderr"),
        _stopped_alike(),
        warnings.catch_warnings(),
    ):
        warnings.showwarning = _said  # type: ignore[assignment]
        try:
            gc.disable()  # what is imported stays: no use in looking for garbage in it
            from chainrule.cli.app import run

            code = run(arguments)
        except KeyboardInterrupt as stop:
            if arguments is None:  # once is enough: the process is about to end
                _ignore()
            print(f"chainrule: interrupted. {stop}".rstrip(". "), file=sys.stderr)
            code, interrupted = 1, True
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        lost = getattr(out, "error", None)
        if lost is not None and code == 0:
            code = 1
            if not isinstance(lost, BrokenPipeError):  # else the reader went away: `... | head`
                print(f"chainrule: standard output: {lost.strerror}", file=sys.stderr)
                code = 2
    if arguments is None:
        _ignore()
        gc.freeze()  # all goes with the process: to look through it takes a help page's seventh
        if interrupted:  # else Python 3.11 kills itself where Ctrl-C came while it ran an exec()
            atexit._run_exitfuncs()  # which end workers, where there are any
            os._exit(code)
    sys.exit(code)


def _said(message: Warning | str, *_: Any) -> None:
    """A warning as one line, without the place in the program."""
    print(f"chainrule: {message}.", file=sys.stderr)


def _unraised(found: Any) -> None:
    """What Python cannot raise, without a Ctrl-C that came while one before it unwound."""
    if not issubclass(found.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(found)


class _Output(io.FileIO):
    """A file whose errors are kept and end nothing: the first one, after which all is dropped."""

    error: OSError | None = None

    def write(self, data: Any) -> int:
        if self.error is None:
            try:
                return super().write(data)
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes


@contextlib.contextmanager
def _robust(name: str) -> Iterator[Any]:
    """sys.stdout or sys.stderr such that neither a closed or full one ends a training, nor one
    that cannot show a character. Gives the file below it."""
    given = getattr(sys, name)
    buffer = getattr(given, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if given is None:
        setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - open until the process ends
    elif type(raw) is io.FileIO:
        given.flush()
        raw = _Output(raw.fileno(), "wb", closefd=False)
        made = io.TextIOWrapper(
            io.BufferedWriter(raw), given.encoding, line_buffering=given.line_buffering
        )
        setattr(sys, name, made)
    if isinstance(getattr(sys, name), io.TextIOWrapper):
        getattr(sys, name).reconfigure(errors="backslashreplace")
    try:
        yield raw
    finally:
        with contextlib.suppress(OSError):
            getattr(sys, name).flush()
        setattr(sys, name, given)


@contextlib.contextmanager
def _stopped_alike() -> Iterator[None]:
    """SIGTERM and SIGHUP as Ctrl-C, where nobody has asked for something else (as nohup does)."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in STOPS:
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)


def _refuse_odd_sizes() -> None:
    """A terminal of 0 columns, or of millions, is none: its own size is taken, or the usual."""
    for name in ("COLUMNS", "LINES"):
        if not re.fullmatch("[1-9][0-9]{1,2}", os.environ.get(name, "")):
            os.environ.pop(name, None)
