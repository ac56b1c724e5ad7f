"""A pass on N local Dask workers beside the same pass in one process of N threads: what sending,
adding and waiting take.

Each measurement is a process of its own, with a file that it opens anew: a source remembers the
Gram matrices that were made of it. Workers are there, and have read and multiplied something,
before the clock starts. On the clock where nobody else computes; processor time, of all processes,
also beside others (two threads of one process wait busily, so there it says little of N = 2).
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.blocks import UNITS, make
from benchmarks.measure import Settings, run_module

NAME = "cluster"
SHAPE, QUICK = (3_000, 200_000), (500, 60_000)  # examples, features
MEMORY = 15  # times a GB of the file: it stays there, in stretches of 64 MB at most
WORKERS = (1, 2)
LIMIT = 1.15  # of the time in one process that the workers may take


@dataclass
class Timing:
    """wall, cpu : seconds of (one process, the workers), the best of all turns."""

    what: str
    workers: int
    wall: tuple[float, float]
    cpu: tuple[float, float]
    failure: str = ""

    @property
    def ratio(self) -> float:
        return self.wall[1] / self.wall[0]


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Timing]:
    m, n_x = QUICK if settings.quick else SHAPE
    with tempfile.TemporaryDirectory() as name:
        tell("making the file")
        make(Path(name), m, n_x)
        for n in WORKERS:
            found: dict[str, list[dict[str, float]]] = {"": [], f"local:{n}": []}
            for turn in range(settings.repeat):
                for by, those in found.items():  # one after the other: a noisy minute hits both
                    tell(f"{NAME}: {by or 'one process'}, N = {n}, run {turn + 1}")
                    done = run_module("benchmarks.cluster", json.dumps([name, by]), n)
                    if done.returncode:
                        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
                        yield Timing(by or "one process", n, (1, 1), (1, 1), f"failed: {said}")
                        return
                    those.append(json.loads(done.stdout.splitlines()[-1]))
            alone, together = found.values()
            sums = [one[0]["sum"] for one in (alone, together)]
            apart = abs(sums[1] / sums[0] - 1)
            for what in ("K and W X", "D X^T"):
                pairs = [[min(one[f"{what} {of}"] for one in those) for those in found.values()]
                         for of in ("wall", "cpu")]  # fmt: skip
                failure = f"sums of K differ by {apart:.1e}" if not apart < 1e-10 else ""
                wall, cpu = (tuple(pair) for pair in pairs)
                yield Timing(f"{what}, {m:,} x {n_x:,}", n, wall, cpu, failure)


def main() -> None:
    """One measurement: the seconds as JSON on the last line of standard output."""
    import psutil

    from chainrule.data import open_data
    from chainrule.data.matrix.verbs import Gram, Times

    folder, by = json.loads(sys.argv[1])
    size = (Path(folder) / "X.npy").stat().st_size
    X = open_data(folder, memory=MEMORY * size / 2**30, cluster=by or None).train.matrix()
    n_x, m = X.shape
    D = np.random.default_rng(1).standard_normal((UNITS, m))
    X.outer(D[:1])  # whoever computes has all that it needs from here on
    found: dict[str, float] = {}

    def processor() -> float:
        here = psutil.Process()
        times = [one.cpu_times() for one in (here, *here.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def timed(what: str, work: Callable[[], object]) -> object:
        wall, cpu = time.perf_counter(), processor()
        done = work()
        found[f"{what} wall"] = time.perf_counter() - wall
        found[f"{what} cpu"] = processor() - cpu
        return done

    W = np.random.default_rng(2).standard_normal((UNITS, n_x)) / n_x
    K, _ = timed("K and W X", lambda: X.once(Gram(), Times(W)))  # type: ignore[misc]
    timed("D X^T", lambda: X.outer(D))
    print(json.dumps(found | {"sum": float(np.abs(K).sum())}))


if __name__ == "__main__":
    main()
