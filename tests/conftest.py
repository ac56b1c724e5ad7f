"""What all tests share: strict floating point, repeatable properties, two small problems."""

import os
import shutil
import signal
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image
from threadpoolctl import threadpool_limits

from chainrule import Network

# The same examples in every run, and no clock: a slow machine is no failure.
settings.register_profile("chainrule", derandomize=True, deadline=None)
settings.load_profile("chainrule")

# In the background of a shell, or under nohup, Ctrl-C would be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Several BLAS threads wait for each other more than they compute, beside other work above all.
threadpool_limits(1)
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the programs that tests start


@pytest.fixture(autouse=True)
def strict_floats():
    """An overflow, an invalid operation or a division by zero is an error; underflow is not."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory):
    """Features of photos are kept here, not in the user's folder."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def course_data():
    """The folder of the course's own files; they belong to the course and never travel here."""
    folder = os.environ.get("CHAINRULE_COURSE_DATA")
    if not folder:
        pytest.skip("CHAINRULE_COURSE_DATA does not name the folder of the course's files")
    return Path(folder)


@pytest.fixture(scope="session")
def wide_data():
    """The folder of real wide tables, which never travel here either."""
    folder = os.environ.get("CHAINRULE_WIDE_DATA")
    if not folder:
        pytest.skip("CHAINRULE_WIDE_DATA does not name the folder of wide tables")
    return Path(folder)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Whatever one could scroll to the side, and whatever makes the page itself too wide.
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("body *")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1)
    .filter((e) => e.nodeName === "HTML" || /auto|scroll/.test(getComputedStyle(e).overflowX))
    .map((e) => `${e.tagName} ${e.ariaLabel}: ${e.scrollWidth} of ${e.clientWidth}`)"""
# The rules of axe-core that are broken: to be told all else that it finds takes longer.
BROKEN = "() => axe.run({ resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id))"


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium (Debian)")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def new_tab():
    """`new_tab(context)`: a page that keeps what is `said` in its console and what is `asked` for,
    and tells the accessibility rules that it has `broken_rules()`, and what lies `sideways()`."""

    def new(context):
        page = context.new_page()
        axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")

        def broken_rules():
            page.evaluate(axe)
            return page.evaluate(BROKEN)

        page.said, page.asked, page.broken_rules = [], [], broken_rules
        page.sideways = lambda: page.evaluate(SIDEWAYS)
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(error.stack or str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        return page

    return new


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are made, but not laid out and painted, which takes longer than most of what a test
    is about: their files hold one pixel."""
    from matplotlib.figure import Figure

    def savefig(figure, file, *, format, **options):
        Image.new("RGB", (1, 1)).save(file, format)

    monkeypatch.setattr(Figure, "savefig", savefig)


@pytest.fixture
def wide_problem():
    """Few examples, many features, where the dual form pays: (network 40-5-3-1, (X, Y)), m = 12."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((40, 12))
    Y = (rng.random((1, 12)) > 0.5).astype(float)
    network = Network.create((40, 5, 3, 1), activation="tanh", initializer="xavier", rng=2)
    return network, (X, Y)


@pytest.fixture
def three_classes():
    """Softmax over three classes: (network 6-4-3, (X, Y)), m = 10."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((6, 10))
    Y = np.eye(3)[:, rng.integers(0, 3, 10)]
    return Network.create((6, 4, 3), rng=4), (X, Y)
