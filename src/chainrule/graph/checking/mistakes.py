"""Known mistakes in a handwritten backward, recognized by the numbers that they give.

One is named only where it gives exactly the numbers that were got: base, the right gradient or what
some mistake inside the backward makes of it, then perhaps one in the result's shape, then perhaps
a factor. What takes the fewest mistakes is named.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.graph.checking.arguments import Arguments, Leaf
from chainrule.graph.checking.differences import Comparison
from chainrule.graph.checking.handwritten import Pair
from chainrule.graph.checking.mistakes_inside import Inside, insides
from chainrule.graph.checking.stand_in import graph_of

Array = np.ndarray
# Relative; numbers that agree so far by chance are one in a million.
TIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class Base:
    """Numbers that may have been got: `values` at the flat indices `places` of an array of `shape`.

    said : the mistake that gives them; empty for the right ones.
    """

    said: str
    shape: tuple[int, ...]
    places: Array
    values: Array
    noise: float = 0.0


@dataclass(frozen=True, eq=False)
class Case:
    """One result of a backward. scale : 1/m where the mean is taken, else 1. got : None if it is
    no array."""

    name: str
    leaf: Leaf
    scale: float
    found: Comparison
    got: Array | None

    @cached_property
    def right(self) -> Base:
        """The compared entries that have one slope."""
        found = self.found
        clean = ~found.kink & np.isfinite(found.numeric)
        noise = float(np.linalg.norm(found.noise[clean]))
        shape = self.leaf.value.shape
        return Base("", shape, found.places[clean], found.numeric[clean], noise)

    @property
    def is_wrong(self) -> bool:
        if self.got is None or not np.isfinite(self.got).all():
            return False
        return self.got.shape != self.leaf.value.shape or not self.found.agrees(TIGHT)


def known_mistakes(
    forward: Callable[..., Any], pair: Pair, arguments: Arguments, cases: list[Case]
) -> dict[str, tuple[str, ...]]:
    """The mistake behind each wrong result that one explains, in sentences, by the result's name.

    Those inside are tried, which takes longer, where those in the result alone explain not all.
    """
    wrong = [case for case in cases if case.is_wrong]
    counts = _counts(pair, arguments, cases)
    found = {case.name: _explained(case, _own_bases(case, cases), counts) for case in wrong}
    if not all(found.values()):
        for inside in _inside(forward, pair, arguments, cases):
            for case in wrong:
                found[case.name] += _explained(case, _inside_bases(case, inside), counts)
    return {name: min(ways, key=len) for name, ways in found.items() if ways}


def _inside(
    forward: Callable[..., Any], pair: Pair, arguments: Arguments, cases: list[Case]
) -> Iterator[Inside]:
    """What mistakes inside the backward give, if there is a graph whose own gradients are right."""
    graph = graph_of(forward, pair, arguments, {case.leaf.key for case in cases})
    if graph is None:
        return
    output, variables = graph
    for inside in insides(output, variables, pair.dZ):
        if inside.said:
            yield inside
        elif not all(_agrees(case, inside) for case in cases):
            return


def _agrees(case: Case, inside: Inside) -> bool:
    right = case.right
    values = inside.gradients[case.leaf.key].reshape(-1)[right.places] * case.scale
    return _equal(values, right.values, 10 * TIGHT, right.noise)


# ---- bases -------------------------------------------------------------------------------------


def _own_bases(case: Case, cases: list[Case]) -> Iterator[Base]:
    yield case.right
    for other in cases:
        if other is not case:
            said = f"these are the numbers of {other.name}: two results have changed places."
            yield replace(other.right, said=said)
    yield from _parameter_term(case)


def _parameter_term(case: Case) -> Iterator[Base]:
    """expected - got = c * parameter: the term of an L2 penalty."""
    got, x, right, name = case.got, case.leaf.value, case.right, case.leaf.name
    if got is None or got.shape != x.shape or len(right.places) < 4:
        return
    missing, x = right.values - got.flat[right.places], x.flat[right.places]
    c = float(missing @ x) / max(float(x @ x), np.finfo(float).tiny)
    rest, size = float(np.linalg.norm(missing - c * x)), float(np.linalg.norm(missing))
    if rest > 1e-4 * size or rest > TIGHT * float(np.linalg.norm(right.values)):
        return
    said = f"{c:.6g} * {name} is missing: the L2 penalty's term is left out or has a wrong factor."
    if c < 0:
        said = f"{-c:.6g} * {name} is too much: as of an L2 penalty that forward does not have so."
    yield Base(said, right.shape, right.places, right.values - c * x)


def _inside_bases(case: Case, inside: Inside) -> Iterator[Base]:
    values, right = inside.gradients.get(case.leaf.key), case.right
    if values is None:
        return
    places = right.places if values.shape == right.shape else np.arange(values.size)
    taken = values.reshape(-1)[places] * case.scale
    if values.shape == right.shape and _equal(taken, right.values, 10 * TIGHT):
        return  # this mistake changes nothing here
    yield Base(inside.said, values.shape, places, taken)


# ---- from a base to what was got ---------------------------------------------------------------


def _explained(case: Case, bases: Iterator[Base], counts: dict[int, str]) -> list[tuple[str, ...]]:
    """The ways, each in one or more sentences, in which the bases give what was got."""
    ways = []
    for base in bases:
        size = float(np.linalg.norm(base.values))
        if size == 0 or size < 1e3 * base.noise:
            continue
        for shaped, array in _undone(case.got, base.shape, case.name):
            factor = _factor(array.reshape(-1)[base.places], base, counts)
            parts = tuple(text for text in (base.said, shaped, factor or "") if text)
            if factor is not None and parts:
                ways.append(parts)
    return ways


def _undone(got: Array | None, shape: tuple[int, ...], name: str) -> Iterator[tuple[str, Array]]:
    """(mistake, what was got without it) for those in the result's shape; first for none."""
    if got is None:
        return
    if got.shape == shape:
        yield "", got
    elif got.size == np.prod(shape) and got.squeeze().shape == np.empty(shape).squeeze().shape:
        said = f"it is to be reshaped, {name}.reshape{shape}."
        if got.ndim < len(shape):
            said = "keepdims=True is missing in the sum."
        elif got.shape == shape[::-1]:
            said = f"a row stands where a column belongs, or the reverse: {name}.T."
        yield said, got.reshape(shape)
    if got.ndim == 2 and got.shape == shape[::-1] and min(shape) > 1:
        yield (
            "this is the transpose of the right gradient: a .T is missing, or one too many, or the "
            "factors of a product are in the wrong order.",
            got.T,
        )
    axes = _not_summed(got.shape, shape)
    if axes:
        axis = axes[0] if len(axes) == 1 else axes
        fix = f"np.sum(..., axis={axis}, keepdims=True)" if len(shape) else "np.sum(...)"
        text = f"not summed over the {' x '.join(str(got.shape[k]) for k in axes)} examples: {fix}."
        yield text, np.sum(got, axis=axes).reshape(shape)


