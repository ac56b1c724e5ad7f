"""The examples of an experiment: one feature matrix, and so one Gram matrix, for all its runs.

Examples that a run leaves out weigh nothing in it. A matrix of their own is only made for runs
whose features depend on which examples are left out:

- what a preparation learns from data ("standard") is learned again from the examples that are
  trained on, so that nothing of those left out enters; the steps before the first that learns
  are done once. A training on all examples that is compared
  with trainings without some learns it from all of them (`relearned`), whatever larger set they
  were selected from; any other is what `train(data)` gives, with the scaling that the data carry;
- in mini-batches, where an example of weight zero would still take another's place in a batch.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, FeatureMatrix, feature_matrix
from chainrule.data.matrix.blocks import BlockMatrix, read_ahead
from chainrule.errors import InputError
from chainrule.files.digest import digest

if TYPE_CHECKING:
    from chainrule.experiments.setting import Setting

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Subset:
    """What some runs are trained on.

    X, Y : examples (n_x, m), (n_y, m). index : which of all examples they are, or None for all
    in their order. validation : (X, Y) of those left out in their order, where they are not among
    X.
    """

    X: FeatureMatrix
    Y: Array
    index: Array | None = None
    validation: tuple[FeatureMatrix, Array] | None = None

    def parts(self, held_out: Array) -> tuple[FeatureMatrix, FeatureMatrix]:
        """The features of what a run is trained on, and of those that it leaves out (sorted)."""
        if self.validation is not None:
            return self.X, self.validation[0]
        kept = np.setdiff1d(np.arange(self.X.shape[1]), held_out)
        return self.X.select(kept), self.X.select(held_out)

    def left_out(self, m: int) -> Array:
        """Which of all m examples are not among X."""
        return np.setdiff1d(np.arange(m), np.arange(m) if self.index is None else self.index)

    def scored(self, chosen: Array) -> tuple[FeatureMatrix, Array] | None:
        """The validation's examples that are chosen, by their indices among all."""
        if self.validation is None or self.index is None:
            return None
        X, Y = self.validation
        own = np.isin(self.left_out(self.index.size + Y.shape[1]), chosen)
        return self.validation if own.all() else (X.select(np.flatnonzero(own)), Y[:, own])


