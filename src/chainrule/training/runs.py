"""Runs: what differs from run to run, as arrays with an axis R."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network import Network
from chainrule.training.optimizers import Optimizer

Array = np.ndarray


def count_runs(
    network: Network,
    settings: Mapping[str, Array],
    optimizer: Optimizer,
    sample_weight: Any,
    rng: Any,
) -> int | None:
    """R, or None if nothing has an axis of runs. InputError if they disagree."""
    found = {"network": network.n_runs}
    found |= {name: len(value) for name, value in settings.items() if np.ndim(value)}
    momentum: Any = getattr(optimizer, "momentum", 0.0)
    if np.ndim(momentum):
        found["momentum"] = len(momentum)
    if np.ndim(sample_weight) == 2:
        found["sample_weight"] = len(sample_weight)
    if isinstance(rng, (list, tuple)):
        found["rng"] = len(rng)
    counts = {name: n for name, n in found.items() if n is not None}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{n} in {name}" for name, n in counts.items())
        raise InputError("train", "the same number of runs everywhere", listed)
    return next(iter(counts.values()), None)


def per_run(value: Array, dtype: np.dtype) -> Any:
    """A float, or (R, 1) in `dtype`, to scale the rows of a parameter block."""
    return value[:, None].astype(dtype) if value.ndim else float(value)


def generators(rng: Any) -> list[np.random.Generator]:
    """One generator for all runs, or one for each."""
    return [_generator(r) for r in (rng if isinstance(rng, (list, tuple)) else [rng])]


def _generator(rng: Any) -> np.random.Generator:
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng(checks.whole_number("train", "rng (a seed)", rng))


def example_weights(
    sample_weight: Any, class_weight: str | Mapping[int, float] | None, Y: Array, dtype: np.dtype
) -> Array:
    """Weights that sum to 1 over the examples: (1, m), or (R, 1, m)."""
    m = Y.shape[1]
    weight = np.ones(m) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight.shape[-1:] != (m,) or weight.ndim > 2:
        raise InputError("train", f"sample_weight of shape ({m},) or (R, {m})", f"{weight.shape}")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise InputError("train", "sample_weight to be finite and >= 0", "other values")
    if class_weight is not None:
        weight = weight * _of_classes(class_weight, Y)
    total = weight.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise InputError(
            "train", "at least one example of positive weight in every run", "only zeros"
        )
    return (weight / total)[..., None, :].astype(dtype)


def _of_classes(class_weight: str | Mapping[int, float], Y: Array) -> Array:
    """The weight of each example's class (m,)."""
    labels = Y.argmax(axis=0) if len(Y) > 1 else (Y[0] > 0.5).astype(int)
    n_classes = max(2, len(Y))
    if isinstance(class_weight, str):
        checks.one_of("train", "class_weight", class_weight, ("balanced",))
        counts = np.bincount(labels, minlength=n_classes)
        table = len(labels) / (n_classes * np.maximum(counts, 1))
        return table[labels]
    table = np.ones(n_classes)
    for index, value in class_weight.items():
        index = checks.whole_number("train", "a class in class_weight", index)
        if index >= n_classes:
            raise InputError("train", f"classes below {n_classes} in class_weight", f"{index}")
        table[index] = checks.numbers("train", "class_weight", value, least=0)
    return table[labels]
