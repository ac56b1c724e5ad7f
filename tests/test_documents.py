"""What the documents show runs: Python blocks one after the other, and examples in docstrings."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import chainrule

ROOT = Path(__file__).parents[1]
# A block, and what the page says that it prints.
PYTHON = re.compile(
    r"^```python\n(.*?)^```(?:\n\nprints\n\n```\n(.*?)^```)?", re.DOTALL | re.MULTILINE
)
PAGES = [
    page
    for page in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
    if PYTHON.search(page.read_text(encoding="utf-8"))
]
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
    for block, said in PYTHON.findall(page.read_text(encoding="utf-8")):
        capsys.readouterr()
        exec(compile(block, page.name, "exec"), names)
        if said:
            assert capsys.readouterr().out == said


def test_examples_in_docstrings():
    results = {name: doctest.testmod(importlib.import_module(name)) for name in MODULES}
    assert not [name for name, result in results.items() if result.failed]
    assert sum(result.attempted > 0 for result in results.values()) > 5
