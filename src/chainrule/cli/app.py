"""The commands, and what becomes of errors."""

import gc
import logging
import sys
from collections.abc import Sequence
from typing import Any, get_args

from cyclopts import App, CycloptsError, Parameter, Token, convert

from chainrule._version import __version__
from chainrule.cli.help_pages import HelpPages, print_help
from chainrule.cli.show import safe
from chainrule.errors import ChainruleError, InputError
from chainrule.jobs import texts

# The first line of each command's docstring: a command is imported when it is called.
SUMMARIES = {
    "demo": "Train three networks on the built-in pictures of clothes; no data needed.",
    "train": "Train a network and write a run folder: model, settings, history, learning curve.",
    "evaluate": (
        "Measure a model on data: accuracy, cost, confusion matrix, the most confident mistakes."
    ),
    "predict": "Ask a model about pictures of your own: the class and its probability for each.",
    "lr-find": "Suggest a learning rate by a range test, or compare a list of them.",
    "sweep": (
        "Train many settings at once, compare them on held-out examples, train the best on all."
    ),
    "crossval": (
        "Cross-validate: train once for each fold without it, all together, and measure there."
    ),
    "leave-one-out": (
        "Train once without each example: its own prediction then, and its exact influence on "
        "others."
    ),
    "review-labels": "Find examples whose labels look wrong, by networks trained without them.",
    "explain": "Say why a model answers as it does to a picture of your own.",
    "report": "Write one HTML file that says how good a training is, and shows why.",
    "graph": 'Show every value and every derivative of a formula, `"3*(a + b*c)" a=5 b=3 c=2`.',
    "lab": "Loops against matrix equations, timed; a deep network against a shallow one, counted.",
    "export": "Write a model in a format that other programs read: ONNX.",
    "reproduce": (
        "Train the course's three published experiments and compare with what was published."
    ),
}
# Where a command is, if not in the module and the function of its name.
PLACES = {"explain": "explain:explain_picture", "review-labels": "review_labels:review"}


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
    help_formatter=HelpPages(SUMMARIES),
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    # A file may be called [a].png: that is a name, not a list in JSON.
    default_parameter=Parameter(
        converter=_converted, json_list=False, json_dict=False, negative=()
    ),
)
for command in SUMMARIES:
    module = command.replace("-", "_")
    app.command(f"chainrule.cli.{PLACES.get(command, f'{module}:{module}')}", name=command)

LONGEST = 300  # characters of an error


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it keeps its files is its own
    try:
        if tokens[:1] and tokens[0] in SUMMARIES and tokens[1:] in (["--help"], ["-h"]):
            print_help(app, tokens[0])
            return 0
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
    return _fail(f"{error.where}: expected {error.expected}; got {error.got}.", error.fix)


def _fail(message: str, fix: str = "") -> int:
    """One line on standard error. Of a long one the middle is left out, and not what to do.

    What is too long are lists of names and labels, whose number and length the data decide.
    """
    line, end = (safe(" ".join(text.split())) for text in (f"chainrule: {message}", f" {fix}"))
    most = max(LONGEST - len(end) - 1, 120) if end else LONGEST
    if len(line) > most:
        line = f"{line[: most - 85]} ... {line[-80:]}"
    print(f"{line} {end}".rstrip()[:LONGEST], file=sys.stderr)
    return 2
