"""Trainings in processes of their own: what they tell, and the same bits as the command line."""

import errno
import os
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from chainrule.errors import ChainruleError, DataError, InputError
from chainrule.jobs.ensemble import EnsembleJob, Members
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running, restored
from chainrule.jobs.run_folder import RunFolder
from chainrule.jobs.training import TrainingJob
from chainrule.model.model_file import load
from chainrule.studio import frames
from chainrule.studio.library import Library
from chainrule.studio.run import Run
from chainrule.studio.runs import Runs
from chainrule.studio.worker import Worker

SLOW = {"layers": "8", "learning_rate": 0.5, "iterations": 20_000}


class Told(list):
    def __call__(self, name, facts):
        self.append((name, facts))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, told = tmp_path_factory.mktemp("studio") / "runs", Told()
    found = Runs(folder, Library(folder / "data"), 2, told, lambda run: None)
    found.told = told
    yield found
    found.end()


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def same(run: Run, folder, **options):
    """Whether the training of these options from the start, without pause, ends with the same
    weights."""
    job = TrainingJob(run.data, replace(run.options, **options), NOTHING, Running(out=folder))
    plain, _ = job.run()
    own = load(run.folder.model).network
    pairs = zip((*plain.network.weights, *plain.network.biases), (*own.weights, *own.biases),
                strict=True)  # fmt: skip
    return all(np.array_equal(a, b) for a, b in pairs)


def test_a_run_tells_its_records_and_keeps_its_moments(runs, tmp_path):
    run = runs.begin("planar:moons", {"layers": "4", "learning_rate": 0.3, "iterations": 200})
    until(lambda: run.state not in ("waiting", "training"))
    assert run.state == "finished", run.error
    records = [
        facts["iteration"]
        for name, facts in runs.told
        if name == "record" and facts["run"] == run.id
    ]
    assert records == run.history["iteration"] == list(range(0, 201, 2))
    assert {0, 200} <= set(run.moments)
    iteration, model = run.model_at()
    assert iteration == 200
    saved = load(run.folder.model)
    assert all(map(np.array_equal, model.network.weights, saved.network.weights))
    assert run.model_at(0)[0] == 0
    assert run.command.startswith("chainrule train planar:moons --layers 4 --learning-rate 0.3")
    assert same(run, tmp_path / "again")


def test_paused_stepped_and_changed_it_is_the_run_of_its_command(runs, tmp_path):
    run = runs.begin("planar:moons", SLOW)
    until(lambda: run.iteration > 0)
    runs.say(run, "pause")
    until(lambda: run.state == "paused")
    at = run.iteration
    runs.say(run, "step", 3)
    until(lambda: run.iteration == at + 3 and run.state == "paused")
    assert run.model_at()[0] == at + 3
    runs.say(run, "change", {"learning_rate": 0.25, "l2": 0.01})
    runs.say(run, "go")
    until(lambda: run.state == "finished")
    assert f"{at + 3}:learning_rate=0.25" in run.command
    assert same(run, tmp_path / "again")


def test_a_fork_is_the_run_of_its_command(runs, tmp_path):
    parent = runs.begin("planar:moons", {"layers": "4", "learning_rate": 0.3, "iterations": 300})
    until(lambda: parent.state == "finished")
    fork = runs.fork(parent, {}, 100, {"learning_rate": 0.09})
    until(lambda: fork.state == "finished")
    assert fork.parent == {"run": parent.id, "iteration": 100}
    assert "--changes 100:learning_rate=0.09" in fork.command
    assert same(fork, tmp_path / "again")
    assert fork.model_at(50)[0] <= 50
    upto = [k for k, at in enumerate(parent.history["iteration"]) if at < 100]
    assert fork.history["cost"][: len(upto)] == parent.history["cost"][: len(upto)]


def test_a_killed_worker_is_said_and_its_run_resumed(runs, tmp_path):
    run = runs.begin("planar:moons", SLOW)
    until(lambda: run.iteration > 0)
    run.worker.process.kill()
    until(lambda: run.state == "killed")
    assert "can be resumed" in run.error
    runs.resume(run)
    until(lambda: run.state == "finished")
    assert same(run, tmp_path / "again")


def test_more_than_there_are_cores_for_wait(runs):
    endless = SLOW | {"iterations": 10**6}
    first, second, third = (runs.begin("planar:moons", endless) for _ in range(3))
    assert [first.state, second.state, third.state] == ["training", "training", "waiting"]
    # The studio ends, and begins again: it is there, and can be gone on with.
    again = Runs(runs.folder, runs.library, 1, Told(), lambda run: None)
    assert again[third.id].state == "stopped"
    assert again[third.id].command == third.command
    again.resume(again[third.id])
    until(lambda: again[third.id].iteration > 0)
    again.end()
    assert Runs(runs.folder, runs.library, 1, Told(), lambda run: None)[third.id].iteration > 0
    runs.say(third, "stop")
    assert third.state == "stopped"
    for run in (first, second):
        runs.say(run, "stop")
    until(lambda: {first.state, second.state} == {"stopped"})


