"""Is your own backward right? Each of its results beside differences of your forward's values.

First it has to be found out which of the results is the gradient of which argument.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.differences import STEP, Settings, Slopes
from chainrule.graph.checking.forward import NOTHING, Arguments, Leaf, Pair, as_numbers
from chainrule.graph.checking.mistakes import Case, known_mistakes
from chainrule.graph.checking.report import GradientCheck, reported

WHERE = "check_backward"
PARAMETERS = ("w", "W", "b")  # with or without a layer's number


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
    settings = Settings.valid(WHERE, step, tolerance, entries, rng)
    if form is not None:
        checks.one_of(WHERE, "form", form, ("layer", "cost"))
    arguments = Arguments(forward, args)
    if not arguments.leaves:
        raise InputError(WHERE, "arguments that hold numbers", "none")
    with np.errstate(all="ignore"):
        pair = Pair(WHERE, forward, arguments, form, settings.rng)
        divided = _averaged(pair, averaged)
        results, extra = _paired(pair.gradients(backward), arguments, wrt, is_cost=pair.is_cost)
        reports, cases = [], []
        for leaf, result in results:
            name, scale = f"d{leaf.name}", 1 / pair.m if pair.m and leaf.key in divided else 1.0
            got = as_numbers(result) if result is not NOTHING else "backward does not return it"
            if isinstance(got, str) and result is not NOTHING:
                got = f"it is {got}"
            slopes = Slopes(pair.values(leaf), leaf.value, pair.dZ * scale, settings)
            report, found = reported(name, leaf.value.shape, got, slopes, None)
            reports.append(report)
            cases.append(Case(name, leaf, scale, found, None if isinstance(got, str) else got))
        known = known_mistakes(pair, cases)
    reports = [r if r.right else replace(r, mistakes=known.get(r.name, ())) for r in reports]
    besides = [f"Returned besides, not checked: {', '.join(extra)}."] if extra else []
    left_out = arguments.left_out([leaf for leaf, _ in results])
    return GradientCheck(
        tuple(reports),
        settings.tolerance,
        _expectation(pair, cases, divided),
        (*pair.notes, *_blind_spots(pair, cases), *left_out, *besides),
    )


def _averaged(pair: Pair, averaged: str | Sequence[str] | None) -> set[str]:
    """Keys of the arguments whose gradient is a mean over the examples."""
    leaves = pair.arguments.leaves
    if averaged is None:
        wanted = {leaf.key for leaf in leaves if _kind(leaf.name) in PARAMETERS}
        data = [leaf for leaf in leaves if leaf.value.ndim == 2 and leaf.key not in wanted]
        # With the examples as rows, m is not the number of columns, nor is it the course's layer.
        columns = not data or any(leaf.value.shape[1] == pair.m for leaf in data)
        return wanted if pair.m and columns else set()
    found = _chosen("averaged", averaged, leaves, lambda x: (x.name, _kind(x.name)))
    if found and not pair.m:
        got = "a cost" if pair.is_cost else f"an output of shape {pair.output.shape}"
        raise InputError(WHERE, "an output (n, m), to average over m examples", got, "averaged=()")
    return {leaf.key for leaf in found}


def _expectation(pair: Pair, cases: list[Case], divided: set[str]) -> str:
    if pair.is_cost:
        return "Expected: the derivatives of the cost."
    lines = [f"Expected, from random derivatives of the output {pair.output.shape}:"]
    means = ", ".join(case.name for case in cases if case.leaf.key in divided)
    others = ", ".join(case.name for case in cases if case.leaf.key not in divided)
    if others:
        lines.append(f"  {others}: the derivative of sum(d output * output).")
    if means:
        lines.append(
            f"  {means}: that divided by m = {pair.m}, as in the course "
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


# ---- which result belongs to which argument ----------------------------------------------------


def _kind(name: str) -> str:
    """W of W1."""
    return name.rstrip("0123456789")


def _paired(
    returned: Any, arguments: Arguments, wrt: Sequence[str] | None, *, is_cost: bool
) -> tuple[list[tuple[Leaf, Any]], list[str]]:
    """(argument, its gradient or NOTHING), and names that were returned beside them."""
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], Mapping):
        returned = returned[0]  # (grads, cost), as the course's propagate gives them
    if returned is None:
        raise InputError(WHERE, "gradients from backward", "None", "Does it end with return?")
    leaves = arguments.leaves
    if wrt is not None:
        leaves = _chosen("wrt", wrt, leaves, lambda x: (x.name, x.argument, x.label))
    if isinstance(returned, Mapping):
        return _by_name(returned, leaves, all_wanted=wrt is not None)
    results = returned if isinstance(returned, (tuple, list)) else (returned,)
    groups = list(_ways_to_count(leaves, is_cost=is_cost and wrt is None))
    for group in groups:
        if len(group) == len(results):
            pairs = zip(group, results, strict=True)
            return [pair for unit, result in pairs for pair in _of_argument(unit, result)], []
    expected = ", ".join(f"d{unit[0].argument}" for unit in groups[0])
    raise InputError(
        WHERE,
        f"a backward that returns {len(groups[0])} gradients, {expected} in this order",
        f"{len(results)}",
        "Name the arguments that it differentiates, as wrt=('W', 'b'), or return a dictionary "
        "with the keys 'dW', 'db'.",
    )


def _chosen(
    option: str,
    names: str | Sequence[str],
    leaves: list[Leaf],
    words: Callable[[Leaf], tuple[str, ...]],
) -> list[Leaf]:
    """The leaves that `names` names, by one of the words for each."""
    found = []
    for name in (names,) if isinstance(names, str) else names:
        these = [leaf for leaf in leaves if name in words(leaf)]
        if not these:
            known = checks.listed([leaf.name for leaf in leaves])
            raise InputError(WHERE, f"{option} to name arguments, of {known}", repr(name))
        found += these
    return found


def _ways_to_count(leaves: list[Leaf], *, is_cost: bool) -> Iterator[list[list[Leaf]]]:
    """What a tuple may be a tuple of: all arguments, those of floats, the parameters of a cost."""
    floats = [leaf for leaf in leaves if not leaf.whole]
    parameters = [leaf for leaf in leaves if _kind(leaf.name) in PARAMETERS]
    for some in (leaves, floats, parameters if is_cost else floats):
        places = dict.fromkeys(leaf.place for leaf in some)
        yield [[leaf for leaf in some if leaf.place == place] for place in places]
        yield [[leaf] for leaf in some]


def _of_argument(unit: list[Leaf], result: Any) -> list[tuple[Leaf, Any]]:
    """The gradients with respect to one argument, which may be a list or dictionary."""
    if isinstance(result, Mapping):
        return _by_name(result, unit, all_wanted=True)[0]
    if len(unit) == 1:
        return [(unit[0], result)]
    if isinstance(result, (tuple, list)) and len(result) == len(unit):
        return list(zip(unit, result, strict=True))
    raise InputError(
        WHERE,
        f"the gradient of {unit[0].argument} with the names or the length of {unit[0].argument}",
        checks.describe(result),
    )


def _by_name(
    grads: Mapping[Any, Any], leaves: list[Leaf], *, all_wanted: bool
) -> tuple[list[tuple[Leaf, Any]], list[str]]:
    keys = {leaf.key: _key(leaf.name, grads) for leaf in leaves}
    wanted = [
        leaf
        for leaf in leaves
        if all_wanted
        or keys[leaf.key] is not None
        or (_kind(leaf.name) in PARAMETERS and not leaf.whole)
        or any(keys[other.key] for other in leaves if other.place == leaf.place)
    ]
    if not any(key is not None for key in keys.values()):
        expected = checks.listed([f"'d{leaf.name}'" for leaf in leaves])
        got = checks.listed([repr(key) for key in grads]) or "none"
        raise InputError(WHERE, f"gradients under keys such as {expected}", got)
    pairs = [(leaf, grads.get(keys[leaf.key], NOTHING)) for leaf in wanted]
    used = set(keys.values())
    return pairs, [str(key) for key in grads if key not in used]


def _key(name: str, grads: Mapping[Any, Any]) -> str | None:
    """dA, or dA_prev, of the argument A; A itself where no name begins with d."""
    plain = not any(str(key).startswith("d") for key in grads)
    possible = (f"d{name}", f"d{name}_prev", name if plain else "")
    return next((key for key in possible if key in grads), None)
