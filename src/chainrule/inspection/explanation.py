"""Why a model said what it said of one example: what it looked at, what it knows that is like it,
and which training examples pushed the answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, FeatureMatrix, feature_matrix
from chainrule.errors import InputError
from chainrule.inspection.influence import path_influence, saliency
from chainrule.model_file import Model
from chainrule.network import Network

Array = np.ndarray
SAME = 1e-6  # relative difference of two trainings' weights that are the same but for rounding


@dataclass(frozen=True, eq=False)
class Likeness:
    """Where an example lies among the training examples, in scaled features.

    nearest : (k,) indices, the nearest first. distances : (k,) Euclidean, to these.
    share : part of the training examples that lie farther from their own nearest neighbor than
        this example does from its; 0 if none does.
    """

    nearest: Array
    distances: Array
    share: float

    @property
    def unlike_any(self) -> bool:
        """Whether it is farther from everything seen than any training example from the others."""
        return self.share == 0


@dataclass(frozen=True, eq=False)
class Pushes:
    """How far each training example pushed the log-odds of the class that was predicted.

    of_examples : (m,). start : the log-odds before training. penalty : the L2 penalty's part.
    missing : what these lack to `log_odds`, which they would add up to.
    """

    of_examples: Array
    start: float
    penalty: float
    missing: float
    log_odds: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """decision : index of the class. P : (n_classes,) probabilities.

    saliency : (n_x,) how the log-odds of the decision change with each raw feature.
    product : (n_x,) for logistic regression w o x, which adds up to the logit but for its bias;
        None for deeper networks.
    likeness, pushes : where training data were given; pushes also need the training's settings.
    """

    decision: int
    P: Array
    saliency: Array
    product: Array | None
    likeness: Likeness | None = None
    pushes: Pushes | None = None


def explain(
    model: Model,
    raw: Any,
    data: Dataset | None = None,
    start: Network | None = None,
    **options: Any,
) -> Explanation:
    """Explain the model's answer to raw (n_x, 1), unscaled.

    data : the training set. start, options : the network that training began with and the
        arguments of `train`, by which the same training is done again, looked at step by step
        (see `path_influence`: gradient descent in full batch).

    InputError if that training ends with other weights than the model's: other data, then, or
    other settings.
    """
    if model.n_members > 1:
        fix = "Explain a member: Model.member(r)."
        raise InputError("explain", "a model of one network", f"{model.n_members} of them", fix)
    raw = checks.matrix("explain", "raw", raw)
    if raw.shape[1] != 1:
        raise InputError("explain", "raw with one column", f"{raw.shape[1]}")
    P = model.predict_proba(raw)
    decision = int(model.decide(P)[0])
    network = model.network
    x = feature_matrix(raw, network.dtype, model.scaling)
    slope = saliency(network, x, [decision])[:, 0] / np.ravel(model.scaling.divisor)
    product = None
    if len(network.weights) == 1 and len(P) == 2:
        product = network.weights[0][0] * x.columns(slice(None))[:, 0]
    likeness = pushes = None
    if data is not None:
        X = model.prepare(data).matrix(network.dtype)
        likeness = find_likeness(X, x)
        if start is not None:
            pushes = _pushes(model, data, x, decision, start, options)
    return Explanation(decision, P[:, 0], slope, product, likeness, pushes)


def find_likeness(X: FeatureMatrix, x: FeatureMatrix, count: int = 6) -> Likeness:
    """Where x (n_x, 1) lies among X (n_x, m), in scaled features; with its `count` nearest."""
    K = X.gram()
    norms = np.diag(K)
    own = float(np.square(x.columns(slice(None))).sum())
    to_x = _distances(norms, own, X.gram(x)[:, 0])
    share = 1.0
    if len(K) > 1:
        among = _distances(norms[:, None], norms, K)
        np.fill_diagonal(among, np.inf)
        share = float((among.min(axis=1) >= to_x.min()).mean())
    nearest = np.argsort(to_x, kind="stable")[:count]
    return Likeness(nearest, to_x[nearest], share)


def _distances(a: Any, b: Any, products: Array) -> Array:
    """||x - y|| from ||x||^2, ||y||^2 and <x, y>."""
    return np.sqrt(np.maximum(a + b - 2 * products, 0))


def _pushes(
    model: Model,
    data: Dataset,
    x: FeatureMatrix,
    decision: int,
    start: Network,
    options: dict[str, Any],
) -> Pushes:
    training, found = path_influence(start, model.prepare(data), x, [decision], **options)
    for ours, again in zip(model.network.weights, training.network.weights, strict=True):
        if not np.abs(ours - again).max() <= SAME * np.abs(ours).max():
            raise InputError(
                "explain",
                "the data and settings that the model was trained with",
                "others: training again gave other weights",
                "Pass the data that the model was trained on.",
            )
    return Pushes(
        found.of_examples[:, 0],
        float(found.before[0]),
        float(found.penalty[0]),
        float(found.missing[0]),
        float(found.after[0]),
    )
