"""A page: the answer first, then sections of words, tables and pictures, in one HTML file."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from chainrule import checks
from chainrule._version import __version__
from chainrule.show.report.images import Image

PACKAGES = ("numpy", "scikit-learn", "matplotlib")


@dataclass(frozen=True)
class Table:
    """heads : of the columns, the last `numbers` of which are aligned to the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: int = 0


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
    def filled(self) -> bool:
        """Whether there is anything to show; a page leaves others out."""
        return any((self.words, self.table, self.cards, self.pictures, self.facts))


@dataclass(frozen=True)
class Page:
    """headline, answer : what was found, in a few words and in a few sentences. warning : what
    must not be overlooked. settings : what is needed to repeat it, as plain facts."""

    title: str
    headline: str
    answer: str
    warning: str
    sections: Sequence[Section | None]
    settings: Mapping[str, Any]

    def html(self) -> str:
        """The page. Whatever comes from data is text wherever it stands: all is escaped."""
        from jinja2 import Environment, StrictUndefined

        source = files("chainrule.show.report").joinpath("template.html").read_text("utf-8")
        own = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        repeat = Section("To repeat it", facts=dict(self.settings) | versions())
        sections = [section for section in (*self.sections, repeat) if section and section.filled]
        html = own.from_string(source).render(page=self, sections=sections)
        return checks.printable(html)  # whatever else a caller's title holds


def versions() -> dict[str, str]:
    """Of what computed it."""
    return {"chainrule": __version__, "Python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }
