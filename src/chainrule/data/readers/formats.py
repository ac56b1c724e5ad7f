"""The grid of a table, whatever it is kept in: text, gzipped or not, expression data, or frames."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Any

from chainrule import checks
from chainrule.data.readers import expression, frames
from chainrule.data.readers.grid import WIDE, Grid, read_grid
from chainrule.data.reading import Reading, is_frame
from chainrule.errors import DataError
from chainrule.files import atomic

STARTS = {b"PK\3\4": ".xlsx", b"PAR1": ".parquet", b"ARROW1": ".feather"}


def grid_of(source: str | Path | Any, reading: Reading) -> Grid:
    """The grid of a file by its content and ending, or of a data frame.

    Raises DataError for what cannot be read; OSError where the system refuses it.
    """
    if is_frame(source):
        return frames.of_frame(source, reading)
    path, where = Path(source), str(source)
    if path.suffix.lower() in frames.READERS:
        return frames.of_file(path, reading)
    raw = _unpacked(atomic.read_bytes(path), where)
    if b"\0" in raw[: 2**20] and not raw.startswith(WIDE):
        ending = next((ending for start, ending in STARTS.items() if raw.startswith(start)), "")
        fix = f"It looks like {ending}: rename it." if ending else "Save it as CSV in UTF-8."
        raise DataError(where, "text in UTF-8", "zero bytes", fix)
    for begins, read in ((expression.GCT, expression.gct), (expression.SERIES, expression.series)):
        if begins.match(raw):
            return read(raw, path, reading)
    return read_grid(raw, where, reading)


def _unpacked(raw: bytes, where: str) -> bytes:
    """What is in a gzipped file; the bytes themselves of any other."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        found = bytearray()
        with gzip.open(io.BytesIO(raw)) as file:
            while some := file.read(2**24):
                found += some
                checks.room(where, 2 * len(found), DataError)
        return bytes(found)
    except (OSError, EOFError, zlib.error) as error:
        fix = "Fetch it again, or unpack it."
        raise DataError(where, "a whole gzipped file", f"a damaged one ({error})", fix) from None
