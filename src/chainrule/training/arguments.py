"""The arguments of `train`, checked one by one."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, FeatureMatrix, feature_matrix
from chainrule.errors import InputError
from chainrule.network import Network, check_labels
from chainrule.training.batches import Batches, Dropout, dropout_rates
from chainrule.training.callbacks import Callback
from chainrule.training.early_stopping import EarlyStopping

Array = np.ndarray
Data = Dataset | tuple[Any, Any]
MOST = 2**53  # iterations or epochs, which floats count
LARGE = 1e290  # of such numbers there may be 10^18
Validation = tuple[FeatureMatrix, Array] | Array | None


class HasArguments(Protocol):
    """What knows train's arguments, as `chainrule.experiments.Setting` does."""

    def arguments(self) -> dict[str, Any]: ...


def arguments_of(setting: HasArguments, asked: Any, function: Any) -> dict[str, Any]:
    """The keywords of `function`, train, for a setting; InputError where one that is asked for,
    other than its default, is the setting's as well."""
    if not callable(getattr(setting, "arguments", None)):
        raise InputError("train", "a Setting", checks.describe(setting))
    if check := getattr(setting, "check_prepared", None):
        check("train", asked.data)
    own, defaults = setting.arguments(), function.__kwdefaults__
    if both := [name for name in own if getattr(asked, name) is not defaults[name]]:
        fix = "Change the setting: setting.with_values({...})."
        raise InputError("train", "a setting or keywords", f"both for {', '.join(both)}", fix)
    return {name: getattr(asked, name) for name in defaults} | own


def check_start(network: Network) -> None:
    """InputError unless all weights and biases are finite."""
    for layer, arrays in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        if not all(checks.all_finite(array) for array in arrays):
            got, fix = "missing or infinite ones", "Draw them anew: Network.create."
            raise InputError(f"train: layer {layer}", "finite starting weights", got, fix)


def dropout_of(rates: Any, network: Network) -> Dropout | None:
    """Dropout at one rate a hidden layer, 0 <= rate < 1, or at one for all; None at no rate."""
    found = dropout_rates("train: dropout", rates, len(network.weights) - 1)
    if not any(found):
        return None
    for layer, (rate, name) in enumerate(zip(found, network.activations, strict=False), start=1):
        if rate and name == "softmax":
            raise InputError("train", "dropout on layers other than softmax", f"on layer {layer}")
    return Dropout(found, network.layer_sizes[1:-1], network.dtype)


def check_lbfgs(asked: Any, network: Network, dropout: Dropout | None) -> None:
    """InputError for what L-BFGS cannot have."""
    fix = "L-BFGS needs one cost, the same at every step, and chooses its steps itself."
    refused = {
        "R runs": network.n_runs is not None,
        "batch_size": asked.batch_size is not None,
        "dropout": dropout is not None,
        "changes": bool(asked.changes),
        "a schedule": asked.schedule != "constant",
        "resume": asked.resume is not None,
    }
    if found := [name for name, given in refused.items() if given]:
        raise InputError("train", "optimizer='lbfgs' alone", f"beside it {', '.join(found)}", fix)


def stopping_rule(asked: Any) -> EarlyStopping | None:
    rule = asked.early_stopping
    if rule is None:
        return None
    if not isinstance(rule, EarlyStopping):
        raise InputError("train", "early_stopping to be an EarlyStopping", checks.describe(rule))
    if asked.validation is None and asked.validation_weight is None:
        expected, fix = "a validation set for early stopping", "Pass validation=(X, Y)."
        raise InputError("train", expected, "none", fix)
    return rule


def callback_list(callbacks: Any) -> tuple[Callback, ...]:
    fix = "Wrap a function of a record: callbacks=[OnRecord(function)]."
    try:
        found = tuple(callbacks)
    except TypeError:
        found = (callbacks,)
    for callback in found:
        if isinstance(callback, EarlyStopping):
            fix = "Pass it as early_stopping=..., with validation=(X, Y)."
        if not isinstance(callback, Callback):
            got = f"a {type(callback).__name__}"
            raise InputError("train", "callbacks to be a list of Callback objects", got, fix)
    return found


def data_arrays(where: str, data: Data, network: Network) -> tuple[FeatureMatrix, Array]:
    """X as a feature matrix and Y (n_y, m) in the network's dtype."""
    checks.kind(where, "network", network, Network)
    dtype = network.dtype
    if isinstance(data, Dataset):
        X, Y = data.matrix(dtype), data.Y
    elif isinstance(data, tuple) and len(data) == 2:
        X, Y = feature_matrix(data[0], dtype), data[1]
    else:
        raise InputError(where, "a Dataset or a tuple (X, Y)", f"a {type(data).__name__}")
    X, m = X.astype(dtype), X.shape[1]
    checks.features(where, X.shape, network.layer_sizes[0])
    if m == 0:
        raise InputError(where, "at least one example", "none")
    try:
        return X, _labels(Y, network, m).astype(dtype)
    except InputError as error:
        raise error.at(where) from None