def _not_summed(got: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes that are 1, or not there, in `shape`, and longer in `got`; () if others differ."""
    if not shape:
        return tuple(range(len(got))) if np.prod(got) > 1 else ()
    if len(got) != len(shape) or any(g != n != 1 for g, n in zip(got, shape, strict=True)):
        return ()
    return tuple(k for k, (g, n) in enumerate(zip(got, shape, strict=True)) if g != n)


def _factor(got: Array, base: Base, counts: dict[int, str]) -> str | None:
    """What is to be said of got / base, empty for 1; None if they are not proportional.

    counts : numbers of examples, and what to call them.
    """
    c = float(got @ base.values) / float(base.values @ base.values)
    if not np.isfinite(c) or not _equal(got, c * base.values, TIGHT, base.noise):
        return None
    if not got.any():
        return None if base.said else "every entry is 0: it is never computed, or overwritten."
    if base.said and len(got) < 3:  # one or two numbers may fit a mistake and a factor by chance
        return "" if abs(c - 1) < 10 * TIGHT else None
    sign = "the sign is wrong. " if c < 0 else ""
    for factor, said in _factors(counts).items():
        if abs(abs(c) / factor - 1) < 10 * TIGHT:
            return (sign + said).strip()
    if base.said or len(got) < 4:
        return None
    return f"{sign}{abs(c):.6g} times the right gradient, the same at every entry."


def _factors(counts: dict[int, str]) -> dict[float, str]:
    known = {1.0: ""}
    for n, name in counts.items():
        known[float(n)] = f"{n:.1f} times too large, {name}: the 1/m is missing."
        known[1 / n] = f"{n:.1f} times too small, {name}: divided by m once too often."
    for factor in (2.0, 3.0, 4.0):
        known.setdefault(factor, f"{factor} times too large.")
        known.setdefault(1 / factor, f"{factor} times too small.")
    return known


def _counts(pair: Pair, arguments: Arguments, cases: list[Case]) -> dict[int, str]:
    """What m may be: the output's columns; for a cost the columns of the data, X and Y."""
    counts: dict[int, str] = {}
    if pair.m:
        counts = {pair.m: f"m = {pair.m}"}
        if all(case.scale == 1 for case in cases):  # the examples may be the rows
            n = pair.output.shape[0]
            counts = {n: f"m = {n}, the rows of the output", **counts}
        return {n: name for n, name in counts.items() if n > 1}
    checked = {case.leaf.key for case in cases}
    tables = [leaf for leaf in arguments.leaves if leaf.value.ndim == 2]
    data = [leaf for leaf in tables if leaf.key not in checked] or tables
    counts = {}
    for axis, what in ((1, "columns"), (0, "rows")):
        for leaf in data:
            n = leaf.value.shape[axis]
            if n > 1:
                counts.setdefault(n, f"m = {n}, the {what} of {leaf.name}")
    return counts


def _equal(x: Array, y: Array, tolerance: float, noise: float = 0.0) -> bool:
    size = float(np.linalg.norm(x)) + float(np.linalg.norm(y))
    return float(np.linalg.norm(x - y)) <= tolerance * size + 2 * noise
