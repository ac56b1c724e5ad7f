"""What is shown of a job while it runs: what is trained on what, and a bar."""

import time
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.jobs.events import Event, Progressed, Recorded, Started, Warned

if TYPE_CHECKING:
    from chainrule.training.warnings import TrainingWarning


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
            counts = (f"{len(data)} {name}" for name, data in event.sets.items())
            show.print_data(event.splits, ", ".join(counts))
            for name, text in event.facts.items():
                show.console().print(f"{name:<9}{text}")
        elif isinstance(event, Progressed):
            self.update(event.done, event.total)
        elif isinstance(event, Recorded):
            self._cost = f"  cost {event.record.cost:.6f}"

    def update(self, done: float, total: float) -> None:
        """How much is done, and since when how fast."""
        if self._quiet:
            return
        now = time.perf_counter()
        if self._bar is None:
            self._bar, self._began, self._first = show.bar(), now, done
            self._bar.add_task(self._label, total=total, text="")
            self._bar.start()
        rate = (done - self._first) / max(now - self._began, 1e-9)
        text = f"{done:,.0f}/{total:,.0f} {self._unit}{self._cost}  {rate:,.0f}/s"
        self._bar.update(self._bar.tasks[0].id, completed=done, total=total, text=text)
