"""Runs, and which of them train together.

A run is a setting and the examples it leaves out. Runs of one architecture are stacked along the
axis of runs; as many at a time as the processor's cache and the memory bound have room for. Each
run gets the numbers that it would get alone, so the grouping is a matter of speed only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any

import numpy as np

from chainrule.experiments.examples import Examples
from chainrule.experiments.setting import Setting
from chainrule.training import LBFGS, OPTIMIZERS
from chainrule.training.choice import Size, choose

Array = np.ndarray

# Arrays that a group's every step goes through, about five for each layer. On a processor with
# 1 MiB of second-level cache a core and 32 MiB of third, 2 to 8 MiB took the same time, 0.5 MiB
# and 32 MiB a tenth more.
GROUP_BYTES = 4 * 2**20
ARRAYS = 5
# Below this two threads wait for the interpreter's lock as long as they compute: groups whose steps
# go through 0.6 MiB took 1.3 times as long in two threads as in one, through 1.3 MiB the same time,
# through 5 MiB two thirds of it.
LEAST_BYTES = 2**20
# Fewer rows than this leave BLAS's product with the Gram matrix waiting for memory.
LEAST_ROWS = 64
MOST = 1_000_000  # runs of an experiment
COPIES = 4  # of the first layer's weights: drawn, stacked, their product, the result


@dataclass(frozen=True, eq=False)
class Run:
    """held_out : (k,) indices of the examples that are not trained on.

    scored : those of them that the held-out cost and accuracy are of; all of them by default.
    labels : (P, n_y, m) of P networks that differ in these alone and train as one run; None for one
        network with the labels that the examples have.
    """

    setting: Setting
    held_out: Array = field(default_factory=lambda: np.empty(0, np.intp))
    scored: Array | None = None
    labels: Array | None = None

    @property
    def measured(self) -> Array:
        return self.held_out if self.scored is None else self.scored

    @property
    def networks(self) -> int:
        return 1 if self.labels is None else len(self.labels)

    def updates(self, m: int) -> int:
        """How many it makes, of m examples in all."""
        return self.setting.updates(m - self.held_out.size)


@dataclass(frozen=True, eq=False)
class Group:
    """members : indices of runs that train together. form : of their first layer.

    matrices : of their own, see `Examples.subset`, each for as many consecutive members; 0 where
        they share that of all.
    """

    members: list[int]
    form: str
    matrices: int = 0


def groups(
    runs: Sequence[Run],
    todo: Sequence[int],
    examples: Examples,
    memory: float,
    threads: int,
    *,
    on_device: bool = False,
) -> list[Group]:
    """The runs `todo`, indices of `runs`, as groups; on a device as large as memory lets them be.

    The form of the first layer is that of all runs of a matrix, so that no grouping changes it.
    """
    of_matrix: dict[tuple[Setting, bytes, int | None], list[int]] = {}
    for k, run in enumerate(runs):
        batches, left_out = run.setting.batch_size is not None, b""
        if examples.of(run.setting).own_matrix(run.held_out, batches=batches):
            left_out = run.held_out.tobytes() + b"/" + run.measured.tobytes() * batches
        own = None if run.labels is None else k
        of_matrix.setdefault((run.setting.architecture, left_out, own), []).append(k)
    # Matrices of all examples, each for as many runs, can be multiplied at once.
    kinds: dict[Any, list[list[int]]] = {}
    for (setting, left_out, own), members in of_matrix.items():
        alike = left_out if setting.batch_size is not None else bool(left_out)
        kinds.setdefault((setting, alike, own, len(members)), []).append(members)
    found, left = [], set(todo)
    for (setting, own_matrix, _, n), rows in kinds.items():
        form = form_of(setting, examples, sum(runs[k].networks for k in rows[0]))
        each = memory / threads, n if own_matrix else 0
        most = group_size(setting, examples, *each, cached=not on_device)
        if most >= n and len(rows) >= threads:
            divided = parted(rows, most // n, threads)
        else:
            divided = [[part] for row in rows for part in parted(row, most, threads)]
        # Divided as if all were to be done: a group that was broken off is found again.
        for part in divided:
            kept = [row for row in ([k for k in row if k in left] for row in part) if row]
            together = [kept] if len({len(row) for row in kept}) == 1 else [[row] for row in kept]
            for some in together:
                found.append(Group([*chain(*some)], form, len(some) if own_matrix else 0))
    return found


def parted(items: Sequence[Any], most: int, threads: int = 1) -> list[Sequence[Any]]:
    """Parts of one size, `most` at most, and one for each thread at least."""
    n = max(-(-len(items) // most), min(threads, len(items)))
    n = min(len(items), -(-n // threads) * threads)
    ends = [len(items) * i // n for i in range(n + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


def form_of(setting: Setting, examples: Examples, n_runs: int) -> str:
    """The first layer's form for so many runs of a setting on one Gram matrix."""
    (n_x, m), n_1 = examples.shape, (*setting.hidden, len(examples.Y))[0]
    batch, itemsize = min(m, setting.batch_size or m), np.dtype(setting.dtype).itemsize
    optimizer = OPTIMIZERS[setting.optimizer]
    lbfgs = optimizer is LBFGS
    X, apart = examples.features, setting.batch_size
    size = Size(
        *(n_x, m, n_1, n_runs, batch, setting.updates(m), itemsize),
        lbfgs=lbfgs,
        pass_bytes=X.reads(),
        step_bytes=X.reads(apart) if apart else 2 * X.reads(),
        memory=X.memory,
        disk=X.disk,
    )
    name = optimizer.__name__
    return choose(setting.first_layer, size, linear=optimizer.linear, optimizer=name).form


