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


@pytest.fixture
def opened(browser):
    """`opened(path, **options)`: the page in a browser; `said` in its console, `asked` for, the
    accessibility rules of axe-core that it has `broken_rules()`, and what lies `sideways()`."""
    contexts = []
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")

    def open_page(path, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))

        def broken_rules():
            page.evaluate(axe)
            found = page.evaluate("axe.run()")
            return [rule["id"] for rule in found["violations"]]

        page.broken_rules = broken_rules
        page.sideways = lambda: page.evaluate(SIDEWAYS)
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
