"""A training's whole state in a file, from which it goes on as if it had never stopped.

One format serves `train` and scikit-learn's fits, see `chainrule.estimators.checkpoint`: parameters
and the optimizer's memory of them, block by block, the first layer's form, and what must be the
same when training goes on, the data by their digests. What else is kept is each driver's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.device import HOST, Device, on_host
from chainrule.errors import InputError, ModelFileError
from chainrule.files import tensor_file
from chainrule.files.digest import digest
from chainrule.files.json_file import plain
from chainrule.network import Network
from chainrule.training.changes import before, text_of
from chainrule.training.choice import Choice
from chainrule.training.early_stopping import Best
from chainrule.training.first_layer import distinct
from chainrule.training.history import Record, Sums
from chainrule.training.optimizers import LBFGS
from chainrule.training.parameters import Block
from chainrule.training.schedules import Constant, InverseDecay, StepDecay

if TYPE_CHECKING:
    from chainrule.training.session import Session

KIND, VERSION = "checkpoint", 4  # older ones, of trainings or of fits alone, are not read any more
SAME = "Resume with the same data and settings; as a rule only iterations may change."
SEEN = ("cost", "waited", "ended")  # of Best, beside its parameters
Array = np.ndarray


def save_checkpoint(session: "Session", path: str | Path) -> None:
    """Save the session's state to `path`, atomically. See `train(..., resume=path)`."""
    if isinstance(session.plan.optimizer, LBFGS):
        fix = "SciPy does not give L-BFGS's memory away."
        raise InputError("save_checkpoint", "an optimizer other than lbfgs", "lbfgs", fix)
    records, sums, best = session.snapshot()
    start, kind = session.start.saved("start.")
    arrays = {name: distinct(array) for name, array in start.items()}
    there = changing(session.blocks, None if best is None else best.parameters)
    arrays |= {name: on_host(array) for name, array in there.items()}
    settings = _settings(session, session.iteration)
    same = facts("training", session.plan.choice, settings, _digests(session))
    own = {
        **kind,
        "iteration": session.iteration,
        "batches": session.batches.state(),
        "sums": plain(vars(sums)),
        "records": plain([vars(record) for record in records]),
        "diverged": session.diverged.tolist(),
        "best": best and {name: getattr(best, name).tolist() for name in SEEN},
    }
    tensor_file.write(path, arrays, same | own)


def facts(
    of: str, choice: Choice, settings: dict[str, Any], digests: dict[str, str]
) -> dict[str, Any]:
    """What every checkpoint says: of what it is, and what must not change."""
    form = {"format": f"chainrule {KIND}", "version": VERSION, "of": of}
    return form | {"choice": [choice.form, choice.reason], "settings": settings, "digests": digests}


def read(path: str | Path, of: str = "training") -> "Saved":
    """A checkpoint file's contents; ModelFileError if it cannot be trusted, or is not `of` that."""
    arrays, found = tensor_file.read(path, KIND, VERSION, oldest=VERSION)
    if found["of"] != of:
        raise ModelFileError(str(path), f"the checkpoint of a {of}", f"that of a {found['of']}")
    return Saved(str(path), arrays, found)


