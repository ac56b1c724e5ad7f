"""How long an experiment may take where nobody asked for it by name."""

import threading
import time
from dataclasses import replace

from chainrule.experiments.execute import Execution

SOON = 2.0  # seconds, from which on what is done says how long the whole takes


class Budget:
    """Ends an experiment that would take more than `seconds`, as soon as that shows.

    how : as it would be carried out otherwise. even : whether what is done of it tells how long the
    rest takes; else it is ended once the time is over. execution : as it is to be. needed : seconds
    that it takes, by what was seen of it. over : whether that was too long.
    """

    def __init__(self, seconds: float, how: Execution | None = None, *, even: bool = True) -> None:
        how = how or Execution()
        self.seconds, self.needed, self._progress = seconds, 0.0, how.progress
        self._even = even
        self._began: float | None = None  # at the first word of progress
        self._stop = how.stop or threading.Event()
        self.execution = replace(how, progress=self._look, stop=self._stop)

    @property
    def over(self) -> bool:
        return self.needed > self.seconds

    def _look(self, done: float, total: float) -> None:
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        spent = now - self._began
        if spent > SOON:
            self.needed = spent * (total / max(1.0, done) if self._even else 1.0)
        if self.over:
            self._stop.set()
        elif self._progress is not None:
            self._progress(done, total)
