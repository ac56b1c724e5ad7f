"""How long each way of a task takes, and whether all ways agree."""

import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.lab.tasks import Task

# Sums in another order differ in their last digits: over a million terms by some 1e-13.
TOLERANCE = 1e-10
BATCHES = 10  # measurements that the budget is divided into


@dataclass(frozen=True)
class Measured:
    """One way of one task.

    seconds : of one call. times_as_fast : the loops' seconds, divided by these.
    difference : from the loops' result, see `difference`.
    """

    task: str
    size: str
    way: str
    seconds: float
    times_as_fast: float
    difference: float

    @property
    def agrees(self) -> bool:
        """Whether loop and matrices gave the same, to `TOLERANCE`."""
        return self.difference <= TOLERANCE


def measure(task: Task, budget: float = 0.2) -> list[Measured]:
    """Every way of a task, about `budget` seconds each, or one call where that takes longer.

    On one core: the ratios are of vectorization alone.
    """
    from threadpoolctl import threadpool_limits

    rows: list[Measured] = []
    with threadpool_limits(1):
        reference, slow = None, 0.0
        for way, work in task.ways.items():
            seconds, result = timed(work, budget)
            if reference is None:
                reference, slow = result, seconds
            apart = difference(result, reference)
            rows.append(Measured(task.name, task.size, way, seconds, slow / seconds, apart))
    return rows


def timed(work: Callable[[], Any], budget: float) -> tuple[float, Any]:
    """Seconds of one call, the best of several batches, and its result.

    The best, because whatever else the machine does only ever adds time.
    """
    began = time.perf_counter()
    result = work()
    first = time.perf_counter() - began
    if first > budget:
        return first, result
    # The first call also warms caches up; the second says how long a call takes.
    once = timeit.timeit(work, number=1)
    number = max(1, int(budget / BATCHES / once))
    repeat = max(1, int(budget / number / once))
    return min(timeit.repeat(work, number=number, repeat=repeat)) / number, result


def difference(result: Any, reference: Any) -> float:
    """The largest difference of any element, as a part of the largest element of the reference.

    Of results that are several arrays, that of the array where it is largest. Not a number where
    an element is none.
    """
    pairs = zip(_arrays(result), _arrays(reference), strict=True)
    parts = [np.abs(a - b).max() / (np.abs(b).max() or 1.0) for a, b in pairs]
    return float(np.max(parts))


def _arrays(result: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]
