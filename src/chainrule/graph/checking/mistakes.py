"""Known mistakes in a handwritten backward, recognized by the numbers that they give.

One is named only where it gives exactly the numbers that were got: base, the right gradient or what
some mistake inside the backward makes of it, then perhaps one in the result's shape, then perhaps
a factor. What takes the fewest mistakes is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from chainrule.graph.checking.differences import Comparison
from chainrule.graph.checking.forward import Leaf, Pair
from chainrule.graph.checking.mistakes_inside import Inside, insides, traced

Array = np.ndarray
# Relative; numbers that agree so far by chance are one in a million.
TIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class Base:
    """Numbers that may have been got, nan where they are not known.

    said : the mistake that gives them; empty for the right ones.
    """

    said: str
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
        found, values = self.found, np.full(self.leaf.value.shape, np.nan)
        clean = ~found.kink & np.isfinite(found.numeric)
        values.flat[found.places[clean]] = found.numeric[clean]
        return Base("", values, float(np.linalg.norm(found.noise[clean])))

    @property
    def is_wrong(self) -> bool:
        if self.got is None or not np.isfinite(self.got).all():
            return False
        return self.got.shape != self.leaf.value.shape or not self.found.agrees(TIGHT)

    def gives_right(self, gradient: Array, noise: float = 0.0) -> bool:
        """Whether a gradient from the graph is what was expected."""
        known = ~np.isnan(self.right.values)
        return _equal(gradient[known] * self.scale, self.right.values[known], 10 * TIGHT, noise)


def known_mistakes(pair: Pair, cases: list[Case]) -> dict[str, tuple[str, ...]]:
    """The mistake behind each wrong result that one explains, in sentences, by the result's name.

    Those inside are tried, which takes longer, where those in the result alone explain not all.
    """
    wrong = [case for case in cases if case.is_wrong]
    factors = _factors(pair, cases)
    found = {case.name: _explained(case, _own_bases(case, cases), factors) for case in wrong}
    if not all(found.values()):
        for inside in _inside(pair, cases):
            for case in wrong:
                found[case.name] += _explained(case, _inside_bases(case, inside), factors)
    return {name: min(ways, key=len) for name, ways in found.items() if ways}


def _inside(pair: Pair, cases: list[Case]) -> Iterator[Inside]:
    """What mistakes inside the backward give, if there is a graph whose own gradients are right."""
    graph = traced(pair, {case.leaf.key for case in cases})
    for said, gradients in insides(*graph, pair.dZ) if graph else ():
        if said:
            yield said, gradients
        elif not all(
            case.gives_right(gradients[case.leaf.key], case.right.noise) for case in cases
        ):
            return


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
    got, parameter, name, right = case.got, case.leaf.value, case.leaf.name, case.right.values
    known = ~np.isnan(right)
    if got is None or got.shape != parameter.shape or known.sum() < 4:
        return
    missing, x = (right - got)[known], parameter[known]
    c = float(missing @ x) / max(float(x @ x), np.finfo(float).tiny)
    rest, size = float(np.linalg.norm(missing - c * x)), float(np.linalg.norm(missing))
    if rest > 1e-4 * size or rest > TIGHT * float(np.linalg.norm(right[known])):
        return
    said = f"{c:.6g} * {name} is missing: the L2 penalty's term is left out or has a wrong factor."
    if c < 0:
        said = f"{-c:.6g} * {name} is too much: as of an L2 penalty that forward does not have so."
    yield Base(said, right - c * parameter)


def _inside_bases(case: Case, inside: Inside) -> Iterator[Base]:
    said, gradients = inside
    values, right = gradients.get(case.leaf.key), case.right.values
    if values is None or np.isnan(values).any():
        return
    if values.shape != right.shape:
        yield Base(said, values * case.scale)
    elif not case.gives_right(values):  # else this mistake changes nothing here
        yield Base(said, np.where(np.isnan(right), np.nan, values * case.scale))


# ---- from a base to what was got ---------------------------------------------------------------

Factors = dict[float, str]
"""What is said of a gradient so many times the right one; nothing for 1."""


def _explained(case: Case, bases: Iterator[Base], factors: Factors) -> list[tuple[str, ...]]:
    """The ways, each in one or more sentences, in which the bases give what was got."""
    ways = []
    for base in bases:
        known = ~np.isnan(base.values)
        size = float(np.linalg.norm(base.values[known]))
        if size == 0 or size < 1e3 * base.noise:
            continue
        for shaped, array in _undone(case.got, known.shape, case.name):
            factor = _factor(array[known], replace(base, values=base.values[known]), factors)
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


def _factor(got: Array, base: Base, factors: Factors) -> str | None:
    """What is to be said of got / base, empty for 1; None if they are not proportional."""
    c = float(got @ base.values) / float(base.values @ base.values)
    if not np.isfinite(c) or not _equal(got, c * base.values, TIGHT, base.noise):
        return None
    if not got.any():
        return None if base.said else "every entry is 0: it is never computed, or overwritten."
    if base.said and len(got) < 3:  # one or two numbers may fit a mistake and a factor by chance
        return "" if abs(c - 1) < 10 * TIGHT else None
    sign = "the sign is wrong. " if c < 0 else ""
    for factor, said in factors.items():
        if abs(abs(c) / factor - 1) < 10 * TIGHT:
            return (sign + said).strip()
    if base.said or len(got) < 4:
        return None
    return f"{sign}{abs(c):.6g} times the right gradient, the same at every entry."


def _factors(pair: Pair, cases: list[Case]) -> Factors:
    """Numbers of examples, which are divided by too often or not at all, and small whole ones."""
    known = {1.0: ""}
    for n, name in _counts(pair, cases).items():
        known[float(n)] = f"{n:.1f} times too large, {name}: the 1/m is missing."
        known[1 / n] = f"{n:.1f} times too small, {name}: divided by m once too often."
    for factor in (2.0, 3.0, 4.0):
        known.setdefault(factor, f"{factor} times too large.")
        known.setdefault(1 / factor, f"{factor} times too small.")
    return known


def _counts(pair: Pair, cases: list[Case]) -> dict[int, str]:
    """What m may be: the output's columns; for a cost the columns of the data, X and Y."""
    if pair.m:
        found = [(pair.m, f"m = {pair.m}")]
        if all(case.scale == 1 for case in cases):  # the examples may be the rows
            n = pair.output.shape[0]
            found.insert(0, (n, f"m = {n}, the rows of the output"))
        return {n: name for n, name in found if n > 1}
    checked = {case.leaf.key for case in cases}
    tables = [leaf for leaf in pair.arguments.leaves if leaf.value.ndim == 2]
    data = [leaf for leaf in tables if leaf.key not in checked] or tables
    counts: dict[int, str] = {}
    for axis, what in ((1, "columns"), (0, "rows")):
        for leaf in data:
            n = leaf.value.shape[axis]
            if n > 1:
                counts.setdefault(n, f"m = {n}, the {what} of {leaf.name}")
    return counts


def _equal(x: Array, y: Array, tolerance: float, noise: float = 0.0) -> bool:
    size = float(np.linalg.norm(x)) + float(np.linalg.norm(y))
    return float(np.linalg.norm(x - y)) <= tolerance * size + 2 * noise
