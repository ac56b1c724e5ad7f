"""The report in a real browser: no error in its console, no request to elsewhere, names as text."""

import json
import re
import shutil
import subprocess
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
from chainrule.show.report.training import training_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: apt-get install chromium (Debian)"
)
NAMES = (
    "<script>document.title = 'ran'; fetch('https://example.org')</script>.png",
    "<img src='https://example.org/x.png' onerror='console.error(1)'>.png",
    "кот 🐈 \u202egnp.png",
)
CHROMIUM_S_OWN = ("google.com", "googleapis.com", "gvt1.com")  # it asks for updates of itself
ADDRESS = re.compile(r"\b(?:https?|wss?)://([\w.:-]+)")


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
    return training_report(model, splits, trained.history).html(NAMES[1], settings)


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
def page(request, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(request.param(), encoding="utf-8")
    return path


def browse(path, tmp_path):
    """(the page as the browser has it, its console, the hosts it asked for)."""
    log = tmp_path / "net.json"
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={log}",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    events = json.loads(log.read_text())["events"]
    asked = {h for e in events for h in ADDRESS.findall(json.dumps(e.get("params", {})))}
    return done.stdout, console, {h for h in asked if not h.endswith(CHROMIUM_S_OWN)}


def test_it_loads_quietly_and_asks_nobody(page, tmp_path):
    dom, console, hosts = browse(page, tmp_path)
    assert console == []
    assert hosts == set()
    assert "ran" not in re.findall(r"<title>(.*?)</title>", dom)
    for name in NAMES:
        text = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert text in dom


def test_the_browser_would_say_so(tmp_path):
    """A page that does both: what the test above looks for is seen."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<link rel='preconnect' href='https://cdn.example.net'>"
        "<script>console.error('x'); fetch('http://localhost:9/y')</script>"
    )
    _, console, hosts = browse(path, tmp_path)
    assert console
    assert any(host.startswith("localhost") for host in hosts)
    assert "cdn.example.net" in hosts


def test_a_thousand_pictures_are_a_small_file():
    data = cr.open_data("fashion")
    network = cr.Network.create((784, 20, 10))
    trained = cr.train(network, data.train, learning_rate=0.05, iterations=30)
    model = cr.Model.of(trained.network, data)
    html = training_report(model, data, trained.history).html("t", {})
    assert len(html.encode()) < 3_000_000
