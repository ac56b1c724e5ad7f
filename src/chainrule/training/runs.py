"""Runs: what differs from run to run, as arrays with an axis R."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network import Network

Array = np.ndarray
LARGE = 1e290  # of such numbers there may be 10^18


def count_runs(asked: Any, rule: Any, learning_rate: Array, l2: Array) -> int | None:
    """R, or None if nothing has an axis of runs. InputError if they disagree.

    asked : train's arguments.
    """
    checks.kind("train", "network", asked.network, Network)
    found = {"network": asked.network.n_runs}
    momentum = getattr(rule, "momentum", 0.0)
    settings: dict[str, Any] = {"learning_rate": learning_rate, "l2": l2, "momentum": momentum}
    found |= {name: len(value) for name, value in settings.items() if np.ndim(value)}
    weight, rng = asked.sample_weight, asked.rng
    if weight is not None and _array("sample_weight", weight).ndim == 2:
        found["sample_weight"] = len(weight)
    if isinstance(rng, (list, tuple)):
        found["rng"] = len(rng)
    counts = {name: n for name, n in found.items() if n is not None}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        listed = ", ".join(f"{n} in {name}" for name, n in counts.items())
        raise InputError("train", "the same number of runs everywhere, at least one", listed)
    return next(iter(counts.values()), None)


def generators(rng: Any) -> list[np.random.Generator]:
    """One generator for all runs, or one for each."""
    return [_generator(r) for r in (rng if isinstance(rng, (list, tuple)) else [rng])]


def _generator(rng: Any) -> np.random.Generator:
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng(checks.whole_number("train", "rng, if no Generator,", rng))


def example_weights(
    sample_weight: Any, class_weight: str | Mapping[int, float] | None, Y: Array, dtype: np.dtype
) -> Array:
    """Weights that sum to 1 over the examples: (1, m), or (R, 1, m)."""
    m = Y.shape[1]
    weight = np.ones(m) if sample_weight is None else weights_of("sample_weight", sample_weight, m)
    if class_weight is not None:
        weight = weight * _of_classes(class_weight, Y, weight > 0)
    total = weight.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise InputError(
            "train",
            "at least one example of positive weight in every run",
            "only zeros",
            "Weight 0 leaves an example out.",
        )
    return (weight / total)[..., None, :].astype(dtype)


def weights_of(name: str, given: Any, m: int) -> Array:
    """Weights of m examples, (m,) or (R, m), as given or, where their sum would be beyond floats,
    divided by the largest of the run; InputError unless finite and >= 0."""
    weight = _array(name, given)
    if weight.shape[-1:] != (m,) or weight.ndim > 2:
        raise InputError("train", f"{name} of shape ({m},) or (R, {m})", f"{weight.shape}")
    bad = int((~(np.isfinite(weight) & (weight >= 0))).sum())
    if bad:
        raise InputError("train", f"{name} to be finite and >= 0", f"{bad} values that are not")
    most = weight.max(axis=-1, keepdims=True, initial=0.0)
    found: Array = weight / np.where(most > LARGE, most, 1.0)
    return found


def _array(name: str, weight: Any) -> Array:
    return checks.reals("train", f"{name} of shape (m,) or (R, m)", weight)


def _of_classes(class_weight: Any, Y: Array, counted: Array) -> Array:
    """The weight of each example's class, up to a factor: (m,), or (R, m).

    counted : which examples have a weight at all, (m,) or (R, m).
    """
    if not np.isin(Y, (0, 1)).all() or (len(Y) > 1 and (Y.sum(axis=0) != 1).any()):
        raise InputError(
            "train",
            "labels of one class each for class_weight",
            "labels between 0 and 1, or several 1 in a column",
            "Weigh the examples instead: sample_weight.",
        )
    one_hot = Y if len(Y) > 1 else np.concatenate([1 - Y, Y])
    labels, n_classes = one_hot.argmax(axis=0), len(one_hot)
    if not isinstance(class_weight, Mapping):
        name = "class_weight (a dict of classes, or a name)"
        checks.one_of("train", name, class_weight, ("balanced",))
        counts = counted @ one_hot.T
        return (1 / np.maximum(counts, 1))[..., labels]
    table = np.ones(n_classes)
    for index, value in class_weight.items():
        index = checks.whole_number("train", "a class in class_weight", index)
        if index >= n_classes:
            raise InputError("train", f"classes below {n_classes} in class_weight", f"{index}")
        table[index] = checks.number("train", "class_weight", value, least=0)
    return table[labels]
