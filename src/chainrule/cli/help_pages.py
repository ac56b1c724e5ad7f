"""The look of help pages: paragraphs that flow, and `code` in its own color.

That is all the Markdown there is in docstrings, and reading it so takes a third of the time that
importing a reader of Markdown does.
"""

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts import App
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions
    from rich.text import Text


class HelpPages:
    """cyclopts' formatter of help, its own but for the text in it.

    summary : gives a line for a command, which is then not imported to be listed.
    """

    def __init__(self, summary: Callable[[str], str]) -> None:
        self._summary = summary

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        from cyclopts.help import DefaultFormatter

        for entry in panel.entries:
            listed = panel.format == "command" and not entry.names[0].startswith("-")
            text = self._summary(entry.names[0]) if listed else None
            _flow(entry.description, text)
        DefaultFormatter()(console, options, panel)

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: Any) -> None:
        from cyclopts.help import DefaultFormatter

        DefaultFormatter().render_usage(console, options, usage)

    def render_description(self, console: "Console", options: "ConsoleOptions", text: Any) -> None:
        _flow(text)
        console.print(text)


def _flow(inline: Any, text: str | None = None) -> None:
    """The text of a description, or another one, with its paragraphs as long as the page is wide.

    inline : cyclopts.help.InlineText, which may have remarks such as defaults after the text.
    """
    inline.primary_renderable = flowing(inline.primary_renderable.plain if text is None else text)


def flowing(text: str) -> "Text":
    """Lines joined to paragraphs, `code` colored."""
    from rich.text import Text

    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    pieces = re.split("`(.+?)`", "\n\n".join(paragraphs).strip())
    styles = ("", "markdown.code")
    return Text.assemble(*((piece, styles[k % 2]) for k, piece in enumerate(pieces)))


def print_help(app: "App", command: str) -> None:
    """A command's page, as cyclopts prints it, but sooner.

    Its options are looked at once, not three times; and their docstrings say all there is to them,
    where docstring_parser tries every style, and reads the source of every class for more.
    """
    import docstring_parser
    from docstring_parser import numpydoc
    from rich.console import Console

    docstring_parser.parse = lambda text, *_, **__: numpydoc.parse(text)
    docstring_parser.parse_from_object = lambda obj, *_, **__: numpydoc.parse(obj.__doc__ or "")
    app[command].usage = usage(command, app[command].default_command)
    app.help_print([command], console=Console(emoji=False))


def usage(command: str, function: Callable[..., Any] | None) -> str:
    """How a command is called: its name, [OPTIONS], and the parameters that need no name."""
    words = []
    for one in inspect.signature(function or usage).parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            words.append(f"[{one.name.upper()}...]")
        elif one.kind is not one.KEYWORD_ONLY:
            words.append(one.name.upper() if one.default is one.empty else f"[{one.name.upper()}]")
    return " ".join(["Usage: chainrule", command, "[OPTIONS]", *words])