class Examples:
    """All examples, as runs ask for them. `data` : a Dataset, or (X, Y).

    relearned : whether runs on all of them, too, learn a scaling from what they are trained on.
    """

    def __init__(self, where: str, data: Any, *, relearned: bool = False) -> None:
        self.data = data if isinstance(data, Dataset) else None
        if self.data is not None:
            self.Y = self.data.Y
            self.shape = self.data.features.shape
        elif isinstance(data, tuple) and len(data) == 2:
            self._X = feature_matrix(data[0])
            self.Y = checks.reals(where, "Y (n_y, m)", data[1])
            self.shape = self._X.shape
            if self.Y.shape[1:] != self.shape[1:]:
                raise InputError(where, f"Y of shape (n_y, {self.m})", f"{self.Y.shape}")
        else:
            raise InputError(where, "a Dataset or a tuple (X, Y)", f"a {type(data).__name__}")
        if not self.m:
            raise InputError(where, "at least one example", "none")
        if not len(self.Y):
            raise InputError(where, "Y with at least one row", f"{self.Y.shape}")
        if self.task == "classification" and self.data is not None and len(self.data.classes) < 2:
            raise InputError(where, "at least two classes", checks.listed(self.data.classes))
        if relearned and self.data is not None:
            self.data = self.data.rescaled()
        self._where = where
        self._once = self._prepared_once()
        self._matrices: dict[str, FeatureMatrix] = {}
        self._as_prepared: dict[str, Examples] = {}
        self._lock = threading.Lock()

    @property
    def m(self) -> int:
        return self.shape[1]

    @property
    def features(self) -> FeatureMatrix:
        """As they came."""
        return self._X if self.data is None else self.data.features

    @property
    def in_file(self) -> bool:
        """Whether the features stay in their file."""
        return self.data is not None and self.data.in_file

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names, () of a regression, or None where only arrays were given."""
        return None if self.data is None else self.data.classes

    @property
    def task(self) -> str | None:
        """ "classification" or "regression", or None where only arrays were given."""
        return None if self.data is None else self.data.task

    @property
    def has_classes(self) -> bool:
        """Whether every example belongs to one class."""
        Y = self.Y
        if self.data is not None:
            return self.task == "classification"
        return bool(np.isin(Y, (0, 1)).all() and (len(Y) == 1 or (Y.sum(axis=0) == 1).all()))

    @property
    def labels(self) -> Array:
        """Class indices (m,); InputError where Y are no classes."""
        if self.data is not None and self.has_classes:
            return self.data.labels
        if not self.has_classes:
            expected = "labels Y of 0 and 1, one class for each example"
            raise InputError(self._where, expected, "other numbers")
        return (self.Y[0] if len(self.Y) == 1 else self.Y.argmax(axis=0)).astype(np.int64)

    def of(self, setting: "Setting") -> "Examples":
        """The same as a setting prepares them: the same object for all settings of a preparation.

        InputError where they cannot be prepared so.
        """
        if setting.prepare is None:
            return self
        if setting.prepare not in self._as_prepared:
            data = setting.prepared(self.data or (self._X, self.Y))
            data.check_scaled(setting.dtype)
            self._as_prepared[setting.prepare] = Examples(self._where, data)
        return self._as_prepared[setting.prepare]

    def part(self, index: Array) -> "Examples":
        """Some of them, by themselves."""
        if self.data is not None:
            return Examples(self._where, self.data.select(index))
        return Examples(self._where, (self._X.select(index), self.Y[:, index]))

    def digest(self) -> str:
        """By which the same examples are known again."""
        if self.data is not None:
            return self.data.digest()
        return digest(self.Y, self._X.digest())

    def matrix(self, dtype: Any) -> FeatureMatrix:
        """All examples, scaled as given: the same matrix at each call, so one Gram matrix."""
        with self._lock:
            name = np.dtype(dtype).name
            if name not in self._matrices:
                of = self._once.matrix if self._once else self._X.astype
                self._matrices[name] = of(dtype)
            return self._matrices[name]

    def _prepared_once(self) -> Dataset | None:
        """The data set after the steps that come before the first that learns."""
        data = self.data and replace(self.data, photos=None)  # which each fold would copy
        # Bytes are prepared where they are used; other floats are computed with in their own dtype.
        if data is None or data.dtype != np.float64 or data.in_file:
            return data
        first, rest = data.scaling.split()
        if not (first.steps and rest.steps):
            return data
        return replace(data, features=data.features.scaled(first, np.float64), scaling=rest)

    def own_matrix(self, held_out: Array, *, batches: bool) -> bool:
        """Whether runs that leave these examples out need a matrix of their own."""
        learned = self.data is not None and self.data.scaling.learned
        return held_out.size > 0 and (batches or learned)

    def subset(self, held_out: Array, dtype: Any, *, batches: bool) -> Subset:
        """What runs are trained on that leave the examples `held_out` out."""
        if not self.own_matrix(held_out, batches=batches):
            return Subset(self.matrix(dtype), self.Y)
        kept = np.setdiff1d(np.arange(self.m), held_out)
        if self._once is None or not self._once.scaling.learned:
            X = self.matrix(dtype)
        else:
            own = self._once.select(kept).rescaled()
            X = replace(self._once, scaling=own.scaling).matrix(dtype)
        if not batches:
            return Subset(X, self.Y)
        held_out = np.unique(held_out)  # in their own order, however they were given
        validation = X.select(held_out), self.Y[:, held_out]
        return Subset(X.select(kept), self.Y[:, kept], kept, validation)

    def read_ahead(self, held_out: Sequence[Array], starts: Sequence[Array], dtype: Any) -> None:
        """Of a file, in one pass: what all runs need that leave such examples out, so that it is
        found again. starts : their first weights (n_1, n_x)."""
        if (data := self._once) is None or not isinstance(data.features, BlockMatrix):
            return
        learned, every = data.scaling.learned, np.arange(self.m)
        # Without what is learned anew all runs see the same matrix.
        kept = [np.setdiff1d(every, out) if learned and out.size else None for out in held_out]
        own = kept if learned else kept[:1]
        read_ahead(data.features.astype(dtype), data.scaling, own, starts)


def joined(where: str, data: Any, validation: Any) -> tuple[Any, Array]:
    """Both as one, and the indices of the validation's examples in it."""
    first, other = Examples(where, data), Examples(f"{where}: validation", validation)
    held_out = np.arange(first.m, first.m + other.m)
    if first.shape[0] != other.shape[0] or len(first.Y) != len(other.Y):
        expected = f"{first.shape[0]} features and {len(first.Y)} outputs as in the training data"
        got = f"{other.shape[0]} and {len(other.Y)}"
        raise InputError(f"{where}: validation", expected, got)
    if first.data is not None and other.data is not None:
        other_data = other.data.aligned(first.data.classes, "the training data")
        return first.data.joined(other_data), held_out
    X = [one.matrix(np.float64).columns(slice(None)) for one in (first, other)]
    return (np.concatenate(X, axis=1), np.concatenate([first.Y, other.Y], axis=1)), held_out
