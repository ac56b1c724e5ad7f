"""The verbs on a Dask cluster: features stay in their file, which each worker opens itself.

A task is a pass over a range of features, as `BlockMatrix` makes it, with one thread of BLAS. What
ranges give is added in a tree that the file alone decides, so the bits are the same for any number
of workers, whoever is done first, and after some of them died. What all tasks share is given as the
result of a task, too: whatever a dead worker held is made again.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from chainrule import blas
from chainrule.data.blocks import BLOCK_BYTES, blocks_of
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.floats import FloatMatrix
from chainrule.data.matrix.kept import Pass
from chainrule.data.matrix.source import READ_BYTES, Source
from chainrule.data.matrix.verbs import Gram, Product
from chainrule.data.matrix.workers import Cluster
from chainrule.data.transform import Scaling

# Of a task, at least: sending and adding what it gives then takes some hundredths of its time.
FEATURES, TASK_BYTES = 24576, READ_BYTES // 4
COPIES = 3  # of what a task gives, on a worker: of two ranges, and their sum
# Of a pass, sums that are fetched, and kept: of so many tasks each at least; of no more than this.
TASKS, SUMS = 4, 16
UNREFUSED = np.errstate(over="ignore", invalid="ignore")  # too large squares, until the end
Learned = list[Scaling | None]
Found = tuple[Learned, list[np.ndarray]]
Verb = Callable[..., Any]  # of a BlockMatrix


class ClusterMatrix(BlockMatrix):
    """The same features, ranges of which are read and multiplied on a cluster.

    InputError for a worker that sees another file, has other versions or too little memory, before
    anything is read; ClusterError where the cluster fails. Otherwise as `BlockMatrix`.
    """

    def __init__(self, cluster: Cluster, *of: Any) -> None:
        super().__init__(*of)
        self.cluster = cluster

    def _like(self, *of: Any) -> "ClusterMatrix":
        return ClusterMatrix(self.cluster, self.source, *of)

    def columns(self, index: Any) -> np.ndarray:
        """Examples at `index` as floats: (n_x, k). Of a file of whole examples, read here."""
        if not self.source.by_feature:
            return super().columns(index)
        index = np.arange(self.shape[1])[index]
        found = np.empty((self.shape[0], len(index)), self.dtype)
        for rows, some in self._pieces(BlockMatrix.columns, index):
            found[rows] = some
        return found

    def outer(self, D: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """D X^T for D (..., n_1, m): (..., n_1, n_x), written range by range."""
        G = np.empty((*D.shape[:-1], self.shape[0]), self.dtype) if out is None else out
        for rows, some in self._pieces(BlockMatrix.outer, D):
            G[..., rows] = some
        return G

    @UNREFUSED
    def _add(
        self,
        kept: Sequence[Any],
        learned: list[list[Scaling]],
        asked: Sequence[Sequence[Product]],
        going: Pass,
    ) -> None:
        """By the sums of what some ranges give."""

        def own(rows: slice) -> list[Any]:
            return [[[_part(one, rows) for one in some] for some in asked]]

        products = [*chain.from_iterable(asked)]
        totals = [part for one in products for part in one.parts]
        needed = sum(one.total.nbytes for one in products)  # of which they are views there, too
        with self.cluster.clear(self.source):
            tasks = [*self._tasks(_sums, kept, own, needed, going.done).items()]
            each = max(TASKS, -(-len(self._ranges()) // SUMS))
            parts = [dict(tasks[some]) for some in blocks_of(len(tasks), 0, each)]
            del tasks  # which nobody holds then that are added
            sums = [
                {self.cluster.together(_added, list(part)): max(r.stop for r in part.values())}
                for part in parts
            ]
        for part, whole in zip(parts, sums, strict=True):
            for _ in self._told(part, going.done):
                going.reached(going.done)
            for stop, future in self.cluster.finished(self.source, whole):
                scalings, found = self.cluster.result(self.source, future)
                for those, one in zip(learned, scalings, strict=True):
                    those += [] if one is None else [one]
                for total, more in zip(totals, found, strict=True):
                    total += more
                going.reached(stop)

    def _pieces(self, verb: Verb, of: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """What a verb makes of each range of features, as they come."""
        with self.cluster.clear(self.source):
            tasks = self._tasks(verb, of)
        for rows, future in self._told(tasks):
            yield rows, self.cluster.result(self.source, future)

    def _told(self, tasks: dict[Any, slice], done: int = 0) -> Iterator[tuple[slice, Any]]:
        """The ranges with their tasks, as they are done, which nobody holds then but who asks.
        done : features before them."""
        n_x, _ = self.shape
        each = self.source.n_bytes / n_x / 1e9
        for rows, future in self.cluster.finished(self.source, tasks):
            done += rows.stop - rows.start
            if self.source.progress is not None:
                self.source.progress(done * each, n_x * each, "GB")
            yield rows, future

    def _tasks(
        self,
        verb: Verb,
        shared: Any,
        own: Callable[[slice], list[Any]] = lambda rows: [],
        needed: float = 0,
        first: int = 0,
    ) -> dict[Any, slice]:
        """A task for each range. shared, own : the verb's arguments that all have, and by range.
        needed : bytes of what a task gives. first : the feature that ranges begin with."""
        name, ranges = f"{verb.__name__}-{uuid.uuid4().hex}", self._ranges()
        longest = min(ranges[0].stop, next(self.made.stretches()).stop)
        a_feature = self.source.n_bytes / self.shape[0]
        room = COPIES * needed + 2 * longest * a_feature + 2 * BLOCK_BYTES
        self.cluster.check(self.source, room)
        whole = self.cluster.submit((f"shared-{name}",), _itself, self.made, self.index, shared)
        tasks = {}
        for k, rows in enumerate(one for one in ranges if one.start >= first):
            how = self.rest.part(rows), self.dtype
            key, given = (name, rows.start, rows.stop), (whole, verb, rows, *how, *own(rows))
            tasks[self.cluster.submit(key, _of_range, *given, priority=-k)] = rows
        return tasks

    def _ranges(self) -> list[slice]:
        """As many features each as are worth a task, about equally many."""
        n_x, a_feature = self.shape[0], max(1, self.source.n_bytes // self.shape[0])
        each = -(-n_x // max(1, n_x // max(FEATURES, TASK_BYTES // a_feature)))
        unit = min(self.made.together, next(self.made.stretches()).stop)  # read at once
        return list(blocks_of(n_x, 0, -(-each // unit) * unit))


class _Range(Source):
    """Some features of a source, which follow each other."""

    def __init__(self, source: Source, rows: slice) -> None:
        self._source, self._first, self.together = source, rows.start, source.together
        self.path, self.memory, self.dtype = source.path, source.memory, source.dtype
        self.shape = rows.stop - rows.start, source.shape[1]

    def place(self, rows: slice) -> str:
        return self._source.place(slice(self._first + rows.start, self._first + rows.stop))

    def features(self, start: int, stop: int) -> np.ndarray:
        return self._source.features(self._first + start, self._first + stop)


def _itself(*values: Any) -> tuple[Any, ...]:
    return values


def _of_range(
    whole: tuple[Source, Any, Any],
    verb: Verb,
    rows: slice,
    scaling: Scaling,
    dtype: np.dtype,
    *own: Any,
) -> Any:
    """The task: what a verb makes of a range of features, read here."""
    source, index, shared = whole
    blas.one_for_good()
    X = BlockMatrix(_Range(source, rows), scaling, dtype, index)
    return verb(X, shared, *own)


def _sums(X: BlockMatrix, kept: Sequence[Any], asked: Sequence[Sequence[Product]]) -> Found:
    """What features learn, and all that they add to the products."""
    learned = X.sums(kept, asked)
    return learned, [part for one in chain.from_iterable(asked) for part in one.parts]


def _part(one: Product, rows: slice) -> Product:
    """A product with some of the features: what a worker needs of the other factor."""
    if not isinstance(one, Gram):
        return one.of_features(rows)
    other = one.other
    if isinstance(other, BlockMatrix):
        own = other.rest.part(rows), other.dtype, other.index
        return Gram(BlockMatrix(_Range(other.made, rows), *own))
    return Gram(None if other is None else FloatMatrix(other.features(rows)), one.part)


@UNREFUSED
def _added(first: Found, second: Found) -> Found:
    """What a range and the one after it give, together."""
    (left, sums), (right, sums_after) = first, second
    learned = [a and b and a.joined([a, b]) for a, b in zip(left, right, strict=True)]
    return learned, [a + b for a, b in zip(sums, sums_after, strict=True)]
