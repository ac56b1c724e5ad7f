"""How features as they came become the numbers a network sees.

Learned from the training set, learned again from the examples that a fold trains on, and saved with
the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.blocks import blocks_of
from chainrule.errors import InputError

KINDS = ("none", "pixels", "standard")
# Deviations between these have squares that floats hold, to full precision.
TINY, HUGE = 1e-140, 1e140


@dataclass(frozen=True, eq=False, repr=False)
class Scaling:
    """x = (raw - shift) / divisor, feature by feature.

    kind : "none" (shift 0, divisor 1), "pixels" (divisor 255: [0, 255] becomes [0, 1]) or
        "standard" (the training set's mean and standard deviation of each feature).
    shift, divisor : floats of shape () or (n_x, 1). A division, not a multiplication by the
        reciprocal, so that pixels become exactly the course's `x / 255`.
    """

    kind: str = "none"
    shift: Any = 0.0
    divisor: Any = 1.0

    def __repr__(self) -> str:
        return f"Scaling({self.kind})"

    @classmethod
    def pixels(cls) -> "Scaling":
        """Division by 255."""
        return cls("pixels", 0.0, 255.0)

    @classmethod
    def standard(cls, raw: Any) -> "Scaling":
        """Mean 0 and standard deviation 1 for each row of raw (n_x, m), an array or a matrix.

        The deviation is the population's (divided by m), as in scikit-learn's StandardScaler. A
        constant feature has divisor 1: it becomes 0, not a division by zero. Computed over
        blocks of rows, so 8-bit pixels are never copied to floats as a whole.
        """
        if not hasattr(raw, "blocks"):
            raw = checks.matrix("Scaling", "raw", raw)
        n_x, m = raw.shape
        if not m:
            raise InputError("Scaling", "at least one example to learn from", "none")
        shift, divisor = np.empty((n_x, 1)), np.empty((n_x, 1))
        # Some features of every example at a time.
        blocks = ((rows, raw[rows]) for rows in blocks_of(n_x, 8 * m))
        for rows, some in raw.blocks() if hasattr(raw, "blocks") else blocks:
            block = some.astype(np.float64, copy=False)
            with np.errstate(over="ignore", invalid="ignore"):
                shift[rows] = block.mean(axis=1, keepdims=True)
                divisor[rows] = block.std(axis=1, keepdims=True)
                constant = np.ptp(block, axis=1) == 0
            # Rounding leaves a tiny deviation on a constant feature; noise, not a scale.
            shift[rows][constant], divisor[rows][constant] = block[constant, :1], 1.0
            usual = (divisor[rows, 0] > TINY) & (divisor[rows, 0] < HUGE)
            if not usual.all():
                shift[rows][~usual], divisor[rows][~usual] = _moments(block[~usual])
        return cls("standard", shift, divisor)

    @classmethod
    def of(cls, kind: str, raw: Any) -> "Scaling":
        """The scaling named `kind`, learned from raw (n_x, m) where it is learned at all."""
        checks.one_of("Scaling", "kind", kind, KINDS)
        if kind == "standard":
            return cls.standard(raw)
        return cls.pixels() if kind == "pixels" else cls()

    @property
    def learned(self) -> bool:
        """Whether it depends on the examples that it was fitted on."""
        return self.kind == "standard"

    def fitted(self, raw: Any) -> "Scaling":
        """The same kind of scaling, learned from raw (n_x, m) if it is learned."""
        return self.of(self.kind, raw)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file has to hold beside the kind."""
        values = {"shift": self.shift, "divisor": self.divisor}
        return {f"scaling.{name}": np.asarray(value, np.float64) for name, value in values.items()}

    @classmethod
    def from_arrays(cls, kind: str, arrays: Mapping[str, np.ndarray]) -> "Scaling":
        """The scaling whose `arrays` a file holds; ValueError if it would divide by zero."""
        checks.one_of("Scaling", "kind", kind, KINDS)
        shift, divisor = arrays["scaling.shift"], arrays["scaling.divisor"]
        if not (divisor > 0).all():
            raise ValueError("a scaling that divides by zero")
        return cls(kind, *(array if array.ndim else float(array) for array in (shift, divisor)))

    def __call__(self, raw: np.ndarray, dtype: np.dtype, rows: slice = slice(None)) -> np.ndarray:
        """Raw features (k, ...) of the given rows as scaled floats: a new array."""
        # Rounded to `dtype` last: a float64 feature far from 0 would lose its digits before the
        # mean is taken off. Pixels (uint8) are exact in either.
        X = raw.astype(np.result_type(raw.dtype, dtype))
        both = self.shift, self.divisor
        shift, divisor = (value[rows] if np.ndim(value) else value for value in both)
        with np.errstate(over="ignore", invalid="ignore"):
            if np.any(shift):
                X -= shift
            if np.any(np.asarray(divisor) != 1.0):
                X /= divisor
            scaled = X.astype(dtype, copy=False)
        if raw.dtype.kind == "f" and not checks.all_finite(scaled) and checks.all_finite(raw):
            with np.errstate(over="ignore", invalid="ignore"):  # raw - shift may be beyond floats
                halves = ((raw / 2 - shift / 2) / divisor * 2).astype(dtype, copy=False)
            scaled = np.where(np.isfinite(scaled), scaled, halves)
            if bad := np.count_nonzero(~np.isfinite(scaled)):
                expected = (
                    f"features that {np.dtype(dtype)} holds when they are scaled ({self.kind})"
                )
                fix = "Divide them, leave them out, or take their logarithms."
                raise InputError("Scaling", expected, f"{bad} too large", fix)
        return scaled

    def check(self, n_x: int) -> "Scaling":
        """Itself, if it fits n_x features."""
        for name, value in (("shift", self.shift), ("divisor", self.divisor)):
            shape = np.shape(value)
            if shape and shape != (n_x, 1):
                raise InputError("Scaling", f"{name} of shape ({n_x}, 1)", f"shape {shape}")
        return self


def _moments(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (k, 1) of each row of X (k, m) whose squares or sums floats do not hold:
    both are computed of numbers around 1, by exact powers of two."""

    def around_1(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, power = np.frexp(np.abs(values).max(axis=1, keepdims=True))
        return np.ldexp(values, -power), power

    X, power = around_1(X)
    mean = X.mean(axis=1, keepdims=True)
    centered, more = around_1(X - mean)
    deviation = np.ldexp(centered.std(axis=1, keepdims=True), more + power)
    return np.ldexp(mean, power), np.maximum(deviation, np.nextafter(0, 1))
