"""What the commands of experiments share: options, the folder, progress, going on.

A command has three groups of options, each a frozen dataclass: those of a training (`Options`) and
its own, which are saved in the folder, and `Common`.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Protocol, TypeVar

from cyclopts import Parameter

from chainrule._version import __version__
from chainrule.cli import parse, show
from chainrule.cli.going_on import OR_RESUME, going_on
from chainrule.cli.options import Options, command_line, restored
from chainrule.errors import ChainruleError, InputError, ModelFileError
from chainrule.wording import describe, printable

if TYPE_CHECKING:
    from chainrule.data import Splits
    from chainrule.display import Result as Described
    from chainrule.experiments import Execution, Setting
    from chainrule.jobs.run_folder import ExperimentFolder
    from chainrule.show.report import Report


@dataclass(frozen=True, kw_only=True)
class Common:
    """What every experiment takes; no number depends on it.

    Parameters
    ----------
    threads
        Cores that may be used; all of them by default.
    memory
        Gigabytes that runs in training may take beside the data.
    out
        The folder to make; runs/NAME-COMMAND-1, -2, ... by default. Never overwritten.
    resume
        The folder of an interrupted experiment to go on in.
    json
        Print one JSON object instead of text.
    """

    threads: int | None = None
    memory: float = 1.0
    out: Path | None = None
    resume: Path | None = None
    json: bool = False


COMMON = Common()  # where none of them is given


@dataclass(frozen=True, kw_only=True)
class Folds:
    """How examples are held out.

    Parameters
    ----------
    folds
        Parts of the data, each of which is held out once.
    repeats
        Repetitions, with other folds.
    stratified
        Whether every class is in each fold in its share; without, a class may be rarer than there
        are folds.
    group_by
        A regular expression: examples in whose names (CLASS/FILE of pictures) it finds the same
        text stay together, for example '(patient[0-9]+)'.
    """

    folds: int = 10
    repeats: int = 1
    stratified: Annotated[bool, Parameter(negative="--no-stratified")] = True
    group_by: str | None = None


class Result(Protocol):
    """What an experiment finds; `complete` says whether all its runs were finished."""

    @property
    def complete(self) -> bool: ...


Own = TypeVar("Own")
Own_co = TypeVar("Own_co", covariant=True)
Found = TypeVar("Found", bound=Result)


@dataclass(frozen=True)
class Job(Generic[Own_co]):
    """An experiment of the command line. own : the command's own options."""

    command: str
    data: str
    options: Options
    own: Own_co
    common: Common
    folder: "ExperimentFolder"
    began: float = field(default_factory=time.perf_counter)

    @cached_property
    def setting(self) -> "Setting":
        """What is trained."""
        return self.options.setting()

    @cached_property
    def splits(self) -> "Splits":
        """The data, which are read when they are first asked for."""
        return self.options.open(self.data)

    @cached_property
    def examples(self) -> str:
        """By which the training examples are known again."""
        from chainrule.experiments.examples import Examples

        return Examples(self.command, self.splits.train).digest()

    @property
    def data_name(self) -> str:
        """For the titles of pictures."""
        return printable(Path(self.data).name)

    def write(self, found: "Described") -> None:
        """The table and the pictures of what was found, in the folder."""
        from chainrule.show.results import figures
        from chainrule.show.saving import save_figure

        found.to_csv(self.folder.table)
        for one in figures(found, self.data_name):
            save_figure(one.figure, self.folder.path / f"{one.name}.png")

    def write_report(self, report: "Report") -> None:
        """report.html in the folder."""
        from chainrule.files import atomic

        groups = (self.own, self.options)
        settings: dict[str, Any] = {
            "command": command_line(self.command, parse.absolute(self.data), *groups)
        }
        settings |= {k: v for k, v in asdict(self.options).items() if v is not None}
        settings |= {"iterations": self.setting.iterations}  # also where it is the default
        title = f"{self.data_name}: {self.command}"
        atomic.write_bytes(self.folder.report, report.html(title, settings).encode())

    def groups(self, pattern: str | None) -> Any:
        """(m,) what `pattern` finds in each training example's name, or None without one."""
        data = self.splits.train
        return None if pattern is None else parse.groups(data.names, pattern, data.source)

    def facts(self) -> dict[str, Any]:
        """What --resume needs, and whoever wants to repeat it."""
        from chainrule.files.json_file import plain

        return {
            "command": self.command,
            "chainrule": __version__,
            "data": parse.absolute(self.data),
            "examples": self.examples,
            "notes": self.splits.notes,
            "options": asdict(self.options),
            self.command: plain(asdict(self.own), finite=True),  # type: ignore[call-overload]
        }


