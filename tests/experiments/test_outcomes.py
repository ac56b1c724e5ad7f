"""Files of finished runs."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.errors import ModelFileError
from chainrule.experiments import Execution, Setting, cross_validate
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import execute
from chainrule.experiments.outcomes import keys, read_outcomes, write_outcomes
from chainrule.experiments.runs import Run


@pytest.mark.parametrize("held_out", [[], [2]])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_written_is_read(dtype, held_out, binary, quick, tmp_path):
    run = Run(replace(quick, dtype=dtype), np.array(held_out, np.intp))
    of = Examples("test", binary)
    options = {"keep": lambda run, A: A.copy(), "networks_too": True}
    (expected,) = execute("test", of, [run], None, **options).values()
    write_outcomes(tmp_path / "new", {"a" * 64: expected})
    (found,) = read_outcomes(tmp_path / "new").values()
    # Of the same precision, too: what is computed of them later is the same to the last digit.
    assert repr(found.history.records) == repr(expected.history.records)
    assert found.diverged == -1
    for mine, own in zip(
        (found.kept, *found.network.weights),
        (expected.kept, *expected.network.weights),
        strict=True,
    ):
        assert_array_equal(mine, own)
        assert mine.dtype == own.dtype


def test_a_run_that_diverged(line, tmp_path):
    data, setting = line
    setting = replace(setting, learning_rate=1e4)
    options = {"folds": 3, "stratified": False, "execution": Execution(folder=tmp_path)}
    first, second = (cross_validate(data, setting, **options) for _ in range(2))
    assert [f.diverged for f in first.folds] == [f.diverged for f in second.folds]
    assert_array_equal(first.folds[0].history.cost, second.folds[0].history.cost)


def test_keys_know_everything_that_counts(binary, softmax):
    base = Run(Setting(), np.array([1]))
    found = [
        keys("test", Examples("x", binary), [base], None),
        keys("other", Examples("x", binary), [base], None),
        keys("test", Examples("x", softmax), [base], None),
        keys("test", Examples("x", binary), [Run(Setting(seed=1), np.array([1]))], None),
        keys("test", Examples("x", binary), [Run(Setting(), np.array([2]))], None),
        keys("test", Examples("x", binary), [base], 5),
    ]
    assert len({key for (key,) in found}) == 6
    again = (binary[0].copy(order="F"), binary[1].copy())
    assert keys("test", Examples("y", again), [base], None) == found[0]


def test_every_number_of_the_data_counts(binary):
    X, Y = binary
    first = Examples("test", binary).digest()
    for i in (0, 3, 13):
        changed = X.copy()
        changed[5, i] = np.nextafter(changed[5, i], 9)
        assert Examples("test", (changed, Y)).digest() != first


def test_a_damaged_file(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelFileError, match=r"x\.safetensors"):
        read_outcomes(tmp_path)


def test_no_folder_yet(tmp_path):
    assert read_outcomes(tmp_path / "none") == {}


@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_group_that_was_broken_off_goes_on(batch_size, binary, quick, interrupt_at, tmp_path):
    setting = replace(quick, iterations=400, batch_size=batch_size)
    how = Execution(threads=1, folder=tmp_path, progress=interrupt_at(0.3))
    broken = cross_validate(binary, setting, folds=2, execution=how)
    assert not broken.complete
    assert list(tmp_path.glob("*.checkpoint"))
    seen = []
    again = Execution(threads=1, folder=tmp_path, progress=lambda *at: seen.append(at))
    found = cross_validate(binary, setting, folds=2, execution=again)
    # The steps made before are not made again.
    assert min(done / total for done, total in seen if done) > 0.3
    expected = cross_validate(binary, setting, folds=2, execution=Execution(threads=1))
    assert_array_equal(found.outputs, expected.outputs)
    for mine, own in zip(found.folds, expected.folds, strict=True):
        assert_array_equal(mine.history.cost, own.history.cost)
        assert_array_equal(mine.history.validation_cost, own.history.validation_cost)
    assert not list(tmp_path.glob("*.checkpoint"))


def test_a_group_is_kept_every_minute_and_until_its_outcome_is(
    binary, quick, tmp_path, monkeypatch
):
    """What breaks off here, as a kill would, are the steps first, then the writing."""
    setting = replace(quick, iterations=400)
    monkeypatch.setattr("chainrule.experiments.watching.Watch.INTERVAL", 0.0)
    seen = []

    def breaks(done, total):
        seen.append(done / total)
        if len(broken) == 1 and done > total / 2:
            raise ArithmeticError

    def go(folder=tmp_path):
        how = Execution(threads=1, folder=folder, progress=breaks)
        return cross_validate(binary, setting, folds=2, execution=how)

    broken = [1]
    with pytest.raises(ArithmeticError):
        go()
    broken.append(2)
    with monkeypatch.context() as patched:
        patched.setattr("chainrule.experiments.execute.write_outcomes", lambda *found: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            go()
    del seen[:]
    found = go()
    assert min(share for share in seen if share) > 0.9
    assert not list(tmp_path.glob("*.checkpoint"))
    assert_array_equal(found.outputs, go(None).outputs)


@pytest.mark.parametrize("where", [0.3, 0.6, 0.99])
def test_a_changed_byte_is_noticed(where, binary, quick, tmp_path):
    options = {"folds": 2, "execution": Execution(folder=tmp_path)}
    cross_validate(binary, quick, **options)
    path = next(tmp_path.glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=path.name):
        cross_validate(binary, quick, **options)
