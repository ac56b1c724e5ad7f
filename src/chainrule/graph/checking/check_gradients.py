"""Are the graph's gradients right? They are compared with differences of the function's values."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import trees
from chainrule.graph.checking.differences import STEP, Settings, Slopes
from chainrule.graph.checking.forward import Arguments, Forward
from chainrule.graph.checking.report import GradientCheck, reported
from chainrule.graph.gradients import value_and_grad

WHERE = "check_gradients"


def check_gradients(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | str | Sequence[int | str] | None = None,
    step: float = STEP,
    tolerance: float = 1e-6,
    entries: int | None = 100,
    directions: int = 2,
    rng: int | np.random.Generator | None = 0,
) -> GradientCheck:
    """The graph's gradient of f at `args` beside central differences of f's values.

        df/dx_k = (f(x + h e_k) - f(x - h e_k)) / 2h,     h = step * max(1, |x_k|)

    f : gives one number, from numbers, arrays, and lists or dictionaries of them.
    argnums : which arguments, by position or name; None for all that hold floats (or, where none
        does, whole numbers).
    tolerance : for ||g - n|| / (||g|| + ||n||) of each array. Differences that rounding alone
        may make are none.
    entries : so many of each array, chosen at random, are compared one by one, all where an array
        has no more; None for all. directions : and so many sums of all entries with random
        weights of length 1, two values of f each, in which no entry is left out.
    rng : a seed or generator, for both choices.

    float32 is checked in float64. At a kink, such as that of |x| at 0, anything between the slope
    to the left and that to the right is accepted, and said to be at a kink.

    >>> from chainrule.graph import check_gradients
    >>> bool(check_gradients(lambda a, b, c: 3 * (a + b * c), 5.0, 3.0, 2.0))
    True
    """
    arguments = Arguments(f, args)
    places = _places(arguments, argnums)
    settings = Settings.valid(WHERE, step, tolerance, entries, rng)
    directions = checks.whole_number(WHERE, "directions", directions)
    with np.errstate(all="ignore"):
        _, found = value_and_grad(f, places)(*arguments.args)
        gradients = trees.leaves(dict(zip(places, found, strict=True)))
        plain = Forward(WHERE, "function", f, arguments)
        one = np.ones(plain.output.shape)
        checked = [leaf for leaf in arguments.leaves if leaf.key in gradients]
        reports = []
        for leaf in checked:
            slopes = Slopes(plain.values(leaf), leaf.value, one, settings)
            got = np.asarray(gradients[leaf.key])
            reports.append(reported(leaf.label, leaf.value.shape, got, slopes, directions)[0])
    said = ("the graph's derivative is not the slope of the values.",)
    return GradientCheck(
        tuple(r if r.right or r.problem else replace(r, mistakes=said) for r in reports),
        tolerance,
        f"Expected: the slopes of the values; besides, {directions} random directions of each.",
        arguments.left_out(checked),
    )


def _places(arguments: Arguments, argnums: Any) -> tuple[int, ...]:
    """Positions of the arguments that are differentiated."""
    held = sorted({leaf.place for leaf in arguments.leaves})
    if not held and argnums is None:
        raise InputError(WHERE, "an argument that holds numbers", "none")
    if argnums is None:
        floats = {leaf.place for leaf in arguments.leaves if not leaf.whole}
        return tuple(place for place in held if place in floats or not floats)
    known: dict[Any, int] = {name: k for k in held for name in (k, arguments.names[k])}
    wanted = argnums if isinstance(argnums, (list, tuple)) else (argnums,)
    for place in wanted:
        if place not in known:
            expected = f"argnums to name arguments with numbers, of {', '.join(arguments.names)}"
            raise InputError(WHERE, expected, f"{place!r}")
    return tuple(known[place] for place in wanted)
