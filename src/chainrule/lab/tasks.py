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


def tasks(*, quick: bool = False, seed: int = 0) -> list[Task]:
    """All tasks, from a product of two vectors to several trainings.

    Of such sizes that each loop takes a fraction of a second, the last one a few seconds;
    quick : about a hundredth of that. seed : of the numbers.
    """
    rng = np.random.default_rng(seed)
    side, n_x, m, iterations = (100, 256, 10, 5) if quick else (1000, 2048, 20, 20)
    n = side**2
    a, b, A = rng.random(n), rng.random(n), rng.random((side, side))
    X = rng.random((n_x, m)) - 0.5
    Y = (rng.random((1, m)) < 0.5).astype(np.float64)
    rates = np.geomspace(0.001, 0.1, 4)
    start = (rng.random((1, n_x)) - 0.5, np.zeros((1, 1)))
    return [
        Task(
            "dot product",
            f"of {n:,} numbers",
            {
                LOOPS: partial(products.dot_loops, a, b),
                "loops, lists": partial(products.dot_lists, a.tolist(), b.tolist()),
                "NumPy": partial(products.dot_numpy, a, b),
            },
        ),
        Task(
            "matrix times vector",
            f"{side:,} by {side:,}",
            {
                LOOPS: partial(products.matrix_vector_loops, A, a[:side]),
                "NumPy": partial(products.matrix_vector_numpy, A, a[:side]),
            },
        ),
        Task(
            "exp of each element",
            f"of {n:,}",
            {
                LOOPS: partial(products.exp_loops, a),
                "NumPy": partial(products.exp_numpy, a),
            },
        ),
        Task(
            "outer product",
            f"{side:,} by {side:,}",
            {
                LOOPS: partial(products.outer_loops, a[:side], b[:side]),
                "NumPy": partial(products.outer_numpy, a[:side], b[:side]),
            },
        ),
        Task(
            "one step",
            f"{m} examples, {n_x:,} features",
            {
                LOOPS: partial(logistic.step_loops, *start, X, Y, rates[0]),
                "NumPy": partial(logistic.step_numpy, *start, X, Y, rates[0]),
            },
        ),
        Task(
            "one training",
            f"{iterations} steps",
            {
                LOOPS: partial(logistic.train_loops, X, Y, rates[0], iterations),
                "NumPy": partial(logistic.train_numpy, X, Y, rates[0], iterations),
                "dual": partial(logistic.train_dual, X, Y, rates[0], iterations),
            },
        ),
        Task(
            f"{len(rates)} trainings",
            "one for each learning rate",
            {
                LOOPS: partial(many.in_turn_loops, X, Y, rates, iterations),
                "NumPy": partial(many.in_turn_numpy, X, Y, rates, iterations),
                "stacked": partial(many.stacked, X, Y, rates, iterations),
                "dual": partial(many.in_turn_dual, X, Y, rates, iterations),
                "stacked, dual": partial(many.stacked_dual, X, Y, rates, iterations),
                "chainrule": partial(many.library, X, Y, rates, iterations),
            },
        ),
    ]
