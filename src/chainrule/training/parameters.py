"""Parameters as the optimizer sees them: one vector for each run, and its gradient."""

from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray


@dataclass(eq=False)
class Parameters:
    """p and its gradient g, (k,) or (R, k), both owned here and changed in place.

    n_decayed : how many of the k, the first ones, an L2 penalty shrinks (weights, not biases).
    state : the optimizer's memory, arrays shaped like p.
    """

    p: Array
    g: Array
    n_decayed: int
    state: list[Array] = field(default_factory=list)

    @classmethod
    def of_matrices(cls, W: Array, dW: Array) -> "Parameters":
        """Of contiguous matrices (..., n, k), all of them weights: views, not copies."""
        lead, size = W.shape[:-2], W.shape[-2] * W.shape[-1]
        return cls(W.reshape(*lead, size), dW.reshape(*lead, size), size)


@dataclass(frozen=True, eq=False)
class UpperLayers:
    """The parameters of the layers 2 ... L and all biases, in one vector.

    W, dW : views (..., n_l, n_{l-1}), l = 2 ... L. b, db : views (..., n_l, 1), l = 1 ... L.
    """

    parameters: Parameters
    W: list[Array]
    b: list[Array]
    dW: list[Array]
    db: list[Array]

    @classmethod
    def of(cls, weights: tuple[Array, ...], biases: tuple[Array, ...]) -> "UpperLayers":
        """Copies of W[2] ... W[L] and b[1] ... b[L], laid one behind the other."""
        arrays = [*weights[1:], *biases]
        lead = biases[0].shape[:-2]
        sizes = [a.shape[-2] * a.shape[-1] for a in arrays]
        p = np.concatenate([a.reshape(*lead, -1) for a in arrays], axis=-1)
        g = np.zeros_like(p)
        ends = np.cumsum(sizes)
        n = len(weights) - 1

        def views(vector: Array) -> list[Array]:
            return [
                vector[..., end - size : end].reshape(a.shape)
                for a, size, end in zip(arrays, sizes, ends, strict=True)
            ]

        at_p, at_g = views(p), views(g)
        decayed = int(sum(sizes[:n]))
        return cls(Parameters(p, g, decayed), at_p[:n], at_p[n:], at_g[:n], at_g[n:])
