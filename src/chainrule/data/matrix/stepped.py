"""What a step that learns nothing makes of a source, in its place: of a step that needs all of an
example, too, by what one pass has found of each."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.checks import all_finite
from chainrule.data.matrix.source import Source
from chainrule.data.steps import Step
from chainrule.data.transform import refuse_missing
from chainrule.errors import InputError
from chainrule.files.digest import digest


class Stepped(Source):
    """Another source's numbers after a step, float64; some features are made of these and of those
    around them (`reach`). InputError, with file and features, for what the step refuses."""

    dtype = np.dtype(np.float64)

    def __init__(self, source: Source, step: Step) -> None:
        self.source, self.step = source, step
        self.path, self.shape, self.memory = source.path, source.shape, source.memory
        self.together, self.by_feature = source.together, source.by_feature

    def __getstate__(self) -> dict[str, Any]:
        _ = self.bound  # which workers need not find again
        return self.__dict__

    def __repr__(self) -> str:
        return repr(self.source)

    @property
    def n_bytes(self) -> int:
        return self.source.n_bytes

    def digest(self) -> str:
        return digest(self.step.name, self.source.digest())

    @cached_property
    def bound(self) -> Step:
        """The step, with what it has to know of each example."""
        if self.step.reach or not self.step.whole:
            return self.step
        known = self.source_of_all.known
        try:
            samples = known.found(self.digest(), lambda: self.step.of_samples(self._blocks()))
        except InputError as error:
            raise error.at(str(self.source)) from None
        bound: Any = self.step
        return replace(bound, samples=samples)

    @property
    def source_of_all(self) -> Source:
        return self.source.source_of_all

    def _blocks(self) -> Iterator[np.ndarray]:
        """All features of all examples before the step."""
        told, (n_x, _), each = self.source_of_all.progress, self.shape, self.n_bytes / 1e9
        for part in self.stretches():
            yield self._before(part)
            if told is not None:
                told(part.stop / n_x * each, each, "GB")

    def _before(self, part: slice) -> np.ndarray:
        """Some features before the step, which would make what is infinite look missing."""
        X = self.source.features(part.start, part.stop).astype(np.float64)
        if not all_finite(X):
            refuse_missing(self.place(part), X)
            got = f"{np.count_nonzero(np.isinf(X)):,} infinite"
            raise InputError(self.place(part), "finite numbers", got, "Fill or drop them.")
        return X

    def features(self, start: int, stop: int) -> np.ndarray:
        reach = self.step.reach
        first, last = max(0, start - reach), min(self.shape[0], stop + reach)
        X = self._before(slice(first, last))
        return self.bound(X, slice(first, last))[start - first : stop - first]
