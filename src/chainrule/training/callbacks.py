"""Hooks into training: look, print, save, or stop."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.training.history import Record
    from chainrule.training.plan import Plan
    from chainrule.training.session import Session


class Callback:
    """Override what you need. `session` gives the running training: see Session.

    `on_step` is called after every update, so it should cost next to nothing; a callback that
    does not override it costs nothing at all.
    """

    def on_plan(self, plan: "Plan") -> None:
        """Before anything is computed, the Gram matrix included."""

    def on_start(self, session: "Session") -> None:
        """Before the first iteration."""

    def on_step(self, session: "Session") -> None:
        """After every update."""

    def on_record(self, session: "Session", record: "Record") -> None:
        """After every record of the history."""

    def on_end(self, session: "Session") -> None:
        """After the last iteration, also when training was stopped or interrupted; the session has
        the last parameters then, not yet the best ones of early stopping."""


class OnRecord(Callback):
    """Calls a function with each record; training stops early if it returns True."""

    def __init__(self, function: Callable[["Record"], Any]) -> None:
        self._function = function

    def on_record(self, session: "Session", record: "Record") -> None:
        if self._function(record) is True:
            session.stop("callback")


class StopOn(Callback):
    """Ends training after its present step once an event is set, from whichever thread, as Ctrl-C
    does: what was reached is kept."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def on_start(self, session: "Session") -> None:
        self.on_step(session)

    def on_step(self, session: "Session") -> None:
        # What was reached with the last step is complete.
        if session.iteration < session.plan.iterations and self._event.is_set():
            session.stop("interrupted")
