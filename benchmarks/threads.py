"""From which size of a step on do more BLAS threads gain: `chainrule.blas.WORTH` rests on this.

Trainings of steps of many sizes, in both forms, in full batch and in batches, each with one thread
and with as many as BLAS has, taking turns in one process.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from chainrule import Network, blas, train

NAME = "threads"
# Features, examples, hidden units, examples a batch (None for all).
DUAL = [
    (4000, 209, (20, 7, 5), None),
    (4000, 400, (20, 7, 5), None),
    (4000, 500, (50,), None),
    (4000, 1000, (20,), None),
    (4000, 1000, (40,), None),
    (4000, 1000, (100,), None),
    (4000, 2000, (50,), None),
    (4000, 2000, (200,), 200),
]
PRIMAL = [
    (100, 2000, (20,), None),
    (100, 2000, (100,), None),
    (400, 2000, (40,), 200),
    (784, 2000, (100,), 100),
    (784, 2000, (100,), 200),
    (784, 2000, (200,), 200),
    (784, 2000, (400, 200), 200),
    (2000, 2000, (200,), 200),
]
AIM = 0.2  # seconds that one turn takes, about


@dataclass
class Gain:
    """operations : of the largest product. one, all : seconds of a step, of the fastest turn."""

    what: str
    operations: float
    one: float
    all: float

    @property
    def ratio(self) -> float:
        return self.one / self.all


def measure(tries: int, tell: Callable[[str], None]) -> Iterator[Gain]:
    rng = np.random.default_rng(0)
    for form, cases in (("dual", DUAL), ("primal", PRIMAL)):
        for n_x, m, hidden, batch in cases:
            tell(f"{NAME}: {form}, {m} x {n_x}")
            X = rng.standard_normal((n_x, m))
            Y = rng.integers(0, 2, (1, m)).astype(float)
            network = Network.create((n_x, *hidden, 1), rng=0)
            step = _step(network, X, Y, form, batch)
            turns = [(step(1), step(None)) for _ in range(tries)]
            one, every = (min(seconds) for seconds in zip(*turns, strict=True))
            first = 2.0 * hidden[0] * (m if form == "dual" else n_x) * (batch or m)
            sizes = "-".join(map(str, network.layer_sizes))
            size = f", batches of {batch}" if batch else ""
            yield Gain(f"{form}, {sizes}, {m} examples{size}", first, one, every)


def _step(
    network: Network, X: np.ndarray, Y: np.ndarray, form: str, batch: int | None
) -> Callable[[int | None], float]:
    """Seconds of a step with so many threads, None for all: what more iterations take longer."""

    def timed(iterations: int, threads: int | None) -> float:
        worth, blas.WORTH = blas.WORTH, 0.0  # the limit is set here instead
        settings = {"first_layer": form, "batch_size": batch, "record_every": 10**6}
        try:
            with blas.at_most(threads):
                result = train(network, (X, Y), iterations=iterations, **settings)
        finally:
            blas.WORTH = worth
        return result.seconds

    began = time.perf_counter()
    timed(20, 1)
    long = max(20, int(AIM / ((time.perf_counter() - began) / 20)))
    return lambda threads: (timed(10 + long, threads) - timed(10, threads)) / long
