"""Is your own backward right? Each of its results beside differences of your forward's values."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments, Leaf
from chainrule.graph.checking.backward_report import BackwardCheck, GradientReport
from chainrule.graph.checking.differences import (
    STEP,
    Comparison,
    Settings,
    Slopes,
    along_random,
    compared,
)
from chainrule.graph.checking.handwritten import NOTHING, WHERE, Pair, as_numbers
from chainrule.graph.checking.pairing import PARAMETERS, kind_of, paired
from chainrule.graph.checking.slips import Case, known_slips

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
) -> BackwardCheck:
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
    >>> print(check["dW"].slip)
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
    do not depend on the graph. Where forward can be traced, the graph helps to name slips inside.
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
            scale = 1 / pair.m if pair.m and leaf.key in divided else 1.0
            report, case = _report(pair, leaf, result, scale, settings, rng)
            reports.append(report)
            cases.append(case)
        slips = known_slips(forward, pair, arguments, cases)
    reports = [r if r.right else replace(r, slips=slips.get(r.name, ())) for r in reports]
    return BackwardCheck(
        tuple(reports),
        settings.tolerance,
        _expectation(pair, results, divided, settings.tolerance),
        (*pair.notes, *_blind_spots(pair, cases), *_left_out(arguments, results, extra)),
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
    names = (averaged,) if isinstance(averaged, str) else tuple(averaged)
    if names and not pair.m:
        got = "a cost" if pair.is_cost else f"an output of shape {pair.output.shape}"
        raise InputError(WHERE, "an output (n, m), to average over m examples", got, "averaged=()")
    keys = set()
    for name in names:
        found = {leaf.key for leaf in arguments.leaves if name in (leaf.name, kind_of(leaf.name))}
        if not found:
            known = checks.listed([leaf.name for leaf in arguments.leaves])
            raise InputError(WHERE, f"averaged to name arguments, of {known}", repr(name))
        keys |= found
    return keys


def _report(
    pair: Pair, leaf: Leaf, result: Any, scale: float, settings: Settings, rng: np.random.Generator
) -> tuple[GradientReport, Case]:
    array = "missing" if result is NOTHING else as_numbers(result)
    shape = leaf.value.shape
    slopes = Slopes(pair.values(leaf), leaf.value, pair.dZ * scale)
    got = None if isinstance(array, str) else array
    fits = got is not None and got.shape == shape
    found = compared(slopes, leaf.value, got if fits else None, settings, rng)
    case = Case(f"d{leaf.name}", leaf, scale, found, got)
    problem = _problem(array, shape)
    if problem is None and found.agrees(settings.tolerance) and len(found.places) < leaf.value.size:
        assert got is not None
        problem = _elsewhere(
            along_random(slopes, leaf.value, got, settings, rng), settings.tolerance
        )
    got_shape = None if got is None else got.shape
    if problem:
        return GradientReport(case.name, shape, got_shape, problem is None, problem), case
    return _numbers(case, shape, found, settings.tolerance), case


def _problem(array: Array | str, shape: tuple[int, ...]) -> str | None:
    if isinstance(array, str):
        what = "backward does not return it" if array == "missing" else f"it is {array}"
        return f"{what}; expected an array of shape {shape}"
    if array.shape != shape:
        return f"its shape is {array.shape}; expected {shape}"
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        first = bad[0].tolist()
        return f"{len(bad)} of {array.size} entries are nan or infinite, the first at {first}"
    return None


def _elsewhere(error: float, tolerance: float) -> str | None:
    """Of an array of which only some entries were looked at, what all together say."""
    if error <= tolerance:
        return None
    return f"the entries looked at are right, others not: along a random direction by {error:.2g}"


def _numbers(
    case: Case, shape: tuple[int, ...], found: Comparison, tolerance: float
) -> GradientReport:
    k = found.worst
    return GradientReport(
        case.name,
        shape,
        shape,
        found.agrees(tolerance),
        entries=len(found.places),
        kinks=int(found.kink.sum()),
        difference=abs(float(found.given[k] - found.numeric[k])),
        index=tuple(int(i) for i in np.unravel_index(found.places[k], shape)),
        expected=float(found.numeric[k]),
        got=float(found.given[k]),
        relative_error=found.relative_error,
    )


def _expectation(
    pair: Pair, results: list[tuple[Leaf, Any]], divided: set[tuple[int, str]], tolerance: float
) -> str:
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
    error = "||got - expected|| / (||got|| + ||expected||)"
    return "\n".join([*lines, f"Right is a relative error {error} of at most {tolerance:g}."])


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


def _left_out(arguments: Arguments, results: list[tuple[Leaf, Any]], extra: list[str]) -> list[str]:
    checked = {leaf.key for leaf, _ in results}
    rest = [leaf.name for leaf in arguments.leaves if leaf.key not in checked] + arguments.others
    lines = []
    if rest:
        lines.append(f"Not differentiated: {', '.join(rest)}.")
    if extra:
        lines.append(f"Returned besides, not checked: {', '.join(extra)}.")
    return lines
