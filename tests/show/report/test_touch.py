"""What can be touched in a report, touched in a browser, against what Python says."""

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, Scaling, Splits, apply_decisions, read_decisions
from chainrule.data.readers.images import read_image
from chainrule.experiments import Setting, review_labels, without_each
from chainrule.influence.explanation import Explanation
from chainrule.model.evaluation import Evaluation, Mistake
from chainrule.show.report.asking import WEIGHTS, asking_section, rounded_apart
from chainrule.show.report.examples import (
    EXACT,
    MOST,
    confusion_section,
    examples,
    left_out_live,
    sheet,
)
from chainrule.show.report.examples import threshold_section as threshold
from chainrule.show.report.experiments import label_review_report
from chainrule.show.report.page import Image as Shown
from chainrule.show.report.page import Report, Section
from chainrule.show.report.training import why_section

HOSTILE = "</script><img src=x onerror=alert(1)>"
GRAY = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
SLIDE = "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }"
VALUES = "[...document.querySelectorAll('[data-value]')].map((e) => +e.dataset.value)"
# The answer to each example that one can begin with.
ANSWERS = """() => {
    const select = document.querySelector("[data-live=ask] select"), found = [];
    for (let i = 0; i < select.length; i++) {
        select.selectedIndex = i;
        select.dispatchEvent(new Event("change"));
        found.push([...document.querySelectorAll("[data-value]")].map((e) => +e.dataset.value));
    }
    return found;
}"""


def answered(model, data):
    """Data as the model has them, its probabilities, and both as the page's parts share them."""
    data = model.prepare(data)
    P = model.probabilities(model.outputs(data)[1])
    return data, P, examples(data, P, model.predict(data), "test examples")


@cache
def pictures():
    data = cr.open_data("fashion")
    network = cr.Network.create((784, 12, 5, 10), rng=1)
    trained = cr.train(network, data.train, learning_rate=0.1, iterations=60)
    return cr.Model.of(trained.network, data), data.test


def colors(shape=(6, 5, 3), m=40):
    rng = np.random.default_rng(0)
    raw = rng.integers(0, 256, (int(np.prod(shape)), m), dtype=np.uint8)
    data = Dataset(raw, np.arange(m) % 2, ("no", HOSTILE), None, shape, Scaling.pixels())
    network = cr.Network.create((len(raw), 4, 1), activation="tanh", rng=1)
    return cr.Model.of(network, data), data


def table(m=30):
    rng = np.random.default_rng(0)
    raw = 100 + 3 * rng.normal(size=(4, m))
    raw[1, ::3] = np.nan
    scaling = Scaling.of("missing:median,standard", raw)
    names = ("a", HOSTILE, "c", "d")
    labels = np.arange(m) % 2
    data = Dataset(raw, labels, ("no", "yes"), None, None, scaling, feature_names=names)
    network = cr.Network.create((4, 3, 1), activation="leaky_relu", rng=1)
    return cr.Model.of(network, data), data


@pytest.fixture
def opened_section(opened, tmp_path):
    def open_section(section):
        path = tmp_path / "report.html"
        path.write_text(Report("headline", "answer", [section]).html("t", {}), encoding="utf-8")
        page = opened(path)
        page.wait_for_function("!document.querySelector('[data-live]').hidden")
        return page

    return open_section


@pytest.mark.parametrize("made", [pictures, colors, table])
def test_the_network_in_the_page_says_what_the_model_says(made, opened_section):
    model, data = made()
    data, P, shared = answered(model, data)
    page = opened_section(asking_section(model, data, shared))
    page.wait_for_selector("[data-value]", state="attached")
    assert_allclose(np.transpose(page.evaluate(ANSWERS)), P, rtol=0, atol=1e-5)
    if made is table:
        page.get_by_label("\u2068a\u2069, moved").evaluate(SLIDE, 101.5)
        raw = np.vstack([[101.5], data.raw[1:, -1:]])
        moved = page.evaluate(VALUES)
        assert_allclose(moved, model.predict_proba(raw)[:, 0], rtol=0, atol=1e-5)
    assert page.said == []
    assert page.broken_rules() == []


