"""`chainrule report`."""

import csv
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chainrule import tensor_file
from chainrule.cli import show
from chainrule.cli.ensemble import is_ensemble
from chainrule.cli.explain import followed, retraced
from chainrule.cli.options import command_line
from chainrule.data import Splits
from chainrule.errors import ModelFileError
from chainrule.inspection.alarms import alarms
from chainrule.inspection.layer_health import dead_relus
from chainrule.inspection.report import training_report
from chainrule.inspection.report.why import why_section
from chainrule.model_file import Model, load
from chainrule.run_folder import RunFolder
from chainrule.training import History, Record

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
    options, _ = followed(model, str(folder.model))
    source = data or settings.get("data")
    if not isinstance(source, str):
        raise ModelFileError(str(folder.settings), "the data that it was trained on", "none")
    splits = options.open(source)
    # Members have a history each; their folder has none of the whole.
    history = History() if model.n_members > 1 else _history(folder.history)
    path = out or folder.report
    write_report(path, model, splits, history, source)
    return _told(path, time.perf_counter() - began, json=json)


def write_report(path: Path, model: Model, splits: Splits, history: History, source: str) -> None:
    """The report of a training on the data from `source`, by the settings that the model has."""
    single = model.n_members == 1
    options, note = followed(model, source)
    if not note and len(splits.train) * int(model.training["iterations"]) > FOLLOWED:
        note = "so many examples and iterations take long; chainrule explain does it"
    again = None if note or not single else retraced(model, options)
    command = command_line("train", source, options)
    facts = {"command": command if single else f"{command} --runs {model.n_members}"}
    facts |= {k: v for k, v in asdict(options).items() if v is not None}
    html = training_report(
        model,
        splits,
        history,
        title=f"{Path(source).name}: {'-'.join(map(str, model.network.layer_sizes))}",
        settings=facts | {"iterations": model.training.get("iterations")},
        why=why_section(model, splits, again, note),
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
