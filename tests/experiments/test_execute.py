"""Runs in groups, on threads, within memory: the numbers of plain trainings, one by one."""

import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError
from chainrule.experiments import Execution, Setting
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import execute
from chainrule.experiments.runs import Run
from chainrule.experiments.watching import EVERY

TANH = Setting(hidden=(5, 3), activation="tanh", learning_rate=0.1, iterations=25)


def different(k, base):
    """Settings that train together though everything differs that may."""
    return base.with_values(
        [
            {"learning_rate": 3 * base.learning_rate, "seed": 3},
            {"l2": 0.1, "initializer": "xavier"},
            {"momentum": 0.5, "initializer": 0.3},
            {"learning_rate": base.learning_rate / 5, "l2": 0.01, "momentum": 0.0},
        ][k % 4]
    )


KINDS = {
    "logistic": replace(TANH, hidden=()),
    "deep": TANH,
    "relu": replace(TANH, activation=("relu", "tanh")),
    "momentum": replace(TANH, optimizer="momentum"),
    "nesterov": replace(TANH, optimizer="nesterov", schedule="cosine"),
    "adam": replace(TANH, optimizer="adam", learning_rate=1e-3),
    "rmsprop": replace(TANH, optimizer="rmsprop", learning_rate=1e-3),
    "primal": replace(TANH, first_layer="primal"),
    "dual": replace(TANH, first_layer="dual", l2=0.05),
    "balanced": replace(TANH, class_weight="balanced"),
    "batches": replace(TANH, batch_size=4, epochs=6, iterations=None, class_weight="balanced"),
    "batches momentum": replace(TANH, batch_size=5, optimizer="momentum", l2=0.02),
    "one step": replace(TANH, iterations=1),
    "no step": replace(TANH, iterations=0),
    "float32": replace(TANH, dtype="float32"),
}


def outputs(run, A):
    return A.copy()


def of(data, runs, how=None, **more):
    return execute("test", Examples("test", data), runs, how, keep=outputs, **more)


def assert_same(found, expected, rtol=1e-12):
    assert sorted(found) == sorted(expected)
    for k, outcome in found.items():
        assert_allclose(outcome.kept, expected[k].kept, rtol=rtol, atol=1e-13)
        assert_allclose(outcome.history.cost, expected[k].history.cost, rtol=rtol)
        assert outcome.diverged == expected[k].diverged


@pytest.mark.parametrize("problem", ["binary", "softmax", "pixels", "standard"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_run_is_a_plain_training(kind, problem, problems, alone):
    data, base = problems[problem], KINDS[kind]
    held = [np.array(index, np.intp) for index in ([], [0, 3], [2], [0, 3], [2])]
    runs = [Run(different(k, base), index) for k, index in enumerate(held)]
    found = of(data, runs, networks_too=True, record_every=4)
    rtol, atol = (1e-4, 1e-5) if base.dtype == "float32" else (1e-10, 1e-12)
    for k, run in enumerate(runs):
        one, A = alone(data, run.setting, run.held_out, record_every=4)
        history = found[k].history
        assert_allclose(history.cost, one.history.cost, rtol=rtol)
        assert_allclose(history.accuracy, one.history.accuracy, atol=1e-6)
        assert_array_equal(history.iteration, one.history.iteration)
        pairs = zip(found[k].network.weights, one.network.weights, strict=True)
        for W, expected in pairs:
            assert W.dtype == np.dtype(base.dtype)
            assert_allclose(W, expected, rtol=rtol, atol=atol)
        if run.held_out.size:
            assert_allclose(found[k].kept[:, run.held_out], A, rtol=rtol, atol=atol)
            assert_allclose(history.validation_cost, one.history.validation_cost, rtol=rtol)
            expected = one.history.validation_accuracy
            assert_allclose(history.validation_accuracy, expected, atol=1e-6)


@pytest.mark.parametrize(
    "how",
    [
        Execution(memory=1.0, threads=1),
        Execution(memory=1.0, threads=2),
        Execution(memory=20_000, threads=5),
        Execution(threads=5),
    ],
    ids=["one by one", "two threads", "little memory", "five threads"],
)
@pytest.mark.parametrize("kind", ["deep", "dual", "primal", "batches"])
@pytest.mark.parametrize("problem", ["binary", "standard"])
def test_the_grouping_changes_nothing(problem, kind, how, problems):
    data, base = problems[problem], KINDS[kind]
    runs = [
        Run(base.with_values({"seed": k % 3, "learning_rate": 0.05 * (1 + k)}), np.array([k % 14]))
        for k in range(17)
    ]
    assert_same(of(data, runs, how), of(data, runs, Execution(threads=1)))


def test_memory_does_not_grow_with_the_runs(quick):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3000, 12)), np.arange(12).reshape(1, -1) % 2
    setting = replace(quick, hidden=(8,), iterations=2, first_layer="dual")
    runs = [Run(replace(setting, seed=k), np.array([k % 12])) for k in range(200)]
    peaks = []
    for count in (40, 200):
        how = Execution(memory=4e6, threads=2)
        tracemalloc.start()
        execute("test", Examples("test", (X, Y * 1.0)), runs[:count], how, keep=outputs)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # All at once, the starting weights alone of 200 runs are 38 MB.
    assert peaks[1] < peaks[0] + 2e6
    assert peaks[1] < 12e6


