"""All runs of an experiment, interleaved, each in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.experiments import Entry, Experiment
from benchmarks.peers import OURS, PEERS
from benchmarks.problems import Sources
from benchmarks.worker import Run, Task

ROOT = Path(__file__).parents[1]
# Read by OpenBLAS, MKL and OpenMP when they are loaded; PyTorch is told the same in its peer.
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class Settings:
    """repeat : runs of each peer at each number of threads. threads : the numbers to try.
    blocks_shape : examples and features of the file of `blocks`."""

    repeat: int
    threads: tuple[int, ...]
    quick: bool
    sources: Sources
    blocks_shape: tuple[int, int] = (5_000, 500_000)


@dataclass
class Line:
    """What an entry gave. runs : by number of threads. failure : why there are none."""

    entry: Entry
    runs: dict[int, list[Run]] = field(default_factory=dict)
    failure: str = ""
    absent: bool = False  # not installed, which is nobody's fault

    @property
    def threads(self) -> int:
        """The number of threads at which this entry was fastest."""
        return min(self.runs, key=lambda n: min(run.seconds for run in self.runs[n]))

    @property
    def best(self) -> Run:
        """The fastest run: noise only ever adds time."""
        return min(self.runs[self.threads], key=lambda run: run.seconds)

    @property
    def median_seconds(self) -> float:
        """Of the runs at the better number of threads."""
        return statistics.median(run.seconds for run in self.runs[self.threads])

    @property
    def peak_bytes(self) -> int | None:
        """The least of the peaks at the better number of threads."""
        peaks = [run.peak_bytes for run in self.runs[self.threads]]
        return None if None in peaks else min(peaks)


@dataclass(frozen=True)
class Result:
    experiment: Experiment
    lines: list[Line]

    def reference(self, line: Line) -> Line | None:
        """chainrule's line at the same float type, which `line` is compared with."""
        same = [x for x in self.lines if x.runs and x.entry.dtype == line.entry.dtype]
        return next((x for peer in OURS for x in same if x.entry.peer == peer), None)

    def times_chainrule(self, line: Line) -> float | None:
        """How many times as long as chainrule it took."""
        ours = self.reference(line)
        return ours and line.best.seconds / ours.best.seconds


def run_all(experiment: Experiment, settings: Settings, tell: Callable[[str], None]) -> Result:
    """Every entry once, then every entry again: a noisy minute hits all alike."""
    lines = [Line(entry) for entry in experiment.entries]
    for line in lines:
        package = PEERS[line.entry.peer].package
        line.absent = not _installed(package)
        if line.absent:
            line.failure = f"not measured: {package} is not installed"
    for turn in range(settings.repeat):
        for threads in settings.threads:
            for line in lines:
                if line.failure:
                    continue
                label = PEERS[line.entry.peer].label
                tell(
                    f"{experiment.name}: {label} {line.entry.dtype}, {threads} threads, "
                    f"run {turn + 1} of {settings.repeat}"
                )
                _add_run(line, experiment, threads, settings.sources)
    return Result(experiment, lines)


def _add_run(line: Line, experiment: Experiment, threads: int, sources: Sources) -> None:
    task = Task(
        experiment.name,
        line.entry.peer,
        line.entry.dtype,
        experiment.iterations,
        experiment.epochs,
        sources,
    )
    done = run_module("benchmarks.worker", task.to_json(), threads)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        line.failure, line.runs = f"failed: {last[0]}", {}
        return
    run = Run(**json.loads(done.stdout.splitlines()[-1]))
    line.runs.setdefault(threads, []).append(run)


def run_module(module: str, task: str, threads: int) -> subprocess.CompletedProcess[str]:
    """A worker in a process of its own, whose BLAS has so many threads."""
    return subprocess.run(
        [sys.executable, "-m", module, task],
        cwd=ROOT,
        env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
        capture_output=True,
        text=True,
    )


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
