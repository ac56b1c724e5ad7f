"""The screens of mistakes and of shipping, in a browser: decisions that stay and are taken back, a
fork by them, answers at any moment, files; by keyboard alone; names as text."""

import json

import numpy as np
import pytest
from PIL import Image

from chainrule import load
from chainrule.data.label_decisions import read_decisions
from chainrule.data.readers.images import read_image

from .test_page import HOSTILE, begun, button, everybody_can_read, has

ASK = "async ([path, body]) => (await fetch(path, body && {method: 'POST', body})).json()"


def asked(page, path, body=None):
    return page.evaluate(ASK, [path, None if body is None else json.dumps(body)])


@pytest.fixture(scope="module")
def tab(let_in, new_tab, studio):
    """A tab for what several tests share."""
    page = new_tab(let_in)
    page.goto(studio.partition("?")[0])
    page.at = lambda where: page.evaluate("(where) => (location.hash = where)", where)
    yield page
    page.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures that are easy but for two labels."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("given") / "pets"
    for kind, level in (("cat", 60), ("dog", 160)):
        (folder / kind).mkdir(parents=True)
        for k in range(20):
            gray = rng.integers(0, 90, (8, 8, 3)) + (220 - level if k == 0 else level)
            Image.fromarray(gray.astype(np.uint8)).save(folder / kind / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def pets(tab, folder):
    """A run on them that has finished."""
    tab.get_by_label("Choose a folder").set_input_files(folder)
    button(tab, "Use these pictures").click()
    tab.wait_for_url("**/#/data/pets")
    found = begun(tab, "pets", Iterations=100)
    tab.locator(".state.finished").wait_for()
    return found


@pytest.mark.parametrize("screen", ["mistakes", "mistakes?set=training&kind=all", "ship"])
def test_everybody_can_read_it_and_a_phone_shows_it_whole(page, pets, screen):
    page.at(f"#/run/{pets}/{screen}")
    page.locator("main h1", has_text="Mistakes" if "mis" in screen else "Try").wait_for()
    page.locator(".confusion" if "mis" in screen else ".drop").first.wait_for()
    page.wait_for_function("() => [...document.images].every((picture) => picture.complete)")
    everybody_can_read(page)


def test_a_cell_of_the_table_chooses_its_examples_and_has_an_address(page, pets):
    page.at(f"#/run/{pets}/mistakes?set=training")
    cell = page.locator(".confusion button.off:enabled").first
    said = cell.get_attribute("aria-label")
    cell.click()
    page.get_by_text("Of all classes").wait_for()
    assert page.locator(".case").count() == int(said.split()[0])
    where = page.url
    page.reload()
    page.get_by_text("Of all classes").wait_for()
    assert page.url == where
    assert page.locator(".confusion [aria-pressed=true]").get_attribute("aria-label") == said


def test_held_out_labels_are_not_decided_on(page, pets):
    page.at(f"#/run/{pets}/mistakes?set=test&kind=all")
    page.locator(".case").first.wait_for()
    assert page.locator(".decide").count() == 0
    assert has(page, "they test nothing")


def test_decisions_by_keyboard_are_undone_and_train_another_network(page, pets, folder):
    page.at(f"#/run/{pets}/mistakes?set=training&kind=all&sort=name")
    before = asked(page, f"/api/runs/{pets}/mistakes?set=training")["examples"]
    scene = asked(page, f"/api/runs/{pets}/scene")
    page.locator(".case .decide button").first.focus()
    page.keyboard.press("Enter")
    page.locator(".decided").wait_for()
    page.wait_for_function("document.activeElement.textContent === 'Keep'")
    page.keyboard.press("Enter")
    page.locator(".decided").wait_for(state="detached")
    page.wait_for_function("document.activeElement.textContent === 'Leave out'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".decided").wait_for()
    page.locator(".case .decide button").first.press("Enter")
    assert has(page, "1 label to be changed, 1 example to be left out.")
    page.reload()
    assert has(page, "1 label to be changed, 1 example to be left out.")
    button(page, "Undo: drop").first.or_(page.locator("button", has_text="Undo: drop")).press(
        "Enter"
    )
    assert has(page, "1 label to be changed, 0 examples to be left out.")
    page.locator(".case .decide button").first.press("Enter")
    assert has(page, "1 label to be changed, 1 example to be left out.")
    button(page, "Train with these labels").press("Enter")
    page.wait_for_url("**/#/run/pets-*")
    page.locator(".state.finished").wait_for()
    fork = page.evaluate("decodeURIComponent(location.hash.slice(6))")
    facts = asked(page, f"/api/runs/{fork}")
    assert facts["parent"] == {"run": pets, "iteration": 0}
    rows = read_decisions(facts["options"]["labels"]).rows
    assert sorted(one.action for one in rows) == ["drop", "relabel"]
    assert f"--labels {facts['options']['labels']}" in facts["command"]
    assert asked(page, f"/api/runs/{fork}/scene") == scene  # the same held-out examples
    assert asked(page, f"/api/runs/{fork}/mistakes?set=training")["examples"] == before - 1
    assert sum(1 for _ in folder.rglob("*.png")) == 40


def test_a_new_picture_is_answered_at_the_moment_that_is_shown(page, pets, folder, tmp_path):
    page.at(f"#/run/{pets}/ship")
    page.get_by_label("Choose a picture").set_input_files(folder / "dog/3.png")
    page.locator(".answers").wait_for()
    assert has(page, "At iteration 100")
    with page.expect_download() as download:
        button(page, "Model file").press("Enter")
    download.value.save_as(tmp_path / "m.safetensors")
    model = load(tmp_path / "m.safetensors")
    raw = read_image(folder / "dog/3.png", model.image_shape)[:, None]
    P = model.predict_proba(raw)[:, 0]
    row = page.locator(".answers tr", has_text="dog").locator("td.n").inner_text()
    row = row.replace("\xa0", " ")
    assert row == ("> 99.9 %" if P[1] > 0.999 else f"{100 * P[1]:.1f} %")
    page.evaluate("async () => (await import('/static/router.js')).moveTo(0)")
    assert has(page, "At iteration 0")


def test_a_paused_network_is_asked_and_stepped(page, pets, folder):
    run = begun(page, "pets", Iterations=1000000)
    button(page, "Pause").click()
    button(page, "Go on").wait_for()
    page.at(f"#/run/{run}/ship")
    page.get_by_label("Choose a picture").set_input_files(folder / "cat/3.png")
    page.locator(".answers").wait_for()
    iteration = asked(page, f"/api/runs/{run}")["iteration"]
    assert has(page, f"At iteration {iteration:,}")
    assert has(page, "Once the training has ended")
    asked(page, f"/api/runs/{run}/step", {"n": 3})
    assert has(page, f"At iteration {iteration + 3:,}")
    asked(page, f"/api/runs/{run}/stop", {})


def test_what_is_no_picture_is_said(page, pets, tmp_path):
    (tmp_path / "x.png").write_bytes(b"no picture")
    page.at(f"#/run/{pets}/ship")
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "x.png")
    assert has(page, "body: expected a PNG, JPEG or WebP file")
    page.said.clear()  # that the answer was a 400


def test_names_of_a_table_are_only_text_and_its_numbers_are_asked(page, tmp_path):
    rows = [f"{a:.2f},{a * a:.2f},{HOSTILE if k % 3 else '<b>b</b>'}" for k, a in
            enumerate(np.linspace(-1, 1, 30))]  # fmt: skip
    (tmp_path / "herbs.csv").write_text("\n".join([f"<b>length</b>,{HOSTILE},label", *rows]))
    page.get_by_label("Choose files").set_input_files(tmp_path / "herbs.csv")
    page.wait_for_url("**/#/data/herbs")
    run = begun(page, "herbs", Iterations=5)
    assert has(page, "Finished")
    page.at(f"#/run/{run}/mistakes?set=training&kind=all")
    page.locator(".case").first.wait_for()
    assert page.locator(".case bdi", has_text=HOSTILE).count() > 0
    page.at(f"#/run/{run}/ship")
    page.locator(".answers").wait_for()
    page.get_by_label("<b>length</b>").fill("0.5")
    assert has(page, "At iteration 5")
    assert page.evaluate("document.querySelectorAll('main img[src=x], main td b').length") == 0