def planned(command: str, data: str | None, options: Options, own: Own, common: Common) -> Job[Own]:
    """What to do and where, before anything is read but the settings of what is resumed."""
    from chainrule.data.readers.sources import refuse_missing
    from chainrule.jobs.run_folder import ExperimentFolder

    options = options.absolute()
    if options.patience is not None:
        fix = "Look at the learning curves for the best number of iterations."
        raise InputError("--patience", f"no early stopping in {command}", "one", fix)
    if common.resume is not None:
        if common.out is not None:
            raise InputError("--out", "a new folder, or --resume", "both", "Leave one out.")
        folder = ExperimentFolder(common.resume)
        saved, where = folder.read_settings(), str(folder.settings)
        folder.remove_parts()
        if saved.get("command") != command:
            other = saved.get("command")
            found = "those of a training of one network" if other is None else describe(other)
            raise ModelFileError(where, f"the settings of chainrule {command}", found)
        options = restored(saved.get("options"), options, where)
        own = restored(saved.get(command), own, where)
        return Job(command, data or str(saved.get("data")), options, own, common, folder)
    if data is None:
        raise InputError(command, "DATA", "none", f"Try: chainrule {command} fashion")
    refuse_missing(data)
    name = parse.stem(data) if command == "train" else f"{parse.stem(data)}-{command}"
    folder = ExperimentFolder(common.out) if common.out else ExperimentFolder.next_free(name)
    folder.refuse_existing(OR_RESUME)
    return Job(command, data, options, own, common, folder)


def carried_out(
    job: Job[Own],
    plan: str,
    work: "Callable[[Execution], Found]",
    written: Callable[[Job[Own], Found], dict[str, Any]],
    report: Callable[[Job[Own], Found, dict[str, Any]], str],
) -> int:
    """Train, write the folder and say what was found; the exit code.

    plan : what is going to be done, in words.
    work : trains many, as the Execution says.
    written : writes what was found to the folder; returns it as facts for JSON.
    report : prints what was found, with those facts; returns the command to go on with, or "".
    """
    from chainrule.files.json_file import plain

    _refuse_other_data(job)
    if not job.common.json:
        _introduce(job, plan)
    with going_on(job.command, job.folder):
        found = _worked(job, work)
        facts = job.facts() | {
            "complete": found.complete,
            **plain(written(job, found), finite=True),
        }
        job.folder.write_settings(facts)
    if found.complete:
        job.folder.close()
    seconds = round(time.perf_counter() - job.began, 3)
    if job.common.json:
        show.print_json(facts | {"out": str(job.folder.path), "seconds": seconds})
    else:
        following = report(job, found, facts)
        show.ending(job.folder, seconds, job.command, following, complete=found.complete)
    return 0 if found.complete else 1


def _refuse_other_data(job: Job[Any]) -> None:
    """ModelFileError where what is resumed was begun with other examples."""
    if job.common.resume is not None:
        began = job.folder.read_settings().get("examples")
        if began != job.examples:
            fix = "Resume with the same data, or begin anew."
            where = str(job.folder.settings)
            raise ModelFileError(where, "the data that it was begun with", "others", fix)


def _introduce(job: Job[Any], plan: str) -> None:
    """What is going to be trained on what."""
    data, out = job.splits.train, show.console()
    show.print_data(job.splits, f"{len(data)} training")
    n_y = 1 if len(data.classes) == 2 else len(data.classes)
    sizes = "-".join(map(str, (data.features.shape[0], *job.setting.hidden, n_y)))
    out.print(f"Network  {sizes}")
    out.print(f"Plan     {plan}")


def _worked(job: Job[Any], work: "Callable[[Execution], Found]") -> Found:
    """What `work` gives; the folder is made for it, with a progress bar, and what it finished is
    kept there if it is interrupted or killed. A mistake in the settings leaves no folder."""
    from chainrule import checks
    from chainrule.experiments import Execution

    checks.number(job.command, "--memory in GB", job.common.memory, least=0, open_below=True)
    new, bar = job.common.resume is None, show.RunsProgress(job.command)
    if new:
        job.folder.create(job.facts())
    execution = Execution(
        memory=job.common.memory * 2**30,
        threads=job.common.threads,
        progress=None if job.common.json else bar.update,
        folder=job.folder.finished,
    )
    try:
        return work(execution)
    except (ChainruleError, MemoryError):
        if new and not any(job.folder.finished.glob("*")):
            job.folder.remove()
        raise
    finally:
        bar.close()
