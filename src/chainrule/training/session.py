"""A running training: parameters, optimizer state, position and history, one step at a time."""

import math
from dataclasses import dataclass
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
from chainrule.training.parameters import UpperLayers
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


@dataclass
class Running:
    """Sums since the last record, for mini-batches: cost, accuracy and examples."""

    cost: Any = 0.0
    accuracy: Any = 0.0
    examples: int = 0

    def add(self, cost: Any, accuracy: Any, examples: int) -> None:
        self.cost = self.cost + cost * examples
        self.accuracy = self.accuracy + accuracy * examples
        self.examples += examples


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
        self._upper = UpperLayers.of(network.weights, network.biases)
        self._last_db = self._upper.last_db
        self.parameters = [*self.first.parameters, self._upper.parameters]
        for block in self.parameters:
            block.state = [np.zeros_like(block.p) for _ in range(plan.optimizer.n_states)]
        self._passes: dict[int, Propagation] = {}
        self.running = Running()
        self.best: Best | None = None
        self._final = False  # whether the history ends with the record made by `finish`
        self._validation = validation
        if validation is not None:
            self._validation_image = self.first.other(validation[0])

    def stop(self, reason: str) -> None:
        """End training after the current step."""
        self.stopped = reason

    def advance(self) -> None:
        """One step: forward, record if one is due, backward, update."""
        due = self.iteration % self.plan.record_every == 0
        full = self.batches.whole is not None
        if due and not full and self.iteration:
            self._record_running()
            if self.stopped:
                return
        batch = self.batches.next()
        work = self._forward(batch)
        if not full:
            self.running.add(*_measure(work, batch), batch.size)
        elif due:
            self._record(*_measure(work, batch))
            if self.stopped:
                return
        work.backward(batch.Y, batch.weight)
        self.first.backward(work.D, batch.index)
        self._check_finite(self._last_db)
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

    def _check_finite(self, values: Array) -> None:
        """Stop, or mark the runs, whose `values` (..., n, 1) are not finite."""
        total = values.item() if values.size == 1 else float(np.add.reduce(values, axis=None))
        if math.isfinite(total):
            return
        bad = ~np.isfinite(values).all(axis=(-2, -1))
        self.diverged[bad & (self.diverged < 0)] = self.iteration
        if (self.diverged >= 0).all():
            rate = float(np.max(self.rate()))
            raise DivergenceError(int(np.max(self.diverged)), rate)

    def _penalty(self) -> Any:
        """l2 / 2 sum_l ||W[l]||^2, () or (R,)."""
        if self._decay is None:
            return 0.0
        upper = sum(np.square(W).sum(axis=(-2, -1)) for W in self._upper.weights)
        l2 = self._decay[..., 0] if np.ndim(self._decay) else self._decay
        return 0.5 * l2 * (self.first.squared_norm() + upper)

    def _record_running(self) -> None:
        sums = self.running
        self._record(sums.cost / sums.examples, sums.accuracy / sums.examples)
        self.running = Running()

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
        batch = Batch(None, Y.shape[1], Y, np.full((1, Y.shape[1]), 1 / Y.shape[1], Y.dtype))
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
        """The last record: after all updates there is one more cost to see."""
        records = self.history.records
        if records and records[-1].iteration == self.iteration:
            return
        whole, running = self.batches.whole, self.running
        if whole is not None:
            self._record(*_measure(self._forward(whole), whole))
        elif running.examples:
            self._record_running()
            self.running = running
        self._final = True

    def records_before_finish(self) -> list[Record]:
        """The records of an uninterrupted training up to here, for a checkpoint."""
        return self.history.records[:-1] if self._final else self.history.records

    def network(self, *, best: bool = False) -> Network:
        """The network with the parameters reached so far, or each run's best ones (copies)."""
        reached = [block.p.copy() for block in self.parameters]
        if best and self.best is not None:
            self.set_parameters(self.best.parameters)
        weights = (self.first.weights(), *(W.copy() for W in self._upper.weights))
        biases = tuple(b.copy() for b in self._upper.biases)
        found = Network(weights, biases, self.start.activations, self.start.loss)
        self.set_parameters(reached)
        return found

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
