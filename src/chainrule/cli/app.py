"""The commands, and what becomes of errors."""

import gc
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from cyclopts import App, CycloptsError, Parameter, Token, convert

from chainrule._version import __version__
from chainrule.cli.help_pages import HelpPages, print_help
from chainrule.cli.show import safe
from chainrule.errors import ChainruleError, InputError
from chainrule.jobs import texts

# Each is the function of its name, which is imported when it is called.
COMMANDS = (
    "demo", "train", "evaluate", "predict", "undo", "lr-find", "sweep", "crossval", "leave-one-out",
    "review-labels", "importance", "explain", "report", "graph", "lab", "export", "studio", "serve",
    "reproduce", "cache",
)  # fmt: skip


def found_in(command: str) -> tuple[str, str]:
    """The module in this package, and the function in it."""
    name = command.replace("-", "_")
    alone = Path(__file__).with_name(f"{name}.py").exists()
    return name if alone else "experiments", name


def summary(command: str) -> str:
    """The first paragraph of its docstring, read in the source: importing takes longer."""
    module, name = found_in(command)
    source = Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    found = re.search(rf'^def {name}\(.*?^    """(.+?)(\n\n|""")', source, re.S | re.M)
    return " ".join(found[1].split()) if found else ""


def _converted(kind: Any, tokens: Sequence[Token]) -> Any:
    """An option's value. Whole numbers apart, which cyclopts would round: 2.9 to 3."""
    if int in (kind, *get_args(kind)):
        return texts.whole(tokens[0].value)
    return convert(kind, tokens)


app = App(
    name="chainrule",
    help="Neural networks from their equations, trained exactly and fast. "
    "Start with `chainrule demo`: it needs no data.",
    version=f"chainrule {__version__}",
    help_format="plaintext",
    help_formatter=HelpPages(summary),
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    # A file may be called [a].png: that is a name, not a list in JSON.
    default_parameter=Parameter(
        converter=_converted, json_list=False, json_dict=False, negative=()
    ),
)
for command in COMMANDS:
    app.command("chainrule.cli.{}:{}".format(*found_in(command)), name=command)

LONGEST = 300  # characters of an error


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if tokens[:1] and tokens[0] in COMMANDS and tokens[1:] in (["--help"], ["-h"]):
            print_help(app, tokens[0])
            return 0
        import logging

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its files are its own business
        gc.enable()
        result = app(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        if isinstance(error.__cause__, InputError):  # a value that is more than a number or a name
            return _refused(error.__cause__)
        command = next((f" {t}" for t in tokens if t in app), "")
        return _fail(f"{_one_line(error)} See chainrule{command} --help.")
    except InputError as error:
        return _refused(error)
    except ChainruleError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("not enough memory. Try fewer or smaller layers, fewer runs, or less data.")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}")
    finally:
        gc.enable()
    return result if isinstance(result, int) else 0


def _one_line(error: CycloptsError) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _refused(error: InputError) -> int:
    """What was met has more room than what was expected: it is what is not known yet."""
    room = max(LONGEST - len(f"{error.where} {error.fix}") - 40, 120)
    got = _within(error.got, max(room // 2, room - len(error.expected)))
    expected = _within(error.expected, max(room - len(got), 60))
    return _fail(f"{error.where}: expected {expected}; got {got}.", error.fix)


def _within(text: str, most: int) -> str:
    """A text, of a long one the beginning and the end.

    What is too long are lists of names and labels, whose number and length the data decide.
    """
    if len(text) <= most:
        return text
    return f"{text[: (most - 5) * 2 // 3]} ... {text[-(most - 5) // 3 :]}"


def _fail(message: str, fix: str = "") -> int:
    """One line on standard error. Of a long one the middle is left out, and not what to do."""
    line, end = (safe(" ".join(text.split())) for text in (f"chainrule: {message}", f" {fix}"))
    line = _within(line, max(LONGEST - len(end) - 1, 120) if end else LONGEST)
    print(f"{line} {end}".rstrip()[:LONGEST], file=sys.stderr)
    return 2
