"""What a start, a full disk or a kill leaves: nothing, or a folder that can be gone on in."""

import contextlib
import csv
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule import checks
from chainrule.files import atomic
from chainrule.jobs.callbacks import Saver

QUICK = ("--iterations", 30, "--layers", "4")
COMMANDS = {
    "train": (),
    "train --runs": ("--runs", 3),
    "crossval": ("--folds", 3),
    "sweep": ("--vary", "l2=0,0.1"),
    "leave-one-out": (),
    "lr-find": ("--count", 3),
    "review-labels": ("--folds", 3),
}
every = pytest.mark.parametrize("name", COMMANDS)


def command(name, *more):
    return (name.split()[0], "planar:xor", *QUICK, *COMMANDS[name], *more)


@contextlib.contextmanager
def full(size):
    """No file may have more bytes: what a full disk says, in other words."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@every
def test_a_disk_that_is_full_at_the_start_leaves_nothing(name, chainrule):
    with full(100):
        said = chainrule(*command(name, "--out", "deep/run"))
    assert said.code == 2
    assert "room to write it" in said.error
    assert said.error.count("\n") == 1
    assert not Path("deep").exists()
    assert chainrule(*command(name, "--out", "deep/run")).code == 0


def test_a_disk_that_is_full_at_the_first_checkpoint_leaves_nothing(chainrule):
    settings = ("--layers", 200, "--iterations", 5)
    with full(3000):  # more than its settings
        said = chainrule("train", "planar:xor", *settings, "--out", "run")
    assert "checkpoint.safetensors: expected room to write it" in said.error
    assert not Path("run").exists()


# What leave-one-out and a training write at the end is smaller than their checkpoints.
@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in ("leave-one-out", "train")])
def test_a_disk_that_is_full_at_the_end_says_how_to_go_on(name, chainrule):
    with full(20_000):  # the pictures
        said = chainrule(*command(name, "--out", "run"))
    assert said.code == 2
    assert f"Then go on with: chainrule {name.split()[0]} --resume run" in said.error
    assert chainrule(name.split()[0], "--resume", "run").code == 0


def test_a_later_checkpoint_that_has_no_room_keeps_the_one_before(chainrule, monkeypatch):
    monkeypatch.setattr(Saver, "INTERVAL", 0.0)
    saved = []

    def save(saver, session):
        saved.append(session.iteration)
        with full(100) if session.iteration == 7 else contextlib.nullcontext():
            saver.save(session)

    monkeypatch.setattr(Saver, "on_step", save)
    said = chainrule(*command("train", "--out", "run"))
    assert (said.code, saved[-1]) == (2, 7)
    assert "Then go on with: chainrule train --resume run" in said.error
    monkeypatch.undo()


# An interpreter starts once and imports all that a command needs; each start is a fork of it.
WARM = """
import os, sys
from chainrule.cli import main
try: main([*sys.argv[1:], "--out", "warm"])
except SystemExit as end: assert not end.code
"""
KILLED = f"""{WARM}
def count(work):
    def counted(*paths):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        work(*paths)
    return counted
for n in range(4):
    child = os.fork()
    if not child:
        left = n
        os.replace, os.link = count(os.replace), count(os.link)
        main([*sys.argv[1:], "--out", f"run{{n}}"])
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True, file=sys.stderr)
"""
TEN = f"""{WARM}
for k in range(10):
    if not os.fork():
        os.dup2(os.open(f"said{{k}}", os.O_WRONLY | os.O_CREAT), 1)
        main(sys.argv[1:])
for k in range(10):
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True, file=sys.stderr)
"""


def exit_codes(script, name, folder):
    """What the processes ended with that a script starts of a command."""
    line = [sys.executable, "-c", script, *map(str, command(name))]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True)
    return list(map(int, done.stderr.split()))


@pytest.mark.parametrize("name", ["train", "crossval"])
def test_killed_before_any_of_its_files_it_goes_on_or_begins_anew(name, chainrule, tmp_path):
    """The n-th file is about to be moved to its place: its temporary one is there."""
    for n, code in enumerate(exit_codes(KILLED, name, tmp_path)):
        if code == 0:
            break
        assert code == -9
        assert list(Path(f"run{n}").rglob(f"*{atomic.PART}"))
        if Path(f"run{n}/settings.json").exists():
            again = (name.split()[0], "--resume", f"run{n}")
        else:
            again = command(name, "--out", f"run{n}")
        said = chainrule(*again)
        assert (said.code, said.error) == (0, "")
        assert not list(Path(f"run{n}").rglob(f"*{atomic.PART}"))
    assert n > 2


def test_a_model_without_a_checkpoint_is_not_trained_anew(chainrule):
    assert chainrule(*command("train", "--out", "run")).code == 0
    Path("run/checkpoint.safetensors").unlink()
    said = chainrule("train", "--resume", "run")
    assert said.code == 2
    assert "expected a checkpoint file; got no such file" in said.error


def test_an_edited_checkpoint_is_refused(chainrule):
    assert chainrule(*command("train", "--out", "run")).code == 0
    path = Path("run/checkpoint.safetensors")
    content = path.read_bytes()
    assert content.count(b'\\"cost\\": 0.') > 9
    path.write_bytes(content.replace(b'\\"cost\\": 0.', b'\\"cost\\": 1.', 1))
    said = chainrule("train", "--resume", "run", "--iterations", 60)
    assert said.code == 2
    assert "a checkpoint file as chainrule wrote it; got one that was changed" in said.error


def test_ten_starts_at_once_take_ten_folders(tmp_path):
    assert exit_codes(TEN, "train", tmp_path) == [0] * 10
    said = [(tmp_path / f"said{k}").read_text() for k in range(10)]
    names = {f"planar-xor-{k}" for k in range(1, 11)}
    assert {path.name for path in (tmp_path / "runs").iterdir()} == names
    assert all(sum(f"wrote runs/{name}\n" in text for text in said) == 1 for name in names)


def test_two_that_take_one_empty_folder(chainrule, monkeypatch):
    """The second finds the first one's settings, though the folder was empty when it looked."""
    from chainrule.jobs.run_folder import RunFolder

    mkdir = Path.mkdir

    def other_first(path, *arguments, **options):
        mkdir(path, *arguments, **options)
        (path / "settings.json").write_text("{}")

    monkeypatch.setattr(Path, "mkdir", other_first)
    said = chainrule(*command("train", "--out", "run"))
    assert said.code == 2
    assert "run/settings.json: expected a new file; got one that exists" in said.error
    assert RunFolder("run").read_settings() == {}


