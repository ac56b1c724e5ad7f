"""Features that stay in their file: each pass over it serves all that is asked at the time; what it
gave is remembered with the file, by digests of what it is of."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial, reduce
from itertools import chain
from typing import Any

import numpy as np

from chainrule.checks import GRAM_SHARE
from chainrule.data.blocks import blocks_of
from chainrule.data.matrix.kept import Pass
from chainrule.data.matrix.raw import RawMatrix
from chainrule.data.matrix.source import Source
from chainrule.data.matrix.stepped import Stepped
from chainrule.data.matrix.verbs import Gram, Product, Times, mirrored
from chainrule.data.transform import Scaling
from chainrule.errors import InputError
from chainrule.files import scratch
from chainrule.files.digest import digest


class BlockMatrix(RawMatrix):
    """X in a file, larger than the memory perhaps, read some features of all examples at a time.

    source : where the numbers lie. scaling, dtype : how they become floats. index : (m,) which of
    the source's examples these are, all of them by default.

    Memory, beside what is asked for and remembered: two stretches of the file, and a block of
    floats. InputError, which names file and features, for missing values or what `dtype`
    does not hold.
    """

    _whole_fix = "Name those first that learn nothing; or prepare them so, and write a file anew."
    _part_of: tuple["BlockMatrix", Any] | None = None

    def __init__(
        self,
        source: Source,
        scaling: Scaling | None = None,
        dtype: Any = np.float64,
        index: Any = None,
    ) -> None:
        self.source, self.index = source, index
        n_x, m = source.shape
        self.shape = n_x, m if index is None else len(index)
        self._scaled_by(scaling or Scaling(), dtype)
        # What is read: of steps that need whole examples what they make of the file.
        self.first, self.rest = self.scaling.of_samples()
        self.made: Source = reduce(Stepped, self.first.steps, source)

    def _refuse_whole(self, scaling: Scaling) -> None:
        """InputError for steps that need all features of an example after others that learn."""
        first, _ = scaling.of_samples()
        if first.learned:
            expected = "steps that need whole examples before all that learn, of features in a file"
            raise InputError(type(self).__name__, expected, scaling.kind, self._whole_fix)

    def scaled(self, scaling: Scaling, dtype: Any) -> "BlockMatrix":
        """The same numbers scaled so, whatever they were scaled by; nothing is read."""
        return self._like(scaling, dtype, self.index)

    def select(self, index: Any) -> "BlockMatrix":
        """The examples at `index` as a matrix of their own; nothing is read."""
        found = self._like(self.scaling, self.dtype, self._of_source(index))
        found._part_of = self, np.arange(self.shape[1])[index]
        return found

    def _like(self, scaling: Scaling, dtype: Any, index: Any) -> "BlockMatrix":
        """Other examples of the source, or prepared otherwise; nothing is read."""
        return BlockMatrix(self.source, scaling, dtype, index)

    def _of_source(self, index: Any) -> np.ndarray:
        known = np.arange(self.source.shape[1]) if self.index is None else self.index
        return known[index]

    def raw(self, rows: Any) -> np.ndarray:
        """Some features of all examples: (k, m), as they lie, or as steps that need whole examples
        make them."""
        if not isinstance(rows, slice):  # those between are read, too
            rows = np.arange(self.shape[0])[rows]
            start = int(rows.min(initial=self.shape[0]))
            return self.raw(slice(start, int(rows.max(initial=0)) + 1))[rows - start]
        found = self.made.features(*rows.indices(self.shape[0])[:2])
        return found if self.index is None else found[:, self.index]

    def stored(self, index: Any = slice(None)) -> np.ndarray:
        """Examples at `index` as they lie: (n_x, k)."""
        return self.source.examples(self._of_source(index))

    @property
    def memory(self) -> float:
        """Bytes that may be counted on, for all that is computed of X."""
        return min(super().memory, self.source.memory)

    def reads(self, examples: int | None = None) -> float:
        """Bytes that are read for a product with all of X, or with some examples that lie apart."""
        source = self.source
        if examples is None or source.by_feature:
            return float(source.n_bytes) * source.reads
        return float(source.n_bytes) * min(1.0, examples / source.shape[1])

    @property
    def disk(self) -> float:
        """Bytes of the disk that K may take."""
        return scratch.free_bytes()

    @property
    def stored_dtype(self) -> np.dtype:
        """Of the numbers as they lie."""
        return self.source.dtype

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some features of every example at a time: (rows, floats (k, m))."""
        return ((rows, self.floats(raw, rows)) for rows, raw in self.raw_blocks())

    def raw_blocks(self, start: int = 0) -> Iterator[tuple[slice, np.ndarray]]:
        """As they lie, from a feature on with which a block begins; the next stretch of the file is
        read meanwhile."""
        (n_x, m), a_feature = self.shape, self.source.n_bytes / self.shape[0] / 1e9
        if isinstance(self.made, Stepped):
            _ = self.made.bound  # in a pass before this one
        stretches = [one for one in self.made.stretches() if one.stop > start]
        with ThreadPoolExecutor(1) as reader:
            ahead = [reader.submit(self.raw, first) for first in stretches[:1]]
            for k, stretch in enumerate(stretches):
                raw = ahead.pop().result()
                ahead += [reader.submit(self.raw, after) for after in stretches[k + 1 : k + 2]]
                for part in blocks_of(len(raw), self.dtype.itemsize * m):
                    rows = slice(stretch.start + part.start, stretch.start + part.stop)
                    if rows.start >= start:
                        yield rows, raw[part]
                if self.source.progress is not None:
                    self.source.progress(stretch.stop * a_feature, n_x * a_feature, "GB")

    def floats(self, raw: np.ndarray, rows: slice, learned: Scaling | None = None) -> np.ndarray:
        """The features at `rows`, which were read, as floats. learned : from these features alone,
        in the place of the scaling of all."""
        with self._placed(rows):
            if learned is not None:
                return learned(raw, self.dtype)
            return self.rest(raw, self.dtype, rows)

    def features(self, index: Any) -> np.ndarray:
        """Features at `index` of all examples, as floats: (k, m)."""
        return self.rest(self.raw(index), self.dtype, index)

    def fitted(self, scaling: Scaling) -> Scaling:
        """The scaling, learned from these examples."""
        if not scaling.learned:
            return scaling
        self._refuse_whole(scaling)
        key, unlearned = self._fitted_key(scaling), self.scaled(scaling, self.dtype)
        found = self.source.known.found(key, lambda: unlearned.over([slice(None)], [[]])[0][0])
        assert found is not None
        return found

    @contextmanager
    def _placed(self, rows: slice) -> Iterator[None]:
        """What is wrong with the features at `rows` names these, and the file."""
        try:
            yield
        except InputError as error:
            raise error.at(self.source.place(rows)) from None

    @property
    def gram_in_file(self) -> bool:
        """Whether K is so large that it lies in a file of its own."""
        return self.dtype.itemsize * self.shape[1] ** 2 > GRAM_SHARE * self.memory

    def once(self, *asked: Product) -> list[np.ndarray]:
        """Several products in one pass over X; a K that lies in a file takes passes of its own."""
        if self.gram_in_file and any(one.kept for one in asked):
            self.gram()
        return super().once(*asked)

    def _own_gram(self) -> np.ndarray:
        if self._part_of is None or (whole := self._part_of[0]._gram) is None:
            make = self._gram_in_file if self.gram_in_file else super()._own_gram
            return self.source.known.found(self._key("gram"), make)
        K, index = self._square(), self._part_of[1]
        for part in blocks_of(len(K), K.itemsize * len(K)):
            K[part] = whole[np.ix_(index[part], index)]
        return K

    def _square(self) -> np.ndarray:
        """Room for K (m, m)."""
        where, shape = f"{self.source}: K", (self.shape[1], self.shape[1])
        return scratch.empty(where, shape, self.dtype, in_file=self.gram_in_file)

    def _gram_in_file(self) -> np.ndarray:
        """As many rows at a time as the memory has room for: a pass over X for each."""
        K = self._square()
        most = max(1, int(GRAM_SHARE * self.memory) // (K.itemsize * len(K)))
        for part in blocks_of(len(K), 0, most):
            K[part, : part.stop] = self._pass(Gram(part=part))[0]
        mirrored(K)
        return K

    def remember(self, W: np.ndarray, times: Callable[[], np.ndarray]) -> None:
        """That `times()` is W X."""
        for one, Z in zip(_by_run(W), _by_run(times()), strict=True):
            self.source.known.add(self._key("times", one), Z)

    def _pass(self, *asked: Product) -> list[np.ndarray]:
        """What is remembered is not read for, and what is read for is remembered."""
        found = {one: Z for one in asked if (Z := self._recalled(one)) is not None}
        if todo := [one for one in asked if one not in found]:
            found |= zip(todo, self.over([None], [todo])[1][0], strict=True)
        for one in todo:
            if isinstance(one, Times):
                self.remember(one.W, partial(found.__getitem__, one))
        return [found[one] for one in asked]

    def over(
        self, kept: Sequence[Any], asked: Sequence[Sequence[Product]]
    ) -> tuple[list[Scaling | None], list[list[np.ndarray]]]:
        """One pass over the file. For each of `kept`, an index of these examples from which the
        scaling is learned, or None where it is as it is: what was learned, and the products that
        are asked of X scaled so."""
        scalings = self.sums(kept, asked)
        return scalings, [[one.end() for one in products] for products in asked]

    def sums(self, kept: Sequence[Any], asked: Sequence[Sequence[Product]]) -> list[Scaling | None]:
        """The same, and the totals of the products alone."""
        learned: list[list[Scaling]] = [[] for _ in kept]
        for one in chain.from_iterable(asked):
            one.start(self)
        going = self._going(kept, learned, list(chain.from_iterable(asked)))
        with going.stopping(self.shape[0]):
            self._add(kept, learned, asked, going)
        pairs = zip(kept, learned, strict=True)
        return [None if index is None else self._after(own) for index, own in pairs]

    def _add(
        self,
        kept: Sequence[Any],
        learned: list[list[Scaling]],
        asked: Sequence[Sequence[Product]],
        going: Pass,
    ) -> None:
        """What features learn and give, from where the pass is on, block by block."""
        for rows, raw in self.raw_blocks(going.done):
            for index, own, products in zip(kept, learned, asked, strict=True):
                if index is not None:
                    with self._placed(rows):
                        own.append(self.rest.learned_from(raw[:, index]))
                if products:
                    some = self.floats(raw, rows, own[-1] if own else None)
                    for one in products:
                        one.add(rows, some)
            going.reached(rows.stop)

    def _after(self, learned: Sequence[Scaling]) -> Scaling:
        """What was learned of some features after the other, with the steps before it."""
        return Scaling((*self.first.steps, *self.rest.joined(learned).steps))

    def _going(
        self, kept: Sequence[Any], learned: list[list[Scaling]], products: list[Product]
    ) -> Pass:
        """A pass, from where it was left. Those alone are kept that make X^T X: they take long."""
        grams = [one for one in products if isinstance(one, Gram) and one.other is None]
        if (passes := self.source.passes if grams else None) is None:
            return Pass(None, ("", ""), self.rest, learned, products)
        of = ["as it is" if index is None else np.arange(self.shape[1])[index] for index in kept]
        blocks = f"{type(self).__name__} {next(self.made.stretches())} {self.source.state}"
        key = self._key(blocks, *of, *chain.from_iterable(one.known_by() for one in products))
        series = self._key("gram") if grams[0].part else key
        return Pass(passes, (series, key), self.rest, learned, products)

    def keep_passes(self, passes: Any) -> None:
        """Where passes over the file are kept as they go."""
        self.source.passes = passes

    def _recalled(self, one: Product) -> np.ndarray | None:
        """K, or W X of each run, of this matrix or of one that it is a part of."""
        if isinstance(one, Gram):
            return self.source.known.get(self._key("gram")) if one.kept else None
        if not isinstance(one, Times):
            return None
        each = [self.source.known.get(self._key("times", W)) for W in _by_run(one.W)]
        if all(Z is not None for Z in each):
            return np.stack(each).reshape(*one.W.shape[:-1], -1)
        if self._part_of is None:
            return None
        whole, index = self._part_of
        Z = whole._recalled(one)
        return None if Z is None else Z[..., index]

    def _key(self, *of: str | np.ndarray) -> str:
        """By which what was found of these examples, scaled so, is found again."""
        return digest(self.digest(), *of)

    def _fitted_key(self, scaling: Scaling) -> str:
        """By which what a scaling learned from these examples is found again."""
        return digest("fitted", scaling.kind, *self.known_by())

    def known_by(self) -> list[np.ndarray | str]:
        """The file's shape and some of its features, and which of them these are."""
        return [self.source.digest(), "" if self.index is None else self.index]


def read_ahead(
    X: BlockMatrix, scaling: Scaling, kept: Sequence[Any], starts: Sequence[np.ndarray]
) -> None:
    """In one pass over the file what is needed of all examples of X as each of several scalings
    makes them: `scaling` learned from the examples at an index of `kept`, or as it is, for None.

    What it learned, the Gram matrix, and W X for each W (n_1, n_x) of `starts` are remembered.
    """
    X = X.scaled(scaling, X.dtype)
    scalings, found = X.over(kept, [[Gram(), *map(Times, starts)] for _ in kept])
    known = X.source.known
    for index, own, (K, *products) in zip(kept, scalings, found, strict=True):
        if own is not None:
            known.add(X.select(index)._fitted_key(scaling), own)
        as_scaled = X.scaled(own or X.scaling, X.dtype)
        known.add(as_scaled._key("gram"), K)
        for W, Z in zip(starts, products, strict=True):
            as_scaled.remember(W, partial(np.asarray, Z))


def _by_run(W: np.ndarray) -> np.ndarray:
    """(R, ..., ...), one run or several."""
    return W.reshape(-1, *W.shape[-2:])
