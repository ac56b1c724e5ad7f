"""A report: the answer first, then sections of words, tables and pictures, in one HTML file; and
the sections that several reports have. One file, as all of it is what a report is made of."""

import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np

from chainrule import checks
from chainrule._version import __version__
from chainrule.data import Dataset, Splits
from chainrule.display import Column, Result, Table
from chainrule.model.evaluation import Evaluation
from chainrule.model.verdict import Verdict
from chainrule.show.data import encoded, pixels
from chainrule.show.plots import AnyFigure, as_bytes
from chainrule.show.report.live import Live, Script
from chainrule.show.report.number_line import NumberLine
from chainrule.show.results import figures
from chainrule.show.tables import Texts, data_uri, texts
from chainrule.training import History
from chainrule.training.warnings import TrainingWarning, warnings_of_runs
from chainrule.wording import isolated, listed

PACKAGES = ("numpy", "scikit-learn", "matplotlib")
DPI = 110
SKIPPED = 20
# Of targets.
MEASURES: dict[str, Any] = {"least": np.min, "mean": np.mean, "most": np.max, "deviation": np.std}
MANY = 30  # classes whose numbers are only there when they are asked for
INTERRUPTED = "It was interrupted: this is what was finished until then."


@dataclass(frozen=True)
class Image:
    """uri : the picture as a data: address. words : what it shows, for those who cannot see it.
    narrow : the address of another one for narrow screens, or ""."""

    uri: str
    words: str
    narrow: str = ""


@dataclass(frozen=True)
class Card:
    """A small picture with lines of text below. share : in [-1, 1], the length of a bar to the
    right, or to the left."""

    picture: Image
    lines: Sequence[str]
    share: float = 0.0


@dataclass(frozen=True)
class Gallery:
    """Cards, as many in a row as there is room for, below a heading, words and a label, the heading
    of this part of what follows. broad : whether the pictures are much wider than high. folded :
    the word for all of it, where it is only there when it is asked for."""

    cards: Sequence[Card]
    heading: str = ""
    words: Sequence[str] = ()
    label: str = ""
    broad: bool = False
    folded: str = ""


@dataclass(frozen=True)
class Section:
    """Shown in this order: words, a confusion, a table, galleries, pictures, what can be touched;
    two pictures side by side where there is room, if they are `paired`; the table only when it is
    asked for, if it is `folded`.

    confusion : whose counts are shown. live : what the page's script makes; a section that has
    nothing else but words is there only where scripts run.
    """

    heading: str
    words: Sequence[str] = ()
    table: Table | None = None
    galleries: Sequence[Gallery] = ()
    pictures: Sequence[Image] = ()
    paired: bool = False
    folded: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    confusion: Evaluation | None = None
    live: Live | None = None

    @property
    def only_live(self) -> bool:
        return bool(self.live) and not any(self._shown)

    @property
    def texts(self) -> Texts | None:
        return None if self.table is None else texts(self.table)

    @property
    def filled(self) -> bool:
        """Whether there is anything to show; a page leaves others out."""
        return any((self.words, self.live, *self._shown))

    @property
    def _shown(self) -> tuple[Any, ...]:
        return (self.confusion, self.table, self.galleries, self.pictures, self.facts)


@dataclass(frozen=True)
class Report:
    """headline, answer : what was found, in a few words and in a few sentences. warnings : what
    must not be overlooked. sections : where there is something to say of it, else None.

    verdict : what it says of the model, where it is about one."""

    headline: str
    answer: str
    sections: Sequence[Section | None]
    warnings: Sequence[TrainingWarning | str] = ()
    verdict: Verdict | None = None

    @property
    def warning(self) -> str:
        """All of them, each once."""
        return " ".join(filter(None, map(str, dict.fromkeys(self.warnings))))

    @property
    def line(self) -> NumberLine | None:
        """The verdict on a number line, where something is known."""
        if self.verdict is None or self.verdict.kind == "unknown":
            return None
        return NumberLine.of(self.verdict)

    def html(self, title: str, settings: Mapping[str, Any]) -> str:
        """The page. Whatever comes from data is text wherever it stands: all is escaped.

        settings : what is needed to repeat it, as plain facts.
        """
        from jinja2 import Environment, StrictUndefined

        source = files("chainrule.show.report").joinpath("template.html").read_text("utf-8")
        own = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        own.filters["whole"] = _whole
        versions = {"chainrule": __version__, "Python": platform.python_version()}
        versions |= {name: version(name) for name in PACKAGES}
        repeat = Section("To repeat it", facts=dict(settings) | versions)
        sections = [section for section in (*self.sections, repeat) if section and section.filled]
        script = Script.of(section.live for section in sections if section.live)
        known = {"page": self, "title": title, "sections": sections, "script": script}
        html = own.from_string(source).render(known)
        return checks.printable(html)  # whatever else a caller's title holds


