"""A training's whole state in a file, from which it goes on as if it had never stopped."""

import hashlib
import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks, tensor_file
from chainrule.errors import ModelFileError
from chainrule.network import Network
from chainrule.training.early_stopping import Best
from chainrule.training.first_layer import distinct
from chainrule.training.history import Record
from chainrule.training.schedules import Constant, InverseDecay, StepDecay
from chainrule.training.session import Session
from chainrule.training.snapshot import Snapshot, Sums

VERSION = 2  # version 1 had no digest; it is not read any more
SAME = "Resume with the same data and settings; as a rule only iterations may change."
SEEN = ("cost", "waited", "ended")  # of Best, beside its parameters
# What a file that was edited by hand can make the lines below raise.
MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
Array = np.ndarray


def save_checkpoint(session: Session, path: str | Path) -> None:
    """Save the session's state to `path`, atomically. See `train(..., resume=path)`."""
    arrays: dict[str, Array] = {}
    at = session.snapshot()
    for layer, (W, b) in enumerate(zip(session.start.weights, session.start.biases, strict=True)):
        arrays[f"start.W{layer + 1}"], arrays[f"start.b{layer + 1}"] = distinct(W), distinct(b)
    for k, block in enumerate(session.blocks):
        arrays[f"p{k}"] = block.p
        arrays |= {f"p{k}.state{j}": state for j, state in enumerate(block.state)}
        if at.best is not None:
            arrays[f"p{k}.best"] = at.best.parameters[k]
    facts = {
        "format": "chainrule checkpoint",
        "version": VERSION,
        "activations": session.start.activations,
        "loss": session.start.loss,
        "settings": _settings(session),
        "digests": _digests(session),
        "iteration": session.iteration,
        "batches": session.batches.state(),
        "sums": _plain(vars(at.sums)),
        "records": [_plain(vars(record)) for record in at.records],
        "diverged": session.diverged.tolist(),
        "best": at.best and {name: getattr(at.best, name).tolist() for name in SEEN},
    }
    tensor_file.write(path, arrays, facts)


def read(path: str | Path) -> "Saved":
    """A checkpoint file's contents; ModelFileError if it cannot be trusted."""
    arrays, facts = tensor_file.read(path, "checkpoint", VERSION, oldest=VERSION)
    return Saved(str(path), arrays, facts)


