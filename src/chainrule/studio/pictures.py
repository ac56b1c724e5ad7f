"""One example's way through a network, forward and back; the training examples that made its
answer, and what is answered without them. Longer than most: all that one screen shows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.data import Dataset, FeatureMatrix, Splits
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments import Execution, without_each
from chainrule.influence.explanation import ELSEWHERE, same_weights
from chainrule.influence.influence import next_step, parts
from chainrule.jobs.options import Options
from chainrule.jobs.trained import as_trained, repeatable
from chainrule.model.model_file import Model, decided
from chainrule.network import Network
from chainrule.network.network import Cache, backward_from
from chainrule.show.data import drawable, pixels
from chainrule.studio.nodes import picture
from chainrule.studio.passes import set_called

Array = np.ndarray
FEATURES, EXAMPLES = 20, 12  # that are listed, and training examples
ASKED = 2_000  # training examples that are looked at in the primal form, the first of more
STRAIGHT = ("relu", "leaky_relu", "identity")  # sums pass them whole, unit by unit
NEXT = (
    "What each training example has added by now is known of a first layer in the dual form, while "
    "its moments are kept, and not here. This is what a further step of gradient descent on an "
    "example alone would add, to first order, for a rate of 1."
)


def example(
    model: Model, splits: Splits, of: str, i: int, C: Array | None = None
) -> dict[str, Any]:
    """An example's way through the network, as JSON has it.

    Forward Z[l] and A[l], back dZ[l], dA[l] and dX, of its own loss; the answer; and the training
    examples that made it. of, i : the set and which of it. C : the dual coefficients (n_1, m) of
    the first layer, where they are known. InputError for what there is not, and
    an ensemble.
    """
    data, x, Y = _asked(model, splits, of, i)
    network = model.network.astype(np.float64)
    with np.errstate(all="ignore"):
        cache = network.forward(x)
        found = network.backward(cache, Y, np.ones((1, 1)))
        own = {
            "answer": _answer(model, data, i, cache) | {"loss": float(network.cost(x, Y))},
            "layers": _layers(network, cache, found.dZ, Y),
            "x": _features(data, i, x.columns(slice(None))[:, 0], _back(network, 0, found.dZ)),
            "made_by": _made_by(model, network, splits.train, x, cache, C),
        }
    shape = data.picture_shape
    facts = {"set": of, "index": i, "name": data.example_names[i], "of": len(data)}
    return facts | {"image_shape": shape, "drawable": drawable(data)} | own


def _asked(model: Model, splits: Splits, of: str, i: int) -> tuple[Dataset, FeatureMatrix, Array]:
    """The set as the model takes it, and the example's X (n_x, 1) and Y."""
    if model.n_members > 1:
        raise InputError("example", "a model of one network", f"{model.n_members} of them")
    data = set_called(splits, of)
    if not 0 <= i < len(data):
        raise InputError("example", f"one of {len(data)} in the {of} set, from 0", f"{i}")
    data = model.prepare(data)
    one = data.select([i])
    return data, one.matrix(np.float64), one.Y


def _answer(model: Model, data: Dataset, i: int, cache: Cache) -> dict[str, Any]:
    P = model.probabilities(cache.A[-1])
    facts: dict[str, Any] = {"label": data.label_of(i)}
    if not model.classes:
        return facts | {"value": float(P[0, 0]), "decision": None, "right": None}
    decision = int(decided(P, model.threshold)[0])
    return facts | {
        "decision": model.classes[decision],
        "right": decision == int(data.labels[i]),
        "probabilities": dict(zip(model.classes, P[:, 0].tolist(), strict=True)),
        "threshold": model.threshold,
    }


def _back(network: Network, layer: int, dZ: Sequence[Array]) -> Array:
    """dA[l] (n_l,) of a hidden layer, dX of layer 0: W[l+1]^T dZ[l+1]."""
    found: Array = (network.weights[layer].T @ dZ[layer])[:, 0]
    return found


def _layers(network: Network, cache: Cache, dZ: Sequence[Array], Y: Array) -> list[dict[str, Any]]:
    """Z, A, dA and dZ of each layer; no dA of the last where the loss is computed from Z."""
    last, loss = len(network.weights), network.loss_function
    top = None if loss.output else loss.derivative(cache.A[-1], Y, np.ones((1, 1)))[:, 0]
    return [
        {
            "layer": layer,
            "activation": network.activations[layer - 1],
            "Z": cache.Z[layer - 1][:, 0],
            "A": cache.A[layer - 1][:, 0],
            "dA": _back(network, layer, dZ) if layer < last else top,
            "dZ": dZ[layer - 1][:, 0],
        }
        for layer in range(1, last + 1)
    ]


def _features(data: Dataset, i: int, x: Array, dx: Array) -> dict[str, Any]:
    """X and dX: of a picture, and it itself; else the features that are largest in X."""
    if (shape := data.picture_shape) is not None:
        both = {"X": x, "dX": dx}.items()
        found = {k: picture(shape, v, f"{k}[k, {i}]", k, (None, i)) for k, v in both}
        shown = pixels(data, i)
        return found | {"pixels": None if shown is None else shown.ravel()}
    order = np.argsort(-np.abs(x), kind="stable")[:FEATURES]
    raw = np.asarray(data.features.stored([i]), float)[:, 0]
    rows = [
        {"k": k, "name": data.column_names[k], "raw": raw[k], "X": x[k], "dX": dx[k]}
        for k in order.tolist()
    ]
    return {"rows": rows, "others": len(x) - len(rows)}


