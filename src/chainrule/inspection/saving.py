"""Figures as files and as bytes, without a screen."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule import tensor_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: "Figure", path: str | Path, dpi: int = 144) -> None:
    """Write the figure as a PNG file, atomically. InputError where that cannot be."""
    tensor_file.write_bytes(path, as_bytes(figure, dpi))


def as_bytes(figure: "Figure", dpi: int = 80, kind: str = "png") -> bytes:
    """The content of such a file, "png" or "jpeg"."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    out = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; that is no one's mistake.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Font .* does not have a glyph")
        figure.savefig(out, dpi=dpi, format=kind)
    return out.getvalue()
