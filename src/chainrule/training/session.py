"""A running training: parameters, optimizer state, position and history, one step at a time."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.errors import DivergenceError
from chainrule.network import Network
from chainrule.training.batches import Batch, Batches
from chainrule.training.callbacks import Callback
from chainrule.training.early_stopping import Best
from chainrule.training.first_layer import Dual, Primal
from chainrule.training.history import History, Record
from chainrule.training.parameters import Block, UpperLayers, placed
from chainrule.training.plan import Plan
from chainrule.training.propagation import Propagation
from chainrule.training.schedules import Constant
from chainrule.training.snapshot import Snapshot, Sums, number

Array = np.ndarray
Hook = Callable[["Session"], None]


@dataclass(frozen=True, eq=False)
class _Validation:
    """Examples that are measured and not trained on. image : gives W[1] X for them."""

    X: FeatureMatrix
    batch: Batch
    image: Callable[[], Array]
    work: Propagation


class Session:
    """Training as it runs. Callbacks are given this object.

    iteration : updates done. history : records so far.
    stopped : why it ended early ("interrupted", "early stopping", ...), or None.
    seen : at a record of full-batch training the pass that it was made from, over all examples.
    diverged : () or (R,) the iteration at which the cost stopped being finite, or -1.
    """

    def __init__(
        self,
        network: Network,
        X: FeatureMatrix,
        batches: Batches,
        plan: Plan,
        validation: tuple[FeatureMatrix, Array] | Array | None = None,
    ) -> None:
        """validation : examples (X, Y), or weights (..., 1, m) of the training set's own."""
        self.start, self.batches, self.plan = network, batches, plan
        self._X = X
        self.iteration, self.history = 0, History()
        self.stopped: str | None = None
        self.seen: Propagation | None = None
        self.diverged = np.full(() if network.n_runs is None else (network.n_runs,), -1)
        self._decay = plan.l2 if np.any(plan.l2) else None
        W0 = network.weights[0]
        self.first: Primal | Dual = (
            Dual(X, W0, decays=self._decay is not None)
            if plan.choice.form == "dual"
            else Primal(X, W0)
        )
        self._upper = UpperLayers(network.weights, network.biases)
        self.blocks = placed([*self.first.parts, self._upper.part])
        # They hold the layers that hold them, whose arrays are to be freed with the session.
        self.first.parts.clear()
        del self._upper.part
        for block in self.blocks:
            block.state = [np.zeros_like(block.p) for _ in range(plan.optimizer.n_states)]
        self._updates = [(block, *self._decay_of(block)) for block in self.blocks]
        self._passes: dict[int, Propagation] = {}
        self._last_db = self._upper.last_db
        # Where an error of this size is squared, the cost is no longer finite.
        self._limit = float(np.sqrt(np.finfo(network.dtype).max))
        # As an array, which NumPy multiplies by sooner than by a float.
        constant = isinstance(plan.schedule, Constant)
        self._constant_rate = np.asarray(plan.learning_rate, network.dtype) if constant else None
        self._sums = Sums()
        self.best = None if plan.early_stopping is None else Best.of(self.blocks)
        self._before_finish: Snapshot | None = None
        self._validation = self._held_out = None
        if isinstance(validation, np.ndarray):
            self._held_out = Batch(None, batches.labels, validation)
        elif validation is not None:
            self._validation = self._prepare(*validation)

    def _prepare(self, X: FeatureMatrix, Y: Array) -> _Validation:
        m = Y.shape[1]
        batch = Batch(None, Y, np.full((1, m), 1 / m, Y.dtype))
        return _Validation(X, batch, self.first.other(X), self._propagation(m))

    def _decay_of(self, block: Block) -> tuple[Any, Array]:
        """What the penalty multiplies p by, or None; and room for the product."""
        if self._decay is None or not block.decayed.any():
            return None, block.g
        whole = self._decay if block.decayed.all() else self._decay * block.decayed
        return whole, np.empty_like(block.p)

    def samples(self) -> list[Array]:
        """Some of the data, by which a checkpoint knows them again: the first, middle and last
        example, and the validation set's likewise with its labels."""

        def some(X: FeatureMatrix) -> Array:
            return X.columns([0, X.shape[1] // 2, -1])

        found = [some(self._X)]
        if self._validation is not None:
            found += [some(self._validation.X), self._validation.batch.Y]
        if self._held_out is not None:
            found.append(self._held_out.weight)
        return found

    @property
    def ended(self) -> Array:
        """() or (R,): the iteration at which early stopping ended the run, or -1."""
        return np.full(self.diverged.shape, -1) if self.best is None else self.best.ended

    def stop(self, reason: str) -> None:
        """End training after the current step."""
        self.stopped = reason

    def run(self) -> None:
        """Step until the planned iterations are done or training is stopped."""
        hooks = [c.on_step for c in self.plan.callbacks if type(c).on_step is not Callback.on_step]
        if self.batches.whole is None:
            self._run_batches(hooks)
        else:
            self._run_whole(self.batches.whole, hooks)

    def _run_whole(self, whole: Batch, hooks: Sequence[Hook]) -> None:
        """Each step: forward, record if one is due, backward, update. This loop is the hot one."""
        work, first, plan = self._pass(whole.size), self.first, self.plan
        while self.iteration < plan.iterations and self.stopped is None:
            first.forward(work.Z1, None)
            work.forward()
            if self.iteration % plan.record_every == 0 and not self._recorded():
                self._record(*_measure(work, whole), work)
                if self.stopped:
                    return
            work.backward(whole.Y, whole.weight)
            first.backward(work.D, None)
            self._learn()
            for hook in hooks:
                hook(self)

    def _run_batches(self, hooks: Sequence[Hook]) -> None:
        plan = self.plan
        while self.iteration < plan.iterations and self.stopped is None:
            due = self.iteration > 0 and self.iteration % plan.record_every == 0
            if due and not self._recorded():
                self._record_sums()
                if self.stopped:
                    return
            batch = self.batches.next()
            work = self._forward(batch)
            self._sums = self._sums.plus(*_measure(work, batch), batch.share)
            work.backward(batch.Y, batch.weight)
            self.first.backward(work.D, batch.index)
            self._learn()
            for hook in hooks:
                hook(self)

    def _forward(self, batch: Batch) -> Propagation:
        work = self._pass(batch.size)
        self.first.forward(work.Z1, batch.index)
        work.forward()
        return work

    def _pass(self, m: int) -> Propagation:
        """Buffers for a batch of m examples, made when first needed."""
        if m not in self._passes:
            # Only with all examples at every step does D stand where C's gradient is read.
            D = None if self.batches.whole is None else self.first.D
            self._passes[m] = self._propagation(m, D)
        return self._passes[m]

    def _propagation(self, m: int, D: Array | None = None) -> Propagation:
        return Propagation(self.start.activations, self.start.loss, self._upper, m, D)

    def _learn(self) -> None:
        """Update all parameters from their gradients."""
        self._check_finite(self._last_db, self._limit)
        rate = self.rate() if self._constant_rate is None else self._constant_rate
        for block, decay, scratch in self._updates:
            if decay is not None:
                block.g += np.multiply(block.p, decay, out=scratch)
            self.plan.optimizer.step(block.p, block.g, block.state, rate, self.iteration + 1)
        self.iteration += 1

    def rate(self) -> Any:
        """The learning rate of the current iteration: float, or (R, 1)."""
        plan = self.plan
        if self._constant_rate is not None:
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
        if self.diverged.ndim == 0:
            raise DivergenceError(int(self.diverged), float(self.rate()))
        self._stop_if_over()

    def _stop_if_over(self) -> None:
        """Stop once early stopping or divergence has ended every run."""
        if (self.diverged >= 0).all():
            self.stop("divergence")
        elif ((self.diverged >= 0) | (self.ended >= 0)).all():
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

    def _record_sums(self) -> None:
        means, self._sums = self._sums.means(), Sums()
        self._record(*means)

    def _record(self, cost: Any, accuracy: Any, work: Propagation | None = None) -> None:
        """work : a pass over all examples with the present parameters, where there is one."""
        cost, self.seen = cost + self._penalty(), work
        self._check_finite(np.asarray(cost)[..., None, None])
        rate = self.rate()
        record = Record(
            self.iteration,
            self.iteration // self.batches.per_epoch,
            rate[:, 0].copy() if np.ndim(rate) else rate,
            number(cost),
            number(accuracy),
            *self._validate(work),
        )
        self.history.records.append(record)
        if self.best is not None and self.plan.early_stopping is not None:
            cost = record.validation_cost
            self.best.see(self.plan.early_stopping, cost, self.iteration, self.blocks)
            self._stop_if_over()
        for callback in self.plan.callbacks:
            callback.on_record(self, record)

    def _validate(self, work: Propagation | None) -> tuple[Any, Any]:
        """Cost and accuracy on the validation set, or None twice."""
        batch = self._held_out
        if batch is not None:
            work = work or self._forward(batch)
        elif self._validation is not None:
            batch, work = self._validation.batch, self._validation.work
            work.Z1[...] = self._validation.image()
            work.forward()
        if batch is None or work is None:
            return None, None
        cost, accuracy = _measure(work, batch)
        return number(cost), number(accuracy)

    def finish(self) -> None:
        """The last record: after all updates there is one more cost to see.

        A training that goes on would not make it, or make it later: a snapshot leaves it out.
        """
        if self._recorded():
            return
        now = self.snapshot()
        self._before_finish = Snapshot(now.records, now.sums, deepcopy(now.best))
        whole = self.batches.whole
        if whole is not None:
            work = self._forward(whole)
            self._record(*_measure(work, whole), work)
        elif np.any(self._sums.share):
            self._record_sums()

    def snapshot(self) -> Snapshot:
        """Where a training that goes on from here stands, parameters aside."""
        return self._before_finish or Snapshot(list(self.history.records), self._sums, self.best)

    def restore(self, iteration: int, diverged: Array, at: Snapshot) -> None:
        """Go on from a snapshot; the blocks and the batches are restored by themselves."""
        self.iteration, self.diverged = iteration, diverged
        self.history, self._sums, self.best = History(at.records), at.sums, at.best
        if self.best is not None:
            self._stop_if_over()

    def keep_best(self) -> None:
        """With early stopping: go back to each run's best parameters."""
        if self.best is not None:
            self.set_parameters(self.best.parameters)

    @property
    def upper(self) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """W[2] ... W[L] and b[1] ... b[L] as they are now: views."""
        return self._upper.weights, self._upper.biases

    def network(self) -> Network:
        """The network with the parameters reached so far (copies)."""
        weights = (self.first.weights(), *(W.copy() for W in self._upper.weights))
        biases = tuple(b.copy() for b in self._upper.biases)
        return Network(weights, biases, self.start.activations, self.start.loss)

    def set_parameters(self, arrays: list[Array]) -> None:
        """Overwrite every block of parameters, in place."""
        for block, array in zip(self.blocks, arrays, strict=True):
            block.p[...] = array


def _measure(work: Propagation, batch: Batch) -> tuple[Any, Any]:
    """Weighted cost (without penalty) and accuracy of a pass, () or (R,)."""
    weight = batch.weight[..., 0, :]
    cost = (work.losses(batch.Y) * weight).sum(axis=-1)
    if not work.classifies:
        return cost, cost * np.nan
    return cost, (work.correct(batch.Y) * weight).sum(axis=-1)
