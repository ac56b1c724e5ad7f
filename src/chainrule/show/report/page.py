"""A report: the answer first, then sections of words, tables and pictures, in one HTML file."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from chainrule import checks
from chainrule._version import __version__
from chainrule.display import Table
from chainrule.show.html import data_uri
from chainrule.show.saving import as_bytes
from chainrule.show.tables import Texts, texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PACKAGES = ("numpy", "scikit-learn", "matplotlib")
DPI = 110


@dataclass(frozen=True)
class Image:
    """uri : the picture as a data: address. words : what it shows, for those who cannot see it.
    broad : whether it is of many small parts, which a narrow screen scrolls rather than shrinks."""

    uri: str
    words: str
    broad: bool = False


def drawn(figure: "Figure", words: str, *, photographs: bool = False) -> Image:
    """A figure as PNG or, of photographs, as JPEG, which takes a quarter of the room."""
    kind = "jpeg" if photographs else "png"
    return Image(data_uri(as_bytes(figure, DPI, kind), kind), words, broad=photographs)


@dataclass(frozen=True)
class Card:
    """A small picture of a gallery with lines of text below."""

    picture: Image
    lines: Sequence[str]


@dataclass(frozen=True)
class Section:
    """Shown in this order: words, a table, a gallery, pictures; two pictures side by side where
    there is room, unless they are `wide`."""

    heading: str
    words: Sequence[str] = ()
    table: Table | None = None
    cards: Sequence[Card] = ()
    pictures: Sequence[Image] = ()
    wide: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> Texts | None:
        return None if self.table is None else texts(self.table)

    @property
    def filled(self) -> bool:
        """Whether there is anything to show; a page leaves others out."""
        return any((self.words, self.table, self.cards, self.pictures, self.facts))


@dataclass(frozen=True)
class Report:
    """headline, answer : what was found, in a few words and in a few sentences. warning : what
    must not be overlooked. sections : where there is something to say of it, else None."""

    headline: str
    answer: str
    sections: Sequence[Section | None]
    warning: str = ""

    def html(self, title: str, settings: Mapping[str, Any]) -> str:
        """The page. Whatever comes from data is text wherever it stands: all is escaped.

        settings : what is needed to repeat it, as plain facts.
        """
        from jinja2 import Environment, StrictUndefined

        source = files("chainrule.show.report").joinpath("template.html").read_text("utf-8")
        own = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        repeat = Section("To repeat it", facts=dict(settings) | versions())
        sections = [section for section in (*self.sections, repeat) if section and section.filled]
        html = own.from_string(source).render(page=self, title=title, sections=sections)
        return checks.printable(html)  # whatever else a caller's title holds


def versions() -> dict[str, str]:
    """Of what computed it."""
    return {"chainrule": __version__, "Python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }
