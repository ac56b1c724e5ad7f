"""A training's whole state in a file, from which it goes on as if it had never stopped."""

import hashlib
import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import tensor_file
from chainrule.errors import ModelFileError
from chainrule.network import Network
from chainrule.training.history import History, Record
from chainrule.training.session import Best, Running, Session

VERSION = 1
# What a file that was edited by hand can make the lines below raise.
MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
Array = np.ndarray


def write(session: Session, path: str | Path) -> None:
    """Save the session's state to `path`, atomically. See `train(..., resume=path)`."""
    arrays: dict[str, Array] = {}
    progress = session.progress()
    for layer, (W, b) in enumerate(zip(session.start.weights, session.start.biases, strict=True)):
        arrays[f"start.W{layer + 1}"], arrays[f"start.b{layer + 1}"] = W, b
    for k, block in enumerate(session.parameters):
        arrays[f"p{k}"] = block.p
        arrays |= {f"p{k}.state{j}": state for j, state in enumerate(block.state)}
        if progress.best is not None:
            arrays[f"p{k}.best"] = progress.best.parameters[k]
    best = progress.best
    facts = {
        "format": "chainrule checkpoint",
        "version": VERSION,
        "activations": session.start.activations,
        "loss": session.start.loss,
        "settings": _settings(session),
        "iteration": session.iteration,
        "batches": session.batches.state(),
        "running": _plain(vars(progress.running)),
        "records": [_plain(vars(record)) for record in progress.records],
        "diverged": session.diverged.tolist(),
        "ended": progress.ended.tolist(),
        "best": best and {"cost": best.cost.tolist(), "waited": best.waited.tolist()},
    }
    tensor_file.write(path, arrays, facts)


def read(path: str | Path) -> "Saved":
    """A checkpoint file's contents; ModelFileError if it cannot be trusted."""
    arrays, facts = tensor_file.read(path, "checkpoint", VERSION)
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
            n = len(self.facts["activations"])
            start = Network(
                tuple(self.arrays[f"start.W{layer}"] for layer in range(1, n + 1)),
                tuple(self.arrays[f"start.b{layer}"] for layer in range(1, n + 1)),
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

    def restore(self, session: Session) -> None:
        """Put the session where the saved one was."""
        now, then = _settings(session), self._settings()
        changed = [name for name in now if now[name] != then.get(name)]
        if changed:
            name = changed[0]
            raise ModelFileError(
                self.path,
                f"the {name} that the training began with ({_short(then.get(name))})",
                _short(now[name]),
                "Resume with the same data and settings; only iterations may change.",
            )
        try:
            self._fill(session)
        except MALFORMED as error:
            raise self._broken(str(error)) from None
        if not (self._finite(session) and session.iteration >= 0):
            raise self._broken("numbers that are not finite")

    def _fill(self, session: Session) -> None:
        facts, arrays = self.facts, self.arrays
        session.set_parameters([arrays[f"p{k}"] for k in range(len(session.parameters))])
        for k, block in enumerate(session.parameters):
            for j, state in enumerate(block.state):
                state[...] = arrays[f"p{k}.state{j}"]
        session.iteration = operator.index(facts["iteration"])
        session.batches.restore(facts["batches"])
        session.running = Running(**_arrays(facts["running"]))
        session.history = History([Record(**_arrays(record)) for record in facts["records"]])
        session.diverged[...] = facts["diverged"]
        session.ended[...] = facts["ended"]
        if facts["best"] is not None:
            kept = [arrays[f"p{k}.best"] for k in range(len(session.parameters))]
            cost, waited = (np.array(facts["best"][name]) for name in ("cost", "waited"))
            session.best = Best(cost, waited, kept)
        if (session.ended >= 0).all():
            session.stop("early stopping")

    @staticmethod
    def _finite(session: Session) -> bool:
        """Whether all parameters are, but for runs that had diverged."""
        going = session.diverged < 0
        return all(np.isfinite(block.p[going]).all() for block in session.parameters)

    def _broken(self, detail: str) -> ModelFileError:
        return ModelFileError(
            self.path, "a complete checkpoint", f"one that is inconsistent ({detail[:120]})"
        )


def _build(network: Network) -> str:
    sizes = "-".join(str(n) for n in network.layer_sizes)
    runs = "" if network.n_runs is None else f", {network.n_runs} runs"
    return f"{sizes} ({', '.join(network.activations)}; {network.loss}; {network.dtype}{runs})"


def _settings(session: Session) -> dict[str, Any]:
    """What must not change between the parts of one training."""
    plan, batches = session.plan, session.batches
    digest = hashlib.sha256()
    arrays = [batches.labels, batches.weight, *session.samples()]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    stopping = plan.early_stopping
    return {
        "optimizer": repr(plan.optimizer),
        "learning_rate": np.asarray(plan.learning_rate).tolist(),
        "schedule": repr(plan.schedule),
        "l2": np.asarray(plan.l2).tolist(),
        "first_layer": plan.choice.form,
        "record_every": plan.record_every,
        "batch_size": batches.batch_size,
        "patience": stopping and [stopping.patience, stopping.min_delta],
        "data": digest.hexdigest(),
    }


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


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
