"""Cells of a text table as numbers."""

import math

import numpy as np

MISSING = ("", "na", "n/a", "nan", "null", "?")  # how a missing value is written, in any case


def is_missing(cell: str) -> bool:
    """Whether a cell says that its value is not known."""
    return cell.strip().casefold() in MISSING


def number(cell: str) -> float | None:
    """A cell as a finite number, or None. Python's own "1_000" is no number in a table."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def numbers(cells: list[str]) -> np.ndarray:
    """Cells (n,) as float64, NaN for whatever is no finite number.

    All at once first, which spares a check of each cell; one by one only where that fails.
    """
    if "_" not in "".join(cells):
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
        else:
            values[np.isinf(values)] = np.nan
            return values
    found = map(number, cells)
    return np.array([math.nan if value is None else value for value in found], np.float64)
