"""Pictures inside the page itself, with words for those who cannot see them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.data import Dataset
from chainrule.show.data import png
from chainrule.show.html import data_uri
from chainrule.show.saving import as_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 110


@dataclass(frozen=True)
class Image:
    """uri : the picture as a data: address. words : what it shows. broad : whether it is of many
    small parts, which a narrow screen scrolls rather than shrinks."""

    uri: str
    words: str
    broad: bool = False


def drawn(figure: "Figure", words: str, *, photographs: bool = False) -> Image:
    """A figure as PNG or, of photographs, as JPEG, which takes a quarter of the room."""
    kind = "jpeg" if photographs else "png"
    return Image(data_uri(as_bytes(figure, DPI, kind), kind), words, broad=photographs)


def photograph(data: Dataset, index: int, words: str) -> Image | None:
    """One picture of a data set, pixel by pixel; None where the data are none."""
    content = png(data, index)
    return None if content is None else Image(data_uri(content, "png"), words)
