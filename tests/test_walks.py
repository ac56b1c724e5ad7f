"""The walks through additions (docs/walks) can still be gone: each change fits the present tree, is
as long as its page says, and its own tests pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WALKS = {page.stem: page.read_text("utf-8") for page in sorted((ROOT / "docs/walks").glob("*.md"))}
DIFF = re.compile(r"^```diff\n(.*?)^```", re.DOTALL | re.MULTILINE)
TRIED = re.compile(r"^pytest (.*) -k (.*)", re.MULTILINE)
IMPORTED = re.compile(r'^\+import \{ (.*) \} from "\.\./(.*)";', re.MULTILINE)
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git applies the changes")


def apply(walk, tree, *how):
    patch = "".join(DIFF.findall(WALKS[walk])).encode()
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    command = ["git", "-c", "core.autocrlf=false", "apply", *how]
    done = subprocess.run(command, input=patch, cwd=tree, env=environment, capture_output=True)
    assert done.returncode == 0, f"{walk}: {done.stderr.decode()}"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the program and its tests."""
    tree = tmp_path_factory.mktemp("walks")
    leave = shutil.ignore_patterns("baseline", "vendor")
    for folder in ("src", "tests"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


@pytest.mark.parametrize("walk", WALKS)
def test_a_change_fits_and_is_as_long_as_its_page_says(walk, tree):
    apply(walk, tree, "--check")
    said = re.search(
        rf": (\d+) lines, counted by\n`grep -c '\^\+\[\^\+\]' docs/walks/{walk}.md`", WALKS[walk]
    )
    assert int(said[1]) == len(re.findall(r"^\+[^+\n]", WALKS[walk], re.MULTILINE))


def test_what_was_added_works(tree, pytestconfig):
    tried = {}
    for walk, text in WALKS.items():
        apply(walk, tree)
        tried[walk] = TRIED.search(text).groups()
    del tried["screen"]  # which takes a browser
    files = {file for names, _ in tried.values() for file in names.split()}
    words = [word for _, word in tried.values()]
    command = [sys.executable, "-m", "pytest", "-rp", "-p", "no:xdist", *files]
    command += [f"-W{warning}" for warning in pytestconfig.getoption("pythonwarnings") or ()]
    paths = os.pathsep.join([str(tree / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [*command, "-k", " or ".join(words)],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert [word for word in words if word not in done.stdout.lower()] == []


def test_a_screen_imports_what_there_is(tree):
    for names, module in IMPORTED.findall(WALKS["screen"]):
        there = (ROOT / "src/chainrule/studio/static" / module).read_text("utf-8")
        for name in names.split(", "):
            assert re.search(rf"export (const {name}\b|\{{.*\b{name}\b)", there), (name, module)
