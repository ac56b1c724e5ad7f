"""Hundreds of trainings: leave-one-out, a learning-rate comparison and a cross-validated grid.

All in one process. A peer that would take hours is timed on a few of its trainings, at each number
of BLAS threads, and the faster is scaled; the trainings that were timed are compared with ours.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.experiments import Experiment, entries
from benchmarks.measure import Settings
from benchmarks.peers import textbook
from benchmarks.problems import Problem, load
from chainrule.experiments import (
    Setting,
    compare_learning_rates,
    leave_one_out,
    sweep,
)

NAME = "many"
HIDDEN, RATE, INITIALIZER = (20, 7, 5), 0.0075, "fan_in"
ITERATIONS, ONE_LAYER_ITERATIONS, FOLDS_ITERATIONS = 2500, 1500, 1000
RATES, FOLDS = 100, 10
GRID = {"learning_rate": np.geomspace(0.001, 0.01, 6), "l2": [0.0, 0.001, 0.01, 0.1, 1.0]}
TIMED = 2  # trainings of a slow peer
CLOSE = 1e-6  # a probability of ours and the textbook's, after thousands of steps


@dataclass
class Timing:
    """ours, peer : seconds. remark : what was timed.

    asked : the ratio to reach, of peer to ours, or with `at_most` of ours to peer.
    failure : why the numbers mean nothing, or empty.
    """

    what: str
    peer_name: str
    ours: float
    peer: float
    asked: float
    at_most: bool
    remark: str
    failure: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.peer if self.at_most else self.peer / self.ours

    @property
    def reached(self) -> bool:
        return self.ratio <= self.asked if self.at_most else self.ratio >= self.asked


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Timing]:
    problem = load("course", settings.sources).as_floats("float64")
    quick = settings.quick
    tell("leave-one-out")
    yield _leave_one_out(problem, settings, 50 if quick else ITERATIONS)
    tell("learning rates")
    yield _learning_rates(problem, settings, 50 if quick else ONE_LAYER_ITERATIONS)
    tell("cross-validated grid")
    yield _grid(problem, settings, 20 if quick else FOLDS_ITERATIONS)


def _leave_one_out(problem: Problem, settings: Settings, iterations: int) -> Timing:
    setting = _setting(iterations)
    m = len(problem.labels)
    ours, found = _best(lambda: leave_one_out((problem.X, problem.Y), setting), settings.repeat)
    experiment = Experiment("", "", "", HIDDEN, INITIALIZER, RATE, entries(), iterations=iterations)
    start = setting.network(problem.X.shape[0], 1)
    seconds, difference = [], 0.0
    for i in range(1 if settings.quick else TIMED):
        kept = np.arange(m) != i
        part = replace(problem, rows=problem.rows[kept], labels=problem.labels[kept])
        for threads in settings.threads:
            with threadpool_limits(threads):
                began = time.perf_counter()
                trained = textbook.train(part, start, experiment)
                seconds.append(time.perf_counter() - began)
        A = problem.X[:, [i]]
        for W, b in zip(trained.weights, trained.biases, strict=True):
            Z = W @ A + b
            A = np.maximum(Z, 0)
        difference = max(difference, abs(textbook.sigmoid(Z).item() - found.outputs[0, i]))
    return Timing(
        f"leave-one-out of the 4-layer network, {m} x {iterations} iterations",
        f"{m} textbook loops",
        ours,
        m * min(seconds),
        150,
        False,
        f"scaled from {len(seconds)}; left-out probabilities within {difference:.0e}",
        "" if difference < CLOSE else f"left-out probabilities differ by {difference:.1e}",
    )


def _learning_rates(problem: Problem, settings: Settings, iterations: int) -> Timing:
    setting = replace(_setting(iterations), hidden=(), initializer="zeros")
    rates = np.geomspace(1e-5, 0.005, RATES)
    repeat = max(3, settings.repeat)
    # A new matrix, and so a new Gram matrix, each time.
    many, found = _best(
        lambda: compare_learning_rates((problem.X, problem.Y), rates, setting), repeat
    )
    one, alone = _best(
        lambda: compare_learning_rates((problem.X, problem.Y), rates[-1:], setting), repeat
    )
    difference = abs(found.cost[-1] - alone.cost[0])
    return Timing(
        f"{RATES} learning rates of logistic regression, {iterations} iterations",
        "one of them, by the same function",
        many,
        one,
        12,
        True,
        f"its cost within {difference:.0e}",
        "" if difference < CLOSE else f"costs differ by {difference:.1e}",
    )


def _grid(problem: Problem, settings: Settings, iterations: int) -> Timing:
    """Every setting in every fold, ours; scikit-learn's own search on a few, scaled."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.neural_network import MLPClassifier

    setting, m = _setting(iterations), len(problem.labels)
    pairs = list(
        StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(problem.rows, problem.labels)
    )
    ours, found = _best(
        lambda: sweep((problem.X, problem.Y), GRID, base=setting, folds=pairs, refit=False), 1
    )
    model = MLPClassifier(
        HIDDEN,
        solver="sgd",
        learning_rate_init=RATE,
        batch_size=m,
        max_iter=iterations,
        momentum=0.0,
        nesterovs_momentum=False,
        tol=0.0,
        n_iter_no_change=np.inf,
        alpha=0.0,
        random_state=1,
    )
    fits = TIMED * len(settings.threads)
    seconds = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # max_iter is meant to be reached; the batch is clipped
        warnings.simplefilter("ignore", ConvergenceWarning)
        for workers in settings.threads:  # processes, each with the remaining BLAS threads
            search = GridSearchCV(
                model,
                {"learning_rate_init": [RATE], "alpha": [0.0]},
                cv=pairs[:fits],
                n_jobs=workers,
                refit=False,
            )
            began = time.perf_counter()
            search.fit(problem.rows, problem.labels)
            seconds.append(time.perf_counter() - began)
    trainings = len(found.trials) * FOLDS
    return Timing(
        f"{FOLDS}-fold cross-validation of {len(found.trials)} settings, {iterations} iterations",
        "GridSearchCV over MLPClassifier",
        ours,
        min(seconds) / fits * trainings,
        100,
        False,
        f"scaled from {fits} of {trainings} fits",
        "" if len(found.trials) == 30 else f"{len(found.trials)} trials instead of 30",
    )


def _setting(iterations: int) -> Setting:
    return Setting(
        hidden=HIDDEN, initializer=INITIALIZER, learning_rate=RATE, iterations=iterations, seed=1
    )


def _best(run: Callable, repeat: int) -> tuple[float, object]:
    """The shortest of `repeat` times, and what it gave."""
    seconds = []
    for _ in range(repeat):
        began = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - began)
    return min(seconds), found
