"""The data that most reports here are about, and a page to open them in."""

import pytest

import chainrule as cr


@pytest.fixture(scope="session")
def fashion():
    """The built-in pictures: sandals, or something else."""
    return cr.open_data("fashion", positive="Sandal")


@pytest.fixture(scope="session")
def tab(browser, new_tab):
    """One page of the browser for all tests: opening another takes longer than most of them."""
    return new_tab(browser.new_context(device_scale_factor=0.5))


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