def test_the_course_s_network_says_the_same_in_the_page(course_data, opened_section):
    """Of 20, 7 and 5 units, of all 50 test pictures."""
    splits = cr.open_data(course_data)
    network = cr.Network.create((12288, 20, 7, 5, 1), rng=1)
    trained = cr.train(network, splits.train, learning_rate=0.0075, iterations=50)
    model = cr.Model.of(trained.network, splits)
    data, P, shared = answered(model, splits.test)
    page = opened_section(asking_section(model, data, shared))
    page.wait_for_selector("[data-value]", state="attached")
    found = np.transpose(page.evaluate(ANSWERS))
    assert found.shape == (2, 50)
    assert_allclose(found, P, rtol=0, atol=1e-5)
    assert page.said == []


def test_what_is_drawn_is_answered(opened_section):
    model, data = pictures()
    data, _, shared = answered(model, data)
    page = opened_section(asking_section(model, data, shared))
    page.get_by_text("Empty picture").click()
    shown = data.raw.reshape(28, 28, -1)
    border = np.median([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    empty = model.predict_proba(np.full((784, 1), int(border), np.uint8))[:, 0]
    assert_allclose(page.evaluate(VALUES), empty, rtol=0, atol=1e-5)
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.up()
    assert np.abs(page.evaluate(VALUES) - empty).max() > 1e-3
    assert page.said == []


@pytest.mark.parametrize("size", [(37, 23), (3, 200), (5, 4)])
def test_a_dropped_picture_is_shrunk_as_the_program_does_it(opened_section, tmp_path, size):
    model, data = colors()
    data, _, shared = answered(model, data)
    page = opened_section(asking_section(model, data, shared))
    page.wait_for_selector("[data-value]", state="attached")
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*size, 4), dtype=np.uint8)
    pixels[..., 3] = rng.choice([0, 255], size)  # transparent parts are white
    Image.fromarray(pixels).save(tmp_path / "own.png")
    before = page.evaluate(VALUES)
    page.locator("input[type=file]").set_input_files(tmp_path / "own.png")
    page.wait_for_function(f"(before) => String({VALUES}) !== String(before)", arg=before)
    said = model.predict_proba(read_image(tmp_path / "own.png", (6, 5, 3))[:, None])[:, 0]
    assert_allclose(page.evaluate(VALUES), said, rtol=0, atol=1e-3)
    assert page.said == []


def test_behind_each_count_are_its_examples(opened_section):
    model, data = pictures()
    found = cr.evaluate(model, data)
    data, P, shared = answered(model, data)
    page = opened_section(confusion_section(found, shared))
    classes, predicted = data.classes, model.predict(data)
    i, j = np.argwhere(found.confusion > 0)[1]
    page.get_by_label(f"{found.confusion[i, j]}: \u2068{classes[i]}\u2069 taken for").first.click()
    names = page.locator(".gallery figcaption bdi:first-child").all_text_contents()
    index = np.flatnonzero((data.labels == i) & (predicted == j))
    index = index[np.argsort(-P[j, index], kind="stable")]
    assert names == [data.example_names[k] for k in index[:12]]
    assert page.broken_rules() == []
    page.get_by_label("Confidence at least").fill("1")
    assert page.locator(".gallery figure").count() == 0


