"""The commands, and what becomes of errors."""

import sys
from collections.abc import Sequence
from typing import Any, get_args

from cyclopts import App, CycloptsError, Parameter, Token, convert

from chainrule._version import __version__
from chainrule.cli import parse
from chainrule.cli.crossval import crossval
from chainrule.cli.demo import demo
from chainrule.cli.evaluate import evaluate
from chainrule.cli.explain import explain_picture
from chainrule.cli.export import export
from chainrule.cli.graph import graph
from chainrule.cli.lab import lab
from chainrule.cli.leave_one_out import leave_one_out
from chainrule.cli.lr_find import lr_find
from chainrule.cli.predict import predict
from chainrule.cli.report import report
from chainrule.cli.reproduce import reproduce
from chainrule.cli.review_labels import review
from chainrule.cli.show import safe
from chainrule.cli.sweep import sweep
from chainrule.cli.train import train
from chainrule.errors import ChainruleError


def _converted(kind: Any, tokens: Sequence[Token]) -> Any:
    """An option's value. Whole numbers apart, which cyclopts would round: 2.9 to 3."""
    if int in (kind, *get_args(kind)):
        return parse.whole(tokens[0].value)
    return convert(kind, tokens)


app = App(
    name="chainrule",
    help="Neural networks from their equations, trained exactly and fast. "
    "Start with `chainrule demo`: it needs no data.",
    version=f"chainrule {__version__}",
    help_format="markdown",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    # A file may be called [a].png: that is a name, not a list in JSON.
    default_parameter=Parameter(
        converter=_converted, json_list=False, json_dict=False, negative=()
    ),
)
for command in (demo, train, evaluate, predict, lr_find, sweep, crossval, leave_one_out):
    app.command(command)
app.command(review, name="review-labels")
app.command(explain_picture, name="explain")
app.command(report)
for other in (graph, lab, export, reproduce):
    app.command(other)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        command = next((f" {t}" for t in tokens if t in app), "")
        return _fail(f"{_one_line(error)} See chainrule{command} --help.")
    except ChainruleError as error:
        return _fail(str(error))
    except BrokenPipeError:
        raise
    except MemoryError:
        return _fail("not enough memory. Try fewer or smaller layers, fewer runs, or less data.")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}")
    return result if isinstance(result, int) else 0


def _one_line(error: CycloptsError) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _fail(message: str) -> int:
    print(f"chainrule: {safe(' '.join(message.split()))}", file=sys.stderr)
    return 2
