"""A job on the command line: what is shown while it runs and at its end, and how to go on."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.cli import show
from chainrule.errors import ClusterError, InputError
from chainrule.jobs.events import Event, Noted, Progressed, Recorded, Started, Warned
from chainrule.jobs.job import Job

if TYPE_CHECKING:
    from chainrule.training.warnings import TrainingWarning

AnyJob = TypeVar("AnyJob", bound="Job[Any, Any]")
Facts = dict[str, Any]
Report = Callable[[AnyJob, Any, Facts], str]


class Screen:
    """Given a job's events it shows them, unless it is quiet, and keeps the warnings.

    label : of the bar, which is on standard error, if that is a terminal.
    """

    def __init__(self, label: str, unit: str = "iterations", *, quiet: bool = False) -> None:
        self._label, self._unit, self._quiet = label, unit, quiet
        self._bar: Any = None
        self._cost = ""
        self.warnings: list[TrainingWarning] = []

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *error: object) -> None:
        """Take the bar away, however the job ended."""
        if self._bar is not None and self._bar.live.is_started:  # else rich prints an empty line
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.warning)
        elif isinstance(event, Started) and not self._quiet:
            self._anew(self._unit)
            counts = (f"{len(data)} {name}" for name, data in event.sets.items())
            show.print_data(event.splits, ", ".join(counts))
            for name, text in event.facts.items():
                show.print_beside(name, text)
        elif isinstance(event, Noted) and not self._quiet:
            self._anew(self._unit)
            show.print_set_in(f"{event.words}.", event.head, 9)
        elif isinstance(event, Progressed):
            self.update(event.done, event.total, event.unit)
        elif isinstance(event, Recorded):
            self._cost = f"  cost {event.record.cost:.6f}"

    def _anew(self, unit: str) -> None:
        """The bar is taken away, and the next one is of this unit."""
        self.__exit__()
        self._bar, self._cost, self._unit = None, "", unit

    def update(self, done: float, total: float, unit: str | None = None) -> None:
        """How much is done, and since when how fast."""
        if self._quiet:
            return
        if unit not in (None, self._unit):
            self._anew(str(unit))
        now = time.perf_counter()
        if self._bar is None:
            self._bar, self._began, self._first = show.bar(), now, done
            self._bar.add_task(self._label, total=total, text="")
            self._bar.start()
        rate = (done - self._first) / max(now - self._began, 1e-9)
        digits = 1 if self._unit == "GB" else 0
        text = f"{done:,.{digits}f}/{total:,.{digits}f} {self._unit}{self._cost}"
        text += f"  {rate:,.{digits}f}/s"
        self._bar.update(self._bar.tasks[0].id, completed=done, total=total, text=text)


def carried_out(job: AnyJob, report: Report[AnyJob], *, json: bool) -> int:
    """Run a job and say what was found, where its files are, how it goes on if it was interrupted;
    the exit code.

    report : prints what was found, with it as facts; returns what to do next, fit to be
    printed, or "".
    """
    began, folder = time.perf_counter(), job.folder
    with _going_on(job) as way:
        with Screen(job.command, quiet=json) as screen:
            found, facts = job.run(screen)
        seconds = round(time.perf_counter() - began, 3)
        if json:
            show.print_json(facts | {"out": str(folder.path), "seconds": seconds})
            return 0 if found.complete else 1
        following = report(job, found, facts)
        for warning in screen.warnings:
            show.print_note(str(warning))
        out, took = show.console(), f"{seconds:.1f} s"
        if "training_seconds" in facts:  # of one network
            took = f"{facts['iterations']} iterations in {facts['training_seconds']:.2f} s"
        out.print(f"{took}; wrote {folder.quoted}")
        if folder.report.exists() and "training_seconds" not in facts:
            out.print(f"Look:   {shlex.quote(str(folder.report))}")
        if not found.complete:
            out.print("Interrupted: what was reached is kept.")
            out.print(f"Go on:  {show.folded(way(), 8)}")
        if following:
            lines = [show.folded(line, 8) for line in following.split("\n")]
            out.print(f"Next:   {f'{chr(10)}        '.join(lines)}")
    return 0 if found.complete else 1


@contextmanager
def _going_on(job: "Job[Any, Any]") -> Iterator[Callable[[], str]]:
    """The command to go on in the folder; a full disk, Ctrl-C or a cluster that fails within says
    it, if there is something in it."""
    from chainrule.files.atomic import ROOM

    def way() -> str:  # whose number is known when it is made
        how = {"memory": job.running.memory, "cluster": job.running.cluster}
        given = {name: shlex.quote(str(value)) for name, value in how.items() if value is not None}
        again = "".join(f" --{name} {value}" for name, value in given.items())
        return f"chainrule {job.command} --resume {job.folder.quoted}{again}"

    try:
        yield way
    except (KeyboardInterrupt, ClusterError) as error:
        if not job.folder.begun:
            raise
        said = f"{error} " if isinstance(error, ClusterError) else ""
        raise type(error)(f"{said}Go on with: {way()}") from None
    except InputError as error:
        if not job.folder.begun or error.expected != ROOM:
            raise
        fix = f"Then go on with: {way()}"
        raise InputError(error.where, error.expected, error.got, fix) from None
