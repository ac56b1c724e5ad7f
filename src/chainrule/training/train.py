"""The one training function: checks what it is given, then steps a Session to its end."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, FeatureMatrix, feature_matrix
from chainrule.errors import InputError
from chainrule.network import Network, check_labels
from chainrule.training import checkpoint
from chainrule.training.batches import Batches
from chainrule.training.callbacks import Callback, EarlyStopping
from chainrule.training.choice import Choice, Size, choose
from chainrule.training.first_layer import Dual
from chainrule.training.history import History
from chainrule.training.interrupt import Interrupt
from chainrule.training.optimizers import Optimizer, optimizer_named
from chainrule.training.runs import count_runs, example_weights, generators, per_run
from chainrule.training.schedules import Schedule, schedule_named
from chainrule.training.session import Plan, Session

Array = np.ndarray
Data = Dataset | tuple[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class DualCoefficients:
    """The first layer as W = a W0 + C X^T: a (..., 1, 1), C (..., n_1, m)."""

    a: Array
    C: Array


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """What `train` returns.

    network : trained; with early stopping the best on the validation set.
    history : costs and accuracies as recorded. iterations : updates done in all.
    first_layer : which form trained, and why. dual : its coefficients, where it was the dual.
    stopped : why training ended before its last iteration ("interrupted", "early stopping",
        "callback"), or None. seconds : wall-clock time, the Gram matrix included.
    diverged : for R runs (R,), the iteration at which each run's cost stopped being finite, -1
        where it never did; for one network -1.
    ended : likewise, where early stopping ended a run.
    """

    network: Network
    history: History
    iterations: int
    first_layer: Choice
    dual: DualCoefficients | None
    stopped: str | None
    seconds: float
    diverged: Array
    ended: Array

    def __repr__(self) -> str:
        stopped = f", stopped: {self.stopped}" if self.stopped else ""
        return (
            f"Training({self.iterations} iterations in {self.seconds:.3g} s, "
            f"{self.first_layer.form} form{stopped}; {self.history})"
        )

    def run(self, r: int) -> "Training":
        """Run r as it would have come back alone."""
        if self.network.n_runs is None:
            raise InputError("Training.run", "a training of several runs", "of a single network")
        dual = self.dual and DualCoefficients(self.dual.a[r], self.dual.C[r])
        last = int(self.ended[r]) if self.ended[r] >= 0 else None
        return Training(
            self.network.run(r),
            self.history.run(r, last),
            self.iterations if last is None else last,
            self.first_layer,
            dual,
            self.stopped if last is None else "early stopping",
            self.seconds,
            self.diverged[r],
            self.ended[r],
        )


def train(
    network: Network,
    data: Data,
    *,
    optimizer: str | Optimizer = "gd",
    learning_rate: Any = 0.01,
    iterations: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    l2: Any = 0.0,
    schedule: str | Schedule = "constant",
    sample_weight: Any = None,
    class_weight: str | Mapping[int, float] | None = None,
    validation: Data | None = None,
    early_stopping: EarlyStopping | None = None,
    first_layer: str = "auto",
    rng: Any = 0,
    record_every: int | None = None,
    callbacks: Iterable[Callback] = (),
    resume: str | Path | None = None,
) -> Training:
    """Train a network, or R networks at once; `network` itself is not changed.

        J = sum_i w_i L_i + l2/2 sum_l ||W[l]||^2,     w_i = 1/m unless weights are given

    (The course's lambda is l2 m; scikit-learn's alpha is l2 m, too.)

    network : a Network, with R runs or without.
    data : a Dataset, or (X, Y) with X (n_x, m) an array or FeatureMatrix and Y (n_y, m).
    optimizer : "gd", "momentum", "nesterov", "adam", "rmsprop", or an Optimizer.
    learning_rate : positive. l2 : penalty, >= 0, on weights, not on biases.
    iterations : updates (default 1000); or epochs : passes over the data. Not both.
    batch_size : examples a step, shuffled every epoch; None for all of them, in their order.
    schedule : "constant", "inverse", "step", "cosine", or a Schedule: a factor on learning_rate.
    sample_weight : (m,) or (R, m), >= 0, any scale. Weight 0 leaves an example out.
    class_weight : "balanced" (m / (n_classes m_c)) or {class index: weight}; times sample_weight.
    validation : a Dataset or (X, Y), measured at every record.
    early_stopping : see EarlyStopping; needs `validation`.
    first_layer : "auto", "primal" or "dual"; the same numbers, by different work.
    rng : of the shuffling: a seed or Generator, or a list of R of them.
    record_every : iterations between records; by default about a hundred records in full-batch
        training, one every epoch in mini-batches, and when resuming as before.
    callbacks : see Callback.
    resume : a checkpoint file; training goes on from there to `iterations` as if it had never
        stopped. Everything else must be as it was.

    R runs: `network` with an axis of runs, or learning_rate, l2, the optimizer's momentum (R,),
    sample_weight (R, m), or a list rng. Each run gets the numbers it would get alone.

    Raises InputError for what does not fit, DivergenceError when the cost is no longer finite
    (of R runs: when that has happened to all; one alone is marked in `diverged`). Ctrl-C ends
    training after the current step and returns what was reached.
    """
    began = time.perf_counter()
    X, Y = _arrays("train", data, network)
    if not all(checks.all_finite(a) for a in (*network.weights, *network.biases)):
        raise InputError("train", "finite starting weights", "others")
    optimizer = optimizer_named(optimizer)
    settings = {
        "learning_rate": checks.numbers(
            "train", "learning_rate", learning_rate, least=0, open_below=True
        ),
        "l2": checks.numbers("train", "l2", l2, least=0),
    }
    runs = count_runs(network, settings, optimizer, sample_weight, rng)
    if runs is not None and network.n_runs is None:
        network = Network.stack([network] * runs)
    m = X.shape[1]
    if batch_size is not None:
        batch_size = checks.whole_number("train", "batch_size", batch_size, least=1)
        batch_size = min(batch_size, m)
    weight = example_weights(sample_weight, class_weight, Y, network.dtype)
    batches = Batches(Y, weight, batch_size, generators(rng))
    n_iterations = _iterations(iterations, epochs, batches.per_epoch)
    size = Size(
        network.layer_sizes[0],
        m,
        network.layer_sizes[1],
        runs or 1,
        batch_size or m,
        n_iterations,
        network.dtype.itemsize,
    )
    saved = None if resume is None else checkpoint.read(resume)
    if saved is not None:
        network = saved.start_of(network)
        # What depends on the planned iterations must not change with them.
        first_layer = saved.form if first_layer == "auto" else first_layer
        record_every = saved.record_every if record_every is None else record_every
    plan = Plan(
        optimizer,
        per_run(settings["learning_rate"], network.dtype),
        schedule_named(schedule),
        n_iterations,
        per_run(settings["l2"], network.dtype),
        choose(first_layer, size, linear=optimizer.linear, optimizer=type(optimizer).__name__),
        _record_every(record_every, n_iterations, batches),
        _stopping(early_stopping, validation),
        _callbacks(callbacks),
    )
    checked = None if validation is None else _arrays("train: validation", validation, network)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        session = Session(network, X, batches, plan, checked)
        if saved is not None:
            saved.restore(session)
        _step_to_the_end(session)
        session.keep_best()
        found = session.network()
        dual = None
        if isinstance(session.first, Dual):
            dual = DualCoefficients(session.first.a.copy(), session.first.C.copy())
    return Training(
        found,
        session.history,
        session.iteration,
        plan.choice,
        dual,
        session.stopped,
        time.perf_counter() - began,
        session.diverged,
        session.ended,
    )


def _step_to_the_end(session: Session) -> None:
    plan, callbacks = session.plan, session.plan.callbacks
    on_step = [c.on_step for c in callbacks if type(c).on_step is not Callback.on_step]
    for callback in callbacks:
        callback.on_start(session)
    with Interrupt() as interrupt:
        while session.iteration < plan.iterations and not session.stopped:
            before = session.iteration
            session.advance()
            if session.iteration > before:
                for step in on_step:
                    step(session)
            if interrupt.requested:
                session.stop("interrupted")
        session.finish()
        if interrupt.requested:
            session.stop("interrupted")
    for callback in callbacks:
        callback.on_end(session)


def _stopping(rule: Any, validation: Any) -> EarlyStopping | None:
    if rule is None:
        return None
    if not isinstance(rule, EarlyStopping):
        raise InputError("train", "early_stopping to be an EarlyStopping", checks.describe(rule))
    if validation is None:
        raise InputError(
            "train", "a validation set for early stopping", "none", "Pass validation=(X, Y)."
        )
    return rule


def _callbacks(callbacks: Any) -> tuple[Callback, ...]:
    fix = "Wrap a function of a record: callbacks=[OnRecord(function)]."
    try:
        found = tuple(callbacks)
    except TypeError:
        found = (None,)
    if not all(isinstance(callback, Callback) for callback in found):
        raise InputError("train", "callbacks to be a list of Callback objects", "others", fix)
    return found


def _arrays(where: str, data: Data, network: Network) -> tuple[FeatureMatrix, Array]:
    """X as a feature matrix and Y (n_y, m) in the network's dtype."""
    dtype = network.dtype
    if isinstance(data, Dataset):
        X, Y = data.matrix(dtype), data.Y
    elif isinstance(data, tuple) and len(data) == 2:
        X, Y = feature_matrix(data[0], dtype), data[1]
    else:
        raise InputError(where, "a Dataset or a tuple (X, Y)", f"a {type(data).__name__}")
    if X.dtype != dtype and hasattr(X, "astype"):
        X = X.astype(dtype)
    n_x, m = network.layer_sizes[0], X.shape[1]
    if X.shape[0] != n_x:
        raise InputError(
            where,
            f"X with {n_x} rows (features), one column per example",
            f"{X.shape}",
            "The examples look like rows: pass X.T." if m == n_x else "",
        )
    if m == 0:
        raise InputError(where, "at least one example", "none")
    try:
        return X, check_labels(Y, network.layer_sizes[-1], m, network.loss).astype(dtype)
    except InputError as error:
        raise error.at(where) from None


def _iterations(iterations: int | None, epochs: int | None, per_epoch: int) -> int:
    if iterations is not None and epochs is not None:
        raise InputError("train", "iterations or epochs", "both", "Leave one of them out.")
    if epochs is not None:
        return checks.whole_number("train", "epochs", epochs) * per_epoch
    return checks.whole_number("train", "iterations", 1000 if iterations is None else iterations)


def _record_every(record_every: int | None, iterations: int, batches: Batches) -> int:
    if record_every is not None:
        return checks.whole_number("train", "record_every", record_every, least=1)
    return batches.per_epoch if batches.whole is None else max(1, iterations // 100)
