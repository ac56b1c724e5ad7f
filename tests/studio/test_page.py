"""The studio in a browser: giving data, training, watching, forking and comparing; by keyboard
alone; for everybody, by the rules of axe-core; with names that would do harm."""

import contextlib
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

HOSTILE = "<img src=x onerror=console.error(1)>"
SCREENS = {  # what is there at last
    "#/data": ".cards",
    "#/data/planar:moons": "tbody",
    "#/train/planar:moons": ".layers",
    "#/run/{run}": ".examples .share",
    "#/runs": ".curve b",
}
COUNTED = "(n) => document.querySelectorAll('h2 + .row select option').length === n"
# Records of two runs and frames of one, and how many bytes live then; the second time over.
RECORDS = """async ([first, n]) => {
    const { heard, records } = await import("/static/store.js");
    for (let k = first; k < first + n; k++) {
        heard.record({ run: "many", iteration: k, cost: 1 / (k + 1), accuracy: 0.5,
                       validation_cost: 2 / (k + 1), validation_accuracy: 1, learning_rate: 1 });
        if (k % 10 === 0) heard.frame({ run: "many", iteration: k, probabilities: [[k]] });
        if (k % 500 === 0) await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const { iteration } = records("many").value;
    return [iteration.length, iteration.at(-1)];
}"""

NAMED = "main :is(button, a, [role]):is([aria-label^='{0}'], :text('{0}'))"
FOCUSED = """() => {
    const e = document.activeElement;
    return e === document.body ? "" : e.ariaLabel ?? e.textContent;
}"""


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def begun(page, data, **fields):
    """The id of a run that was begun in the page."""
    page.at(f"#/train/{data}")
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(str(value))
        page.keyboard.press("Tab")
    button(page, "Run").click()
    page.wait_for_url("**/#/run/*")
    return page.evaluate("decodeURIComponent(location.hash.slice(6))")


def has(page, words):
    """Whether such a text is there before long; AssertionError with what is there instead."""
    with contextlib.suppress(Exception):
        page.get_by_text(words).first.wait_for()
    there = page.locator("body").text_content()
    assert words in there, f"{page.url}: {there}"
    return True


def everybody_can_read(page):
    """By the rules of axe-core, by day and on a phone by night, which shows it whole."""
    assert page.broken_rules() == []
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.broken_rules() == []


@pytest.fixture(scope="module")
def moons(let_in, new_tab, studio):
    """The id of a run that has finished."""
    page = new_tab(let_in)
    page.goto(studio.partition("?")[0])
    page.at = lambda where: page.evaluate("(where) => (location.hash = where)", where)
    found = begun(page, "planar:moons", Iterations=400)
    page.locator(".state.finished").wait_for()
    page.close()
    return found


@pytest.mark.parametrize("screen", SCREENS)
def test_everybody_can_read_it_and_a_phone_shows_it_whole(page, moons, screen):
    page.at(screen.format(run=moons))
    page.locator(SCREENS[screen]).first.wait_for()
    everybody_can_read(page)


def test_pictures_in_folders_become_a_data_set(page, tmp_path):
    rng = np.random.default_rng(0)
    for label, least in (("light & (b)bold(b)", 150), ("dark {{7x7}}", 0)):
        (tmp_path / "two" / label).mkdir(parents=True)
        for k in range(6):
            gray = rng.integers(0, 90, (9, 9)) + least
            Image.fromarray(gray.astype(np.uint8)).save(tmp_path / "two" / label / f"{k}.png")
    (tmp_path / "two" / "notes.txt").write_text("no picture")
    Image.new("RGB", (9, 9)).save(tmp_path / "two" / "beside.png")
    page.get_by_label("Choose a folder").set_input_files(tmp_path / "two")
    assert has(page, "1 picture beside the folders of the classes was left out.")
    button(page, "Use these pictures").click()
    page.wait_for_url("**/#/data/two")
    assert has(page, "12 examples of")  # however early it was pressed
    assert page.locator("tbody th").all_text_contents() == ["dark {{7x7}}", "light & (b)bold(b)"]
    held = [int(n) for n in page.locator("tfoot td.n").all_text_contents()]
    assert (sum(held), held[1] > 0) == (12, True)
    page.locator(".sheet img").first.wait_for()


def test_names_from_data_are_only_text(page, tmp_path):
    rows = [
        f"{a:.2f},{a * a:.2f},{(HOSTILE if a > 0 else '<script>')}" for a in np.linspace(-1, 1, 30)
    ]
    table = tmp_path / "plants.csv"
    table.write_text("\n".join([f"<b>length</b>,{HOSTILE},label", *rows]))
    page.get_by_label("Choose files").set_input_files(table)
    page.wait_for_url("**/#/data/plants")
    assert has(page, HOSTILE)
    begun(page, "plants", Iterations=20)
    assert has(page, "Finished")
    assert page.locator(".examples bdi", has_text=HOSTILE).count() > 0
    assert (
        page.evaluate("document.querySelectorAll('main script, main b:empty, img[src=x]').length")
        == 0
    )