# The training examples.


def _made_by(
    model: Model,
    network: Network,
    train: Dataset,
    x: FeatureMatrix,
    cache: Cache,
    C: Array | None,
) -> dict[str, Any]:
    """What each training example has added to the answer, or would add by the next step.

    f = g . Z[1] + (what the biases above add) + bend, with g the slope of f by Z[1] at the example:
    where all units between are piecewise linear the bend is 0, and Z[1] is a sum over the training
    examples.
    """
    f, delta, of = _answered(model, network, cache)
    if C is None:
        some = model.prepare(train.select(np.arange(min(ASKED, len(train)))))
        of_examples = next_step(network, some.matrix(np.float64), some.Y, x, delta)
        words = [NEXT]
        if len(some) < len(train):
            words.append(f"Looked at: the first {ASKED:,} of {len(train):,} training examples.")
        return {"of": of, "value": f, "kind": "next step", "words": words} | _ranked(
            train, of_examples
        )
    D = backward_from(delta, network.weights[1:], cache.A, network.activations)
    g = D[0][:, 0]
    found = parts(network, C.astype(np.float64), model.prepare(train).matrix(np.float64), x)
    of_examples = g @ found.of_examples[:, :, 0]
    sums = {
        "start": float(g @ found.start[:, 0]),
        "bias": float(g @ found.bias[:, 0]),
        "above": float(sum(np.vdot(d, b) for d, b in zip(D[1:], network.biases[1:], strict=True))),
    }
    bend = f - sum(sums.values()) - float(of_examples.sum())
    bends = sorted(set(network.activations[:-1]) - set(STRAIGHT))
    words = ["Exactly the sum of its parts: what each training example has added by now."]
    if len(network.weights) > 1:
        words = [
            "Exactly the sum of its parts, each passed on by the layers above as they are at this "
            "example: with others in the first layer, other units would be switched on."
        ]
    if bends:
        words = [
            f"The first layer is exactly the sum of its parts. Above it {', '.join(bends)} bends: "
            "parts are passed on by the slopes at this example, and what these leave is no "
            "example's."
        ]
    words.append("It does not say what would be answered without an example: leave it out.")
    facts = {"of": of, "value": f, "kind": "contributions", "exact": not bends, "words": words}
    return facts | sums | {"bend": bend} | _ranked(train, of_examples)


def _answered(model: Model, network: Network, cache: Cache) -> tuple[float, Array, str]:
    """The number f that is the answer's measure, df/dZ[L] (n_y, 1), and what it is in words."""
    Z, classes = cache.Z[-1], model.classes
    delta = np.zeros_like(Z)
    if len(Z) > 1:
        second, first = np.argsort(Z[:, 0], kind="stable")[-2:].tolist()
        delta[[first, second], 0] = 1, -1
        f = float(Z[first, 0] - Z[second, 0])
        return f, delta, f"the logit of {classes[first]} less that of {classes[second]}"
    delta[0] = 1
    of = f"the logit of {classes[1]}" if classes else "the output"
    if not classes and network.activations[-1] != "identity":
        of += f" before its {network.activations[-1]}"
    return float(Z[0, 0]), delta, of


def _ranked(train: Dataset, of_examples: Array) -> dict[str, Any]:
    """The examples with the largest parts, and the sums of those for and against."""
    order = np.argsort(-np.abs(of_examples), kind="stable")[:EXAMPLES]
    rows = [_named(train, k) | {"value": float(of_examples[k])} for k in order.tolist()]
    above, below = np.maximum(of_examples, 0).sum(), np.minimum(of_examples, 0).sum()
    more = {"examples": len(of_examples), "for": float(above), "against": float(below)}
    return more | {"rows": rows, "drawable": drawable(train)}


def _named(train: Dataset, k: int) -> dict[str, Any]:
    return {"index": k, "name": train.example_names[k], "label": train.label_of(k)}


def without(
    model: Model,
    splits: Splits,
    of: str,
    i: int,
    leave: Sequence[int] | None = None,
    how: Execution | None = None,
) -> dict[str, Any]:
    """The answers to an example by networks that are trained again, to the same iteration, without
    each of the training examples `leave`, by default of all; as JSON has it.

    `note` says why there are none, where training cannot be done again.
    """
    data, _, _ = _asked(model, splits, of, i)
    train, note = splits.train, repeatable(model, "model")[1]
    facts: dict[str, Any] = {"left_out": [], "classes": list(model.classes), "answer": None}
    if note:
        return facts | {"note": f"Training cannot be done again: {note}."}
    setting = as_trained(model, Options(), "model", "data")[1].setting()
    raw = data.features.stored([i])
    try:
        found = without_each(train, raw, setting, only=leave, execution=how)
    except DivergenceError as error:
        return facts | {"note": str(error)}
    if not same_weights(model.network, found.network):
        note = f"T{ELSEWHERE[1:]}."
    known = zip(range(len(train)) if leave is None else leave, found.without, strict=True)
    facts["left_out"] = [_named(train, k) | {"answer": P[:, 0].tolist()} for k, P in known]
    return facts | {"answer": found.full[:, 0].tolist(), "note": note}