@pytest.mark.parametrize("kind", ["svg", "dot"])
def test_a_drawing_is_written_whole_or_not_at_all(kind, chainrule):
    drawing = (f"--{kind}", f"a.{kind}")
    assert chainrule("graph", "3*a", "a=5", *drawing).code == 0
    before = Path(f"a.{kind}").read_text()
    with full(200):
        said = chainrule("graph", "3*(a+b)*sigmoid(a*b)", "a=5", "b=2", *drawing)
    assert said.code == 2
    assert f"a.{kind}: expected room to write it" in said.error
    assert Path(f"a.{kind}").read_text() == before
    assert len(os.listdir(".")) == 1


def test_no_table_holds_a_formula(chainrule):
    rows = "".join(f"=HYPERLINK({i}),{i * i},{['=1+1', '+b'][i % 2]}\n" for i in range(12))
    Path("t.csv").write_text(f"name,x,label\n{rows}")
    assert chainrule("crossval", "t.csv", "--folds", 2, *QUICK, "--out", "c").code == 0
    assert chainrule("leave-one-out", "t.csv", *QUICK, "--out", "l").code == 0
    for path in ("c/predictions.csv", "c/results.csv", "l/results.csv"):
        with open(path, newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert cells
        assert not [c for c in cells if c.startswith(("=", "+", "@"))]
    with open("c/predictions.csv", newline="") as file:
        header, first, *_ = csv.reader(file)
    own = ["probability of +b", "probability of =1+1"]
    assert header == ["name", "class", "predicted", *own, "fold"]
    assert first[:2] == ["'=HYPERLINK(0)", "'=1+1"]


def test_what_a_model_cannot_be_is_refused_before_it_is_trained(chainrule):
    rows = "".join(f"{i * 1e-5},{i},{'ab'[i % 2]}\n" for i in range(12))
    Path("t.csv").write_text(f"x,z,label\n{rows}")
    Path("u.csv").write_text("x,z,label\n1e308,1,a\n2,3,b\n")
    for more in ((), ("--runs", 2)):
        said = chainrule("train", "t.csv", "--test", "u.csv", *QUICK, *more, "--out", "run")
        assert said.code == 2
        assert "u.csv" in said.error
        assert "too large" in said.error
        assert not Path("run").exists()


def test_a_link_that_leads_nowhere_in_the_place_of_the_folder_of_runs(chainrule):
    Path("runs").symlink_to("nowhere/at/all")
    said = chainrule(*command("train"))
    assert said.code == 2
    assert "a place to write" in said.error


def test_a_training_does_not_go_on_in_the_folder_of_an_experiment(chainrule):
    assert chainrule(*command("crossval", "--out", "run")).code == 0
    before = Path("run/settings.json").read_bytes()
    said = chainrule("train", "--resume", "run")
    assert said.code == 2
    assert "chainrule crossval --resume run" in said.error
    assert Path("run/settings.json").read_bytes() == before


def test_a_training_is_not_resumed_to_fewer_iterations_than_are_done(chainrule):
    assert chainrule(*command("train", "--out", "run")).code == 0
    before = Path("run/settings.json").read_bytes()
    said = chainrule("train", "--resume", "run", "--iterations", 2)
    assert said.code == 2
    assert "at least the 30 iterations that are done" in said.error
    assert Path("run/settings.json").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--runs", "1e9"),
        ("lr-find", "--count", "1e12"),
        ("sweep", "--vary", "l2=1e-4..1:1e9"),
    ],
    ids=str,
)
def test_more_runs_than_anybody_trains_are_refused_and_leave_nothing(words, chainrule):
    name, *rest = words
    said = chainrule(name, "planar:xor", *QUICK, *rest, "--out", "run")
    assert said.code == 2
    assert "at most 1000000" in said.error
    assert not Path("run").exists()


def test_pictures_beyond_the_memory_are_refused_before_it_is_taken(chainrule, fruit, monkeypatch):
    monkeypatch.setattr(checks, "memory_bytes", lambda: 1e4)
    said = chainrule("train", fruit, "--size", 64, "--out", "run")
    assert said.code == 2
    assert "expected what fits into memory" in said.error
