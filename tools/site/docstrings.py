"""Docstrings of the house, which are plain text, made legible as reStructuredText.

    A first line.

        a formula, or anything else that is set in as it stands

    name : what it is. Lines that follow
        are set in.

    Raises InputError for what does not fit.

`code` in them leads to what it names, where that has a page. Docstrings with sections of numpydoc
are left to numpydoc.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SECTION = re.compile(r"^-{3,}$", re.MULTILINE)
ATTRIBUTE = re.compile(r"(?<=[( ])(\w+)_(?=[ ,)] ?(?!:))")  # coefs_, which would be a link
FIELD = re.compile(r"([\w\[\]*]+(?:, [\w\[\]*]+)*,?) : (.*)", re.DOTALL)
LISTED = re.compile(r"(- |\d+\. )(.*)", re.DOTALL)
CODE = re.compile(r"(``?)(.+?)\1", re.DOTALL)
NAME = re.compile(r"[A-Za-z_][\w.]*")
PAGE = re.compile(r"docs/([\w-]+)\.md")


def rendered(text: str) -> str:
    """The reStructuredText of a docstring."""
    if SECTION.search(text):
        return ATTRIBUTE.sub(r"\1\\_", text)
    return "\n\n".join(_block(block) for block in _blocks(text)) + "\n"


def _blocks(text: str) -> Iterator[str]:
    """Parts that are set in as they stand, and the items of all others."""
    lines = text.expandtabs().splitlines()
    while lines:
        if not lines[0].strip():
            lines = lines[1:]
        elif lines[0].startswith(" "):
            part = list(takewhile(lambda line: not line.strip() or line[0] == " ", lines))
            yield "\n".join(part).rstrip()
            lines = lines[len(part) :]
        else:
            part = [lines[0], *takewhile(_goes_on(lines[0]), lines[1:])]
            yield "\n".join(part)
            lines = lines[len(part) :]


def _goes_on(first: str) -> Any:
    """Whether a line belongs to the item before: of a field or a list it is set in."""
    if FIELD.match(first) or LISTED.match(first):
        return lambda line: line.startswith("  ")
    if first.startswith(">>>"):
        return lambda line: bool(line.strip())
    return lambda line: line.strip() and not FIELD.match(line) and not LISTED.match(line)


def _block(block: str) -> str:
    if block.startswith(">>>"):
        return block
    if block.startswith(" "):
        return _set_out(block) if block.lstrip().startswith(">>>") else f"::\n\n{block}"
    if field := FIELD.fullmatch(block):
        return f"**{_plain(field[1])}**\n    {_flowing(field[2])}"
    if listed := LISTED.fullmatch(block):
        return f"{listed[1]}{_flowing(listed[2])}"
    return _flowing(block)


def _set_out(block: str) -> str:
    indent = len(block) - len(block.lstrip())
    return "\n".join(line[indent:] for line in block.splitlines())


def _flowing(text: str) -> str:
    """A paragraph in one line, with its code and its pages linked."""
    text = " ".join(text.split())
    pieces, at = [], 0
    for code in CODE.finditer(text):
        pieces += [_plain(text[at : code.start()]), _code(code[2])]
        at = code.end()
    return "".join([*pieces, _plain(text[at:])])


def _code(code: str) -> str:
    return rf"\ :py:obj:`{code}`\ " if NAME.fullmatch(code) else rf"\ ``{code}``\ "


def _plain(text: str) -> str:
    escaped = re.sub(r"([\\*|`_])", r"\\\1", text)
    return PAGE.sub(r"\\ :doc:`docs/\1.md </\1>`\\ ", escaped)


def process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = rendered("\n".join(lines)).splitlines()


def skip(app: Any, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:
    """Whether a member is scikit-learn's own, which its own pages describe."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def setup(app: "Sphinx") -> dict[str, bool]:
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", process, priority=100)  # before numpydoc
    return {"parallel_read_safe": True, "parallel_write_safe": True}
