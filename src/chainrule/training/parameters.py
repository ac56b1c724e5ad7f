"""Parameters as the optimizer sees them: one vector for each run, and its gradient."""

from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray


@dataclass(eq=False)
class Parameters:
    """p and its gradient g, (k,) or (R, k), both owned here and changed in place.

    decayed : 1 for a weight, which an L2 penalty shrinks, 0 for a bias; (k,), or 1 for all.
    state : the optimizer's memory, arrays shaped like p.
    """

    p: Array
    g: Array
    decayed: Array | float
    state: list[Array] = field(default_factory=list)

    @classmethod
    def of_weights(cls, W: Array, dW: Array) -> "Parameters":
        """Of contiguous matrices (..., n, k), all of them weights: views, not copies."""
        lead, size = W.shape[:-2], W.shape[-2] * W.shape[-1]
        return cls(W.reshape(*lead, size), dW.reshape(*lead, size), 1.0)


@dataclass(frozen=True, eq=False)
class UpperLayers:
    """The first bias and the layers above it, in one vector.

    V, dV : V[l] = [W[l] b[l]] (..., n_l, n_{l-1} + 1), l = 2 ... L, views of the vector.
    b1, db1 : (..., n_1, 1), views too.
    """

    parameters: Parameters
    V: list[Array]
    dV: list[Array]
    b1: Array
    db1: Array

    @classmethod
    def of(cls, weights: tuple[Array, ...], biases: tuple[Array, ...]) -> "UpperLayers":
        """Copies of b[1] and of all W[l], b[l] above, laid one behind the other."""
        pairs = zip(weights[1:], biases[1:], strict=True)
        matrices = [biases[0], *(np.concatenate(pair, axis=-1) for pair in pairs)]
        lead = biases[0].shape[:-2]
        p = np.concatenate([a.reshape(*lead, -1) for a in matrices], axis=-1)
        g = np.zeros_like(p)
        is_weight = [np.ones(a.shape[-2:], p.dtype) for a in matrices]
        for ones in is_weight:
            ones[:, -1] = 0
        decayed = np.concatenate([ones.ravel() for ones in is_weight])
        b1, *V = _views(p, matrices)
        db1, *dV = _views(g, matrices)
        return cls(Parameters(p, g, decayed), V, dV, b1, db1)

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
        """The gradient of the output's bias (..., n_y, 1): the weighted mean error, which grows with
        the cost and is at hand at every step."""
        return self.dV[-1][..., -1:] if self.dV else self.db1


def _views(vector: Array, like: list[Array]) -> list[Array]:
    """Consecutive parts of vector (..., k) in the shapes of the arrays `like`."""
    ends = np.cumsum([a.shape[-2] * a.shape[-1] for a in like])
    starts = [0, *ends[:-1]]
    parts = zip(starts, ends, like, strict=True)
    return [vector[..., start:end].reshape(a.shape) for start, end, a in parts]
