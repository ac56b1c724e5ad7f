"""The report in a real browser: no error in its console, no request to elsewhere, names as text."""

from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.data import Dataset, Splits
from chainrule.experiments import (
    Setting,
    cross_validate,
    leave_one_out,
    review_labels,
    sweep,
)
from chainrule.show.report.experiments import (
    cross_validation_report,
    label_review_report,
    leave_one_out_report,
    sweep_report,
)
from chainrule.show.report.training import training_report, why_section

NAMES = (
    "<script>document.title = 'ran'; fetch('https://example.org')</script>.png",
    "<img src='https://example.org/x.png' onerror='console.error(1)'>.png",
    "кот 🐈 \u202egnp.png",
)


def training():
    """A report whose mistakes have hostile names."""
    data = cr.open_data("fashion", positive="Sandal")
    network = cr.Network.create((784, 1), initializer="zeros")
    trained = cr.train(network, data.train, learning_rate=0.05, iterations=30)
    model = cr.Model.of(trained.network, data)
    raw = data.test.raw[:, : len(NAMES)]
    wrong = 1 - model.predict(raw)
    test = Dataset(raw, wrong, data.test.classes, NAMES, (28, 28), data.test.scaling, NAMES[0])
    splits, settings = Splits(data.train, None, test), {"data": NAMES[0]}
    few = replace(splits, train=data.train.select(np.arange(50)))
    why = why_section(model, few)
    return training_report(model, splits, trained.history, why=why).html(NAMES[1], settings)


def hostile_examples():
    data = cr.open_data("fashion", positive="Sandal").train.select(np.arange(30))
    names = tuple(f"{NAMES[i % len(NAMES)]} {i}" for i in range(30))
    return replace(data, names=names, source=NAMES[2])


def label_review():
    data = hostile_examples()
    P = np.full((2, 30), 0.3)
    P[1 - data.labels, np.arange(30)] = 0.7
    found = review_labels(data, P)
    return label_review_report(found, data).html(NAMES[1], {"data": NAMES[0]})


def left_out():
    data = hostile_examples()
    found = leave_one_out(data, Setting(hidden=(), iterations=10))
    return leave_one_out_report(found, data).html(NAMES[1], {"data": NAMES[0]})


def folds():
    data = hostile_examples()
    found = cross_validate(data, Setting(hidden=(), iterations=10), folds=3)
    return cross_validation_report(found, data).html(NAMES[1], {"data": NAMES[0]})


def settings_compared():
    """No example is named in it: the hostile names are in its title and settings."""
    data = hostile_examples()
    found = sweep(data, {"l2": [0.0, 0.1]}, base=Setting(hidden=(), iterations=10), folds=3)
    settings = dict(enumerate(NAMES))
    return sweep_report(found, Splits(data)).html(NAMES[1], settings)


@pytest.fixture(
    params=[training, label_review, left_out, folds, settings_compared],
    ids=lambda make: make.__name__,
)
def report(request, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(request.param(), encoding="utf-8")
    return path


def test_everybody_can_read_it_and_nobody_is_asked(report, opened):
    """Axe-core finds nothing by day and by night, and on a phone nothing lies sideways."""
    page = opened(report)
    assert page.broken_rules() == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.broken_rules() == []
    assert page.sideways() == []
    assert page.said == []
    assert page.asked == [report.as_uri()]
    assert page.locator("link, base, iframe, object, form").count() == 0
    assert page.title() == " ".join(NAMES[1].split())
    shown = page.content()
    for name in NAMES:
        assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in shown


def test_the_browser_would_say_so(tmp_path, opened):
    """A page that does all of it: what the tests above look for is seen."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<link rel='preconnect' href='https://cdn.example.net'><img src='data:,'>"
        "<script>console.error('x'); fetch('http://localhost:9/y')</script>"
    )
    page = opened(path)
    assert "x" in page.said
    assert "http://localhost:9/y" in page.asked
    assert page.locator("link").count() == 1
    assert "image-alt" in page.broken_rules()


def test_a_thousand_pictures_are_a_small_file():
    data = cr.open_data("fashion")
    network = cr.Network.create((784, 20, 10))
    trained = cr.train(network, data.train, learning_rate=0.05, iterations=30)
    model = cr.Model.of(trained.network, data)
    html = training_report(model, data, trained.history).html("t", {})
    assert len(html.encode()) < 3_000_000
