"""Every kind of report in a real browser: as it looks by day, by night, on a phone and on paper;
with names from data that would do harm; for everybody, by the rules of axe-core.

Pictures are kept in tests/show/baseline/, as others are (docs/seeing.md), and compared only by the
browser and the letters that they were made with. What matplotlib draws has pictures of its own:
boxes stand for it here.
"""

import io
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, Splits
from chainrule.experiments import (
    Setting,
    compare_learning_rates,
    cross_validate,
    find_learning_rate,
    leave_one_out,
    nested_cross_validate,
    review_labels,
    sweep,
    train_ensemble,
    without_each,
)
from chainrule.show.boundary_plots import NetworkFrames
from chainrule.show.report import experiments, page
from chainrule.show.report.importance import importance_section
from chainrule.show.report.steps import steps_report
from chainrule.show.report.training import training_report, why_section
from chainrule.show.report.watching import Followed
from chainrule.tracing.example import example_graph

BASELINE = Path(__file__).parents[1] / "baseline"
CHROMIUM, LETTERS = "156", 120.14  # its version, and how wide it sets the letters below
MEASURED = """() => {
    const line = document.createElement("canvas").getContext("2d");
    line.font = "16px system-ui";
    return line.measureText("chainrule 0123").width;
}"""
WAYS = {
    "by_day": ({"color_scheme": "light"}, 1000),
    "by_night": ({"color_scheme": "dark"}, 1000),
    "on_a_phone": ({"color_scheme": "light"}, 360),
    "on_paper": ({"color_scheme": "dark", "media": "print"}, 760),
}
BAND, APART = 60, 6.0  # rows of pixels, and by how much they may differ, of 255
NAMES = (
    "<script>document.title = 'ran'; fetch('https://example.org')</script>.png",
    "</script><img src='https://example.org/x.png' onerror='console.error(1)'>.png",
    "\"quoted' & {{ 7 * 7 }} \\ %s",
    "קובץ 🐈 \u202egnp",
    "a" * 200,
)
# Whatever can be moved is moved, and whatever can be pressed is pressed.
TOUCHED = """() => {
    const tell = (e, type) => e.dispatchEvent(new Event(type, { bubbles: true }));
    for (const e of document.querySelectorAll(".live select"))
        for (let i = 0; i < Math.min(e.length, 6); i++) { e.selectedIndex = i; tell(e, "change"); }
    for (const e of document.querySelectorAll(".live input[type=range], .live input[type=number]"))
        for (const value of [e.min, e.max, 0.3]) { e.value = value; tell(e, "input"); }
    for (const e of document.querySelectorAll("button"))
        if (!e.textContent.startsWith("Save")) { e.click(); e.focus(); }
}"""
SETTING = Setting(hidden=(4,), learning_rate=0.05, iterations=30)


def plain(name):
    return name


def hostile():
    """Each name behind one that would do harm."""
    some = cycle(NAMES)
    return lambda name: f"{next(some)} {name}"


def clothes(name, kinds, m=40, tested=24):
    """Some of the built-in pictures, of classes that look alike."""
    data = cr.open_data("fashion")

    def part(given, m):
        some = np.flatnonzero(np.isin(given.labels, kinds))[:m]
        files = tuple(name(f"shop-{i}.png") for i in some)
        labels = np.searchsorted(kinds, given.labels[some])
        some = replace(given.select(some), labels=labels, classes=named)
        few = some.raw // 86 * 127  # grays: screenshots stay small
        some = replace(some, features=few)
        return replace(some, names=files, source=name("clothes"))

    named = tuple(name(data.train.classes[kind]) for kind in kinds)
    return Splits(part(data.train, m), None, part(data.test, tested))