def test_what_an_earlier_studio_left_is_there(runs, tmp_path):
    run = runs.begin("planar:moons", {"layers": "4", "learning_rate": 0.3, "iterations": 100})
    until(lambda: run.state == "finished")
    fork = runs.fork(run, {}, 50, {"l2": 0.01})
    until(lambda: fork.state == "finished")
    again = Runs(runs.folder, runs.library, 1, Told(), lambda run: None)
    assert again[fork.id].summary() == fork.summary()
    found = again[run.id]
    assert found.summary() == run.summary()
    assert found.history["cost"] == pytest.approx(run.history["cost"])
    assert found.model_at()[0] == 100
    assert set(found.moments) == set(run.moments)
    for iteration in set(run.moments) & set(found.moments):
        then, now = run.model_at(iteration)[1], found.model_at(iteration)[1]
        assert all(map(np.array_equal, then.network.weights, now.network.weights))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"learning_rate": -1}, "learning_rate"),
        ({"layers": "20", "activation": "swish"}, "activation"),
        ({"colour": 3}, "settings"),
        ({"iterations": "many"}, "iterations"),
    ],
)
def test_settings_that_are_none_begin_nothing(runs, options, words):
    before = dict(runs.runs)
    with pytest.raises(ChainruleError, match=words):
        runs.begin("planar:moons", options)
    assert runs.runs == before


def test_a_run_that_does_not_train_is_not_told_to_pause(runs):
    with pytest.raises(InputError, match="there is"):
        runs["none"]
    run = runs.begin("planar:moons", {"learning_rate": 1e30, "layers": "4"})
    until(lambda: run.state == "failed")
    assert "diverged" in run.error
    with pytest.raises(InputError, match="is training"):
        runs.say(run, "pause")


def test_defaults_of_the_command_line(runs):
    """A learning rate is chosen, which the run's options then have."""
    run = runs.begin("planar:moons", {})
    until(lambda: run.state == "finished")
    assert isinstance(run.options.learning_rate, float)
    assert run.options.hidden not in (None, "auto")
    assert isinstance(run.options, Options)


def test_a_fork_of_a_paused_run_begins_at_its_checkpoint(runs, tmp_path):
    parent = runs.begin("planar:moons", SLOW)
    until(lambda: parent.iteration > 0)
    runs.say(parent, "pause")
    until(lambda: parent.state == "paused")
    at = parent.iteration
    fork = runs.fork(parent, {}, at, {"learning_rate": 0.1})
    runs.say(parent, "stop")
    until(lambda: fork.state == "finished")
    assert fork.history["iteration"] == sorted(set(fork.history["iteration"]))
    upto = [k for k, one in enumerate(parent.history["iteration"]) if one < at]
    assert fork.history["cost"][: len(upto)] == parent.history["cost"][: len(upto)]
    assert same(fork, tmp_path / "again")


def test_the_command_of_a_stopped_run_goes_as_far(runs, tmp_path):
    run = runs.begin("planar:moons", SLOW)
    until(lambda: run.iteration > 0)
    runs.say(run, "stop")
    until(lambda: run.state == "stopped" and run.worker is None)
    assert f"--iterations {run.iteration}" in run.command
    assert same(run, tmp_path / "again", iterations=run.iteration)
    runs.resume(run)
    until(lambda: run.state == "finished")
    assert run.iteration == run.iterations == SLOW["iterations"]


def test_the_cost_of_a_moment_is_that_of_its_record(runs):
    given = {"layers": "4", "learning_rate": 0.3, "iterations": 100, "changes": "50:l2=0.1"}
    run = runs.begin("planar:moons", given)
    until(lambda: run.state == "finished")
    until(lambda: len(run.moments) == len(run.history["iteration"]))
    for at, cost in zip(run.history["iteration"], run.history["cost"], strict=True):
        iteration, model = run.model_at(at)
        assert iteration == at
        assert frames.cost(model, run.splits, run.l2_at(at)) == pytest.approx(cost, rel=1e-12)


def test_gone_on_with_at_once_after_a_stop_it_is_one_training(runs, tmp_path):
    run = runs.begin("planar:moons", SLOW)
    for _ in range(3):
        until(lambda: run.state == "training" and run.iteration > 0)
        runs.say(run, "stop")
        until(lambda: run.state == "stopped")
        runs.resume(run)
        assert run.state in ("training", "waiting")
    until(lambda: run.state == "finished")
    assert same(run, tmp_path / "again")


