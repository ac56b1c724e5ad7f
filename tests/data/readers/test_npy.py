"""Folders of .npy files: small ones are read, what is large stays in its file, and the numbers are
the same."""

import errno
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.checks import memory_bytes
from chainrule.data import open_data
from chainrule.data.matrix.source import NpySource
from chainrule.data.readers import arrays
from chainrule.errors import DataError, InputError
from chainrule.experiments import Execution, Setting, cross_validate, leave_one_out, sweep
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model

M, N_X = 60, 400
SETTING = Setting(hidden=(5,), iterations=20, learning_rate=0.05, l2=0.1)


@pytest.fixture(params=["C", "F"], ids=["examples together", "features together"])
def folder(tmp_path, request):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, M)
    X = rng.integers(0, 3, (M, N_X), dtype=np.uint8)
    X[:, :9] = 2 * y[:, None]
    np.save(tmp_path / "X.npy", np.asarray(X, order=request.param))
    np.save(tmp_path / "y.npy", np.array(["control", "case"])[y])
    return tmp_path


@pytest.fixture
def in_file(monkeypatch):
    """From 10 kB on features stay in their file; a list of the features of each range read."""
    monkeypatch.setattr(arrays, "SHARE", 10_000 / memory_bytes())
    monkeypatch.setattr("chainrule.data.matrix.source.READ_BYTES", 64 * M)
    read, features = [], NpySource.features

    def counted(self, start, stop):
        read.append(stop - start)
        return features(self, start, stop)

    monkeypatch.setattr(NpySource, "features", counted)
    return read


def passes(read):
    """By single features a file is only known again."""
    return sum(n for n in read if n > 1) / N_X


@pytest.mark.parametrize("path", ["", "X.npy"])
def test_a_folder_of_arrays_or_one_of_them(folder, path):
    data = open_data(folder / path).train
    assert data.classes == ("case", "control")
    assert_array_equal(data.raw, np.load(folder / "X.npy").T)
    assert not data.in_file


def test_a_training_from_a_file_has_the_same_numbers_and_reads_it_three_times(folder, request):
    here = open_data(folder).train
    start = SETTING.network(N_X, 1, "classification")
    expected = cr.train(start, here, **SETTING.arguments())
    read = request.getfixturevalue("in_file")
    data = open_data(folder).train
    assert data.in_file
    assert "stay in their file" in data.notes[0]
    found = cr.train(start, data, **SETTING.arguments())
    assert_allclose(found.network.weights[0], expected.network.weights[0], rtol=1e-10)
    assert_allclose(found.history.cost, expected.history.cost, rtol=1e-12)
    model = Model.of(found.network, data)
    assert evaluate(model, data).accuracy == evaluate(model, here).accuracy
    assert passes(read) == 3
    assert data.digest() == open_data(folder).train.digest()


def test_ten_settings_in_folds_and_the_best_of_them_read_it_three_times(folder, request):
    space = {"learning_rate": [0.01, 0.05], "l2": [0.0, 0.01, 0.1, 1.0, 10.0]}
    how = {"base": SETTING, "folds": 5}
    expected = sweep(open_data(folder).train, space, **how)
    read = request.getfixturevalue("in_file")
    data = open_data(folder).train
    found = sweep(data, space, **how)
    assert passes(read) == 3
    for mine, other in zip(found.trials, expected.trials, strict=True):
        assert mine.setting == other.setting
        assert_allclose(mine.outputs, other.outputs, rtol=1e-10)
    read.clear()
    cross_validate(data, SETTING, folds=5)
    assert passes(read) == 1


def test_the_system_counts_three_readings_of_a_training_and_of_ten_settings_in_folds(tmp_path):
    """By its own figures; what is read to know the file again is a hundredth of it."""
    counts = Path("/proc/self/io")
    if not counts.exists():
        pytest.skip("the system does not count what a process reads")
    rng, m, n_x = np.random.default_rng(0), 50, 60_000
    np.save(tmp_path / "X.npy", rng.integers(0, 3, (n_x, m), np.uint8).T)
    np.save(tmp_path / "y.npy", np.arange(m) % 2)
    start = SETTING.network(n_x, 1, "classification")
    space = {"learning_rate": [0.01, 0.05], "l2": [0.0, 0.01, 0.1, 1.0, 10.0]}
    for work in (
        lambda data: cr.train(start, data, **SETTING.arguments()),
        lambda data: sweep(data, space, base=SETTING, folds=5),
    ):
        before = _read_by_now(counts)
        data = open_data(tmp_path, memory=0.04).train
        assert data.in_file
        work(data)
        assert (_read_by_now(counts) - before) / (m * n_x) == pytest.approx(3, abs=0.05)


