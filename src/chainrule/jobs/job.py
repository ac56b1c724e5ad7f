"""A job: what a person asks for, planned in a folder, carried out, gone on with.

A job has a setting and a source of data (`Options`), options of its own, and a folder. It tells
events, prints nothing and knows no face.
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chainrule import blas
from chainrule._version import __version__
from chainrule.errors import ChainruleError, DivergenceError, InputError, ModelFileError
from chainrule.jobs import events
from chainrule.jobs.options import (
    AUTO,
    Options,
    Running,
    absolute,
    command_line,
    restored,
    written,
)
from chainrule.jobs.run_folder import RunFolder
from chainrule.wording import describe, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from chainrule.data import Splits
    from chainrule.experiments import Execution, Setting
    from chainrule.model.model_file import Model
    from chainrule.network import Network
    from chainrule.show.report.page import Report
    from chainrule.training.warnings import TrainingWarning


Own = TypeVar("Own")
Found = TypeVar("Found", bound=Any)  # whose `complete` says whether all its runs were finished


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """A job without options of its own."""


NOTHING, RUNNING = Nothing(), Running()
NOTHING_YET = "No run was begun: the same command begins anew"


class Job(Generic[Own, Found]):
    """Planned where it is made, before anything is read but the settings of what is resumed.

    data : a source, see `open_data`; of what is resumed the one that it began with.
    own : the options of this kind of job. Of what is resumed all options are those that it began
        with; InputError if others are given.
    """

    command: str  # by which it is known on the command line
    changeable: tuple[str, ...] = ()  # options that may be given anew when it is resumed
    chooses: bool = True  # a learning rate and layers where none are given; else none at all
    chosen = ""  # what was, and why
    stops_early = False  # whether it takes the option `patience`
    usual_folds = 10  # where nobody says how many
    decides = False  # whether it takes the option `threshold`

    def __init__(
        self, data: str | None, options: Options, own: Own, running: Running = RUNNING
    ) -> None:
        self.running, self.own, self.resuming = running, own, running.resume is not None
        self.tell: events.Tell = lambda event: None
        if options.patience is not None and not self.stops_early:
            fix = "Look at the learning curves for the best number of iterations."
            raise InputError("--patience", f"no early stopping in {self.command}", "one", fix)
        if options.threshold != Options.threshold and not self.decides:
            fix = "Choose it with chainrule train or crossval."
            raise InputError("--threshold", f"0.5 in {self.command}", options.threshold, fix)
        self.given = options = options.absolute()
        if running.resume is not None:
            if running.out is not None:
                raise InputError("--out", "a new folder, or --resume", "both", "Leave one out.")
            self.folder = RunFolder(running.resume)
            self._saved = saved = self._read_settings()
            self.data = data or str(saved.get("data"))
            where = str(self.folder.settings)
            self.options = restored(saved.get("options"), options, where, self.changeable)
            self.own = restored(saved.get(self.command, {}), own, where)
            self.chosen = str(saved.get("chosen", ""))
            self.given = restored(saved.get("given", written(options)), type(options)(), where)
            return
        from chainrule.data.readers.sources import refuse_missing

        if data is None:
            fix = f"Try: chainrule {self.command} fashion"
            raise InputError(self.command, "DATA", "none", fix)
        refuse_missing(data)
        options = options.planned(self.chooses)
        if options.to_choose and not self.chooses:
            fix = "Only what trains one setting chooses it."
            raise InputError(self.command, "layers and a learning rate", "auto", fix)
        self.data, self.options = data, options
        of_command = "" if self.command == "train" else f"-{self.command}"
        name = f"{_stem(data)}{of_command}"
        self.folder = RunFolder(running.out) if running.out else RunFolder.next_free(name)
        self.folder.refuse_existing(", or go on in it with --resume")

    @property
    def kept_as(self) -> str | None:
        """The command by which it is known in files."""
        return self.command

    def plan(self) -> str:
        """What is going to be done, in words."""
        raise NotImplementedError

    def work(self, how: "Execution") -> Found:
        """Train."""
        raise NotImplementedError

    def write(self, found: Found) -> dict[str, Any]:
        """Write what was found to the folder; the same as facts."""
        if found.table().rows:
            from chainrule.show.report.experiments import report_of

            found.to_csv(self.folder.table)
            self.write_figures(found)
            facts = self.write_more(found)
            self.write_report(report_of(found, self.splits), found)
            return found.facts() | facts
        return found.facts()

    def write_more(self, found: Found) -> dict[str, Any]:
        """Files of this kind of job alone; more facts."""
        return {}

    def warnings(self, found: Found) -> "Sequence[TrainingWarning]":
        """What looks wrong in what was found."""
        return ()

    @cached_property
    def setting(self) -> "Setting":
        """What is trained."""
        return self.options.setting()

    @cached_property
    def splits(self) -> "Splits":
        """The data, which are read when they are first asked for."""
        from chainrule.data.matrix.workers import Cluster

        cluster = Cluster.of(self.running.cluster, self._noting("Cluster"))
        how = self.running.memory, cluster
        return self.options.open(self.data, lambda *told: self.tell(events.Progressed(*told)), *how)

    def _noting(self, head: str) -> Callable[[str], None]:
        return lambda said: self.tell(events.Noted(said, head))

    @property
    def looked_for(self) -> str:
        """Of which class a threshold is chosen, and how; "" where none is."""
        data, own = self.splits.train, self.options
        if own.threshold == "0.5" or len(data.classes) != 2:
            return ""
        first, second = data.classes
        worse = f", {own.cost_ratio:g} times as bad to miss" if own.threshold == "cost" else ""
        other = f" (else --positive {shlex.quote(first)})" if own.positive is None else ""
        return f"a threshold of '{second}' by {own.threshold}{worse}{other}"

    @property
    def data_name(self) -> str:
        """For the titles of pictures."""
        return printable(Path(self.data).name)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What going on needs, and whoever wants to repeat it."""
        from chainrule.experiments.examples import Examples
        from chainrule.files.json_file import plain

        return {
            "command": self.command,
            "chainrule": __version__,
            "data": absolute(self.data),
            "examples": Examples(self.command, self.splits.train).digest(),
            "notes": self.splits.notes,
            "options": written(self.options),
            **self.of_choice,
            self.command: plain(written(self.own), finite=True),
        }

    def run(
        self, tell: events.Tell | None = None, control: events.Control | None = None
    ) -> tuple[Found, dict[str, Any]]:
        """Train, and write the folder; what was found, and as plain facts.

        Stopped by `control` or by Ctrl-C it finds what was finished, and can be gone on with.
        """
        self.tell = tell or self.tell
        try:
            from chainrule import checks

            memory = checks.memory_within(self.running.memory)
            with blas.at_most(self.running.threads), memory:
                found = self._worked(control or events.Control())
                from chainrule.files.json_file import plain

                reached = {"complete": found.complete, **self.write(found)}
                facts: dict[str, Any] = self.facts | plain(reached, finite=True)
                self.folder.write_settings(facts)
        except BaseException as error:
            self.tell(events.Failed(error))
            raise
        if found.complete:
            self.folder.close()
        for warning in self.warnings(found):
            self.tell(events.Warned(warning))
        self.tell(events.Finished(found, facts))
        return found, facts

    def _read_settings(self) -> dict[str, Any]:
        """The settings of what is resumed; ModelFileError if they are of another kind of job."""
        saved, where = self.folder.read_settings(), str(self.folder.settings)
        if saved.get("command") != self.kept_as:
            other = saved.get("command", "train")
            way = f"Go on with: chainrule {other} --resume {self.folder.quoted}"
            got = f"those of chainrule {other}" if isinstance(other, str) else describe(other)
            raise ModelFileError(where, f"the settings of chainrule {self.command}", got, way)
        self.folder.remove_parts()
        return saved

    def _worked(self, control: events.Control) -> Found:
        """What `work` finds. The folder is made for it, and what is finished is kept there if it is
        interrupted or killed; a mistake in the settings leaves no folder."""
        from chainrule.files.atomic import ROOM

        try:
            how = self._planned(control)
        except KeyboardInterrupt:
            words = "" if self.resuming else NOTHING_YET
            raise KeyboardInterrupt(words) from None
        self.begin()
        if not self.resuming:
            self.folder.create(self.facts)
        how = replace(how, folder=self.folder.finished)  # whose number is known now
        from chainrule.data.matrix.kept import KeptPasses

        passes = KeptPasses(self.folder.finished, self._noting("Goes on"))
        self.splits.train.features.keep_passes(passes)
        try:
            return self.work(how)
        except (ChainruleError, MemoryError) as error:
            # What was asked for, and would fail again: not a full disk, or memory.
            again = isinstance(error, InputError) and error.expected != ROOM
            again = again or isinstance(error, DivergenceError)
            if not self.resuming and (again or not self.folder.kept):
                self.folder.remove()
            raise

    def _planned(self, control: events.Control) -> "Execution":
        """How it is carried out, once the data are read and all is chosen that is to be chosen."""
        memory = self.running.memory
        _ = self.setting  # whose mistakes are found before anything is read
        from chainrule.experiments import Execution
        from chainrule.experiments.execute import MEMORY

        if self.resuming and self._saved.get("examples") != self.facts.get("examples"):
            fix = "Resume with the same data and --memory, or begin anew."
            where = str(self.folder.settings)
            raise ModelFileError(where, "the data that it was begun with", "others", fix)
        self.check()
        self.setting.check_changes("--changes", len(self.splits.train))
        how = Execution(
            memory=MEMORY if memory is None else memory * 2**30 / 4,
            threads=self.running.threads,
            device=self.running.device,
            progress=lambda done, total: self.tell(events.Progressed(done, total)),
            stop=control,
        )
        if self.options.to_choose:
            self.choose(how)
        return how

    def check(self) -> None:
        """Refuse what does not fit the data, before anything is told."""
        if self.decides:
            from chainrule.experiments.examples import Examples
            from chainrule.experiments.thresholds import check_threshold

            how_sure = self.options.threshold, self.options.cost_ratio
            check_threshold("--threshold", Examples(self.command, self.splits.train), *how_sure)

    def choose(self, how: "Execution") -> None:
        """Put what is chosen on folds of the training set in the place of "auto"."""
        self.options, self.chosen = self.options.choose(self.splits.train, how, self.tell)
        self.__dict__.pop("setting")  # of before

    @property
    def of_choice(self) -> dict[str, Any]:
        """What was chosen, beside what was given: for files."""
        return {"chosen": self.chosen, "given": written(self.given)} if self.chosen else {}

    @property
    def choice(self) -> dict[str, str]:
        """What was chosen, to be told."""
        return {"Chosen": self.chosen} if self.chosen else {}

    def begin(self) -> None:
        """Tell what is going to be trained on what."""
        data = self.splits.train
        hidden = ["..."] if self.options.hidden == AUTO else self.setting.hidden
        sizes = "-".join(map(str, (data.features.shape[0], *hidden, len(data.Y))))
        facts = {"Network": sizes, **self.choice, "Plan": self.plan()}
        if data.in_file:
            from chainrule.experiments.reading import room

            facts["Room"] = room(data.features, self.setting.dtype)
        self.tell(events.Started(self.splits, {"training": data}, facts))

    def evaluation(self, options: Options, *, few: bool = False) -> str:
        """The command that comes after training with these options: an honest measurement. few :
        whether the test examples do not tell whether anything was learned."""
        if self.splits.test is not None and options.hold_out is None and not few:
            out = [] if options.drop_class is None else ["--drop-class", options.drop_class]
            source = options.test or self.data
            return shlex.join(["chainrule", "evaluate", str(self.folder.path), source, *out])
        if self.chosen and options is self.options:  # the choice is made anew in each fold
            options = self.given
        from chainrule.jobs.grouping import most_folds

        why = "the test examples do not tell" if few else "there is no test set to evaluate on"
        if options.hold_out is not None:
            why = "what was held out is one draw of many"
        options = replace(options, patience=None, hold_out=None)
        if most_folds(self.splits.train, options)[0] < 2:
            return ""
        command = command_line("crossval", self.data, options)
        return f"{command}  # {why}"

    def write_model(
        self, network: "Network", facts: dict[str, Any], splits: "Splits | None" = None
    ) -> "Model":
        """The model file of what was trained, with facts of its training.

        splits : as they were prepared for it, where that is not as they were read.
        """
        from chainrule.jobs.sources import trained_on
        from chainrule.model.model_file import Model, save

        splits = splits or self.splits
        model = Model.of(network, splits, facts | trained_on(splits.train))
        save(model, self.folder.model)
        return model

    def write_figures(self, found: Any) -> None:
        """The pictures of what was found, in the folder."""
        from chainrule.show.results import figures

        for drawn in figures(found, self.data_name):
            self.write_figure(drawn.name, drawn.figure)

    def write_figure(self, name: str, figure: "Figure") -> None:
        from chainrule.show.plots import save_figure

        path = self.folder.path / f"{name}.png"
        save_figure(figure, path)
        self.tell(events.PictureReady(path))

    @property
    def used(self) -> dict[str, Any]:
        """Settings that a report names as they were used; None for those that were not."""
        chosen = {"chosen": self.chosen or None}
        return {"iterations": self.setting.iterations, **chosen}

    def write_report(self, report: "Report", found: Found) -> None:
        """report.html in the folder, with all that looks wrong in what was found."""
        from chainrule.jobs.trained import save_report

        report = replace(report, warnings=(*report.warnings, *self.warnings(found)))
        command = command_line(self.command, absolute(self.data), self.own, self.options)
        title = f"{self.data_name}: {self.command}"
        save_report(self.folder.report, report, title, command, self.options, self.used)


def _stem(data: str) -> str:
    """A folder name from a data source's."""
    name = Path(data).resolve().stem if Path(data).exists() else data
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:40] or "run"
