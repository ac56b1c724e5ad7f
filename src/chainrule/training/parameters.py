"""Parameters as the optimizer sees them: blocks, whose parts the layers see as matrices."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.device import HOST, Device, namespace

Array = np.ndarray
# Weights whose penalty is added at once: the product stays in the processor's cache, and there is
# none as large as the weights. SciPy's axpy needs no product, but SciPy has a BLAS of its own: its
# threads and those of NumPy's wait for one another, which made a step take ten times as long.
DECAYED_AT_ONCE = 2**14


@dataclass(eq=False)
class Block:
    """Parameters p and their gradient g, (P,) or (R, P), both owned here and changed in place.

    decayed : pieces of them, each with what an L2 penalty shrinks: 1 for weights, 0 for biases.
    state : the optimizer's memory, arrays shaped like p.
    """

    p: Array
    g: Array
    decayed: list[tuple[slice, Any]]
    state: list[Array] = field(default_factory=list)

    def pieces(self) -> Iterator[tuple[Array, Array, Any, Array]]:
        """Of each piece p, g and what is decayed: views; and room for a product with p."""
        most = max((part.stop - part.start for part, _ in self.decayed), default=0)
        shape = *self.p.shape[:-1], most
        room = namespace(self.p).empty(shape, dtype=self.p.dtype, device=self.p.device)
        for part, decayed in self.decayed:
            p = self.p[..., part]
            yield p, self.g[..., part], decayed, room[..., : p.shape[-1]]


@dataclass(frozen=True, eq=False)
class Part:
    """Some parameters of a layer, before they have their place.

    start : (..., size) starting values. decayed : (size,) or a number for all, see Block.
    bind : is told their place: views of p and g, (..., size). small : not worth a block of its own.
    """

    start: Array
    decayed: Array | float
    bind: Callable[[Array, Array], None]
    small: bool = False


def placed(parts: list[Part], device: Device = HOST) -> list[Block]:
    """One block for all parts of a single network, so that an update is one operation; one for
    each part of R runs, so that the runs of a part lie together and can be multiplied as one, but
    that a small one lies before the next.

    device : where they are to lie."""
    alone, groups = parts[0].start.ndim == 1, [parts[:1]]
    for before, part in pairwise(parts):
        if alone or before.small:
            groups[-1].append(part)
        else:
            groups.append([part])
    return [_placed(group, device) for group in groups]


def _placed(parts: list[Part], device: Device) -> Block:
    # In C order, whatever the parts' own: they are seen as matrices by reshaping.
    start = np.ascontiguousarray(np.concatenate([part.start for part in parts], axis=-1))
    p, g = device.put(start), device.put(np.zeros_like(start))
    sizes = [part.start.shape[-1] for part in parts]
    ends = np.cumsum(sizes)
    decayed = np.empty(p.shape[-1], start.dtype)
    for part, size, end in zip(parts, sizes, ends, strict=True):
        part.bind(p[..., end - size : end], g[..., end - size : end])
        decayed[end - size : end] = part.decayed
    return Block(p, g, [(part, device.put(piece)) for part, piece in _pieces(decayed)])


def _pieces(decayed: Array) -> Iterator[tuple[slice, Any]]:
    """What is decayed, some at a time; a number where all of it is alike, as in a first layer."""
    alike = int(np.argmin(decayed)) if decayed.size > DECAYED_AT_ONCE else 0
    ends = [*range(0, alike, DECAYED_AT_ONCE), *range(alike, decayed.size, DECAYED_AT_ONCE)]
    for start, end in pairwise([*ends, decayed.size]):
        piece = decayed[start:end]
        if piece.any():
            yield slice(start, end), 1.0 if piece.all() else piece.copy()


def per_run(value: Array | float, dtype: np.dtype) -> Any:
    """A number as a float; one per run as (R, 1) in `dtype`, to scale the rows of a block, itself
    if it is that."""
    if getattr(value, "ndim", 0) == 2:
        return value
    return np.asarray(value)[:, None].astype(dtype) if np.ndim(value) else float(value)


class UpperLayers:
    """The first bias and the layers above it, laid one behind the other.

    V, dV : V[l] = [W[l] b[l]] (..., n_l, n_{l-1} + 1), l = 2 ... L, views.
    b1, db1 : (..., n_1, 1), views. size : of all together.
    """

    V: list[Array]
    dV: list[Array]
    b1: Array
    db1: Array

    def __init__(self, weights: tuple[Array, ...], biases: tuple[Array, ...]) -> None:
        pairs = zip(weights[1:], biases[1:], strict=True)
        matrices = [biases[0], *(np.concatenate(pair, axis=-1) for pair in pairs)]
        lead = biases[0].shape[:-2]
        self._shapes = [a.shape for a in matrices]
        start = np.concatenate([a.reshape(*lead, -1) for a in matrices], axis=-1)
        is_weight = [np.ones(a.shape[-2:]) for a in matrices]
        for ones in is_weight:
            ones[:, -1] = 0
        self.size: int = start.shape[-1]
        self.part = Part(start, np.concatenate([ones.ravel() for ones in is_weight]), self._bind)

    def _bind(self, p: Array, g: Array) -> None:
        self.b1, *self.V = self._views(p)
        self.db1, *self.dV = self._views(g)

    def _views(self, vector: Array) -> list[Array]:
        """Consecutive parts of vector (..., k) as matrices."""
        ends = np.cumsum([shape[-2] * shape[-1] for shape in self._shapes])
        starts = [0, *ends[:-1]]
        parts = zip(starts, ends, self._shapes, strict=True)
        return [vector[..., start:end].reshape(shape) for start, end, shape in parts]

    @property
    def biases(self) -> tuple[Array, ...]:
        """b[1] ... b[L] (..., n_l, 1), views."""
        return (self.b1, *(V[..., -1:] for V in self.V))

    @property
    def weights(self) -> tuple[Array, ...]:
        """W[2] ... W[L] (..., n_l, n_{l-1}), views."""
        return tuple(V[..., :-1] for V in self.V)

    @property
    def last_db(self) -> Array:
        """The gradient of the output's bias (..., n_y, 1): the weighted mean error, which grows
        with the cost and is at hand at every step."""
        return self.dV[-1][..., -1:] if self.dV else self.db1