def _read_by_now(counts):
    return int(dict(line.split(": ") for line in counts.read_text().splitlines())["rchar"])


def test_what_is_wrong_with_a_file_that_stays_where_it_is(folder, in_file):
    data = open_data(folder).train
    os.utime(folder / "X.npy", ns=(0, 0))
    with pytest.raises(DataError, match=r"X.npy: expected the file as it was .*; got another"):
        SETTING.network(N_X, 1).forward(data.matrix())
    np.save(folder / "y.npy", np.arange(M + 1) % 2)
    with pytest.raises(
        DataError, match=r"61 rows of numbers, one per label; got shape \(60, 400\)"
    ):
        open_data(folder)
    infinite = np.zeros((M + 1, N_X))
    infinite[3, 370] = np.inf
    np.save(folder / "X.npy", infinite)
    with pytest.raises(InputError, match=r"X.npy, features \d+ to \d+: .* got 1 infinite"):
        open_data(folder).train.matrix().gram()
    np.save(folder / "X.npy", np.full((M + 1, N_X), np.nan))
    with pytest.raises(InputError, match=r"24,400 of 24,400 values missing|missing"):
        open_data(folder)
    (folder / "X.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match=r"X.npy: expected an .npy file"):
        open_data(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "something else"),
        (None, r"Python objects, which are never unpickled.*astype\(str\)"),
        (b"\x93NUMPY\x01\x00v\x00", "one that is cut off or damaged"),
    ],
    ids=["no array", "objects", "cut off"],
)
def test_a_file_that_is_no_array_says_why_in_words_of_its_own(folder, content, said):
    np.save(folder / "y.npy", np.array(["a", None] * (M // 2), object), allow_pickle=True)
    if content is not None:
        (folder / "y.npy").write_bytes(content)
    with pytest.raises(DataError, match=f"y.npy: expected an .npy file of numbers.*{said}"):
        open_data(folder)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_gram_matrix_that_has_no_room_lies_in_a_file(folder, request, monkeypatch, batch_size):
    setting = replace(SETTING, batch_size=batch_size, first_layer="dual")
    start = setting.network(N_X, 1, "classification")
    expected = cr.train(start, open_data(folder).train, **setting.arguments())
    halves = [cross_validate(open_data(folder).train, setting, folds=2)]
    read = request.getfixturevalue("in_file")
    data = open_data(folder, memory=4e-5).train  # of which K may take 11 kB, and takes 29
    found = cr.train(start, data, **setting.arguments())
    said = found.first_layer.reason
    assert re.search(r"it reads .* GB from a Gram matrix of 2.88e-05 GB in /", said)
    assert_allclose(found.history.cost, expected.history.cost, rtol=1e-12)
    assert passes(read) == 6  # three of them for K
    assert isinstance(data.matrix().gram(), np.memmap)
    halves.append(cross_validate(data, setting, folds=2))
    assert_allclose(halves[1].outputs, halves[0].outputs, rtol=1e-9)
    monkeypatch.setattr("os.posix_fallocate", _full, raising=False)
    again = open_data(folder, memory=4e-5).train
    with pytest.raises(
        InputError, match=r"X.npy: K: expected .* GB free in /.*; got No space left"
    ):
        cr.train(start, again, **setting.arguments())


def _full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_where_not_all_has_room_the_file_is_read_once_for_as_many_runs_as_have(folder, request):
    """Of 61 Gram matrices of 29 kB, with a scaling of 6 kB each: 12 at a time."""
    expected = leave_one_out(open_data(folder).train, SETTING)
    read = request.getfixturevalue("in_file")
    data = open_data(folder, memory=1e-3).train
    found = leave_one_out(data, SETTING, execution=Execution(memory=4e6, threads=1))
    assert_allclose(found.outputs, expected.outputs, rtol=1e-9)
    assert passes(read) == 1 + 6


def test_a_folder_of_runs_beside_them_changes_nothing(folder):
    before = open_data(folder).train.digest()
    (folder / "runs/one-1").mkdir(parents=True)
    assert open_data(folder).train.digest() == before
    (folder / "y.npy").unlink()  # then they may be something of a folder of pictures
    with pytest.raises(DataError, match="class folders"):
        open_data(folder)