def test_examples_behind_a_count_are_sorted_filtered_and_enlarged_by_keys_alone(opened_section):
    model, data = pictures()
    found = cr.evaluate(model, data)
    data, P, shared = answered(model, data)
    page = opened_section(confusion_section(found, shared))
    right = int(np.argmax(np.diag(found.confusion)))
    count, name = found.confusion[right, right], data.classes[right]
    page.get_by_label(f"{count}: \u2068{name}\u2069 taken for \u2068{name}\u2069").focus()
    page.keyboard.press("Enter")
    assert page.locator(".confusion [aria-pressed=true]").inner_text() == str(count)
    names = page.locator(".gallery figcaption bdi:first-child")
    index = np.flatnonzero((data.labels == right) & (model.predict(data) == right))
    p = dict(zip([data.example_names[k] for k in index], P[right, index], strict=True))
    page.get_by_label("Sort by").focus()
    for order in (p.get, None):
        page.keyboard.press("ArrowDown")
        assert names.all_text_contents() == sorted(p, key=order)[:12]
    page.keyboard.press("Tab")
    steps = int(100 * np.median(list(p.values())))
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    sure = sum(value >= steps / 100 for value in p.values())
    assert 0 < sure < count
    assert page.get_by_role("status").inner_text().endswith(f": {sure} of {count}")
    page.keyboard.press("Tab")
    picture = page.locator(".zoom:focus .picture")
    page.wait_for_function("document.querySelector('.zoom:focus .picture').offsetWidth")
    picture.evaluate("(e) => Promise.all(e.getAnimations().map((one) => one.finished))")
    assert picture.bounding_box()["width"] > 2 * 88


def test_counts_are_a_table_without_scripts_and_on_paper(browser, tmp_path):
    counts = np.array([[8, 1, 0], [0, 5, 400], [0, 0, 0]])
    found = Evaluation(("a", HOSTILE, "c"), counts, 0.5, ())
    path = tmp_path / "report.html"
    section = confusion_section(found, {})
    path.write_text(Report("headline", "answer", [section]).html("t", {}), encoding="utf-8")
    page = browser.new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    cells = "(rows) => rows.map((row) => [...row.children].map((one) => one.innerText))"
    rows = page.locator(".confusion tbody tr").evaluate_all(cells)
    page.close()
    assert rows == [
        ["a", "8\n89 %", "1\n11 %", ""],
        [HOSTILE, "", "5\n1 %", "400\n99 %"],
        ["c", "", "", ""],
    ]


def test_of_many_classes_the_commonest_mistakes_are_doors(opened_section):
    n = 30
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.full(n, 0.1), 400).T
    names = tuple(f"{HOSTILE} {k}" for k in range(n))
    labels = rng.integers(0, n, 400)
    data = Dataset(rng.normal(size=(2, 400)), labels, names)
    counts = np.zeros((n, n), int)
    np.add.at(counts, (labels, P.argmax(axis=0)), 1)
    shared = examples(data, P, P.argmax(axis=0), "test examples")
    page = opened_section(confusion_section(Evaluation(names, counts, 0.5, ()), shared))
    buttons = page.locator("tbody button")
    most = np.sort((counts * (1 - np.eye(n, dtype=int))).ravel())[::-1][:12]
    assert [int(text) for text in buttons.all_text_contents()] == most.tolist()
    buttons.nth(3).click()
    assert page.locator(".gallery figure").count() == most[3]
    assert page.broken_rules() == []
    assert page.said == []