def _labels(Y: Any, network: Network, m: int) -> Array:
    """Y (n_y, m), or (R, n_y, m) of each run, as the loss can take it."""
    n_y, loss = network.layer_sizes[-1], network.loss
    runs = _runs_of((None, Y))
    if runs is None:
        return check_labels(Y, n_y, m, loss)
    if Y.shape[1:] != (n_y, m):
        raise InputError("Network", f"Y of shape ({n_y}, {m}) in each run", f"{Y.shape[1:]}")
    side_by_side = check_labels(np.concatenate(Y, axis=1), n_y, runs * m, loss)
    return np.stack(np.split(side_by_side, runs, axis=1))


def _runs_of(data: Any) -> int | None:
    """R where the labels of (X, Y) have an axis of runs."""
    pair = isinstance(data, tuple) and len(data) == 2
    return len(data[1]) if pair and getattr(data[1], "ndim", 0) == 3 else None


def validation_arrays(asked: Any, Y: Array, network: Network) -> Validation:
    """What is measured at every record: (X, Y), or weights of the training set's examples,
    (1, m) or (R, 1, m), that sum to 1 (all of a run not a number where it has none)."""
    validation, weight, runs = asked.validation, asked.validation_weight, network.n_runs
    if validation is not None and weight is not None:
        raise InputError("train", "validation or validation_weight", "both", "Leave one out.")
    if validation is not None:
        return data_arrays("train: validation", validation, network)
    if weight is None:
        return None
    found = weights_of("validation_weight", weight, Y.shape[-1])
    if found.ndim == 2 and len(found) != runs:
        expected = f"validation_weight for {runs or 'no'} runs"
        raise InputError("train", expected, f"for {len(found)}")
    total = found.sum(axis=-1, keepdims=True)
    nothing = np.full_like(found, np.nan)
    return np.divide(found, total, out=nothing, where=total > 0)[..., None, :].astype(network.dtype)


def planned_iterations(iterations: int | None, epochs: int | None, per_epoch: int) -> int:
    if iterations is not None and epochs is not None:
        raise InputError("train", "iterations or epochs", "both", "Leave one of them out.")
    name, planned = ("iterations", iterations) if epochs is None else ("epochs", epochs)
    planned = checks.whole_number("train", name, 1000 if planned is None else planned)
    if planned > MOST:
        raise InputError("train", f"at most {MOST:,} {name}", "more")
    return planned if epochs is None else planned * per_epoch


def record_interval(record_every: int | None, iterations: int, batches: Batches) -> int:
    if record_every is not None:
        return checks.whole_number("train", "record_every", record_every, least=1)
    return batches.per_epoch if batches.whole is None else max(1, iterations // 100)


def count_runs(asked: Any, rule: Any, learning_rate: Array, l2: Array) -> int | None:
    """R, or None if nothing has an axis of runs. InputError if they disagree.

    asked : train's arguments.
    """
    checks.kind("train", "network", asked.network, Network)
    found = {"network": asked.network.n_runs}
    momentum = getattr(rule, "momentum", 0.0)
    settings: dict[str, Any] = {"learning_rate": learning_rate, "l2": l2, "momentum": momentum}
    found |= {name: len(value) for name, value in settings.items() if np.ndim(value)}
    found |= {"Y": _runs_of(asked.data), "validation's Y": _runs_of(asked.validation)}
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
    m = Y.shape[-1]
    weight = np.ones(m) if sample_weight is None else weights_of("sample_weight", sample_weight, m)
    if class_weight is not None:
        weight = weight * _of_classes(class_weight, Y, weight > 0)
    total = weight.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        expected = "at least one example of positive weight in every run"
        raise InputError("train", expected, "only zeros", "Weight 0 leaves an example out.")
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

    Y : (n_y, m) or (R, n_y, m). counted : which examples have a weight at all, (m,) or (R, m).
    """
    single = Y.shape[-2] == 1
    if not np.isin(Y, (0, 1)).all() or (not single and (Y.sum(axis=-2) != 1).any()):
        expected = "labels of one class each for class_weight"
        got = "labels between 0 and 1, or several 1 in a column"
        raise InputError("train", expected, got, "Weigh the examples instead: sample_weight.")
    one_hot = np.concatenate([1 - Y, Y], axis=-2) if single else Y
    labels, n_classes = one_hot.argmax(axis=-2), one_hot.shape[-2]
    if not isinstance(class_weight, Mapping):
        name = "class_weight (a dict of classes, or a name)"
        checks.one_of("train", name, class_weight, ("balanced",))
        counts = (counted[..., None, :] * one_hot).sum(axis=-1, keepdims=True)
        return (one_hot / np.maximum(counts, 1)).sum(axis=-2)
    table = np.ones(n_classes)
    for index, value in class_weight.items():
        index = checks.whole_number("train", "a class in class_weight", index)
        if index >= n_classes:
            raise InputError("train", f"classes below {n_classes} in class_weight", f"{index}")
        table[index] = checks.number("train", "class_weight", value, least=0)
    return table[labels]
