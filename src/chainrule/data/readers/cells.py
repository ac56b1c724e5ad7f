"""Cells of a text table as numbers."""

import math
from collections.abc import Collection, Iterable

import numpy as np

from chainrule.files.csv_file import number

MISSING = ("", "na", "n/a", "nan", "null", "?")  # how a missing value is written, in any case
EXACT = 2.0**53  # floats hold every whole number below
ONE_BY_ONE = 64  # cells that are looked at one by one


def is_missing(cell: str, missing: Collection[str] = MISSING) -> bool:
    """Whether a cell says that its value is not known."""
    return cell.strip().casefold() in missing


def numbers(cells: list[str]) -> np.ndarray:
    """Cells (n,) as float64, NaN for whatever is no finite number.

    All at once first, which spares a check of each cell; where that fails by halves, and only few
    cells one by one.
    """
    if "_" not in "".join(cells):
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
        else:
            values[np.isinf(values)] = np.nan
            return values
    if len(cells) > ONE_BY_ONE:
        half = len(cells) // 2
        return np.concatenate([numbers(cells[:half]), numbers(cells[half:])])
    found = map(number, cells)
    return np.array([math.nan if value is None else value for value in found], np.float64)


def loses_digits(cells: Iterable[str]) -> bool:
    """Whether a cell is a whole number that no float holds."""
    return any(
        abs(value) >= EXACT and int(cell) != int(value)
        for cell in cells
        if cell.lstrip("-+").isdecimal() and (value := number(cell)) is not None
    )
