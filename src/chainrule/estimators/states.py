"""Several random states of one estimator, trained together as runs. Columns are examples here."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from chainrule import blas
from chainrule.estimators import epochs
from chainrule.estimators.base import STOCHASTIC, BaseMLP, scale_of
from chainrule.estimators.form import choose
from chainrule.estimators.updates import Updates
from chainrule.network import Network
from chainrule.training.batches import Batch, Dropout
from chainrule.training.first_layer import Dual, first_layer
from chainrule.training.objective import Objective

Array = np.ndarray


def fit_states(
    estimator: BaseMLP, X: Any, y: Any, random_states: Sequence[Any], sample_weight: Any = None
) -> list[Any]:
    """A fitted clone of the estimator for each random state, as `fit` alone would fit it.

    estimator : MLPClassifier or MLPRegressor; not changed. X, y, sample_weight : as in `fit`.
    random_states : what `random_state` may be, one for each clone.

    With 'sgd' and 'adam' all train together, in the dual form on one Gram matrix; each ends by
    itself. A later `partial_fit` begins with no momentum. With early stopping, whose held-out
    examples differ, with dropout, weights, callbacks, or 'lbfgs' they are fitted one after the
    other.
    """
    fits: list[Any] = [clone(estimator).set_params(random_state=state) for state in random_states]
    apart = (
        estimator.solver not in STOCHASTIC,
        estimator.early_stopping,
        np.any(np.ravel(estimator.dropout)),
        sample_weight is not None,
        getattr(estimator, "class_weight", None) is not None,
        hasattr(estimator, "_skl_callbacks"),
    )
    if any(apart) or len(fits) < 2:
        for one in fits:
            one.fit(X, y, sample_weight)
        return [*fits]
    for one in fits:
        one._validate_params()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        _train(fits, [one._begun(X, y) for one in fits])
    for one in fits:
        one._check_finite()
    return fits


def _train(fits: list[Any], begun: list[Any]) -> None:
    """From rows to coefs_, all fits at once. begun : of each, see BaseMLP._begun."""
    (rows, activations, rates, _), lead = begun[0], fits[0]
    m, dtype = len(rows.Y), lead.coefs_[0].dtype
    batch_size = lead._batch_size(m)
    size = lead._size(rows.X, batch_size, len(fits))
    choice = choose(lead, size, one_epoch=False)
    network = Network.stack([one._network(activations, dtype) for one in fits])
    dropout = Dropout(rates, network.layer_sizes[1:-1], dtype)
    examples = [
        epochs.Examples(rows.Y, dtype, None, batch_size, lead.shuffle, rng, dropout)
        for *_, rng in begun
    ]
    first = first_layer(
        rows.features(dtype),
        network.weights[0],
        choice.form,
        decays=lead.alpha > 0,
        carried=True,
    )
    objective = Objective(network, first, whole=examples[0].whole)
    with blas.for_steps(size.product(choice.form), network.layer_sizes, batch_size):
        _epochs(fits, objective, examples, scale_of(network))
    ended = objective.network()
    C = first.coefficients() if isinstance(first, Dual) else [None] * len(fits)
    for r, one in enumerate(fits):
        own = ended.run(r)
        one.coefs_ = [W.T for W in own.weights]
        one.intercepts_ = [b[:, 0] for b in own.biases]
        one._report(choice, C[r], np.arange(m), m)


def _epochs(
    fits: list[Any], objective: Objective, examples: list[epochs.Examples], scale: float
) -> None:
    """Train until none improves any more; the parameters of each are then those of its own end."""
    updates = [Updates(one) for one in fits]
    alpha, rule, t = float(fits[0].alpha), updates[0].rule, 0
    for block in objective.blocks:
        block.state = [np.zeros_like(block.p) for _ in range(rule.n_states)]
    last = [block.p.copy() for block in objective.blocks]
    for one in fits:
        one.n_iter_ = 0
    going = list(range(len(fits)))
    while going:
        total, m = np.zeros(len(fits)), examples[0].m
        rates = np.array([[one.learning_rate] for one in updates], objective.blocks[0].p.dtype)
        for batches in zip(*(one.epoch() for one in examples), strict=True):
            batch, t = _stacked(batches), t + 1
            total += objective.evaluate(batch, alpha / batch.share, scale) * batch.size
            for block in objective.blocks:
                rule.step(block.p, block.g, block.state, rates, t)
        for r in [*going]:
            one = fits[r]
            epochs.note(one, float(total[r]) / m, m)
            epochs.judge(one, None)
            updates[r].epoch_ends(one.t_)
            ended = epochs.stalled(one, updates[r], scored=False)
            if not ended and one.n_iter_ == one.max_iter:
                epochs.warn_of_limit(one)
                ended = True
            if ended:
                going.remove(r)
                for kept, block in zip(last, objective.blocks, strict=True):
                    kept[r] = block.p[r]
    for kept, block in zip(last, objective.blocks, strict=True):
        block.p[...] = kept


def _stacked(batches: Sequence[Batch]) -> Batch:
    """One step's examples of all fits; where it sees all of them they are the same for each."""
    first = batches[0]
    if first.index is None:
        return first
    index = np.stack([one.index for one in batches if one.index is not None])
    return Batch(index, np.stack([one.Y for one in batches]), first.weight, first.share)
