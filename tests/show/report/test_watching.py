"""Trainings that are watched in a report, against the networks that were kept."""

from base64 import b64decode

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.show.boundary_plots import NetworkFrames
from chainrule.show.report.training import training_report
from chainrule.show.report.watching import Followed, can_be_watched, moments, watching_sections

SLIDE = "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }"


def followed(data, network, **settings):
    frames = NetworkFrames([0, 1, 5, 20])
    held_out = {"validation": data.test, **settings}
    found = cr.train(network, data.train, iterations=20, callbacks=[frames], **held_out)
    return cr.Model.of(found.network, data), Followed(network, frames.frames, found)


def plane():
    data = cr.open_data("planar:moons")
    network = cr.Network.create((2, 4, 1), activation="tanh", rng=3)
    return data, *followed(data, network, learning_rate=1.2)


def pictures():
    data = cr.open_data("fashion")
    network = cr.Network.create((784, 8, 10), rng=1)
    return data, *followed(data, network, learning_rate=0.1, first_layer="dual")


@pytest.mark.parametrize("made", [plane, pictures])
def test_what_was_said_on_the_way_is_shown(made, opened, tmp_path):
    data, model, found = made()
    tested, history = model.prepare(data.test), found.training.history
    report = training_report(model, data, history, watched=found)
    path = tmp_path / "report.html"
    path.write_text(report.html("t", {}), encoding="utf-8")
    page = opened(path)
    page.get_by_label("Iteration:").evaluate(SLIDE, 2)
    record = history.records[5]
    assert record.iteration == 5
    costs = [f"{cost:.3g}" for cost in (record.cost, record.validation_cost)]
    said = page.get_by_text("Iteration 5: cost {}, test {}".format(*costs))
    assert said.count() == 1
    dots = page.locator("[data-live=watch] .chart circle")
    assert len({dots.nth(k).get_attribute("cx") for k in range(dots.count())}) == 1
    heights = [float(dots.nth(k).get_attribute("cy")) for k in range(dots.count())]
    assert (heights[0] < heights[1]) == (record.cost > record.validation_cost)
    then = cr.Model.of(found.frames[5], data)
    if model.image_shape:
        wrong = np.flatnonzero(model.predict(tested) != tested.labels)
        P = model.predict_proba(tested)[tested.labels[wrong], wrong]
        example = tested.select([wrong[np.argmin(P)]])
    else:
        page.get_by_label("Example:").select_option(data.test.example_names[7])
        example = data.test.select([7])
        wrong = (then.predict(data.test) != data.test.labels).sum()
        assert page.get_by_text(f"Mistaken: {wrong} of {len(data.test)}.").count() == 1
        # Its picture is that of the end, which stands there on paper.
        still = page.locator("section:has([data-live=watch]) > .wide img")
        assert still.is_hidden()
        page.emulate_media(media="print")
        assert still.is_visible()
        page.emulate_media(media="screen")
    p = then.predict_proba(example)[example.labels[0], 0]
    watched = page.locator("[data-live=watch]")
    assert watched.get_by_text(f"{100 * p:.1f} %").count() == 1
    assert page.said == []
    assert page.broken_rules() == []


def test_drawn_and_learned_are_the_weights():
    data, model, found = pictures()
    _, emerging = watching_sections(model, data.train, model.prepare(data.test), found, {})
    own = emerging.live.own
    parts = np.frombuffer(b64decode(own["weights"]), np.int8)
    both = parts.reshape(2, len(own["names"]), -1).sum(axis=0, dtype=int)
    units = [int(name.removeprefix("unit ")) for name in own["names"]]
    W = model.network.weights[0][units]
    scale = np.abs(W).max(axis=1, keepdims=True)
    assert_allclose(both / np.abs(both).max(axis=1, keepdims=True), W / scale, atol=0.02)
    C = found.training.dual.C[units]
    assert_allclose(np.max(own["C"], axis=1), C.max(axis=1))
    assert_allclose(np.min(own["C"], axis=1), C.min(axis=1))


def test_who_can_be_watched_and_when():
    data, model, _ = plane()
    assert can_be_watched(model, data.train)
    table = cr.open_data("fashion").train.select(np.arange(4))
    assert not can_be_watched(model, table)
    assert moments(model, 1) == [0, 1]
    when = moments(model, 2500)
    assert (when[0], when[-1]) == (0, 2500)
    assert np.all(np.diff(when) > 0)
