"""A running training: parameters, optimizer state, position and history, one step at a time."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from chainrule.data.matrix import placed
from chainrule.device import HOST, namespace, on_host
from chainrule.errors import DivergenceError, InputError
from chainrule.network import Network
from chainrule.training.batches import Batch
from chainrule.training.callbacks import Callback
from chainrule.training.changes import Changes, Pace, checked
from chainrule.training.early_stopping import Best
from chainrule.training.first_layer import first_layer
from chainrule.training.history import History, Record, Sums, number
from chainrule.training.lbfgs import minimize
from chainrule.training.measuring import Validated, measure
from chainrule.training.objective import Objective
from chainrule.training.optimizers import LBFGS, Momentum
from chainrule.training.plan import Plan
from chainrule.training.propagation import Propagation

Array = np.ndarray
Hook = Callable[["Session"], None]
# What a training needs beside its parameters to go on from between two steps.
Snapshot = tuple[list[Record], Sums, Best | None]
PENDING = 1000  # steps on a device after which their errors are looked at where no record is due


class Session:
    """Training as it runs. Callbacks are given this object.

    iteration : updates done. history : records so far.
    stopped : why it ended early ("interrupted", "early stopping", ...), or None.
    seen : at a record of full-batch training the pass that it was made from, over all examples.
    diverged : () or (R,) the iteration at which the cost stopped being finite, or -1.
    pace : learning rate and penalty as they are now.
    objective : what is minimized, and the parameters. device : where these lie; what is recorded,
        and `network()`, are NumPy's.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.start, self.batches = plan, plan.start, plan.batches
        network, batches = plan.start, plan.batches
        self.iteration, self.history = 0, History()
        self.stopped: str | None = None
        self.seen: Propagation | None = None
        self.diverged = np.full(() if network.n_runs is None else (network.n_runs,), -1)
        lbfgs = isinstance(plan.optimizer, LBFGS)
        # SciPy's L-BFGS computes with NumPy's arrays, and only X's products come from the device.
        device = self.device = HOST if lbfgs else plan.device
        batches.place(device)
        self.pace = Pace(plan, batches.per_epoch, device)
        how: dict[str, Any] = {"decays": self.pace.decays, "lbfgs": lbfgs}
        if lbfgs:
            how["counted"] = np.flatnonzero(batches.weight[0])
        X = placed(plan.X, plan.device, fetched=lbfgs)
        self.first = first_layer(X, network.weights[0], plan.choice.form, **how)
        whole = batches.whole is not None
        self.objective = Objective(network, self.first, whole=whole, device=device)
        self.blocks = self.objective.blocks
        for block in self.blocks:
            zeros_like = namespace(block.p).zeros_like
            block.state = [zeros_like(block.p) for _ in range(plan.optimizer.n_states)]
        self._rule = plan.optimizer
        if isinstance(self._rule, Momentum):
            self._rule = self._rule.placed(device, network.dtype)
        self._last_db = self.objective.upper.last_db
        # Where an error of this size is squared, the cost is no longer finite.
        self._limit = float(np.sqrt(np.finfo(network.dtype).max))
        # On a device: the last steps' errors, which are looked at when a record is due.
        self._pending: list[tuple[int, Array]] = []
        self._sums = Sums()
        self.best = None if plan.early_stopping is None else Best.of(self.blocks)
        self._before_finish: Snapshot | None = None
        labels, where = batches.labels, (self.objective, device, plan.device)
        self._validate = Validated(plan.validation, labels, *where, fetched=lbfgs)

    @property
    def changes(self) -> Changes:
        """Of learning_rate and l2, by iteration: planned ones, and those made by `change`."""
        return self.pace.changes

    def change(self, **values: float) -> None:
        """Set learning_rate or l2 from the next update on: between two steps, as in a callback's
        `on_step` or `on_start`. Planned for this iteration it gives the same numbers.

        InputError for what cannot be changed, after the last update, and of L-BFGS.
        """
        if isinstance(self.plan.optimizer, LBFGS):
            raise InputError("change", "an optimizer that takes its steps one by one", "lbfgs")
        if self.iteration >= self.plan.iterations:
            got = f"all {self.plan.iterations} done"
            raise InputError("change", "an update that is still to be made", got)
        self._look_back()
        self.pace.change(self.iteration, checked("change", values))
        self._paced()

    def _paced(self) -> int:
        """Be at the pace of this iteration, and up to which."""
        until = self.pace.set(self.iteration)
        self.first.decays = self.pace.decays
        return until

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
        whole, rule = self.batches.whole, self.plan.optimizer
        if whole is not None and isinstance(rule, LBFGS):
            self._run_lbfgs(whole, rule, hooks)
            return
        while self.iteration < self.plan.iterations and self.stopped is None:
            until = self._paced()
            if whole is None:
                self._run_batches(until, hooks)
            else:
                self._run_whole(until, whole, hooks)

    def _run_whole(self, until: int, whole: Batch, hooks: Sequence[Hook]) -> None:
        """Each step: forward, record if one is due, backward, update. This loop is the hot one."""
        plan, batch, dropout = self.plan, whole, self.batches.dropout
        forward, first = self.objective.forward, self.first
        while self.iteration < until and self.stopped is None:
            due = self.iteration % plan.record_every == 0 and not self._recorded()
            if due or dropout is None:
                work = forward(whole)
            if due:
                self._record(*measure(work, whole), work)
                if self.stopped:
                    return
            if dropout is not None:  # what is recorded is of all units
                batch = self.batches.next()
                work = forward(batch)
            work.backward(batch.Y, batch.weight)  # as the objective does, without a call between
            first.backward(work.D, None)
            self._learn()
            for hook in hooks:
                hook(self)

    def _run_batches(self, until: int, hooks: Sequence[Hook]) -> None:
        plan, objective = self.plan, self.objective
        while self.iteration < until and self.stopped is None:
            due = self.iteration > 0 and self.iteration % plan.record_every == 0
            if due and not self._recorded():
                self._record_sums()
                if self.stopped:
                    return
            batch = self.batches.next()
            work = objective.forward(batch)
            self._sums = self._sums.plus(*measure(work, batch), batch.share)
            objective.backward(work, batch)
            self._learn()
            for hook in hooks:
                hook(self)

    def _run_lbfgs(self, whole: Batch, rule: LBFGS, hooks: Sequence[Hook]) -> None:
        """SciPy steps; after each iteration the parameters, and the last pass, are where it is."""
        plan = self.plan

        def record() -> None:
            work = self.objective.last
            self._record(*measure(work, whole), work)

        def after(converged: bool) -> bool:
            self.iteration += 1
            for hook in hooks:
                hook(self)
            over = converged or self.stopped is not None or self.iteration == plan.iterations
            if not over and self.iteration % plan.record_every == 0:
                record()
            return self.stopped is not None

        self.objective.forward(whole)
        record()
        if self.iteration < plan.iterations and self.stopped is None:
            found = minimize(self.objective, whole, plan.l2, rule, plan.iterations, after=after)
            if self.stopped is None and found.nit < plan.iterations:
                self.stopped = "convergence" if found.status == 0 else "line search"

    def _learn(self) -> None:
        """Update all parameters from their gradients."""
        errors = self._last_db
        if self.device is HOST:
            total = errors.item() if errors.size == 1 else float(np.add.reduce(errors, axis=None))
            if not -self._limit < total < self._limit:
                self._mark(errors, self._limit)
        else:
            self._look_later(errors)
        pace = self.pace
        rate = pace.constant
        if rate is None:
            rate = pace.step(self.iteration)
        if pace.penalty is not None:
            self.objective.decay(pace.penalty)
        for block in self.blocks:
            self._rule.step(block.p, block.g, block.state, rate, self.iteration + 1)
        self.iteration += 1

    def _look_later(self, errors: Array) -> None:
        """Keep a copy: whoever looks at a number of a device waits for all that it has to do."""
        self._pending.append((self.iteration, namespace(errors).asarray(errors, copy=True)))
        if len(self._pending) >= PENDING:
            self._look_back()

    def _look_back(self) -> None:
        """Mark what diverged in the steps on a device that were not looked at yet."""
        if not self._pending:
            return
        iterations, errors = zip(*self._pending, strict=True)
        self._pending = []
        found = on_host(namespace(errors[0]).stack(errors))
        for iteration, values in zip(iterations, found, strict=True):
            if not (np.abs(values) < self._limit).all():
                self._mark(values, self._limit, iteration)

    def _mark(self, values: Array, limit: float = math.inf, iteration: int | None = None) -> None:
        """Stop, or mark the runs, whose `values` (..., n, 1) are not below the limit in size, at an
        iteration, the present one by default."""
        at = self.iteration if iteration is None else iteration
        bad = ~(np.abs(values) < limit).all(axis=(-2, -1))
        bad &= (self.diverged < 0) & (self.ended < 0)
        self.diverged = np.where(bad, at, self.diverged)
        if self.diverged.ndim == 0:
            if bad:
                raise DivergenceError(int(self.diverged), float(self.pace.rate(at)))
            return
        self._stop_if_over()

    def _stop_if_over(self) -> None:
        """Stop once early stopping or divergence has ended every run."""
        if (self.diverged >= 0).all():
            self.stop("divergence")
        elif ((self.diverged >= 0) | (self.ended >= 0)).all():
            self.stop("early stopping")

    def _recorded(self) -> bool:
        """Whether this iteration's record is there, as when it was a record that was saved."""
        records = self.history.records
        return bool(records) and records[-1].iteration == self.iteration

    def _record_sums(self) -> None:
        means, self._sums = self._sums_on_host().means(), Sums()
        self._record(*means)

    def _sums_on_host(self) -> Sums:
        return Sums(*map(on_host, vars(self._sums).values()))

    def _record(self, cost: Any, accuracy: Any, work: Propagation | None = None) -> None:
        """work : a pass over all examples with the present parameters, where there is one."""
        self._look_back()
        cost, accuracy, penalty = on_host(cost), on_host(accuracy), 0.0
        if self.pace.penalty is not None:
            l2, norm = self.pace.l2, on_host(self.objective.squared_norm())
            penalty = 0.5 * (l2[:, 0] if np.ndim(l2) else l2) * norm
            cost = cost + penalty
        self.seen = work
        self._mark(np.asarray(cost)[..., None, None])
        rate, epoch = self.pace.rate(self.iteration), self.iteration // self.batches.per_epoch
        rate = rate[:, 0].copy() if np.ndim(rate) else rate
        measured = number(cost), number(accuracy), *self._validate(work), number(penalty)
        record = Record(self.iteration, epoch, rate, *measured)
        self.history.records.append(record)
        if self.best is not None and self.plan.early_stopping is not None:
            cost = record.validation_cost
            self.best.see(self.plan.early_stopping, cost, self.iteration, self.blocks)
            self._stop_if_over()
        for callback in self.plan.callbacks:
            callback.on_record(self, record)

    def finish(self) -> None:
        """The last record: after all updates there is one more cost to see.

        A training that goes on would not make it, or make it later: a snapshot leaves it out.
        """
        if self._recorded():
            return
        self._before_finish = (*self.snapshot()[:2], deepcopy(self.best))
        whole = self.batches.whole
        if whole is not None:
            work = self.objective.forward(whole)
            self._record(*measure(work, whole), work)
        elif np.any(on_host(self._sums.share)):
            self._record_sums()

    def snapshot(self) -> Snapshot:
        """Where a training that goes on from here stands, parameters aside."""
        self._look_back()
        return self._before_finish or ([*self.history.records], self._sums_on_host(), self.best)

    def restore(self, iteration: int, diverged: Array, at: Snapshot) -> None:
        """Go on from a snapshot; the blocks and the batches are restored by themselves."""
        self.iteration, self.diverged = iteration, diverged
        records, self._sums, self.best = at
        self.history = History(records)
        self._paced()
        if self.best is not None:
            self._stop_if_over()

    def keep_best(self) -> None:
        """With early stopping: go back to each run's best parameters."""
        if self.best is not None:
            for block, kept in zip(self.blocks, self.best.parameters, strict=True):
                block.p[...] = self.device.put(kept)

    def network(self) -> Network:
        """The network with the parameters reached so far (copies), in the targets' own unit."""
        with self.plan.device.enough():
            network, targets = self.objective.network(), self.plan.targets
        return network if targets is None else targets.folded(network)
