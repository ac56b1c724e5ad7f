"""One training in a process of its own: `python -m benchmarks.worker TASK`, the result as JSON.

A fresh process for every run gives every peer the same start: no warm caches of another peer, no
foreign thread pools, no memory that was given back but not forgotten. What a library does only
once (imports, thread pools) happens in a small warm-up before the clock starts.
"""

import gc
import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from importlib import import_module

import numpy as np

from benchmarks import memory
from benchmarks.experiments import Experiment, named
from benchmarks.peers import PEERS, Peer
from benchmarks.problems import Problem, Sources, load
from benchmarks.yardstick import cost_and_accuracy


@dataclass(frozen=True)
class Task:
    """One run. iterations, epochs : override the experiment's (fewer, for --quick)."""

    experiment: str
    peer: str
    dtype: str
    iterations: int | None
    epochs: int | None
    sources: Sources

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Task":
        facts = json.loads(text)
        return cls(**facts | {"sources": Sources(**facts["sources"])})


@dataclass(frozen=True)
class Run:
    """seconds : of the training alone. peak_bytes : above what was resident before it.

    cost : final, on all training examples. accuracy : on the test pictures, where there are any.
    m, n_x, n_y : examples, features, outputs. data_bytes : of the features in memory.
    """

    seconds: float
    peak_bytes: int | None
    cost: float
    accuracy: float | None
    m: int
    n_x: int
    n_y: int
    data_bytes: int
    note: str


def main() -> None:
    print(json.dumps(asdict(measure(Task.from_json(sys.argv[1])))))


def measure(task: Task) -> Run:
    experiment = replace(named(task.experiment), iterations=task.iterations, epochs=task.epochs)
    peer = PEERS[task.peer]
    problem = load(experiment.data, task.sources)
    if not peer.pixels:
        problem = problem.as_floats(task.dtype)
    train = import_module(f"benchmarks.peers.{peer.module}").train
    start = experiment.start(problem.rows.shape[1], problem.n_classes, task.dtype)
    _ = problem.Y  # labels in the equations' shape are made before the clock, as X is
    _warm_up(train, experiment, problem, peer, task.dtype)
    gc.collect()

    baseline = memory.reset_peak()
    began = time.perf_counter()
    trained = train(problem, start, experiment, **peer.options)
    seconds = time.perf_counter() - began
    peak = memory.peak_above(baseline)

    cost, accuracy = cost_and_accuracy(
        trained.weights, trained.biases, problem.rows, problem.labels
    )
    if problem.test_rows is None:
        accuracy = None
    else:
        _, accuracy = cost_and_accuracy(
            trained.weights, trained.biases, problem.test_rows, problem.test_labels
        )
    m, n_x = problem.rows.shape
    n_y, nbytes = start.layer_sizes[-1], problem.rows.nbytes
    return Run(seconds, peak, cost, accuracy, m, n_x, n_y, nbytes, trained.note)


def _warm_up(train, experiment: Experiment, problem: Problem, peer: Peer, dtype: str) -> None:
    """The same kind of training on 64 random examples of 16 features, a few steps."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (64, 16), dtype=np.uint8)
    small = Problem(pixels, np.arange(64) % problem.n_classes, problem.n_classes)
    full = experiment.epochs is None
    few = replace(
        experiment,
        iterations=4 if full else None,
        epochs=None if full else 1,
        batch_size=None if full else 32,
    )
    small = small if peer.pixels else small.as_floats(dtype)
    train(small, few.start(16, problem.n_classes, dtype), few, **peer.options)


if __name__ == "__main__":
    main()
