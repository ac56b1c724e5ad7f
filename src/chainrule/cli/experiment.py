"""What the commands of experiments share: settings, the folder, progress, going on.

A command has two groups of options, both frozen dataclasses that are saved in the folder: those of
a training (`Options`) and its own.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from chainrule import checks
from chainrule._version import __version__
from chainrule.cli import parse, show
from chainrule.cli.options import Options, fits
from chainrule.data import Dataset, Splits
from chainrule.errors import ChainruleError, InputError, ModelFileError
from chainrule.experiments import Execution, Setting
from chainrule.run_folder import ExperimentFolder

Own = TypeVar("Own")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What may be taken of the machine; no number depends on it.

    Parameters
    ----------
    threads
        Groups of runs that train at a time; one for each core by default.
    memory
        Gigabytes that runs in training may take beside the data.
    """

    threads: int | None = None
    memory: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Folds:
    """How examples are held out.

    Parameters
    ----------
    folds
        Parts of the data, each of which is held out once; every class is in each in its share.
    repeats
        Repetitions, with other folds.
    group_by
        A regular expression: examples in whose names it finds the same text stay together, for
        example '^(patient[0-9]+)'.
    """

    folds: int = 10
    repeats: int = 1
    group_by: str | None = None


@dataclass(frozen=True)
class Job:
    """An experiment of the command line."""

    command: str
    data: str
    options: Options
    own: Any
    machine: Machine
    folder: ExperimentFolder
    resuming: bool

    def facts(self) -> dict[str, Any]:
        """What --resume needs, and whoever wants to repeat it."""
        path = Path(self.data)
        return {
            "command": self.command,
            "chainrule": __version__,
            "data": str(path.resolve()) if path.exists() else self.data,
            "options": self.options.as_json(),
            self.command: asdict(self.own),
        }


def planned(
    command: str,
    data: str | None,
    options: Options,
    own: Any,
    machine: Machine,
    out: Path | None,
    resume: Path | None,
) -> Job:
    """What to do and where, before anything is read but the settings of what is resumed."""
    options = options.absolute()
    if options.patience is not None:
        fix = "Look at the learning curves for the best number of iterations."
        raise InputError("--patience", f"no early stopping in {command}", "one", fix)
    if resume is not None:
        if out is not None:
            raise InputError("--out", "a new folder, or --resume", "both", "Leave one out.")
        folder = ExperimentFolder(resume)
        saved, where = folder.read_settings(), str(folder.settings)
        if saved.get("command") != command:
            found = checks.describe(saved.get("command"))
            raise ModelFileError(where, f"the settings of chainrule {command}", found)
        options = restored(saved.get("options"), options, where)
        own = restored(saved.get(command), own, where)
        return Job(command, data or str(saved.get("data")), options, own, machine, folder, True)
    if data is None:
        raise InputError(command, "DATA", "none", f"Try: chainrule {command} fashion")
    name = parse.stem(data) if command == "train" else f"{parse.stem(data)}-{command}"
    folder = ExperimentFolder(out) if out else ExperimentFolder.next_free(name)
    folder.refuse_existing()
    return Job(command, data, options, own, machine, folder, False)


def restored(saved: Any, given: Own, where: str) -> Own:
    """Saved settings of the same kind as `given`; InputError if another one was given than was
    saved (one given as its default cannot be told from one not given)."""
    kind: Any = type(given)
    defaults = asdict(kind())
    if not isinstance(saved, dict) or set(saved) != set(defaults):
        raise ModelFileError(where, "the settings of an experiment", "other settings")
    # JSON has lists where the settings have tuples.
    saved = {n: tuple(v) if isinstance(v, list) else v for n, v in saved.items()}
    for name, value in asdict(given).items():  # type: ignore[call-overload]
        if value not in (defaults[name], saved[name]):
            raise InputError(
                "--" + name.replace("_", "-"),
                f"the setting that the experiment began with ({saved[name]})",
                str(value),
                "A resumed experiment keeps its settings.",
            )
    hints = get_type_hints(kind)
    for name in (f.name for f in fields(kind)):
        if not fits(saved[name], hints[name]):
            raise ModelFileError(where, f"a setting for {name}", checks.describe(saved[name]))
    found: Own = kind(**saved)
    return found


def carried_out(job: Job, work: Callable[[Execution], Any], *, shown: bool) -> Any:
    """What `work` gives; the folder is made for it, with a progress bar, and what it finished is
    kept there if it is interrupted or killed. A mistake in the settings leaves no folder."""
    bar = show.RunsProgress(job.command) if shown else None
    execution = Execution(
        memory=job.machine.memory * 2**30,
        threads=job.machine.threads,
        progress=None if bar is None else bar.update,
        folder=job.folder.finished,
    )
    if not job.resuming:
        job.folder.create()
        job.folder.write_settings(job.facts())
    try:
        return work(execution)
    except ChainruleError:
        if not job.resuming and not job.folder.finished.exists():
            job.folder.remove()
        raise
    finally:
        if bar:
            bar.close()


def introduce(splits: Splits, setting: Setting, plan: str) -> None:
    """What is going to be trained on what."""
    data, out = splits.train, show.console()
    kind = f"pictures {'x'.join(map(str, data.image_shape))}" if data.image_shape else "examples"
    few = show.safe(checks.listed(data.classes, 10))
    out.print(f"Data     {len(data)} training {kind}; classes {few}")
    out.print(f"         from {show.safe(data.source)}; scaled: {data.scaling.kind}")
    n_y = 1 if len(data.classes) == 2 else len(data.classes)
    sizes = "-".join(map(str, (data.raw.shape[0], *setting.hidden, n_y)))
    out.print(f"Network  {sizes}")
    out.print(f"Plan     {plan}")
    for skipped in splits.skipped:
        show.console(error=True).print(f"skipped  {show.safe(skipped)}")


def closed(job: Job, facts: Mapping[str, Any], began: float, *, complete: bool) -> dict[str, Any]:
    """The facts, which are written to the folder's settings; what --resume needs goes once the
    experiment is complete."""
    seconds = round(time.perf_counter() - began, 3)
    found = job.facts() | {"complete": complete, **plain(facts)}
    job.folder.write_settings(found)
    if complete:
        job.folder.close()
    return found | {"out": str(job.folder.path), "seconds": seconds}


def plain(value: Any) -> Any:
    """As JSON can hold it: null for numbers that are none."""
    if isinstance(value, Mapping):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return plain(value.tolist())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def groups_of(data: Dataset, pattern: str | None) -> Any:
    """(m,) the part of each example's name that `pattern` finds, or None without a pattern."""
    return None if pattern is None else parse.groups(data.names, pattern, data.source)
