"""`chainrule report`."""

import csv
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import tensor_file
from chainrule.cli import show
from chainrule.cli.ensemble import is_ensemble
from chainrule.cli.explain import followed, retraced
from chainrule.cli.options import Options, command_line
from chainrule.data import Splits
from chainrule.errors import InputError, ModelFileError
from chainrule.inspection.alarms import alarms
from chainrule.inspection.evaluation import evaluate
from chainrule.inspection.explanation import explain
from chainrule.inspection.explanation_plot import explanation_plot
from chainrule.inspection.layer_health import dead_relus
from chainrule.inspection.report import training_report
from chainrule.inspection.report.images import Image, drawn
from chainrule.model_file import Model, load
from chainrule.run_folder import RunFolder
from chainrule.training import History, Record

EXPLAINED = 2  # of the worst mistakes
# Examples times iterations beyond which following the training again takes longer than the rest.
FOLLOWED = 600_000


def report(
    run: Path,
    *,
    data: str | None = None,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Write one HTML file that says how good a training is, and shows why.

    Parameters
    ----------
    run
        A run folder that `chainrule train` wrote.
    data
        The data it was trained on, if they are elsewhere by now.
    out
        The file to write; report.html in the run folder by default.
    json
        Print one JSON object instead of text.
    """
    began = time.perf_counter()
    folder = RunFolder(run)
    settings = folder.read_settings()
    if "command" in settings and not is_ensemble(run):  # an experiment's, written by itself
        return _ready(folder, out, json=json)
    model = load(run)
    options, note = followed(model, str(folder.model))
    source = data or settings.get("data")
    if not isinstance(source, str):
        raise ModelFileError(str(folder.settings), "the data that it was trained on", "none")
    splits = options.open(source)
    # Members have a history each; their folder has none of the whole.
    history = History() if model.n_members > 1 else _history(folder.history)
    work = len(splits.train) * int(model.training.get("iterations") or 0)
    explanations = [] if note or work > FOLLOWED else _explanations(model, splits, options)
    path = out or folder.report
    write_report(path, model, splits, history, options, source, explanations)
    return _told(path, time.perf_counter() - began, json=json)


def write_report(
    path: Path,
    model: Model,
    splits: Splits,
    history: History,
    options: Options,
    source: str,
    explanations: Sequence[Image] = (),
) -> None:
    """The report of a training with `options` on the data from `source`."""
    single = model.n_members == 1
    again = command_line("train", source, options)
    facts = {"command": again if single else f"{again} --runs {model.n_members}"}
    facts |= {k: v for k, v in asdict(options).items() if v is not None}
    html = training_report(
        model,
        splits,
        history,
        title=f"{Path(source).name}: {'-'.join(map(str, model.network.layer_sizes))}",
        settings=facts | {"iterations": model.training.get("iterations")},
        explanations=explanations,
        alarms=alarms(history, dead=dead_relus(model, splits.train)) if single else (),
    )
    tensor_file.write_bytes(path, html.encode())


def _ready(folder: RunFolder, out: Path | None, *, json: bool) -> int:
    """The report that an experiment wrote, copied where it is wanted."""
    began = time.perf_counter()
    try:
        content = folder.report.read_bytes()
    except OSError as error:
        reason, fix = error.strerror or str(error), "Run the experiment again."
        raise ModelFileError(str(folder.report), "an experiment's report", reason, fix) from None
    if out is not None:
        tensor_file.write_bytes(out, content)
    return _told(out or folder.report, time.perf_counter() - began, json=json)


def _told(path: Path, seconds: float, *, json: bool) -> int:
    size = path.stat().st_size
    if json:
        show.print_json({"out": str(path), "bytes": size, "seconds": round(seconds, 3)})
    else:
        show.console().print(f"{seconds:.1f} s; wrote {show.safe(str(path))} ({size / 1e6:.2f} MB)")
    return 0


def _history(path: Path) -> History:
    """The records that History.to_csv wrote; ModelFileError for anything else."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return History([_record(row) for row in rows])
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelFileError(str(path), "the history of a run", reason) from None
    except (KeyError, TypeError, ValueError):
        raise ModelFileError(str(path), "the history of a run", "a damaged file") from None


def _record(row: dict[str, str]) -> Record:
    values: dict[str, Any] = {name: float(value) for name, value in row.items()}
    return Record(**values | {name: int(row[name]) for name in ("iteration", "epoch")})


def _explanations(model: Model, splits: Splits, options: Options) -> list[Image]:
    """Pictures of why the worst mistakes were made, where they can be told."""
    tested = splits.test or splits.validation or splits.train
    mistakes = evaluate(model, tested).mistakes[:EXPLAINED]
    if model.image_shape is None or model.n_members > 1 or not mistakes:
        return []
    raw = model.prepare(tested).select([one.index for one in mistakes]).raw
    try:
        found = explain(model, raw, splits.train, **retraced(model, options))
    except InputError:
        return []  # other data than it was trained on: nothing to follow
    pictures = []
    for one, why, pixels in zip(mistakes, found, raw.T, strict=True):
        title = f"{one.name}: {one.actual}, taken for {one.predicted} ({one.probability:.3f})"
        assert why.pushes is not None
        top = splits.train.example_names[int(np.argmax(why.pushes.of_examples))]
        figure = explanation_plot(why, pixels, splits.train, title)
        pictures.append(drawn(figure, f"{title}. Pushed most by {top}.", photographs=True))
    return pictures
