"""Help pages: paragraphs that flow, code in its own color."""

import inspect

import pytest

from chainrule.cli.app import COMMANDS, app, summary
from chainrule.cli.help_pages import flowing, usage
from chainrule.experiments import find_learning_rate
from chainrule.jobs.experiments import Rates


def test_lines_become_paragraphs_and_code_gets_its_color():
    text = flowing("One `x = 1`\nline\n  more.\n\nThe next,\nin `two` lines.\n")
    assert text.plain == "One x = 1 line more.\n\nThe next, in two lines."
    colored = [text.plain[span.start : span.end] for span in text.spans if span.style]
    assert colored == ["x = 1", "two"]


def test_brackets_are_text():
    assert flowing("'(patient[0-9]+)' [bold]").plain == "'(patient[0-9]+)' [bold]"


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_help_of_every_command(command, chainrule):
    done = chainrule(*command, "--help")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith(" ".join(["Usage: chainrule", *command]))
    assert max(map(len, lines)) <= 100
    assert "`" not in done.out
    if command:
        assert summary(command[0]).replace("`", "")[:40] in done.out
    else:
        assert all(f"│ {name} " in done.out for name in COMMANDS)


def test_the_range_test_has_the_defaults_of_the_library():
    library = inspect.signature(find_learning_rate).parameters
    names = {"low": "low", "high": "high", "count": "count", "test_iterations": "iterations"}
    assert all(getattr(Rates, ours) == library[name].default for ours, name in names.items())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_is_what_cyclopts_prints_but_for_the_first_line(command, chainrule, capsys):
    """It makes the page in fewer steps."""
    page = chainrule(command, "--help").out.splitlines()
    app([command, "x", "--help"])
    assert page[1:] == capsys.readouterr().out.splitlines()[1:]


def test_how_a_command_is_called():
    def command(model, size=3, *pictures, json=False): ...

    assert usage("try", command) == "Usage: chainrule try [OPTIONS] MODEL [SIZE] [PICTURES...]"
