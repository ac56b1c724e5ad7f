"""What the trained sessions of a group of runs have reached: networks, outputs."""

from collections.abc import Sequence

import numpy as np

from chainrule.device import on_host
from chainrule.experiments.examples import Subset
from chainrule.network import Network
from chainrule.training import Session
from chainrule.training.first_layer import Primal

Array = np.ndarray


def network_of(sessions: Sequence[Session]) -> Network:
    """Of all runs."""
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        found = [session.network() for session in sessions]
    return found[0] if found[0].n_runs is not None else Network.stack(found)


def shares_of(sessions: Sequence[Session]) -> Array | None:
    """Of each run what is left of its start in W[1]: all without a penalty; None where the first
    layer is primal and there is one."""
    found = []
    for session in sessions:
        first, targets = session.first, session.plan.targets
        if isinstance(first, Primal):
            if session.pace.decays:
                return None
            a = np.ones((session.start.n_runs or 1, 1, 1))
        else:
            a = on_host(first.a)
        found += [a if targets is None else targets.of_dual(session.start, [a])[0]]
    return np.concatenate([a.reshape(-1) for a in found])


def outputs_of(session: Session, subset: Subset, n_y: int, m: int) -> Array:
    """A (R, n_y, m) of all examples, in their own order."""
    if subset.index is None and session.seen is not None and session.start.n_runs is not None:
        # Of the last record.
        A, targets = on_host(session.seen.A[-1]), session.plan.targets
        return A if targets is None else targets.restored(A)  # no weights are needed
    return _answers(session, subset, m).reshape(-1, n_y, m)


def _answers(session: Session, subset: Subset, m: int) -> Array:
    """The same, of a session alone without the axis of runs, through its network."""
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        network = session.network()
        A = network.predict_proba(subset.X)
        if subset.index is None or subset.validation is None:
            return A
        whole = np.empty((*A.shape[:-1], m), A.dtype)
        whole[..., subset.index] = A
        whole[..., subset.left_out(m)] = network.predict_proba(subset.validation[0])
    return whole
