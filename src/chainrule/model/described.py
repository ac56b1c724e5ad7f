"""What another program has to be told of a trained network, and answers to compare its own with.

The same for a `Model` and for a fitted MLPClassifier or MLPRegressor. Examples come first here.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Scaling
from chainrule.errors import InputError
from chainrule.model.model_file import Model, decided
from chainrule.network import Network

Array = np.ndarray
EXAMPLES = 64  # drawn at random, where none are given


@dataclass(frozen=True, eq=False)
class Described:
    """A network with what its inputs and outputs mean.

    network : of R runs for an ensemble, whose outputs are averaged.
    decides : "class" (one of several), "label" (each output on its own), or "" for numbers.
    rows : inputs to compare on, unscaled, (N, n_x) or (N, *image_shape), of the dtype they have in
        the file. numbers : our own answers, probabilities (N, n_classes) or values (N, n_y).
    decisions : our own, (N,) indices of classes or (N, n_y) of 0 and 1; None for numbers.
    facts : for the metadata; lists of names.
    spread : (N, n_classes) of an ensemble of two members or more, see `Model.spread`; else None.
    """

    network: Network
    scaling: Scaling
    image_shape: tuple[int, ...] | None
    decides: str
    rows: Array
    numbers: Array
    decisions: Array | None
    facts: dict[str, list[Any]]
    spread: Array | None = None

    @property
    def input(self) -> tuple[str, Sequence[str | int]]:
        """The input's name and shape."""
        return "features" if self.image_shape is None else "picture", ("N", *self.rows.shape[1:])

    @property
    def answers(self) -> dict[str, Array]:
        """Our own answers by the names of the file's outputs, in their order; the decisions first
        where there are any."""
        if self.decisions is None:
            return {"value": self.numbers}
        found = {self.decides: self.decisions, "probabilities": self.numbers}
        return found if self.spread is None else found | {"spread": self.spread}

    def outputs(self, dtype: Any) -> Iterator[Array]:
        """The network's A (n_y, N), of each member in turn, as arithmetic in `dtype` gives it."""
        X = self.scaling(self.rows.reshape(len(self.rows), -1).T, np.dtype(dtype))
        network, n_runs = self.network.astype(dtype), self.network.n_runs
        for member in [network] if n_runs is None else map(network.run, range(n_runs)):
            yield member.predict_proba(X)


def described(model: Any, raw: Any) -> Described:
    """`model` and its answers to `raw`, both as `export_onnx` takes them."""
    if isinstance(model, Model):
        return _model(model, raw)
    # Only whoever exports something else than a Model waits for scikit-learn.
    from chainrule.estimators import MLPClassifier, MLPRegressor

    if isinstance(model, (MLPClassifier, MLPRegressor)):
        return _estimator(model, raw)
    raise InputError(
        "export_onnx", "a Model, MLPClassifier or MLPRegressor", f"a {type(model).__name__}"
    )


def _model(model: Model, raw: Any) -> Described:
    n_x, pixels = model.network.layer_sizes[0], model.image_shape is not None
    if raw is None:
        rng, shape = np.random.default_rng(0), (n_x, EXAMPLES)
        around = model.scaling.shift + model.scaling.divisor * rng.standard_normal(shape)
        raw = rng.integers(0, 256, shape, dtype=np.uint8) if pixels else around
    raw = checks.matrix("export_onnx", "raw", raw)
    checks.features("export_onnx", raw.shape, n_x, "raw")
    if pixels and raw.dtype != np.uint8:
        raise InputError("export_onnx", "raw pictures of 8 bits", str(raw.dtype))
    raw = raw if pixels else raw.astype(np.float64)
    rows = np.ascontiguousarray(raw.T).reshape(-1, *(model.image_shape or (n_x,)))
    P = model.predict_proba(raw)
    facts = {"classes": list(model.classes)}
    if model.feature_names is not None:
        facts["feature_names"] = list(model.feature_names)
    return Described(
        model.network,
        model.scaling,
        model.image_shape,
        "class",
        rows,
        P.T,
        decided(P),
        facts,
        model.spread(raw).T if model.n_members > 1 else None,
    )


def _estimator(model: Any, raw: Any) -> Described:
    from sklearn.utils.validation import validate_data

    network = model.network_
    if raw is None:
        X = np.random.default_rng(0).standard_normal((EXAMPLES, network.layer_sizes[0]))
    else:
        X = validate_data(model, raw, accept_sparse=True, reset=False)
    X = np.asarray(X.toarray() if hasattr(X, "toarray") else X, network.dtype, order="C")
    # X has lost the names that it was checked by, so they are not asked for again.
    nameless = copy(model)
    names = nameless.__dict__.pop("feature_names_in_", None)
    found = nameless.predict(X)
    facts = {} if names is None else {"feature_names": names.tolist()}
    decides, decisions = "", None
    if hasattr(model, "classes_"):
        facts["classes"] = _class_names(model)
        several = found.ndim == 2
        decides = "label" if several else "class"
        dense = found.toarray() if hasattr(found, "toarray") else found
        decisions = dense if several else np.searchsorted(model.classes_, found)
        numbers = nameless.predict_proba(X)
    else:
        numbers = found.reshape(len(X), -1)
    return Described(network, Scaling(), None, decides, X, numbers, decisions, facts)


def _class_names(model: Any) -> list[Any]:
    """`classes_` as JSON can hold them."""
    if len(model.classes_) < 2:
        fix = "Fit it to examples of two classes or more."
        raise InputError("export_onnx", "at least 2 classes", f"{len(model.classes_)}", fix)
    plain = (str, bool, int, float)
    return [name if isinstance(name, plain) else str(name) for name in model.classes_.tolist()]
