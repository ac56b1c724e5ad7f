"""The stochastic solvers: epochs of shuffled mini-batches until nothing improves any more.

The order of random draws, the loss of an epoch and the rules for ending are scikit-learn's. What an
epoch leaves is written into the estimator as it goes, as scikit-learn does, for callbacks to see.
Columns are examples here.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.estimators.tasks import Tasks
from chainrule.estimators.updates import Updates
from chainrule.training.batches import Batch, Dropout
from chainrule.training.interrupt import Interrupt
from chainrule.training.objective import Objective
from chainrule.training.parameters import Block

if TYPE_CHECKING:
    from chainrule.estimators.checkpoint import Checkpoint

Array = np.ndarray


@dataclass(eq=False)
class Examples:
    """labels : (m, n_y), which a batch takes as `dtype`: classes need an eighth of the memory.

    weight : (m,), or None. batch_size : at most m. rng : a RandomState. order : of the examples in
    the last epoch (m,).
    """

    labels: Array
    dtype: Any
    weight: Array | None
    batch_size: int
    shuffle: bool
    rng: Any
    dropout: Dropout

    def __post_init__(self) -> None:
        self.order = np.arange(self.m)
        self._drops = any(self.dropout.rates)
        self._equal: dict[int, Array] = {}

    @property
    def m(self) -> int:
        return len(self.labels)

    @property
    def whole(self) -> bool:
        return self.batch_size >= self.m

    @cached_property
    def _Y(self) -> Array:
        return np.ascontiguousarray(self.labels.T, self.dtype)

    def epoch(self) -> Iterator[Batch]:
        """Batches of the next epoch; the share of each is its S."""
        if self.shuffle:
            # scikit-learn shuffles what the last epoch left: the same draws, the same order.
            drawn = np.arange(self.m)
            self.rng.shuffle(drawn)
            self.order = self.order[drawn]
        if self.whole:
            # All examples, in whatever order, are the same sums.
            yield self.all()
            return
        for start in range(0, self.m, self.batch_size):
            index = self.order[start : start + self.batch_size]
            Y = np.ascontiguousarray(self.labels[index].T, self.dtype)
            weight = None if self.weight is None else self.weight[index]
            if weight is None or weight.any():  # examples that weigh nothing teach nothing
                yield self._batch(index, Y, weight)

    def all(self) -> Batch:
        """All examples in their order."""
        return self._batch(None, self._Y, self.weight)

    def _batch(self, index: Array | None, Y: Array, s: Array | None) -> Batch:
        m = Y.shape[1]
        masks = self.dropout.masks([self.rng], m) if self._drops else ()
        if s is not None:
            total = s.sum()
            return Batch(index, Y, (s / total)[None], float(total), masks)
        if m not in self._equal:
            self._equal[m] = np.full((1, m), 1 / m, self.dtype)
        return Batch(index, Y, self._equal[m], float(m), masks)


@dataclass(eq=False)
class State:
    """All that epochs change. scale : see Objective.evaluate. best : the best parameters so far
    (P,); None without a score."""

    estimator: Any
    objective: Objective
    updates: Updates
    examples: Examples
    scale: float
    best: Array | None = None

    @property
    def block(self) -> Block:
        """All parameters."""
        return self.objective.blocks[0]

    def arrays(self) -> dict[str, Array]:
        """Parameters and their optimizer's memory (P,), and the order of the examples: views."""
        block = self.block
        named = {"p": block.p, "order": self.examples.order}
        named |= {f"state{k}": state for k, state in enumerate(block.state)}
        return named if self.best is None else named | {"best": self.best}


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
    estimator, updates, p = state.estimator, state.updates, state.block.p
    state.best = best = p.copy() if score else None
    interrupted: list[bool] = []
    estimator.n_iter_ = 0
    ended = checkpoint is not None and checkpoint.begin(state)
    whole = True  # whether no epoch is half done
    try:
        with Interrupt(lambda: interrupted.append(True)):
            while not ended:
                if estimator.n_iter_ == estimator.max_iter:
                    warn_of_limit(estimator)
                    break
                tasks.begin()
                whole = False
                if not _epoch(state, interrupted if checkpoint is None else []):
                    break
                improved = judge(estimator, score)
                if improved and best is not None:
                    best[...] = p
                updates.epoch_ends(estimator.t_)
                stopped = stalled(estimator, updates, bool(score))
                whole = True
                if checkpoint is not None:
                    checkpoint.epoch_ends(state)
                ended = tasks.end() or stopped or one_epoch or bool(interrupted)
    except KeyboardInterrupt:
        interrupted.append(True)
    finally:
        if checkpoint is not None and whole:
            checkpoint.write(state)
    if interrupted:
        warnings.warn("Training interrupted by user.", stacklevel=4)
    if best is not None:
        p[...] = best


def _epoch(state: State, interrupted: list[bool]) -> bool:
    """One pass over the examples; False if it was interrupted."""
    estimator, objective, examples = state.estimator, state.objective, state.examples
    alpha, block, total, seen = float(estimator.alpha), state.block, 0.0, 0
    for batch in examples.epoch():
        cost = float(objective.evaluate(batch, alpha / batch.share, state.scale))
        total, seen = total + cost * batch.Y.shape[1], seen + batch.Y.shape[1]
        state.updates.step(block)
        if interrupted:
            return False
    note(estimator, total / seen, examples.m)
    return True


def warn_of_limit(estimator: Any) -> None:
    warnings.warn(
        f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) "
        "reached and the optimization hasn't converged yet.",
        ConvergenceWarning,
        stacklevel=5,
    )


def note(estimator: Any, loss: float, m: int) -> None:
    """What an epoch over m examples leaves."""
    estimator.n_iter_ += 1
    estimator.loss_ = loss
    estimator.t_ += m
    estimator.loss_curve_.append(loss)
    if estimator.verbose:
        print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")


def judge(estimator: Any, score: Callable[[], float] | None) -> bool:
    """Count the epochs without improvement; whether this one is the best so far."""
    if score is None:
        loss = estimator.loss_
        enough = not loss > estimator.best_loss_ - estimator.tol
        best = loss < estimator.best_loss_
        if best:
            estimator.best_loss_ = loss
    else:
        value = score()
        estimator.validation_scores_.append(value)
        if estimator.verbose:
            print(f"Validation score: {value:f}")
        enough = not value < estimator.best_validation_score_ + estimator.tol
        best = value > estimator.best_validation_score_
        if best:
            estimator.best_validation_score_ = value
    estimator._no_improvement_count = 0 if enough else estimator._no_improvement_count + 1
    return best


def stalled(estimator: Any, updates: Updates, scored: bool) -> bool:
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
