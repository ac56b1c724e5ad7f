"""Small pieces of HTML, for what shows itself in notebooks and reports."""

import base64
from collections.abc import Iterable
from html import escape


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
    return table_of_elements(
        [f"<{tag}>{escape(cell)}</{tag}>" for cell in cells] for tag, cells in lines
    )


def table_of_elements(rows: Iterable[Iterable[str]]) -> str:
    """Cells that are elements already."""
    return f"<table><tr>{'</tr><tr>'.join(map(''.join, rows))}</tr></table>"
