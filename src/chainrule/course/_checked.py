"""Arguments of the course's functions, checked: shapes that belong together, labels, names."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import Node


def floats(where: str, name: str, value: Any) -> np.ndarray:
    """`value` as floats of its own shape; what is float already keeps its dtype, uncopied.

    A node of the computation graph passes: the functions are written so that it runs through them.
    """
    if isinstance(value, Node):
        return value  # type: ignore[return-value]
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise InputError(where, f"{name} to be one array", checks.describe(value)) from None
    if array.dtype.kind not in "fiub":
        raise InputError(where, f"{name} to hold numbers", f"dtype {array.dtype}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def step_size(where: str, value: Any) -> float:
    """A learning rate: one finite number above zero."""
    return checks.number(where, "learning_rate", value, least=0, open_below=True)


def rows(where: str, name: str, value: Any) -> np.ndarray:
    """Vectors as the rows of a float matrix; a rank-1 array is refused."""
    array = floats(where, name, value)
    if array.ndim == 1:
        raise InputError(
            where,
            f"{name} with two axes, one vector per row",
            f"a rank-1 array of shape {array.shape}",
            f"For a single vector pass {name}.reshape(1, {array.size}).",
        )
    if isinstance(array, Node) and array.ndim == 2:
        return array
    return checks.matrix(where, name, array, columns="one vector per row")


def features(where: str, name: str, value: Any, n_x: int | None = None) -> np.ndarray:
    """Examples as the columns of a float matrix (n_x, m)."""
    X = floats(where, name, checks.matrix(where, name, value))
    if X.shape[1] == 0:
        raise InputError(where, f"{name} with at least one column (example)", f"shape {X.shape}")
    if n_x is not None:
        checks.features(where, X.shape, n_x, name)
    return X


def of_shape(where: str, name: str, value: Any, shape: tuple[int, ...], why: str) -> np.ndarray:
    """`value` as floats of exactly `shape`, which `why` explains."""
    array = floats(where, name, value)
    if array.shape == shape:
        return array
    same_size = array.size == np.prod(shape)
    fix = f"If the order is right, pass {name}.reshape{shape}." if same_size else ""
    raise InputError(where, f"{name} of shape {shape}, {why}", f"shape {array.shape}", fix)


def labels(where: str, name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Labels 0 and 1 as floats of exactly `shape` (n_y, m)."""
    Y = of_shape(where, name, value, shape, "one column per example")
    wrong = int(np.count_nonzero((Y != 0) & (Y != 1)))
    if wrong:
        raise InputError(
            where,
            f"{name} to hold the labels 0 and 1 only",
            "another value" if wrong == 1 else f"{wrong} other values",
            f"Make them so, for instance ({name} == positive_label).astype(int).",
        )
    return Y


def probabilities(where: str, name: str, value: Any) -> np.ndarray:
    """Outputs (n_y, m) in [0, 1], one column per example."""
    A = features(where, name, value)
    if A.min() < 0 or A.max() > 1:
        raise InputError(
            where,
            f"{name} to hold probabilities, 0 to 1",
            f"numbers from {A.min():g} to {A.max():g}",
            "Pass the outputs of the sigmoid.",
        )
    return A


def derivatives(where: str, name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """dJ/d(something) of exactly `shape`, finite."""
    array = of_shape(where, name, value, shape, "that of what it is the derivative of")
    if not np.isfinite(array).all():
        raise InputError(
            where,
            f"{name} to hold finite numbers only",
            f"{np.count_nonzero(~np.isfinite(array))} missing or infinite",
            "An output of exactly 0 or 1 has such a dA; L_model_backward takes that case in one "
            "step with the sigmoid.",
        )
    return array


def layer(where: str, name: str, A_prev: Any, W: Any, b: Any) -> tuple[np.ndarray, ...]:
    """One layer's input (n_prev, m), W (n, n_prev) and b (n, 1), as floats that fit each other.

    name : what the caller names the input.
    """
    A_prev = features(where, name, A_prev)
    W = floats(where, "W", checks.matrix(where, "W", W, columns="(n, n_prev)"))
    if W.shape[1] != A_prev.shape[0]:
        raise InputError(
            where,
            f"W with {A_prev.shape[0]} columns, one for each row of {name} {A_prev.shape}",
            f"{W.shape}",
            f"The examples look like rows: pass {name}.T." * (W.shape[1] == A_prev.shape[1]),
        )
    return A_prev, W, of_shape(where, "b", b, (W.shape[0], 1), "one row for each row of W")


def depth(where: str, parameters: Any) -> int:
    """L, when `parameters` holds W1, b1, ..., WL, bL."""
    L = len(parameters) // 2 if isinstance(parameters, dict) else 0
    if L and all(f"{kind}{k}" in parameters for k in range(1, L + 1) for kind in "Wb"):
        return L
    got = f"the names {', '.join(map(str, parameters))}" if L else checks.describe(parameters)
    raise InputError(where, "a dictionary of W1, b1, ..., WL, bL", got)


def sizes(where: str, name: str, value: Any, count: int | None = None) -> list[int]:
    """Layer sizes n_x, n_1, ..., n_L as whole numbers; `count` of them, or at least two."""
    listed = list(value) if isinstance(value, (Sequence, np.ndarray)) else []
    if len(listed) < 2 or (count is not None and len(listed) != count):
        wanted = f"{count or 'two or more'} layer sizes"
        raise InputError(where, f"{name} to be {wanted}", checks.describe(value))
    return [checks.whole_number(where, f"each of {name}", n, least=1) for n in listed]
