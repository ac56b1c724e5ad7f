"""A job on the command line: its events shown, its end told, and how to go on with it."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.errors import InputError
from chainrule.jobs.job import Job

AnyJob = TypeVar("AnyJob", bound="Job[Any, Any]")
Report = Callable[[AnyJob, Any, dict[str, Any]], str]


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
            out.print(f"Go on:  {way()}")
        if following:
            out.print(f"Next:   {following}")
    return 0 if found.complete else 1


@contextmanager
def _going_on(job: "Job[Any, Any]") -> Iterator[Callable[[], str]]:
    """The command to go on in the folder; a full disk or Ctrl-C within says it, if there is
    something in it."""
    from chainrule.files.atomic import ROOM

    def way() -> str:  # whose number is known when it is made
        return f"chainrule {job.command} --resume {job.folder.quoted}"

    try:
        yield way
    except KeyboardInterrupt:
        if not job.folder.begun:
            raise
        raise KeyboardInterrupt(f"Go on with: {way()}") from None
    except InputError as error:
        if not job.folder.begun or error.expected != ROOM:
            raise
        fix = f"Then go on with: {way()}"
        raise InputError(error.where, error.expected, error.got, fix) from None
