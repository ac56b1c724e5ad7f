"""A running training: parameters, optimizer state, position and history, one step at a time."""

import math
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.errors import DivergenceError
from chainrule.network import Network
from chainrule.training.batches import Batch, Batches
from chainrule.training.callbacks import Callback, EarlyStopping
from chainrule.training.choice import Choice
from chainrule.training.first_layer import Dual, Primal
from chainrule.training.history import History, Record
from chainrule.training.optimizers import Optimizer
from chainrule.training.parameters import UpperLayers, placed
from chainrule.training.propagation import Propagation
from chainrule.training.schedules import Constant, Schedule

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that was decided before the first step, checked and in the engine's shapes.

    learning_rate, l2 : float, or (R, 1) for R runs.
    """

    optimizer: Optimizer
    learning_rate: Any
    schedule: Schedule
    iterations: int
    l2: Any
    choice: Choice
    record_every: int
    early_stopping: EarlyStopping | None = None
    callbacks: tuple[Callback, ...] = ()


@dataclass
class Best:
    """The parameters with the lowest validation cost so far, run by run."""

    cost: Array  # () or (R,)
    waited: Array  # records since then
    parameters: list[Array]


@dataclass(frozen=True)
class Running:
    """Sums since the last record, for mini-batches, each batch by its share of all weight."""

    cost: Any = 0.0
    accuracy: Any = 0.0
    share: Any = 0.0

    def plus(self, cost: Any, accuracy: Any, share: Any) -> "Running":
        return Running(
            self.cost + cost * share, self.accuracy + accuracy * share, self.share + share
        )

    def means(self) -> tuple[Any, Any]:
        """Cost and accuracy, () or (R,); 0 where nothing had any weight."""
        some = np.where(np.asarray(self.share) > 0, self.share, 1.0)
        return _number(self.cost / some), _number(self.accuracy / some)


@dataclass(frozen=True, eq=False)
class Progress:
    """What a checkpoint keeps beside the parameters, as it is between two steps."""

    records: list[Record]
    running: Running
    best: Best | None
    ended: Array


class Session:
    """Training as it runs. Callbacks are given this object.

    iteration : updates done. history : records so far.
    stopped : why it ended early ("interrupted", "early stopping", ...), or None.
    diverged : () or (R,) the iteration at which the cost stopped being finite, or -1.
    ended : () or (R,) the iteration at which early stopping ended the run, or -1.
    """

    def __init__(
        self,
        network: Network,
        X: FeatureMatrix,
        batches: Batches,
        plan: Plan,
        validation: tuple[FeatureMatrix, Array] | None = None,
    ) -> None:
        self.start, self.batches, self.plan = network, batches, plan
        self._X = X
        self.iteration, self.history = 0, History()
        self.stopped: str | None = None
        lead = () if network.n_runs is None else (network.n_runs,)
        self.diverged, self.ended = np.full(lead, -1), np.full(lead, -1)
        self._decay = plan.l2 if np.any(plan.l2) else None
        W0 = network.weights[0]
        self.first: Primal | Dual = (
            Dual(X, W0, decays=self._decay is not None)
            if plan.choice.form == "dual"
            else Primal(X, W0)
        )
        self._upper = UpperLayers(network.weights, network.biases)
        self.parameters = placed([*self.first.parts, self._upper.part])
        self._last_db = self._upper.last_db
        for block in self.parameters:
            block.state = [np.zeros_like(block.p) for _ in range(plan.optimizer.n_states)]
        self._passes: dict[int, Propagation] = {}
        self.running = Running()
        self.best: Best | None = None
        self._before_finish: Progress | None = None
        # Where an error of this size is squared, the cost is no longer finite.
        self._limit = float(np.sqrt(np.finfo(network.dtype).max))
        self._validation = validation
        if validation is not None:
            self._validation_image = self.first.other(validation[0])

    def samples(self) -> list[Array]:
        """Some of the data, by which a checkpoint knows them again: the first, middle and last
        example, and the validation set's likewise with its labels."""
        sets = [self._X, *([] if self._validation is None else [self._validation[0]])]
        found = [X.columns([0, X.shape[1] // 2, -1]) for X in sets]
        return found if self._validation is None else [*found, self._validation[1]]

    def stop(self, reason: str) -> None:
        """End training after the current step."""
        self.stopped = reason

    def advance(self) -> None:
        """One step: forward, record if one is due, backward, update."""
        due = self.iteration % self.plan.record_every == 0 and not self._recorded()
        full = self.batches.whole is not None
        if due and not full and self.iteration:
            self._record_running()
            if self.stopped:
                return
        batch = self.batches.next()
        work = self._forward(batch)
        if not full:
            self.running = self.running.plus(*_measure(work, batch), batch.share)
        elif due:
            self._record(*_measure(work, batch))
            if self.stopped:
                return
        work.backward(batch.Y, batch.weight)
        self.first.backward(work.D, batch.index)
        self._check_finite(self._last_db, self._limit)
        self._update()
        self.iteration += 1

    def _forward(self, batch: Batch) -> Propagation:
        work = self._pass(batch.size)
        self.first.forward(work.Z1, batch.index)
        work.forward()
        return work

    def _pass(self, m: int) -> Propagation:
        """Buffers for m examples, made when first needed."""
        if m not in self._passes:
            full = self.batches.whole is not None
            self._passes[m] = Propagation(
                self.start.activations,
                self.start.loss,
                self._upper,
                m,
                self.first.D if full else None,
            )
        return self._passes[m]

    def _update(self) -> None:
        rate = self.rate()
        for block in self.parameters:
            if self._decay is not None:
                block.g += self._decay * block.decayed * block.p
            self.plan.optimizer.step(block.p, block.g, block.state, rate, self.iteration + 1)

    def rate(self) -> Any:
        """The learning rate of the current iteration: float, or (R, 1)."""
        plan = self.plan
        if isinstance(plan.schedule, Constant):
            return plan.learning_rate
        epoch = self.iteration // self.batches.per_epoch
        return plan.learning_rate * plan.schedule(self.iteration, epoch, plan.iterations)

    def _check_finite(self, values: Array, limit: float = math.inf) -> None:
        """Stop, or mark the runs, whose `values` (..., n, 1) are not below the limit in size."""
        total = values.item() if values.size == 1 else float(np.add.reduce(values, axis=None))
        if -limit < total < limit:
            return
        bad = ~(np.abs(values) < limit).all(axis=(-2, -1))
        bad &= (self.diverged < 0) & (self.ended < 0)
        self.diverged = np.where(bad, self.iteration, self.diverged)
        if (self.diverged >= 0).all():
            raise DivergenceError(int(np.max(self.diverged)), float(np.max(self.rate())))
        if ((self.diverged >= 0) | (self.ended >= 0)).all():
            self.stop("early stopping")

    def _penalty(self) -> Any:
        """l2 / 2 sum_l ||W[l]||^2, () or (R,)."""
        if self._decay is None:
            return 0.0
        upper = sum(np.square(W).sum(axis=(-2, -1)) for W in self._upper.weights)
        l2 = self._decay[..., 0] if np.ndim(self._decay) else self._decay
        return 0.5 * l2 * (self.first.squared_norm() + upper)

    def _recorded(self) -> bool:
        """Whether this iteration's record is there, as when it was a record that was saved."""
        records = self.history.records
        return bool(records) and records[-1].iteration == self.iteration

    def _record_running(self) -> None:
        means, self.running = self.running.means(), Running()
        self._record(*means)

    def _record(self, cost: Any, accuracy: Any) -> None:
        cost = cost + self._penalty()
        self._check_finite(np.asarray(cost)[..., None, None])
        rate = self.rate()
        record = Record(
            self.iteration,
            self.iteration // self.batches.per_epoch,
            rate[:, 0].copy() if np.ndim(rate) else rate,
            _number(cost),
            _number(accuracy),
            *self._validate(),
        )
        self.history.records.append(record)
        if self.plan.early_stopping is not None:
            self._watch(record.validation_cost, self.plan.early_stopping)
        for callback in self.plan.callbacks:
            callback.on_record(self, record)

    def _validate(self) -> tuple[Any, Any]:
        """Cost and accuracy on the validation set, or None twice."""
        if self._validation is None:
            return None, None
        Y = self._validation[1]
        batch = Batch(None, Y, np.full((1, Y.shape[1]), 1 / Y.shape[1], Y.dtype))
        work = Propagation(self.start.activations, self.start.loss, self._upper, batch.size)
        work.Z1[...] = self._validation_image()
        work.forward()
        cost, accuracy = _measure(work, batch)
        return _number(cost), _number(accuracy)

    def _watch(self, cost: Any, rule: EarlyStopping) -> None:
        """Early stopping: keep the best parameters of each run, end the runs that wait too long."""
        cost = np.asarray(cost)
        if self.best is None:
            start = [block.p.copy() for block in self.parameters]
            self.best = Best(np.full(cost.shape, np.inf), np.zeros(cost.shape, int), start)
        best, running = self.best, self.ended < 0
        better = running & (cost < best.cost)
        enough = running & (cost < best.cost - rule.min_delta)
        best.waited = np.where(enough, 0, best.waited + 1)
        best.cost = np.where(better, cost, best.cost)
        for block, kept in zip(self.parameters, best.parameters, strict=True):
            kept[better] = block.p[better]
        self.ended = np.where(running & (best.waited >= rule.patience), self.iteration, self.ended)
        if (self.ended >= 0).all():
            self.stop("early stopping")

    def finish(self) -> None:
        """The last record: after all updates there is one more cost to see.

        A training that goes on would not make it, or make it later: a checkpoint leaves it out.
        """
        if self._recorded():
            return
        self._before_finish = replace(self.progress(), best=deepcopy(self.best))
        whole = self.batches.whole
        if whole is not None:
            self._record(*_measure(self._forward(whole), whole))
        elif np.any(self.running.share):
            self._record_running()

    def progress(self) -> Progress:
        """Records and all that, as a training that goes on from here needs them."""
        if self._before_finish is not None:
            return self._before_finish
        return Progress(list(self.history.records), self.running, self.best, self.ended)

    def keep_best(self) -> None:
        """With early stopping: go back to each run's best parameters."""
        if self.best is not None:
            self.set_parameters(self.best.parameters)

    def network(self) -> Network:
        """The network with the parameters reached so far (copies)."""
        weights = (self.first.weights(), *(W.copy() for W in self._upper.weights))
        biases = tuple(b.copy() for b in self._upper.biases)
        return Network(weights, biases, self.start.activations, self.start.loss)

    def set_parameters(self, arrays: list[Array]) -> None:
        """Overwrite every block of parameters, in place."""
        for block, array in zip(self.parameters, arrays, strict=True):
            block.p[...] = array


def _measure(work: Propagation, batch: Batch) -> tuple[Any, Any]:
    """Weighted cost (without penalty) and accuracy of a pass, () or (R,)."""
    weight = batch.weight[..., 0, :]
    cost = (work.losses(batch.Y) * weight).sum(axis=-1)
    if not work.classifies:
        return cost, cost * np.nan
    return cost, (work.correct(batch.Y) * weight).sum(axis=-1)


def _number(value: Any) -> Any:
    """A float, or an array of one per run."""
    return value if np.ndim(value) else float(value)
