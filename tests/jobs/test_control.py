"""A training that is paused, stepped and changed is the one that its command names."""

import json
import shlex
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.cli.app import run
from chainrule.jobs.events import Changed, Control, Noted, Paused, Progressed
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running, command_line
from chainrule.jobs.training import TrainingJob

PLAIN = Options(
    hidden=(4,), learning_rate=0.1, optimizer="gd", l2=0.0, initializer="he", iterations=60
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class Told:
    """A job in a thread of its own, and what it tells."""

    def __init__(self, options, out="run", data="planar:moons"):
        self.control, self.events = Control(), []
        self._there = threading.Condition()
        self.job = TrainingJob(data, options, NOTHING, Running(out=Path(out)))
        self.result = None
        self.control.pause()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        self.result = self.job.run(self._tell, self.control)

    def _tell(self, event):
        with self._there:
            self.events.append(event)
            self._there.notify_all()

    def wait(self, kind):
        """The next event of this kind."""
        with self._there:
            assert self._there.wait_for(lambda: any(isinstance(e, kind) for e in self.events), 60)
            found = next(e for e in self.events if isinstance(e, kind))
            self.events.remove(found)
            return found

    def end(self, *, going=True):
        if going:
            self.control.go_on()
        self._thread.join(60)
        assert self.result is not None
        return self.result[0]


def weights(path):
    network = cr.load(path).network
    return (*network.weights, *network.biases)


def assert_same(one, other):
    for mine, own in zip(weights(one), weights(other), strict=True):
        assert_array_equal(mine, own)
    assert Path(one, "history.csv").read_text() == Path(other, "history.csv").read_text()


@pytest.mark.parametrize(
    "more",
    [
        {"first_layer": "dual"},
        {"first_layer": "dual", "optimizer": "nesterov", "batch_size": 32, "dtype": "float32"},
        {"optimizer": "adam", "batch_size": 64},
        {"optimizer": "adam", "dtype": "float32", "schedule": "cosine"},
    ],
    ids=lambda more: " ".join(map(str, more.values())),
)
def test_paused_stepped_and_changed_it_is_what_its_command_says(more):
    options = replace(PLAIN, **more)
    told = Told(options)
    assert told.wait(Paused).iteration == 0
    told.control.step(3)
    assert told.wait(Paused).iteration == 3
    told.control.change(learning_rate=0.02)
    assert told.wait(Changed) == Changed(3, {"learning_rate": 0.02})
    kept = json.loads(Path("run/settings.json").read_text())["options"]["changes"]
    assert kept == "3:learning_rate=0.02"  # what is killed now goes on so
    told.control.step()
    told.control.step(20)
    assert told.wait(Paused).iteration == 24
    told.control.change(l2=0.3, learning_rate=0.3)
    assert told.wait(Changed).iteration == 24
    shutil.copytree("run", "killed")
    assert told.end().iterations == 60
    text = "3:learning_rate=0.02,24:l2=0.3,24:learning_rate=0.3"
    assert told.job.options.changes == text
    assert json.loads(Path("run/settings.json").read_text())["options"]["changes"] == text
    assert cr.load("run").training["options"]["changes"] == text
    command = shlex.split(command_line("train", "planar:moons", told.job.options))
    assert run([*command[1:], "--out", "again", "--json"]) == 0
    assert_same("run", "again")
    # Killed at its last pause it would have gone on as it did.
    TrainingJob(None, Options(), NOTHING, Running(resume=Path("killed"))).run()
    assert_same("run", "killed")
    TrainingJob("planar:moons", options, NOTHING, Running(out=Path("plain"))).run()
    assert not np.array_equal(weights("run")[0], weights("plain")[0])


def test_what_cannot_be_changed_is_said_where_it_is_asked_for():
    with pytest.raises(cr.InputError, match="0 < learning_rate"):
        Control().change(learning_rate=-1)
    with pytest.raises(cr.InputError, match="one of learning_rate, l2; got 'momentum'"):
        Control().change(momentum=0.5)


def test_what_has_no_rate_is_not_changed():
    told = Told(replace(PLAIN, optimizer="lbfgs", learning_rate=None))
    told.wait(Paused)
    told.control.change(learning_rate=0.5)
    assert "not changed" in told.wait(Noted).words
    assert told.end().changes == ()
    assert not Path("run/checkpoint.safetensors").exists()


def test_of_what_was_chosen_and_then_changed_nothing_is_measured(capsys):
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'no' if a + b < 0 else 'yes'}" for a, b in rng.normal(size=(30, 2))]
    Path("t.csv").write_text("\n".join(["a,b,label", *rows]))
    told = Told(Options(hidden=(2,), iterations=30), data="t.csv")
    told.wait(Paused)
    told.control.change(l2=0.1)
    assert told.end().changes == ((0, {"l2": 0.1}),)
    assert "chosen, and changed by hand" in told.result[1]["verdict"]["words"]
    assert run(["report", "run"]) == 0
    assert "chosen, and changed by hand" in Path("run/report.html").read_text()


