"""Tables as CSV files that survive a crash and spreadsheets."""

import csv
import io
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chainrule.files.atomic import write_bytes

# A spreadsheet takes a cell that begins so for a formula, and carries it out.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def write_csv(
    path: str | Path,
    header: Iterable[str],
    rows: Iterable[Iterable[Any]],
    encoding: str = "utf-8",
) -> None:
    """A header and rows of cells, atomically; "utf-8-sig" begins with a byte order mark, by which
    spreadsheets know UTF-8. Text that they would take for a formula gets an apostrophe before it,
    the header's too; numbers are left alone."""
    out = io.StringIO()
    # Lines end in \r\n: Python 3.11 quotes a cell for those two only if they are in a line's end.
    writer = csv.writer(out)
    writer.writerows([guarded(cell) for cell in row] for row in (header, *rows))
    write_bytes(path, out.getvalue().encode(encoding, "replace"))


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
