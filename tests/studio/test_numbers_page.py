"""The screens of one example and of one number in a browser: from an answer to a gradient, by mouse
and by keyboard alone; for everybody; and a label decided on the way."""

import re

import pytest

from .test_page import everybody_can_read

POST = """([path, given]) => fetch(path, {method: "POST", body: JSON.stringify(given),
    headers: {"content-type": "application/json"}}).then((r) => r.json())"""
LABEL = "document.activeElement.ariaLabel ?? document.activeElement.textContent"


@pytest.fixture(scope="module")
def clothes(let_in, new_tab, studio):
    """The id of a run on pictures that has finished."""
    page = new_tab(let_in)
    page.goto(studio.partition("?")[0])
    options = {"layers": "20,7,5", "learning_rate": 0.02, "iterations": 30, "positive": "Sandal"}
    found = page.evaluate(POST, ["/api/runs", {"data": "fashion", "options": options}])["id"]
    page.evaluate("(where) => (location.hash = where)", f"#/run/{found}")
    page.locator(".state.finished").wait_for()
    page.close()
    return found


def heading(page, words):
    page.locator("h1", has_text=words).wait_for()


def link(page, label, within="ul.links"):
    return page.locator(f"{within} a", has_text=label).first


def test_from_a_wrong_answer_to_a_gradient_in_five_clicks(page, clothes):
    """As docs/studio.md tells it."""
    page.at(f"#/run/{clothes}/mistakes?set=training&kind=all")
    page.locator(".case a").first.click()
    page.locator(".stop", has_text="dZ[4]").locator(".tile").nth(1).click()
    heading(page, "dZ[4][0, ")
    assert "A[4][0, " in page.locator("pre").first.text_content()
    link(page, "dA[3][").click()
    heading(page, "dA[3][")
    link(page, "dZ[3][").click()
    heading(page, "dZ[3][")
    page.locator(".links").first.wait_for()
    off = page.locator("main .note", has_text="is switched off")
    if off.count():
        row = re.search(r"Unit (\d+) is on", off.text_content())[1]
        page.evaluate(
            "(row) => (location.hash = location.hash.replace(/\\/\\d+\\//, `/${row}/`))", row
        )
        heading(page, f"dZ[3][{row}, ")
    link(page, "dW[3][").click()
    heading(page, "dW[3][")
    assert page.locator(".agrees").text_content() == "They agree."
    assert page.locator(".large").first.text_content() != "0"
    assert "sum_i dZ[3][" in page.locator("pre").first.text_content()
    assert page.get_by_text("The next update.").count() == 1


def test_cells_of_pictures_lead_to_numbers_and_back(page, clothes):
    page.at(f"#/run/{clothes}/example/test/3")
    page.locator(".stop", has_text="Z[1]").locator(".tile").first.click(position={"x": 8, "y": 40})
    heading(page, "Z[1][2, 3]")
    page.locator(".lit .tile").click(position={"x": 108, "y": 108})
    heading(page, "W[1][2, 406]")
    assert page.locator(".agrees").text_content() == "They agree."
    page.go_back()
    heading(page, "Z[1][2, 3]")


def test_by_keyboard_alone(page, clothes):
    page.at(f"#/run/{clothes}/example/test/3")
    page.locator(".trained").wait_for()

    def tab_to(words):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(LABEL).startswith(words):
                return
        raise AssertionError(f"no {words} within 80 steps")

    tab_to("Z[1], before")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    heading(page, "Z[1][1, 3]")
    tab_to("dZ[1][1, 3]")
    page.keyboard.press("Enter")
    heading(page, "dZ[1][1, 3]")
    tab_to("Its example")
    page.keyboard.press("Enter")
    page.locator(".way").wait_for()


@pytest.mark.parametrize(
    "screen", ["example/test/3", "node/Z[1]/2/3?set=test", "node/dW[1]/2/300", "node/J"]
)
def test_everybody_can_read_it_and_a_phone_shows_it_whole(page, clothes, screen):
    page.at(f"#/run/{clothes}/{screen}")
    page.locator(".trained" if "example" in screen else ".links").first.wait_for()
    everybody_can_read(page)


def test_an_example_is_left_out_and_a_label_is_decided(page, clothes):
    page.at(f"#/run/{clothes}/example/test/3")
    first = page.locator(".trained li").first
    first.get_by_role("button", name="Leave").click()
    first.get_by_text("Without it:").wait_for()
    first.locator("summary").click()
    first.get_by_role("button", name="Drop").click()
    page.get_by_text("Decided: drop").wait_for()
    page.get_by_role("button", name="Train with these labels").click()
    page.wait_for_url(lambda url: "/example/" not in url)
    page.locator(".state.finished").wait_for()
    assert "--labels" in page.locator(".command code").text_content()
    page.at("#/runs")
    page.locator(".tree", has_text="from the beginning, with changed labels").first.wait_for()


def test_a_number_that_there_is_not_is_said(page, clothes):
    for place, words in (("Q[1]/0/0", "expected J, L, X"), ("Z[1]/99/0", "a row and a column")):
        page.at(f"#/run/{clothes}/node/{place}")
        page.locator(".warning", has_text=words).wait_for()
    page.said[:] = [one for one in page.said if "400" not in one]
