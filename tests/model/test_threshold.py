"""Thresholds: by trying all of them; saved with the model, and used by its answers."""

from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule import InputError
from chainrule.model.model_file import Model
from chainrule.model.threshold import choose_threshold


@pytest.mark.parametrize("rule", ["youden", "cost"])
@pytest.mark.parametrize("seed", range(5))
def test_no_other_is_better(rule, seed):
    rng = np.random.default_rng(seed)
    labels = (rng.random(60) < 0.2).astype(int)
    labels[:2] = 0, 1
    p = np.clip(0.3 * labels + rng.random(60) * 0.6, 0, 1).round(2)

    def loss(t):
        missed, taken = ((p <= t) & (labels == 1)).sum(), ((p > t) & (labels == 0)).sum()
        if rule == "cost":
            return 4 * missed + taken
        return missed / (labels == 1).sum() + taken / (labels == 0).sum()

    found = choose_threshold(p, labels, rule, 4)
    assert loss(found) <= min(loss(t) for t in np.linspace(0, 1, 501)) + 1e-12


def test_of_equally_good_ones_the_nearest_to_a_half():
    assert choose_threshold([0.1, 0.9], [0, 1], "youden") == 0.5
    assert choose_threshold([0.1, 0.3], [0, 1], "youden") == pytest.approx(0.2)
    assert choose_threshold([0.1, 0.3], [0, 1], "0.5") == 0.5


def test_of_true_probabilities_it_is_what_the_costs_say():
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    assert choose_threshold(p, rng.random(200_000) < p, "cost", 4) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("p", "labels", "more", "message"),
    [
        ([0.1, 0.2], [1, 1], {}, "both classes"),
        ([0.1], [1, 0], {}, "of each example"),
        ([0.1, 0.2], [0, 1], {"rule": "luck"}, "cost, youden"),
        ([0.1, 0.2], [0, 1], {"cost_ratio": 0}, "cost_ratio"),
    ],
)
def test_bad_input(p, labels, more, message):
    with pytest.raises(InputError, match=message):
        choose_threshold(p, labels, **more)


def test_a_model_answers_by_it(tmp_path):
    data = cr.open_data("planar:moons").train
    model = Model.of(cr.Network.create((2, 3, 1), rng=1), data)
    P = model.predict_proba(data.raw)
    other = replace(model, threshold=float(np.quantile(P[1], 0.9)))
    assert other.predict(data.raw).mean() == pytest.approx(0.1, abs=0.01)
    found = cr.evaluate(other, data)
    assert found.confusion[:, 1].sum() == other.predict(data.raw).sum()
    path = tmp_path / "model.safetensors"
    cr.save(other, path)
    assert cr.load(path).threshold == other.threshold
    three = cr.Network.create((2, 3, 3), rng=1)
    with pytest.raises(InputError, match="two classes"):
        Model(three, ("a", "b", "c"), threshold=0.3)