def test_another_threshold_has_its_counts(opened_section):
    model, data = table()
    data, P, shared = answered(model, data)
    section = threshold(data, P, 0.5, shared, [Shown(GRAY, "ROC"), Shown(GRAY, "PR")])
    page = opened_section(section)
    # The pictures stand there without scripts, and on paper.
    assert [page.get_by_alt_text(words).is_visible() for words in ("ROC", "PR")] == [False] * 2
    page.emulate_media(media="print")
    assert [page.get_by_alt_text(words).is_visible() for words in ("ROC", "PR")] == [True] * 2
    assert page.locator(".chart").first.is_visible() is False
    page.emulate_media(media="screen")
    value = float(np.sort(P[1])[10:12].mean())
    page.get_by_label("Threshold:").evaluate(SLIDE, value)
    counts = [int(n) for n in page.locator(".confusion tbody td").all_text_contents()]
    above = P[1] > value
    assert counts == [
        int(((above == said) & (data.labels == is_)).sum()) for is_ in (0, 1) for said in (0, 1)
    ]
    wrong = np.flatnonzero(above != (data.labels == 1))
    assert page.get_by_text(f"{len(wrong)} mistakes").count() == 1
    TN, FP, FN, TP = counts
    found, taken, right = TP / (TP + FN), FP / (FP + TN), TP / (TP + FP)
    said = page.get_by_role("status")
    assert f"{100 * found:.1f}\xa0% found, {100 * right:.1f}\xa0% of those" in said.inner_text()
    # Each point is where the axes of its curve say.
    for k, (x, y) in enumerate([(taken, found), (found, right)]):
        dot, frame = page.locator(".chart circle").nth(k), page.locator(".chart .frame").nth(k)
        cx, cy = (float(dot.get_attribute(name)) for name in ("cx", "cy"))
        box = frame.evaluate(
            "(e) => (({ x, y, width, height }) => [x, y, width, height])(e.getBBox())"
        )
        assert_allclose([(cx - box[0]) / box[2], 1 - (cy - box[1]) / box[3]], [x, y], atol=1e-6)
    # The mistakes, the farthest from the threshold first; and what they cost.
    order = wrong[np.argsort(-np.abs(P[1, wrong] - value), kind="stable")]
    shown = page.locator(".gallery figcaption bdi:first-child").all_text_contents()
    assert shown == [data.example_names[i] for i in order[:12]]
    price = page.get_by_label("Cost of taking \u2068no\u2069 for")
    price.fill("-3")
    assert price.input_value() == "0"
    assert said.inner_text().endswith(f"cost {FN}.")
    price.fill("3")
    assert said.inner_text().endswith(f"cost {3 * FP + FN}.")
    page.get_by_text("Lowest cost here").click()
    ends = [-1, *P[1]]
    costs = [
        3 * ((P[1] > t) & (data.labels == 0)).sum() + ((P[1] <= t) & (data.labels == 1)).sum()
        for t in ends
    ]
    assert said.inner_text().endswith(f"cost {min(costs)}.")
    # Where none is found there is no precision; the curve goes on from the first that are.
    page.get_by_label("Threshold:").evaluate(SLIDE, 1)
    assert page.locator(".chart circle").nth(1).get_attribute("cx") == "-99"
    points = page.locator(".chart .curve-0").nth(1).get_attribute("d").split("L")
    assert points[-1].split()[1] == points[-2].split()[1]
    assert page.broken_rules() == []


def test_no_network_that_is_large_or_prepared_by_more_than_one_feature():
    model, data = colors((2 * WEIGHTS, 1), m=1)
    assert asking_section(model, *answered(model, data)[::2]) is None
    model, data = table()
    snv = replace(model, scaling=Scaling.named("missing:zero,snv").fitted(data.raw))
    assert asking_section(snv, *answered(snv, data)[::2]) is None


def test_rounding_that_would_be_seen_is_found():
    """Two equal units whose weights differ by less than 32 bits hold."""
    model, data = table()
    assert rounded_apart(model, data) < 1e-6
    first, _ = model.network.weights
    weights = first[[0, 0, 2]], np.array([[1e6 + 0.3, -1e6, 0.0]])
    far = replace(model, network=replace(model.network, weights=weights))
    assert rounded_apart(far, data) > 1e-5
    assert asking_section(far, *answered(far, data)[::2]) is None


def test_a_sheet_of_many_pictures_is_small():
    data = cr.open_data("fashion").train
    whole = sheet(data, np.arange(1000))
    assert whole["exact"]
    _, large = colors((64, 64, 3), m=MOST)
    assert large.raw.size > EXACT
    shown = sheet(large, np.arange(MOST))
    assert not shown["exact"]
    assert len(shown["uri"]) < 1_500_000  # of noise, which takes more room than photos


