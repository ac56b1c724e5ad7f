"""Tables as CSV files that survive a crash and spreadsheets."""

import csv
import io
import math
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from chainrule.files.atomic import whole_file

# A spreadsheet takes a cell that begins so for a formula, and carries it out.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def write_csv(
    path: str | Path,
    header: Iterable[str],
    rows: Iterable[Iterable[Any]],
    encoding: str = "utf-8",
    *,
    new: bool = False,
) -> None:
    """A header and rows of cells, atomically; "utf-8-sig" begins with a byte order mark, by which
    spreadsheets know UTF-8. Text that they would take for a formula gets an apostrophe before it,
    the header's too; numbers are left alone. `new` as `write_bytes` has it."""
    with whole_file(path, new=new) as file:
        out = io.TextIOWrapper(file, encoding, "replace", newline="")
        # Lines end in \r\n: Python 3.11 quotes a cell for those two only if they end lines.
        writer = csv.writer(out)
        writer.writerows([guarded(cell) for cell in row] for row in chain((header,), rows))
        out.detach()  # which also flushes


def number(cell: str) -> float | None:
    """A cell as a finite number, or None. Python's own "1_000" is no number in a table."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def unguarded(cell: str) -> str:
    """A cell as it was before `write_csv` guarded it."""
    return cell[1:] if cell.startswith("'") and _like_a_formula(cell[1:]) else cell


def guarded(cell: Any) -> Any:
    """A cell as `write_csv` writes it."""
    return f"'{cell}" if isinstance(cell, str) and _like_a_formula(cell) else cell


def _like_a_formula(cell: str) -> bool:
    return cell.startswith(FORMULA) and number(cell) is None
