"""Passes over a file go on from their last block after Ctrl-C and after a kill: the same bits."""

import signal

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data
from chainrule.data.matrix import blocks, kept
from chainrule.data.matrix.blocks import read_ahead
from chainrule.data.matrix.joined import joined
from chainrule.data.matrix.kept import KeptPasses
from chainrule.data.matrix.source import NpySource
from chainrule.data.matrix.verbs import Gram, Times
from chainrule.errors import InputError
from chainrule.jobs.events import Noted, Started
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running
from chainrule.jobs.training import TrainingJob

M, N_X, MEMORY = 40, 3000, 1e-4  # GB: stretches of some 160 features
RNG = np.random.default_rng(0)
W = RNG.standard_normal((3, N_X))


@pytest.fixture
def folder(tmp_path):
    X = RNG.integers(0, 3, (M, N_X)).astype(np.float32)
    X[3, 1700] = np.nan
    (path := tmp_path / "data").mkdir()
    np.save(path / "X.npy", np.asfortranarray(X))
    np.save(path / "y.npy", np.arange(M) % 2)
    return path


class BrokenOffError(Exception):
    """In the place of a kill."""


def broken_off(source, at, how):
    """A pass over `source` ends so once half of it is read, or another part."""

    def progress(done, total, unit):
        if done > at * total:
            source.progress = None
            how()

    source.progress = progress


def killed():
    raise BrokenOffError


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def folds(X, scaling):
    """As experiments ask for them: two foldings learned anew, and all as it is."""
    halves = [np.arange(0, M, 2), np.arange(1, M, 2)]
    read_ahead(X, scaling, [*halves, None], [W])
    each = [X.select(half).fitted(scaling) for half in halves]
    matrices = [X.scaled(one, X.dtype) for one in each]
    return [A for one in matrices for A in one.once(Gram(), Times(W))]


@pytest.mark.parametrize(
    ("how", "error"),
    [(ctrl_c, KeyboardInterrupt), (killed, BrokenOffError)],
    ids=["Ctrl-C", "killed"],
)
@pytest.mark.parametrize("of", ["K", "folds", "K in a file"])
def test_an_interrupted_pass_goes_on_with_the_same_bits(folder, monkeypatch, of, how, error):
    monkeypatch.setattr("chainrule.data.blocks.BLOCK_BYTES", 8 * M * 50)  # blocks in stretches
    in_file = of == "K in a file"
    monkeypatch.setattr(blocks, "GRAM_SHARE", 0.04 if in_file else 1)
    if error is BrokenOffError:
        monkeypatch.setattr(kept, "SECONDS", 0)
        monkeypatch.setattr(kept, "TIMES", 0)

    def given(opened):
        if of == "folds":
            return folds(opened.matrix(), opened.scaling)
        return opened.matrix().once(Gram(), Times(W))

    def opened():
        return open_data(folder, missing="mean", memory=MEMORY).train

    expected = given(opened())
    data, told, read = opened(), [], []
    assert blocks.BlockMatrix.gram_in_file.fget(data.matrix()) == in_file
    data.features.keep_passes(KeptPasses(folder.parent / "kept", told.append))
    broken_off(data.features.source, 0.5, how)
    with pytest.raises(error):
        given(data)
    again = opened()
    again.features.keep_passes(KeptPasses(folder.parent / "kept", told.append))
    again.features.source.progress = lambda done, total, unit: read.append(done / total)
    for mine, theirs in zip(given(again), expected, strict=True):
        assert_array_equal(mine, theirs)
    assert len(told) == 1
    assert "from feature 1," in told[0]
    assert read[0] > 0.5


