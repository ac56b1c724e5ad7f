"""Why a model said what it said of one example: what it looked at, what it knows that is like it,
and what each training example contributed to the answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, FeatureMatrix, feature_matrix
from chainrule.data.blocks import blocks_of
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments import WithoutEach
from chainrule.influence.influence import PathInfluence, log_odds, path_influence, saliency
from chainrule.influence.out_of_distribution import Neighborhood, neighborhoods
from chainrule.model.model_file import Model, decided
from chainrule.network import Network

Array = np.ndarray
SAME = 1e-6  # relative difference of two trainings' weights that are the same but for rounding
ELSEWHERE = (
    "training again ended with other weights than the model's: it is so unstable that rounding "
    "decides where it ends, or was done with other settings"
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """decision : index of the class. P : (n_classes,) probabilities; of a regression 0, and (1,)
        the value. Whatever is said below of the log-odds of the decision is then said of the value
        (where the outputs are exp, of its logarithm).

    saliency : (n_x,) how the log-odds of the decision change with each raw feature.
    product : (n_x,) for logistic regression w o x, or -w o x if the decision is class 0: it adds up
        to the log-odds of the decision but for the bias; None for deeper networks.
    neighborhood, contributions : where training data were given; contributions, of each training
        example to the log-odds of the decision, also need the training's settings.
    exact : (m,) how much each training example, by being there, raises the probability of the
        decision, found by training without it (`chainrule.experiments.without_each`); or None.
    note : why contributions or exact, though asked for, are None; or "".
    """

    decision: int
    P: Array
    saliency: Array
    product: Array | None = None
    neighborhood: Neighborhood | None = None
    contributions: PathInfluence | None = None
    exact: Array | None = None
    note: str = ""


def explain(
    model: Model,
    raw: Any,
    data: Dataset | None = None,
    start: Network | None = None,
    exact: WithoutEach | None = None,
    **options: Any,
) -> tuple[Explanation, ...]:
    """Explain the model's answers to raw (n_x, q), unscaled: one explanation for each column.

    data : the training set. start, options : the network that training began with and the
        arguments of `train`, by which the same training is done again, looked at step by step
        (see `path_influence`: gradient descent in full batch).
    exact : of the same `raw`, from `without_each`.

    InputError for data with another digest than `model.training` has. Where that training, or
    that of `exact`, ends with other weights than the model's, what it would say is left out and
    the `note` says why; InputError if the model has no digest of its data, which may be others.
    """
    if model.n_members > 1:
        fix = "Explain a member: Model.member(r)."
        raise InputError("explain", "a model of one network", f"{model.n_members} of them", fix)
    raw, network, note = checks.matrix("explain", "raw", raw, missing=True), model.network, ""
    P, regression = model.probabilities(model.outputs(raw)[1]), not model.classes
    decisions = np.zeros(P.shape[1], np.int64) if regression else decided(P, model.threshold)
    # The one logit is that of class 1, or the value.
    sides = decisions + regression
    x = feature_matrix(raw, missing=True).scaled(model.scaling, network.dtype)
    slopes = model.scaling.pulled(saliency(network, x, sides), raw)
    # What is known of each example.
    found: dict[str, Any] = {"decision": decisions.tolist(), "P": P.T, "saliency": slopes.T}
    if len(network.weights) == 1 and len(P) <= 2:
        found["product"] = _product(network, x, sides).T
    known = data is not None and is_training_set("explain", model, data)
    if exact is not None:
        if exact.full.shape != P.shape:
            got = f"answers of shape {exact.full.shape} for {P.shape}"
            raise InputError("explain", "`exact` of the same examples as raw", got)
        if _same(network, exact.network):
            found["exact"] = exact.change(decisions).T
        else:
            note = _elsewhere(known)
    if data is not None:
        data = model.prepare(data)
        found["neighborhood"] = neighborhoods(data.matrix(network.dtype), x)
        if start is not None:
            parts = _retraced(network, start, data, x, sides, options)
            if parts is None:
                note = _elsewhere(known)
            else:
                found["contributions"] = [parts.of(k) for k in range(len(decisions))]
    return tuple(
        Explanation(**dict(zip(found, each, strict=True)), note=note)
        for each in zip(*found.values(), strict=True)
    )


def feature_effects(model: Model, raw: Any, data: Dataset, decision: int) -> Array:
    """How much each feature moves the answer to one example, exactly, one feature at a time (n_x,):

        f(x) - f(x with x_j at its mean over the training set)

    f : the log-odds of the decision, or the value of a regression, in its unit. raw : (n_x,)
    unscaled. data : the training set, whose missing values the means leave out. The effects need
    not add up to anything: what several features say together is in each of theirs, or in none.
    """
    raw, typical = np.asarray(raw, np.float64), np.empty(len(raw))
    for rows, some in data.features.blocks():
        there = ~np.isnan(some)
        typical[rows] = np.sum(some, axis=1, where=there) / np.maximum(there.sum(axis=1), 1)

    def answer(X: Array) -> Array:
        Z, A = model.outputs(X)
        if not model.classes:
            return np.asarray(A[0])
        of = np.full(X.shape[1], decision)
        return log_odds(Z, of)[0]

    found = np.empty(len(raw))
    for part in blocks_of(len(raw), 8 * len(raw)):
        X = np.repeat(raw[:, None], part.stop - part.start, axis=1)
        X[np.arange(part.start, part.stop), np.arange(X.shape[1])] = typical[part]
        found[part] = answer(X)
    return answer(raw[:, None]) - found


def _product(network: Network, x: FeatureMatrix, decisions: Array) -> Array:
    """w o x of logistic regression (n_x, q). The one logit is that of class 1: what speaks for it
    speaks against class 0."""
    return np.where(decisions == 1, 1, -1) * network.weights[0].T * x.columns(slice(None))


def _retraced(
    network: Network,
    start: Network,
    data: Dataset,
    x: FeatureMatrix,
    decisions: Array,
    options: dict[str, Any],
) -> PathInfluence | None:
    """None if training again ends with other weights than the network's."""
    try:
        training, found = path_influence(start, data, x, decisions, **options)
    except DivergenceError:
        return None
    return found if _same(network, training.network) else None


def is_training_set(where: str, model: Model, data: Dataset) -> bool:
    """Whether the model knows `data` by their digest; InputError if they are known to be others."""
    digest = model.training.get("digest")
    if digest is not None and digest != model.prepare(data).digest():
        raise InputError(
            where,
            "the data that the model was trained on",
            "others: their digest differs",
            "Pass the same data, read with the same settings.",
        )
    return digest is not None


def _same(network: Network, again: Network) -> bool:
    """Whether training again gave the same weights but for rounding."""
    return network.layer_sizes == again.layer_sizes and all(
        np.abs(ours - other).max() <= SAME * np.abs(ours).max()
        for ours, other in zip(network.weights, again.weights, strict=True)
    )


def _elsewhere(known: bool) -> str:
    """The note of a training that ended elsewhere. known : whether its data are the model's."""
    if known:
        return ELSEWHERE
    raise InputError(
        "explain",
        "the data and settings that the model was trained with",
        "others, or a training too unstable to be repeated: training again gave other weights",
        "Pass the data that the model was trained on; it has no digest of them to compare.",
    )
