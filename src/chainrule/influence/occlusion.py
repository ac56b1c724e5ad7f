"""What an answer owes to a feature, or to a patch of a picture, being what it is.

    e_j(x) = f(x) - f(x with the features of patch j at their mean over the training set)

f is the log-odds of the answer, or the value of a regression. The patch is a feature of a table, or
a square of a picture around the pixel j (occlusion; Zeiler & Fergus 2014, section 4.2, with the
mean in the place of gray). Of the ways to draw where a network looked this one agreed best with
what leaving the region out of all pictures and training again says; the slope df/dx (saliency,
Simonyan et al. 2014) did not agree at all: docs/seeing.md.
"""

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.influence.influence import log_odds
from chainrule.model.model_file import Model
from chainrule.network import forward_from

Array = np.ndarray
PATCH = 4  # of a picture's side a patch is this part


def effects(model: Model, X: FeatureMatrix, x: Array, decision: int) -> Array:
    """e (n_x,) of the features of one example, or (height, width) of the patches of a picture.

    X, x : what the model was trained on (n_x, m), and the example (n_x,), prepared as the model is.
    decision : the class whose log-odds are meant.

    Exact, from Z[1] alone: W[1] (mean - x) of a patch is what covering it adds. The effects need
    not add up to anything: what several features say together is in each of theirs, or in none.
    """
    network, shape = model.network, model.image_shape
    mean = np.concatenate([some.mean(axis=1) for _, some in X.blocks()])
    W = network.weights[0]
    added = W * (mean - x)
    if shape is not None:
        from scipy.ndimage import uniform_filter

        height, width = shape[:2]
        side = max(1, min(height, width) // PATCH)
        added = added.reshape(len(W), height, width, -1).sum(axis=3)
        size = (1, side, side)
        added = (uniform_filter(added, size, mode="constant") * side**2).reshape(len(W), -1)
    start = W @ x[:, None] + network.biases[0]
    Z1 = np.concatenate([start, start + added], axis=1)
    Z, A = forward_from(Z1, network.weights[1:], network.biases[1:], network.activations)
    f = log_odds(Z[-1], np.full(Z1.shape[1], decision))[0] if model.classes else A[-1][0]
    found: Array = f[0] - f[1:]
    return found if shape is None else found.reshape(shape[:2])