def test_a_diverging_run_leaves_the_others_untouched(line):
    data, setting = line
    rates = [0.01, 1e4, 0.02, 0.005]
    runs = [Run(replace(setting, learning_rate=rate), np.array([1])) for rate in rates]
    found = of(data, runs)
    assert 0 < found[1].diverged < 400
    assert found[1].history.iteration[-1] <= found[1].diverged
    for k in (0, 2, 3):
        expected = of(data, [runs[k]])
        assert_allclose(found[k].kept, expected[0].kept, rtol=1e-12)
        assert_allclose(found[k].history.cost, expected[0].history.cost, rtol=1e-12)
        assert found[k].diverged == -1


def test_all_runs_diverging(line):
    data, setting = line
    found = of(data, [Run(replace(setting, learning_rate=rate)) for rate in (1e4, 1e5)])
    assert all(outcome.diverged > 0 for outcome in found.values())


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("kind", ["deep", "batches"])
def test_progress_rises_to_its_end(kind, threads, binary):
    seen = []
    runs = [Run(replace(KINDS[kind], seed=k), np.array([k])) for k in range(5)]
    runs.append(Run(replace(KINDS[kind], hidden=())))
    how = Execution(memory=1.0, threads=threads, progress=lambda *at: seen.append(at))
    of(binary, runs, how)
    done, total = np.array(seen).T
    assert (np.diff(done) >= 0).all()
    assert done[0] == 0
    assert done[-1] == total[-1] > 0
    assert len(set(total)) == 1
    assert len(set(done)) > 6


def test_progress_ends_where_all_diverge(line):
    data, setting = line
    seen = []
    how = Execution(progress=lambda *at: seen.append(at))
    of(data, [Run(replace(setting, learning_rate=1e4))], how)
    assert seen[-1] == (400, 400)


@pytest.mark.parametrize("threads", [1, 2])
def test_control_c_keeps_what_is_finished(threads, binary, interrupt_at):
    runs = [Run(replace(TANH, iterations=4 * EVERY, seed=k), np.array([k])) for k in range(8)]
    how = Execution(memory=1.0, threads=threads, progress=interrupt_at(0.4))
    found = of(binary, runs, how)
    assert 1 <= len(found) < 8
    everything = of(binary, runs)
    assert_same(found, {k: everything[k] for k in found})


@pytest.mark.parametrize("threads", [1, 2])
def test_an_event_stops_it_and_it_goes_on(threads, binary, tmp_path):
    runs = [Run(replace(TANH, iterations=64 * (1 + 9 * k), seed=k)) for k in range(4)]
    event = threading.Event()
    seen = []

    def stops_at_half(done, total):
        seen.append(done)
        if done > total / 2:
            event.set()

    how = Execution(
        memory=1.0, threads=threads, progress=stops_at_half, folder=tmp_path, stop=event
    )
    found = of(binary, runs, how)
    assert 0 < len(found) < 4
    done = len(seen)
    assert of(binary, runs, how).keys() == found.keys()  # still set: nothing is begun
    assert len(seen) < done + 5
    event.clear()
    assert_same(of(binary, runs, replace(how, progress=None)), of(binary, runs))


