"""What the commands print: tables, progress and JSON."""

import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.training import Callback, Record, Session

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def console(*, error: bool = False) -> "Console":
    """Standard output or standard error; names from data are never read as markup."""
    from rich.console import Console

    return Console(stderr=error, markup=False, highlight=False, emoji=False, soft_wrap=True)


def table(title: str, *columns: str, numbers: int = 0) -> "Table":
    """An empty table; the last `numbers` columns are aligned to the right."""
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for k, name in enumerate(columns):
        right = k >= len(columns) - numbers
        made.add_column(name, justify="right" if right else "left", overflow="fold")
    return made


def safe(text: str) -> str:
    """Text from data with control characters escaped: a file name must not paint the terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def print_json(facts: dict[str, Any]) -> None:
    """One JSON object on standard output, in ASCII: it passes through any terminal or pipe."""
    text = json.dumps(facts, indent=2, allow_nan=False)
    sys.stdout.write(f"{text}\n")


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %"


def value(setting: Any) -> str:
    """A setting's value in a table: hidden units as 20-7-5, numbers with four digits."""
    if isinstance(setting, tuple):
        return "-".join(map(str, setting)) or "none"
    return f"{setting:.4g}" if isinstance(setting, float) else str(setting)


def number(found: float) -> str:
    """A measure in a table, with four decimals; - for not a number."""
    return "-" if found != found else f"{found:.4f}" if abs(found) < 1e4 else f"{found:.1e}"


def ending(folder: Path, seconds: float, command: str, *, complete: bool) -> None:
    """Where an experiment's files are and, if it was interrupted, how it goes on."""
    out, quoted = console(), shlex.quote(str(folder))
    out.print(f"{seconds:.1f} s; wrote {quoted}")
    if not complete:
        out.print("Interrupted: what was finished is kept.")
        out.print(f"Go on:  chainrule {command} --resume {quoted}")


class Progress(Callback):
    """A bar on standard error, if that is a terminal: cost, updates a second, remaining time."""

    INTERVAL = 0.1  # seconds between two looks

    def __init__(self, label: str) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        errors = console(error=True)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("cost {task.fields[cost]}"),
            TextColumn("{task.fields[rate]} it/s"),
            TimeRemainingColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        self._label, self._next = label, 0.0

    def on_start(self, session: Session) -> None:
        self._began, self._first = time.perf_counter(), session.iteration
        self._task = self._bar.add_task(
            self._label,
            total=session.plan.iterations,
            completed=session.iteration,
            cost="-",
            rate="-",
        )
        self._bar.start()

    def on_step(self, session: Session) -> None:
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + self.INTERVAL
            rate = (session.iteration - self._first) / max(now - self._began, 1e-9)
            self._bar.update(self._task, completed=session.iteration, rate=f"{rate:,.0f}")

    def on_record(self, session: Session, record: Record) -> None:
        self._bar.update(self._task, cost=f"{record.cost:.6f}")

    def close(self) -> None:
        """Take the bar away, however training ended. A bar that never began leaves no trace."""
        if self._bar.live.is_started:
            self._bar.stop()


class RunsProgress:
    """A bar on standard error, if that is a terminal: all runs' iterations, remaining time."""

    def __init__(self, label: str) -> None:
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        errors = console(error=True)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} iterations"),
            TimeRemainingColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        self._label = label

    def update(self, done: float, total: float) -> None:
        """Called from several threads, one at a time."""
        if not self._bar.tasks:
            self._bar.add_task(self._label, total=total)
            self._bar.start()
        self._bar.update(self._bar.tasks[0].id, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away. One that never began leaves no trace."""
        if self._bar.live.is_started:
            self._bar.stop()
