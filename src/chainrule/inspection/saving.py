"""Figures as files and as bytes, without a screen."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(
    figure: "Figure", path: str | Path | BinaryIO, dpi: int = 144, kind: str = "png"
) -> None:
    """Write the figure as a PNG or JPEG file, without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; that is no one's mistake.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Font .* does not have a glyph")
        figure.savefig(path, dpi=dpi, format=kind)


def as_bytes(figure: "Figure", dpi: int = 80, kind: str = "png") -> bytes:
    """The content of such a file."""
    out = io.BytesIO()
    save_figure(figure, out, dpi, kind)
    return out.getvalue()
