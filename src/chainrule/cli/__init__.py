"""The command line: parse, call the library, show."""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `chainrule` with these arguments (the process's by default) and exit.

    Exit code 0: done. 1: interrupted. 2: something given was wrong; one plain line on standard
    error says what, and what to do.
    """
    from chainrule.cli.app import run

    try:
        code = run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`chainrule ... | head`). Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
