"""How much each feature matters to one network: slopes, and losses when a feature is permuted.

Both change the first layer alone. Of feature j, with W = W[1] (n_1, n_x) and Z = Z[1] (n_1, m):

    the slope of f          df/dx_j = W[:, j]^T df/dZ
    x_j changed to x_j'     Z' = Z + W[:, j] (x_j' - x_j)      a rank-one change, exactly

so slopes of all features are one product, and losses cost n_1 m and the layers above it a feature.

What W has of the weights that were drawn says nothing of the data, and in wide data drowns what
does: W = a W0 + C X^T, and of n_x features at the scale of the draw each W0[:, j] is as large as
what was learned of it. The slopes are therefore of the learned part W - a W0. On golub.csv the 50
features of steepest slopes of a 20-unit network (500 steps from He's weights) hold 3 of the 50 of
largest |t| by W and 31 by the learned part; the means over 20 halves of the examples 19 and 41. Of
logistic regression from such weights, 0 and 26, 13 and 36. Gradient times input was rejected: its
mean over centered examples is 0 for linear models.
"""

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.data.blocks import blocks_of
from chainrule.experiments import Setting
from chainrule.influence.influence import log_odds
from chainrule.model.model_file import Model
from chainrule.network import Network, backward_from, forward_from

Array = np.ndarray
CACHED = 2**19  # bytes of Z[1] of some features changed, which stay in the processor's cache


def learned(network: Network, start: Network, share: float | None) -> Array:
    """W - a W0 (n_1, n_x): what training, of a single network from `start`, did to W[1].

    share : a, with which this is C X^T where the dual form trained. None where it is not known, in
        the primal form with a penalty: then W's part along the start, <W, W0> / <W0, W0>, which is
        a but for what was learned along that one direction of n_1 n_x.
    """
    W, W0 = network.weights[0], start.weights[0]
    if share is None:
        share = float(np.vdot(W, W0)) / max(float(np.vdot(W0, W0)), np.finfo(W0.dtype).tiny)
    found = share * W0
    return np.subtract(W, found, out=found)  # a third array as large would be needless


def learned_by(model: Model, setting: Setting) -> Array:
    """The same of a saved model of one network, from the start that its `setting` draws."""
    n_x, *_, n_y = model.network.layer_sizes
    start = setting.network(n_x, n_y, model.task)
    return learned(model.network, start, None if setting.decays else 1.0)


def slopes(network: Network, X: FeatureMatrix, W: Array | None = None) -> tuple[Array, Array]:
    """How much one standard deviation of each feature moves each answer f, to first order: the
    mean over X (n_x, m), and the root of the mean square over X, both (n_f, n_x).

        mean_cj = sd_j  1/m sum_i df_c/dx_j (x_i),          sd_j of X (divided by m)
        size_cj = sd_j (1/m sum_i df_c/dx_j (x_i)^2)^1/2 = sd_j (W[:, j]^T G_c W[:, j])^1/2

    with G_c (n_1, n_1) the mean of df_c/dZ[1] df_c/dZ[1]^T. The size does not cancel where more of
    a feature moves the answer up in some examples and down in others.

    f_c : the log-odds of class c for softmax outputs, else the logit Z[L] of output c: for a
        sigmoid the log-odds of its class, for the identity the answer itself.
    W : (n_1, n_x) in the place of W[1] in df/dx = W^T df/dZ[1], such as its learned part.

    Of a network without hidden layer and with one output these are its weights, standardized, and
    their absolute values.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        cache = network.forward(X)
        Z, n_y = cache.Z[-1], network.layer_sizes[-1]
        if network.activations[-1] == "softmax":
            delta = np.stack([log_odds(Z, np.full(X.shape[1], c))[1] for c in range(n_y)])
        else:
            delta = np.broadcast_to(np.eye(n_y, dtype=Z.dtype)[:, :, None], (n_y, *Z.shape))
        first = backward_from(delta, network.weights[1:], cache.A, network.activations)[0]
        W = network.weights[0] if W is None else W
        G, mean = first @ first.mT / X.shape[1], first.mean(axis=-1)
        means, sizes = np.empty((2, n_y, X.shape[0]), W.dtype)
        for rows, some in X.blocks():  # nothing is made that is as large as W
            sd, own = some.std(axis=1), W[:, rows]
            means[:, rows] = mean @ own * sd
            sizes[:, rows] = np.sqrt(np.maximum((G @ own * own).sum(axis=-2), 0)) * sd
        return means, sizes


def rises(network: Network, X: FeatureMatrix, Y: Array, count: int, seed: int) -> Array:
    """By how much the mean loss on X (n_x, q), Y (n_y, q) rises when one feature is permuted
    among the examples (n_x,), in the loss's unit; nan of a single example.

    Permutation importance (Breiman 2001, section 10; Fisher, Rudin & Dominici 2019) of examples
    that the network was not trained on. Of q examples in random order each takes the value of the
    one s places on; the mean over `count` shifts s. All q - 1 of them, where that is no more, are
    all pairs of examples: the second paper's e_switch (equation 3), with no chance left.
    """
    q, (n_1, n_x) = X.shape[1], network.weights[0].shape
    if q < 2:
        return np.full(n_x, np.nan)
    rng = np.random.default_rng([2, seed])
    order = rng.permutation(q)
    shifts = rng.permutation(np.arange(1, q))[:count]
    others = [order[(np.argsort(order) + s) % q] for s in shifts]
    W, Z1 = network.weights[0], X.times(network.weights[0]) + network.biases[0]

    def losses(Z1: Array) -> Array:
        upper = network.weights[1:], network.biases[1:], network.activations
        Z, A = forward_from(Z1, *upper)
        return network.loss_function.per_example(Z[-1], A[-1], Y)

    found, most = np.zeros(n_x), max(1, CACHED // (8 * n_1 * q))
    with np.errstate(over="ignore", invalid="ignore"):
        before = losses(Z1).mean()
        for rows, some in X.blocks():
            for part in blocks_of(len(some), 0, most):
                x, w = some[part], W[:, rows][:, part].T[:, :, None]
                into = found[rows][part]
                for other in others:
                    into += losses(Z1 + w * (x[:, other] - x)[:, None, :]).mean(axis=-1) - before
    return found / len(others)
