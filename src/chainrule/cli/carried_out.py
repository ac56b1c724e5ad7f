"""A job on the command line: its events shown, its end told, and how to go on with it."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.errors import InputError
from chainrule.jobs.job import Job

if TYPE_CHECKING:
    from chainrule.jobs.job import Result

AnyJob = TypeVar("AnyJob", bound="Job[Any, Any]")
Report = Callable[[AnyJob, Any, dict[str, Any]], str]


def carried_out(job: AnyJob, report: Report[AnyJob], *, json: bool) -> int:
    """Run a job and say what was found; the exit code.

    report : prints what was found, with it as facts; returns what to do next, fit to be
    printed, or "".
    """
    began = time.perf_counter()
    with _going_on(job):
        with Screen(job.command, quiet=json) as screen:
            found, facts = job.run(screen)
        seconds = round(time.perf_counter() - began, 3)
        if json:
            show.print_json(facts | {"out": str(job.folder.path), "seconds": seconds})
        else:
            following = report(job, found, facts)
            for warning in screen.warnings:
                show.print_note(str(warning))
            _ending(job, found, facts, seconds, following)
    return 0 if found.complete else 1


def _ending(
    job: "Job[Any, Any]", found: "Result", facts: dict[str, Any], seconds: float, following: str
) -> None:
    """Where the files are, how it goes on if it was interrupted, what may follow."""
    out, quoted = show.console(), job.folder.quoted
    if "training_seconds" in facts:  # of one network
        took = f"{facts['iterations']} iterations in {facts['training_seconds']:.2f} s"
        out.print(f"{took}; wrote {quoted}")
    else:
        out.print(f"{seconds:.1f} s; wrote {quoted}")
        if job.folder.report.exists():
            out.print(f"Look:   {shlex.quote(str(job.folder.report))}")
    if not found.complete:
        out.print("Interrupted: what was reached is kept.")
        out.print(f"Go on:  chainrule {job.command} --resume {quoted}")
    if following:
        out.print(f"Next:   {following}")


@contextmanager
def _going_on(job: "Job[Any, Any]") -> Iterator[None]:
    """A full disk or Ctrl-C within says how to go on in the folder, if there is something in it."""
    from chainrule.files.atomic import ROOM

    try:
        yield
    except (KeyboardInterrupt, InputError) as error:
        way = f"chainrule {job.command} --resume {job.folder.quoted}"
        if not job.folder.begun:
            raise
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"Go on with: {way}") from None
        if error.expected != ROOM:
            raise
        raise InputError(
            error.where, error.expected, error.got, f"Then go on with: {way}"
        ) from None