def test_a_worker_that_died_before_it_was_needed_is_replaced(runs):
    runs.warm()
    spare = runs._spare
    spare.process.kill()
    spare.process.join()
    run = runs.begin("planar:moons", {"layers": "4", "learning_rate": 0.3, "iterations": 50})
    until(lambda: run.state == "finished")


def test_a_worker_whose_studio_is_gone_keeps_what_it_reached(runs, tmp_path):
    run = Run("x", "planar:moons", Options(hidden=(8,), learning_rate=0.5, iterations=10**7),
              RunFolder(tmp_path / "x"), runs.library.splits)  # fmt: skip
    worker = Worker()
    worker.begin(run.data, run.options, Running(out=run.folder.path))
    while (said := worker.pipe.recv())[0] != "progress" or said[1] == 0:
        pass
    worker.pipe.close()
    worker.process.join(60)
    assert worker.process.exitcode == 0
    again = Runs(tmp_path, runs.library, 1, Told(), lambda run: None)["x"]
    assert again.state == "stopped"
    assert again.iteration > 0


def test_data_that_are_others_by_now_are_said(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,label\n" + "".join(f"{k},{k % 3},{'xy'[k % 2]}\n" for k in range(30)))
    library = Library(tmp_path / "runs" / "data", [str(path)])
    found = Runs(tmp_path / "runs", library, 1, Told(), lambda run: None)
    run = found.begin("t", {"layers": "2", "learning_rate": 0.1, "iterations": 20})
    until(lambda: run.state == "finished")
    assert len(run.splits.train) == 30
    with path.open("a") as file:
        file.write("1,2,x\n")
    with pytest.raises(DataError, match="others by now"):
        run.model_at(0)
    assert library.opened("t").facts["sets"]["training"]["examples"] == 31
    found.end()


def test_many_networks_at_once_are_no_run(tmp_path):
    options = restored({"learning_rate": 0.1, "iterations": 5}, Options(), "options")
    for job, own in ((TrainingJob, NOTHING), (EnsembleJob, Members(runs=2))):
        job("planar:moons", options, own, Running(out=tmp_path / job.__name__)).run()
    found = Runs(tmp_path, Library(tmp_path / "data"), 1, Told(), lambda run: None)
    assert list(found.runs) == ["TrainingJob"]
    found.end()


def refuse(path):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def test_a_run_is_renamed_and_deleted_once_none_depends_on_it(runs, tmp_path, monkeypatch):
    given = {"layers": "4", "learning_rate": 0.3, "iterations": 100}
    run = runs.begin("planar:moons", given)
    runs.rename(run, " the  first ")
    with pytest.raises(InputError, match="Stop it first"):
        runs.delete(run)
    until(lambda: run.state == "finished")
    fork = runs.fork(run, {}, 50, {"l2": 0.01})
    until(lambda: fork.state == "finished")
    with pytest.raises(InputError, match=f"these runs need: {fork.id}"):
        runs.delete(run)
    again = Runs(runs.folder, runs.library, 1, Told(), lambda run: None)
    assert again[run.id].summary()["name"] == "the first"
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refuse)
        with pytest.raises(InputError, match="a folder that can be deleted; got Permission denied"):
            runs.delete(fork)
    assert runs[fork.id].summary()["state"] == "finished"
    for one in (fork, run):
        runs.delete(one)
        assert not one.folder.path.exists()
        assert one.id not in runs.runs
    assert runs.told[-1] == ("gone", {"kind": "runs", "name": run.id})
    # What `chainrule train` left there, under the name of one that is gone, is not the studio's.
    job = TrainingJob(run.data, run.options, NOTHING, Running(out=run.folder.path))
    job.run()
    other = Runs(runs.folder, runs.library, 1, Told(), lambda run: None)
    with pytest.raises(InputError, match="begun here"):
        other.delete(other[run.id])
    assert run.folder.model.exists()


def test_a_run_is_deleted_after_its_last_words(runs, monkeypatch):
    storing, seen = threading.Event(), []

    def slow(run):
        storing.set()
        time.sleep(0.3)
        storing.clear()

    monkeypatch.setattr(Run, "store", slow)
    monkeypatch.setattr("chainrule.studio.runs.remove", lambda path: seen.append(storing.is_set()))
    run = runs.begin("planar:moons", {"layers": "4", "learning_rate": 0.3, "iterations": 50})
    until(storing.is_set)
    runs.delete(run)
    assert seen == [False]


def test_a_fork_that_comes_to_nothing_is_refused(runs):
    run = runs.begin("planar:moons", {"layers": "4", "learning_rate": 0.3, "iterations": 50})
    until(lambda: run.state == "finished")
    before = dict(runs.runs)
    for at in (50, 10**9):
        with pytest.raises(InputError, match="before the last of 50"):
            runs.fork(run, {}, at, {"learning_rate": 0.1})
    assert runs.runs == before
