"""What becomes of a trained network: answers to new examples, files, and what to type."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.influence.explanation import known_to
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.influence.predictions import MOST, predictions
from chainrule.jobs.run_folder import RunFolder
from chainrule.model.model_file import Model, save
from chainrule.service.bodies import answers_to_file, curl
from chainrule.studio.run import Run

REPORT = 300  # seconds that a report may take
FIELDS = 20  # features of a table that can be typed one by one
FILES = {"onnx": ".onnx", "model": ".safetensors", "report": ".html"}


def asked(model: Model, body: bytes, known: Neighborhoods | None = None) -> dict[str, Any]:
    """The model's answers to a picture file, a table as CSV, or {"features": [numbers]} of one
    example; with `known` whether it is unlike all training examples.

    Raises DataError or InputError for what cannot be read.
    """
    if model.image_shape is None and body.lstrip()[:1] == b"{":
        return predictions(model, _example(model, body), known).facts()
    return answers_to_file(model, body, known)


def known_of(model: Model, train: Dataset) -> Neighborhoods | None:
    """What new examples are compared with; None where there are too many."""
    return known_to("studio", model, train) if len(train) <= MOST else None


def _example(model: Model, body: bytes) -> Dataset:
    """One example of a table, without a label."""
    n_x = model.network.layer_sizes[0]
    try:
        x = np.array(json.loads(body)["features"], dtype=float)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        x = np.empty(0)
    if x.shape != (n_x,):
        raise InputError("features", f"a list of {n_x} numbers", "something else")
    none = np.zeros(1, np.int64 if model.classes else np.float64)
    names = model.feature_names
    return Dataset(x[:, None], none, model.classes, ("asked",), feature_names=names)


def written(model: Model, kind: str) -> bytes:
    """A model as a file, "onnx" or "model", which every command takes; raises what `export_onnx`
    does, which holds it beside the model before it is given."""
    from chainrule.model import export_onnx

    work = export_onnx if kind == "onnx" else save
    return _written(f"file{FILES[kind]}", partial(work, model))


def report(folder: RunFolder) -> bytes:
    """What `chainrule report` makes of a run that has ended, in a process of its own, as it may
    take a while; InputError with what that says."""
    if not folder.model.exists():
        fix = "Let it end, or stop it."
        raise InputError(folder.path.name, "a training that has ended", "one that has not", fix)
    return _written("report.html", partial(_reported, folder))


def _reported(folder: RunFolder, path: Path) -> None:
    given = ["report", str(folder.path), "--out", str(path), "--json"]
    command = [sys.executable, "-m", "chainrule.cli", *given]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=REPORT, check=False)
    except subprocess.TimeoutExpired:
        got, fix = "more", f"Type: chainrule report {folder.quoted}"
        raise InputError("report", f"{REPORT} s to be enough", got, fix) from None
    if done.returncode:
        raise InputError("report", "a report", done.stderr.strip() or f"exit {done.returncode}")


def _written(name: str, write: Callable[[Path], Any]) -> bytes:
    """The content of a file that is written in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="chainrule-") as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()


def facts(run: Run) -> dict[str, Any]:
    """What can be asked, and what to type. `ready` : whether there is the model file that most of
    that needs. `features` : of few ones their names, with the means of training examples."""
    folder, train = run.folder, run.splits.train
    place, pictures = folder.quoted, train.image_shape is not None
    file = "picture.jpg" if pictures else "table.csv"
    fields = None
    if not pictures and train.features.shape[0] <= FIELDS:
        some = np.asarray(train.features.stored(np.arange(min(len(train), 1000))), float)
        names, means = train.column_names, np.nanmean(some, axis=1)
        fields = [[name, float(f"{x:.3g}")] for name, x in zip(names, means, strict=True)]
    return {
        "pictures": pictures,
        "features": fields,
        "ready": folder.model.exists(),
        "commands": {
            "Train it again, to the bit": run.command,
            "Ask it": f"chainrule predict {place} {file}",
            "Write it as ONNX": f"chainrule export {place} --onnx model.onnx",
            "Write its report": f"chainrule report {place}",
        },
        "serve": f"chainrule serve {place}",
        "curl": curl("http://localhost:8000", folder.path.name, pictures),
    }
