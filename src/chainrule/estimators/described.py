"""What another program has to be told of a fitted estimator."""

from copy import copy
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from chainrule.data import Scaling
from chainrule.errors import InputError
from chainrule.model.described import Described, compared


def described(model: Any, raw: Any) -> Described:
    """A fitted estimator and its answers to raw (m, n_features), or to rows that are drawn."""
    network = model.network_
    if raw is None:
        n_x = network.layer_sizes[0]
        X = np.random.default_rng(0).standard_normal((compared(n_x), n_x))
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
