"""Settings that Optuna chooses."""

import numpy as np
import pytest
from scipy import stats

from chainrule import InputError
from chainrule.experiments import Between, Setting, sweep
from chainrule.experiments.space import BATCH, ask

pytest.importorskip("optuna")

SPACE = {
    "learning_rate": Between(1e-3, 1.0, log=True),
    "hidden": [(3,), [2, 2], ()],
    "seed": Between(np.int64(0), np.int64(4)),
}


def test_what_it_asks_for():
    space = SPACE | {"l2": (x for x in (0.0, 0.1))}  # which can be read only once
    asked = []
    for settings, tell in ask(space, Setting(optimizer="momentum"), 25, seed=1):
        asked.append(settings)
        tell([0.5] * len(settings))
    assert [len(settings) for settings in asked] == [BATCH, BATCH, 5]
    every = [one for settings in asked for one in settings]
    assert {one.hidden for one in every} == {(3,), (2, 2), ()}
    assert {one.l2 for one in every} == {0.0, 0.1}
    assert {one.seed for one in every} <= set(range(5))
    assert all(1e-3 <= one.learning_rate <= 1 for one in every)
    assert {one.optimizer for one in every} == {"momentum"}


def test_it_learns_from_what_it_is_told():
    means = []
    for settings, tell in ask({"l2": Between(0.0, 1.0)}, Setting(), 60, seed=0):
        means.append(np.mean([abs(one.l2 - 0.7) for one in settings]))
        tell([-abs(one.l2 - 0.7) for one in settings])
    assert means[-1] < 0.5 * means[0]


def test_scores_may_be_missing():
    count = 0
    for settings, tell in ask({"l2": Between(0.0, 1.0)}, Setting(), 25, seed=0):
        count += len(settings)
        tell([-np.inf] * (len(settings) - 1))
    assert count == 25


def test_a_sweep_can_be_repeated(binary, quick):
    options = {"base": quick, "folds": 2, "trials": 12, "search": "optuna", "seed": 2**40}
    space = {"learning_rate": Between(0.01, 1.0, log=True), "l2": [0.0, 0.1]}
    first, second = (sweep(binary, space, **options) for _ in range(2))
    assert [t.setting for t in first.trials] == [t.setting for t in second.trials]
    assert len(first.trials) == 12


def test_a_distribution_of_scipy_is_not_taken(binary):
    with pytest.raises(InputError, match="a list or a Between for l2 with optuna"):
        sweep(binary, {"l2": stats.uniform(0, 1)}, trials=3, search="optuna")
