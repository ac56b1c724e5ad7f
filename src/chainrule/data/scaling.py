"""How raw features become the numbers a network sees; it travels with the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import DataError, InputError

KINDS = ("none", "pixels", "standard")


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
    def standard(cls, raw: np.ndarray) -> "Scaling":
        """Mean 0 and standard deviation 1 for each row of raw (n_x, m).

        The deviation is the population's (divided by m), as in scikit-learn's StandardScaler. A
        constant feature has divisor 1: it becomes 0, not a division by zero. Computed over
        blocks of rows, so 8-bit pixels are never copied to floats as a whole.
        """
        raw = checks.two_axes("Scaling", "raw", raw)
        n_x, m = raw.shape
        shift, divisor = np.empty((n_x, 1)), np.empty((n_x, 1))
        step = max(1, 2_000_000 // max(1, m))
        for start in range(0, n_x, step):
            rows = slice(start, start + step)
            block = raw[rows].astype(np.float64)
            with np.errstate(over="ignore", invalid="ignore"):
                shift[rows] = block.mean(axis=1, keepdims=True)
                divisor[rows] = block.std(axis=1, keepdims=True)
                # Rounding leaves a tiny deviation on a constant feature; noise, not a scale.
                constant = np.ptp(block, axis=1, keepdims=True) == 0
            divisor[rows][constant] = 1.0
        bad = np.flatnonzero(~np.isfinite(shift + divisor))
        if bad.size:
            raise DataError(
                "Scaling",
                "features whose mean and deviation are finite",
                f"{bad.size} whose are not, the first in row {bad[0]} (from 0)",
                "Such values are too large to be standardized: divide them, or leave them out.",
            )
        return cls("standard", shift, divisor)

    @classmethod
    def of(cls, kind: str, raw: np.ndarray) -> "Scaling":
        """The scaling named `kind`, learned from raw (n_x, m) where it is learned at all."""
        checks.one_of("Scaling", "kind", kind, KINDS)
        if kind == "standard":
            return cls.standard(raw)
        return cls.pixels() if kind == "pixels" else cls()

    def __call__(self, raw: np.ndarray, dtype: np.dtype, rows: slice = slice(None)) -> np.ndarray:
        """Raw features (k, ...) of the given rows as scaled floats: a new array."""
        # Rounded to `dtype` last: a float64 feature far from 0 would lose its digits before the
        # mean is taken off. Pixels (uint8) are exact in either.
        X = raw.astype(np.result_type(raw.dtype, dtype))
        shift, divisor = self._rows(self.shift, rows), self._rows(self.divisor, rows)
        if np.any(shift):
            X -= shift
        if np.any(np.asarray(divisor) != 1.0):
            X /= divisor
        return X.astype(dtype, copy=False)

    @staticmethod
    def _rows(value: Any, rows: slice) -> Any:
        return value[rows] if np.ndim(value) else value

    def check(self, n_x: int) -> "Scaling":
        """Itself, if it fits n_x features."""
        for name, value in (("shift", self.shift), ("divisor", self.divisor)):
            if np.ndim(value) and np.shape(value) != (n_x, 1):
                raise InputError(
                    "Scaling", f"{name} of shape ({n_x}, 1)", f"shape {np.shape(value)}"
                )
        return self
