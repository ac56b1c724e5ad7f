"""chainrule's MLPClassifier beside scikit-learn's: the same data, parameters and random_state.

Each run is a process of its own, see `estimator_worker.py`; a case is its parameters and its data.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from benchmarks.estimator_worker import Case, Fits
from benchmarks.measure import Settings, run_module

NAME = "estimators"
PEERS = ("scikit-learn", "chainrule")
WIDE = ((209, 12288), (72, 7129), (500, 50_000))
WIDE_FLOOR, SWEEP_FLOOR = 30.0, 1 / 1.1
# Examples, features, classes, iterations: fewer where they take long.
SWEEP = (
    (100, 4, 2, 200),
    (1000, 20, 2, 50),
    (1000, 2000, 2, 20),
    (5000, 100, 2, 10),
    (10_000, 784, 10, 5),
    (60_000, 784, 10, 2),
)
SINGLE = (10_000, 784, 10, 5)  # of the sweep, in float32 as well
QUICK_ITERATIONS, QUICK_NUMBERS = 2, 3_000_000  # and no more numbers in X
REPEAT_FOR = 0.7  # seconds of fits in one process
# Relative differences of two losses. The same steps, rounded otherwise; L-BFGS's line searches and
# float32 make more of what rounding there is.
SAME = {("sgd", "float64"): 1e-8, ("adam", "float64"): 1e-8, ("lbfgs", "float64"): 1e-2}
SAME_SINGLE = 1e-3
# Below this two losses of L-BFGS have come down to the penalty: they are compared with it.
SMALL_LOSS = 1e-2
# The kernel counts whole pages and the allocator keeps some: less is no difference in memory.
PAGES = 2**20


@dataclass
class Comparison:
    """A case with the runs of each peer by number of threads. failure : why there are none."""

    case: Case
    runs: dict[str, dict[int, list[Fits]]] = field(
        default_factory=lambda: {peer: {} for peer in PEERS}
    )
    failure: str = ""

    @property
    def name(self) -> str:
        case = self.case
        whole = ", full batch" if case.parameters.get("batch_size") == case.m else ""
        single = "" if case.dtype == "float64" else f", {case.dtype}"
        return f"{case.m} x {case.n_x} {case.parameters['solver']}{whole}{single}"

    def threads(self, peer: str) -> int:
        """The number of threads at which it was fastest."""
        runs = self.runs[peer]
        return min(runs, key=lambda n: min(fits.seconds for fits in runs[n]))

    def best(self, peer: str) -> Fits:
        return min(self.runs[peer][self.threads(peer)], key=lambda fits: fits.seconds)

    def peak(self, peer: str) -> int | None:
        """The least of the peaks at the number of threads at which it was fastest."""
        peaks = [fits.peak_bytes for fits in self.runs[peer][self.threads(peer)]]
        return None if None in peaks else min(peaks)

    @property
    def ratio(self) -> float:
        """How many times as fast as scikit-learn."""
        return self.best("scikit-learn").seconds / self.best("chainrule").seconds

    @property
    def shortfall(self) -> str:
        """What it is to reach and this run does not show, in words."""
        found = []
        if self.case.floor is not None and self.ratio < self.case.floor:
            found.append(f"below {self.case.floor:.3g} times")
        theirs, ours = (self.peak(peer) for peer in PEERS)
        if theirs is not None and ours is not None and ours > theirs + PAGES:
            found.append("more memory")
        return ", ".join(found)

    def disagreement(self) -> str:
        """How the losses differ, or empty."""
        theirs, ours = (self.best(peer).loss for peer in PEERS)
        solver = self.case.parameters["solver"]
        limit = SAME.get((solver, self.case.dtype), SAME_SINGLE)
        size = max(abs(theirs), SMALL_LOSS) if solver == "lbfgs" else abs(theirs)
        if abs(ours - theirs) <= limit * size:
            return ""
        return f"{self.name}: loss {ours:.9f}, scikit-learn {theirs:.9f}, more than {limit:g} apart"


def cases(quick: bool) -> Iterator[Case]:
    for m, n_x in WIDE:
        for solver in ("sgd", "lbfgs"):
            whole = {"batch_size": m} if solver == "sgd" else {}
            floor = WIDE_FLOOR if solver == "sgd" else SWEEP_FLOOR
            yield from _case("wide", m, n_x, 2, solver, 200, floor, quick, **whole)
    for shape in SWEEP:
        m, n_x, classes, max_iter = shape
        for dtype in ("float64", "float32") if shape == SINGLE else ("float64",):
            for solver in ("sgd", "adam", "lbfgs"):
                yield from _case(
                    "sweep", m, n_x, classes, solver, max_iter, SWEEP_FLOOR, quick, dtype
                )


def _case(
    group: str,
    m: int,
    n_x: int,
    classes: int,
    solver: str,
    max_iter: int,
    floor: float,
    quick: bool,
    dtype: str = "float64",
    **more: object,
) -> Iterator[Case]:
    """The case; none if it takes too long for a quick run."""
    if quick and m * n_x > QUICK_NUMBERS:
        return
    max_iter = QUICK_ITERATIONS if quick else max_iter
    parameters = {"solver": solver, "max_iter": max_iter, "random_state": 0} | more
    judged, repeat_for = (None, 0.0) if quick else (floor, REPEAT_FOR)
    yield Case(group, m, n_x, classes, dtype, parameters, judged, repeat_for)


def measure(settings: Settings, tell: Callable[[str], None]) -> list[Comparison]:
    """Every case: the peers take turns, at each number of threads."""
    comparisons = [Comparison(case) for case in cases(settings.quick)]
    for comparison in comparisons:
        for turn in range(settings.repeat):
            for threads in settings.threads:
                for peer in PEERS:
                    if comparison.failure:
                        continue
                    tell(f"{NAME}: {comparison.name}, {peer}, {threads} threads, run {turn + 1}")
                    _add_run(comparison, peer, threads)
    return comparisons


def _add_run(comparison: Comparison, peer: str, threads: int) -> None:
    task = json.dumps({"peer": peer, "case": asdict(comparison.case)})
    done = run_module("benchmarks.estimator_worker", task, threads)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        comparison.failure = f"{peer} failed: {last[0]}"
        return
    fits = Fits(**json.loads(done.stdout.splitlines()[-1]))
    comparison.runs[peer].setdefault(threads, []).append(fits)


def failures(comparisons: list[Comparison]) -> list[str]:
    """Runs that failed, and losses that differ."""
    broken = [f"{c.name}: {c.failure}" for c in comparisons if c.failure]
    differing = [c.disagreement() for c in comparisons if not c.failure]
    return broken + [text for text in differing if text]
