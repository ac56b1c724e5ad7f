"""`chainrule report`."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule import blas
from chainrule.cli import show
from chainrule.cli.options import USUAL, Usual
from chainrule.cli.progress import Screen
from chainrule.errors import InputError, ModelFileError
from chainrule.files.atomic import new_file, refused

if TYPE_CHECKING:
    from chainrule.data import Splits
    from chainrule.experiments.answers import Unseen
    from chainrule.jobs.run_folder import RunFolder
    from chainrule.model.model_file import Model


def report(
    run: Path,
    *,
    data: str | None = None,
    out: Path | None = None,
    threads: int | None = None,
    usual: Usual = USUAL,
) -> int:
    """Write one HTML file that says how good a training is, and shows why.

    Parameters
    ----------
    run
        A run folder that `chainrule train` wrote, or an experiment's, which has its report already.
    data
        The data it was trained on, if they are elsewhere by now.
    out
        The file to write, which must not exist; by default report.html in the run folder, which is
        written anew.
    threads
        Cores that may be used; all of them by default.
    """
    from chainrule.jobs.run_folder import RunFolder

    began = time.perf_counter()
    if out is not None:
        new_file(out, (".html", ".htm"))
    folder = RunFolder(run)
    settings = folder.read_settings()
    from chainrule.files import atomic
    from chainrule.jobs.ensemble import is_ensemble

    path = out or folder.report
    if "command" not in settings or is_ensemble(run):
        with blas.at_most(threads):
            _write(path, folder, data, settings, usual)
    elif data is not None:
        fix = "Leave it out: its report is there already."
        raise InputError("--data", "the folder of a training", "of an experiment", fix)
    else:
        with refused(folder.report, "an experiment's report: run it again", ModelFileError):
            content = folder.report.read_bytes()
        if out is not None:
            atomic.write_bytes(out, content)
    size, seconds = path.stat().st_size, time.perf_counter() - began
    if usual.json:
        show.print_json({"out": str(path), "bytes": size, "seconds": round(seconds, 3)})
    else:
        show.console().print(f"{seconds:.1f} s; wrote {show.safe(str(path))} ({size / 1e6:.2f} MB)")
    return 0


def _write(
    path: Path,
    folder: "RunFolder",
    data: str | None,
    settings: dict[str, Any],
    usual: Usual,
) -> None:
    """The report of a training anew."""
    from chainrule.experiments import Execution
    from chainrule.influence.explanation import check_training_set
    from chainrule.jobs.trained import repeatable, write_report
    from chainrule.model.model_file import load
    from chainrule.training import History

    model = load(folder.path)
    options, _ = repeatable(model, str(folder.model))
    options = replace(options, cache=options.cache and usual.cache)
    source = data or settings.get("data")
    if not isinstance(source, str):
        raise ModelFileError(str(folder.settings), "the data that it was trained on", "none")
    # Members have a history each; their folder has none of the whole.
    history = History()
    if model.n_members == 1:
        with refused(folder.history, "the history of a run", ModelFileError):
            history = History.from_csv(folder.history)
    with Screen("report", "photos", quiet=usual.json) as screen:
        splits = options.open(source, screen.update, usual.memory)
    check_training_set("--data" if data else str(source), model, splits.train)
    with Screen("report", quiet=usual.json) as screen:
        unseen = _unseen(model, splits, source, folder, slow=_slow(settings), tell=screen)
    with Screen("leaving each out", quiet=usual.json) as screen:
        how = Execution(progress=screen.update)
        write_report(path, model, splits, history, source, how, unseen=unseen)


def _unseen(
    model: "Model", splits: "Splits", source: str, folder: "RunFolder", **told: Any
) -> "Unseen | None":
    """How good it is, where no examples are held out. told : see `cross_validated`."""
    from chainrule.experiments.answers import Unseen
    from chainrule.jobs.options import Options, restored
    from chainrule.jobs.trained import repeatable
    from chainrule.jobs.unseen import CHANGED, cross_validated, unseen_ensemble

    if list(splits.sets) != ["training"]:
        return None
    options, note = repeatable(model, str(folder.model))
    if model.n_members > 1 and "options" in model.training:
        return unseen_ensemble(source, options)
    if note:
        return Unseen(f"{note}.")
    if "chosen" in model.training and options.changes:
        return Unseen(CHANGED)
    if "chosen" in model.training:  # it is chosen anew in each fold, by what was given
        given = model.training.get("given", {"task": options.task})
        options = restored(given, Options(), str(folder.model))
        return cross_validated(source, splits, options, folder, **told)
    done, took = (model.training.get(name) for name in ("iterations", "training_seconds"))
    if options.epochs is None and options.optimizer != "lbfgs":  # which may have converged
        options = replace(options, iterations=done)
    return cross_validated(source, splits, options, folder, seconds=took or 0.0, **told)


def _slow(settings: dict[str, Any]) -> bool:
    """Whether a cross-validation took too long at the end of the training."""
    verdict = settings.get("verdict")
    return isinstance(verdict, dict) and bool(verdict.get("slow"))
