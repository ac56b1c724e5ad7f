"""Is your own backward right? Each of its results beside differences of your forward's values."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments, Leaf
from chainrule.graph.checking.differences import STEP, Settings, Slopes
from chainrule.graph.checking.forward import NOTHING, as_numbers
from chainrule.graph.checking.handwritten import WHERE, Pair
from chainrule.graph.checking.mistakes import Case, known_mistakes
from chainrule.graph.checking.pairing import PARAMETERS, chosen, kind_of, paired
from chainrule.graph.checking.report import GradientCheck, reported

Array = np.ndarray


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *args: Any,
    wrt: str | Sequence[str] | None = None,
    averaged: str | Sequence[str] | None = None,
    form: str | None = None,
    step: float = STEP,
    tolerance: float = 1e-6,
    entries: int | None = 200,
    rng: int | np.random.Generator | None = 0,
) -> GradientCheck:
    """Your own forward and backward: which result is wrong, by how much, where, and why.

    A layer. forward(*args) gives an array Z, or (Z, cache); backward(dZ, cache), without a cache
    backward(dZ, *args), gives the gradients: one, a tuple in the order of the arguments, or a
    dictionary with the keys "d" + name. dZ is drawn at random.

    >>> import numpy as np
    >>> from chainrule.graph import check_backward
    >>> def linear_forward(A_prev, W, b):
    ...     return W @ A_prev + b, (A_prev, W, b)
    >>> def linear_backward(dZ, cache):
    ...     A_prev, W, b = cache
    ...     db = np.sum(dZ, axis=1, keepdims=True) / dZ.shape[1]
    ...     return W.T @ dZ, dZ @ A_prev.T, db
    >>> rng = np.random.default_rng(1)
    >>> A_prev, W, b = (rng.standard_normal(shape) for shape in [(3, 5), (4, 3), (4, 1)])
    >>> check = check_backward(linear_forward, linear_backward, A_prev, W, b)
    >>> bool(check)
    False
    >>> print(check["dW"].mistake)
    5.0 times too large, m = 5: the 1/m is missing.

    A cost. forward(*args) gives one number, or (cost, cache); backward(*args), or backward(cache),
    gives its gradients, as above; other keys, such as dA1, are passed over. Arguments may be
    dictionaries, such as the course's parameters, whose gradients have the keys dW1, db1, ...

    >>> def cost(w, b, X, Y):
    ...     return np.mean((w.T @ X + b - Y) ** 2)
    >>> def gradients(w, b, X, Y):
    ...     dZ = 2 * (w.T @ X + b - Y) / X.shape[1]
    ...     return {"dw": X @ dZ.T, "db": np.sum(dZ)}
    >>> X, Y, w = (rng.standard_normal(shape) for shape in [(3, 5), (1, 5), (3, 1)])
    >>> bool(check_backward(cost, gradients, w, 0.5, X, Y))
    True

    What a function takes besides is given with a lambda:
    check_backward(lambda A_prev, W, b: linear_activation_forward(A_prev, W, b, "relu"),
    lambda dA, cache: linear_activation_backward(dA, cache, "relu"), A_prev, W, b).

    wrt : names of the arguments with respect to which backward differentiates, if not all.
    averaged : names of the arguments whose gradient is divided by m, the columns of Z. As in the
        course, a layer's dZ holds one derivative for each example, and the mean over the examples
        is taken in dW and db: of a layer W, w and b (W1, b1, ...) by default, unless the other
        arguments have other numbers of columns. averaged=() for gradients of sum(dZ * Z)
        throughout.
    form : "layer" or "cost", where an output of one number would be read as the other. A number
        of shape () is a cost.
    step, tolerance, entries : see `check_gradients`; where not all entries are compared, a sum of
        all with random weights is. rng : a seed or generator, for dZ and for these choices.

    Everything is computed in float64; results are expected as central differences give them, and
    do not depend on the graph. Where forward can be traced, the graph helps to name the mistake.
    Use random arguments of size 1 and unequal sizes (n = 4, n_prev = 3, m = 5): in a square matrix
    a missing transpose has the right shape, and with m = 1 a missing 1/m changes nothing.

    Raises InputError if forward or backward raises, forward changes its arguments in place or
    gives something else when called again, or the number of gradients is not that of arguments.
    """
    settings = Settings.valid(WHERE, step, tolerance, entries)
    if form is not None:
        checks.one_of(WHERE, "form", form, ("layer", "cost"))
    rng = np.random.default_rng(rng)
    arguments = Arguments(forward, args)
    if not arguments.leaves:
        raise InputError(WHERE, "arguments that hold numbers", "none")
    with np.errstate(all="ignore"):
        pair = Pair(forward, backward, arguments, form, rng)
        divided = _averaged(pair, arguments, averaged)
        results, extra = paired(pair.gradients(), arguments, wrt, is_cost=pair.is_cost)
        reports, cases = [], []
        for leaf, result in results:
            name, scale = f"d{leaf.name}", 1 / pair.m if pair.m and leaf.key in divided else 1.0
            got = as_numbers(result) if result is not NOTHING else "backward does not return it"
            if isinstance(got, str) and result is not NOTHING:
                got = f"it is {got}"
            slopes = Slopes(pair.values(leaf), leaf.value, pair.dZ * scale)
            report, found = reported(name, leaf, got, slopes, settings, rng, None)
            reports.append(report)
            cases.append(Case(name, leaf, scale, found, None if isinstance(got, str) else got))
        known = known_mistakes(forward, pair, arguments, cases)
    reports = [r if r.right else replace(r, mistakes=known.get(r.name, ())) for r in reports]
    besides = [f"Returned besides, not checked: {', '.join(extra)}."] if extra else []
    left_out = arguments.left_out([leaf for leaf, _ in results])
    return GradientCheck(
        tuple(reports),
        settings.tolerance,
        _expectation(pair, results, divided),
        (*pair.notes, *_blind_spots(pair, cases), *left_out, *besides),
    )


def _averaged(
    pair: Pair, arguments: Arguments, averaged: str | Sequence[str] | None
) -> set[tuple[int, str]]:
    """Keys of the arguments whose gradient is a mean over the examples."""
    if averaged is None:
        wanted = {leaf.key for leaf in arguments.leaves if kind_of(leaf.name) in PARAMETERS}
        data = [x for x in arguments.leaves if x.value.ndim == 2 and x.key not in wanted]
        # With the examples as rows, m is not the number of columns, nor is it the course's layer.
        columns = not data or any(leaf.value.shape[1] == pair.m for leaf in data)
        return wanted if pair.m and columns else set()
    found = chosen("averaged", averaged, arguments.leaves, lambda x: (x.name, kind_of(x.name)))
    if found and not pair.m:
        got = "a cost" if pair.is_cost else f"an output of shape {pair.output.shape}"
        raise InputError(WHERE, "an output (n, m), to average over m examples", got, "averaged=()")
    return {leaf.key for leaf in found}


def _expectation(pair: Pair, results: list[tuple[Leaf, Any]], divided: set[tuple[int, str]]) -> str:
    means = [f"d{leaf.name}" for leaf, _ in results if leaf.key in divided]
    others = [f"d{leaf.name}" for leaf, _ in results if leaf.key not in divided]
    lines = ["Expected: the derivatives of the cost."]
    if not pair.is_cost:
        lines = [f"Expected, from random derivatives of the output {pair.output.shape}:"]
        if others:
            lines.append(f"  {', '.join(others)}: the derivative of sum(d output * output).")
        if means:
            lines.append(
                f"  {', '.join(means)}: that divided by m = {pair.m}, as in the course "
                "(averaged=() expects it undivided)."
            )
    return "\n".join(lines)


def _blind_spots(pair: Pair, cases: list[Case]) -> list[str]:
    """What these arguments cannot show."""
    lines = []
    if pair.m == 1:
        lines.append("With m = 1 a missing 1/m does not show: take several examples.")
    zero = [case.name for case in cases if not case.found.numeric.any()]
    if zero:
        lines.append(
            f"Zero everywhere, so that little shows: {', '.join(zero)}. Take other arguments."
        )
    return lines
