"""How long until something happens: importing, help, an error message, a whole training.

All as whole processes, taking turns, and as ratios to `import numpy` in the same run. Each finds
the bytecode of every file, as after `pip install`, kept for this run alone.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.problems import Sources, write_stand_in
from chainrule.cli.app import COMMANDS

NAME = "startup"
REFERENCE = "import numpy"
IMPORTS = (
    "pass",
    REFERENCE,
    "import chainrule",
    "import chainrule; chainrule.open_data",
    "import chainrule; chainrule.train",
)
ERRORS = (
    "trian",
    "train fashion --layers x",
    "train fashion --learning-rate -1",
    "train no-such-file",
    "sweep no-such-file --vary l2=0,1",
    "predict missing.safetensors a.png",
    "report missing",
)
ASKED = {"import chainrule": 1.6}  # times as long as REFERENCE, at most
OF_A_MESSAGE = 2.5  # help or an error
FOUR_LAYERS = ("--layers", "20,7,5", "--learning-rate", "0.0075")


@dataclass
class Timing:
    """what was started; seconds of each try; failure : the last line it printed, or empty.

    asked : at most so many times as long as REFERENCE.
    """

    what: str
    seconds: list[float] = field(default_factory=list)
    failure: str = ""
    asked: float | None = None

    def ratio(self, reference: "Timing") -> float | None:
        """How many times as long, by the fastest try of each: noise only adds."""
        if not self.seconds or not reference.seconds:
            return None
        return min(self.seconds) / min(reference.seconds)


def measure(sources: Sources, iterations: int, tries: int) -> list[Timing]:
    """Every process once, then every process again."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(sources.course) if sources.course else Path(folder, "data")
        if not sources.course:
            data.mkdir()
            write_stand_in(data)
        outs = (str(Path(folder, f"trained-{n}")) for n in itertools.count())  # a new one each time
        jobs: list[tuple[Timing, Callable[[], float]]] = []
        for code in IMPORTS:
            python = [sys.executable, "-c", code]
            jobs.append((Timing(code, asked=ASKED.get(code)), lambda c=python: _wall(c, folder)))
        for line in ["--version", "--help", *(f"{name} --help" for name in COMMANDS), *ERRORS]:
            timing = Timing(f"chainrule {line}", asked=OF_A_MESSAGE)
            command = [script(), *line.split()]
            code = 2 if line in ERRORS else 0
            jobs.append((timing, lambda c=command, code=code: _wall(c, folder, code)))
        shown = f"chainrule train {' '.join(FOUR_LAYERS)} --iterations {iterations}"
        length = ("--iterations", str(iterations))
        train = [script(), "train", str(data.resolve()), *FOUR_LAYERS, *length, "--out"]
        jobs.append((Timing(shown), lambda: _wall([*train, next(outs)], folder)))
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


def script() -> str:
    """The console script beside this interpreter, so that it is this environment's."""
    return shutil.which("chainrule", path=str(Path(sys.executable).parent)) or "chainrule"


def _wall(command: list[str], folder: str, code: int = 0) -> float:
    """Seconds of a process in `folder` from start to end; it has to end with this exit code."""
    bytecode = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
    environment = os.environ | bytecode
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - began
    if done.returncode != code:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return seconds
