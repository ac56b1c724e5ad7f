"""`chainrule train`."""

import shlex
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule import blas
from chainrule._version import __version__
from chainrule.cli import parse, show
from chainrule.cli.experiment import Common
from chainrule.cli.going_on import OR_RESUME, going_on
from chainrule.cli.options import (
    CHANGEABLE,
    Options,
    command_line,
    evaluation,
    restored,
    trained_on,
)
from chainrule.errors import ChainruleError, InputError, ModelFileError
from chainrule.wording import printable

if TYPE_CHECKING:
    from chainrule.data import Splits
    from chainrule.experiments import Setting
    from chainrule.jobs.run_folder import RunFolder
    from chainrule.training import Training


def train(
    data: str | None = None,
    *,
    options: Annotated[Options, Parameter(name="*", group="Training")] = Options(),
    runs: int = 1,
    threads: int | None = None,
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Train a network and write a run folder: model, settings, history, learning curve.

    Parameters
    ----------
    data
        An HDF5 file in the course's layout (or its folder), a folder of pictures with one folder
        per class, a .csv or .npz table, or fashion, planar:flower, planar:moons, planar:circles,
        planar:xor.
    runs
        Train so many networks together, from the seeds --seed, --seed + 1, ..., and use them as one
        model whose probabilities are their mean.
    threads
        Cores that may be used; all of them by default.
    out
        The run folder to make; runs/NAME-1, -2, ... by default. Never overwritten.
    resume
        A run folder to go on in, with its own settings, from where it stopped.
    json
        Print one JSON object instead of text.
    """
    if runs != 1 or (resume is not None and out is None):
        from chainrule.cli.ensemble import is_ensemble, train_members

        if runs != 1 or (resume and is_ensemble(resume)):
            common = Common(threads=threads, out=out, resume=resume, json=json)
            return train_members(data, options, runs, common)
    run = _plan(data, options, out, resume)
    began = time.perf_counter()
    with blas.at_most(threads), going_on("train", run.folder):
        setting, splits = run.options.setting(), run.options.open(run.data)
        result = _train(setting, splits, run, shown=not json)
        facts = _write(result, splits, run, began)
    if json:
        show.print_json(facts)
    else:
        _report(facts, result, run)
    return 1 if result.stopped == "interrupted" else 0


@dataclass(frozen=True)
class _Run:
    data: str
    options: Options
    folder: "RunFolder"
    resuming: bool

    @property
    def begun(self) -> bool:
        """Whether there is something to go on from: not if it was killed before it began."""
        return self.resuming and (self.folder.checkpoint.exists() or self.folder.model.exists())


def _plan(data: str | None, options: Options, out: Path | None, resume: Path | None) -> _Run:
    """What to train and where, before anything is read but a resumed run's settings."""
    from chainrule.data.readers.sources import refuse_missing
    from chainrule.jobs.run_folder import RunFolder

    options = options.absolute()
    if resume is not None:
        if out is not None:
            raise InputError("--out", "a new folder, or --resume", "both", "Leave one out.")
        folder = RunFolder(resume)
        saved = folder.read_settings()
        if other := saved.get("command"):
            way = f"Go on with: chainrule {other} --resume {shlex.quote(str(folder.path))}"
            expected, got = "the settings of a training", f"those of chainrule {other}"
            raise ModelFileError(str(folder.settings), expected, got, way)
        folder.remove_parts()
        options = restored(saved.get("options"), options, str(folder.settings), CHANGEABLE)
        return _Run(data or str(saved.get("data")), options, folder, True)
    if data is None:
        raise InputError("train", "DATA", "none", "Try: chainrule train fashion")
    refuse_missing(data)
    folder = RunFolder(out) if out else RunFolder.next_free(parse.stem(data))
    folder.refuse_existing(OR_RESUME)
    return _Run(data, options, folder, False)


def _train(setting: "Setting", splits: "Splits", run: _Run, *, shown: bool) -> "Training":
    """Train, with a progress bar, and with checkpoints in the run folder."""
    from chainrule.cli.progress import Introduction, Progress
    from chainrule.cli.saver import Saver
    from chainrule.training import EarlyStopping
    from chainrule.training import train as train_network

    n_classes, patience = len(splits.train.classes), run.options.patience
    if patience is not None and splits.validation is None:
        fix = "Early stopping looks at examples that are not trained on: see docs/data.md."
        raise InputError("--patience", "data with a dev or valid part", "none", fix)
    network = setting.network(splits.train.features.shape[0], 1 if n_classes == 2 else n_classes)
    saver = Saver(run.folder, _settings(run), resuming=run.resuming)
    progress = Progress("training") if shown else None
    shows = [Introduction(splits, network), progress] if progress else []
    try:
        return train_network(
            network,
            splits.train,
            validation=splits.validation,
            early_stopping=None if patience is None else EarlyStopping(patience),
            callbacks=[saver, *shows],
            resume=run.folder.checkpoint if run.begun else None,
            **setting.arguments(),
        )
    except ChainruleError as error:
        saver.undo(error)
        raise
    finally:
        if progress:
            progress.close()


def _write(result: "Training", splits: "Splits", run: _Run, began: float) -> dict[str, Any]:
    """The run folder's files; what was reached, as plain facts."""
    from chainrule.cli.results import results
    from chainrule.cli.run_report import looks_wrong
    from chainrule.model.model_file import Model

    facts: dict[str, Any] = {
        "data": run.data,
        "source": splits.train.source,
        "chainrule": __version__,
        "layer_sizes": result.network.layer_sizes,
        "activations": result.network.activations,
        "first_layer": vars(result.first_layer),
        "pictures": splits.train.image_shape is not None,
        "iterations": result.iterations,
        "stopped": result.stopped,
        "training_seconds": round(result.seconds, 3),
    }
    how = {"options": asdict(run.options), **trained_on(splits.train)}
    model = Model.of(result.network, splits, facts | how)
    facts["results"] = results(model, splits)
    found = looks_wrong(model, splits, result.history, run.options)
    facts["alarms"] = [vars(one) for one in found]
    facts["notes"], facts["skipped"] = splits.notes, splits.skipped
    run.folder.write_settings(facts | _settings(run))
    title = f"{printable(Path(run.data).name)}: cost"
    run.folder.write_results(model, result.history, title)
    return facts | {"out": str(run.folder.path), "seconds": round(time.perf_counter() - began, 3)}


def _settings(run: _Run) -> dict[str, Any]:
    """What --resume needs to begin where this training stopped."""
    return {"data": parse.absolute(run.data), "options": asdict(run.options)}


def _report(facts: dict[str, Any], result: "Training", run: _Run) -> None:
    from chainrule.cli.results import results_table
    from chainrule.training.warnings import TrainingWarning

    out = show.console()
    show.print_table(results_table(facts["results"]))
    show.print_warnings(TrainingWarning(**one) for one in facts["alarms"])
    plain = replace(run.options, patience=None, learning_rate=Options.learning_rate)
    trained = facts["results"]["training"]
    if trained["accuracy"] <= trained["accuracy_of_commonest_class"]:
        out.print("No better than always saying the commonest class: the network has not learned.")
        out.print(f"Look for a rate: {show.safe(command_line('lr-find', run.data, plain))}")
        out.print("Or try more --iterations, another --seed, --scale standard, or fewer --layers.")
    elif (tested := facts["results"].get("test")) and (
        tested["accuracy"] <= tested["accuracy_of_commonest_class"]
    ):
        out.print("On the test set no better than always saying the commonest class: what it has")
        out.print("learned does not carry over. Try more data, --l2, or fewer --layers.")
    if result.stopped:
        out.print(f"Stopped after {result.iterations} iterations: {result.stopped}.")
    folder = shlex.quote(facts["out"])
    out.print(f"{result.iterations} iterations in {result.seconds:.2f} s; wrote {folder}")
    if result.stopped == "interrupted":
        out.print(f"Go on:  chainrule train --resume {folder}")
    tested = "test" in facts["results"]
    following = evaluation(Path(facts["out"]), run.data, run.options, tested=tested)
    out.print(f"Next:   {show.safe(following)}")
    if facts["pictures"]:
        out.print(f"        chainrule predict {folder} PICTURE")