def _whole(words: object) -> str:
    """Words in which no line ends before a %."""
    return re.sub(r"(?<=\d) (?=%)", "\xa0", str(words))


def drawn(figure: AnyFigure, words: str) -> Image:
    """A figure as PNG."""
    return Image(data_uri(as_bytes(figure, DPI, "png"), "png"), words)


def pictures_of(found: Result) -> list[Image]:
    """The figures of a result (`chainrule.show.results`)."""
    return [drawn(one.figure, one.words) for one in figures(found)]


def warned(
    complete: bool, histories: Sequence[History] = (), *, chosen: bool = False
) -> list[TrainingWarning | str]:
    """The warnings of a report on an experiment that may have been interrupted, or whose trainings
    look wrong."""
    return [*([] if complete else [INTERRUPTED]), *warnings_of_runs(histories, chosen=chosen)]


def data_section(splits: Splits, varied: Sequence[str] = ()) -> Section:
    """How many examples of each class, or the targets, by set; what was understood, what could not
    be read. varied : what differs between the trainings, such as "prepare"."""
    sets = splits.sets
    first = next(iter(sets.values()))
    notes = dict.fromkeys(note for one in sets.values() for note in one.notes)
    words = [f"{isolated(note[:1].upper() + note[1:])}." for note in notes]
    if splits.skipped:
        names = listed(list(map(isolated, splits.skipped)), SKIPPED, "; ")
        words.append(f"Skipped, as they could not be read: {names}.")
    if first.classes:
        counts = [np.bincount(one.labels, minlength=len(one.classes)) for one in sets.values()]
        rows = [(label, *(count[k] for count in counts)) for k, label in enumerate(first.classes)]
        table = Table((Column("class"), *(Column(name, "whole") for name in sets)), rows)
    else:
        columns = [Column("set"), Column("examples", "whole")]
        columns += [Column(name, "value") for name in MEASURES]
        each = ((name, len(one), one.labels) for name, one in sets.items())
        rows = [(n, m, *(float(f(y)) for f in MEASURES.values())) for n, m, y in each]
        table = Table(columns, rows)
    facts = {"from": first.source} if first.source else {}
    if first.encoder is not None:
        facts["features"] = f"{first.encoder.n_features:,} a photo, of {first.encoder.name}"
    if "prepare" not in varied:
        facts["prepared by"] = isolated(first.scaling.kind.replace(",", ", "))
    return Section("Data", words, table, facts=facts, folded=len(first.classes) > MANY)


def gallery(
    heading: str,
    words: Sequence[str],
    data: Dataset,
    index: Iterable[int],
    texts: Iterable[Sequence[str]],
    table: Table,
    pictures: Sequence[Image] = (),
) -> Section:
    """Some examples as small pictures with their texts, or in a table where they are none."""
    shown = [pixels(data, int(i)) for i in index]
    cards = [card(one, lines) for one, lines in zip(shown, texts, strict=True) if one is not None]
    if cards:
        return Section(heading, words, None, [Gallery(cards)], pictures)
    return Section(heading, words, table if table.rows else None, pictures=pictures)


def card(picture: np.ndarray, lines: Sequence[str], share: float = 0.0) -> Card:
    """Of a picture's 8-bit pixels."""
    words = ", ".join(map(isolated, lines))
    return Card(Image(data_uri(*encoded(picture)), words), lines, share)
