"""Arguments of the course's functions, checked: shapes that belong together, labels, names."""

import sys
import warnings
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
    array = checks.plain_array(where, name, value, f"{name} to be one array")
    array = checks.real(where, name, array)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def bias(where: str, value: Any) -> np.ndarray:
    """b, one finite number, as floats of its own shape: (), (1,) or (1, 1)."""
    b = floats(where, "b", value)
    checks.number(where, "b", np.squeeze(b))
    return b


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


def row_or_column(
    where: str, name: str, value: Any, shape: tuple[int, ...], why: str
) -> np.ndarray:
    """`value` as floats of exactly `shape`, (1, m) or (n, 1); a flat list is laid out so."""
    array = floats(where, name, value)
    if 1 in shape and array.size == max(shape) == max(array.shape, default=1):
        return array.reshape(shape)
    return of_shape(where, name, array, shape, why)


def one_for_all(where: str, name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A single number repeated in `shape`; anything else as floats of its own shape."""
    array = floats(where, name, value)
    if array.size != 1 or array.shape == shape:
        return array
    return array.reshape(()) + np.zeros(shape, array.dtype)  # also where it is a node


def alike(where: str, names: tuple[str, str], first: Any, second: Any) -> tuple[Any, Any]:
    """Two arrays as floats, whose difference has the shape of one: neither makes the other grow."""
    first, second = (floats(where, *pair) for pair in zip(names, (first, second), strict=True))
    try:
        if np.broadcast_shapes(first.shape, second.shape) in (first.shape, second.shape):
            return first, second
    except ValueError:
        pass
    raise InputError(
        where, f"{names[1]} of shape {first.shape}, that of {names[0]}", f"shape {second.shape}"
    )


def labels(where: str, name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Labels as floats (n_y, m), of one output also as a flat list; a warning beyond [0, 1]."""
    Y = row_or_column(where, name, value, shape, "one column per example")
    Y = checks.matrix(where, name, Y)
    if Y.min() < 0 or Y.max() > 1:
        warnings.warn(
            f"{where}: {name} holds labels from {Y.min():g} to {Y.max():g}; 0 and 1 are meant, and "
            f"beyond them the cost has no least value. ({name} == positive_label) makes them so.",
            stacklevel=_level_of_caller(),
        )
    return Y


def examples(where: str, X: Any, Y: Any, n_x: int | None = None, n_y: int = 1) -> list[np.ndarray]:
    """X (n_x, m) and its labels Y (n_y, m)."""
    X = features(where, "X", X, n_x)
    return [X, labels(where, "Y", Y, (n_y, X.shape[1]))]


def _level_of_caller() -> int:
    """How many calls up this package was entered: a warning shows the line of the person's own."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals["__name__"].startswith("chainrule.course"):
        frame, level = frame.f_back, level + 1
    return level


def probabilities(where: str, name: str, value: Any) -> np.ndarray:
    """Outputs (n_y, m) in [0, 1], one column per example; of one output also as a flat list."""
    A = floats(where, name, value)
    A = features(where, name, A.reshape(1, -1) if A.ndim == 1 else A)
    if A.min() < 0 or A.max() > 1:
        raise InputError(
            where,
            f"{name} to hold probabilities, 0 to 1",
            f"numbers from {A.min():g} to {A.max():g}",
            "Pass the outputs of the sigmoid.",
        )
    return A


def derivatives(where: str, name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """dJ/d(something) of exactly `shape`, finite; one number stands for all."""
    why = "that of what it is the derivative of"
    array = row_or_column(where, name, one_for_all(where, name, value, shape), shape, why)
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

    b : one number stands for all rows.
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
    b = one_for_all(where, "b", b, (W.shape[0], 1))
    return A_prev, W, of_shape(where, "b", b, (W.shape[0], 1), "one row for each row of W")


def parts(where: str, name: str, value: Any, meant: Sequence[str]) -> Sequence[Any]:
    """The tuple or list `value`, which has as many elements as `meant` names."""
    if isinstance(value, (tuple, list)) and len(value) == len(meant):
        return value
    raise InputError(where, f"{name} to be ({', '.join(meant)})", checks.describe(value))


def entries(where: str, name: str, value: Any, keys: Sequence[str]) -> list[Any]:
    """What the dictionary `value` holds under `keys`."""
    if isinstance(value, dict) and all(key in value for key in keys):
        return [value[key] for key in keys]
    got = f"the names {', '.join(map(str, value))}" if isinstance(value, dict) else None
    raise InputError(where, f"{name} with {', '.join(keys)}", got or checks.describe(value))


def depth(where: str, parameters: Any) -> int:
    """L, when `parameters` holds W1, b1, ..., WL, bL."""
    L = len(parameters) // 2 if isinstance(parameters, dict) else 0
    if L and all(f"{kind}{k}" in parameters for k in range(1, L + 1) for kind in "Wb"):
        return L
    got = f"the names {', '.join(map(str, parameters))}" if L else checks.describe(parameters)
    fix = (
        "The models return two things: parameters, costs = ..." if type(parameters) is tuple else ""
    )
    raise InputError(where, "a dictionary of W1, b1, ..., WL, bL", got, fix)


def sizes(where: str, name: str, value: Any, count: int | None = None) -> list[int]:
    """Layer sizes n_x, n_1, ..., n_L as whole numbers; `count` of them, or at least two."""
    listed = list(value) if isinstance(value, (Sequence, np.ndarray)) else []
    if len(listed) < 2 or (count is not None and len(listed) != count):
        wanted = f"{count or 'two or more'} layer sizes"
        raise InputError(where, f"{name} to be {wanted}", checks.describe(value))
    return [checks.whole_number(where, f"each of {name}", n, least=1) for n in listed]
