"""The data that most reports here are about, and a browser to open them in."""

import shutil
from importlib.resources import files

import pytest

import chainrule as cr

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def fashion():
    """The built-in pictures: sandals, or something else."""
    return cr.open_data("fashion", positive="Sandal")


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium (Debian)")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


# Whatever one could scroll to the side, and whatever makes the page itself too wide.
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("body *")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1)
    .filter((e) => e.nodeName === "HTML" || /auto|scroll/.test(getComputedStyle(e).overflowX))
    .map((e) => `${e.tagName} ${e.ariaLabel}: ${e.scrollWidth} of ${e.clientWidth}`)"""


# The rules of axe-core that are broken: to be told all else that it finds takes longer.
BROKEN = "() => axe.run({ resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id))"


@pytest.fixture(scope="session")
def tab(browser):
    """One page of the browser for all tests: opening another takes longer than most of them."""
    page = browser.new_context(device_scale_factor=0.5).new_page()
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")

    def broken_rules():
        page.evaluate(axe)
        return page.evaluate(BROKEN)

    page.said, page.asked, page.broken_rules = [], [], broken_rules
    page.sideways = lambda: page.evaluate(SIDEWAYS)
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    return page


@pytest.fixture
def opened(tab):
    """`opened(path)`: the page in a browser, by day on a desktop; `said` in its console, `asked`
    for, the accessibility rules that it has `broken_rules()`, and what lies `sideways()`."""

    def open_page(path):
        tab.emulate_media(media="screen", color_scheme="light")
        tab.set_viewport_size({"width": 1280, "height": 720})
        tab.goto("about:blank")
        tab.said.clear()
        tab.asked.clear()
        tab.goto(path.as_uri())
        return tab

    return open_page
