"""Slopes from values alone, and how far given derivatives are from them.

    df/dx = (f(x + h) - f(x - h)) / 2h + O(h^2)

What the two halves, (f(x + h) - f(x)) / h and (f(x) - f(x - h)) / h, say apart from each other
tells a kink, such as that of |x| at 0, from a wrong derivative.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks

Array = np.ndarray

EPSILON = np.finfo(np.float64).eps
# Where the rounding error, epsilon / h, and the formula's own, h^2, are about equal.
STEP = float(EPSILON ** (1 / 3))
FINER = 32.0
ROUGHLY = 1e-3  # relative error of one entry, in which a difference's own error is largest


@dataclass(frozen=True)
class Settings:
    """How to compare. step : of an entry of size up to 1, else times its size. tolerance : for
    the relative error. entries : how many of each array are looked at one by one, None for all.
    rng : chooses them, and directions."""

    step: float
    tolerance: float
    entries: int | None
    rng: np.random.Generator

    @classmethod
    def valid(
        cls, where: str, step: float, tolerance: float, entries: int | None, rng: Any
    ) -> "Settings":
        if entries is not None:
            entries = checks.whole_number(where, "entries", entries, least=1)
        return cls(
            checks.number(where, "step", step, least=0, open_below=True),
            checks.number(where, "tolerance", tolerance, least=0),
            entries,
            np.random.default_rng(rng),
        )


@dataclass(frozen=True)
class Slope:
    """value : (left + right) / 2, the central difference. noise : what rounding may have done."""

    value: float
    left: float
    right: float
    noise: float

    def is_near(self, given: float, tolerance: float) -> bool:
        return abs(given - self.value) <= tolerance * (abs(given) + abs(self.value)) + self.noise

    @property
    def gap(self) -> float:
        return abs(self.right - self.left)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Some entries of a gradient beside their slopes.

    places (k,) : flat indices. given (k,), numeric (k,), noise (k,); kink (k,) : at these no
    slope is right or wrong, and the errors leave them out.
    """

    places: Array
    given: Array
    numeric: Array
    noise: Array
    kink: Array

    @property
    def worst(self) -> int:
        """Which of the entries has the largest difference."""
        difference = np.where(self.kink, -1, np.abs(self.given - self.numeric))
        return int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))

    @property
    def relative_error(self) -> float:
        """||given - numeric|| / (||given|| + ||numeric||), the course's; 0 for 0 / 0."""
        g, n = self.given[~self.kink], self.numeric[~self.kink]
        length = float(np.linalg.norm(g) + np.linalg.norm(n))
        return float(np.linalg.norm(g - n)) / length if length != 0 else 0.0

    def agrees(self, tolerance: float) -> bool:
        """Within the tolerance, or within what rounding may have done: all of them together, and
        roughly each by itself, lest a wrong entry hide beside a large one."""
        g, n, noise = (a[~self.kink] for a in (self.given, self.numeric, self.noise))
        error = np.abs(g - n)
        if (error > ROUGHLY * (np.abs(g) + np.abs(n)) + 10 * noise).any():
            return False
        return self.relative_error <= tolerance or bool(
            np.linalg.norm(error) <= np.linalg.norm(noise)
        )


