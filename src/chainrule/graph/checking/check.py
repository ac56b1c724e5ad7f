"""Are the graph's gradients right? They are compared with differences of the function's values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments, Key, Leaf, flat
from chainrule.graph.checking.differences import (
    STEP,
    Comparison,
    Settings,
    Slopes,
    along_random,
    compared,
)
from chainrule.graph.gradients import value_and_grad
from chainrule.graph.tables import table
from chainrule.graph.text import shape_of

Array = np.ndarray
HEAD = (
    "argument", "shape", "entries", "largest difference", "at", "graph", "numeric",
    "relative error", "verdict",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ArgumentCheck:
    """One array or number that was differentiated.

    name : such as parameters['W1']. entries : how many of its `size` were compared one by one,
    kinks : how many of those lie on a kink. difference, index, graph, numeric : the largest
    difference, where, and the two values there. relative_error : over the entries,
    ||g - n|| / (||g|| + ||n||). directions : the differences along random directions, relative to
    the size of the terms that each is the sum of. verdict : "agrees", "wrong", "kink" (some
    entries have no one slope, the others agree) or "not finite".
    """

    name: str
    shape: tuple[int, ...]
    entries: int
    kinks: int
    difference: float
    index: tuple[int, ...]
    graph: float
    numeric: float
    relative_error: float
    directions: tuple[float, ...]
    verdict: str

    def cells(self, tolerance: float) -> tuple[str, ...]:
        size = int(np.prod(self.shape))
        entries = f"{self.entries} of {size}" if self.entries < size else f"all {size}"
        verdict = self.verdict
        if self.kinks and verdict != "wrong":
            verdict += f" ({self.kinks} of {self.entries})"
        elif verdict == "wrong" and self.relative_error <= tolerance:
            verdict += f": along a random direction by {max(self.directions):.2g}"
        return (
            self.name,
            shape_of(np.empty(self.shape)),
            entries,
            f"{self.difference:.2g}",
            str(list(self.index)) if self.index else "",
            f"{self.graph:.8g}",
            f"{self.numeric:.8g}",
            f"{self.relative_error:.2g}",
            verdict,
        )


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheck:
    """True where nothing is wrong; printed, a table.

    arguments : what was found of each array. tolerance : for the relative error. skipped : names
    of the arguments that were not differentiated.
    """

    arguments: tuple[ArgumentCheck, ...]
    tolerance: float
    skipped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return all(found.verdict in ("agrees", "kink") for found in self.arguments)

    def __str__(self) -> str:
        wrong = [a.name for a in self.arguments if a.verdict not in ("agrees", "kink")]
        verdict = f"Not right: {', '.join(wrong)}." if wrong else "The gradients agree."
        lines = [
            table(HEAD, *(found.cells(self.tolerance) for found in self.arguments)),
            "",
            f"{verdict} Relative error ||g - n|| / (||g|| + ||n||), at most {self.tolerance:g};",
            f"besides, {len(self.arguments[0].directions)} random directions of each.",
        ]
        if any(found.kinks for found in self.arguments):
            lines.append("At a kink the slopes to the left and to the right differ: none is wrong.")
        if self.skipped:
            lines.append(f"Not differentiated: {', '.join(self.skipped)}.")
        return "\n".join(lines)

    __repr__ = __str__


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
    where = "check_gradients"
    arguments = Arguments(f, args)
    places = _places(arguments, argnums)
    rng = np.random.default_rng(rng)
    settings = Settings.valid(where, step, tolerance, entries)
    directions = checks.whole_number(where, "directions", directions)
    with np.errstate(all="ignore"):
        gradients = _graph_gradients(f, arguments, places)
        found = []
        for leaf in arguments.leaves:
            if leaf.key in gradients:
                slopes = Slopes(_values(f, arguments, leaf), leaf.value, np.ones(()))
                g = gradients[leaf.key]
                compare = compared(slopes, leaf.value, g, settings, rng)
                sums = [
                    along_random(slopes, leaf.value, g, settings, rng) for _ in range(directions)
                ]
                found.append(_verdict(leaf, compare, tuple(sums), settings.tolerance))
    skipped = [name for place, name in enumerate(arguments.names) if place not in places]
    return GradientCheck(tuple(found), tolerance, tuple(skipped))


def _places(arguments: Arguments, argnums: Any) -> tuple[int, ...]:
    """Positions of the arguments that are differentiated."""
    where = "check_gradients"
    if argnums is None:
        floats = {leaf.place for leaf in arguments.leaves if not leaf.whole}
        found = floats or {leaf.place for leaf in arguments.leaves}
        if not found:
            raise InputError(where, "an argument that holds numbers", "none")
        return tuple(sorted(found))
    wanted = argnums if isinstance(argnums, (list, tuple)) else (argnums,)
    held = {leaf.place for leaf in arguments.leaves}
    known: dict[Any, int] = {**{k: k for k in held}, **{arguments.names[k]: k for k in held}}
    for place in wanted:
        if place not in known:
            names = ", ".join(arguments.names)
            raise InputError(
                where, f"argnums to name arguments with numbers, of {names}", f"{place!r}"
            )
    return tuple(known[place] for place in wanted)


def _graph_gradients(
    f: Callable[..., Any], arguments: Arguments, places: tuple[int, ...]
) -> dict[Key, Array]:
    """By the key of their leaf; also checks that f gives its number again."""
    args = arguments.with_values({leaf.key: leaf.value for leaf in arguments.leaves})
    _, gradients = value_and_grad(f, places)(*args)
    copies = arguments.copies()
    try:
        f(*copies)
    except AttributeError as error:
        raise InputError(
            "check_gradients",
            "a function that takes plain arrays, too",
            str(error),
            "Nodes alone have .value: write getattr(x, 'value', x).",
        ) from error
    if changed := arguments.changed(copies):
        raise InputError(
            "check_gradients",
            "a function that leaves its arguments as they are",
            f"one that changes {', '.join(changed)} in place",
            "Write W = W - step, which makes a new array, for W -= step.",
        )
    first, again = (_number(f(*arguments.copies())) for _ in range(2))
    if first != again and not np.isnan(first):
        raise InputError(
            "check_gradients",
            "a function that gives the same number for the same arguments",
            "another one at the second call",
            "Seed what it draws at random inside it, or pass the numbers drawn as an argument.",
        )
    return {
        (place, path): np.asarray(g)
        for place, tree in zip(places, gradients, strict=True)
        for path, g in flat(tree).items()
    }


def _values(f: Callable[..., Any], arguments: Arguments, leaf: Leaf) -> Callable[[Array], Array]:
    return lambda x: _number(f(*arguments.with_values({leaf.key: x})))


def _number(value: Any) -> Array:
    array = np.asarray(value, np.float64)
    if array.size != 1:
        got = f"a result of shape {array.shape}"
        raise InputError("check_gradients", "a function that gives one number", got)
    return array.reshape(())


def _verdict(
    leaf: Leaf, found: Comparison, directions: tuple[float, ...], tolerance: float
) -> ArgumentCheck:
    k = found.worst
    given, numeric = float(found.given[k]), float(found.numeric[k])
    if not np.isfinite([*found.given, *found.numeric, *directions]).all():
        verdict = "not finite"
    elif not found.agrees(tolerance) or max(directions, default=0) > tolerance:
        verdict = "wrong"
    else:
        verdict = "kink" if found.kink.any() else "agrees"
    return ArgumentCheck(
        leaf.label,
        leaf.value.shape,
        len(found.places),
        int(found.kink.sum()),
        abs(given - numeric),
        tuple(int(i) for i in np.unravel_index(found.places[k], leaf.value.shape)),
        given,
        numeric,
        found.relative_error,
        directions,
        verdict,
    )
