"""Products that sum over common axes: of matrices, of arrays of any number of axes, of vectors.

All but the matrix product itself, which people read as one, have their derivatives from Einstein's
summation: z = sum x y ... over letters that are not in z, so dJ/dx is the same sum with g in the
place of x and the letters of x in the place of those of z.
"""

from collections.abc import Callable
from string import ascii_letters
from typing import Any

import numpy as np

from chainrule.graph.operations.definition import Array, Function, define, traceable, unbroadcast

# ---- Einstein's summation ----------------------------------------------------------------------


@traceable
def einsum(operands: Any, subscripts: str) -> Array:
    """np.einsum(subscripts, *operands)."""
    return np.einsum(subscripts, *operands)


def subscripts_of(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """np.einsum's arguments as one text and a list: "ij,jk->ik", or arrays and lists of numbers."""
    if isinstance(operands[0], str):
        return operands[0], list(operands[1:])

    def spelled(numbers: Any) -> str:
        return "".join("..." if k is Ellipsis else ascii_letters[k] for k in numbers)

    texts = list(map(spelled, operands[1::2]))
    text = ",".join(texts)
    if len(operands) % 2:
        text = f"{text}->{spelled(operands[-1])}"
    return text, list(operands[: len(texts) * 2 : 2])


def _letters(subscripts: str, xs: tuple[Any, ...]) -> tuple[list[str], str]:
    """A letter for every axis, of each operand and of the result, also for those behind "..."."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    hidden = [np.ndim(x) - len(t) + 3 if "..." in t else 0 for t, x in zip(terms, xs, strict=True)]
    free = "".join(c for c in ascii_letters if c not in subscripts)[: max(hidden)]
    if not arrow:
        once = sorted(c for c in set(left) - set(",.") if left.count(c) == 1)
        result = ("..." if "..." in left else "") + "".join(once)
    spelled = [t.replace("...", free[len(free) - n :]) for t, n in zip(terms, hidden, strict=True)]
    return spelled, result.replace("...", free)


def _of_einsum(g: Array, z: Array, place: int, *xs: Array, subscripts: str) -> Array:
    terms, result = _letters(subscripts, xs)
    length: dict[str, int] = {}  # of each letter; an axis of length 1 is repeated along it
    for letter, n in zip("".join(terms), [n for x in xs for n in np.shape(x)], strict=True):
        length[letter] = n if length.get(letter, 1) == 1 else length[letter]
    known = [(t, x) for k, (t, x) in enumerate(zip(terms, xs, strict=True)) if k != place]
    known.append((result, g))
    target, free = "", [c for c in ascii_letters if c not in length]
    for c in terms[place]:
        if c in target:  # x_ii: only the diagonal was used
            target += (another := free.pop())
            known.append((c + another, np.eye(length[c])))
        else:
            target += c
            known.append((c, np.ones(length[c])))  # also where x was summed along c alone
    found = np.einsum(f"{','.join(t for t, _ in known)}->{target}", *(x for _, x in known),
                      optimize=True)  # fmt: skip
    return unbroadcast(found, np.shape(xs[place]))


define(
    einsum,
    "[x, y, ...]",
    ("the sum with g in its place", _of_einsum),
    parameters=("subscripts",),
    mixes=True,
)


def _tensordot(n: int, m: int, axes: Any = 2) -> str:
    """The letters of np.tensordot for n and m axes."""
    if np.ndim(axes) == 0:
        axes = (range(n - axes, n), range(axes))
    x, y = ascii_letters[:n], list(ascii_letters[n : n + m])
    for i, j in zip(*(np.atleast_1d(a) for a in axes), strict=True):
        y[j] = x[i]
    return f"{x},{''.join(y)}->{''.join(c for c in (*x, *y) if not (c in x and c in y))}"


def _inner(n: int, m: int) -> str:
    return _tensordot(n, m, ([-1], [-1]) if n and m else 0)


def _dot(n: int, m: int) -> str:
    return _tensordot(n, m, ([-1], [max(-2, -m)]) if n and m else 0)


def _as_einsum(subscripts: Callable[..., str], place: int) -> Function:
    def derivative(g: Array, z: Array, x: Array, y: Array, **options: Any) -> Array:
        text = subscripts(np.ndim(x), np.ndim(y), **options)
        return _of_einsum(g, z, place, x, y, subscripts=text)

    return derivative


for _function, _subscripts, _options in (
    (np.tensordot, _tensordot, ("axes",)),
    (np.inner, _inner, ()),
):
    define(
        _function,
        f"{_function.__name__}(x, y)",
        ("g times y, summed over its own axes", _as_einsum(_subscripts, 0)),
        ("x times g, summed over its own axes", _as_einsum(_subscripts, 1)),
        parameters=_options,
        mixes=True,
    )

# ---- the matrix product ------------------------------------------------------------------------


def _to_the_left(g: Array, z: Array, x: Array, y: Array) -> Array:
    """dJ/dx of z = x @ y: g @ y^T, where vectors are rows on the left and columns on the right."""
    if np.ndim(y) == 1:
        found = np.expand_dims(g, -1) * y
    elif np.ndim(x) == 1:
        found = (y @ np.expand_dims(g, -1))[..., 0]
    else:
        found = g @ y.mT
    return unbroadcast(found, np.shape(x))


def _to_the_right(g: Array, z: Array, x: Array, y: Array) -> Array:
    """dJ/dy of z = x @ y: x^T @ g."""
    if np.ndim(x) == 1:
        found = np.expand_dims(x, -1) * np.expand_dims(g, -2) if np.ndim(y) > 1 else g * x
    elif np.ndim(y) == 1:
        found = (np.expand_dims(g, -2) @ x)[..., 0, :]
    else:
        found = x.mT @ g
    return unbroadcast(found, np.shape(y))


def _of_dot(product: Function, place: int) -> Function:
    """np.dot is the matrix product only of vectors and matrices."""
    of_any = _as_einsum(_dot, place)

    def derivative(g: Array, z: Array, x: Array, y: Array) -> Array:
        axes = np.ndim(x), np.ndim(y)
        return (product if min(axes) and max(axes) <= 2 else of_any)(g, z, x, y)

    return derivative


define(
    np.matmul,
    "x @ y",
    ("g @ y.T", _to_the_left),
    ("x.T @ g", _to_the_right),
    elementwise=False,  # though it is a ufunc
    mixes=True,
)
define(
    np.dot,
    "x @ y",
    ("g @ y.T", _of_dot(_to_the_left, 0)),
    ("x.T @ g", _of_dot(_to_the_right, 1)),
    mixes=True,
)

# ---- of vectors in space -----------------------------------------------------------------------


def _of_cross(place: int) -> Function:
    def derivative(
        g: Array, z: Array, x: Array, y: Array, axis: Any = None,
        axisa: int = -1, axisb: int = -1, axisc: int = -1,
    ) -> Array:  # fmt: skip
        a, b, c = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
        x, y, g = np.moveaxis(x, a, -1), np.moveaxis(y, b, -1), np.moveaxis(g, c, -1)
        mine, at, found = (y, b, np.cross(g, x)) if place else (x, a, np.cross(y, g))
        return np.moveaxis(unbroadcast(found, np.shape(mine)), -1, at)

    return derivative


define(
    np.cross,
    "cross(x, y)",
    ("cross(y, g)", _of_cross(0)),
    ("cross(g, x)", _of_cross(1)),
    parameters=("axisa", "axisb", "axisc", "axis"),
)