class Slopes:
    """Slopes of sum(weights * F(x)) at one x.

    F : of an array of x's shape, gives an array of the weights' shape. Outputs are subtracted
    one by one, before they are summed, so that those that did not change add no rounding error.
    """

    def __init__(
        self, F: Callable[[Array], Array], x: Array, weights: Array, settings: Settings
    ) -> None:
        self._F, self._x, self._weights, self._at = F, x, weights, F(x)
        self.settings = settings

    def along(self, v: Array, h: float) -> Slope:
        """In direction v (of x's shape), from x - h v to x + h v."""
        up, down = self._F(self._x + h * v), self._F(self._x - h * v)
        # Where no output changes, the change may be too small to be seen beside what it is part of.
        moved = (up != down) if np.any(up != down) else np.ones(np.shape(up), bool)
        size = np.abs(self._weights) * np.where(moved, np.abs(up) + np.abs(down), 0)
        return Slope(
            float(np.sum(self._weights * (up - down))) / (2 * h),
            float(np.sum(self._weights * (self._at - down))) / h,
            float(np.sum(self._weights * (up - self._at))) / h,
            4 * EPSILON * float(np.sum(size)) / h,
        )

    def _examined(self, v: Array, h: float, given: float | None) -> tuple[Slope, bool]:
        """The slope, and whether it is a kink at which `given` is one of the possible slopes.

        A smaller step is tried where the first does not agree: a kink nearby is left behind, and
        of a smooth bend the gap between left and right shrinks with the step, of a kink it stays.
        """
        coarse, tolerance = self.along(v, h), self.settings.tolerance
        if np.isfinite(coarse.value) and (given is None or coarse.is_near(given, tolerance)):
            return coarse, False
        # Two steps of about one size differ by rounding alone, which is more than that of the
        # outputs where F itself magnifies it, as log(1 - sigmoid(30)) does.
        fine = self.along(v, h / FINER)
        seen = abs(fine.value - self.along(v, 0.8 * h / FINER).value)
        if np.isfinite(seen):
            fine = replace(fine, noise=max(fine.noise, 4 * seen))
        if given is None or not np.isfinite(coarse.value) or fine.is_near(given, tolerance):
            return fine, False
        if fine.gap > max(0.1 * coarse.gap, 4 * fine.noise):
            low, high = sorted((fine.left, fine.right))
            slack = fine.noise + tolerance * (abs(low) + abs(high))
            return fine, bool(low - slack <= given <= high + slack)
        # Less than a bend leaves: there is a kink between the two steps.
        return (fine if fine.gap < coarse.gap / (2 * FINER) else coarse), False

    def _of_entry(self, place: int, given: float | None) -> tuple[Slope, bool]:
        """As `_examined`, along one entry x, with a step of its size if it is small and that helps,
        as for log(x) at 1e-9."""
        v, x = np.zeros(self._x.shape), abs(float(self._x.flat[place]))
        v.flat[place] = 1
        step, tolerance = self.settings.step, self.settings.tolerance
        slope, kink = self._examined(v, step * max(1.0, x), given)
        wrong = given is not None and not slope.is_near(given, tolerance)
        if 0 < x < 1 and not kink and (wrong or not np.isfinite(slope.value)):
            small = self.along(v, step * x)
            clear = small.noise <= tolerance * abs(small.value)
            if clear and (given is None or small.is_near(given, tolerance)):
                return small, False
        return slope, kink

    def beside(self, given: Array | None) -> Comparison:
        """Along single entries of x, all of them or a random choice, beside those of `given`."""
        n, most = self._x.size, self.settings.entries
        few = most is None or n <= most
        places = np.arange(n) if few else np.sort(self.settings.rng.choice(n, most, False))
        at = np.full(len(places), np.nan) if given is None else given.reshape(-1)[places]
        known = [None] * len(places) if given is None else at.tolist()
        found = map(self._of_entry, places, known)
        numeric, noise, kink = np.array([(at.value, at.noise, kink) for at, kink in found]).T
        return Comparison(places, at, numeric, noise, kink.astype(bool))

    def along_random(self, gradient: Array) -> float:
        """The error of sum_k g_k v_k, v random of length 1, relative to the size of its terms."""
        x, step = self._x, self.settings.step
        v = self.settings.rng.standard_normal(x.shape)
        v /= np.linalg.norm(v)
        if not np.isfinite(self.along(v, step).value):
            v *= np.abs(x)  # stays on the same side of 0, as log needs it
        terms = gradient * v
        slope, kink = self._examined(v, step, float(np.sum(terms)))
        error = abs(float(np.sum(terms)) - slope.value)
        size = float(np.linalg.norm(terms)) + abs(slope.value)
        return 0.0 if kink or error <= slope.noise else error / size
