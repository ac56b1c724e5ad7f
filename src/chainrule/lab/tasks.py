"""What is timed: every task, its ways of being done, and its size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.lab import logistic, many, products

LOOPS = "loops"


@dataclass(frozen=True)
class Task:
    """Several ways to compute the same.

    ways : functions without arguments, by name; the first, which all are compared with, is the
        loops. Each returns a number, an array, or a tuple of arrays.
    """

    name: str
    size: str
    ways: Mapping[str, Callable[[], Any]]


Ways = dict[str, Callable[..., Any]]
PRODUCT: Ways = {LOOPS: products.matrix_vector_loops, "NumPy": np.matmul}
EXP: Ways = {LOOPS: products.exp_loops, "NumPy": np.exp}
OUTER: Ways = {LOOPS: products.outer_loops, "NumPy": np.outer}
STEP: Ways = {LOOPS: logistic.step_loops, "NumPy": logistic.step_numpy}
ONE: Ways = {LOOPS: logistic.train_loops, "NumPy": logistic.train_numpy,
             "dual": logistic.train_dual}  # fmt: skip
SEVERAL: Ways = {
    LOOPS: partial(many.in_turn, logistic.train_loops),
    "NumPy": partial(many.in_turn, logistic.train_numpy),
    "stacked": partial(many.stacked, logistic.train_numpy),
    "dual": partial(many.in_turn, logistic.train_dual),
    "stacked, dual": partial(many.stacked, logistic.train_dual),
    "chainrule": many.library,
}


def tasks(*, quick: bool = False, seed: int = 0) -> list[Task]:
    """All tasks, from a product of two vectors to several trainings.

    Of such sizes that each loop takes a fraction of a second, the last one a few seconds;
    quick : about a hundredth of that. seed : of the numbers.
    """
    rng = np.random.default_rng(seed)
    side, n_x, m, iterations = (100, 256, 10, 5) if quick else (1000, 2048, 20, 20)
    n, square = side**2, f"{side:,} by {side:,}"
    a, b, A = rng.random(n), rng.random(n), rng.random((side, side))
    X = rng.random((n_x, m)) - 0.5
    Y = (rng.random((1, m)) < 0.5).astype(np.float64)
    rates = np.geomspace(0.001, 0.1, 4)
    start = (rng.random((1, n_x)) - 0.5, np.zeros((1, 1)))
    of_lists = partial(products.dot_loops, a.tolist(), b.tolist())
    dot: Ways = {
        LOOPS: products.dot_loops,
        "loops, lists": lambda *_: of_lists(),
        "NumPy": np.dot,
    }
    tasks: list[tuple[str, str, Ways, tuple[Any, ...]]] = [
        ("dot product", f"of {n:,} numbers", dot, (a, b)),
        ("matrix times vector", square, PRODUCT, (A, a[:side])),
        ("exp of each element", f"of {n:,}", EXP, (a,)),
        ("outer product", square, OUTER, (a[:side], b[:side])),
        ("one step", f"{m} examples, {n_x:,} features", STEP, (*start, X, Y, rates[0])),
        ("one training", f"{iterations} steps", ONE, (X, Y, rates[0], iterations)),
        (f"{len(rates)} trainings", "one for each learning rate", SEVERAL,
         (X, Y, rates, iterations)),
    ]  # fmt: skip
    return [
        Task(name, size, {way: partial(function, *args) for way, function in ways.items()})
        for name, size, ways, args in tasks
    ]
