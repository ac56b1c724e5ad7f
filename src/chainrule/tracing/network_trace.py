"""The graph of a real network on real examples, from its arguments to any single number, in the
course's names.

    Z[l] = W[l] A[l-1] + b[l],  A[l] = g(Z[l]),  J = sum_i w_i L_i + l2/2 sum_l ||W[l]||^2

The derivatives have the course's names and its convention: dW[l] and db[l] are those of the cost
J, while column i of dZ[l] and dA[l] is that of example i's own loss L_i. So

    dW[l] = 1/m dZ[l] A[l-1]^T,     db[l] = 1/m sum_i dZ[l]_i

with w_i in the place of 1/m where examples have weights. As the engine does, the graph has the loss
from Z[L] where the output's activation belongs to it: exact, but without dA[L]. On request it has
the loss of A[L], as on the course's slides. (`graph.gradients` holds what the chain
rule gives for J at every node, which for Z is w_i times that.)
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import functions
from chainrule.graph.backward import backward, in_order
from chainrule.graph.graph import Graph
from chainrule.graph.node import Node, variable
from chainrule.network import Network, check_labels
from chainrule.tracing.entry import Entry, entry_of

Array = np.ndarray
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sigmoid": functions.sigmoid,
    "tanh": np.tanh,
    "relu": functions.relu,
    "leaky_relu": functions.leaky_relu,
    "softmax": functions.softmax,
    "identity": np.positive,
    "exp": np.exp,
}
OF_OUTPUTS: dict[str, Callable[..., Any]] = {
    "binary_cross_entropy": functions.binary_log_loss,
    "softmax_cross_entropy": functions.log_loss,
    "poisson_deviance": functions.rate_deviance,
}
"""Losses that have a form of their own for Z[L], as they are written with A[L]."""


class NetworkGraph(Graph):
    """A network's graph: a Graph whose nodes are called W[1], b[1], Z[1], A[1], ..., J.

    network : what was traced. numbers : every value and derivative by its name, see there.
    layers : for each layer its nodes by kind: "W", "b", "Z", "A". loss_of : "Z" or "A", of which
    of the last layer's the loss is computed, by the function `loss`, with Y.
    """

    def __init__(
        self, network: Network, X: Array, Y: Array, weight: Array, l2: float, of_outputs: bool
    ) -> None:
        self.network, self.Y, self.weight, self.l2 = network, Y, weight, l2
        self.X = variable(X, "X")
        self.layers, groups = _layers(network, self.X)
        loss, last = network.loss_function, self.layers[-1]
        self.loss_of = "Z" if loss.output and not of_outputs else "A"
        of_its_own = OF_OUTPUTS if self.loss_of == "A" else {}
        plain = getattr(functions, loss.name, partial(loss.per_example, None))
        self.loss = of_its_own.get(loss.name, plain)
        self._losses = self.loss(last[self.loss_of], Y)
        self._losses.name = "L"
        each = self.weights
        J: Any = np.sum(each * self._losses) if np.ndim(each) else np.mean(self._losses)
        if l2:
            J = J + _penalty(l2, self.layers, groups)
        J.name = "J"
        given = [self.X, *(nodes[kind] for nodes in self.layers for kind in "Wb")]
        constants = {"Y": Y} | ({"w": each} if np.ndim(each) else {})
        super().__init__(J, groups=groups, also=[last["A"]], given=given, constants=constants)

    @property
    def weights(self) -> Any:
        """1/m for all examples, or each one's own (m,)."""
        w = self.weight[0]
        return float(w[0]) if (w == w[0]).all() and np.isclose(w.sum(), 1) else w

    @cached_property
    def numbers(self) -> Mapping[str, Array]:
        """Arrays by name: X, Y, J, L; W[l], b[l], Z[l], A[l]; dW[l], db[l], dZ[l], dA[l], dX.

        dW, db : derivatives of J. dZ, dA, dX : column i is that of example i's own loss. There is
        no dA[L] where the loss is computed from Z[L].
        """
        found: dict[str, Array] = {"X": self.X.value, "Y": self.Y, "L": self._losses.value}
        found["J"] = self.output.value
        ones = np.ones(self._losses.shape, self.network.dtype)
        of_own_loss = backward(self._losses, ones)
        found["dX"] = of_own_loss[self.X]
        for nodes in self.layers:
            for kind, node in nodes.items():
                found[str(node.name)] = node.value
                source = self.gradients if kind in "Wb" else of_own_loss
                if node in source:
                    found[f"d{node.name}"] = source[node]
        return found

    def entry(self, name: str, *index: int) -> Entry:
        """The sum (or product) behind one entry: entry("dW[2]", 3, 17), or entry("dW[2][3, 17]").

        name : Z[l], A[l], dZ[l], dA[l], dW[l], db[l], J or L, or what is given, X, Y, W[l], b[l];
        dX. index : row and column, counted from 0; of b and db the row alone will do, of L it is
        the example, of J there is none.

        >>> network = Network.create((2, 3, 1), rng=0)
        >>> X, Y = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[1.0, 0.0]])
        >>> network.trace(X, Y).entry("dW[2]", 0, 1).formula
        'dW[2][0, 1] = 1/m sum_i dZ[2][0, i] A[1][1, i]'
        """
        return entry_of(self, name, index)


def trace_network(
    network: Network,
    X: Any,
    Y: Any,
    weight: Any = None,
    l2: float = 0.0,
    *,
    loss_of_outputs: bool = False,
) -> NetworkGraph:
    """The graph of one forward and backward pass of `network` over examples X with labels Y.

    X (n_x, m) : an array or feature matrix. Y (n_y, m). weight : (1, m), summing to 1; 1/m each by
    default. l2 : the penalty of `train`. loss_of_outputs : write the loss with A[L], as on slides,
    so that there is a dA[L]; infinite where an output is rounded to a wrong 0 or 1.
    Raises InputError for what does not fit.
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
    return NetworkGraph(network, X, Y, weight.astype(network.dtype), l2, loss_of_outputs)


def _layers(network: Network, X: Node) -> tuple[list[dict[str, Node]], dict[Node, str]]:
    """The nodes of each layer by kind, and the layer's name by node."""
    layers, groups, A = [], {}, X
    triples = zip(network.weights, network.biases, network.activations, strict=True)
    for number, (W, b, activation) in enumerate(triples, start=1):
        nodes = {"W": variable(W), "b": variable(b)}
        product = nodes["W"] @ A
        nodes["Z"] = product + nodes["b"]
        nodes["A"] = A = FUNCTIONS[activation](nodes["Z"])
        for kind, node in nodes.items():
            node.name = f"{kind}[{number}]"
        groups.update(dict.fromkeys([product, *nodes.values()], f"layer {number}: {activation}"))
        layers.append(nodes)
    return layers, groups


def _penalty(l2: float, layers: list[dict[str, Node]], groups: dict[Node, str]) -> Node:
    squares = [np.sum(np.square(nodes["W"])) for nodes in layers]
    penalty: Node = l2 / 2 * sum(squares[1:], start=squares[0])
    made = [node for node in in_order(penalty) if node.operation is not None]
    groups.update(dict.fromkeys(made, "L2 penalty"))
    return penalty
