"""The stochastic solvers: epochs of shuffled mini-batches until nothing improves any more.

The order of random draws, the loss of an epoch and the rules for ending are scikit-learn's. What an
epoch leaves is written into the estimator as it goes, as scikit-learn does, for callbacks to see.
Several estimators, alike but for their random states, train as runs; each ends by itself. Columns
are examples here.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.estimators.tasks import Tasks
from chainrule.estimators.updates import Updates
from chainrule.interrupt import interruptible
from chainrule.training.batches import Batch, Dropout
from chainrule.training.checkpoint import changing
from chainrule.training.objective import Objective

if TYPE_CHECKING:
    from chainrule.estimators.checkpoint import Checkpoint

Array = np.ndarray


@dataclass(eq=False)
class Examples:
    """labels : (m, n_y), which a batch takes as `dtype`: classes need an eighth of the memory.

    weight : (m,), or None. batch_size : at most m. rngs : a RandomState, or one for each of R runs.
    order : of the examples in the last epoch (m,), or (R, m).
    """

    labels: Array
    dtype: Any
    weight: Array | None
    batch_size: int
    shuffle: bool
    rngs: Sequence[Any]
    dropout: Dropout

    def __post_init__(self) -> None:
        self.m = len(self.labels)
        self.whole = self.batch_size >= self.m
        order = np.arange(self.m)
        self.order = order if len(self.rngs) == 1 else np.tile(order, (len(self.rngs), 1))
        self._drops = any(self.dropout.rates)
        self._equal: dict[int, Array] = {}

    @cached_property
    def _Y(self) -> Array:
        return np.ascontiguousarray(self.labels.T, self.dtype)

    def epoch(self) -> Iterator[Batch]:
        """Batches of the next epoch; the share of each is its S."""
        if self.shuffle:
            # scikit-learn shuffles what the last epoch left: the same draws, the same order.
            for rng, order in zip(self.rngs, np.atleast_2d(self.order), strict=True):
                drawn = np.arange(self.m)
                rng.shuffle(drawn)
                order[...] = order[drawn]
        if self.whole:
            # All examples, in whatever order, are the same sums.
            yield self.all()
            return
        for start in range(0, self.m, self.batch_size):
            index = self.order[..., start : start + self.batch_size]
            Y = np.ascontiguousarray(self.labels[index].mT, self.dtype)
            weight = None if self.weight is None else self.weight[index]
            if weight is None or weight.any():  # examples that weigh nothing teach nothing
                yield self._batch(index, Y, weight)

    def all(self) -> Batch:
        """All examples in their order."""
        return self._batch(None, self._Y, self.weight)

    def _batch(self, index: Array | None, Y: Array, s: Array | None) -> Batch:
        m = Y.shape[-1]
        masks = self.dropout.masks(self.rngs, m) if self._drops else ()
        if s is not None:
            total = s.sum()
            return Batch(index, Y, (s / total)[None], float(total), masks)
        if m not in self._equal:
            self._equal[m] = np.full((1, m), 1 / m, self.dtype)
        return Batch(index, Y, self._equal[m], float(m), masks)


@dataclass(eq=False)
class State:
    """All that epochs change, of one estimator or of each of R.

    scale : see Objective.evaluate. kept : parameters to end with, a copy of each block's: the best
    so far where there is a score, of R estimators those that each ended with; else None.
    """

    estimators: Sequence[Any]
    objective: Objective
    updates: Sequence[Updates]
    examples: Examples
    scale: float
    kept: list[Array] | None = None

    def arrays(self) -> dict[str, Array]:
        """Of a single estimator what a checkpoint keeps: parameters, their optimizer's memory, the
        best so far, and the order of the examples: views."""
        return changing(self.objective.blocks, self.kept) | {"order": self.examples.order}

    def keep(self, runs: Any) -> None:
        """Keep the present parameters of these runs, or of all: `...`."""
        for kept, block in zip(self.kept or (), self.objective.blocks, strict=True):
            kept[runs] = block.p[runs]

    def end(self, going: Sequence[int]) -> None:
        """Go back to what was kept, but for the runs that were still going."""
        if going:
            self.keep(going)
        for kept, block in zip(self.kept or (), self.objective.blocks, strict=True):
            block.p[...] = kept


def train(
    state: State,
    score: Callable[[], float] | None,
    tasks: Tasks,
    checkpoint: "Checkpoint | None" = None,
    *,
    one_epoch: bool = False,
) -> None:
    """Train until the score, or the loss where there is none, improves no more.

    With a score the best parameters are kept, else the last. With a checkpoint, Ctrl-C waits for
    the epoch to end.
    """
    fits, going = state.estimators, [*range(len(state.estimators))]
    if score or len(fits) > 1:
        state.kept = [block.p.copy() for block in state.objective.blocks]
    for one in fits:
        one.n_iter_ = 0
    interrupted: list[bool] = []
    ended = checkpoint is not None and checkpoint.begin(state)
    whole = True  # whether no epoch is half done
    try:
        with interruptible(lambda: interrupted.append(True)):
            while not ended:
                if fits[going[0]].n_iter_ == fits[0].max_iter:
                    _warn_of_limit(fits[0].max_iter, len(going))
                    break
                tasks.begin()
                whole = False
                if not _epoch(state, going, interrupted if checkpoint is None else []):
                    break
                going = [r for r in going if not _ends(state, r, score)]
                whole = True
                if checkpoint is not None:
                    checkpoint.epoch_ends(state)
                ended = tasks.end() or not going or one_epoch or bool(interrupted)
    except KeyboardInterrupt:
        interrupted.append(True)
    finally:
        if checkpoint is not None and whole:
            checkpoint.write(state)
    if interrupted:
        warnings.warn("Training interrupted by user.", stacklevel=4)
    if state.kept is not None:
        state.end([] if score else going)


def _epoch(state: State, going: Sequence[int], interrupted: list[bool]) -> bool:
    """One pass over the examples; False if it was interrupted."""
    objective, lead, updates = state.objective, state.updates[0], state.updates
    alpha, rule, blocks = float(state.estimators[0].alpha), lead.rule, objective.blocks
    rate: Any = lead.learning_rate
    total: Any = 0.0
    seen, many = 0, len(updates) > 1
    if many:
        rate = np.array([[one.learning_rate] for one in updates], blocks[0].p.dtype)
        total = np.zeros(len(updates))
    for batch in state.examples.epoch():
        cost = objective.evaluate(batch, alpha / batch.share, state.scale)
        total += (cost if many else float(cost)) * batch.size
        seen += batch.size
        lead.t += 1
        for block in blocks:
            rule.step(block.p, block.g, block.state, rate, lead.t)
        if interrupted:
            return False
    losses = np.atleast_1d(total / seen)
    for r in going:
        _note(state.estimators[r], float(losses[r]), state.examples.m)
    return True


def _ends(state: State, r: int, score: Callable[[], float] | None) -> bool:
    """After an epoch: whether run r ends with it. What is to be kept of it is kept."""
    estimator, updates = state.estimators[r], state.updates[r]
    improved = _judge(estimator, score)
    updates.epoch_ends(estimator.t_)
    ends = _stalled(estimator, updates, bool(score))
    if score and improved:
        state.keep(...)
    elif not score and ends and state.kept is not None:
        state.keep(r)
    return ends


def begin_records(estimator: Any) -> None:
    """Curves and best values; a warm start goes on with its own."""
    fresh = not hasattr(estimator, "loss_curve_")
    if fresh:
        estimator.loss_curve_ = []
        estimator._no_improvement_count = 0
    scored = estimator.early_stopping
    kept = "best_validation_score_" if scored else "best_loss_"
    if fresh or getattr(estimator, kept, None) is None:
        estimator.best_loss_ = None if scored else np.inf
        estimator.validation_scores_ = [] if scored else None
        estimator.best_validation_score_ = -np.inf if scored else None


def _warn_of_limit(limit: int, times: int) -> None:
    for _ in range(times):
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({limit}) "
            "reached and the optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=5,
        )


def _note(estimator: Any, loss: float, m: int) -> None:
    """What an epoch over m examples leaves."""
    estimator.n_iter_ += 1
    estimator.loss_ = loss
    estimator.t_ += m
    estimator.loss_curve_.append(loss)
    if estimator.verbose:
        print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")


def _judge(estimator: Any, score: Callable[[], float] | None) -> bool:
    """Count the epochs without improvement; whether this one is the best so far."""
    if score is None:
        name, sign, value = "best_loss_", -1, estimator.loss_  # which is to fall
    else:
        name, sign, value = "best_validation_score_", 1, score()
        estimator.validation_scores_.append(value)
        if estimator.verbose:
            print(f"Validation score: {value:f}")
    known = sign * getattr(estimator, name)
    enough = not sign * value < known + estimator.tol
    best = bool(sign * value > known)
    if best:
        setattr(estimator, name, value)
    estimator._no_improvement_count = 0 if enough else estimator._no_improvement_count + 1
    return best


def _stalled(estimator: Any, updates: Updates, scored: bool) -> bool:
    """Whether training ends because nothing improved for n_iter_no_change epochs."""
    if estimator._no_improvement_count <= estimator.n_iter_no_change:
        return False
    fate = updates.ends()
    if estimator.verbose:
        what = "Validation score" if scored else "Training loss"
        print(
            f"{what} did not improve more than tol={estimator.tol:f} for "
            f"{estimator.n_iter_no_change} consecutive epochs. "
            + (fate or f"Setting learning rate to {updates.learning_rate:f}")
        )
    if not fate:
        estimator._no_improvement_count = 0
    return bool(fate)
