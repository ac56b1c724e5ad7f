"""Which examples each step sees: all of them, or mini-batches shuffled anew every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.device import HOST, Device, namespace
from chainrule.errors import InputError
from chainrule.files.json_file import plain
from chainrule.wording import describe

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's examples.

    index : None for all m, else (B,), or (R, B) where each run shuffles by itself.
    Y : (n_y, B) or (R, n_y, B). weight : (1, B) or (R, 1, B), summing to 1 over the batch.
    share : the weight of its examples together, before that, () or (R,).
    masks : of dropout, see `Dropout`.
    """

    index: Array | None
    Y: Array
    weight: Array
    share: Any = 1.0
    masks: Sequence[Array | None] = ()

    @property
    def size(self) -> int:
        return self.Y.shape[-1]


def dropout_rates(where: str, rates: Any, n_hidden: int) -> list[float]:
    """One rate a hidden layer, 0 <= rate < 1; a number alone is that of all."""
    try:
        found = [float(rate) for rate in (rates if np.ndim(rates) else [rates] * n_hidden)]
    except (TypeError, ValueError):
        found = []
    if len(found) != n_hidden or not all(0 <= rate < 1 for rate in found):
        expected = f"a rate 0 <= rate < 1, or one for each of {n_hidden} hidden layers"
        raise InputError(where, expected, describe(rates))
    return found


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout (Srivastava et al. 2014, section 10): a factor on each hidden unit's output,
    0 at its layer's rate, else 1 / (1 - rate).

    rates, units : of each hidden layer. dtype : of the factors.
    """

    rates: Sequence[float]
    units: Sequence[int]
    dtype: Any

    def masks(self, rngs: Sequence[Any], m: int) -> list[Array | None]:
        """Of each layer factors for m examples, None without dropout: (n_l, m), the same for all
        runs, or (R, n_l, m) from a generator for each.
        """
        layers = list(zip(self.units, self.rates, strict=True))
        runs = [[self._mask(rng, n, m, rate) for n, rate in layers] for rng in rngs]
        if len(runs) == 1:
            return runs[0]
        return [None if one[0] is None else np.stack(one) for one in zip(*runs, strict=True)]

    def _mask(self, rng: Any, n: int, m: int, rate: float) -> Array | None:
        return ((rng.random((n, m)) >= rate) / (1 - rate)).astype(self.dtype) if rate else None


class Batches:
    """The sequence of batches.

    Y : (n_y, m) or (R, n_y, m). weight : (1, m) or (R, 1, m), summing to 1. batch_size : B, or
    None for all examples at every step. rngs : one generator for all runs, or one for each.
    dropout : whose masks are drawn for every step, too.

    The last batch of an epoch is shorter if B does not divide m. Weights are normalized within
    each batch, so a batch's cost is the weighted mean over its own examples.
    """

    def __init__(
        self,
        Y: Array,
        weight: Array,
        batch_size: int | None,
        rngs: list[np.random.Generator],
        dropout: Dropout | None = None,
    ) -> None:
        self.dropout = dropout
        self.labels, self.weight, self._rngs = Y, weight, rngs
        self.m = Y.shape[-1]
        self.batch_size = batch_size
        self.per_epoch = 1 if batch_size is None else -(-self.m // batch_size)
        self._uniform = bool((weight == weight.flat[0]).all())
        self.place(HOST)
        self._position = 0  # batches taken since the start
        self._order, self._shuffled = np.empty(0, np.intp), self._Y
        self._before = self._rng_states()  # of the generators, before they drew this epoch's order

    def place(self, device: Device) -> None:
        """Before the first batch: give batches of arrays on a device; `labels` and `weight` stay
        NumPy's."""
        self._put = device.put
        self._Y, self._weight = device.put(self.labels), device.put(self.weight)
        self.whole = Batch(None, self._Y, self._weight) if self.batch_size is None else None
        self._equal: dict[int, Array] = {}

    @property
    def epoch(self) -> int:
        """The epoch that the next batch belongs to, counted from 0."""
        return self._position // self.per_epoch

    def next(self) -> Batch:
        """The next batch."""
        if self.whole is not None:
            self._position += 1
            return self.whole if self.dropout is None else self._with_masks(self.whole)
        assert self.batch_size is not None
        step = self._position % self.per_epoch
        if step == 0:
            self._shuffle()
        self._position += 1
        part = slice(step * self.batch_size, (step + 1) * self.batch_size)
        index = self._order[..., part]
        batch = Batch(index, self._shuffled[..., part], *self._weights(index))
        return batch if self.dropout is None else self._with_masks(batch)

    def _with_masks(self, batch: Batch) -> Batch:
        assert self.dropout is not None
        masks = self.dropout.masks(self._rngs, batch.size)
        return replace(batch, masks=[None if one is None else self._put(one) for one in masks])

    def _shuffle(self) -> None:
        self._before = self._rng_states()
        orders = [rng.permutation(self.m) for rng in self._rngs]
        self._order = self._put(orders[0] if len(orders) == 1 else np.stack(orders))
        if self._order.ndim == 1:
            self._shuffled = self._Y[..., self._order]
        else:
            self._shuffled = self._of_each(self._Y, self._order)

    def _of_each(self, whole: Array, index: Array) -> Array:
        """Of (n, m), or (R, n, m), each run's own examples (R, n, B)."""
        xp = namespace(whole)
        wide = xp.broadcast_to(whole, (len(index), *whole.shape[-2:]))
        taken: Array = xp.take_along_axis(wide, index[:, None, :], axis=-1)
        return taken

    def _weights(self, index: Array) -> tuple[Array, Any]:
        """Weights that sum to 1 over the batch, and the batch's share of all weight."""
        size = index.shape[-1]
        if self._uniform:
            if size not in self._equal:
                equal = np.full((1, size), 1 / size, self.weight.dtype)
                self._equal[size] = self._put(equal)
            return self._equal[size], size / self.m
        one = index.ndim == 1
        weight = self._weight[..., index] if one else self._of_each(self._weight, index)
        total = weight.sum(axis=-1, keepdims=True)
        # A batch of examples that all weigh nothing contributes nothing.
        normalized = weight / namespace(weight).where(total > 0, total, 1)
        return normalized, total[..., 0, 0]

    def _rng_states(self) -> list[Any]:
        # Some generators keep arrays in their state; lists survive the way through JSON.
        return [plain(rng.bit_generator.state) for rng in self._rngs]

    def state(self) -> dict[str, Any]:
        """Position and generators, serializable as JSON."""
        # All examples are in no order that would be drawn again: the generators go on from here.
        states = self._before if self.whole is None else self._rng_states()
        return {"position": self._position, "generators": states}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state` was taken."""
        for rng, saved in zip(self._rngs, state["generators"], strict=True):
            rng.bit_generator.state = saved
        position = state["position"]
        if self.whole is None and position:
            # The steps of the epoch that were made are drawn once more, masks included.
            self._position = (position - 1) // self.per_epoch * self.per_epoch
            while self._position < position:
                self.next()
        self._position = position
