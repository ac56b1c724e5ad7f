"""A fit's whole state in a file, from which the same fit goes on as if it had never stopped.

In the file is what the epochs change, and where the random generator began: the starting weights
and the part held out are drawn from there once more, which takes less room than they would. What
must be the same is compared, the data by their digests.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse

from chainrule import checks
from chainrule.errors import InputError, ModelFileError
from chainrule.estimators.epochs import State
from chainrule.estimators.layers import hidden_activations, hidden_units
from chainrule.estimators.rows import Rows
from chainrule.files import tensor_file
from chainrule.files.digest import digest
from chainrule.files.json_file import plain
from chainrule.training import checkpoint
from chainrule.training.batches import dropout_rates
from chainrule.training.choice import Choice

SAME = "Fit with the same data and parameters, but for max_iter, or name another file."
# Parameters that may differ, and class_weight, which the weights of the examples contain.
FREE = ("max_iter", "max_fun", "verbose", "warm_start", "class_weight")
RECORDS = (
    "loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_",
    "_no_improvement_count",
)  # fmt: skip
Array = np.ndarray


class Checkpoint:
    """The file at `path`, which keeps one fit of `estimator`, written every `every` epochs.

    InputError for a fit that cannot be kept; ModelFileError if there is something at `path` that
    is no such file.
    """

    def __init__(self, estimator: Any, path: Any, every: Any) -> None:
        name = type(estimator).__name__
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(name, "checkpoint to be the path of a file", checks.describe(path))
        if estimator.solver == "lbfgs":
            fix = "SciPy does not give L-BFGS's memory away."
            raise InputError(name, "solver='sgd' or 'adam' beside checkpoint", "'lbfgs'", fix)
        if estimator.warm_start:
            fix = "A fit goes on from the last one or from a file."
            raise InputError(name, "warm_start=False beside checkpoint", "True", fix)
        self._estimator, self._path = estimator, Path(path)
        self._every = checks.whole_number(name, "checkpoint_every", every, least=1)
        there = os.path.exists(path)
        self._saved = checkpoint.read(self._path, "fit") if there else None
        self._written = -1  # epochs that are in the file
        self._facts: dict[str, Any] = {}

    def generator(self, rng: Any) -> Any:
        """The RandomState to fit with: `rng`, or where the file's training began."""
        if self._saved is not None:
            if self._estimator.random_state is None:
                rng = np.random.RandomState()  # the whole program's own is not turned back
            began, found = self._saved.facts["began"], rng.get_state(legacy=False)["bit_generator"]
            if found != began["bit_generator"]:
                expected = f"random_state to draw from {began['bit_generator']}"
                raise ModelFileError(str(self._path), expected, found, SAME)
            rng.set_state(began)
        self._began = plain(rng.get_state(legacy=False))
        return rng

    def confirm(self, choice: Choice, rows: Rows, held_out: Rows | None) -> Choice:
        """ModelFileError unless the file is of this fit; the first layer's form that holds.

        "auto" looks at max_iter, which may have changed: the form once chosen stays.
        """
        if self._saved is not None and self._estimator.first_layer == "auto":
            choice = self._saved.choice
        settings, digests = _settings(self._estimator, choice.form), _digests(rows, held_out)
        self._facts = checkpoint.facts("fit", choice, settings, digests) | {"began": self._began}
        if self._saved is not None:
            self._saved.compare(settings, digests, SAME)
            most, made = self._estimator.max_iter, self._saved.facts["records"]["loss_curve_"]
            if most < len(made):
                expected = f"max_iter to be at least {len(made)}, the epochs that were made"
                raise ModelFileError(self._saved.path, expected, f"{most}")
        return choice

    def begin(self, state: State) -> bool:
        """Put `state` where the file's training was; whether nothing improved there any more.

        Without a file the first one is written, so that a place that cannot be written to is an
        error now, not after the first epochs.
        """
        if self._saved is None:
            self.write(state)
            return False
        saved, self._saved = self._saved, None
        facts, estimator, updates = saved.facts, state.estimators[0], state.updates[0]
        vars(estimator).update(facts["records"])
        estimator.n_iter_ = self._written = len(estimator.loss_curve_)
        estimator.t_ = estimator.n_iter_ * state.examples.m
        if estimator.n_iter_:
            estimator.loss_ = estimator.loss_curve_[-1]
        updates.t, updates.learning_rate = facts["t"], facts["learning_rate"]
        saved.fill(state.arrays())
        state.examples.rngs[0].set_state(facts["generator"])
        return bool(estimator._no_improvement_count > estimator.n_iter_no_change)

    def epoch_ends(self, state: State) -> None:
        """Write the file if it is time."""
        if state.estimators[0].n_iter_ % self._every == 0:
            self.write(state)

    def write(self, state: State) -> None:
        """Write what an epoch has left, atomically, unless that is in the file."""
        estimator, updates = state.estimators[0], state.updates[0]
        if estimator.n_iter_ == self._written:
            return
        self._written = estimator.n_iter_
        facts = {
            **self._facts,
            "generator": plain(state.examples.rngs[0].get_state(legacy=False)),
            "t": updates.t,
            "learning_rate": updates.learning_rate,
            "records": {name: getattr(estimator, name) for name in RECORDS},
        }
        tensor_file.write(self._path, state.arrays(), facts)


@contextmanager
def all_or_nothing(estimator: Any) -> Iterator[None]:
    """A fit that fails within leaves the estimator, and its generator, as they were."""
    before, rng = dict(vars(estimator)), estimator.random_state
    drawn = rng.get_state(legacy=False) if isinstance(rng, np.random.RandomState) else None
    try:
        yield
    except Exception:
        present = vars(estimator)
        # scikit-learn takes its callbacks down after us, by what it noted here.
        noted = {name: present[name] for name in present if name.startswith(("_callback", "_skl"))}
        present.clear()
        present.update(before | noted)
        if drawn is not None:
            rng.set_state(drawn)
        raise


def _settings(estimator: Any, form: str) -> dict[str, Any]:
    """What must not change between the parts of one training."""
    given = {k: v for k, v in estimator.get_params(deep=False).items() if k not in FREE}
    units = hidden_units(estimator.hidden_layer_sizes)
    settings = {"class": type(estimator).__name__} | given
    settings |= {
        "hidden_layer_sizes": units,
        "activation": hidden_activations(estimator.activation, len(units)),
        "dropout": dropout_rates("dropout", estimator.dropout, len(units)),
        "first_layer": form,
    }
    if isinstance(estimator.random_state, np.random.RandomState):
        settings["random_state"] = "RandomState"  # the file has the state
    return dict(plain(settings))


def _digests(rows: Rows, held_out: Rows | None) -> dict[str, str]:
    """By which the examples are known again, those of early stopping apart."""
    others = [] if held_out is None else [held_out.X, held_out.Y, held_out.score_weight]
    return {
        "data": _digest(rows.X),
        "labels": _digest(rows.Y),
        "weights": _digest(rows.weight),
        "data held out": _digest(*others),
    }


def _digest(*arrays: Any) -> str:
    """SHA-256 of arrays (n, ...), sparse or not, or None, with their shapes and dtypes."""
    parts: list[Any] = []
    for array in arrays:
        kind = "None" if array is None else f"{array.shape} {array.dtype};"
        held = [] if array is None else [array]
        parts += [kind, *([array.data, array.indices, array.indptr] if issparse(array) else held)]
    return digest(*parts)
