"""The networks that a training passes through, kept to be looked at afterwards."""

from collections.abc import Iterable

from chainrule import checks
from chainrule.network import Network
from chainrule.training import Callback, Session


class NetworkFrames(Callback):
    """Keeps a copy of the network as it is after each of the given numbers of updates.

    frames : {updates done: network}, in the order of training, filled as it goes; fewer than asked
    for where training ends early.

    Each costs the memory of all weights and, in the dual form, one product to form W[1].
    """

    def __init__(self, iterations: Iterable[int]) -> None:
        self._wanted = {
            checks.whole_number("NetworkFrames", "each iteration", n) for n in iterations
        }
        self.frames: dict[int, Network] = {}

    def on_start(self, session: Session) -> None:
        self.on_step(session)

    def on_step(self, session: Session) -> None:
        if session.iteration in self._wanted:
            self.frames[session.iteration] = session.network()