def test_without_an_example_the_answer_is_that_of_its_training(opened_section):
    data = cr.open_data("fashion", positive="Sandal").train.select(np.arange(12))
    answers = (Mistake(0, HOSTILE, "a", HOSTILE, 0.625, 0.375),)
    changes = np.linspace(-0.3, 0.2, 24).reshape(2, 12)
    why = Explanation(0, np.array([0.625, 0.375]), changes=changes)
    live = left_out_live(answers, [why], data)
    page = opened_section(Section("Why", ["words"], live=live))
    page.locator(".grid button").first.click()
    assert page.get_by_text("would be 92.5 % instead of 62.5 %").count() == 1
    assert page.get_by_text("other starting weights: \u22120.039").count() == 1
    assert page.said == []
    assert page.broken_rules() == []
    nothing = replace(why, changes=None)
    assert left_out_live(answers, [nothing], data) is None


def test_leaving_one_out_by_hand_says_what_a_training_without_it_says(opened_section, fashion):
    few = fashion.train.select(np.flatnonzero(np.arange(500) % 25 == 0))
    splits, setting = Splits(few, None, fashion.test), Setting(hidden=(3,), iterations=20)
    n_x, trained = 784, partial(cr.train, **setting.arguments())
    model = cr.Model.of(trained(setting.network(n_x, 1), few).network, splits)

    def exact(raw):
        return [without_each(few, raw, setting)], ""

    section = why_section(model, splits, exact)
    page = opened_section(section)
    page.get_by_label("Asked about:").select_option(index=1)
    pressed = page.locator(".grid button").first
    name = pressed.get_attribute("title").rpartition(":")[0]
    pressed.click()
    asked = cr.evaluate(model, fashion.test).mistakes[1]
    left = few.select([i for i, other in enumerate(few.example_names) if other != name])
    without = cr.Model.of(trained(setting.network(n_x, 1), left).network, splits)
    k = fashion.test.classes.index(asked.predicted)
    p = without.predict_proba(fashion.test.select([asked.index]))[k, 0]
    said = page.locator("[data-live=left] [role=status]").inner_text()
    assert name in said
    now = 100 * asked.probability
    assert f"would be {100 * p:.1f}\xa0% instead of {now:.1f}\xa0%" in said
    assert page.broken_rules() == []
    assert page.said == []


@pytest.mark.parametrize("shape", [(6, 5), None], ids=["pictures", "rows"])
def test_decisions_about_labels_are_the_file_that_is_read(opened_section, tmp_path, shape):
    rng, names = np.random.default_rng(0), ("=1+1", HOSTILE, 'a "b", c', "кот")
    pixels = rng.integers(0, 256, (30, 4), dtype=np.uint8)
    data = Dataset(pixels, [0, 0, 1, 1], ("+no", HOSTILE), names, (6, 5), Scaling.pixels())
    review = review_labels(data, np.array([[0.1, 0.2, 0.7, 0.1], [0.9, 0.8, 0.3, 0.9]]))
    assert len(review.suspects) == 3
    data = replace(data, image_shape=shape)
    (section, *_) = label_review_report(review, data).sections
    page = opened_section(section)
    figures = page.locator(".gallery figure, tbody tr")
    assert "=1+1" in figures.nth(0).inner_text()
    figures.nth(0).get_by_role("button", name="relabel").click()
    figures.nth(1).get_by_role("button", name="drop").click()
    assert "1 kept, 1 relabeled, 1 dropped." in page.inner_text("[data-live=labels]")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the decisions").click()
    assert download.value.suggested_filename == "labels.csv"
    download.value.save_as(tmp_path / "labels.csv")
    decided = read_decisions(tmp_path / "labels.csv")
    assert [(one.name, one.action) for one in decided.rows] == [
        ("=1+1", "relabel"),
        (HOSTILE, "drop"),
        ('a "b", c', "keep"),
    ]
    changed = apply_decisions(data, decided)
    assert changed.names == ("=1+1", 'a "b", c', "кот")
    assert changed.labels.tolist() == [1, 1, 1]
    assert page.broken_rules() == []
    assert (page.said, len(page.asked)) == ([], 1)