def step_bytes(setting: Setting, examples: Examples) -> int:
    """Bytes of the arrays that a step of one network goes through."""
    batch = min(examples.m, setting.batch_size or examples.m)
    units = sum((*setting.hidden, len(examples.Y)))
    return ARRAYS * units * batch * np.dtype(setting.dtype).itemsize


def worth_threads(divided: Sequence[Group], runs: Sequence[Run], examples: Examples) -> bool:
    """Whether a step of some group is long enough to be worth a thread of its own: by the bytes of
    its networks, and of the Gram matrix or the features that they are multiplied with."""
    n_x, m = examples.shape
    for group in divided:
        setting = runs[group.members[0]].setting
        networks = sum(runs[k].networks for k in group.members)
        factor = m * (m if group.form == "dual" else n_x) * np.dtype(setting.dtype).itemsize
        factor *= max(1, group.matrices)
        if networks * step_bytes(setting, examples) + factor >= LEAST_BYTES:
            return True
    return False


def operations(runs: Sequence[Run], examples: Examples) -> float:
    """Of one step's first products, of all runs together."""
    n_x, m = examples.shape
    return sum(
        2.0
        * run.networks
        * (*run.setting.hidden, len(examples.Y))[0]
        * min(n_x, m)
        * min(m, run.setting.batch_size or m)
        for run in runs
    )


def group_size(
    setting: Setting,
    examples: Examples,
    memory: float,
    of_matrix: int = 0,
    *,
    cached: bool = True,
) -> int:
    """How many runs of a setting train together at most, within `memory` bytes; at least 1, and of
    L-BFGS, whose steps are each run's own, no more.

    of_matrix : how many of them see one matrix, where they do not see that of all. cached : whether
        a step's arrays should fit the processor's cache.
    """
    if OPTIMIZERS[setting.optimizer] is LBFGS:
        return 1
    (n_x, m), itemsize = examples.shape, np.dtype(setting.dtype).itemsize
    gram, features = (m * k * itemsize / of_matrix if of_matrix else 0 for k in (m, n_x))
    features = 0 if examples.in_file else features
    step = step_bytes(setting, examples) + gram
    n_1 = (*setting.hidden, len(examples.Y))[0]
    by_cache = max(-(-LEAST_ROWS // n_1), GROUP_BYTES // step)
    by_memory = memory // (run_bytes(setting, examples) + gram + features)
    return int(max(1, min(by_cache, by_memory) if cached else by_memory))


def run_bytes(setting: Setting, examples: Examples) -> int:
    """What the weights and activations of one run take."""
    (n_x, m), itemsize = examples.shape, np.dtype(setting.dtype).itemsize
    units = (*setting.hidden, len(examples.Y))
    return (COPIES * units[0] * n_x + ARRAYS * sum(units) * m) * itemsize
