"""How long until something happens: importing the library, and the whole command line."""

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.problems import Sources, write_stand_in

NAME = "startup"
IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
MODULES = ("numpy", "chainrule")
FOUR_LAYERS = ("--layers", "20,7,5", "--learning-rate", "0.0075")


@dataclass
class Timing:
    """what was started; seconds of each try; failure : the last line it printed, or empty."""

    what: str
    seconds: list[float] = field(default_factory=list)
    failure: str = ""


def measure(sources: Sources, iterations: int, tries: int) -> list[Timing]:
    """A bare interpreter and `chainrule train` from start to end; imports inside the process."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(sources.course) if sources.course else Path(folder, "data")
        if not sources.course:
            data.mkdir()
            write_stand_in(data)
        outs = (Path(folder, f"trained-{n}") for n in itertools.count())  # a new one each time
        jobs: list[tuple[Timing, Callable[[], float]]] = [
            (
                Timing("python -c pass (whole process)"),
                lambda: _wall([sys.executable, "-c", "pass"]),
            ),
        ]
        for module in MODULES:
            jobs.append((Timing(f"import {module}"), lambda module=module: _import(module)))
        shown = f"chainrule train {' '.join(FOUR_LAYERS)} --iterations {iterations}"
        jobs.append(
            (
                Timing(f"{shown} (whole process)"),
                lambda: _wall(_train_command(data, next(outs), iterations)),
            )
        )
        for _ in range(tries):
            for timing, job in jobs:
                if timing.failure:
                    continue
                try:
                    timing.seconds.append(job())
                except subprocess.CalledProcessError as error:
                    lines = (error.stderr or error.stdout or "").strip().splitlines()
                    timing.failure = lines[-1] if lines else f"exit status {error.returncode}"
    return [timing for timing, _ in jobs]


def _train_command(data: Path, out: Path, iterations: int) -> list[str]:
    # The console script beside this interpreter, so that it is this environment's.
    script = shutil.which("chainrule", path=str(Path(sys.executable).parent)) or "chainrule"
    length = ("--iterations", str(iterations), "--out", str(out))
    return [script, "train", str(data), *FOUR_LAYERS, *length]


def _wall(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - began


def _import(module: str) -> float:
    """Inside a fresh interpreter, whose own start does not count."""
    command = [sys.executable, "-c", IMPORT.format(module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)
