"""Jobs without a face: what they tell, how they are paused, stopped and gone on with."""

import ast
import json
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.experiments import Setting
from chainrule.experiments.hyperparameters import Hyperparameters
from chainrule.jobs.ensemble import EnsembleJob, Members
from chainrule.jobs.events import (
    Control,
    Event,
    Failed,
    Finished,
    PictureReady,
    Progressed,
    Recorded,
    Started,
    Warned,
)
from chainrule.jobs.experiments import CrossValidationJob, Nested
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running, command_line, restored, written
from chainrule.jobs.training import TrainingJob

QUICK = Options(
    hidden=(4,), learning_rate=0.1, optimizer="gd", l2=0.0, initializer="he", iterations=40
)
LONG = replace(QUICK, iterations=10**8)


def training(options=QUICK, **running):
    return TrainingJob("planar:moons", options, NOTHING, Running(**running))


def crossval(options=QUICK, **running):
    return CrossValidationJob("planar:moons", options, Nested(folds=3), Running(**running))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("make", [training, crossval])
def test_events_come_in_order_and_nothing_is_printed(make, capfd):
    seen = []
    found, facts = make(out="run").run(seen.append)
    kinds = [type(event) for event in seen]
    assert kinds[0] is Started
    assert kinds[-1] is Finished
    assert (seen[-1].found, seen[-1].facts) == (found, facts)
    done = [event.done for event in seen if isinstance(event, Progressed)]
    assert done == sorted(done)
    assert (Recorded in kinds) == (make is training)
    assert (PictureReady in kinds) == (make is crossval)
    assert all(isinstance(event, Event) for event in seen)
    assert capfd.readouterr() == ("", "")
    assert json.loads(Path("run/settings.json").read_text())["complete"]


def test_what_looks_wrong_is_told():
    seen = []
    slow = Options(hidden=(3,), learning_rate=1e-6, iterations=40)
    crossval(slow).run(seen.append)
    assert [event.warning.kind for event in seen if isinstance(event, Warned)] == [
        "learning rate too low"
    ]


def test_a_failure_is_told_and_raised_and_leaves_nothing():
    seen = []
    with pytest.raises(cr.InputError, match="dev or valid part"):
        training(Options(patience=3), out="run").run(seen.append)
    assert isinstance(seen[-1], Failed)
    assert not Path("run").exists()


@pytest.mark.parametrize("make", [training, crossval])
def test_stopped_from_another_thread_it_goes_on(make):
    control, running = Control(), threading.Event()

    def tell(event):
        if isinstance(event, Progressed) and event.done:
            running.set()

    results = []
    job = make(LONG, out="run")
    thread = threading.Thread(target=lambda: results.append(job.run(tell, control)))
    thread.start()
    assert running.wait(60)
    control.set()
    thread.join(60)
    ((found, facts),) = results
    assert not found.complete
    assert not facts["complete"]
    assert job.folder.kept
    again = make(Options(), resume="run")
    assert again.options == LONG


def test_stopped_and_gone_on_with_it_is_the_whole(tmp_path):
    class Stops(Control):
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 17

    found, _ = training(out="parts").run(control=Stops())
    assert 10 < found.iterations < 20
    parts, _ = training(Options(), resume="parts").run()
    whole, _ = training(out="whole").run()
    for mine, own in zip(parts.network.weights, whole.network.weights, strict=True):
        assert_array_equal(mine, own)
    assert_array_equal(parts.history.cost, whole.history.cost)


def test_while_it_is_paused_it_waits():
    control, seen = Control(), []

    def tell(event):
        seen.append(event)
        if isinstance(event, Progressed) and event.done and not seen.count("paused"):
            control.pause()
            seen.append("paused")

    thread = threading.Thread(target=lambda: training(LONG).run(tell, control))
    thread.start()
    thread.join(1.0)
    while "paused" not in seen:
        thread.join(0.1)
    thread.join(0.3)
    count = len(seen)
    thread.join(0.3)
    assert thread.is_alive()
    assert len(seen) == count
    control.go_on()
    thread.join(0.3)
    assert len(seen) > count
    control.pause()
    control.set()  # a job that is paused can be stopped
    thread.join(60)
    assert not thread.is_alive()


def test_an_ensemble_is_a_job_as_the_others():
    found, facts = EnsembleJob("planar:moons", QUICK, Members(runs=2), Running(out="run")).run()
    assert facts["members"] == 2
    assert cr.load("run").n_members == 2
    assert found.seeds == (0, 1)


def test_options_are_written_as_they_are_typed_and_read_again():
    options = Options(hidden=(), activation=("tanh", "relu"), labels="a b.csv", strict=True)
    kept = written(options)
    assert (kept["layers"], kept["activation"]) == ("none", "tanh,relu")
    assert restored(json.loads(json.dumps(kept)), Options(), "here") == options
    assert command_line("train", "x", options) == (
        "chainrule train x --layers none --activation tanh,relu --labels 'a b.csv' --strict"
    )


def test_a_setting_is_declared_once():
    names = {one.name for one in fields(Hyperparameters)}
    assert {one.name for one in fields(Setting)} - names == {"output", "prepare"}
    setting = QUICK.setting()
    assert all(getattr(setting, name) == getattr(QUICK, name) for name in names)
    assert Options().setting().iterations == 2500


def test_what_is_declared_is_what_there_is():
    from chainrule.training import OPTIMIZERS, SCHEDULES
    from chainrule.training.choice import FORMS

    for name, known in {
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "first_layer": FORMS,
    }.items():
        hint = Hyperparameters.__annotations__[name]
        assert set(get_args(hint)) == set(known)


def test_jobs_know_no_face():
    folder = Path(cr.__file__).parent / "jobs"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            elif isinstance(node, ast.Name):
                names = [node.id]
            for name in names:
                assert name.split(".")[0] not in ("rich", "cyclopts", "print"), path
                assert not name.startswith("chainrule.cli"), path


def test_numbers_do_not_depend_on_who_listens():
    heard, alone = training().run(lambda event: None)[0], training().run()[0]
    assert np.array_equal(heard.history.cost, alone.history.cost)
