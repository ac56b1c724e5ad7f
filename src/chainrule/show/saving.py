"""Figures as files and as bytes, without a screen."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.files import atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: "Figure", path: str | Path, dpi: int = 144) -> None:
    """Write the figure, atomically, as a JPEG file if its name says so, else as PNG.

    InputError where that cannot be.
    """
    kind = "jpeg" if Path(path).suffix.lower() in (".jpg", ".jpeg") else "png"
    atomic.write_bytes(path, as_bytes(figure, dpi, kind))


def as_bytes(figure: "Figure", dpi: int = 80, kind: str = "png") -> bytes:
    """The content of such a file, "png" or "jpeg".

    Names from data are no TeX, and a program for it need not be there, whatever matplotlibrc says.
    """
    from matplotlib import rc_context
    from matplotlib.text import Text

    out = io.BytesIO()
    for text in figure.findobj(Text):
        text.set_usetex(False)
    with rc_context({"text.usetex": False}), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; that is no one's mistake.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Font .* does not have a glyph")
        figure.savefig(out, dpi=dpi, format=kind)
    return out.getvalue()
