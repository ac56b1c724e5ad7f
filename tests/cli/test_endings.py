"""How a process ends: its output is closed or full, it is asked to stop, its terminal is odd."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.training.checkpoint import read

PROGRAM = (sys.executable, "-m", "chainrule")
TRAIN = ("train", "planar:moons", "--layers", "3", "--out", "run", "--iterations", "5")


def shell(command, tmp_path, **environment):
    """`command`, in which chainrule is the program."""
    line = command.replace("chainrule", shlex.join(PROGRAM))
    return subprocess.run(
        ["bash", "-c", line],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.parametrize(
    ("output", "code", "error"),
    [
        (">/dev/full", 2, "chainrule: standard output: No space left on device\n"),
        (">/dev/full 2>&1", 2, ""),
        (">&-", 0, ""),
        ("| head -c 1", 1, ""),
    ],
)
def test_an_output_that_cannot_be_written_ends_no_training(output, code, error, tmp_path):
    done = shell(f"chainrule {' '.join(TRAIN)} {output}; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert (done.returncode, done.stderr) == (code, error)
    assert cr.load(tmp_path / "run").training["iterations"] == 5


@pytest.mark.parametrize(
    "size", ["0", "1", "-5", "abc", "\N{SUPERSCRIPT TWO}", "9" * 9, "9" * 5000]
)
def test_sizes_of_no_terminal(size, chainrule, monkeypatch):
    for line in (("--help",), ("train", "--help"), ("nothing",), TRAIN):
        for name, value in {"COLUMNS": size, "LINES": size, "TERM": "dumb"}.items():
            monkeypatch.setenv(name, value)
        said = chainrule(*line)
        assert said.code == (2 if line == ("nothing",) else 0)
        assert len(said.out) < 20_000


# Checkpoints every now and then, so that one sees when it is training. Tests in the background of a
# shell, or under nohup, hand signals on that are ignored.
OFTEN = """
import signal
for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_DFL)
from chainrule.cli import main
from chainrule.jobs.callbacks import Saver
from chainrule.experiments.watching import Watch
Saver.INTERVAL = Watch.INTERVAL = 0.1
main()
"""


def kept(tmp_path):
    """The iteration of the checkpoint of what is not finished, or 0."""
    paths = [
        *tmp_path.glob("run/checkpoint.safetensors"),
        *tmp_path.glob("run/finished/*.checkpoint"),
    ]
    return max((read(path).facts["iteration"] for path in paths), default=0)


def stopped(command, signals, tmp_path, pause=0.0):
    """A long command that is sent signals once it is training: exit code, output, errors; and
    how much more was kept in the end."""
    settings = ("planar:flower", "--iterations", "100000000", "--layers", "4", "--out", "run")
    process = subprocess.Popen(
        [sys.executable, "-c", OFTEN, command, *settings],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 100
        while not (before := kept(tmp_path)):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)
        time.sleep(0.2)
        for number in signals:
            process.send_signal(number)
            time.sleep(pause)
        out, error = process.communicate(timeout=100)
    finally:
        process.kill()
    return process.returncode, out, error, kept(tmp_path) - before


@pytest.mark.parametrize(
    ("command", "number"), [("train", signal.SIGTERM), ("crossval", signal.SIGHUP)]
)
def test_other_signals_are_as_ctrl_c(command, number, tmp_path):
    code, out, error, more = stopped(command, [number], tmp_path)
    assert (code, error) == (1, "")
    assert f"Go on:  chainrule {command} --resume run" in out
    assert more > 0


def test_before_anything_is_kept_that_is_said(chainrule, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.jobs.options.Options.choose", stop)
    said = chainrule("train", "planar", "--out", "none")
    assert said.code == 1
    assert said.error.endswith("interrupted. No run was begun: the same command begins anew\n")
    assert not Path("none").exists()


@pytest.mark.parametrize(("command", "pause"), [("train", 0.0), ("crossval", 0.02)])
def test_a_second_ctrl_c_keeps_what_was_reached(command, pause, tmp_path):
    code, _, error, more = stopped(command, [signal.SIGINT] * 2, tmp_path, pause)
    assert code == 1
    assert error in ("", f"chainrule: interrupted. Go on with: chainrule {command} --resume run\n")
    assert more > 0


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes here")
def test_ctrl_c_is_one_line_of_a_cluster_too(tmp_path):
    """A terminal sends it to the workers as well."""
    pytest.importorskip("distributed", exc_type=ImportError)
    np.save(tmp_path / "X.npy", np.zeros((40, 5000), np.uint8))
    np.save(tmp_path / "y.npy", np.arange(40) % 2)
    where = ("--cluster", "local:1", "--memory", "0.001", "--iterations", "100000000")
    process = subprocess.Popen(
        [*PROGRAM, "train", ".", *where, "--learning-rate", "0.1", "--out", "run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline().startswith("Cluster  dashboard")
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=100)
    finally:
        process.kill()
    assert process.returncode == 1
    assert re.fullmatch("(chainrule: interrupted.*\n)?", error)


def test_nohup_is_respected(tmp_path):
    command = f"{' '.join(TRAIN[:-1])} 30000"
    script = f"trap '' HUP; chainrule {command} & pid=$!; sleep 1; kill -HUP $pid; wait $pid"
    assert shell(script, tmp_path).returncode == 0


def test_an_error_is_one_line_of_at_most_300_characters(chainrule):
    digits = "".join(f"{i % 5},{'1' * 5000 if i % 2 else 'b'}\n" for i in range(8))
    Path("digits.csv").write_text(f"x,label\n{digits}")
    names = "".join(f"{i % 7},{'name' * 20}{i}\n" for i in range(250))
    Path("names.csv").write_text(f"x,label\n{names}")
    for line in (
        ("train", "digits.csv", "--positive", "c"),
        ("train", "names.csv"),
        ("train", "digits.csv", "--label", "x" * 5000),
        ("train", "planar", "--iterations", "1" * 5000),
        ("train", "y" * 5000),
        ("z" * 5000,),
        ("graph", "a+" * 2000 + "b"),
        ("graph", "a", "a=" + "1" * 5000),
        ("graph", "1" * 5000),
    ):
        said = chainrule(*line)
        assert said.code == 2
        assert said.error.count("\n") == 1
        assert 10 < len(said.error.rstrip("\n")) <= 300
    said = chainrule("train", "digits.csv", "--iterations", 3, "--out", "run")
    assert said.code == 0
    assert cr.load("run").classes == ("1" * 5000, "b")


def test_ctrl_c_while_the_one_before_unwinds_is_not_shown():
    code = """if True:
        import sys
        from chainrule import cli
        from chainrule.cli import app

        def reading():
            try:
                yield
            finally:
                raise KeyboardInterrupt

        def run(arguments):
            some = reading()
            next(some)
            raise KeyboardInterrupt

        app.run = run
        cli.main()
    """
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (1, "chainrule: interrupted\n")
