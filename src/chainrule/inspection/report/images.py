"""Pictures inside the page itself, with words for those who cannot see them."""

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.data import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 110


@dataclass(frozen=True)
class Image:
    """uri : the picture as a data: address. words : what it shows."""

    uri: str
    words: str


def drawn(figure: "Figure", words: str, *, photographs: bool = False) -> Image:
    """A figure as PNG or, of photographs, as JPEG, which takes a quarter of the room."""
    from chainrule.inspection.plots import save_figure

    out, kind = io.BytesIO(), "jpeg" if photographs else "png"
    save_figure(figure, out, dpi=DPI, kind=kind)
    return Image(_uri(out.getvalue(), kind), words)


def photograph(data: Dataset, index: int, words: str) -> Image | None:
    """One picture of a data set, pixel by pixel; None where the data are none."""
    if data.image_shape is None or data.raw.dtype != np.uint8:
        return None
    from PIL import Image as Photograph

    out = io.BytesIO()
    pixels = np.ascontiguousarray(data.raw[:, index].reshape(data.image_shape))
    Photograph.fromarray(pixels).save(out, "PNG")
    return Image(_uri(out.getvalue()), words)


def _uri(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
