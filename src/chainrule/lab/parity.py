"""Parity of n bits, deep and shallow: three networks whose weights are written down, and whether
gradient descent finds one.

The parity is 1 if an odd number of the bits is 1: x_1 xor x_2 xor ... xor x_n. All three have relu
units and one linear output, and small whole numbers as weights, so their answer is exactly 0 or 1.
"""

from dataclasses import dataclass

import numpy as np

from chainrule import checks
from chainrule.network import Network
from chainrule.training import train

Array = np.ndarray
# Plain gradient descent at one rate. In 20 starts each, momentum (rate 0.1) and Adam (0.01, 0.003)
# found other shares, but tree and counting, which have no unit to spare, in 3 of 20 at most.
LEARNING_RATE = 0.5
WIDER = 4


def all_inputs(n: int) -> Array:
    """All patterns of n bits, one a column: (n, 2^n), 0.0 and 1.0; column k is k in binary."""
    return (np.arange(2**n) >> np.arange(n)[::-1, None] & 1).astype(np.float64)


def parity(X: Array) -> Array:
    """1 where a column of bits X (n, m) has an odd number of ones: (1, m)."""
    return X.sum(axis=0, keepdims=True) % 2


def tree(n: int) -> Network:
    """Deep: a tree of xors, which halves the number of bits in each layer.

        a xor b = relu(a - b) + relu(b - a)

    Two units a xor; their sum is taken by the weights of the next layer. Where the number of bits
    is odd, the last passes through a unit of its own, since relu(x) = x for x >= 0. So there are
    2 (n - 1) hidden units, one more for each odd number of bits, and ceil(log2 n) hidden layers.
    """
    n = checks.whole_number("tree", "n", n, least=2)
    weights, read = [], np.eye(n)  # read (bits, units): each bit as a sum of units of the layer
    while len(read) > 1:
        pairs, odd = divmod(len(read), 2)
        minus = np.kron(np.eye(pairs), [[1, -1], [-1, 1]])  # (2 pairs, 2 pairs)
        plus = np.kron(np.eye(pairs), [[1, 1]])  # (pairs, 2 pairs)
        weights.append(_with_corner(minus, odd) @ read)
        read = _with_corner(plus, odd)
    return _relu_network([*weights, read])


def patterns(n: int) -> Network:
    """Shallow: one hidden layer with a unit for each of the 2^(n-1) patterns p of odd parity.

        relu(sum_j (2 p_j - 1) x_j - (|p| - 1)),     |p| the number of ones of p

    It is 1 for x = p. Any other x lacks a one of p or has one too many, which takes off at least 1.
    """
    n = checks.whole_number("patterns", "n", n, least=2)
    X = all_inputs(n)
    P = X[:, parity(X)[0] == 1].T  # (2^(n-1), n)
    return _relu_network([2 * P - 1, np.ones((1, len(P)))], 1 - P.sum(axis=1, keepdims=True))


def counting(n: int) -> Network:
    """Shallow, too, but with n units: it counts, s = x_1 + ... + x_n, and folds the count up.

        relu(s) - 2 relu(s - 1) + 2 relu(s - 2) - ... -+ 2 relu(s - (n - 1))

    A zigzag: up for the first one, down for the second, and so on.
    """
    n = checks.whole_number("counting", "n", n, least=2)
    k = np.arange(n)
    slopes = np.where(k == 0, 1.0, 2.0 * (-1.0) ** k)  # (n,)
    return _relu_network([np.ones((n, n)), slopes[None]], -k[:, None].astype(np.float64))


CONSTRUCTIONS = {"tree": tree, "patterns": patterns, "counting": counting}


@dataclass(frozen=True)
class Built:
    """A network that was built, and counted.

    layers : hidden layers and the output. units : those of all layers. exact : whether it gives
    the parity, exactly, for all 2^n inputs.
    """

    n: int
    network: str
    layers: int
    units: int
    parameters: int
    exact: bool


def build(n: int) -> list[Built]:
    """Each of the constructions for n bits."""
    X = all_inputs(n)
    found = []
    for name, construct in CONSTRUCTIONS.items():
        network = construct(n)
        units = network.layer_sizes[1:]
        exact = np.array_equal(network.predict_proba(X), parity(X))
        found.append(Built(n, name, len(units), sum(units), network.n_parameters, exact))
    return found


def _with_corner(M: Array, odd: int) -> Array:
    """M, with a further row and column if there is a bit left over: zeros and a one."""
    return np.block([[M, np.zeros((len(M), 1))], [np.zeros((1, M.shape[1])), 1]]) if odd else M


def _relu_network(weights: list[Array], first_bias: Array | None = None) -> Network:
    """Relu but for the linear output; no biases but those of the first layer."""
    biases = [np.zeros((len(W), 1)) for W in weights]
    if first_bias is not None:
        biases[0] = first_bias
    activations = ["relu"] * (len(weights) - 1) + ["identity"]
    return Network(tuple(weights), tuple(biases), tuple(activations), "squared_error")


# ---- trained from random starts ----------------------------------------------------------------


@dataclass(frozen=True)
class Trained:
    """How many of `runs` random starts ended in the parity of all 2^n inputs.

    accuracy : of the mean run, on those inputs.
    """

    n: int
    network: str
    layer_sizes: tuple[int, ...]
    runs: int
    found: int
    accuracy: float


def layer_sizes(n: int) -> dict[str, tuple[int, ...]]:
    """Sizes (n, n_1, ..., 1) to train: those of the constructions, and the tree with more units."""
    sizes = {name: construct(n).layer_sizes for name, construct in CONSTRUCTIONS.items()}
    inputs, *hidden, output = sizes["tree"]
    wide = (inputs, *(WIDER * units for units in hidden), output)
    return {"tree": sizes["tree"], "wide tree": wide} | sizes


def train_from_random_starts(
    n: int, *, runs: int = 10, iterations: int = 2000, seed: int = 0
) -> list[Trained]:
    """Each architecture from `runs` random starts (He), on all 2^n inputs, in full batches.

    Hidden units are relu, the output a sigmoid with its cross-entropy. KeyboardInterrupt after
    Ctrl-C: half a training answers nothing.
    """
    from threadpoolctl import threadpool_limits

    X = all_inputs(n)
    found = []
    for name, sizes in layer_sizes(n).items():
        starts = [np.random.default_rng([seed, run]) for run in range(runs)]
        network = Network.create(sizes, rng=starts)
        # Matrices this small gain nothing from a second thread.
        with threadpool_limits(1):
            result = train(
                network,
                (X, parity(X)),
                learning_rate=LEARNING_RATE,
                iterations=iterations,
                record_every=iterations,
            )
        if result.stopped == "interrupted":
            raise KeyboardInterrupt
        # A run that diverged has not found it.
        accuracy = np.where(result.diverged >= 0, 0.0, result.history.accuracy[-1])
        right = int((accuracy == 1).sum())
        found.append(Trained(n, name, sizes, runs, right, float(accuracy.mean())))
    return found