def test_an_event_is_left_as_it_is(binary, quick):
    event = threading.Event()
    of(binary, [Run(quick), Run(replace(quick, seed=1))], Execution(threads=2, stop=event))
    assert not event.is_set()


def test_control_c_before_anything_is_finished(binary, interrupt_at):
    how = Execution(threads=1, progress=interrupt_at(0.0))
    assert of(binary, [Run(TANH)], how) == {}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_second_control_c_raises(threads, binary, interrupt_at):
    how = Execution(memory=1.0, threads=threads, progress=interrupt_at(0.4, presses=2))
    runs = [Run(replace(TANH, seed=k, iterations=3000)) for k in range(4)]
    with pytest.raises(KeyboardInterrupt):
        of(binary, runs, how)


PROGRAM = """
import numpy as np
from chainrule.experiments import Execution, Setting, cross_validate
rng = np.random.default_rng(0)
Y = (np.arange(40) % 2).reshape(1, -1) * 1.0
told = []
def tell(done, total):
    if done >= total / 4 and not told:
        told.append(print("on the way", flush=True))
how = Execution(threads=2, memory=1.0, progress=tell)
setting = Setting(hidden=(4,), iterations=4000)
found = cross_validate((rng.standard_normal((30, 40)), Y), setting, folds=20, execution=how)
print(len(found.folds), "folds", np.isfinite(found.outputs).sum(), "outputs")
"""


def test_control_c_from_outside():
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert program.stdout.readline() == "on the way\n"
    time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    out, errors = program.communicate(timeout=60)
    assert (errors, program.returncode) == ("", 0)
    folds, _, shown, _ = out.split()
    assert 0 < int(folds) < 20
    assert int(shown) == 2 * int(folds)


def test_a_folder_goes_on_where_it_stopped(binary, interrupt_at, tmp_path):
    runs = [Run(replace(TANH, seed=k), np.array([k])) for k in range(8)]
    first = of(binary, runs, Execution(1.0, 2, interrupt_at(0.4), tmp_path), networks_too=True)
    seen = []
    again = Execution(threads=1, progress=lambda *at: seen.append(at), folder=tmp_path)
    found = of(binary, runs, again, networks_too=True)
    # What was there is not trained again.
    assert seen[0] == (25 * len(first), 25 * 8)
    plain = of(binary, runs, networks_too=True)
    assert_same(found, plain)
    for k in range(8):
        assert_allclose(found[k].network.weights[0], plain[k].network.weights[0], rtol=1e-11)
    del seen[:]
    assert_same(of(binary, runs, again), plain)
    assert {done for done, _ in seen} == {200}


def test_a_folder_of_other_data_or_settings_is_not_taken(binary, tmp_path):
    X, Y = binary
    how = Execution(threads=1, folder=tmp_path)
    of(binary, [Run(TANH)], how)
    changed = X.copy()
    changed[3, 4] += 1.0
    for data, setting in (((changed, Y), TANH), ((X, 1 - Y), TANH), (binary, replace(TANH, l2=1))):
        assert_same(of(data, [Run(setting)], how), of(data, [Run(setting)]))


def test_an_error_in_a_callback_comes_through(binary):
    def fail(done, total):
        if done:
            raise ZeroDivisionError

    runs = [Run(replace(TANH, seed=k)) for k in range(4)]
    for threads in (1, 2):
        with pytest.raises(ZeroDivisionError):
            of(binary, runs, Execution(1.0, threads, fail))


@pytest.mark.parametrize(
    "how",
    [
        {"threads": 1},
        "fast",
        Execution(threads=0),
        Execution(threads="2"),
        Execution(memory=0),
        Execution(memory=None),
        Execution(memory=float("nan")),
        Execution(progress=3),
        Execution(folder=3),
        Execution(stop=3),
    ],
    ids=repr,
)
def test_bad_execution(how, binary):
    with pytest.raises(
        InputError, match=r"^test: expected .*(Execution|threads|memory|progress|folder|stop)"
    ):
        of(binary, [Run(TANH)], how)