def test_steps_that_are_left_at_its_end_are_no_pause():
    told = Told(replace(PLAIN, iterations=5))
    told.wait(Paused)
    told.control.step(5)
    assert told.end(going=False).iterations == 5


def test_changes_that_it_does_not_come_to_are_refused(capsys):
    base = ["train", "planar:moons", "--layers", "4", "--learning-rate", "0.1", "--out", "run"]
    for more, said in (
        (["--iterations", "60", "--changes", "60:l2=1"], "before the last of 60 iterations"),
        (["--epochs", "2", "--batch-size", "200", "--changes", "4:l2=1"], "of 4 iterations"),
        (["--changes", "4:l2=1,4:l2=2"], "l2 twice at iteration 4"),
        (["--optimizer", "lbfgs", "--changes", "4:l2=1"], ""),
    ):
        assert run([*base, *more]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
        assert not Path("run").exists()


def test_a_penalty_that_begins_on_the_way_is_no_divergence():
    options = replace(PLAIN, changes="55:l2=0.3")
    _, facts = TrainingJob("planar:moons", options, NOTHING, Running(out=Path("run"))).run()
    assert "learning rate too high" not in [one["kind"] for one in facts["warnings"]]


class TestFork:
    """A run that begins at another's checkpoint is the run from scratch."""

    @pytest.fixture
    def parent(self):
        """Its checkpoint is at iteration 24, a change behind it."""
        told = Told(replace(PLAIN, changes="10:l2=0.1"), "parent")
        told.wait(Paused)
        told.control.step(24)
        told.wait(Paused)
        shutil.copytree("parent", "paused")
        return told.end() and told.job.options

    @pytest.mark.parametrize(
        ("more", "began"),
        [
            ({"changes": "10:l2=0.1,24:learning_rate=0.03"}, 24),
            ({"changes": "10:l2=0.1,40:l2=0", "iterations": 80}, 24),
            ({"changes": "10:l2=0.1,23:learning_rate=0.03"}, 0),
            ({"changes": None}, 0),
            ({"seed": 1}, 0),
            ({"learning_rate": 0.2}, 0),
            ({"iterations": 20}, 0),  # which are behind it
            ({"iterations": 500}, 0),  # which has fewer records
        ],
        ids=str,
    )
    def test_it_begins_where_the_other_is_on_its_way(self, parent, more, began):
        options, seen = replace(parent, **more), []
        fork = TrainingJob(
            "planar:moons", options, running=Running(out=Path("fork")), begin_from=Path("paused")
        )
        fork.run(seen.append)
        assert next(event for event in seen if isinstance(event, Progressed)).done == began
        TrainingJob("planar:moons", options, running=Running(out=Path("scratch"))).run()
        assert_same("fork", "scratch")

    def test_of_what_is_gone_or_damaged_it_begins_at_the_start(self, parent):
        Path("paused/checkpoint.safetensors").write_bytes(b"no checkpoint")
        how = {"running": Running(out=Path("fork")), "begin_from": Path("paused")}
        TrainingJob("planar:moons", parent, **how).run()
        assert_same("fork", "parent")
        with pytest.raises(cr.ModelFileError, match="settings of a run"):
            TrainingJob("planar:moons", parent, begin_from=Path("nowhere")).run()
        assert not Path("runs").exists()
