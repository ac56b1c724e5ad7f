"""One training in a process of its own: it is told what to do, and tells how far it is.

Both are tuples through a pipe, a word and what belongs to it. The process ends with its training,
and where the other end is gone it stops after its step, what was reached kept.
"""

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import ChainruleError
from chainrule.files.json_file import plain
from chainrule.jobs import events
from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running, written
from chainrule.jobs.training import TrainingJob
from chainrule.training import Callback, Record, Session
from chainrule.training.moment import Moment

if TYPE_CHECKING:
    from chainrule.experiments import Execution
    from chainrule.training import Training

EVERY = 0.1  # seconds between two moments where no record is due
SHARE = 20  # a moment is sent no sooner than so many times after what the last one took


class Watching(Callback):
    """Sends the network on its way: with each record, of which there are about a hundred, and
    between them for at most a twentieth of the training's time."""

    def __init__(self, say: Callable[..., None]) -> None:
        self._say, self._began, self._took = say, 0.0, 0.0

    def on_start(self, session: Session) -> None:
        self._session = session
        for record in session.history.records:  # of before, where it goes on
            self._say(*_recorded(record))
        self.send()

    def on_record(self, session: Session, record: Record) -> None:
        self.send()

    def on_step(self, session: Session) -> None:
        if time.perf_counter() >= self._began + max(EVERY, SHARE * self._took):
            self.send()

    def on_end(self, session: Session) -> None:
        self.send()

    def send(self) -> None:
        self._began = time.perf_counter()
        self._say("moment", Moment.of(self._session))
        self._took = time.perf_counter() - self._began


class WatchedJob(TrainingJob):
    """A training that sends its moments."""

    saved_every = 10.0

    def __init__(self, say: Callable[..., None], *job: Any, **more: Any) -> None:
        super().__init__(*job, **more)
        self.watching = Watching(say)

    def work(self, how: "Execution") -> "Training":
        return super().work(replace(how, watching=(self.watching,)))


def work(pipe: Connection) -> None:
    """All that the process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is its parent's, who then stops it
    try:
        word, *given = pipe.recv()
    except EOFError:
        return
    if word != "begin":  # it was never needed
        return
    control = events.Control()
    threading.Thread(target=_listen, args=(pipe, control), daemon=True).start()

    def say(*words: Any) -> None:
        try:
            pipe.send(words)
        except OSError:  # nobody hears it any more
            control.set()

    def tell(event: events.Event) -> None:
        if isinstance(event, events.Paused):
            job.watching.send()
        if type(event) in SAID:
            say(*SAID[type(event)](event, job))

    try:
        job = WatchedJob(say, *given)
        found, facts = job.run(tell, control)
        say("finished", plain(facts, finite=True), found.complete)
    except ChainruleError as error:
        say("failed", str(error))
    except (Exception, KeyboardInterrupt) as error:
        say("failed", f"{type(error).__name__}: {error}")


def _listen(pipe: Connection, control: events.Control) -> None:
    """Do what is said, until nobody says anything any more."""
    try:
        while True:
            word, *given = pipe.recv()
            if word == "change":
                control.change(**given[0])
            else:
                getattr(control, {"stop": "set", "go": "go_on"}.get(word, word))(*given)
    except (EOFError, OSError):
        control.set()


def _recorded(record: Record) -> tuple[str, dict[str, Any]]:
    return "record", {name: value for name, value in vars(record).items() if name != "epoch"}


# What the page is told of a job's events.
SAID: dict[type, Callable[[Any, TrainingJob], tuple[Any, ...]]] = {
    events.Recorded: lambda event, job: _recorded(event.record),
    events.Progressed: lambda event, job: ("progress", event.done, event.total, event.unit),
    events.Started: lambda event, job: ("started", dict(event.facts), written(job.options)),
    events.Paused: lambda event, job: ("paused", event.iteration),
    events.Changed: lambda event, job: ("changed", written(job.options)),
    events.Noted: lambda event, job: ("said", event.words),
    events.Warned: lambda event, job: ("warned", str(event.warning)),
}


class Worker:
    """A process for one training, which is started before it is needed: to import takes longer
    than the first hundred steps."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def begin(
        self, data: str, options: Options, running: Running, begin_from: Path | None = None
    ) -> None:
        self.pipe.send(("begin", data, options, NOTHING, running, begin_from))

    def say(self, word: str, *given: Any) -> None:
        """pause, go, step n, change values, stop; nothing where it has ended."""
        with contextlib.suppress(OSError):
            self.pipe.send((word, *given))

    def end(self, seconds: float = 5.0) -> None:
        """Stop it, what was reached kept; kill it where it does not within so many seconds."""
        self.say("stop")
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.kill()
        self.pipe.close()
