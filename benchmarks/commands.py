"""Every command on features that stay in their file: its peak memory, and how often it reads them.

Each command is a process of its own, by the system's figures. Bytes are read as often as the file
is long, so what else is read (the program, a model's weights) is in the count. Times are the
processor's.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.blocks import Line, make
from benchmarks.measure import Settings, run_module

NAME = "commands"
SHAPE, QUICK = (300, 400_000), (100, 40_000)  # examples, features
MEMORY, QUICK_MEMORY = 2.5, 12  # GB for each GB of the file: less than a third of its floats
UNITS = 20
SETTING = ("--layers", str(UNITS), "--learning-rate", "0.001", "--iterations", "20")
RATES = ("--vary", "learning_rate=0.001,0.0003")
FOLDS = ("--folds", "5")
FEWER = 5  # times as few examples for leave-one-out, whose time grows with their cube
# By name: what is asked for; DATA and RUN stand for the file and the run of the first, FEW for a
# file of fewer examples.
COMMANDS = {
    "train": ("train", "DATA", *SETTING, "--out", "RUN"),
    "predict, all training examples": ("predict", "RUN", "DATA", "--out", "ANSWERS"),
    "evaluate": ("evaluate", "RUN", "DATA"),
    "report": ("report", "RUN"),
    "export": ("export", "RUN", "--onnx", "MODEL.onnx", "--data", "DATA"),
    "explain, one example": ("explain", "RUN", "ONE.csv", "--out", "ONE.png"),
    "crossval, 5 folds": ("crossval", "DATA", *SETTING, *FOLDS),
    "crossval, 5 folds, 20 permutations": (
        *("crossval", "DATA", *SETTING, *FOLDS),
        *("--permutations", "20"),
    ),
    "crossval --nested, 5 folds of 2 settings": (
        *("crossval", "DATA", *SETTING, *FOLDS),
        *("--nested", *RATES, "--inner-folds", "2"),
    ),
    "sweep, 2 settings in 5 folds": ("sweep", "DATA", *SETTING, *FOLDS, *RATES),
    "lr-find": ("lr-find", "DATA", *SETTING[:2], "--count", "9", "--test-iterations", "9"),
    "review-labels, 5 folds": ("review-labels", "DATA", *SETTING, *FOLDS),
    "leave-one-out, a fifth of the examples": ("leave-one-out", "FEW", *SETTING),
    "importance, two networks": ("importance", "DATA", *SETTING, "--repeats", "1"),
}
WITHOUT_OUT = ("train", "predict", "evaluate", "report", "export", "explain")
HAVE_MEMORY = ("train", "crossval", "sweep", "lr-find", "review-labels", "leave-one-out")
HAVE_MEMORY += ("importance", "predict", "evaluate", "report", "explain", "export")


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Line]:
    m, n_x = QUICK if settings.quick else SHAPE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell("making the file")
        size = make(folder / "data", m, n_x).stat().st_size
        few = make(folder / "few", m // FEWER, n_x).stat().st_size
        places = {"DATA": folder / "data", "RUN": folder / "run", "ANSWERS": folder / "a.csv"}
        places |= {"FEW": folder / "few"}
        places |= {"MODEL.onnx": folder / "model.onnx", "ONE.csv": folder / "one.csv"}
        places |= {"ONE.png": folder / "one.png"}
        one = np.load(folder / "data" / "X.npy", mmap_mode="r")[3:4]
        names = ",".join(f"feature {j}" for j in range(n_x))
        np.savetxt(places["ONE.csv"], one, "%d", ",", header=names, comments="")
        memory = str((QUICK_MEMORY if settings.quick else MEMORY) * size / 1e9)
        for k, (what, words) in enumerate(COMMANDS.items()):
            tell(what)
            asked = [str(places.get(word, word)) for word in words]
            asked += ["--memory", memory] * (words[0] in HAVE_MEMORY)
            asked += ["--out", str(folder / f"{k}")] * (words[0] not in WITHOUT_OUT)
            of = few if "FEW" in words else size
            yield line_of(what, asked, of, max(settings.threads))


def line_of(what: str, asked: list[str], size: int, threads: int) -> Line:
    """A command in a process of its own. size : of the file, in bytes."""
    done = run_module("benchmarks.command", json.dumps(asked), threads)
    found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"code": 2}
    if found["code"]:
        return Line(what, failure=done.stderr.strip()[-300:])
    return Line(what, found["cpu"], found["wall"], found["peak"], found["read"] / size)
