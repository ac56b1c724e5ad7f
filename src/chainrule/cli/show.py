"""What the commands print: tables, remarks, progress and JSON."""

import json
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.wording import counted_by_reason
from chainrule.wording import safe as safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.table import Table as RichTable

    from chainrule.data import Splits
    from chainrule.display import Table
    from chainrule.model.model_file import Model

# Of verdicts, each of which says its name, too; others are yellow.
COLORS = {"better": "green", "nothing": "red", "worse": "red"}


def console(*, error: bool = False) -> "Console":
    """Standard output or standard error; names from data are never read as markup."""
    from rich.console import Console

    return Console(stderr=error, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_table(*tables: "Table") -> None:
    """The first of these that the terminal has room for, else the last: in a narrow one with heads
    of several lines, in a very narrow one broken anywhere."""
    from chainrule.show.tables import terminal

    for made in map(terminal, tables):
        if _fitted(made):
            break
    console().print(made)


def _fitted(made: "RichTable") -> bool:
    """Whether the terminal has room for a table; for that its columns of numbers are made as
    narrow as they can be with no number broken, and heads between words only."""
    out = console()
    # Measured for a terminal of any width: else the answer is cut to this one's.
    options = out.options.update_width(10**4)
    if out.measure(made, options=options).maximum <= out.width:
        return True
    numbers = [column for column in made.columns if column.justify == "right"]
    for column in numbers:
        parts = [*str(column.header).split(), *map(str, column.cells)]
        column.width = max(map(len, parts))
    if out.measure(made, options=options).minimum <= out.width:
        return True
    for column in numbers:
        column.width = None
    return False


def print_data(splits: "Splits", counts: str) -> None:
    """What is trained on; counts : such as "1000 training, 500 test"."""
    data = splits.train
    kind = f"pictures {'x'.join(map(str, data.image_shape))}" if data.image_shape else "examples"
    if data.encoder is not None:
        kind = f"photos as {data.encoder.n_features:,} features of {data.encoder.name}"
    print_beside("Data", f"{counts} {kind}; {safe(data.label_words)}")
    print_beside("", f"from {safe(data.source)}; scaled: {data.scaling.kind}")
    for note in splits.notes:
        print_beside("", safe(note))
    print_skipped(splits.skipped)


def print_beside(head: str, text: str) -> None:
    """A line beside a word; on a terminal broken between words where it is longer than one, else
    whole, as programs read it."""
    if console().is_terminal:
        print_set_in(text, head, 9)
    else:
        console().print(f"{head:<9}{text}")


def print_model(model: "Model") -> None:
    """Of how many networks it is, where these are several; which class is answered above which
    probability, where that is not 1/2."""
    if model.n_members > 1:
        console().print(f"Model     ensemble of {model.n_members}")
    if model.threshold != 0.5:
        second = safe(model.classes[1])
        line = f"Threshold {second} where its probability is above {model.threshold:.4g}"
        console().print(line)


def print_skipped(skipped: Sequence[str]) -> None:
    """On standard error, how many files were left out for each reason, with the first of each."""
    for line in counted_by_reason(skipped):
        console(error=True).print(f"skipped  {safe(line)}")


def print_json(facts: dict[str, Any]) -> None:
    """One JSON object on standard output, in ASCII: it passes through any terminal or pipe."""
    text = json.dumps(facts, indent=2, allow_nan=False)
    sys.stdout.write(f"{text}\n")


def print_set_in(text: str, head: str = "", margin: int = 10) -> None:
    """Sentences beside a word, or below what stands beside one, broken between words."""
    console().print(_filled(f"{head.ljust(margin)}{text}", margin))


def _filled(text: str, margin: int) -> str:
    """Broken between words alone: no path and no hyphenated word is torn."""
    torn: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    whole = text.replace(" %", "\u00a0%")  # a number and its sign stay together
    filled = textwrap.fill(whole, console().width, subsequent_indent=" " * margin, **torn)
    return filled.replace("\u00a0%", " %")


def print_note(text: str) -> None:
    """A remark in several sentences."""
    print_set_in(text, "Note", 9)


def folded(command: str, margin: int) -> str:
    """A command for a terminal, in lines that end in a backslash where it is longer than one: no
    option is torn from its value. margin : before each line but the first."""
    out = console()
    if not out.is_terminal or len(command) + margin <= out.width:
        return command
    command, hash_, why = command.partition("  # ")
    words = re.findall(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""", command)
    parts: list[str] = []
    for word in words:
        if parts and not word.startswith("--") and (parts[-1].startswith("--") or len(parts) == 1):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + margin + 3 <= out.width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    whole = f" \\\n{' ' * margin}".join(lines)
    return f"{whole}\n{' ' * margin}# {why}" if hash_ else whole


def print_verdict(verdict: dict[str, Any]) -> None:
    """What held-out examples say of a model, see `Verdict.facts`; its name in color."""
    from rich.text import Text

    from chainrule.model.verdict import MEASURED, Verdict

    out, name = console(), verdict["verdict"]
    said = f"{'Verdict':<9}{name}. {verdict['words']}"
    text = Text(_filled(said, 9))
    text.highlight_words([name], f"bold {COLORS.get(verdict['kind'], 'yellow')}")
    out.print(text)
    if verdict["kind"] != "unknown" and out.is_terminal:  # for people
        from chainrule.show.report.number_line import NumberLine

        drawn = NumberLine.of(Verdict(**{name: verdict[name] for name in MEASURED}))
        if line := drawn.text(out.width - 9, out.encoding):
            out.print(f"{' ' * 9}{line}")


def bar() -> "Bar":
    """A bar on standard error, if that is a terminal, with the field `text` beside it."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    errors = console(error=True)
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[text]}"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
