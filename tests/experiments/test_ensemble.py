"""Ensembles: members are plain trainings from their own seeds."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import InputError
from chainrule.experiments import Execution, train_ensemble


@pytest.mark.parametrize("batch_size", [None, 4], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("problem", ["binary", "softmax", "pixels", "standard"])
def test_each_member_is_a_plain_training(problem, batch_size, problems, quick, alone):
    data, setting = problems[problem], replace(quick, batch_size=batch_size, seed=5, l2=0.1)
    how = Execution(memory=1.0, threads=2) if problem == "binary" else None
    found = train_ensemble(data, setting, 3, execution=how)
    assert found.seeds == (5, 6, 7)
    for r, seed in enumerate(found.seeds):
        one, _ = alone(data, replace(setting, seed=seed))
        mine = found.network.run(r)
        assert_allclose(found.histories[r].cost, one.history.cost, rtol=1e-10)
        arrays = (*mine.weights, *mine.biases), (*one.network.weights, *one.network.biases)
        for W, expected in zip(*arrays, strict=True):
            assert_allclose(W, expected, rtol=1e-9, atol=1e-12)


def test_members_that_diverge_are_left_out(line):
    data, setting = line
    # Weights so large that it depends on the seed whether the first cost is finite.
    setting = replace(setting, initializer=2e153, learning_rate=1e-9, iterations=1)
    found = train_ensemble(data, setting, 12)
    assert found.diverged
    assert set(found.seeds) | set(found.diverged) == set(range(12))
    assert found.network.n_runs == len(found.seeds) == len(found.histories) > 0


def test_all_diverge(line):
    data, setting = line
    with pytest.raises(InputError, match=r"got 3 that did.*smaller"):
        train_ensemble(data, replace(setting, learning_rate=1e4), 3)


def test_control_c(binary, quick, interrupt_at):
    how = Execution(memory=1.0, threads=1, progress=interrupt_at(0.5))
    found = train_ensemble(binary, quick, 6, execution=how)
    assert 0 < found.network.n_runs < 6
    plain = train_ensemble(binary, quick, 6)
    for r, seed in enumerate(found.seeds):
        expected = plain.network.run(seed).weights[0]
        assert_allclose(found.network.run(r).weights[0], expected, rtol=1e-11)


def test_control_c_before_a_member_is_finished(binary, quick, interrupt_at):
    how = Execution(threads=1, progress=interrupt_at(0.0))
    found = train_ensemble(binary, quick, 6, execution=how)
    assert found.network is None
    assert not found.complete
    assert repr(found)


def test_a_folder_goes_on_and_can_be_enlarged(binary, quick, tmp_path):
    train_ensemble(binary, quick, 2, execution=Execution(folder=tmp_path))
    seen = []
    how = Execution(progress=lambda *at: seen.append(at), folder=tmp_path)
    found = train_ensemble(binary, quick, 4, execution=how)
    assert seen[0] == (24, 48)
    expected = train_ensemble(binary, quick, 4).network
    assert_allclose(found.network.weights[0], expected.weights[0], rtol=1e-11)


def test_one_member(binary, quick):
    found = train_ensemble(binary, quick, 1)
    assert found.network.n_runs == 1
    assert np.isfinite(found.network.weights[0]).all()


@pytest.mark.parametrize("runs", [0, -1, 1.5, "a", None, True])
def test_bad_numbers_of_runs(runs, binary):
    with pytest.raises(InputError, match=r"^train_ensemble: expected runs"):
        train_ensemble(binary, runs=runs)


def test_a_setting_that_is_none(binary):
    with pytest.raises(InputError, match=r"^train_ensemble: expected a Setting; got {}"):
        train_ensemble(binary, {})
