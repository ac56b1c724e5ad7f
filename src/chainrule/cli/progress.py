"""What is shown of a training while it runs: what is trained, and a bar."""

import time

from chainrule.cli import show
from chainrule.data import Splits
from chainrule.network import Network
from chainrule.training import Callback, Record, Session


class Introduction(Callback):
    """Says what is trained, once all settings have been found good."""

    def __init__(self, splits: Splits, network: Network) -> None:
        self._splits, self._network = splits, network

    def on_start(self, session: Session) -> None:
        network, out = self._network, show.console()
        counts = (f"{len(data)} {name}" for name, data in self._splits.sets.items())
        show.print_data(self._splits, ", ".join(counts))
        sizes, kinds = "-".join(map(str, network.layer_sizes)), ", ".join(network.activations)
        out.print(f"Network  {sizes} ({kinds}), {network.n_parameters:,} parameters")
        out.print(f"Form     {session.plan.choice.reason}")


class Progress(Callback):
    """A bar on standard error, if that is a terminal: cost, updates a second, remaining time."""

    INTERVAL = 0.1  # seconds between two looks

    def __init__(self, label: str) -> None:
        self._bar = show.bar(
            "{task.completed}/{task.total}", "cost {task.fields[cost]}", "{task.fields[rate]} it/s"
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
        """Take the bar away, however training ended."""
        show.stop(self._bar)
