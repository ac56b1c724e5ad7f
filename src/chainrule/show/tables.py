"""Tables of results (`chainrule.display.Table`) as people and files have them, and the small pieces
of HTML of which notebooks and reports are made.

    terminal(table)      a table of rich, to be printed by a command
    texts(table)         heads and cells as text, for whoever draws it otherwise
    html(result)         what a notebook shows of a result
    write(table, path)   CSV, or JSON if the name ends in .json
    frame(table)         a pandas DataFrame

Columns without a single cell are not shown to people: that none diverged needs no column.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.display import Column, Result, Table
from chainrule.files.csv_file import write_csv
from chainrule.files.json_file import plain, write_json
from chainrule.wording import number, percent, safe, setting_value, shortened

if TYPE_CHECKING:
    from rich.table import Table as RichTable

ROWS = 20  # in a notebook
# Columns of names, which are shortened in a terminal: one long name would push all others apart.
NAMES, NAME = ("name", "image", "feature"), 44


@dataclass(frozen=True)
class Texts:
    """A table in words. right : whether each column is aligned to the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[bool]


def texts(table: Table, decimals: int = 1, *, units: bool = True) -> Texts:
    """Heads and cells, the foot's below. decimals : of percentages. units : behind the heads."""
    rows, shown = [*table.rows, *table.foot], _shown(table)
    columns = [table.columns[k] for k in shown]
    return Texts(
        [f"{c.heading} ({c.unit})" if c.unit and units else c.heading for c in columns],
        [[cell(table.columns[k], row[k], decimals) for k in shown] for row in rows],
        [column.kind != "text" for column in columns],
    )


def _shown(table: Table) -> list[int]:
    """Indices of the columns with a cell that is not empty."""
    rows, n = [*table.rows, *table.foot], len(table.columns)
    return [k for k in range(n) if not rows or any(not _empty(row[k]) for row in rows)]


def cell(column: Column, value: Any, decimals: int = 1) -> str:
    """One cell as text: nothing where there is none, - for not a number."""
    kinds: dict[str, Callable[[Any], str]] = {
        "number": number,
        "percent": lambda fraction: percent(fraction, decimals),
        "value": setting_value,
    }
    # Words may stand in a column of numbers, too.
    known = not _empty(value) and (column.kind == "value" or not isinstance(value, str))
    return kinds.get(column.kind, str)(value) if known else str(value or "")


def terminal(table: Table) -> "RichTable":
    """To be printed by rich: without units, percentages with two decimals, and control characters
    escaped, as names from data must not paint the terminal."""
    from rich import box
    from rich.table import Table as RichTable

    found = texts(table, 2, units=False)
    made = RichTable(
        title=table.title or None,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
        collapse_padding=True,
    )
    for head, right in zip(found.heads, found.right, strict=True):
        made.add_column(safe(head), justify="right" if right else "left", overflow="fold")
    named = [table.columns[k].name in NAMES for k in _shown(table)]
    for row in found.rows:
        cells = zip(row, named, strict=True)
        made.add_row(*(safe(shortened(c, NAME) if n and len(c) > NAME else c) for c, n in cells))
    return made


def html(result: Result) -> str:
    """What `repr` says of a result, and the first rows of its table."""
    table, said = result.table(), f"<p>{escape(repr(result))}</p>"
    if not table.rows:
        return said
    # What the foot says, `repr` says already.
    found, more = texts(Table(table.columns, table.rows[:ROWS])), len(table.rows) - ROWS
    rest = f"<p>and {more} more</p>" if more > 0 else ""
    return f"{said}{html_table(found.rows, found.heads)}{rest}"


def data_uri(content: bytes, kind: str) -> str:
    """A picture within the page itself. kind : "png", "jpeg" or "svg+xml"."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def image(content: bytes, kind: str, words: str, size: str = "") -> str:
    """Such a picture as an element. words : what it shows. size : attributes of ours."""
    return f'<img src="{data_uri(content, kind)}" alt="{escape(words)}"{size}>'


def html_table(rows: Iterable[Iterable[str]], head: Iterable[str] = ()) -> str:
    """Cells of text, escaped, below a head if there is one."""
    lines = [("th", head)] if head else []
    lines += [("td", row) for row in rows]
    rows = ([f"<{tag}>{escape(cell)}</{tag}>" for cell in cells] for tag, cells in lines)
    return table_of_elements(rows)


def table_of_elements(rows: Iterable[Iterable[str]]) -> str:
    """Cells that are elements already."""
    return f"<table><tr>{'</tr><tr>'.join(map(''.join, rows))}</tr></table>"


def write(table: Table, path: str | Path) -> None:
    """CSV or, to a name that ends in .json, a JSON list of objects; atomically."""
    if Path(path).suffix.lower() == ".json":
        write_json(path, plain(table.records(), finite=True))
    else:
        write_csv(path, table.names, ([_in_csv(value) for value in row] for row in table.rows))


def _in_csv(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, tuple) else value


def frame(table: Table) -> Any:
    """ImportError where pandas is not installed."""
    import pandas

    return pandas.DataFrame(table.records(), columns=table.names)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value)
