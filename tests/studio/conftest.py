"""A studio of its own for all tests here, and a page that it let in."""

import os
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """A studio that runs: its process, and the printed address."""
    folder = tmp_path_factory.mktemp("studio")
    command = [sys.executable, "-m", "chainrule.cli", "studio", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        [*command, "--folder", str(folder / "runs"), "--runs", "2"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
    ) as process:
        line = next(line for line in process.stdout if "token=" in line)
        yield process, re.search(r"http://\S+token=\S+", line)[0]
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def studio(running):
    """The printed address of a studio that runs, which opens one browser."""
    return running[1]


@pytest.fixture(scope="session")
def let_in(browser, studio):
    """A window of the browser that has opened the address."""
    context = browser.new_context(
        device_scale_factor=0.5, permissions=["clipboard-read", "clipboard-write"]
    )
    context.new_page().goto(studio)
    yield context
    context.close()


@pytest.fixture
def page(let_in, new_tab, studio):
    """A tab at the studio; `at(address)` goes to a hash. Nothing may be said in its console, and
    nothing asked of anybody else."""
    tab = new_tab(let_in)
    own = studio.partition("/?")[0]
    tab.goto(f"{own}/")

    def at(address):
        tab.evaluate("(where) => (location.hash = where)", address)
        return tab

    tab.at = at
    yield tab
    tab.close()
    # What a test leaves running would keep the next one waiting.
    for run in let_in.request.get(f"{own}/api/state").json()["runs"]:
        if run["state"] in ("waiting", "training", "paused"):
            let_in.request.post(f"{own}/api/runs/{run['id']}/stop")
    assert tab.said == []
    assert [url for url in tab.asked if not url.startswith((own, "data:", "blob:"))] == []