@dataclass(frozen=True, eq=False)
class Saved:
    """A checkpoint that was read, not yet put to use."""

    path: str
    arrays: dict[str, Array]
    facts: dict[str, Any]

    def _settings(self) -> dict[str, Any]:
        settings = self.facts.get("settings")
        if not isinstance(settings, dict):
            raise self._broken("no settings")
        return settings

    @property
    def record_every(self) -> Any:
        """Iterations between the records of the saved training."""
        return self._settings().get("record_every")

    @property
    def form(self) -> Any:
        """Of the first layer in the saved training."""
        return self._settings().get("first_layer")

    def start_of(self, network: Network) -> Network:
        """The network that the saved training started from; it must be built like `network`."""
        try:
            layers = range(1, len(self.facts["activations"]) + 1)
            start = Network(
                tuple(self._start(f"W{layer}", network.n_runs) for layer in layers),
                tuple(self._start(f"b{layer}", network.n_runs) for layer in layers),
                tuple(self.facts["activations"]),
                self.facts["loss"],
            )
        except MALFORMED as error:
            raise self._broken(str(error)) from None
        if _build(start) != _build(network):
            raise ModelFileError(
                self.path,
                f"the checkpoint of a network {_build(network)}",
                _build(start),
                "Resume with the settings that the training began with.",
            )
        return start

    def _start(self, name: str, n_runs: int | None) -> Array:
        """Starting weights; what all runs share is one array again. It is multiplied once, and as
        a stack it would be by other kernels of BLAS, whose bits are others."""
        array = self.arrays[f"start.{name}"]
        if n_runs is not None and array.ndim == 3 and len(array) == 1:
            return np.broadcast_to(array, (n_runs, *array.shape[1:]))
        return array

    def restore(self, session: Session) -> None:
        """Put the session where the saved one was."""
        now, then = _settings(session), self._settings()
        for name in now:
            if now[name] != then.get(name):
                began = (
                    f"the {name} that the training began with ({checks.describe(then.get(name))})"
                )
                raise ModelFileError(self.path, began, checks.describe(now[name]), SAME)
        digests = self.facts.get("digests")
        for name, digest in _digests(session).items():
            if not isinstance(digests, dict) or digests.get(name) != digest:
                began = f"the {name} that the training began with"
                raise ModelFileError(self.path, began, f"other {name}", SAME)
        try:
            self._fill(session)
        except MALFORMED as error:
            raise self._broken(str(error)) from None
        if not (self._finite(session) and session.iteration >= 0):
            raise self._broken("numbers that are not finite")
        if session.iteration > (planned := session.plan.iterations):
            done = f"at least the {session.iteration} iterations that are done"
            raise ModelFileError(self.path, done, f"{planned}", "Plan more of them.")

    def _fill(self, session: Session) -> None:
        facts, arrays = self.facts, self.arrays
        names = [f"p{k}" for k in range(len(session.blocks))]
        session.set_parameters([arrays[name] for name in names])
        for name, block in zip(names, session.blocks, strict=True):
            for j, state in enumerate(block.state):
                state[...] = arrays[f"{name}.state{j}"]
        session.batches.restore(facts["batches"])
        best = None
        if facts["best"] is not None:
            kept = [arrays[f"{name}.best"] for name in names]
            best = Best(**_arrays(facts["best"]), parameters=kept)
        records = [_record(values, session.diverged.shape) for values in facts["records"]]
        diverged = np.array(facts["diverged"], dtype=np.int64).reshape(session.diverged.shape)
        at = Snapshot(records, Sums(**_arrays(facts["sums"])), best)
        session.restore(operator.index(facts["iteration"]), diverged, at)

    @staticmethod
    def _finite(session: Session) -> bool:
        """Whether all parameters are, but for runs that had diverged."""
        going = session.diverged < 0
        return all(np.isfinite(block.p[going]).all() for block in session.blocks)

    def _broken(self, detail: str) -> ModelFileError:
        return ModelFileError(
            self.path, "a complete checkpoint", f"one that is inconsistent ({detail[:120]})"
        )


def _record(values: dict[str, Any], lead: tuple[int, ...]) -> Record:
    """A record of the file; ValueError unless its numbers are some, () or (R,)."""
    record = Record(**_arrays(values))
    for value in vars(record).values():
        if value is not None and np.asarray(value, np.float64).shape not in ((), lead):
            raise ValueError("a record that is none")
    if not isinstance(record.iteration, int):
        raise ValueError("a record without its iteration")
    return record


def _build(network: Network) -> str:
    sizes = "-".join(str(n) for n in network.layer_sizes)
    runs = "" if network.n_runs is None else f", {network.n_runs} runs"
    return f"{sizes} ({', '.join(network.activations)}; {network.loss}; {network.dtype}{runs})"


def _settings(session: Session) -> dict[str, Any]:
    """What must not change between the parts of one training."""
    plan, batches = session.plan, session.batches
    # Any other schedule may look at the planned iterations, as the cosine does.
    planless = isinstance(plan.schedule, (Constant, InverseDecay, StepDecay))
    return {
        "optimizer": repr(plan.optimizer),
        "learning_rate": np.asarray(plan.learning_rate).tolist(),
        "schedule": repr(plan.schedule),
        "number of iterations that the schedule is planned for": None
        if planless
        else plan.iterations,
        "l2": np.asarray(plan.l2).tolist(),
        "first_layer": plan.choice.form,
        "record_every": plan.record_every,
        "early_stopping": repr(plan.early_stopping),
        "batch_size": batches.batch_size,
    }


def _digests(session: Session) -> dict[str, str]:
    """By which the data of a training are known again."""
    batches = session.batches
    found = {"labels": [batches.labels], "weights": [batches.weight], "data": session.samples()}
    digests = {}
    for name, arrays in found.items():
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        digests[name] = digest.hexdigest()
    return digests


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Arrays as lists, for JSON; Python writes floats so that they read back exactly."""
    return {
        name: value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
        for name, value in values.items()
    }


def _arrays(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: np.array(value) if isinstance(value, list) else value
        for name, value in values.items()
    }