def numbers(name, task="classification", m=40):
    """A table of four features, of which the first tells what is asked."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, m + 20))
    y = 2 * X[0] + 0.3 * rng.normal(size=m + 20)
    labels, classes = ((y > 0).astype(int), (name("short"), name("tall")))
    if task == "regression":
        labels, classes = y, ()
    columns = tuple(name(one) for one in ("leaf length", "leaf width", "soil", "light"))
    rows = tuple(name(f"plant {i}") for i in range(m + 20))
    data = Dataset(X, labels, classes, rows, source=name("plants.csv"), feature_names=columns)
    return Splits(data.select(np.arange(m)), None, data.select(np.arange(m, m + 20)))


def trained(splits, setting=SETTING, **sections):
    """The report of a training that was watched."""
    n_y = len(splits.train.Y)
    start = setting.network(splits.train.features.shape[0], n_y, splits.train.task)
    frames = NetworkFrames([0, 3, 10, setting.iterations])
    given = {"validation": splits.test, "callbacks": [frames], **setting.arguments()}
    found = cr.train(start, splits.train, **given)
    model = cr.Model.of(found.network, splits)
    watched = Followed(start, frames.frames, found) if splits.train.classes else None
    made = {key: make(model) for key, make in sections.items()}
    return training_report(model, splits, found.history, watched=watched, **made)


def of_pictures(name):
    """With the worst mistakes explained by training without each example."""
    splits = clothes(name, (2, 4))

    def why(model):
        def exact(raw):
            each = [replace(SETTING, seed=seed) for seed in (0, 1)]
            return [without_each(splits.train, raw, setting) for setting in each], ""

        return why_section(model, splits, exact)

    return trained(splits, why=why)


def of_a_demo(name):
    splits = clothes(name, range(10), 80, 60)
    report = trained(splits, replace(SETTING, hidden=(), iterations=40))
    table = page.Table.of([{"network": name("4 layers"), "test": "81.2 %"}])
    first = page.Section("Three networks", ["All that follows is of the best."], table)
    return replace(report, sections=[first, *report.sections])


def of_a_table(name):
    splits = numbers(name)

    def features(model):
        return importance_section(cr.importance(splits.train, SETTING, model=model, repeats=3))

    return trained(splits, features=features)


def of_a_plane(name):
    data = cr.open_data("planar:moons")
    classes = tuple(map(name, data.train.classes))
    columns = name("east"), name("north")
    parts = (
        replace(one.select(np.arange(0, len(one), 4)), classes=classes, feature_names=columns)
        for one in (data.train, data.test)
    )
    train, test = parts
    setting = replace(SETTING, learning_rate=1.0, iterations=100)
    return trained(Splits(train, None, test), setting)


def of_numbers(name):
    return trained(numbers(name, "regression"))


def of_an_ensemble(name):
    splits = numbers(name)
    found = train_ensemble(splits.train, SETTING, 3)
    return training_report(cr.Model.of(found.network, splits), splits, found.histories[0])


def of_settings(name):
    splits = clothes(name, (2, 4, 6))
    space = {"l2": [0.0, 0.1], "learning_rate": [0.01, 0.1]}
    return experiments.sweep_report(sweep(splits.train, space, base=SETTING, folds=3), splits)


def of_rates(name):
    splits = clothes(name, (2, 4, 6))
    found = compare_learning_rates(splits.train, [0.01, 0.1], SETTING)
    return experiments.learning_rates_report(found, splits)


def of_a_range_test(name):
    splits = clothes(name, (2, 4, 6))
    found = find_learning_rate(splits.train, SETTING, count=6)
    return experiments.learning_rates_report(found, splits)


def of_folds(name):
    splits = clothes(name, (2, 4, 6))
    return experiments.cross_validation_report(
        cross_validate(splits.train, SETTING, folds=3), splits
    )


def of_nested_folds(name):
    train = numbers(name).train
    space = {"l2": [0.0, 0.1]}
    found = nested_cross_validate(train, space, base=SETTING, folds=3, inner_folds=2)
    return experiments.cross_validation_report(found, train)


def of_left_out(name):
    train = clothes(name, (2, 4)).train
    return experiments.leave_one_out_report(leave_one_out(train, SETTING), train)


def of_labels(name):
    train = clothes(name, (2, 4, 6)).train
    P = np.random.default_rng(0).dirichlet(np.ones(3), len(train)).T
    decide = "Decide in labels.csv."
    return experiments.label_review_report(review_labels(train, P), train, decide=decide)


def of_importance(name):
    train = numbers(name).train
    return experiments.importance_report(cr.importance(train, SETTING, repeats=3), train)


def of_steps(name):
    return steps_report(example_graph((2, 3, 1), loss_of_outputs=True))


SURFACES = {
    make.__name__: make
    for make in (
        of_pictures,
        of_a_demo,
        of_a_table,
        of_a_plane,
        of_numbers,
        of_an_ensemble,
        of_settings,
        of_rates,
        of_a_range_test,
        of_folds,
        of_nested_folds,
        of_left_out,
        of_labels,
        of_importance,
        of_steps,
    )
}


def boxes(figure, dpi=80, kind="png"):
    """A figure of the same size, not drawn."""
    out = io.BytesIO()
    size = (figure.get_size_inches() * dpi).astype(int)
    Image.new("L", tuple(size), 215).save(out, "png")
    return out.getvalue()


@pytest.fixture(params=SURFACES)
def surface(request, tmp_path, monkeypatch):
    """Its name, and a function that makes it with names of one kind."""
    monkeypatch.setattr(page, "as_bytes", boxes)

    def make(name):
        path = tmp_path / "report.html"
        report = SURFACES[request.param](name)
        html = report.html(name("A title"), {"data": name("A setting"), "seed": 0})
        path.write_text(html, encoding="utf-8")
        return path

    return request.param, make


def test_it_looks_as_it_did_and_everybody_can_read_it(surface, opened, tmp_path, request):
    name, make = surface
    path = make(plain)
    page = opened(path)
    # The versions of packages, at the end, change.
    page.add_style_tag(content="section:last-of-type { display: none; }")
    version, letters = page.context.browser.version, page.evaluate(MEASURED)
    made = version.startswith(f"{CHROMIUM}.") and abs(letters - LETTERS) < 0.5
    apart = {}
    for way, (media, width) in WAYS.items():
        page.emulate_media(**media)
        page.set_viewport_size({"width": width, "height": 740})
        if way == "by_day":
            assert page.broken_rules() == []
        if way == "on_a_phone":
            assert page.sideways() == []
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB").quantize(64)
        kept = BASELINE / f"{name}_{way}.png"
        if new := request.config.getoption("--mpl-generate-path"):
            shot.save(Path(new) / kept.name, optimize=True)
        elif made:
            shot.save(tmp_path / kept.name)
            apart[tmp_path / kept.name] = difference(shot, Image.open(kept))
    assert (page.said, elsewhere(page)) == ([], [])
    assert {where: how for where, how in apart.items() if how > APART} == {}
    if not apart:
        pytest.skip(f"compared by Chromium {CHROMIUM}, letters {LETTERS}: {version}, {letters}")


def elsewhere(page):
    """What was asked for but the page and what is in it."""
    return [url for url in page.asked if url != page.url and not url.startswith("data:")]


def difference(shot, kept):
    """The largest root mean square difference in a band of rows; of other sizes the largest."""
    if shot.size != kept.size:
        return 255.0
    shot, kept = (np.asarray(one.convert("RGB"), float) for one in (shot, kept))
    apart = np.square(shot - kept).mean(axis=(1, 2))
    return float(np.sqrt(max(apart[k : k + BAND].mean() for k in range(0, len(apart), BAND))))


def test_names_from_data_are_only_text(surface, opened):
    """By night, on a phone and on paper nothing lies sideways, either."""
    name, make = surface
    path = make(hostile())
    page = opened(path)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.broken_rules() == []
    elements = "document.querySelectorAll('script, iframe, link, base, object, form').length"
    scripts = page.evaluate(elements)
    page.evaluate(TOUCHED)
    page.wait_for_timeout(50)
    assert (page.said, elsewhere(page)) == ([], [])
    assert page.evaluate(elements) == scripts <= 2
    assert page.locator("img:not([src^='data:image/'])").count() == 0
    assert page.sideways() == []
    page.set_viewport_size({"width": 700, "height": 990})
    page.emulate_media(media="print")
    assert page.sideways() == []
    assert page.title() == " ".join(f"{NAMES[0]} A title".split()) or name != "of_steps"
