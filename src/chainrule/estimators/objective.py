"""What is minimized, and its gradient, in scikit-learn's scaling. Examples are columns here.

    J = sum_i s_i L_i / S + alpha / (2 S) sum_l ||W[l]||^2,    S = sum_i s_i

over the examples of one step, s_i = 1 unless weights are given. So the penalty of a mini-batch is
divided by the batch's size, not by the number of all examples, and L_i of a squared error is the
mean over the outputs in J but the sum in the gradient: both as in scikit-learn.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.network import ACTIVATIONS, Network
from chainrule.training.parameters import Block, UpperLayers, placed
from chainrule.training.propagation import Propagation

Array = np.ndarray
# Weights whose penalty is added at once: the product stays in the processor's cache, and there is
# none as large as the weights. SciPy's axpy needs no product, but SciPy has a BLAS of its own: its
# threads and those of NumPy's wait for one another, which made a step take ten times as long.
DECAYED_AT_ONCE = 2**14


class Objective:
    """J as a function of one block of parameters, `block`.

    network : the start. first : a form of its first layer. alpha : the penalty, >= 0.
    whole : whether every step sees all examples, so that D may stand in the first layer's gradient.
    """

    def __init__(self, network: Network, first: Any, alpha: float, *, whole: bool) -> None:
        self.first, self.alpha = first, alpha
        self._kinds, self._whole = (network.activations, network.loss), whole
        self._upper = UpperLayers(network.weights, network.biases)
        (block,) = placed([*first.parts, self._upper.part])
        self._n_first = sum(part.start.size for part in first.parts)
        # Of the first layer all is decayed, and the start has its place: only what is needed stays.
        self._decayed = block.decayed[self._n_first :].copy()
        self.block = Block(block.p, block.g, self._decayed)
        first.parts = []
        self._passes: dict[int, tuple[Propagation, Array]] = {}
        n_y = network.layer_sizes[-1]
        self._scale = 1 / n_y if network.loss == "squared_error" else 1.0

    def evaluate(
        self, index: Array | None, Y: Array, s: Array | None, masks: Sequence[Array | None] = ()
    ) -> float:
        """J, and its gradient in `block.g`.

        index : the step's examples (B,), None for all. Y (n_y, B). s : their weights (B,), not all
        of them 0, or None. masks : see Propagation.forward.
        """
        work, weight = self._pass(Y.shape[1])
        total: Any = Y.shape[1]
        if s is not None:
            total = s.sum()
            weight = (s / total)[None]
        self.first.forward(work.Z1, index)
        work.forward(masks)
        cost = self._scale * float(np.dot(work.losses(Y), weight[0]))
        work.backward(Y, weight)
        self.first.backward(work.D, index)
        if self.alpha:
            cost += 0.5 * self.alpha / float(total) * self._squared_norm()
            self._decay(self.alpha / float(total))
        return cost

    def outputs(self, Z: Array) -> Array:
        """A[L] (n_y, m) of other examples, from W[1] X (n_1, m), which is overwritten."""
        names, _ = self._kinds
        layers = zip([None, *self._upper.weights], self._upper.biases, names, strict=True)
        for W, b, name in layers:
            Z = Z if W is None else W @ Z
            Z += b
            ACTIVATIONS[name].value(Z, out=Z)
        return Z

    def _pass(self, m: int) -> tuple[Propagation, Array]:
        """Buffers for m examples and equal weights (1, m), made when first needed."""
        if m not in self._passes:
            D = self.first.D if self._whole else None
            weight = np.full((1, m), 1 / m, self.block.p.dtype)
            self._passes[m] = Propagation(*self._kinds, self._upper, m, D), weight
        return self._passes[m]

    @property
    def D(self) -> Array:
        """dJ/dZ1 (n_1, m) of the last step that saw all examples, the penalty aside."""
        ((work, _),) = self._passes.values()
        return work.D

    def upper_gradient(self) -> Array:
        """The gradient of all parameters but the first layer's weights: a view."""
        return self.block.g[self._n_first :]

    def _squared_norm(self) -> float:
        upper = sum(float(np.einsum("ij,ij->", W, W)) for W in self._upper.weights)
        return float(self.first.squared_norm()) + upper

    def _decay(self, rate: float) -> None:
        """Add rate times the weights to the gradient."""
        p, g, n = self.block.p, self.block.g, self._n_first
        for start in range(0, n, DECAYED_AT_ONCE):
            part = slice(start, min(start + DECAYED_AT_ONCE, n))
            g[part] += rate * p[part]
        g[n:] += rate * self._decayed * p[n:]

    def coefs(self) -> tuple[list[Array], list[Array]]:
        """scikit-learn's coefs_ (n_in, n_out) and intercepts_ (n_out,): in a primal form views of
        the parameters as they change, else as they are."""
        return self._coefs(*self._first_as_weights([self.block.p]))

    def copies(self) -> dict[str, list[Array]]:
        """`coefs` as an estimator's attributes, which later steps will not change."""
        coefs, intercepts = self.coefs()
        return {"coefs_": [W.copy() for W in coefs], "intercepts_": [b.copy() for b in intercepts]}

    def result(self) -> tuple[list[Array], list[Array], list[Array]]:
        """coefs_ and intercepts_, and the optimizer's memory with the first layer's part as W.

        Views where the parameters lie so already; the objective is not to be used any more.
        """
        vectors = [self.block.p, *self.block.state]
        W, *rest = self._first_as_weights(vectors)
        n, states = self._n_first, vectors[1:]
        memory = [
            # A primal form keeps its memory so already.
            v if np.shares_memory(V, v) and V.flags.c_contiguous else np.append(V.ravel(), v[n:])
            for V, v in zip(rest, states, strict=True)
        ]
        coefs, intercepts = self._coefs(W)
        if not np.shares_memory(W, self.block.p):  # nor need the others keep it alive
            coefs, intercepts = [coefs[0], *map(np.copy, coefs[1:])], [*map(np.copy, intercepts)]
        return coefs, intercepts, memory

    def _first_as_weights(self, vectors: list[Array]) -> list[Array]:
        return self.first.as_weights([v[: self._n_first] for v in vectors])

    def _coefs(self, W: Array) -> tuple[list[Array], list[Array]]:
        return [V.T for V in (W, *self._upper.weights)], [b[:, 0] for b in self._upper.biases]

    def remember(self, memory: list[Array]) -> None:
        """Take up the memory of an earlier `result`, in a primal form."""
        n_upper = self._decayed.size
        n_1 = self._upper.b1.shape[0]
        for state, v in zip(self.block.state, memory, strict=True):
            W = v[: v.size - n_upper].reshape(n_1, -1)
            state[: self._n_first] = self.first.as_parameters(W)
            state[self._n_first :] = v[v.size - n_upper :]