def test_what_cannot_be_used_is_said(page, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    page.get_by_label("Choose files").set_input_files(tmp_path / "notes.txt")
    page.locator(".drop .warning", has_text="no PNG, JPEG or WebP pictures").wait_for()
    page.at("#/run/nothing")
    assert has(page, "No such run")
    page.said[:] = [words for words in page.said if "400" not in words]


def test_a_table_that_cannot_be_read_is_read_otherwise(page, tmp_path):
    rows = [f"{a or ''},{'yes' if a % 3 else 'no'},{'ab'[a > 9]}" for a in range(20)]
    (tmp_path / "half.csv").write_text("\n".join(["size,round,kind", *rows]))
    page.get_by_label("Choose files").set_input_files(tmp_path / "half.csv")
    page.wait_for_url("**/#/data/half")
    page.locator("main .warning", has_text="\u201cColumns of texts\u201d onehot").wait_for()
    page.get_by_label("Missing values").select_option("median")
    page.get_by_label("Columns of texts").select_option("onehot")
    button(page, "Read it so").click()
    assert has(page, "20 examples of 3 features")
    first = page.get_by_role("group", name="Table: the first rows").locator("tr")
    assert first.first.locator("th").all_text_contents() == [
        "Label",
        "size",
        "round=no",
        "round=yes",
    ]
    held = page.locator("tfoot td.n").all_text_contents()
    assert held == ["16", "4"]  # as a table is when it comes
    page.said[:] = [words for words in page.said if "400" not in words]


def test_a_run_is_paused_stepped_changed_forked_and_looked_at_as_it_was(page):
    run = begun(page, "planar:moons", Iterations=200_000)
    page.locator(".examples .share").first.wait_for()  # a moment is there
    button(page, "Pause").click()
    button(page, "Go on").wait_for()
    before = reached(page)
    answers = page.locator(".examples").text_content()
    page.get_by_label("How many steps").fill("7")
    button(page, "steps").click()
    page.wait_for_function(
        "(k) => document.querySelector('.when b').textContent === k", arg=f"{before + 7:,}"
    )
    page.wait_for_function(
        "(old) => document.querySelector('.examples').textContent !== old", arg=answers
    )
    asked = "(run) => fetch(`/api/runs/${run}/frame`).then((r) => r.json())"
    cost = page.evaluate(asked, run)["cost"]
    assert has(page, f"of 200,000, cost {cost:.4g}")  # of this very moment, not of the last record
    button(page, "Rate times 0.3").click()
    button(page, "Change it from now on").click()
    page.wait_for_function(
        "() => document.querySelector('.command code').textContent.includes('0.09')"
    )
    button(page, "Copy").click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert f"--changes {before + 7}:learning_rate=0.09" in command
    # A moment before: the same in another tab, and after a reload.
    slider = page.get_by_label("Moment that is shown")
    slider.focus()
    page.keyboard.press("Home")
    assert has(page, "Then:")
    page.reload()
    assert has(page, "Then:")
    assert page.url.endswith(f"#/run/{run}?at=0")
    button(page, "Rate times 0.1").click()
    button(page, "Fork from iteration 1").click()
    page.wait_for_url(lambda url: run not in url)
    button(page, "Stop").click()
    page.locator(".state.stopped").wait_for()
    page.at("#/runs")
    row = page.locator(".tree .tree .run")
    assert "from iteration 1, rate 0.03" in row.last.text_content()
    page.at(f"#/run/{run}")
    button(page, "Stop").click()
    page.locator(".state.stopped").wait_for()
    assert page.locator(".main").text_content() == "Go on where it stopped"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_a_killed_worker_is_said_and_goes_on(page, running):
    begun(page, "planar:moons", Iterations=2_000_000)
    page.locator(".examples .share").first.wait_for()  # a moment is there
    button(page, "Pause").click()
    button(page, "Go on").click()
    page.locator(".state.training").wait_for()
    before = reached(page)
    os.kill(busiest_child(running[0].pid), signal.SIGKILL)
    page.locator(".state.killed").wait_for()
    assert has(page, "it can be resumed")
    button(page, "Go on where it stopped").click()
    page.locator(".state.training").wait_for()
    page.wait_for_function(
        "(k) => Number(document.querySelector('.when b').textContent.replaceAll(',', '')) > k",
        arg=before,
    )
    button(page, "Stop").click()
    page.locator(".state.stopped").wait_for()


def busiest_child(parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append((int(fields[11]), int(stat.parent.name)))
    return max(found)[1]


def reached(page):
    return int(page.locator(".when b").text_content().replace(",", ""))


def test_a_second_tab_and_a_reload_show_the_same(page, moons, let_in, new_tab, studio):
    page.at(f"#/run/{moons}?at=200")

    def whole(one):
        one.get_by_text("at iteration 200").wait_for()
        one.locator(".examples .share").first.wait_for()
        return [one.locator(part).text_content() for part in (".curve figcaption", ".examples")]

    shown = whole(page)
    other = new_tab(let_in)
    other.goto(page.url)
    page.reload()
    for one in (page, other):
        assert whole(one) == shown
    other.close()


def test_runs_are_laid_over_each_other_and_compared(page, moons):
    begun(page, "planar:moons", Iterations=300, **{"L2 penalty": 0.25})
    page.locator(".state.finished").wait_for()
    page.at("#/runs")
    rows = page.get_by_role("group", name="Table: what differs").locator("tbody tr")
    rows.first.wait_for()
    assert {"L2 penalty", "iterations"} <= set(rows.locator("th").all_text_contents())
    page.get_by_label("Rates from").fill("0.01")
    page.get_by_label("How many").fill("3")
    button(page, "Train them together").click()
    page.get_by_role("group", name="Table: the rates").wait_for()
    assert page.locator("table").last.locator("tbody tr").count() == 3


def test_only_what_the_runs_have_is_offered_to_be_compared(page, moons, tmp_path):
    (tmp_path / "all.csv").write_text("a,b,label\n" + "1,2,x\n2,1,y\n" * 9)
    page.get_by_label("Choose files").set_input_files(tmp_path / "all.csv")
    page.wait_for_url("**/#/data/all")
    again = page.request.post(f"{page.url.partition('#')[0]}api/data/all/open", data={})
    assert again.ok, again.text()  # with nothing held out
    run = begun(page, "all", Iterations=20)
    page.locator(".state.finished").wait_for()
    offered = page.get_by_label("What is compared").locator("option")
    measures = ["held-out cost", "training cost", "held-out accuracy"]
    for shown, expected in ((run, measures[1:2]), (f"{run},{moons}", measures)):
        page.at(f"#/runs?show={shown}")
        page.wait_for_function(COUNTED, arg=len(expected))
        assert offered.all_text_contents() == expected


def test_runs_and_data_get_another_name_and_are_deleted(page, tmp_path):
    (tmp_path / "few.csv").write_text("a,b,label\n" + "1,2,x\n2,1,y\n" * 9)
    page.get_by_label("Choose files").set_input_files(tmp_path / "few.csv")
    page.wait_for_url("**/#/data/few")
    begun(page, "few", Iterations=20)
    page.locator(".state.finished").wait_for()
    run = page.url

    def open_at(where):
        page.goto(where)
        page.locator("summary", has_text="Rename or delete").click()

    def asked(dialog):
        words.append(dialog.message)
        (dialog.accept if agree else dialog.dismiss)()

    words, agree = [], False
    page.on("dialog", asked)
    open_at(run)
    page.get_by_label("Name", exact=True).fill(HOSTILE)
    button(page, "Rename").click()
    page.locator(".runhead bdi", has_text=HOSTILE).wait_for()
    page.at("#/data/few")
    open_at(page.url)
    button(page, "Delete …").click()
    assert "There is no way back." in words[0]
    agree = True
    button(page, "Delete …").click()
    assert has(page, f"these runs need: {HOSTILE}")
    open_at(run)
    button(page, "Delete …").click()
    page.wait_for_url("**/#/runs")
    page.at("#/data/few")
    open_at(page.url)
    button(page, "Delete …").click()
    page.wait_for_url("**/#/data")
    page.locator(".cards").first.wait_for()
    assert page.locator(".cards", has_text="few").count() == 0
    assert [HOSTILE in one for one in words] == [False, False, True, False]
    page.said[:] = [one for one in page.said if "400" not in one]


def test_the_keyboard_alone_is_enough(page):
    """From a plane without points to a network that was trained on them."""

    def to(name):
        page.locator(NAMED.format(name)).first.wait_for()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(FOCUSED).startswith(name):
                return
        raise AssertionError(f"{name} is not reached with Tab")

    to("A plane.")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Tab")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
        page.keyboard.press(" ")
    to("Use these points")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#/data/points")
    fills = "all => [...new Set(all.map((one) => one.getAttribute('fill')))].sort()"
    page.locator(".plane circle").first.wait_for()
    drawn = page.locator(".plane circle").evaluate_all(fills)
    assert drawn == ["rgb(0,114,178)", "rgb(213,94,0)"]  # blue and orange, as they were drawn
    to("Train on them")
    page.keyboard.press("Enter")
    to("One unit more in hidden layer 1")
    page.keyboard.press("Enter")
    assert page.get_by_label("Units of hidden layer 1").input_value() == "9"
    to("Run")
    page.keyboard.press("Enter")
    page.locator(".state.finished").wait_for()


def test_ten_thousand_records_leave_the_heap_flat(page):
    tool = page.context.new_cdp_session(page)

    def living():
        tool.send("HeapProfiler.collectGarbage")
        return tool.send("Runtime.getHeapUsage")["usedSize"]

    page.evaluate(RECORDS, [0, 10_000])
    before = living()
    points, last = page.evaluate(RECORDS, [10_000, 10_000])
    assert last == 19_999
    assert points <= 4_000
    assert living() < before + 500_000


def test_a_lost_server_is_said_and_found_again(page):
    page.route("**/api/events", lambda route: route.abort())
    page.reload()
    lost = page.get_by_role("alert").filter(has_text="does not answer").first
    lost.wait_for()
    page.unroute("**/api/events")
    page.locator(".cards").first.wait_for()
    lost.wait_for(state="detached")
    page.said[:] = [words for words in page.said if "Failed to load" not in words]