def test_of_a_file_that_was_replaced_it_begins_anew(folder):
    X = np.nan_to_num(np.load(folder / "X.npy"))
    np.save(folder / "X.npy", X)

    def opened(told):
        found = open_data(folder, memory=MEMORY).train.features
        found.keep_passes(KeptPasses(folder.parent / "kept", told))
        return found

    first = opened(pytest.fail)
    broken_off(first.source, 0.5, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        first.gram()
    X[:, 7] += np.arange(M)  # not one of those by which the file is known again
    np.save(folder / "X.npy", X)
    second = opened(pytest.fail)
    assert second.digest() == first.digest()
    assert_array_equal(second.gram(), open_data(folder, memory=MEMORY).train.features.gram())


def test_a_pass_over_two_files_goes_on_too(folder):
    def opened(passes):
        data = open_data(folder, memory=MEMORY).train.features
        found = joined(data, data.select(np.arange(5)))
        found.keep_passes(passes)
        return found

    np.save(folder / "X.npy", np.nan_to_num(np.load(folder / "X.npy")))
    told = []
    passes = KeptPasses(folder.parent / "kept", told.append)
    broken_off((first := opened(passes)).source, 0.5, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        first.gram()
    assert_array_equal(opened(passes).gram(), opened(None).gram())
    assert len(told) == 1


def test_a_damaged_one_is_no_matter_and_a_full_disk_is_one_line(folder, monkeypatch):
    monkeypatch.setattr(kept, "SECONDS", 0)
    monkeypatch.setattr(kept, "TIMES", 0)

    def matrix(passes):
        data = open_data(folder, missing="mean", memory=MEMORY).train
        data.features.keep_passes(passes)
        return data.matrix()

    passes = KeptPasses(folder.parent / "kept", pytest.fail)
    K = matrix(passes).gram()
    (path,) = (folder.parent / "kept").iterdir()
    assert_array_equal(matrix(passes).gram(), K)  # of which nothing is read
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"?" + whole[len(whole) // 2 + 1 :])
    assert_array_equal(matrix(passes).gram(), K)
    (folder.parent / "a file").touch()
    with pytest.raises(InputError, match="a place to write"):
        matrix(KeptPasses(folder.parent / "a file", pytest.fail)).gram()


def test_a_job_goes_on_from_the_last_block_and_says_so(folder, monkeypatch):
    monkeypatch.setattr(kept, "SECONDS", 0)
    options = Options(hidden=(4,), iterations=30, learning_rate=0.05, missing="mean")
    read, features = [], NpySource.features

    def counted(self, start, stop):
        read.append(stop - start)
        return features(self, start, stop)

    monkeypatch.setattr(NpySource, "features", counted)
    expected = TrainingJob(str(folder), options, NOTHING, running(folder.parent / "one")).run()[0]
    assert not (folder.parent / "one/finished").exists()
    job = TrainingJob(str(folder), options, NOTHING, running(folder.parent / "two"))
    started = []

    def tell(event):
        if not started and getattr(event, "unit", "") == "GB" and job.folder.begun:
            started.append(event)
            if event.done > 0.5 * event.total:
                signal.raise_signal(signal.SIGINT)
            else:
                started.clear()

    with pytest.raises(KeyboardInterrupt):
        job.run(tell)
    assert list((folder.parent / "two/finished").iterdir())
    told = []
    again = TrainingJob(
        None, Options(), NOTHING, Running(memory=MEMORY, resume=folder.parent / "two")
    )
    found, _ = again.run(told.append)
    assert_array_equal(found.network.weights[0], expected.network.weights[0])
    said = [one for one in told if isinstance(one, Noted) and one.head == "Goes on"]
    assert len(said) == 1
    (begun,) = (one for one in told if isinstance(one, Started))
    assert told.index(begun) < told.index(said[0])  # the estimate comes before K is made
    assert "GB of memory" in begun.facts["Room"]
    assert not (folder.parent / "two/finished").exists()


def running(out):
    return Running(memory=MEMORY, out=out)


def test_what_is_trained_in_float32_says_what_rounding_did(folder):
    options = Options(
        hidden=(4,), iterations=5, learning_rate=0.05, missing="mean", dtype="float32"
    )
    _, facts = TrainingJob(str(folder), options, NOTHING, running(folder.parent / "one")).run()
    apart = facts["rounding"]["float32"] / facts["rounding"]["float64"] - 1
    assert 0 < abs(apart) < 1e-5
    assert facts["rounding"]["float64"] == facts["results"]["training"]["cost"]