@dataclass(frozen=True, eq=False)
class Saved:
    """A checkpoint that was read, not yet put to use; its digest says that it is as it was
    written."""

    path: str
    arrays: dict[str, Array]
    facts: dict[str, Any]

    @property
    def record_every(self) -> Any:
        """Iterations between the records of the saved training."""
        return self.facts["settings"]["record_every"]

    @property
    def choice(self) -> Choice:
        """The first layer's form in the saved training, and why it was chosen."""
        return Choice(*self.facts["choice"])

    def compare(self, settings: dict[str, Any], digests: dict[str, str], fix: str) -> None:
        """ModelFileError unless this is of these settings and of data of these digests."""
        then = self.facts["settings"]
        for name, value in settings.items():
            if value != then.get(name):
                of = f" ({checks.describe(then[name])})" if name in then else ""
                began = f"the {name} that the training began with{of}"
                raise ModelFileError(self.path, began, checks.describe(value), fix)
        for name, found in digests.items():
            if found != self.facts["digests"][name]:
                began = f"the {name} that the training began with"
                raise ModelFileError(self.path, began, f"other {name}", fix)

    def fill(self, views: dict[str, Array], device: Device = HOST) -> None:
        """Put the saved numbers where they were."""
        for name, array in views.items():
            saved = self.arrays[name]
            array[...] = saved if isinstance(array, np.ndarray) else device.put(saved)

    def start_of(self, network: Network) -> Network:
        """The network that the saved training started from; it must be built like `network`."""
        begun = {name: a for name, a in self.arrays.items() if name.startswith("start.")}
        shared = {name: _shared(array, network.n_runs) for name, array in begun.items()}
        start = Network.restored(shared, self.facts, "start.")
        if str(start) != str(network):
            expected = f"the checkpoint of a network as {network}"
            fix = "Resume with the settings that the training began with."
            raise ModelFileError(self.path, expected, f"{start}", fix)
        return start

    def restore(self, session: "Session") -> None:
        """Put the session where the saved one was."""
        at, planned = self.facts["iteration"], session.plan.iterations
        self.compare(_settings(session, at), _digests(session), SAME)
        if at > planned:
            done = f"at least the {at} iterations that are done"
            raise ModelFileError(self.path, done, f"{planned}", "Plan more of them.")
        try:
            session.batches.restore(self.facts["batches"])
        except (KeyError, TypeError, ValueError) as error:  # of NumPy's generators
            began = "rng as the training began with"
            raise ModelFileError(self.path, began, f"another kind ({error})"[:120], SAME) from None
        self._fill(session)

    def _fill(self, session: "Session") -> None:
        facts, arrays = self.facts, self.arrays
        best = kept = None
        if facts["best"] is not None:
            kept = [arrays[f"p{k}.best"] for k in range(len(session.blocks))]
            best = Best(**_arrays(facts["best"]), parameters=kept)
        self.fill(changing(session.blocks, kept), session.device)
        records = [Record(**_arrays(values)) for values in facts["records"]]
        diverged = np.array(facts["diverged"], dtype=np.int64).reshape(session.diverged.shape)
        sums = Sums(**_arrays(facts["sums"]))
        session.restore(facts["iteration"], diverged, (records, sums, best))


def _shared(array: Array, n_runs: int | None) -> Array:
    """Starting weights; what all runs share is one array again. It is multiplied once, and as a
    stack it would be by other kernels of BLAS, whose bits are others."""
    if n_runs is not None and array.ndim == 3 and len(array) == 1:
        return np.broadcast_to(array, (n_runs, *array.shape[1:]))
    return array


def _settings(session: "Session", iteration: int) -> dict[str, Any]:
    """What must not change between the parts of one training, of which the first ended there."""
    plan, batches = session.plan, session.batches
    # Any other schedule may look at the planned iterations, as the cosine does.
    planless = isinstance(plan.schedule, (Constant, InverseDecay, StepDecay))
    planned = None if planless else plan.iterations
    return {
        "optimizer": repr(plan.optimizer),
        "learning_rate": np.asarray(plan.learning_rate).tolist(),
        "schedule": repr(plan.schedule),
        "number of iterations that the schedule is planned for": planned,
        "l2": np.asarray(plan.l2).tolist(),
        f"changes before iteration {iteration}": text_of(before(iteration, session.changes)),
        "first_layer": plan.choice.form,
        "record_every": plan.record_every,
        "early_stopping": repr(plan.early_stopping),
        "batch_size": batches.batch_size,
        "dropout": batches.dropout and list(batches.dropout.rates),
    }


def changing(blocks: Sequence[Block], best: Sequence[Array] | None) -> dict[str, Array]:
    """Parameters, the optimizer's memory of them, and the best so far, if any: views."""
    found: dict[str, Array] = {}
    for k, block in enumerate(blocks):
        found |= {f"p{k}": block.p}
        found |= {f"p{k}.state{j}": state for j, state in enumerate(block.state)}
        found |= {} if best is None else {f"p{k}.best": best[k]}
    return found


def _digests(session: "Session") -> dict[str, str]:
    """By which the data of a training are known again: of features, which may be many, the first,
    middle and last example."""
    plan, batches = session.plan, session.batches
    own = plan.validation
    other, Y = own if isinstance(own, tuple) else (None, own)
    data = [X.columns([0, X.shape[1] // 2, -1]) for X in (plan.X, other) if X is not None]
    data += [] if Y is None else [Y]
    found = {"labels": [batches.labels], "weights": [batches.weight], "data": data}
    return {name: digest(iter(arrays)) for name, arrays in found.items()}


def _arrays(values: dict[str, Any]) -> dict[str, Any]:
    return {n: np.array(v) if isinstance(v, list) else v for n, v in values.items()}
