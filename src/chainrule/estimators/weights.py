"""The engine's parameters as scikit-learn's coefs_ and intercepts_, and the optimizer's memory."""

from typing import Any

import numpy as np

from chainrule.training.objective import Objective

Array = np.ndarray


def coefs(objective: Objective) -> tuple[list[Array], list[Array]]:
    """coefs_ (n_in, n_out) and intercepts_ (n_out,): in a primal form views of the parameters as
    they change, else as they are."""
    (W,) = _as_weights(objective, objective.blocks[0].p)
    return _coefs(objective, W)


def copies(objective: Objective) -> dict[str, list[Array]]:
    """`coefs` as an estimator's attributes, which later steps will not change."""
    Ws, bs = coefs(objective)
    return {"coefs_": [W.copy() for W in Ws], "intercepts_": [b.copy() for b in bs]}


def result(objective: Objective) -> tuple[list[Array], list[Array], list[Array]]:
    """coefs_ and intercepts_, and the optimizer's memory with the first layer's part as W.

    Views where the parameters lie so already; the objective is not to be used any more.
    """
    (block,), n_upper = objective.blocks, objective.upper.size
    W, *memories = _as_weights(objective, block.p, *block.state)
    memory = []
    for v, V in zip(block.state, memories, strict=True):
        # A primal form keeps its memory so already.
        there = np.shares_memory(V, v) and V.flags.c_contiguous
        memory.append(v if there else np.append(V.ravel(), v[-n_upper:]))
    Ws, bs = _coefs(objective, W)
    if not np.shares_memory(W, block.p):  # nor need the others keep it alive
        Ws, bs = [Ws[0], *map(np.copy, Ws[1:])], [*map(np.copy, bs)]
    return Ws, bs, memory


def remember(objective: Objective, memory: list[Array]) -> None:
    """Take up the memory of an earlier `result`, in a primal form."""
    first: Any = objective.first
    n_upper, n_1 = objective.upper.size, objective.upper.b1.shape[0]
    for state, v in zip(objective.blocks[0].state, memory, strict=True):
        state[:-n_upper] = first.as_parameters(v[:-n_upper].reshape(n_1, -1))
        state[-n_upper:] = v[-n_upper:]


def _as_weights(objective: Objective, *vectors: Array) -> list[Array]:
    """The first layer's part of parameters, and of the memory of them."""
    first: Any = objective.first
    parts: list[Array] = first.as_weights(*(v[: -objective.upper.size] for v in vectors))
    return parts


def _coefs(objective: Objective, W: Array) -> tuple[list[Array], list[Array]]:
    upper = objective.upper
    return [V.T for V in (W, *upper.weights)], [b[:, 0] for b in upper.biases]
