"""Training beside other programs: the same work alone and beside two busy processes, taking turns.

The busy processes are this benchmark's own, one that counts in Python and one that multiplies
matrices with one thread. They run while the work runs, and not between.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.experiments import named
from benchmarks.measure import THREAD_VARIABLES, Settings
from benchmarks.problems import load
from benchmarks.startup import script
from chainrule import train
from chainrule.experiments import Setting, leave_one_out

NAME = "busy"
ASKED = 2.5  # times the time alone, at most
CLOSE = 1e-9  # two costs of the same training
FASHION = ("train", "fashion", "--positive", "Sandal")
# Each says when it has begun, and ends by itself if this process is gone.
LOOP = """
import os
parent = os.getppid()
print(flush=True)
while os.getppid() == parent:
    """
COUNTS = LOOP + "sum(range(100_000))"
MULTIPLIES = "import numpy as np; A = np.ones((300, 300))" + LOOP + "A @ A"


@dataclass
class Timing:
    """what was done; seconds of each try alone and beside the others.

    failure : why the numbers mean nothing, or empty.
    """

    what: str
    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    failure: str = ""

    @property
    def ratio(self) -> float:
        """Median by median: beside others it is not the luckiest try that counts."""
        return statistics.median(self.beside) / statistics.median(self.alone)

    @property
    def reached(self) -> bool:
        return self.ratio <= ASKED


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Timing]:
    """Alone, then beside the others, and both again, `settings.repeat` times."""
    with tempfile.TemporaryDirectory() as folder:
        for what, work in _works(settings, folder).items():
            timing, results = Timing(what), []
            for turn in range(settings.repeat):
                tell(f"{NAME}: {what}, run {turn + 1} of {settings.repeat}")
                for seconds, others in ((timing.alone, _nobody), (timing.beside, _two_busy)):
                    with others():
                        began = time.perf_counter()
                        results.append(work())
                        seconds.append(time.perf_counter() - began)
            if max(results) - min(results) > CLOSE:
                timing.failure = f"costs differ by {max(results) - min(results):.0e}"
            yield timing


def _works(settings: Settings, folder: str) -> dict[str, Callable[[], float]]:
    """What is timed; each returns its final cost, which must be the same every time."""
    problem = load("course", settings.sources).as_floats("float64")
    m, n_x = problem.rows.shape
    experiment = named("four-layer")
    iterations = 50 if settings.quick else experiment.iterations
    start = experiment.start(n_x, problem.n_classes, "float64")
    setting = Setting(
        hidden=experiment.hidden,
        initializer=experiment.initializer,
        learning_rate=experiment.learning_rate,
        iterations=iterations,
        seed=1,
    )
    four_layers = {"learning_rate": experiment.learning_rate, "iterations": iterations}
    command = [*FASHION, "--iterations", str(iterations)] if settings.quick else FASHION
    return {
        f"4 layers, {m} examples, {iterations} iterations": lambda: train(
            start, (problem.X, problem.Y), **four_layers
        ).history.cost[-1],
        f"leave-one-out of the same, {m} times": lambda: (
            leave_one_out((problem.X, problem.Y), setting).cost
        ),
        f"chainrule {' '.join(command)} (whole process)": lambda: _process(command, folder),
    }


def _process(command: list[str], folder: str) -> float:
    """The final cost of a training by the command line, in a run folder that is new each time."""
    out = str(Path(tempfile.mkdtemp(dir=folder), "run"))
    done = subprocess.run(
        [script(), *command, "--json", "--out", out], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)["results"]["training"]["cost"]


@contextmanager
def _nobody() -> Iterator[None]:
    yield


@contextmanager
def _two_busy() -> Iterator[None]:
    """Two processes that never wait; both are at work when the block begins, and gone after it."""
    one_thread = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
    with ExitStack() as stack:
        for code in (COUNTS, MULTIPLIES):
            process = subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, env=one_thread
            )
            stack.enter_context(process)  # closes its output and waits for it
            stack.callback(process.kill)
            process.stdout.readline()
        yield
