"""Everything that is decided before the first step of a training."""

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import FeatureMatrix
from chainrule.device import Device, device_named
from chainrule.network import Network
from chainrule.training import arguments, checkpoint, targets
from chainrule.training.batches import Batches
from chainrule.training.callbacks import Callback
from chainrule.training.changes import Changes, changes_of
from chainrule.training.choice import Choice, Size, choose
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.optimizers import LBFGS, Optimizer, optimizer_named
from chainrule.training.parameters import per_run
from chainrule.training.schedules import Schedule, schedule_named


@dataclass(frozen=True, eq=False)
class Plan:
    """What was decided, checked and in the engine's shapes.

    start : the network to train. validation : examples (X, Y), or weights (..., 1, m) of the
    training set's own. learning_rate, l2 : float, or (R, 1) for R runs. changes : of these on the
    way. targets : how those of a
    regression were standardized; the labels of batches and validation are. device : on which it is
    computed, `placement` says why; the arrays here are NumPy's.
    """

    start: Network
    X: FeatureMatrix
    batches: Batches
    validation: arguments.Validation
    optimizer: Optimizer
    learning_rate: Any
    schedule: Schedule
    iterations: int
    l2: Any
    changes: Changes
    size: Size
    choice: Choice
    record_every: int
    early_stopping: EarlyStopping | None
    targets: targets.Standardized | None
    callbacks: tuple[Callback, ...]
    device: Device
    placement: str


def planned(asked: SimpleNamespace) -> tuple[Plan, checkpoint.Saved | None]:
    """The plan of `train` for its arguments, and the checkpoint that it goes on from."""
    rule = optimizer_named(asked.optimizer)
    rate = checks.numbers("train", "learning_rate", asked.learning_rate, least=0, open_below=True)
    l2 = checks.numbers("train", "l2", asked.l2, least=0)
    runs = arguments.count_runs(asked, rule, rate, l2)
    start, X, batches, standardized = _begun(asked, rule, runs)
    iterations = arguments.planned_iterations(asked.iterations, asked.epochs, batches.per_epoch)
    device, placement = device_named(asked.device, _operations(start, batches))
    if device.single and asked.network.dtype != np.float32:
        single = asked.network.astype(np.float32)
        return planned(SimpleNamespace(**vars(asked) | {"network": single}))
    size = _size(start, X, batches, iterations, isinstance(rule, LBFGS), device)
    choice = choose(asked.first_layer, size, linear=rule.linear, optimizer=type(rule).__name__)
    saved = None if asked.resume is None else checkpoint.read(asked.resume)
    every = asked.record_every
    if saved is not None:
        start = saved.start_of(start)
        # What depends on the planned iterations must not change with them.
        every = saved.record_every if every is None else every
        choice = saved.choice if asked.first_layer == "auto" else choice
    return Plan(
        start,
        X,
        batches,
        _validation(asked, batches, start, standardized),
        rule,
        per_run(rate, start.dtype),
        schedule_named(asked.schedule),
        iterations,
        per_run(l2, start.dtype),
        changes_of("train", asked.changes),
        size,
        choice,
        arguments.record_interval(every, iterations, batches),
        arguments.stopping_rule(asked),
        standardized,
        arguments.callback_list(asked.callbacks),
        device,
        placement,
    ), saved


def _size(
    start: Network,
    X: FeatureMatrix,
    batches: Batches,
    iterations: int,
    lbfgs: bool,
    device: Device,
) -> Size:
    """What the choice of the first layer's form depends on."""
    batch = batches.batch_size
    return Size(
        start.layer_sizes[0],
        batches.m,
        start.layer_sizes[1],
        start.n_runs or 1,
        batch or batches.m,
        iterations,
        start.dtype.itemsize,
        getattr(X, "filled", None),
        lbfgs,
        pass_bytes=X.reads(),
        step_bytes=X.reads(batch) if batch else 2 * X.reads(),
        memory=device.memory or X.memory,
        disk=X.disk,
    )


def _operations(start: Network, batches: Batches) -> float:
    """Of a step's products, in whichever form takes fewer."""
    n_x, n_1, *_ = sizes = start.layer_sizes
    first = min(n_x, batches.m) * n_1
    above = sum(n * k for n, k in pairwise(sizes[1:]))
    examples = (start.n_runs or 1) * (batches.batch_size or batches.m)
    return examples * (2.0 * first + 6.0 * above)


def _begun(
    asked: SimpleNamespace, rule: Optimizer, runs: int | None
) -> tuple[Network, FeatureMatrix, Batches, targets.Standardized | None]:
    """The network to start from, with the axis of runs that it is to have, and the examples."""
    start = asked.network
    X, Y = arguments.data_arrays("train", asked.data, start)
    arguments.check_start(start)
    if runs is not None and start.n_runs is None:
        start = start.repeated(runs)
    dropout = arguments.dropout_of(asked.dropout, start)
    if isinstance(rule, LBFGS):
        arguments.check_lbfgs(asked, start, dropout)
        start, X, Y = start.astype(np.float64), X.astype(np.float64), Y.astype(np.float64)
    weight = arguments.example_weights(asked.sample_weight, asked.class_weight, Y, start.dtype)
    standardized = None
    if targets.wanted(asked.standardize_targets, asked.data, start):
        standardized = targets.Standardized.of(Y, weight)
        Y = standardized(Y)
    batch_size = asked.batch_size
    if batch_size is not None:
        batch_size = checks.whole_number("train", "batch_size", batch_size, least=1)
        batch_size = min(batch_size, Y.shape[-1])
    batches = Batches(Y, weight, batch_size, arguments.generators(asked.rng), dropout)
    return start, X, batches, standardized


def _validation(
    asked: SimpleNamespace,
    batches: Batches,
    start: Network,
    standardized: targets.Standardized | None,
) -> arguments.Validation:
    """What is measured at every record, its targets as those that are trained on."""
    found = arguments.validation_arrays(asked, batches.labels, start)
    if standardized is None or not isinstance(found, tuple):
        return found
    X, Y = found
    return X, standardized(Y)
