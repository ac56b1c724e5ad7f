"""A small network's graph to learn from: numbers that one can follow by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.network import Network
from chainrule.tracing.network_trace import NetworkGraph

MOST = {"layers": 30, "units": 1000, "examples": 1000}  # beyond that there is nothing to read


def example_graph(
    layer_sizes: Sequence[int],
    examples: int = 3,
    *,
    activation: str | Sequence[str] = "tanh",
    seed: int = 1,
    loss_of_outputs: bool = False,
) -> NetworkGraph:
    """The graph of a network of these sizes, (n_x, ..., n_y), on examples that are drawn.

    X, W and b are rounded to a tenth; classes take turns in Y. loss_of_outputs : see `trace`.

    Raises InputError.

    >>> example_graph((2, 3, 1)).numbers["W[2]"]
    array([[-0.4,  0.5,  0.3]])
    """
    where = "graph"
    checks.whole_number(where, "the number of layers", len(layer_sizes) - 1, least=1,
                        most=MOST["layers"])  # fmt: skip
    for size in layer_sizes:
        checks.whole_number(where, "every layer size", size, least=1, most=MOST["units"])
    m = checks.whole_number(where, "examples", examples, least=1, most=MOST["examples"])
    rng = np.random.default_rng(checks.whole_number(where, "seed", seed))
    drawn = Network.create(layer_sizes, activation=activation, rng=rng)
    weights = tuple(_tenths(W) for W in drawn.weights)
    biases = tuple(_tenths(0.3 * rng.standard_normal(b.shape)) for b in drawn.biases)
    network = Network(weights, biases, drawn.activations, drawn.loss)
    X = _tenths(rng.standard_normal((layer_sizes[0], m)))
    n_y = layer_sizes[-1]
    turns = np.arange(m) % max(n_y, 2)
    Y = (turns == 0)[None, :] if n_y == 1 else np.eye(n_y)[:, turns]
    graph: NetworkGraph = network.trace(X, Y.astype(float), loss_of_outputs=loss_of_outputs)
    return graph


def _tenths(x: Any) -> Any:
    return np.round(x, 1) + 0.0  # -0 is 0
