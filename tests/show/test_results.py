"""The pictures of each result, for its folder and its report."""

from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.experiments import (
    RateSuggestion,
    Setting,
    compare_learning_rates,
    cross_validate,
    find_learning_rate,
    leave_one_out,
    sweep,
    train_ensemble,
)
from chainrule.show.results import figures

SETTING = Setting(hidden=(2,), iterations=5, learning_rate=0.1)


@pytest.fixture(scope="module")
def data():
    return cr.open_data("planar:moons").train.select(np.arange(0, 400, 20))


def titles(figure):
    return [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]


@pytest.mark.parametrize(
    ("find", "names"),
    [
        (lambda data: cross_validate(data, SETTING, folds=4), ["learning-curves"]),
        (lambda data: leave_one_out(data, SETTING), ["left-out"]),
        (
            lambda data: sweep(data, {"l2": [0, 0.1]}, base=SETTING, folds=2, refit=False),
            ["scores", "learning-curves"],
        ),
        (lambda data: compare_learning_rates(data, [0.1, 0.2], SETTING), ["learning-curves"]),
        (lambda data: find_learning_rate(data, SETTING, count=4), ["learning-rates"]),
        (lambda data: cr.importance(data, SETTING, repeats=2), ["importance"]),
        (lambda data: train_ensemble(data, SETTING, 3), ["learning-curves"]),
    ],
    ids=["folds", "left out", "sweep", "rates", "suggestion", "features", "ensemble"],
)
def test_each_result_has_its_pictures(find, names, data):
    found = find(data)
    shown = figures(found, "moons")
    assert [one.name for one in shown] == names
    assert all(one.words.endswith(".") for one in shown)
    assert all(any(t.startswith("moons: ") for t in titles(one.figure)) for one in shown)
    assert not any(any(titles(one.figure)) for one in figures(found))


def test_where_nothing_was_finished_there_is_nothing_to_see(data):
    folds = replace(cross_validate(data, SETTING, folds=2), folds=())
    rates = replace(compare_learning_rates(data, [0.1], SETTING), histories=())
    for found in (folds, rates, RateSuggestion(**vars(rates))):
        assert figures(found, "moons") == []
