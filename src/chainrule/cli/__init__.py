"""The command line: parse, call the library, show."""

import io
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `chainrule` with these arguments (the process's by default) and exit.

    Exit code 0: done. 1: interrupted. 2: something given was wrong; one plain line on standard
    error says what, and what to do.
    """
    _make_output_robust()
    try:
        from chainrule.cli.app import run

        code = run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`chainrule ... | head`). Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    except KeyboardInterrupt:
        print("chainrule: interrupted", file=sys.stderr)
        code = 1
    sys.exit(code)


def _make_output_robust() -> None:
    """A closed output, or one that cannot show a character, must not end a training."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - open until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
