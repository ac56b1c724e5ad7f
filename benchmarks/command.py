"""A command of chainrule's in this process, by its arguments in JSON; and what it took by the
system's own figures, as JSON on the last line of standard output."""

import contextlib
import io
import json
import sys
import time
from pathlib import Path

from benchmarks.memory import STATUS, number


def main() -> None:
    from chainrule.cli.app import run

    said, wall = io.StringIO(), time.perf_counter()
    with contextlib.redirect_stdout(said):
        code = run(json.loads(sys.argv[1]))
    found = {
        "code": code,
        "cpu": time.process_time(),
        "wall": time.perf_counter() - wall,
        "peak": 1024 * number(STATUS, "VmHWM"),
        "read": number(Path("/proc/self/io"), "rchar"),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
