"""What held-out answers say of a model."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule import Dataset
from chainrule.experiments import Setting, cross_validate
from chainrule.experiments.answers import held_out_answers
from chainrule.model.evaluation import Evaluation
from chainrule.model.intervals import Intervals, auc_interval
from chainrule.model.regression import Regression
from chainrule.model.verdict import UNKNOWN, Verdict, verdict_of
from chainrule.show.report.number_line import NumberLine


def evaluation(right, m, baseline):
    """Of two classes: the right answers in the commonest class first, then in the other."""
    majority = round(baseline * m)
    hit = min(right, majority)
    confusion = np.array([[hit, majority - hit], [m - majority - (right - hit), right - hit]])
    return Evaluation(("a", "b"), confusion, 0.1, ())


@pytest.mark.parametrize(
    ("right", "m", "baseline", "trained", "name"),
    [
        (95, 100, 0.5, 0.97, "Better than guessing"),
        (75, 100, 0.5, 1.0, "Better than guessing, overfitted"),
        (55, 100, 0.5, 0.6, "Inconclusive"),
        (55, 100, 0.5, 1.0, "Inconclusive, overfitted"),
        (55, 100, 0.5, 0.5, "Learned nothing"),  # not even where it trained
        (60, 100, 0.6, 0.7, "Learned nothing"),  # the same answer to all
        (5, 100, 0.5, None, "Worse than guessing"),
        (7, 8, 0.5, 1.0, "Better than guessing"),
        (4, 5, 0.6, 1.0, "Inconclusive"),  # one mistake of a few is no sign
        (34, 38, 0.7, 1.0, "Better than guessing"),
    ],
)
def test_it_leaves_room_for_chance(right, m, baseline, trained, name):
    found = verdict_of(evaluation(right, m, baseline), trained)
    assert found.name == name
    low, high = evaluation(right, m, baseline).interval()
    assert (found.low, found.high) == (low, high)
    assert ("by heart" in found.words) == name.endswith("overfitted")
    facts = found.facts()
    assert (facts["verdict"], facts["low"], facts["high"]) == (name, low, high)


def test_an_interval_by_groups_is_wider():
    groups = Intervals(
        (("accuracy", 0.65, 0.4, 0.8, "BCa"), ("auc", 0.7, 0.3, 0.9, "BCa")), "", 0.95
    )
    narrow, wide = (verdict_of(evaluation(65, 100, 0.5), None, b) for b in (None, groups))
    assert (narrow.kind, wide.kind) == ("better", "inconclusive")


def test_of_numbers():
    rng = np.random.default_rng(0)
    y = rng.standard_normal(60)
    near = Regression(y, y + 0.3 * rng.standard_normal(60), ("",) * 60)
    found = verdict_of(near, 0.95)
    assert (found.kind, found.gap, found.baseline) == ("better", 0, 0)
    assert found.low < near.r2 < found.high
    assert verdict_of(Regression(y, rng.standard_normal(60), ("",) * 60)).kind == "worse"
    alike = Regression(y, np.full(60, y.mean()), ("",) * 60)
    flat = Intervals((("r2", 0.0, -0.1, 0.1, "BCa"),), "", 0.95)
    assert verdict_of(alike, intervals=flat).kind == "nothing"


def test_a_rare_class_that_is_told_apart():
    # As many right as by always saying the commonest class, or fewer where a threshold guards it.
    for right in (180, 150):
        rare = replace(evaluation(right, 200, 0.9), auc=0.95)
        found = verdict_of(rare, 0.9)
        assert (found.kind, found.measure, found.baseline) == ("better", "auc", 0.5)
        assert (found.low, found.high) == auc_interval(0.95, 180, 20, 0.99)
        assert f"although {right / 2:.1f} % right is not clearly more than 90.0 %" in found.words
        assert found.said.startswith("AUC of held-out examples is 0.950 (0.7")
        assert rare.learned
        weak = replace(rare, auc=0.55)
        assert verdict_of(weak, 0.9).measure == "accuracy"
        assert not weak.learned
        assert NumberLine.of(found).marks == [(50.0, "guessing 0.50")]
        # A second chance: 95 % would do, 99 % does not.
        some = replace(rare, auc=0.65)
        assert some.auc_bounds()[0] > 0.5 > some.auc_bounds(0.99)[0]
        assert verdict_of(some, 0.9).measure == "accuracy"
    by_heart = verdict_of(rare, 1.0)
    assert by_heart.name == "Ranks better than guessing, overfitted"
    assert "25.0 points more" in by_heart.words
    by_groups = Intervals(
        (("accuracy", 0.9, 0.8, 0.95, "BCa"), ("auc", 0.95, 0.4, 1.0, "BCa")), "", 0.95
    )
    assert verdict_of(rare, 0.9, by_groups).kind != "better"


def test_it_does_not_contradict_a_permutation_test():
    ranked = replace(evaluation(55, 100, 0.5), auc=0.6)
    by_chance, seldom = (verdict_of(ranked, 0.9, p=p) for p in (0.0519, 0.05))
    assert (by_chance.name, seldom.name) == (
        "Inconclusive, overfitted",
        "Ranks better than guessing, overfitted",
    )
    assert "too often reached: p = 0.0519" in by_chance.words
    assert "seldom reached: p = 0.05" in seldom.words
    good = replace(evaluation(75, 100, 0.5), auc=0.8)
    assert verdict_of(good, 0.8, p=0.001).name == "Better than guessing"
    refused = verdict_of(good, 0.8, p=0.2)
    assert refused.kind == "inconclusive"
    assert "less than all of the interval" in refused.words
    y = np.arange(30.0)
    flat = Regression(y, np.full(30, 14.0), ("",) * 30)
    bounds = Intervals((("r2", 0.0, -0.1, 0.1, "BCa"),), "", 0.95)
    assert (
        verdict_of(
            replace(flat, predictions=y),
            intervals=Intervals((("r2", 1.0, 0.9, 1.0, "BCa"),), "", 0.95),
            p=0.1,
        ).kind
        == "inconclusive"
    )
    some = verdict_of(replace(flat, predictions=y / 10), intervals=bounds, p=0.01)
    assert "whether it does better than that cannot be told" in some.words


def test_labels_that_networks_changed_measure_nothing():
    doubted = replace(evaluation(95, 100, 0.5), doubted="17 labels changed, 0 examples left out")
    found = verdict_of(doubted, 0.97)
    assert (found.kind, found.name) == ("unknown", "Not known yet")
    assert found.facts()["words"].startswith("95.0 % of held-out examples are right")
    assert "17 labels changed, 0 examples left out: what is measured here agrees" in found.words


def test_noise_is_seldom_called_better():
    """As benchmarks/noise.py measures of more; with two intervals of 95 % it was 8 of 120."""
    setting = Setting(hidden=(), learning_rate=0.1, iterations=40)
    found = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.arange(20) % 2)
        data = Dataset(rng.normal(size=(50, 20)), labels, ("a", "b"))
        answers = held_out_answers(cross_validate(data, setting, folds=5, seed=seed), data)
        found += answers.verdict.kind == "better"
    assert found <= 0.05 * 120


def test_what_nobody_knows():
    assert UNKNOWN.name == "Not known yet"
    assert (UNKNOWN.words, UNKNOWN.gap) == ("", 0)
    assert set(UNKNOWN.facts("Why.")) == {"verdict", "kind", "words", "gap"}


def test_examples_of_one_class_tell_nothing_of_what_was_learned():
    for reached, low in ((1.0, 0.2), (0.9, 0.7)):
        found = Verdict(reached, low, 0.95 if reached < 1 else 1.0, 1.0, 0.99, alike=True)
        assert found.kind == "inconclusive"
        assert "all of one class" in found.words


def test_one_answer_to_few_examples_is_no_sign_that_nothing_was_learned():
    assert Verdict(0.5, 0.15, 0.85, 0.5, 1.0, alike=True).kind == "inconclusive"
    assert Verdict(0.5, 0.15, 0.85, 0.5, 0.5, alike=True).kind == "nothing"
