"""Reports of experiments: what they say, against the results themselves."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.data import Splits
from chainrule.experiments import (
    Setting,
    compare_learning_rates,
    cross_validate,
    find_learning_rate,
    leave_one_out,
    review_labels,
    sweep,
)
from chainrule.model.evaluation import evaluate_probabilities
from chainrule.model.verdict import verdict_of
from chainrule.show.report.experiments import (
    cross_validation_report,
    label_review_report,
    learning_rates_report,
    leave_one_out_report,
    sweep_report,
)

SETTING = Setting(hidden=(4,), learning_rate=0.1, iterations=30)
GIVEN = {"title": "t", "settings": {"seed": 0}}


@pytest.fixture(scope="module")
def few(fashion):
    return fashion.train.select(np.arange(60))


def text(page):
    """The page's words, without tags and isolates."""
    plain = re.sub(r"<[^>]+>", " ", page.split("</style>")[1])
    return " ".join(html.unescape(plain).translate({0x2068: None, 0x2069: None}).split())


def test_cross_validation(few):
    found = cross_validate(few, SETTING, folds=4)
    said = text(cross_validation_report(found, few).html(**GIVEN))
    right = int((found.probabilities.argmax(axis=0) == few.labels).sum())
    assert f"{100 * right / 60:.1f} % right" in said[:200]
    assert f"{right} of 60 examples, each by a network trained without it" in said
    for row in found.rows():
        assert f"{row['fold']} 15 {100 * row['accuracy']:.1f} % {row['cost']:.4f}" in said
    assert f"{found.cost.mean:.4f} {found.auc.mean:.4f}" in said
    assert f"{60 - right} of the 60 examples, each by a network trained without it" in said


def test_a_cross_validation_without_any_result(few):
    found = cross_validate(few, replace(SETTING, learning_rate=1e200), folds=3)
    assert np.isnan(found.probabilities).all()
    said = text(cross_validation_report(found, few).html(**GIVEN))
    assert "No answer No training ended with a result" in said
    assert "diverged" in said


def test_leave_one_out(few):
    found = leave_one_out(few, SETTING)
    said = text(leave_one_out_report(found, few).html(**GIVEN))
    assert f"{round(found.accuracy * 60)} of 60 examples" in said
    left = found.probabilities[few.labels, np.arange(60)]
    turned = np.flatnonzero((found.full > 0.5) & (left <= 0.5))
    assert_array_equal(np.sort(found.by_heart), turned)
    most = turned[np.argmax((found.full - left)[turned])]
    assert f"{found.full[most]:.3f} → {left[most]:.3f}" in said
    assert f"not to that without them: {len(turned)}. They may be unusual" in said
    others = ((found.full > 0.5) != (found.without > 0.5)) & ~np.eye(60, dtype=bool)
    count = np.count_nonzero(others.any(axis=1))
    assert f"more probable than not, or no longer so: {count} of 60." in said
    assert found.influential().records()[0]["others_turned"] == others.sum(axis=1).max() > 0
    sure = replace(found, full=np.full(60, 0.99), without=np.full((60, 60), 0.98))
    said = text(leave_one_out_report(sure, few).html(**GIVEN))
    assert "not to that without them: none." in said
    assert "no longer so: none of 60." in said


def test_label_review(few):
    wrong = few.labels.copy()
    wrong[:3] = 1 - wrong[:3]
    flipped = replace(few, labels=wrong)
    P = np.eye(2)[:, few.labels] * 0.8 + 0.1
    found = review_labels(flipped, P)
    page = label_review_report(found, flipped, decide="Decide in x.csv.").html(**GIVEN)
    said = text(page)
    assert "3 labels to look at" in said
    assert "Decide in x.csv." in said
    assert page.count("<figure>") == 3
    assert "looks like" in said
    some = review_labels(flipped, P, most=1)
    said = text(label_review_report(some, flipped).html(**GIVEN))
    assert "3 labels to look at" in said
    assert "the 1 most suspicious" in said


def test_no_suspicious_label(few):
    found = review_labels(few, np.eye(2)[:, few.labels] * 0.8 + 0.1)
    said = text(label_review_report(found, few).html(**GIVEN))
    assert "0 labels to look at" in said
    assert "None." in said


def test_a_sweep_is_measured_on_the_test_set(fashion, few):
    splits = Splits(few, None, fashion.test)
    space = {"learning_rate": [0.01, 0.1], "hidden": [(), (4,)]}
    found = sweep(few, space, base=replace(SETTING, hidden=()), folds=3)
    said = text(sweep_report(found, splits).html(**GIVEN))
    accuracy = cr.evaluate(cr.Model.of(found.best.network, splits), fashion.test).accuracy
    assert f"{100 * accuracy:.1f} % right" in said[:200]
    assert f"{round(500 * accuracy)} of 500 test examples" in said
    assert "looks better than it is" not in said


def test_without_a_test_set_the_choice_is_warned_of(few):
    found = sweep(few, {"l2": [0.0, 0.1]}, base=SETTING, folds=3)
    said = text(sweep_report(found, Splits(few)).html(**GIVEN))
    assert "l2 0.1 Not known yet" in said[:30]
    assert f"Its accuracy on 3 folds: {100 * found.trials[0].accuracy.mean:.1f} %" in said
    assert "looks better than it is" in said


def test_a_sweep_that_found_nothing(few):
    found = sweep(few, {"learning_rate": [1e200, 1e210]}, base=SETTING, folds=3)
    assert "No answer The cost of every setting diverged." in text(
        sweep_report(found, Splits(few)).html(**GIVEN)
    )
    nothing = replace(found, trials=(), complete=False)
    said = text(sweep_report(nothing, Splits(few)).html(**GIVEN))
    assert "No answer No setting was finished." in said
    assert "It was interrupted" in said


def test_learning_rates(few):
    found = compare_learning_rates(few, [0.1, 0.01, 1e200], SETTING)
    said = text(learning_rates_report(found, few).html(**GIVEN))
    assert "Learning rate 0.1" in said
    assert "diverged at" in said
    suggestion = find_learning_rate(few, SETTING, count=6, iterations=20)
    said = text(learning_rates_report(suggestion, few).html(**GIVEN))
    assert f"Learning rate {suggestion.rate:.2g}" in said
    assert suggestion.reason in said


def test_tables_and_ten_classes():
    points = cr.open_data("planar:moons").train.select(np.arange(0, 400, 10))
    found = leave_one_out(points, SETTING)
    page = leave_one_out_report(found, points).html(**GIVEN)
    assert "<figure>" not in page
    ten = cr.open_data("fashion").train.select(np.arange(80))
    found = cross_validate(ten, SETTING, folds=2, stratified=False)
    assert "Ankle boot" in cross_validation_report(found, ten).html(**GIVEN)


def test_networks_that_are_too_weak_to_judge_labels_say_that_first(few):
    P = np.repeat([[0.9], [0.1]], 60, axis=1)  # the commonest class, whatever the picture
    review, verdict = review_labels(few, P), verdict_of(evaluate_probabilities(few, P))
    said = text(label_review_report(review, few, verdict=verdict).html(**GIVEN))
    assert "Too weak to judge labels" in said[:40]
    assert "no evidence against it" in said
