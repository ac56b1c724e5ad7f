"""The one training function: checks what it is given, then steps a Session to its end."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule import blas
from chainrule.device import on_host
from chainrule.interrupt import interruptible
from chainrule.network import Network
from chainrule.training.arguments import Data, HasArguments, arguments_of
from chainrule.training.callbacks import Callback
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.first_layer import Dual, Rotated
from chainrule.training.optimizers import Optimizer
from chainrule.training.plan import planned
from chainrule.training.result import DualCoefficients, Training
from chainrule.training.schedules import Schedule
from chainrule.training.session import Session

# What overflows is seen in the costs.
QUIET: Any = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}


def train(
    network: Network,
    data: Data,
    setting: HasArguments | None = None,
    *,
    optimizer: str | Optimizer = "gd",
    learning_rate: Any = 0.01,
    iterations: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    l2: Any = 0.0,
    dropout: Any = 0.0,
    schedule: str | Schedule = "constant",
    changes: Any = None,
    sample_weight: Any = None,
    class_weight: str | Mapping[int, float] | None = None,
    validation: Data | None = None,
    validation_weight: Any = None,
    early_stopping: EarlyStopping | None = None,
    standardize_targets: bool | None = None,
    first_layer: str = "auto",
    rng: Any = 0,
    record_every: int | None = None,
    callbacks: Iterable[Callback] = (),
    resume: str | Path | None = None,
    threads: int | None = None,
    device: str = "cpu",
) -> Training:
    """Train a network, or R networks at once; `network` itself is not changed.

        J = sum_i w_i L_i + l2/2 sum_l ||W[l]||^2,     w_i = 1/m unless weights are given

    (The course's lambda is l2 m; scikit-learn's alpha is l2 m, too.)

    network : a Network, with R runs or without.
    data : a Dataset, or (X, Y) with X (n_x, m) an array, a SciPy sparse array or a FeatureMatrix
        and Y (n_y, m), or (R, n_y, m) of each run. A bare array of bytes is taken as the numbers
        it holds; a Dataset or PixelMatrix scales them. What is sparse is trained on as it is.
    setting : a `chainrule.experiments.Setting`, in the place of keywords that it has values for.
    optimizer : "gd", "momentum", "nesterov", "adam", "rmsprop", "lbfgs", or an Optimizer. "lbfgs"
        takes all examples of one network, needs no learning_rate, and computes in float64; it ends
        before the last iteration where it has converged (`LBFGS(tolerance=...)`).
    learning_rate : positive. l2 : penalty, >= 0, on weights, not on biases.
    dropout : the rate at which hidden units are left out at each step (inverted dropout), or one
        rate a hidden layer. Costs recorded are those of the steps in mini-batches, and without
        dropout otherwise. Not for "lbfgs", nor beside hidden layers of softmax.
    iterations : updates (default 1000); or epochs : passes over the data. Not both.
    batch_size : examples a step, shuffled every epoch; None for all of them, in their order.
    schedule : "constant", "inverse", "step", "cosine", or a Schedule: a factor on learning_rate.
    changes : what learning_rate or l2 is set to on the way, of all runs: text such as
        "400:learning_rate=0.00225,600:l2=0.1", or pairs (400, {"learning_rate": 0.00225}), the
        updates done before it. A schedule's factor is on the new rate. Not for "lbfgs".
    sample_weight : (m,) or (R, m), >= 0, any scale. Weight 0 leaves an example out.
    class_weight : "balanced" (in inverse proportion to the class's examples of positive weight)
        or {class index: weight}; times sample_weight. For labels of 0 and 1.
    validation : a Dataset or (X, Y), measured at every record.
    validation_weight : (m,) or (R, m), >= 0, in the place of `validation`: the weights of the
        data's own examples in the validation's cost and accuracy, such as 1 for those whose
        sample_weight is 0. A run whose weights are all 0 is not measured (not a number).
    early_stopping : see EarlyStopping; needs one of the two.
    standardize_targets : whether a regression with identity outputs is trained on standardized Y,
        by the mean and deviation of the examples that it is trained on. Costs are in these units
        then, the network answers in Y's own. By default for a Dataset of numbers.
    first_layer : "auto", "primal" or "dual"; the same numbers, by different work.
    rng : of the shuffling: a seed or Generator, or a list of R of them.
    record_every : iterations between records; by default about a hundred records in full-batch
        training, one every epoch in mini-batches, and when resuming as before.
    callbacks : see Callback.
    resume : a checkpoint file; training goes on from there to `iterations` as if it had never
        stopped. Everything else must be as it was; and so must `iterations` where the schedule
        depends on them, as the cosine does.

    threads : cores that may be used, by default as many as BLAS may. Steps of small products take
        one, where more would not gain a third. The numbers are the same, to rounding.
    device : "cpu" computes with NumPy. With the extra `device` (PyTorch): "cuda", "cuda:N", "mps"
        (in float32, it has no other), "torch:cpu", or "auto": cuda where there is one and a step is
        worth it. The numbers are the same, to rounding; what comes back is NumPy's. For "lbfgs"
        the products with the features alone are made there. See docs/scale.md.

    R runs: `network` with an axis of runs, or learning_rate, l2, the optimizer's momentum (R,),
    Y (R, n_y, m), sample_weight (R, m), or a list rng. Each run gets the numbers that it would get
    alone.

    Raises InputError for what does not fit, DivergenceError when the cost is no longer finite. Of
    R runs those that diverge are marked in `diverged` and leave the others untouched; training
    ends early when all have. Ctrl-C ends training after the current step and returns what was
    reached; a second one raises KeyboardInterrupt after that step and the callbacks' `on_end`.
    """
    asked = SimpleNamespace(**locals())
    if setting is not None:
        return train(network, data, **arguments_of(setting, asked, train))
    began = time.perf_counter()
    with np.errstate(**QUIET), blas.at_most(threads):
        return _result(_trained(asked), network.dtype, began)


def trained(network: Network, data: Data, **keywords: Any) -> Session:
    """The session of `train` with these keywords at its end, from which no network was made yet.

    For whoever asks for outputs alone: of many features the weights W = a W0 + C X^T take longer
    than a short training.
    """
    defaults: dict[str, Any] = train.__kwdefaults__ or {}
    asked = SimpleNamespace(**defaults | keywords, network=network, data=data)
    with np.errstate(**QUIET), blas.at_most(asked.threads):
        return _trained(asked)


def _trained(asked: SimpleNamespace) -> Session:
    plan, saved = planned(asked)
    for callback in plan.callbacks:
        callback.on_plan(plan)
    operations = plan.size.product(plan.choice.form)
    with plan.device.enough():
        session = Session(plan)  # with all threads: the Gram matrix is large
        if saved is not None:
            saved.restore(session)
        with blas.for_steps(operations, asked.network.layer_sizes, plan.size.batch):
            _run(session)
        session.keep_best()
    return session


def _run(session: Session) -> None:
    """All steps and the last record; Ctrl-C ends them early."""
    callbacks = session.plan.callbacks
    for callback in callbacks:
        callback.on_start(session)
    with interruptible(lambda: session.stop("interrupted")):
        session.run()
        session.finish()
        for callback in callbacks:
            callback.on_end(session)


def _result(session: Session, dtype: np.dtype, began: float) -> Training:
    """What was reached, in the network's own dtype."""
    first, network, dual = session.first, session.network(), None
    if isinstance(first, Dual | Rotated):
        parts = [on_host(first.a), on_host(first.coefficients())]
        if session.plan.targets is not None:
            parts = session.plan.targets.of_dual(network, parts)
        dual = DualCoefficients(*(part.astype(dtype) for part in parts))
    return Training(
        network if network.dtype == dtype else network.astype(dtype),
        session.history,
        session.iteration,
        session.plan.choice,
        dual,
        session.stopped,
        time.perf_counter() - began,
        session.diverged,
        session.ended,
        session.plan.placement,
        session.changes,
    )
