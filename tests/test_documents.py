"""What the documents show runs: Python blocks one after the other, examples in docstrings; commands
have the options with which they are shown."""

import doctest
import importlib
import pkgutil
import re
import shlex
from pathlib import Path

import pytest

import chainrule
from chainrule.cli.app import app

ROOT = Path(__file__).parents[1]
# A block, and what the page says that it prints.
PYTHON = re.compile(
    r"^```python\n(.*?)^```(?:\n\nprints\n\n```\n(.*?)^```)?", re.DOTALL | re.MULTILINE
)
TEXTS = {
    page: page.read_text(encoding="utf-8")
    for page in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
}
PAGES = [page for page, text in TEXTS.items() if PYTHON.search(text)]
BLOCK = re.compile(r"^```[^`\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^chainrule (\w.*)", re.MULTILINE)
SYNOPSIS = re.compile(r"\[--|\[[A-Z]|[A-Z]\||\.\.\. ")  # chainrule train DATA [--out DIR]
MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(chainrule.__path__, "chainrule.")
    if not name.endswith("__main__")
]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_blocks_of_a_page_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block, said in PYTHON.findall(TEXTS[page]):
        capsys.readouterr()
        exec(compile(block, page.name, "exec"), names)
        if said:
            assert capsys.readouterr().out == said


def test_examples_in_docstrings():
    results = {name: doctest.testmod(importlib.import_module(name)) for name in MODULES}
    assert not [name for name, result in results.items() if result.failed]
    assert sum(result.attempted > 0 for result in results.values()) > 5


def test_the_equations_name_functions_that_there_are():
    names = re.findall(r"`(chainrule\.[\w.]+)`", TEXTS[ROOT / "docs" / "equations.md"])
    assert len(names) > 30
    assert all(callable(pkgutil.resolve_name(name)) for name in names)


def test_commands_have_the_options_with_which_they_are_shown():
    blocks = [block.replace("\\\n", "") for t in TEXTS.values() for block in BLOCK.findall(t)]
    lines = [line for block in blocks for line in COMMAND.findall(block)]
    shown = [line for line in lines if not SYNOPSIS.search(line)]
    assert len(shown) > 40
    for line in shown:
        words = re.split(r" [|>] | && ", line)[0]
        app.parse_args(shlex.split(words, comments=True), exit_on_error=False, print_error=False)
