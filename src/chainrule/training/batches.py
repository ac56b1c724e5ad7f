"""Which examples each step sees: all of them, or mini-batches shuffled anew every epoch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.files.json_file import plain

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's examples.

    index : None for all m, else (B,), or (R, B) where each run shuffles by itself.
    Y : (n_y, B) or (R, n_y, B). weight : (1, B) or (R, 1, B), summing to 1 over the batch.
    share : of the batch in the weight of all examples, () or (R,).
    """

    index: Array | None
    Y: Array
    weight: Array
    share: Any = 1.0

    @property
    def size(self) -> int:
        return self.Y.shape[-1]


class Batches:
    """The sequence of batches.

    Y : (n_y, m). weight : (1, m) or (R, 1, m), summing to 1. batch_size : B, or None for all
    examples at every step. rngs : one generator for all runs, or one for each.

    The last batch of an epoch is shorter if B does not divide m. Weights are normalized within
    each batch, so a batch's cost is the weighted mean over its own examples.
    """

    def __init__(
        self, Y: Array, weight: Array, batch_size: int | None, rngs: list[np.random.Generator]
    ) -> None:
        self.labels, self.weight, self._rngs = Y, weight, rngs
        self.m = Y.shape[1]
        self.batch_size = batch_size
        self.whole = Batch(None, Y, weight) if batch_size is None else None
        self.per_epoch = 1 if batch_size is None else -(-self.m // batch_size)
        self._uniform = bool((weight == weight.flat[0]).all())
        self._position = 0  # batches taken since the start
        self._order, self._shuffled = np.empty(0, np.intp), Y
        self._before = self._rng_states()  # of the generators, before they drew this epoch's order

    @property
    def epoch(self) -> int:
        """The epoch that the next batch belongs to, counted from 0."""
        return self._position // self.per_epoch

    def next(self) -> Batch:
        """The next batch."""
        if self.whole is not None:
            self._position += 1
            return self.whole
        assert self.batch_size is not None
        step = self._position % self.per_epoch
        if step == 0:
            self._shuffle()
        self._position += 1
        part = slice(step * self.batch_size, (step + 1) * self.batch_size)
        index = self._order[..., part]
        return Batch(index, self._shuffled[..., part], *self._weights(index))

    def _shuffle(self) -> None:
        self._before = self._rng_states()
        orders = [rng.permutation(self.m) for rng in self._rngs]
        self._order = orders[0] if len(orders) == 1 else np.stack(orders)
        Y = self.labels[:, self._order]
        self._shuffled = Y if self._order.ndim == 1 else np.moveaxis(Y, 0, 1)

    def _weights(self, index: Array) -> tuple[Array, Any]:
        """Weights that sum to 1 over the batch, and the batch's share of all weight."""
        size = index.shape[-1]
        if self._uniform:
            return np.full((1, size), 1 / size, self.weight.dtype), size / self.m
        if index.ndim == 1:
            weight = self.weight[..., index]
        else:
            whole = np.broadcast_to(self.weight, (len(index), 1, self.m))
            weight = np.take_along_axis(whole, index[:, None, :], axis=-1)
        total = weight.sum(axis=-1, keepdims=True)
        # A batch of examples that all weigh nothing contributes nothing.
        normalized = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        return normalized, total[..., 0, 0]

    def _rng_states(self) -> list[Any]:
        # Some generators keep arrays in their state; lists survive the way through JSON.
        return [plain(rng.bit_generator.state) for rng in self._rngs]

    def state(self) -> dict[str, Any]:
        """Position and generators, serializable as JSON."""
        return {"position": self._position, "generators": self._before}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state` was taken."""
        for rng, saved in zip(self._rngs, state["generators"], strict=True):
            rng.bit_generator.state = saved
        self._position = state["position"]
        if self.whole is None and self._position:
            self._shuffle()
