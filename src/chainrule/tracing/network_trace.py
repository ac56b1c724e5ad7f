"""The graph of a real network on real examples, from its arguments to any single number."""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network import Network, check_labels
from chainrule.tracing.entry import Entry, entry_of
from chainrule.tracing.network_pass import NetworkPass


class NetworkGraph(NetworkPass):
    """A network's graph: a Graph whose nodes are called W[1], b[1], Z[1], A[1], ..., J.

    network : what was traced. numbers : every value and derivative by its name, see there.
    layers : for each layer its nodes by kind: "W", "b", "Z", "A".
    """

    def entry(self, name: str, *index: int) -> Entry:
        """The sum (or product) behind one entry, spelled out: entry("dW[2]", 3, 17).

        name : Z[l], A[l], dZ[l], dA[l], dW[l], db[l], J or L. index : row and column, counted from
        0; of db the row alone will do, of L it is the example, of J there is none.

        >>> network = Network.create((2, 3, 1), rng=0)
        >>> X, Y = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[1.0, 0.0]])
        >>> network.trace(X, Y).entry("dW[2]", 0, 1).formula
        'dW[2][0, 1] = 1/m sum_i dZ[2][0, i] A[1][1, i]'
        """
        return entry_of(self, name, index)


def trace_network(
    network: Network, X: Any, Y: Any, weight: Any = None, l2: float = 0.0
) -> NetworkGraph:
    """The graph of one forward and backward pass of `network` over examples X with labels Y.

    X (n_x, m) : an array or feature matrix. Y (n_y, m). weight : (1, m), summing to 1; 1/m each by
    default. l2 : the penalty of `train`. Raises InputError for what does not fit.
    """
    if network.n_runs is not None:
        raise InputError("trace", "one network", f"{network.n_runs} runs", "Take network.run(r).")
    if hasattr(X, "columns"):
        X = X.columns(slice(None))
    X = checks.matrix("trace", "X", X).astype(network.dtype, copy=False)
    checks.features("trace", X.shape, network.layer_sizes[0])
    m = X.shape[1]
    if m == 0:
        raise InputError("trace", "at least one example", "none")
    Y = check_labels(Y, network.layer_sizes[-1], m, network.loss).astype(network.dtype)
    weight = np.full((1, m), 1 / m) if weight is None else np.asarray(weight)
    if weight.shape != (1, m):
        fix = f"Pass weight.reshape(1, {m})." if weight.shape == (m,) else ""
        raise InputError("trace", f"weights of shape (1, {m})", f"{weight.shape}", fix)
    l2 = checks.number("trace", "l2", l2, least=0)
    return NetworkGraph(network, X, Y, weight.astype(network.dtype), l2)
